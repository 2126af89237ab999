"""Text files, record by record: names of the columns, and the careful reading of files with broken lines.

The engine reads sound CSV files much faster. What it refuses comes here, where one broken line costs one row.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa

from valuekit.config import Source
from valuekit.errors import InputError
from valuekit.sources.files import encoding_of, opened_text

ROWS_PER_BATCH = 50_000
LINES_PER_ROW = 200
"""A quoted text that is not closed within so many lines is taken for a broken line."""

_DELIMITERS = ",;\t|"
_UNCLOSED = "a quote is opened and not closed"

Fields = list[str]
Record = tuple[Fields | None, str, str]
"""The fields, the text that they were read from, and what is wrong with it."""


@dataclass(frozen=True)
class Layout:
    """How a text file is built: its encoding, what parts the fields, and the names of its columns."""

    path: Path
    encoding: str
    delimiter: str | None
    """None: fields are parted by any number of blanks."""
    names: list[str]
    header: bool

    def schema(self) -> pa.Schema:
        """Return the Arrow schema of the rows: text, then what `rows` adds."""
        text = [pa.field(n, pa.string()) for n in self.names]
        return pa.schema([*text, ("_row", pa.int64()), ("_problem", pa.string()), ("_line", pa.string())])


def layout_of(source: Source, path: Path, *, blanks: bool) -> Layout:
    """Look at the head of a text file.

    Raises: `InputError` when the file is empty or is no text in its encoding.
    """
    encoding = encoding_of(source, path)
    with opened_text(path, encoding) as text:
        lines = list(islice((line for line in text if not line.isspace()), 30))
    if not lines:
        raise InputError("is empty.", where=str(path), next_step="Export it again, or leave the source out.")
    if _is_undecodable(lines[0]) or "\0" in lines[0]:
        advice = "Set `encoding` (utf-16, latin-1, cp1252), or `format` when it is no text."
        raise InputError(f"is no text in {encoding}: line 1 does not decode.", where=str(path), next_step=advice)
    delimiter = None if blanks else source.delimiter or detect_delimiter(lines)
    first = next(_records(lines, delimiter))[0] or lines[0].split(delimiter)
    header = source.header is True
    names = first if header else source.header or [f"column_{i + 1}" for i in range(len(first))]
    return Layout(path, encoding, delimiter, unique_names(names), header)  # type: ignore[arg-type]


def detect_delimiter(lines: Iterable[str]) -> str:
    """Return the separator that parts the first line, and most others into as many fields.

    >>> detect_delimiter(["id;amount", "1;12,50", "2;3,00"])
    ';'
    """
    sample = list(lines)

    def agreement(delimiter: str) -> tuple[float, int]:
        counts = [len(fields or ()) for fields, _, _ in _records(sample, delimiter)]
        fields = counts[0] if counts else 0
        return (counts.count(fields) / len(counts), fields) if fields > 1 else (0.0, 0)

    return max(_DELIMITERS, key=agreement)


def unique_names(names: Iterable[str]) -> list[str]:
    """Give every column a name of its own, whatever the case of its letters.

    >>> unique_names(["id", " ID ", "", "id"])
    ['id', 'ID_2', 'column_3', 'id_3']
    """
    seen: dict[str, int] = {"_row": 1, "_problem": 1, "_line": 1}
    unique = []
    for number, name in enumerate(names, 1):
        base = name.strip() or f"column_{number}"
        candidate = base
        while candidate.lower() in seen:
            seen[base.lower()] = seen.get(base.lower(), 1) + 1
            candidate = f"{base}_{seen[base.lower()]}"
        seen[candidate.lower()] = 1
        unique.append(candidate)
    return unique


def read_rows(layout: Layout) -> Iterator[pa.RecordBatch]:
    """Yield every row of the file: text columns, `_row` from 1, and for broken ones `_problem` and the `_line` itself.

    Blank lines are no rows. A line that breaks the layout costs itself only: reading goes on with the next line.
    """
    with opened_text(layout.path, layout.encoding) as text:
        records = _records(text, layout.delimiter, len(layout.names))
        numbered = enumerate(islice(records, int(layout.header), None), 1)
        while chunk := list(islice(numbered, ROWS_PER_BATCH)):
            yield _batch(chunk, layout)


def _batch(chunk: list[tuple[int, Record]], layout: Layout) -> pa.RecordBatch:
    width = len(layout.names)
    nothing: list[str | None] = [None] * width
    rows: list[list[str | None]] = []
    numbers, problems, lines = [], [], []
    for number, (fields, line, found) in chunk:
        problem = found or _misfit(len(fields or ()), width, line, layout.encoding)
        rows.append(nothing if problem else list(fields or ()))
        numbers.append(number)
        problems.append(problem or None)
        lines.append(line.rstrip("\r\n").encode("utf-8", "backslashreplace").decode() if problem else None)
    columns = [pa.array(c, pa.string()) for c in zip(*rows, strict=True)]
    extra = [pa.array(numbers, pa.int64()), pa.array(problems, pa.string()), pa.array(lines, pa.string())]
    return pa.record_batch([*columns, *extra], schema=layout.schema())


def _misfit(fields: int, width: int, line: str, encoding: str) -> str:
    if _is_undecodable(line):
        return f"the line does not decode as {encoding}"
    return "" if fields == width else f"the line has {fields} fields, expected {width}"


def _is_undecodable(line: str) -> bool:
    return not line.isascii() and any("\udc80" <= c <= "\udcff" for c in line)


def _records(lines: Iterable[str], delimiter: str | None, width: int = 0) -> Iterator[Record]:
    """Yield the records of the lines that are not blank; a quoted field may go over several lines."""
    queue: deque[str] = deque()
    source = iter(lines)
    while (line := queue.popleft() if queue else next(source, None)) is not None:
        if line.isspace():
            continue
        if delimiter is None:
            yield line.split(), line, ""
        elif '"' not in line:
            yield line.rstrip("\r\n").split(delimiter), line, ""
        else:
            yield _quoted(line, delimiter, width, queue, source)


def _quoted(first: str, delimiter: str, width: int, queue: deque[str], source: Iterator[str]) -> Record:
    """Read a record with quotes; when no good record comes of it, give back all lines but the first."""
    alone = _parse([first], delimiter)
    if alone[1] != _UNCLOSED:
        return alone[0], first, alone[1]
    taken = [first]
    while len(taken) < LINES_PER_ROW and (line := queue.popleft() if queue else next(source, None)) is not None:
        taken.append(line)
        if '"' in line:
            fields, problem = _parse(taken, delimiter)
            if not problem and len(fields or ()) == (width or len(fields or ())):
                return fields, "".join(taken), ""
            if problem != _UNCLOSED:
                break
    queue.extendleft(reversed(taken[1:]))
    return None, first, _UNCLOSED


def _parse(lines: list[str], delimiter: str) -> tuple[Fields | None, str]:
    try:
        records = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return None, _UNCLOSED if "unexpected end" in str(error) else "a quote stands where none may be"
    return (records[0], "") if len(records) == 1 else (None, "a quote stands where none may be")
