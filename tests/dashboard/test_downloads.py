"""Files are what is on the screen, and safe to open in a spreadsheet."""

import io

import pandas as pd
import pytest

from valuekit.dashboard import downloads
from valuekit.dashboard.parts import Column

COLUMNS = [Column("name", "Customer"), Column("value", "Lifetime value, EUR", "money")]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-2+3", "@SUM(A1)", "\tx"])
def test_text_that_a_spreadsheet_would_run_is_quoted(name: str) -> None:
    text = downloads.csv(pd.DataFrame({"name": [name], "value": [1.0]}), COLUMNS).decode("utf-8-sig")
    assert text.splitlines()[1].lstrip('"').startswith("'")


def test_numbers_stay_numbers_and_headers_are_the_screen_s() -> None:
    text = downloads.csv(pd.DataFrame({"value": [-12.5], "name": ["Ökö"]}), COLUMNS).decode("utf-8-sig")
    assert text.splitlines() == ['Customer,"Lifetime value, EUR"', "Ökö,-12.5"]


def test_missing_values_are_empty_cells() -> None:
    frame = pd.DataFrame({"name": [None], "value": [float("nan")]})
    assert downloads.csv(frame, COLUMNS).decode("utf-8-sig").splitlines()[1] == ","


def test_parquet_holds_the_same_rows() -> None:
    frame = pd.DataFrame({"name": ["a"], "value": [1.5], "more": [0]})
    assert pd.read_parquet(io.BytesIO(downloads.parquet(frame, COLUMNS))).to_dict("list") == {
        "name": ["a"],
        "value": [1.5],
    }
