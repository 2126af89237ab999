"""The document as an Excel workbook: one sheet per part of the work, numbers as numbers, and no formula anywhere."""

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from valuekit.exports.definition_document.model import Cell, Document, Field, Grid, Kind, Part
from valuekit.exports.workbooks import money_format, new_workbook, plain_text


def write_workbook(document: Document, target: Path) -> None:
    """Write the document as .xlsx; the same document gives the same bytes (it is dated by its as-of date)."""
    with new_workbook(target, title=document.title, company=document.company, as_of=document.as_of) as book:
        formats = _formats(book, document.currency)
        for name, parts in document.sheets.items():
            _Sheet(book.add_worksheet(name), formats).write(document, parts)


def _formats(book: Any, currency: str) -> dict[str, Any]:
    """Cell formats by use; the money format shows the currency's sign."""
    wrap = {"text_wrap": True, "valign": "top"}
    numbers = {
        "count": "#,##0",
        "share": "0.0%",
        "ratio": "0.00",
        "money": money_format(currency),
        "date": "yyyy-mm-dd",
    }
    return {
        "title": book.add_format({"bold": True, "font_size": 15}),
        "section": book.add_format({"bold": True, "font_size": 12}),
        "head": book.add_format({**wrap, "bold": True, "bg_color": "#E8F1F7", "bottom": 1}),
        "paragraph": book.add_format({"valign": "top"}),
        "text": book.add_format(wrap),
        "code": book.add_format({**wrap, "font_name": "Consolas", "font_size": 9}),
        **{kind: book.add_format({"valign": "top", "num_format": code}) for kind, code in numbers.items()},
    }


class _Sheet:
    """One sheet, written from the top; its first table's heading stays in sight."""

    def __init__(self, sheet: Any, formats: dict[str, Any]) -> None:
        self.sheet, self.formats, self.row = sheet, formats, 0
        self.widths: dict[int, int] = {}
        self.frozen = False

    def write(self, document: Document, parts: list[Part]) -> None:
        self.sheet.hide_gridlines(2)
        self.sheet.set_landscape()
        self.sheet.fit_to_pages(1, 0)
        self._line(document.title, "title")
        self._line(f"{document.headline}: {document.sentence}. {document.about}", "paragraph")
        for part in parts:
            self._line(part.title, "section")
            for block in part.blocks:
                if isinstance(block, Grid):
                    self._grid(block)
                else:
                    self._line(block, "paragraph")
        for column, width in self.widths.items():
            self.sheet.set_column(column, column, width)

    def _line(self, text: str, style: str) -> None:
        self.sheet.write_string(self.row, 0, plain_text(text), self.formats[style])
        self.row += 1

    def _grid(self, grid: Grid) -> None:
        self._line(grid.caption, "section")
        for column, field in enumerate(grid.fields):
            self.sheet.write_string(self.row, column, field.name, self.formats["head"])
            self.widths[column] = max(self.widths.get(column, 0), field.width)
        self.row += 1
        if not self.frozen:
            self.sheet.freeze_panes(self.row, 1)
            self.frozen = True
        for row in grid.rows:
            self._cells(row, grid.fields)
        self.row += 1

    def _cells(self, row: tuple[Cell, ...], fields: tuple[Field, ...]) -> None:
        for column, (value, field) in enumerate(zip(row, fields, strict=True)):
            self._cell(column, value, field.kind)
        self.row += 1

    def _cell(self, column: int, value: Cell, kind: Kind) -> None:
        style = self.formats[kind]
        if value is None:
            self.sheet.write_blank(self.row, column, None, style)
        elif isinstance(value, str):
            self.sheet.write_string(
                self.row, column, plain_text(value), self.formats["text"] if kind != "code" else style
            )
        elif isinstance(value, date):
            self.sheet.write_datetime(self.row, column, datetime.combine(value, time()), self.formats["date"])
        else:
            self.sheet.write_number(self.row, column, float(value) if isinstance(value, Decimal) else value, style)
