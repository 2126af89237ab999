"""Text files: separators, names, encodings, quotes, and the lines between broken ones."""

from pathlib import Path

import pyarrow as pa
import pytest

from valuekit.config import Source
from valuekit.sources.text import detect_delimiter, layout_of, read_rows, unique_names


def rows_of(tmp_path: Path, content: str | bytes, **settings: object) -> list[dict[str, object]]:
    path = tmp_path / "orders.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    source = Source(table="orders", system="shop", file="orders.csv", **settings)
    layout = layout_of(source, path, blanks=source.format == "whitespace")
    return pa.Table.from_batches(read_rows(layout), layout.schema()).to_pylist()


def good(rows: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return [tuple(row.values())[:-2] for row in rows if row["_problem"] is None]


def problems(rows: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(row["_row"], row["_problem"]) for row in rows if row["_problem"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_separator_is_found_in_the_head(delimiter):
    lines = [delimiter.join(line) for line in (["id", "amount"], ["1", "2.50"], ["2", "3.00"])]
    assert detect_delimiter(lines) == delimiter


def test_a_decimal_comma_does_not_look_like_a_separator():
    assert detect_delimiter(["id;day;amount", "1;31.01.2024;12,50", "2;31.01.2024;3,00"]) == ";"


def test_a_file_of_one_column_has_the_comma_as_separator():
    assert detect_delimiter(["id", "1", "2"]) == ","


def test_two_columns_of_one_name_stay_apart():
    assert unique_names(["id", "ID", "amount", "id", "_row"]) == ["id", "ID_2", "amount", "id_3", "_row_2"]


def test_quoted_fields_hold_separators_quotes_and_line_ends(tmp_path):
    rows = rows_of(tmp_path, 'a,b\n1,"x, y"\n2,"say ""hi"""\n3,"two\n\nlines"\n4,z\n')
    assert good(rows) == [("1", "x, y", 1), ("2", 'say "hi"', 2), ("3", "two\n\nlines", 3), ("4", "z", 4)]


def test_after_a_quote_that_never_closes_reading_goes_on_with_the_next_line(tmp_path):
    rows = rows_of(tmp_path, 'a,b\n1,x\n2,"y\n3,z\n4,"w"\n5,v\n')
    assert problems(rows) == [(2, "a quote is opened and not closed")]
    assert good(rows) == [("1", "x", 1), ("3", "z", 3), ("4", "w", 4), ("5", "v", 5)]


def test_a_quote_that_closes_by_chance_many_lines_later_swallows_no_line(tmp_path):
    rows = rows_of(tmp_path, 'a,b\n1,"x\n2,y\n3,"z"\n')
    assert problems(rows) == [(1, "a quote is opened and not closed")]
    assert good(rows) == [("2", "y", 2), ("3", "z", 3)]


def test_blank_lines_are_no_rows(tmp_path):
    assert good(rows_of(tmp_path, "\na,b\n\n1,x\n   \n2,y\n\n")) == [("1", "x", 1), ("2", "y", 2)]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_will_do(tmp_path, line_end):
    assert good(rows_of(tmp_path, line_end.join(["a,b", "1,x", "2,y"]))) == [("1", "x", 1), ("2", "y", 2)]


@pytest.mark.parametrize(
    ("written", "configured"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-8"), ("utf-16", "utf-16"), ("latin-1", "latin-1")],
)
def test_the_mark_at_the_start_of_a_file_goes_before_the_configured_encoding(tmp_path, written, configured):
    rows = rows_of(tmp_path, "näme,b\nZoë,1\n".encode(written), encoding=configured)
    assert rows[0]["näme"] == "Zoë"


def test_a_file_without_header_has_numbered_or_given_names(tmp_path):
    assert list(rows_of(tmp_path, "1,x\n", header=False)[0])[:2] == ["column_1", "column_2"]
    assert list(rows_of(tmp_path, "1,x\n", header=["id", "name"])[0])[:2] == ["id", "name"]


def test_blanks_part_the_fields_of_a_fixed_layout(tmp_path):
    rows = rows_of(
        tmp_path, " id   day  amount\r\n 00001 19970101  1.50\r\n 00002 19970102 22.00\r\n", format="whitespace"
    )
    assert good(rows) == [("00001", "19970101", "1.50", 1), ("00002", "19970102", "22.00", 2)]


def test_a_broken_line_is_kept_as_it_stood(tmp_path):
    rows = rows_of(tmp_path, b"a,b\n1,x\xff\n")
    assert rows == [
        {"a": None, "b": None, "_row": 1, "_problem": "the line does not decode as utf-8", "_line": "1,x\\udcff"}
    ]
