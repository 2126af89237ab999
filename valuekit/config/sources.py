"""Where the rows come from: files and databases with their mappings, and products that need none."""

from collections.abc import Collection
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from valuekit.config.basics import Currency, Section
from valuekit.config.products import PRODUCTS, exports_of
from valuekit.errors import UnknownNameError
from valuekit.tables import CANONICAL


class ColumnMap(Section):
    """Where one canonical column comes from, when it is more than a renamed column: one of the first four."""

    column: str | None = Field(default=None, description="Source column")
    any_of: list[str] | None = Field(
        default=None, min_length=1, description="The first of these columns that the source has; none: empty"
    )
    constant: str | int | float | bool | date | None = Field(
        default=None, description="The same value in every row; null leaves the column empty"
    )
    expression: str | None = Field(
        default=None,
        description="SQL expression over source columns (allow-listed functions); `_row` is the row's number in its "
        "file; {A|B} is the first of the columns A and B that the source has, or empty. Columns of text files are "
        "text: cast them to calculate. Where it fails, it gives nothing",
    )
    format: str | None = Field(default=None, description="Date format, such as %d.%m.%Y; default: the source's")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = sum(value is not None for value in (self.column, self.any_of, self.constant, self.expression))
        empty_column = given == 0 and "constant" in self.model_fields_set
        if given != 1 and not empty_column:
            raise ValueError("expected exactly one of column, any_of, constant and expression")
        return self


def _kind_of_mapping(value: Any) -> str:
    return "name" if isinstance(value, str) else "mapping"


Mapping = Annotated[
    Annotated[str, Tag("name")] | Annotated[ColumnMap, Tag("mapping")],
    Discriminator(_kind_of_mapping),
]


class Source(Section):
    """One file, or one table or query of a database file, mapped to a canonical table."""

    table: str = Field(description="Canonical table that the rows become")
    system: str = Field(
        min_length=1,
        description="Name of the system, as in definitions and reports; a `system` column of the rows goes first",
    )
    file: str | None = Field(
        default=None,
        description="Path (relative to this configuration), pattern such as orders-*.csv, or "
        "package:<package>/<path> for a file in an installed Python package; {name} stands for an entry of `paths`",
    )
    format: Literal["csv", "parquet", "whitespace"] | None = Field(default=None, description="Default: by file ending")
    database: str | None = Field(
        default=None, description="DuckDB or SQLite file, instead of `file`; opened for reading only"
    )
    query: str | None = Field(default=None, description="SELECT, or the name of a table, in that database")
    delimiter: str | None = Field(
        default=None, min_length=1, max_length=1, description="CSV separator, one character; default: detected"
    )
    encoding: str = Field(default="utf-8", description="utf-8, utf-16, latin-1 or another that Python knows")
    header: bool | list[str] = Field(
        default=True,
        description="false when the file has no header (its columns are column_1, column_2 ...), or their names",
    )
    decimal: Literal[".", ","] = Field(
        default=".", description="Decimal separator of numbers in text; the other one may stand between thousands"
    )
    date_format: str = Field(
        default="%Y-%m-%d", description="Format of dates in text; ISO dates and timestamps are always understood"
    )
    null_values: list[str] = Field(
        default_factory=lambda: [""], description="Texts that mean missing, after blanks around them are removed"
    )
    columns: dict[str, Mapping] = Field(
        default_factory=dict, description="Canonical column: source column or mapping; same names need no entry"
    )
    where: str | None = Field(
        default=None,
        description="Keep only rows for which this expression over source columns is true. The others are not part "
        "of the input: they are counted neither as read nor as quarantined",
    )
    collapse_by: list[str] = Field(
        default_factory=list,
        description="Canonical columns whose equal rows (of one system and currency) become one: amounts, minutes "
        "and events are summed, of the rest the least is kept",
    )

    @field_validator("table")
    @classmethod
    def _known_table(cls, table: str) -> str:
        return _known("canonical table", table, CANONICAL)

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str) -> str:
        try:
            "".encode(encoding)
        except LookupError:  # such as base64, which is known, but encodes no text
            raise UnknownNameError("encoding", encoding, ("utf-8", "utf-16", "latin-1", "cp1252")) from None
        return encoding

    @field_validator("columns", "collapse_by")
    @classmethod
    def _known_columns(cls, columns: Any, info: ValidationInfo) -> Any:
        table = CANONICAL.get(info.data.get("table", ""))
        if table:
            for name in columns:
                _known(f"column of {table.name}", name, table.names)
        return columns

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.file is None) == (self.database is None):
            raise ValueError("expected either `file` or `database`")
        if (self.database is None) != (self.query is None):
            raise ValueError("expected `database` together with `query` (a SELECT or the name of a table)")
        return self


def _known(kind: str, name: str, names: Collection[str]) -> str:
    if name not in names:
        raise UnknownNameError(kind, name, names)
    return name


class Product(Section):
    """The standard exports of a product, which need no mapping: name the files."""

    product: str = Field(description="stripe, salesforce, hubspot or zendesk")
    system: str = Field(default="", description="Name of the system in definitions and reports; default: the product's")
    files: dict[str, str] = Field(
        min_length=1, description="Path by export, such as customers or deals; patterns and {name} as in a source"
    )
    currency: Currency | None = Field(
        default=None, description="Currency of amounts where the export states none; default: the company's"
    )
    columns: dict[str, dict[str, Mapping]] = Field(
        default_factory=dict, description="By export: columns mapped otherwise, such as to fields of your own"
    )
    delimiter: str | None = Field(default=None, min_length=1, max_length=1, description="As in a source")
    encoding: str = Field(default="utf-8", description="As in a source")
    date_format: str = Field(default="%Y-%m-%d", description="As in a source")

    @field_validator("product")
    @classmethod
    def _known_product(cls, product: str) -> str:
        return _known("product", product.lower(), PRODUCTS)

    @field_validator("files", "columns")
    @classmethod
    def _known_exports(cls, exports: Any, info: ValidationInfo) -> Any:
        if known := info.data.get("product"):
            for name in exports:
                _known(f"export of {known}", name, exports_of(known))
        return exports

    def sources(self, currency: str) -> list[Source]:
        """Return the sources that the files are; amounts without currency are in the one given."""
        texts = {"currency": "'" + (self.currency or currency) + "'"}
        layout = {"delimiter": self.delimiter, "encoding": self.encoding, "date_format": self.date_format}
        return [
            self._source(name, entry, {"file": file, **layout})
            for name, file in self.files.items()
            for entry in exports_of(self.product, texts)[name]
        ]

    def _source(self, export: str, entry: dict[str, Any], layout: dict[str, Any]) -> Source:
        table = CANONICAL[entry["table"]]
        own = {name: m for name, m in self.columns.get(export, {}).items() if name in table.names}
        columns = {**entry["columns"], **own}
        return Source(**{**entry, **layout, "system": self.system or self.product, "columns": columns})
