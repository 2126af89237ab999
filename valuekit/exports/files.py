"""Files that other tools open: written beside and renamed, so that nobody ever reads half of one."""

import csv
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from valuekit.errors import ConfigError, InputError

TableFormat = Literal["csv", "parquet"]
"""Formats of a table of any length."""

RISKY = "=+-@\t\r\n＝＋－＠"  # noqa: RUF001 - a spreadsheet reads the full-width signs as formulas too
"""First characters by which a spreadsheet takes a text for a formula or a command."""


@contextmanager
def atomic_file(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a path to write to; it becomes `target` when the block ends well, and vanishes when it does not.

    Raises `ConfigError` when the target exists and must not be overwritten, `InputError` when its folder is missing.
    """
    if target.exists() and not overwrite:
        raise ConfigError("exists already.", where=str(target), next_step="Name another file, or use --force.")
    if not target.parent.is_dir():
        raise InputError("is no folder.", where=str(target.parent), next_step="Make it, or name another one.")
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}-", delete=False) as made:
        draft = Path(made.name)
    try:
        yield draft
        draft.chmod(0o666 & ~_umask())
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def neutralise(text: str | None) -> str | None:
    """Return a text that no spreadsheet takes for a formula: a risky one gets a leading apostrophe.

    >>> neutralise("=HYPERLINK(...)"), neutralise("Smith & Co"), neutralise(None)
    ("'=HYPERLINK(...)", 'Smith & Co', None)
    """
    return f"'{text}" if text and text[0] in RISKY else text


def write_csv(batches: Iterable[pa.RecordBatch], names: list[str], file: IO[str]) -> int:
    """Write rows as CSV (RFC 4180) and return their number; only text is neutralised, numbers stay numbers."""
    writer = csv.writer(file)
    writer.writerow([neutralise(n) for n in names])
    rows = 0
    for batch in batches:
        writer.writerows(zip(*(_cells(column) for column in batch.columns), strict=True))
        rows += batch.num_rows
    return rows


def write_table(reader: pa.RecordBatchReader, path: Path, format: TableFormat, *, bom: bool = True) -> int:  # noqa: A002 - as elsewhere
    """Write rows to a file as they come, and return their number; `bom` begins CSV with a byte-order mark for Excel."""
    if format == "csv":
        with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
            return write_csv(reader, reader.schema.names, file)
    rows = 0
    with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _cells(column: pa.Array) -> list[object]:
    cells: list[object] = column.to_pylist()
    return [neutralise(c) for c in cells] if pa.types.is_string(column.type) else cells  # type: ignore[arg-type]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
