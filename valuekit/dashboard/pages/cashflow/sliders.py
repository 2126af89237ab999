"""The sliders of what if: price and volume of the company, minutes and rates of its pools, how capacity is bought."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from valuekit.cashflow.what_if import WhatIf
from valuekit.dashboard import words
from valuekit.dashboard.data import each
from valuekit.dashboard.run import Run

Shares = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Changes:
    """Where the sliders stand, so that an answer can be kept by it."""

    price: float
    volume: float
    step: float
    minutes: Shares
    rates: Shares

    @property
    def any(self) -> bool:
        """Whether one of them is off its zero; the step alone changes nothing."""
        return bool(self.price or self.volume or self.minutes or self.rates)

    def what_if(self) -> WhatIf:
        """Return them as the change that they mean."""
        return WhatIf(self.price, self.volume, dict(self.minutes), dict(self.rates), self.step)


def ask(run: Run, pools: pd.DataFrame) -> Changes:
    """Draw the sliders for the company and for its `pools` (rows of the step `pools`); return where they stand."""
    with st.container(border=True):
        left, middle, right = st.columns(3, gap="large")
        price = _slider(left, "Price", "price", "Of what customers pay: revenue and refunds")
        volume = _slider(middle, "Volume", "volume", "Of all that customers buy, and of the work that it makes")
        step = _percent(
            right.slider(
                "Capacity is bought in steps of", 1, 100, 10, format="%d%%", key="step", bind="query-params",
                help="An assumption: the share of today's capacity that is bought at once when it is used up",
            )
        )  # fmt: skip
        timed = pools["has_capacity"].astype(bool)
        moved = [_pool(run, pool) for pool in each(pools[timed])]
        rest = pools[~timed]
        if len(rest):
            with st.expander("Pools without a capacity"):
                moved += [_pool(run, pool) for pool in each(rest)]
        st.button("Back to no change", key="reset", on_click=_reset, icon=":material/undo:")
    return Changes(price, volume, step, _moved((p, m) for p, m, _ in moved), _moved((p, r) for p, _, r in moved))


def _pool(run: Run, pool: Any) -> tuple[str, float, float]:
    """Draw the sliders of one pool; return its name, the change of its minutes or units, and of its rate."""
    name, minutes, rate = st.columns(3, gap="large", vertical_alignment="center")
    name.markdown(f"**{words.human(pool.pool)}**  \n{run.money(pool.cost)}", width="content")
    unit = "Minutes" if pool.in_minutes else "Units"
    meaning = "Minutes that each activity takes" if pool.in_minutes else "What customers use of it, beside the volume"
    grown = _slider(minutes, unit, f"minutes_{pool.pool}", meaning) if pool.is_carried else 0.0
    what = "What a minute of its capacity costs" if pool.in_minutes else "What a unit of it costs"
    return str(pool.pool), grown, _slider(rate, "Rate", f"rate_{pool.pool}", what)


def _slider(place: Any, label: str, key: str, meaning: str) -> float:
    return _percent(
        place.slider(label, -50, 100, 0, format="%+d%%", key=key, bind="query-params", help=meaning)
    )  # fmt: skip


def _percent(number: Any) -> float:
    return round(int(number) / 100, 2)


def _moved(changes: Iterable[tuple[str, float]]) -> Shares:
    return tuple((pool, change) for pool, change in changes if change)


def _reset() -> None:
    for key in st.session_state:
        name = str(key)
        if name in ("price", "volume") or name.startswith(("minutes_", "rate_")):
            st.session_state[key] = 0
