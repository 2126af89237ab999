"""What if prices, volumes, minutes or rates were others: net cash by party and in all, at once, from published sums."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pyarrow as pa

from valuekit.calendar import FiscalCalendar
from valuekit.cashflow.break_even import PRICED_LINES, VARIABLE_LINES
from valuekit.cashflow.fiscal import CALENDAR_MONTHS
from valuekit.engine import Engine, Expression, parse_expression
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.tables.published import CASH_LINES, MARKETING_LINES

PACKAGE, FILE = "valuekit.cashflow", "what_if.sql"

COST_LINES = tuple(line for line in CASH_LINES if line not in PRICED_LINES)
"""Lines whose rate can change."""

_SIX_PLACES = Decimal("0.000001")


@dataclass(frozen=True)
class WhatIf:
    """Changes, each a share of what is today: 0.1 is 10% more, -1 is nothing left.

    >>> WhatIf(price=0.1, volume=0.5, rates={"support": -0.2}).factors()["revenue"]
    Decimal('1.650000')
    """

    price: float = 0.0
    """Of what customers pay: revenue and refunds."""
    volume: float = 0.0
    """Of what customers buy: revenue, refunds, cost of goods and incentives."""
    minutes: float = 0.0
    """Of the support that customers need."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """Of what a unit costs, by line of cost (`COST_LINES`)."""

    def factors(self) -> dict[str, Decimal]:
        """Return what each line of the statement is multiplied by, to six places.

        Raises: `UnknownNameError` for a rate of a line that is no cost; `ConfigError` for a change below -1.
        """
        for line in self.rates:
            if line not in COST_LINES:
                raise UnknownNameError("line of cost", line, COST_LINES, where="rates")
        changes = {"price": self.price, "volume": self.volume, "minutes": self.minutes, **self.rates}
        for name, change in changes.items():
            if not change >= -1:
                raise ConfigError(f"{change} is no change: expected -1 or more.", where=name)
        return {line: self._factor(line) for line in CASH_LINES}

    def _factor(self, line: str) -> Decimal:
        changes = [self.rates.get(line, 0.0)]
        changes += [self.price] if line in PRICED_LINES else []
        changes += [self.volume] if line in VARIABLE_LINES else []
        changes += [self.minutes] if line == "support" else []
        factor = Decimal(1)
        for change in changes:
            factor *= 1 + Decimal(str(change))
        return factor.quantize(_SIX_PLACES)


def ask_parties(engine: Engine, change: WhatIf, *, cash: str = "cash", suffix: str = "_12m") -> pa.Table:
    """Return net cash by party, now and then.

    Reads: the table or view `cash`, one row per party, with the lines of the statement, each with the `suffix`: `_12m`,
    or empty for all months. Each line is multiplied by its factor; exact to the ten-thousandth, and without a change
    the same as published.

    Returns: `party_id`, `net_cash` and `net_cash_then`, ordered by party.
    """
    return engine.ask(PACKAGE, FILE, "parties", cash=cash, now=f"net_cash{suffix}", changed=_changed(change, suffix))


def ask_company(
    engine: Engine, change: WhatIf, *, cash: str = "cash", suffix: str = "_12m"
) -> dict[str, int | Decimal]:
    """Return net cash of all parties together, now and then, and how many change sides.

    Reads as `ask_parties`. What no party carries, such as unused capacity, is no part of it.

    Returns: `parties`, `net_cash`, `net_cash_then`, `positive`, `positive_then`, `tipped_up` and `tipped_down`.
    """
    row: dict[str, int | Decimal] = engine.ask(
        PACKAGE, FILE, "company", cash=cash, now=f"net_cash{suffix}", changed=_changed(change, suffix)
    ).to_pylist()[0]
    return row


def rates_of_pools(
    engine: Engine, pools: Mapping[str, float], *, as_of: date, calendar: FiscalCalendar = CALENDAR_MONTHS
) -> dict[str, float]:
    """Turn changes of pools' rates into changes of the lines that they are part of, for `WhatIf.rates`.

    Reads `books`: a pool counts by what parties carried of it in the last 12 months. In all this is exact; for a party
    it is where a line has one pool, or the party uses its pools as the others do.

    Raises: `UnknownNameError` for a pool that is not in the books.
    """
    known = [row[0] for row in engine.rows("SELECT DISTINCT pool FROM books ORDER BY pool")]
    for pool in pools:
        if pool not in known:
            raise UnknownNameError("pool", pool, known)
    changes = [Decimal(str(change)).quantize(_SIX_PLACES) for change in pools.values()]
    engine.put("what_if_pools", pa.table(
        {"pool": pa.array(pools, pa.string()), "change": pa.array(changes, pa.decimal128(12, 6))}
    ))  # fmt: skip
    found = engine.ask(PACKAGE, FILE, "line_rates", {"since": calendar.year_to(as_of)}).to_pylist()
    engine.drop("what_if_pools")
    by_line = {row["line"]: row["change"] for row in found}
    marketing = by_line.pop("marketing", 0.0)
    return {line: change for line, change in (by_line | dict.fromkeys(MARKETING_LINES, marketing)).items() if change}


def _changed(change: WhatIf, suffix: str) -> Expression:
    names = [f"{line}{suffix}" for line in CASH_LINES]
    terms = [f"{name} * {factor}" for name, factor in zip(names, change.factors().values(), strict=True)]
    return parse_expression(" + ".join(terms), names)
