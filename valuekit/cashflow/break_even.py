"""Where the balance tips: the volume, the price and the support at which net cash is zero."""

from collections.abc import Sequence
from datetime import date

from valuekit.calendar import FiscalCalendar
from valuekit.cashflow.fiscal import CALENDAR_MONTHS
from valuekit.engine import Engine, Expression, parse_expression
from valuekit.errors import UnknownNameError
from valuekit.tables.published import CASH_LINES

PACKAGE = "valuekit.cashflow"

VARIABLE_LINES = ("revenue", "refunds", "cost_of_goods", "incentives")
"""Lines of a party that move with how much it buys; the others stay when it buys more of the same."""

PRICED_LINES = ("revenue", "refunds")
"""Lines that move with the price."""

REASONS = {
    "no_volume": "nothing moves with volume",
    "nothing_fixed": "nothing is fixed: the sign of net cash does not depend on volume",
    "always_positive": "it brings money at every volume",
    "every_unit_loses": "every unit loses money: more volume does not help",
    "no_revenue": "there is no revenue whose price could change",
    "pays_even_when_free": "it brings money even if everything were free",
    "no_minutes_kept": "support is not shared out by minutes",
    "loses_without_support": "it loses money even without a minute of support",
}
"""Why there is no point of balance, by word."""


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

    The variable part of a party are the lines `variable`; of the enterprise, all that parties carry, known or not: its
    fixed part is cost that is not shared out, and unused capacity. r is the cost of agents' minutes in all pools of
    support that these drive, over all minutes of the year. Where there is no such point, it is missing and a word of
    `REASONS` says why.

    Reads: `cash` and `books`, and what `compute` leaves of the allocation (`scale.SCRATCH`).

    Raises: `UnknownNameError` for a line that the statement does not have.
    """
    for line in variable:
        if line not in CASH_LINES:
            raise UnknownNameError("line of the statement", line, CASH_LINES)
    since = {"since": calendar.year_to(as_of)}
    engine.run(PACKAGE, "break_even.sql", since, variable=_sum(variable), priced=_sum(PRICED_LINES))


def _sum(lines: Sequence[str]) -> Expression:
    names = [f"{line}_12m" for line in lines]
    return parse_expression(" + ".join(names) or "0", names)
