"""What all workbooks share: text stays text, dates are written out, the same content gives the same bytes."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

from valuekit.money import CENT, SYMBOLS

LONGEST_TEXT = 32_767
"""Characters that a cell of Excel can hold."""

EXCEL_ROWS = 1_048_576
"""Rows that a sheet of Excel can hold."""

_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
          "default_date_format": "yyyy-mm-dd"}  # fmt: skip
"""Text stays text: a name that begins with = is a name."""


def new_workbook(target: Path | BytesIO, *, title: str, company: str, as_of: date, by_row: bool = False) -> Any:
    """Return a new workbook of xlsxwriter, dated by its as-of date; it is written when it is closed.

    With `by_row` memory stays flat, and each sheet must be written from the top, row by row.
    """
    import xlsxwriter  # noqa: PLC0415 - a command that writes no workbook need not wait for it

    file = target if isinstance(target, BytesIO) else str(target)
    book = xlsxwriter.Workbook(file, {**_PLAIN, "constant_memory": by_row})
    day = datetime.combine(as_of, time(), tzinfo=UTC).replace(tzinfo=None)
    book.set_properties({"title": title, "company": company, "created": day})
    return book


def money_format(currency: str) -> str:
    """Return Excel's number format for money, with the currency's sign.

    >>> money_format("GBP"), money_format("SEK")
    ('"£"#,##0.00', '"SEK "#,##0.00')
    """
    sign = SYMBOLS.get(currency, f"{currency} ").replace('"', "")
    return f'"{sign}"#,##0.00'


def plain_amount(amount: Decimal) -> Decimal:
    """Return the amount with two digits after the point where it has no part of a cent, and never as minus zero.

    >>> [str(plain_amount(Decimal(text))) for text in ("9.9500", "-0.0000", "1.2345", "700")]
    ['9.95', '0.00', '1.2345', '700.00']
    """
    cents = amount.quantize(CENT)
    return (cents if cents == amount else amount) + 0


def plain_text(text: str) -> str:
    """Return a text that fits a cell; what the writer would take for markup of its own is kept apart by a space.

    >>> plain_text("<r>Ada</r>"), plain_text("=1+1")
    (' <r>Ada</r>', '=1+1')
    """
    return f" {text}"[:LONGEST_TEXT] if text.startswith("<r>") else text[:LONGEST_TEXT]
