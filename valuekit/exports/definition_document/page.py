"""The document as one HTML page: nothing to load, nothing to run, readable on a screen, on paper and aloud."""

from collections.abc import Iterator
from html import escape
from importlib.resources import files

from valuekit.exports.definition_document.model import NUMERIC, Block, Cell, Document, Field, Grid, Part, known, shown


def write_page(document: Document) -> str:
    """Return the document as HTML5: self-contained, without script, every text escaped."""
    style = files("valuekit.exports.definition_document").joinpath("page.css").read_text(encoding="utf-8")
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(document.title)}</title>",
            f"<style>\n{style}</style>",
            "</head>",
            "<body>",
            *_head(document),
            "<main>",
            *(line for number, part in enumerate(document.parts, start=1) for line in _part(part, number, document)),
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _head(document: Document) -> Iterator[str]:
    yield "<header>"
    yield f"<h1>{escape(document.title)}</h1>"
    yield f'<p class="about">{escape(document.about)}</p>'
    yield f'<p class="headline"><strong>{escape(document.headline)}</strong> {escape(document.sentence)}</p>'
    yield '<nav aria-label="Contents"><ol>'
    for number, part in enumerate(document.parts, start=1):
        yield f'<li><a href="#part-{number}">{escape(part.title)}</a></li>'
    yield "</ol></nav>"
    yield "</header>"


def _part(part: Part, number: int, document: Document) -> Iterator[str]:
    yield f'<section aria-labelledby="part-{number}">'
    yield f'<h2 id="part-{number}">{escape(part.title)}</h2>'
    for block in part.blocks:
        yield from _block(block, document.currency)
    yield "</section>"


def _block(block: Block, currency: str) -> Iterator[str]:
    if isinstance(block, str):
        yield f"<p>{escape(block)}</p>"
    elif block.cards:
        yield from _cards(block, currency)
    elif not block.rows:
        yield f'<p class="caption">{escape(block.caption)}</p><p>None.</p>'
    else:
        yield from _table(block, currency)


def _table(grid: Grid, currency: str) -> Iterator[str]:
    """A table with its caption; the first cell of a row is its heading."""
    yield '<div class="wide"><table>'
    yield f"<caption>{escape(grid.caption)}</caption>"
    yield "<thead><tr>"
    yield from (f'<th scope="col"{_class(f)}>{escape(f.name)}</th>' for f in grid.fields)
    yield "</tr></thead><tbody>"
    for row in grid.rows:
        first, *rest = (_cell(v, f, currency) for v, f in zip(row, grid.fields, strict=True))
        cells = "".join(f"<td{_class(f)}>{cell}</td>" for cell, f in zip(rest, grid.fields[1:], strict=True))
        yield f'<tr><th scope="row"{_class(grid.fields[0])}>{first}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _cards(grid: Grid, currency: str) -> Iterator[str]:
    """One article per row."""
    yield f'<p class="caption">{escape(grid.caption)}</p><div class="cards">'
    for title, *values in grid.rows:
        yield f"<article><h3>{escape(str(title))}</h3><dl>"
        for field, value in zip(grid.fields[1:], values, strict=True):
            if not known(value):
                continue
            yield f"<dt>{escape(field.name)}</dt><dd{_class(field)}>{_cell(value, field, currency)}</dd>"
        yield "</dl></article>"
    yield "</div>"


def _cell(value: Cell, field: Field, currency: str) -> str:
    text = escape(shown(value, field.kind, currency))
    return f"<code>{text}</code>" if field.kind == "code" and value else text


def _class(field: Field) -> str:
    return ' class="n"' if field.kind in NUMERIC else ""
