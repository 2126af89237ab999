"""Text files, record by record: names of the columns, and the careful reading of files with broken lines.

The engine reads sound CSV files much faster. What it refuses comes here, where one broken line costs one row.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from valuekit.config import Source
from valuekit.errors import InputError
from valuekit.sources.files import encoding_of, opened_text

ROWS_PER_BATCH = 1_000
"""Small batches stay in the processor's cache: three times as fast as batches of 50,000."""

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


def header_of(layout: Layout) -> list[str]:
    """Return the names of the columns as they stand in the first line: some may stand there twice."""
    with opened_text(layout.path, layout.encoding) as text:
        return [name.strip() for name in next(_records(text, layout.delimiter))[0] or ()]


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
        records = islice(_records(text, layout.delimiter, len(layout.names)), int(layout.header), None)
        done = 0
        while chunk := list(islice(records, ROWS_PER_BATCH)):
            yield _batch(chunk, done + 1, layout)
            done += len(chunk)


def _batch(chunk: list[Record], first: int, layout: Layout) -> pa.RecordBatch:
    width = len(layout.names)
    # Most lines are sound: they are told apart without a function call.
    suspects = (i for i, (f, line, found) in enumerate(chunk) if found or len(f or ()) != width or not line.isascii())
    problems = {i: problem for i in suspects if (problem := _problem(chunk[i], width, layout.encoding))}
    nothing = [None] * width
    rows = (
        [nothing if i in problems else record[0] for i, record in enumerate(chunk)]
        if problems
        else [r[0] for r in chunk]
    )
    columns = [pa.array(c, pa.string()) for c in zip(*rows, strict=True)]
    lines = {i: chunk[i][1].rstrip("\n").encode("utf-8", "backslashreplace").decode() for i in problems}
    numbers = pa.array(np.arange(first, first + len(chunk)))
    return pa.record_batch(
        [*columns, numbers, _sparse(problems, len(chunk)), _sparse(lines, len(chunk))], schema=layout.schema()
    )


def _sparse(texts: dict[int, str], length: int) -> pa.Array:
    return pa.array([texts.get(i) for i in range(length)], pa.string()) if texts else pa.nulls(length, pa.string())


def _problem(record: Record, width: int, encoding: str) -> str:
    fields, line, found = record
    if found:
        return found
    if _is_undecodable(line):
        return f"the line does not decode as {encoding}"
    return "" if len(fields or ()) == width else f"the line has {len(fields or ())} fields, expected {width}"


def _is_undecodable(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:  # a lone surrogate stands for a byte that does not decode
        return True
    return False


def _records(lines: Iterable[str], delimiter: str | None, width: int = 0) -> Iterator[Record]:
    """Yield the records of the lines that are not blank; a quoted field may go over several lines."""
    queue: deque[str] = deque()
    source = iter(lines)
    while (line := queue.popleft() if queue else next(source, None)) is not None:
        if delimiter is None:
            if fields := line.split():
                yield fields, line, ""
        elif line.isspace():
            continue
        elif '"' not in line:
            yield line.rstrip("\n").split(delimiter), line, ""
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
