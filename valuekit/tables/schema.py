"""What a table is: one declaration from which contract, documents, empty table and simulator types all come."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from valuekit.errors import UnknownNameError
from valuekit.money import MONEY, RATE

Severity = Literal["quarantine", "warn"]

ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "BOOLEAN": pa.bool_(),
    "DOUBLE": pa.float64(),
    "DECIMAL(12,2)": pa.decimal128(12, 2),
    MONEY: pa.decimal128(18, 4),
    RATE: pa.decimal128(18, 8),
}


@dataclass(frozen=True)
class Column:
    """One column: its type, what it means, its unit, whether it may be missing, and which values it may take."""

    name: str
    type: str
    meaning: str
    unit: str = ""
    required: bool = False
    values: tuple[str, ...] = ()
    money: bool = False
    """True for amounts in the row's `currency`; accepted rows also carry `reporting_<name>`."""

    def __post_init__(self) -> None:
        if self.type not in ARROW_TYPES:
            raise UnknownNameError("column type", self.type, ARROW_TYPES)


@dataclass(frozen=True)
class Check:
    """A rule that every row keeps: a SQL predicate that is true for good rows; NULL counts as good."""

    name: str
    predicate: str
    message: str
    severity: Severity = "quarantine"


@dataclass(frozen=True)
class Table:
    """One table: its grain, its key and its columns in order."""

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    parties: tuple[str, ...] = ()
    """Columns that name a party record; each gets a party id beside it once identities are resolved."""

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise UnknownNameError(f"column of {self.name}", name, self.names)

    @property
    def names(self) -> list[str]:
        """Column names, in order."""
        return [c.name for c in self.columns]

    @property
    def money(self) -> list[str]:
        """Names of the columns that hold amounts in the row's currency."""
        return [c.name for c in self.columns if c.money]

    @property
    def arrow(self) -> pa.Schema:
        """The Arrow schema: types and nullability."""
        return pa.schema([pa.field(c.name, ARROW_TYPES[c.type], nullable=not c.required) for c in self.columns])

    def empty(self) -> pa.Table:
        """Return the table with no rows."""
        return self.arrow.empty_table()

    def plus(self, *columns: Column) -> "Table":
        """Return the same table with further columns behind its own."""
        return Table(self.name, self.grain, self.columns + columns, self.key, self.checks, self.parties)

    def markdown(self) -> str:
        """Describe the table for the docs page."""
        rows = [f"### `{self.name}`", "", f"One row per {self.grain}. Key: {_code(self.key) or 'none'}.", ""]
        rows += ["| column | type | unit | may be missing | meaning |", "|---|---|---|---|---|"]
        for c in self.columns:
            values = f" One of {_code(c.values)}." if c.values else ""
            missing = "no" if c.required else "yes"
            rows.append(f"| `{c.name}` | {c.type} | {c.unit} | {missing} | {c.meaning}.{values} |")
        rows += [f"- {c.message} ({c.severity})." for c in self.checks]
        return "\n".join(rows) + "\n"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{n}`" for n in names)
