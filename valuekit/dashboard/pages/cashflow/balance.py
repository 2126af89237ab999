"""Where the balance tips, in words: the volume, the price and the minutes of support at which net cash is zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from valuekit.cashflow.break_even import PRICED_LINES, REASONS, tipping_volume
from valuekit.cashflow.what_if import Capacity
from valuekit.dashboard import words

NAMES = ("Volume", "Price", "Minutes of support a month")


@dataclass(frozen=True)
class Balance:
    """Points of balance: each a number, or the word of `REASONS` that says why there is none."""

    volume: float | str
    price: float | str
    minutes: float | str
    minutes_now: float


def published(one: Any) -> Balance:
    """Return what the run published: a row of `break_even`."""
    return Balance(
        _point(one.volume, one.volume_reason),
        _point(one.price_change, one.price_reason),
        _point(one.minutes_at_zero, one.minutes_reason),
        _number(one.minutes_a_month),
    )


def _point(number: Any, reason: Any) -> float | str:
    return str(reason) if isinstance(reason, str) else float(number)


def moved(one: Any, books: pd.DataFrame, capacities: Sequence[Capacity]) -> Balance:
    """Return the points after a change, by the formulas of `find_break_even`.

    `one` is the published row of the enterprise, `books` and `capacities` what `ask_books` and `ask_capacities` say of
    the change. A minute of support costs what the cost of its pools and the minutes of activities have become.
    """
    then = {name: float(books[f"{name}_then"].sum()) for name in ("attributed", "unattributed", "ledger")}
    carried = then["attributed"] + then["unattributed"] - sum(capacity.used_cost for capacity in capacities)
    net = then["ledger"] - float(books["eliminated"].sum())
    priced = books[books["line"].isin(PRICED_LINES)]
    money = float((priced["ledger_then"] - priced["eliminated"]).sum())
    support = books[(books["line"] == "support") & books["used_minutes"].gt(0)]
    minutes = _grown(support["used_minutes"], support["used_minutes_then"])
    cost = _grown(support["attributed"], support["attributed_then"])
    now, rate = _number(one.minutes_a_month) * minutes, _number(one.minute_rate) * (cost / minutes if minutes else 0)
    return Balance(
        tipping_volume(carried, net - carried, capacities), _price(net, money), _minutes(net, now, rate), now
    )


def _grown(before: pd.Series, after: pd.Series) -> float:
    return float(after.sum() / before.sum()) if before.sum() else 1.0


def _price(net: float, priced: float) -> float | str:
    if priced <= 0:
        return "no_revenue"
    return "pays_even_when_free" if net > priced else -net / priced


def _minutes(net: float, minutes: float, rate: float) -> float | str:
    if rate <= 0:
        return "no_minutes_kept"
    at_zero = minutes + net / 12 / rate
    return "loses_without_support" if at_zero < 0 else at_zero


def _number(value: Any) -> float:
    return 0.0 if pd.isna(value) else float(value)


def told(found: Balance) -> tuple[str, str, str]:
    """Write the three points.

    >>> told(Balance(0.25, -0.1, "no_minutes_kept", 0.0))
    ('0.25 times the volume', '10.0% lower prices', 'Not defined: support is not shared out by minutes')
    """
    return (
        _why(found.volume) or f"{found.volume:,.2f} times the volume",
        _why(found.price) or f"{abs(float(found.price)):.1%} {'lower' if float(found.price) < 0 else 'higher'} prices",
        _why(found.minutes) or f"{found.minutes:,.1f} minutes, where there are {found.minutes_now:,.1f}",
    )


def _why(point: float | str) -> str:
    return f"Not defined: {REASONS.get(point, words.human(point).lower())}" if isinstance(point, str) else ""
