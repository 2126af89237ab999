"""The parts that pages are made of: what they write for wide and for narrow screens."""

from pathlib import Path

import pandas as pd
import pytest

from valuekit.dashboard import parts, words
from valuekit.dashboard.charts import bars, months


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect what is written as HTML."""
    written: list[str] = []
    monkeypatch.setattr(parts.st, "html", written.append)
    return written


def test_a_table_of_sentences_can_become_blocks_whose_cells_know_their_header(said: list[str]) -> None:
    parts.listing(["Team", "Parties", "Why"], [("Sales", "5", "A few words")], numbers=(1,))
    parts.listing(["Team", "Parties", "Why"], [("Sales", "5", "x" * 41)], numbers=(1,))
    assert ['class="vk blocks"' in table for table in said] == [False, True]
    assert '<td class="n" data-label="Parties">' in said[1]


def test_a_table_of_many_numbers_can_become_blocks_too(said: list[str]) -> None:
    parts.listing(["Group", "Low end", "High end"], [("Top", "1", "2")], numbers=(1, 2), stacked=True)
    assert 'class="vk blocks"' in said[0]


def test_the_style_has_nothing_that_a_sanitiser_takes_for_a_tag() -> None:
    assert "<" not in Path(parts.__file__).with_name("static").joinpath("style.css").read_text("utf-8")


def test_what_is_typed_as_it_is_stands_apart(said: list[str]) -> None:
    parts.note("Say in `lifecycle.statuses` what <they> mean")
    assert "<code>lifecycle.statuses</code> what &lt;they&gt;" in said[0]


def test_legends_wrap_and_numbers_beside_bars_have_room() -> None:
    counted = pd.DataFrame({"name": ["Sales"], "key": ["team"], "amount": [5]})
    bar = bars.counts(counted, {}, unit="Parties").to_dict()["layer"][0]["encoding"]["x"]
    assert bar["scale"]["range"] == [0, {"expr": "width - (56)"}]
    month = pd.DataFrame({"as_of": [pd.Timestamp("2026-06-30")], "complete": [True], "key": ["new"], "amount": [5]})
    picture = months.stacked(month, {}, {"new": "New"}, unit="Parties").to_dict()
    assert "width" in picture["layer"][0]["encoding"]["color"]["legend"]["columns"]["expr"]


def test_a_share_is_the_same_in_a_table_and_in_text(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[pd.DataFrame] = []
    monkeypatch.setattr(parts.st, "dataframe", lambda frame, **_: shown.append(frame))
    frame = pd.DataFrame({"p_alive": [0.94783, 0.94749, None], "ltv": [1.23456, 2.0, 3.0]})
    parts.table(frame, [parts.Column("p_alive", "", "share"), parts.Column("ltv", "", "money")], alt_text="")
    cut_off = [int(share * 1000) / 10 for share in shown[0]["p_alive"][:2]]  # as the browser does
    assert [f"{share}%" for share in cut_off] == [words.percent(share) for share in frame["p_alive"][:2]]
    assert shown[0]["ltv"].tolist() == frame["ltv"].tolist()
