"""Charts stay small, keep their sums, and tell a month that is still running from one that is over."""

import pandas as pd
import pytest

from valuekit.dashboard import charts, theme, words
from valuekit.dashboard.charts import bridges, months, ranges, upset
from valuekit.dashboard.pages.customers.overlap import REST, SHOWN, _columns
from valuekit.dashboard.pages.customers.view import month_name


def steps(*amounts: int) -> pd.DataFrame:
    """A bridge from the first amount over the others to what they sum to."""
    whole = [*amounts, sum(amounts)]
    return pd.DataFrame({"amount": whole, "total": [True, *[False] * (len(amounts) - 1), True]}).astype(
        {"amount": float}
    )


@pytest.mark.parametrize(
    ("amounts", "floor"),
    [((1000, -10, 5), 980), ((100, -60, 20), 0), ((100,), 0), ((0, 5), 0), ((5, -5), 0)],
)
def test_small_steps_between_large_totals_are_drawn_from_near_them(amounts: tuple[int, ...], floor: float) -> None:
    assert bridges.begins_at(steps(*amounts)) == floor


def test_the_bars_of_a_bridge_hang_together() -> None:
    start, end = bridges._spans(steps(100, -30, 50))
    assert list(zip(start, end, strict=True)) == [(0, 100), (100, 70), (70, 120), (0, 120)]


def test_the_overlap_has_a_bounded_number_of_columns_and_loses_nobody() -> None:
    found = pd.DataFrame({"pattern": range(1, 64), "parties": range(63, 0, -1)})
    bits = {f"d{i}": 1 << i for i in range(6)}
    frame = _columns(found, bits, {k: k for k in bits}, list(bits))
    assert len(frame) == SHOWN + 1
    assert frame["key"].iloc[-1] == REST
    assert frame["parties"].sum() == found["parties"].sum()


def test_a_list_with_a_quote_in_its_name_can_be_drawn() -> None:
    frame = pd.DataFrame({"key": ["1"], "parties": [3], "bits": [("Team's",)], "label": ["Only Team's"]})
    drawn = upset.upset(frame, pd.DataFrame({"name": ["Team's"], "parties": [3]})).to_json()
    assert "Team\\\\'s" in drawn


def test_a_month_still_running_is_pale_and_hollow() -> None:
    month = pd.DataFrame({"as_of": pd.to_datetime(["2026-06-15"]), "complete": [False], "key": ["new"], "amount": [1]})
    bars = months.stacked(month, theme.MOVEMENTS, words.MOVEMENTS, unit="Parties").to_dict()["layer"][0]
    assert bars["encoding"]["opacity"]["condition"]["test"] == "datum.complete"
    assert bars["encoding"]["opacity"]["value"] < 1
    lines = months.rates(month.assign(rate=0.1, text="1 of 10"), theme.MOVEMENTS, words.MOVEMENTS).to_dict()["layer"]
    assert [layer["mark"].get("filled") for layer in lines] == [None, True, False]


def test_a_month_still_running_says_so() -> None:
    day = pd.Timestamp("2026-06-15").date()
    assert month_name(day, {day: False}) == "15 June 2026 (still running)"


INTERVALS = pd.DataFrame({"group": ["Top", "Low"], "ltv": [9.0, 1.0], "low": [7.0, 0.0], "high": [12.0, 3.0]})


def test_names_on_an_axis_stand_at_their_row() -> None:
    drawn = charts.dressed(ranges.values(INTERVALS, "group", "EUR", 80)).to_dict()
    assert drawn["config"]["axis"]["labelFlush"] is False
    assert "labelFlush" not in str(drawn["layer"])


@pytest.mark.parametrize("base", ["light", "dark"])
def test_values_and_intervals_have_the_colours_of_the_theme(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "base", lambda: base)
    lines, dots, _ = ranges.values(INTERVALS, "group", "EUR", 80).to_dict()["layer"]
    bars, ticks = ranges.fan(INTERVALS.rename(columns={"group": "level"}), "EUR").to_dict()["layer"]
    for span, value in ((lines, dots), (bars, ticks)):
        assert (span["mark"]["color"], span["mark"]["opacity"]) == (theme.SPAN[base], 1)
        assert value["mark"]["color"] == theme.INK[base]
