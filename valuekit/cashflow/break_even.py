"""Where the balance tips: the volume, the price and the support at which net cash is zero."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from math import inf
from typing import Any

from valuekit.calendar import FiscalCalendar
from valuekit.cashflow.fiscal import CALENDAR_MONTHS
from valuekit.cashflow.what_if import Capacity, WhatIf, ask_capacities
from valuekit.engine import Engine, Expression, parse_expression
from valuekit.errors import UnknownNameError
from valuekit.tables.published import CASH_LINES

PACKAGE, FILE = "valuekit.cashflow", "break_even.sql"

VARIABLE_LINES = ("revenue", "refunds", "cost_of_goods", "incentives")
"""Lines of a party that move with how much it buys; the others stay when it buys more of the same."""

PRICED_LINES = ("revenue", "refunds")
"""Lines that move with the price."""

REASONS = {
    "no_volume": "nothing moves with volume",
    "nothing_fixed": "nothing is fixed: the sign of net cash does not depend on volume",
    "always_positive": "it brings money at every volume",
    "every_unit_loses": "every unit loses money: more volume does not help",
    "capacity_costs_more": "more volume needs more capacity, which costs more than the volume brings",
    "no_revenue": "there is no revenue whose price could change",
    "pays_even_when_free": "it brings money even if everything were free",
    "no_minutes_kept": "support is not shared out by minutes",
    "loses_without_support": "it loses money even without a minute of support",
}
"""Why there is no point of balance, by word."""

_WITHOUT = {
    "no_volume": "no volume turns it, since nothing of it moves with volume",
    "nothing_fixed": "no volume turns it, since nothing that it costs is fixed",
    "always_positive": "it brings money at every volume",
    "every_unit_loses": "no volume turns it, since each unit costs more than it brings",
    "capacity_costs_more": "no volume turns it, since the capacity that it takes costs more than it brings",
    "no_revenue": "no price turns it, since it has no revenue",
    "pays_even_when_free": "it brings money even if everything were free",
    "no_minutes_kept": "support is not shared out by minutes, so no number of them can be named",
    "loses_without_support": "less support alone does not turn it, since it loses money even without a minute",
}
"""The same as a clause of `explain_break_even`."""

_CAPACITY = " The cost of capacity counts as fixed until the capacity is used up, and grows with volume from then on."

_EVEN = ("no_volume", "nothing_fixed")
_AT_EVERY_VOLUME = "no volume turns it: it brings money at all of them"


def find_break_even(
    engine: Engine,
    *,
    as_of: date,
    variable: Sequence[str] = VARIABLE_LINES,
    calendar: FiscalCalendar = CALENDAR_MONTHS,
) -> None:
    """Make `break_even`: for each party and for the enterprise, where net cash of the last 12 months would be zero.

    With N net cash, F its fixed part, N - F its variable part, P revenue and refunds, S minutes of support a month and
    r the cost of a minute:

    - volume m: m (N - F) + F = 0, so m = -F / (N - F), a multiple of today's volume.
    - price p: N + p P = 0, so p = -N / P, a change as a share of today's price, at the same volume.
    - minutes s: N - 12 (s - S) r = 0, so s = S + N / (12 r), a month.

    The variable part of a party are the lines `variable`; of the enterprise, all that parties carry, known or not, but
    for capacity: where time is kept against a practical capacity, the cost of the pool is fixed until the capacity is
    used up, month by month, and from then on grows with the minutes (`tipping_volume`). Fixed is also cost that is not
    shared out. r is the cost of agents' minutes in all pools of
    support that these drive, over all minutes of the year. Where there is no such point, it is missing and a word of
    `REASONS` says why.

    Reads: `cash`, `books` and `pool_months`, and what `compute` leaves of the allocation (`scale.SCRATCH`).

    Raises: `UnknownNameError` for a line that the statement does not have.
    """
    for line in variable:
        if line not in CASH_LINES:
            raise UnknownNameError("line of the statement", line, CASH_LINES)
    capacities = ask_capacities(engine, WhatIf(), as_of=as_of, calendar=calendar)
    since, slots = {"since": calendar.year_to(as_of)}, {"variable": _sum(variable), "priced": _sum(PRICED_LINES)}
    enterprise = engine.ask(PACKAGE, FILE, "_enterprise", since, **slots).to_pylist()[0]
    moves = float(enterprise["variable"])
    point = tipping_volume(moves, float(enterprise["net"]) - moves, capacities)
    found = {"volume": None, "reason": point} if isinstance(point, str) else {"volume": point, "reason": None}
    engine.run(PACKAGE, FILE, since | found, **slots)


def tipping_volume(variable: float, fixed: float, capacities: Sequence[Capacity] = ()) -> float | str:
    """Return the multiple m of the volume at which net cash is zero, the nearest to 1, or a word of `REASONS`.

    Net cash is m `variable` + `fixed` while no capacity is used up; `fixed` holds the cost of each of them. Beyond its
    `reached`, a capacity costs its cost x m / `reached`. In the order in which they are reached.

    >>> tipping_volume(80.0, -120.0), tipping_volume(80.0, -120.0, [Capacity(-50.0, -40.0, 1.25)])
    (1.5, 1.75)
    >>> tipping_volume(30.0, -120.0, [Capacity(-50.0, -40.0, 1.25)])
    'capacity_costs_more'
    """
    if not variable:
        return "no_volume"
    if not fixed:
        return "nothing_fixed"
    ends = [*(capacity.reached for capacity in capacities), inf]
    slope, rest, begin, points = variable, fixed, 0.0, []
    for number, end in enumerate(ends):
        if slope and begin < (point := -rest / slope) <= end:
            points.append(point)
        if number < len(capacities):
            slope += capacities[number].cost / end
            rest -= capacities[number].cost
        begin = end
    if points:
        return min(points, key=lambda point: abs(point - 1))
    if fixed > 0:
        return "always_positive"
    return "every_unit_loses" if variable < 0 else "capacity_costs_more"


def _sum(lines: Sequence[str]) -> Expression:
    names = [f"{line}_12m" for line in lines]
    return parse_expression(" + ".join(names) or "0", names)


def explain_break_even(point: Mapping[str, Any], *, name: str) -> str:
    """Say in words where the balance of a party, or of the enterprise, tips: a row of `break_even`.

    >>> explain_break_even(
    ...     {"net_cash_12m": -90, "volume": None, "volume_reason": "every_unit_loses", "price_change": 0.12,
    ...      "price_reason": None, "minutes_a_month": 50, "minutes_at_zero": 12, "minutes_reason": None},
    ...     name="Acme")  # doctest: +NORMALIZE_WHITESPACE
    'Acme turns positive at 12% higher prices, or with 38 fewer support minutes a month. No volume turns it, since each
    unit costs more than it brings.'
    """
    net = Decimal(str(point["net_cash_12m"]))
    if not net:
        return f"{name} neither brings nor costs money: it stands at its balance."
    told = [_price(point), _volume(point), _minutes(point)]
    found = [words for words, holds in told if holds]
    others = "".join(f" {words[:1].upper()}{words[1:]}." for words, holds in told if not holds and words)
    if float(point.get("capacity_12m") or 0) < 0:
        others += _CAPACITY
    verb = "stays positive" if net > 0 else "turns positive"
    if not found:
        return f"{name} {'brings' if net > 0 else 'loses'} money, and nothing alone tips it.{others}"
    listed = found[0] if len(found) == 1 else f"{', '.join(found[:-1])}, or {found[-1]}"
    return f"{name} {verb} {listed}.{others}"


Told = tuple[str, bool]
"""Words for a point of balance, or, with False, for why there is none."""


def _price(point: Mapping[str, Any]) -> Told:
    if reason := _reason(point, "price"):
        return _WITHOUT[reason], False
    change = float(point["price_change"])
    if change > 0:
        return f"at {_more(change, 'higher prices', 'the prices')}", True
    return f"until prices fall by {_percent(-change)}", True


def _volume(point: Mapping[str, Any]) -> Told:
    positive = Decimal(str(point["net_cash_12m"])) > 0
    if reason := _reason(point, "volume"):
        return _AT_EVERY_VOLUME if positive and reason in _EVEN else _WITHOUT[reason], False
    change = float(point["volume"]) - 1
    if positive:
        return f"until volume {'grows' if change > 0 else 'falls'} by {_percent(abs(change))}", True
    if change > 0:
        return f"at {_more(change, 'more volume', 'the volume')}", True
    return f"at {_percent(-change)} less volume", True


def _minutes(point: Mapping[str, Any]) -> Told:
    if reason := _reason(point, "minutes"):
        return _WITHOUT[reason], False
    change = float(point["minutes_at_zero"]) - float(point["minutes_a_month"])
    if change > 0:
        return f"until it needs {_count(change)} more support minutes a month", True
    return f"with {_count(-change)} fewer support minutes a month", True


def _reason(point: Mapping[str, Any], kind: str) -> str:
    reason = point[f"{kind}_reason"]
    return reason if isinstance(reason, str) else ""


def _more(change: float, more: str, of: str) -> str:
    return f"{_percent(change)} {more}" if change < 1 else f"{1 + change:,.1f} times {of}"


def _percent(share: float) -> str:
    if share < 0.0005:
        return "less than 0.1%"
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"


def _count(minutes: float) -> str:
    return f"{minutes:,.0f}" if minutes >= 10 else f"{minutes:.1f}"
