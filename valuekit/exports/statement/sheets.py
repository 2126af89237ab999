"""Sheets with live formulas: each formula is written with the value that it has, for viewers that do not compute."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal

from valuekit.errors import ConfigError
from valuekit.exports.workbooks import EXCEL_ROWS, money_format, plain_amount, plain_text

Kind = Literal["text", "money", "amount", "number", "rate", "count", "date"]
Row = Mapping[str, Any]

HEAD = 4
"""Rows above the first row of a table: title, what it says, sums, headings."""

HEAD_HEIGHT = 30
"""Of the row of headings in points: two lines."""

MONEY_WIDTH = 16

SHOWN_DIGITS = 6
"""Digits that rates, minutes and days keep after the point."""


@dataclass(frozen=True)
class Column:
    """A column of a table: `key` of its values, heading, kind and width. Money is summed above the heading."""

    key: str
    label: str
    kind: Kind = "money"
    width: int = MONEY_WIDTH
    formula: str = ""
    """The value as a formula over other columns of the row, such as `{ledger}-{attributed}`."""
    red: bool = False
    """Anything but zero stands out."""


class Book:
    """A workbook with its formats, and the helpers that all sheets share."""

    def __init__(self, book: Any, currency: str) -> None:
        self.book = book
        codes = {"money": money_format(currency), "amount": "#,##0.00", "number": "#,##0.00", "rate": "#,##0.0000",
                 "count": "#,##0", "date": "yyyy-mm-dd", "text": "@"}  # fmt: skip
        self.plain = {kind: book.add_format({"num_format": code}) for kind, code in codes.items()}
        self.plain["date"].set_align("left")  # beside text, a date at the right would touch it
        total = {"bold": True, "top": 1, "bg_color": "#F3F6F9"}
        self.total = {kind: book.add_format({"num_format": code, **total}) for kind, code in codes.items()}
        self.title = book.add_format({"bold": True, "font_size": 15})
        self.head = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8F1F7", "bottom": 1}
        )
        self.head_right = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "align": "right", "bg_color": "#E8F1F7", "bottom": 1}
        )
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.left = book.add_format({"num_format": "0", "align": "left", "valign": "top"})
        self.bold = book.add_format({"bold": True, "valign": "top"})
        self.red = book.add_format({"bold": True, "font_color": "#9C0006", "bg_color": "#FFC7CE"})

    def sheet(self, name: str, title: str, about: str) -> Any:
        """Add a sheet that begins with its title and a sentence about it, and prints on the width of a page."""
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&L&A&RPage &P of &N")
        sheet.write_string(0, 0, plain_text(title), self.title)
        sheet.write_string(1, 0, plain_text(about))
        return sheet

    def heading(self, kind: Kind) -> Any:
        """Return the format of a heading: at the side at which what is below it stands."""
        return self.head if kind in ("text", "date") else self.head_right

    def value(self, sheet: Any, row: int, column: int, value: object, style: Any) -> None:
        """Write a value as what it is: text as text, money without any noise of binary fractions."""
        if value is None:
            sheet.write_blank(row, column, None, style)
        elif isinstance(value, Decimal):
            sheet.write_number(row, column, plain_amount(value), style)
        elif isinstance(value, date):
            sheet.write_datetime(row, column, datetime.combine(value, time()), style)
        elif isinstance(value, bool):
            sheet.write_string(row, column, "yes" if value else "no", style)
        elif isinstance(value, int | float):
            sheet.write_number(row, column, round(value, SHOWN_DIGITS), style)
        else:
            sheet.write_string(row, column, plain_text(str(value)), style)

    def formula(self, sheet: Any, row: int, column: int, formula: str, value: Decimal, style: Any) -> None:
        """Write a sum of money that the sheet computes; rounded, because 0.1 + 0.2 is not 0.3 in a sheet."""
        sheet.write_formula(row, column, f"=ROUND({formula},4)", style, plain_amount(value))

    def table(
        self,
        name: str,
        title: str,
        about: str,
        columns: Sequence[Column],
        rows: Iterable[Row],
        sums: Mapping[str, Decimal],
        count: int,
    ) -> None:
        """Add a sheet with a table of `count` rows, the sums of what a filter leaves above it, and a filter.

        Raises `ConfigError` when Excel has no room for it.
        """
        check_room(count, name)
        sheet = self.sheet(name, title, about)
        if sums:
            self._sums(sheet, columns, sums, count)
        for at, column in enumerate(columns):
            sheet.set_column(at, at, column.width)
            sheet.write_string(HEAD - 1, at, column.label, self.heading(column.kind))
        sheet.set_row(HEAD - 1, HEAD_HEIGHT)
        letters = {c.key: letter(at) for at, c in enumerate(columns)}
        for row, values in enumerate(rows, HEAD):
            cells = {key: f"{found}{row + 1}" for key, found in letters.items()}
            for at, column in enumerate(columns):
                if column.formula:
                    filled = column.formula.format(**cells)
                    self.formula(sheet, row, at, filled, values[column.key], self.plain[column.kind])
                else:
                    self.value(sheet, row, at, values[column.key], self.plain[column.kind])
        texts = next(at for at, c in enumerate(columns) if c.kind not in ("text", "date"))
        sheet.freeze_panes(HEAD, min(texts, 2))
        sheet.autofilter(HEAD - 1, 0, HEAD - 1 + max(count, 1), len(columns) - 1)
        sheet.repeat_rows(HEAD - 1)
        for at, column in enumerate(columns):
            if column.red:
                self.not_zero(sheet, 2, at, HEAD - 1 + max(count, 1), at)

    def not_zero(self, sheet: Any, top: int, left: int, bottom: int, right: int) -> None:
        """Make cells stand out that are not zero."""
        rule = f"AND(ISNUMBER({letter(left)}{top + 1}),{letter(left)}{top + 1}<>0)"
        sheet.conditional_format(
            top, left, bottom, right, {"type": "formula", "criteria": f"={rule}", "format": self.red}
        )

    def _sums(self, sheet: Any, columns: Sequence[Column], sums: Mapping[str, Decimal], count: int) -> None:
        sheet.write_string(2, 0, "Sum of the rows shown", self.total["text"])
        for at, column in enumerate(columns[1:], 1):
            if column.key in sums:
                rows = f"{letter(at)}{HEAD + 1}:{letter(at)}{HEAD + max(count, 1)}"
                self.formula(sheet, 2, at, f"SUBTOTAL(109,{rows})", sums[column.key], self.total[column.kind])
            else:
                sheet.write_blank(2, at, None, self.total["text"])


def check_room(count: int, name: str) -> None:
    """Raise `ConfigError` when a sheet cannot hold so many rows."""
    room = EXCEL_ROWS - HEAD
    if count > room:
        raise ConfigError(
            f"would have {count:,} rows, and a sheet of Excel holds {room:,}.",
            where=f"sheet {name}",
            next_step="Use --format parquet, or csv: they hold every customer and period.",
        )


def letter(column: int) -> str:
    """Return a column as Excel writes it.

    >>> letter(0), letter(25), letter(26), letter(702)
    ('A', 'Z', 'AA', 'AAA')
    """
    left, last = divmod(column, 26)
    return (letter(left - 1) if left else "") + chr(ord("A") + last)
