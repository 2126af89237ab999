"""Workbooks read back with the standard library, and their formulas computed anew by other means."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REFERENCE = re.compile(r"(?:'([^']+)'!)?\$?\b([A-Z]+)\$?(\d+)(?::\$?([A-Z]+)\$?(\d+))?")
_DATED = re.compile(r'"([<>=]+)"&(DATE\([^)]*\))')
_TESTS = {">": Decimal.__gt__, "<": Decimal.__lt__, ">=": Decimal.__ge__, "<=": Decimal.__le__}


@dataclass(frozen=True)
class Cell:
    """A cell: its text, or its number and the formula that gives it."""

    text: str | None
    number: Decimal | None
    formula: str | None


class Workbook:
    """The sheets of a workbook by name; each a dictionary of cells by their reference, such as B5."""

    def __init__(self, source: Path | bytes) -> None:
        with zipfile.ZipFile(BytesIO(source) if isinstance(source, bytes) else source) as file:
            self.files = {name: file.read(name).decode() for name in file.namelist()}
        named = ElementTree.fromstring(self.files["xl/workbook.xml"]).iter(f"{MAIN}sheet")
        self.sheets = {
            sheet.attrib["name"]: dict(_cells(self.files[f"xl/worksheets/sheet{at}.xml"]))
            for at, sheet in enumerate(named, 1)
        }

    def rows(self, sheet: str) -> dict[str, list[Decimal]]:
        """The numbers of each row by the text in its first cell."""
        found: dict[str, list[Decimal]] = {}
        for row in sorted({_split(ref)[1] for ref in self.sheets[sheet]}):
            cells = [c for ref, c in self.sheets[sheet].items() if _split(ref)[1] == row]
            if cells[0].text:
                found[cells[0].text] = [c.number for c in cells[1:] if c.number is not None]
        return found

    def table(self, sheet: str, head: int = 4) -> list[dict[str, str | Decimal | None]]:
        """The rows below the headings of a table."""
        names = {_split(r)[0]: c.text for r, c in self.sheets[sheet].items() if _split(r)[1] == head}
        rows: dict[int, dict] = {}
        for ref, cell in self.sheets[sheet].items():
            column, row = _split(ref)
            if row > head:
                rows.setdefault(row, {})[names[column]] = cell.text if cell.number is None else cell.number
        return list(rows.values())

    def formulas(self) -> Iterator[tuple[str, str, Cell]]:
        """Every formula with its place."""
        for sheet, cells in self.sheets.items():
            for ref, cell in cells.items():
                if cell.formula:
                    yield sheet, ref, cell

    def compute(self, sheet: str, formula: str) -> Decimal:
        """Compute a formula over the values in the cells."""

        def reference(match: re.Match[str]) -> str:
            other, left, top, right, bottom = match.groups()
            place = other or sheet
            if right is None:
                return f"CELL({place!r}, '{left}{top}')"
            return f"RANGE({place!r}, {left!r}, {top}, {right!r}, {bottom})"

        python = _DATED.sub(r'("\1", \2)', _REFERENCE.sub(reference, formula))
        return Decimal(eval(python, {"CELL": self._value, "RANGE": self._range, **_FUNCTIONS}))

    def _value(self, sheet: str, ref: str) -> Decimal:
        cell = self.sheets[sheet].get(ref)
        return cell.number if cell and cell.number is not None else Decimal(0)

    def _range(self, sheet: str, left: str, top: int, right: str, bottom: int) -> list[Decimal]:
        columns = range(_number(left), _number(right) + 1)
        return [self._value(sheet, f"{_letters(c)}{row}") for row in range(top, bottom + 1) for c in columns]


def _cells(xml: str) -> Iterator[tuple[str, Cell]]:
    for cell in ElementTree.fromstring(xml).iter(f"{MAIN}c"):
        value, formula = cell.find(f"{MAIN}v"), cell.findtext(f"{MAIN}f")
        text = "".join(cell.itertext()) if cell.get("t") == "inlineStr" else None
        yield cell.attrib["r"], Cell(text, None if value is None else Decimal(value.text or "0"), formula)


def _split(ref: str) -> tuple[str, int]:
    column = ref.rstrip("0123456789")
    return column, int(ref[len(column) :])


def _number(column: str) -> int:
    found = 0
    for sign in column:
        found = found * 26 + ord(sign) - 64
    return found


def _letters(number: int) -> str:
    left, last = divmod(number - 1, 26)
    return (_letters(left) if left else "") + chr(65 + last)


def _sum_ifs(summed: list[Decimal], *conditions) -> Decimal:
    pairs = list(zip(conditions[::2], conditions[1::2], strict=True))
    return sum(
        (v for i, v in enumerate(summed) if all(_TESTS[sign](cells[i], wanted) for cells, (sign, wanted) in pairs)),
        Decimal(0),
    )


def _date(year: int, month: int, day: int) -> Decimal:
    return Decimal((date(year, month, day) - date(1899, 12, 30)).days)


_FUNCTIONS = {
    "ROUND": lambda x, places: Decimal(x).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP),
    "SUM": lambda cells: sum(cells, Decimal(0)),
    "SUBTOTAL": lambda kind, cells: sum(cells, Decimal(0)) if kind == 109 else None,
    "SUMIFS": _sum_ifs,
    "COUNTIF": lambda cells, rule: sum(_TESTS[rule[0]](v, Decimal(rule[1:])) for v in cells),
    "DATE": _date,
}
