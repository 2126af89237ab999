"""The document as Markdown: plain headings and pipe tables that every viewer knows."""

import re
from collections.abc import Iterator

from valuekit.exports.definition_document.model import NUMERIC, Cell, Document, Field, Grid, Kind, known, shown

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~])")
_LEADING = re.compile(r"^(\s*)([-+]|\d+[.)])(?=\s)")


def write_markdown(document: Document) -> str:
    """Return the document as Markdown in UTF-8: text is escaped, tables are valid whatever they hold."""
    return "\n\n".join(_lines(document)) + "\n"


def _lines(document: Document) -> Iterator[str]:
    yield f"# {escape(document.title)}"
    yield escape(document.about)
    yield f"**{escape(document.headline)}** {escape(document.sentence)}"
    for part in document.parts:
        yield f"## {escape(part.title)}"
        for block in part.blocks:
            if isinstance(block, str):
                yield escape(block)
            elif block.cards:
                yield from _cards(block, document.currency)
            else:
                yield f"**{escape(block.caption)}**"
                yield _table(block, document.currency) if block.rows else "None."


def _table(grid: Grid, currency: str) -> str:
    head = "| " + " | ".join(escape(f.name) for f in grid.fields) + " |"
    rule = "|" + "|".join(" ---: " if f.kind in NUMERIC else " --- " for f in grid.fields) + "|"
    rows = (
        "| " + " | ".join(_cell(v, f.kind, currency) for v, f in zip(row, grid.fields, strict=True)) + " |"
        for row in grid.rows
    )
    return "\n".join([head, rule, *rows])


def _cards(grid: Grid, currency: str) -> Iterator[str]:
    """One heading per row, with the further cells that are there as a list below it."""
    for title, *values in grid.rows:
        yield f"### {escape(str(title))}"
        yield "\n".join(_bullet(f, v, currency) for f, v in zip(grid.fields[1:], values, strict=True) if known(v))


def _bullet(field: Field, value: Cell, currency: str) -> str:
    return f"- **{escape(field.name)}:** {_cell(value, field.kind, currency)}"


def _cell(value: Cell, kind: Kind, currency: str) -> str:
    text = shown(value, kind, currency)
    return _code(text) if kind == "code" and value else escape(text)


def _code(text: str) -> str:
    """Code in a table: a pipe would end the cell, a backtick the code."""
    flat = " ".join(text.split())
    fence = "``" if "`" in flat else "`"
    pad = " " if "`" in flat else ""
    return f"{fence}{pad}{flat}{pad}{fence}".replace("|", "\\|")


def escape(text: str) -> str:
    r"""Return a text that Markdown shows as it is, on one line.

    >>> escape("a|b *c*"), escape("1. first")
    ('a\\|b \\*c\\*', '1\\. first')
    """
    flat = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return _LEADING.sub(lambda m: m[1] + (m[2][:-1] + "\\" + m[2][-1]), flat)
