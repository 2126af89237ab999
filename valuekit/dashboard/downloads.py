"""Downloads: what is on the screen as a file that a spreadsheet opens safely. Made when asked for, not before."""

import csv as csv_writer
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pandas as pd
import streamlit as st

from valuekit.dashboard.parts import Column
from valuekit.exports.definition_document.export import Format, export_definitions
from valuekit.exports.files import neutralise
from valuekit.exports.statement import statement_workbook
from valuekit.snapshot import Snapshot


def button(label: str, content: Callable[[], bytes], name: str, *, key: str) -> None:
    """Offer a file; its content is made when the button is pressed."""
    st.download_button(
        label, content, file_name=name, key=f"download_{key}", icon=":material/download:", on_click="ignore"
    )


def csv(frame: pd.DataFrame, columns: Iterable[Column]) -> bytes:
    """Write a table as CSV with the labels of the screen; text that a spreadsheet would run is quoted.

    >>> columns = [Column("n", "Name"), Column("x", "Value")]
    >>> csv(pd.DataFrame({"n": ["=1+1"], "x": [-1.5]}), columns)[3:].decode().split()
    ['Name,Value', "'=1+1,-1.5"]
    """
    columns = list(columns)
    text = io.StringIO()
    writer = csv_writer.writer(text, lineterminator="\r\n")
    writer.writerow([c.label for c in columns])
    chosen = frame[[c.source for c in columns]]
    writer.writerows([_safe(v) for v in row] for row in chosen.itertuples(index=False))
    return b"\xef\xbb\xbf" + text.getvalue().encode()  # the mark tells Excel that the text is UTF-8


def parquet(frame: pd.DataFrame, columns: Iterable[Column]) -> bytes:
    """Write a table as Parquet, with the names of the columns as published."""
    file = io.BytesIO()
    frame[[c.source for c in columns]].to_parquet(file, index=False)
    return file.getvalue()


def definitions(snapshot: Snapshot, kind: Format) -> bytes:
    """Write the definition document: as Markdown (md), as a page to print (html), or as a workbook (xlsx)."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"definitions.{kind}"
        export_definitions(snapshot, file, kind)
        return file.read_bytes()


def statement(snapshot: Snapshot, view: Literal["cash", "invoiced"]) -> bytes:
    """Write the statement by month as a workbook whose sums are live: what was paid, or what was invoiced."""
    return statement_workbook(snapshot, view=view)


def _safe(value: object) -> object:
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, str):
        return neutralise(value)
    return "" if pd.isna(value) else value  # type: ignore[call-overload]
