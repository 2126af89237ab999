"""What a document holds, whatever it is written to: parts with paragraphs and tables of typed cells."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from valuekit.money import show

Cell = str | int | float | Decimal | date | None
Kind = Literal["text", "code", "count", "share", "ratio", "money", "date"]
"""How a column is shown: `code` is an expression, `share` a percentage, `money` in the document's currency."""

NUMERIC = ("count", "share", "ratio", "money")


@dataclass(frozen=True)
class Field:
    """One column of a table: its heading, how it is shown, and its width in a workbook (in characters)."""

    name: str
    kind: Kind = "text"
    width: int = 16


@dataclass(frozen=True)
class Grid:
    """A table with its caption; `cards` says that a reader of pages is better served by one block per row."""

    caption: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Cell, ...], ...]
    cards: bool = False


Block = str | Grid
"""A paragraph, or a table."""


@dataclass(frozen=True)
class Part:
    """A section: its heading, the sheet of a workbook that it goes to (None: pages alone), and what it holds."""

    title: str
    sheet: str | None
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A document with what must stand on its first page."""

    title: str
    company: str
    currency: str
    as_of: date
    run_id: str
    about: str
    """Company, day, run and currency in one line."""
    headline: str
    """The one number."""
    sentence: str
    """What the one number means."""
    parts: tuple[Part, ...]

    @property
    def sheets(self) -> dict[str, list[Part]]:
        """The parts by sheet, in the order in which each sheet first comes."""
        found: dict[str, list[Part]] = {}
        for part in self.parts:
            if part.sheet is not None:
                found.setdefault(part.sheet, []).append(part)
        return found


def known(value: Cell) -> bool:
    """Say whether a cell holds anything; 0 is something."""
    return value is not None and value != ""


def shown(value: Cell, kind: Kind, currency: str) -> str:
    """Write a cell for people; what is not known is a dash.

    >>> shown(1234, "count", "EUR"), shown(0.123, "share", "EUR"), shown(12, "money", "EUR")
    ('1,234', '12.3%', '€12.00')
    """
    if value is None or value == "":
        return "–"  # noqa: RUF001 - a dash, as in print
    if isinstance(value, str | date):
        return str(value)
    if kind == "money":
        return show(value, currency)
    return f"{100 * value:.1f}%" if kind == "share" else f"{value:,.2f}" if kind == "ratio" else f"{value:,}"
