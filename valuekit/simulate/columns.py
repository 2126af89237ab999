"""NumPy arrays to Arrow columns of the declared types."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from valuekit.simulate.draws import Flags, Ints
from valuekit.tables import Table

NONE = -(2**31)
"""The day that stands for a missing one."""

FAR = 2**30
"""A day after all others: the end of a contract that is open."""


def dates(days: Ints) -> pa.Array:
    """Return days as dates; `NONE` and `FAR` are missing."""
    return pa.array(days.astype(np.int32), mask=(days == NONE) | (days == FAR)).view(pa.date32())


def money(cents: Ints, missing: Flags | None = None) -> pa.Array:
    """Return whole cents as amounts.

    >>> money(np.array([1999, -5])).to_pylist()
    [Decimal('19.9900'), Decimal('-0.0500')]
    """
    return _decimal(cents * 100, pa.decimal128(18, 4), missing)


def decimal(ten_thousandths: Ints) -> pa.Array:
    """Return ten-thousandths as amounts."""
    return _decimal(ten_thousandths, pa.decimal128(18, 4), None)


def minutes(whole: Ints, missing: Flags | None = None) -> pa.Array:
    """Return whole minutes."""
    return _decimal(whole * 100, pa.decimal128(12, 2), missing)


def rates(hundred_millionths: Ints) -> pa.Array:
    """Return exchange rates from whole numbers of 1e-8."""
    return _decimal(hundred_millionths, pa.decimal128(18, 8), None)


def _decimal(unscaled: Ints, kind: pa.DataType, missing: Flags | None) -> pa.Array:
    words = np.empty((len(unscaled), 2), dtype="<i8")
    words[:, 0], words[:, 1] = unscaled, unscaled >> 63
    valid = None if missing is None else pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(kind, len(unscaled), [valid, pa.py_buffer(words)])


def numbered(prefix: str, numbers: Ints) -> pa.Array:
    """Return ids made of a prefix and a number.

    >>> numbered("I", np.array([10, 11])).to_pylist()
    ['I10', 'I11']
    """
    return joined(prefix, pc.cast(pa.array(numbers), pa.string()))


def joined(*parts: pa.Array | str) -> pa.Array:
    """Join texts row by row."""
    return pc.binary_join_element_wise(*parts, "")


def pick(values: Sequence[str | None] | pa.Array, codes: Ints) -> pa.Array:
    """Return the text of each code; a negative code is missing."""
    texts = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    return texts.take(pa.array(codes, mask=codes < 0))


def without(column: pa.Array, gone: Flags) -> pa.Array:
    """Return the column with values missing where `gone`."""
    return pc.if_else(pa.array(~gone), column, pa.scalar(None, column.type))


def nullable(table: Table) -> pa.Schema:
    """Return the declared schema with every column allowed to be missing: bad rows must fit into a file too."""
    return pa.schema([field.with_nullable(True) for field in table.arrow])


def rows(table: Table, count: int, /, **columns: Any) -> pa.Table:
    """Make rows of a declared table; a single text or boolean fills its column, a column not given is missing."""
    unknown = set(columns) - set(table.names)
    if unknown:
        raise KeyError(f"{table.name} has no column {sorted(unknown)[0]}")
    schema = nullable(table)
    return pa.table([_filled(columns.get(f.name), f.type, count) for f in schema], schema=schema)


def _filled(value: Any, kind: pa.DataType, count: int) -> pa.Array:
    if value is None:
        return pa.nulls(count, kind)
    if isinstance(value, str | bool):
        return pa.repeat(pa.scalar(value, kind), count)
    return value if isinstance(value, pa.Array) else pa.array(value, kind)
