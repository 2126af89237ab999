"""The scale effect: a customer whose volume lowers everybody's unit cost is worth more than its own statement says."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from valuekit.calendar import FiscalCalendar
from valuekit.cashflow.drivers import IN_MINUTES
from valuekit.cashflow.fiscal import CALENDAR_MONTHS
from valuekit.cashflow.unit_costs import HIGHEST, REASONS, Curve, fit_curve
from valuekit.engine import Engine
from valuekit.errors import ConfigError
from valuekit.money import show

PACKAGE = "valuekit.cashflow"
FILE = "scale.sql"

SCRATCH = ("scale_pools", "scale_units", "scale_parties", "scale_months")
"""What `measure_scale` and `share_scale` read of the allocation, beside what is published."""

PARTS_OF_A_UNIT = dict.fromkeys(IN_MINUTES, 100.0) | {"revenue": 10_000.0, "direct_cost": 10_000.0}
"""Units are whole numbers in the allocation: hundredths of a minute, hundredths of a cent."""

_TOLD = 2
"""Pools that a sentence names at most."""

_FITS = pa.schema(
    [
        ("function", pa.string()),
        ("pool", pa.string()),
        ("driver", pa.string()),
        ("basis", pa.string()),
        ("reason", pa.string()),
        ("elasticity", pa.float64()),
        ("estimate", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("months", pa.int64()),
        ("parts_of_a_unit", pa.float64()),
    ]
)


def begin(engine: Engine) -> None:
    """Make the empty tables that `remember` fills."""
    engine.execute("""CREATE OR REPLACE TABLE scale_pools (function VARCHAR, pool VARCHAR, month DATE, driver VARCHAR,
        work VARCHAR, cost DECIMAL(18,4), units HUGEINT)""")
    engine.execute("""CREATE OR REPLACE TABLE scale_units (driver VARCHAR, work VARCHAR, month DATE, n BIGINT,
        units HUGEINT)""")


def remember(engine: Engine, since: date) -> None:
    """Keep what the allocation of some months knew: cost and units of each pool, and who used them since a day.

    Reads `cashflow_pools` and `cashflow_units`, which make way for those of the next months. The cost of a pool is what
    was shared out: the capacity that nobody used is no part of the unit cost that parties pay.
    """
    engine.execute("""INSERT INTO scale_pools
        SELECT function, pool, month, driver, work, CAST(-sign * cents AS DECIMAL(20, 0)) * 0.01, total
        FROM cashflow_pools WHERE driver <> 'none' AND total > 0""")
    engine.execute(
        "INSERT INTO scale_units SELECT driver, work, month, n, units FROM cashflow_units WHERE month >= $since",
        {"since": since},
    )


def measure_scale(
    engine: Engine,
    *,
    as_of: date,
    elasticities: Mapping[str, float] | None = None,
    calendar: FiscalCalendar = CALENDAR_MONTHS,
) -> None:
    """Make `scale_curves` and `scale_effects`: each party's margin of the last 12 months, alone and with scale.

    The cost of a pool in a month is C(V) = a V^b of the units V of its driver, through the month's own cost. The
    elasticity b is the given one (`elasticities`, by pool) or estimated from the pool's months (`fit_curve`); where
    neither says that unit cost depends on volume, there is no effect.

    - standalone = net cash as stated: every unit at the average cost AC(V) = C(V) / V.
    - scale credit of a party that used v = (AC(V - v) - AC(V)) (V - v): what all others would pay more without it.
    - with scale = standalone + credit: its cost is then what it adds, C(V) - C(V - v).
    - residual, a line of the company: the credits taken together are more than the effect, because each party is
      measured as if it came last. Sum of margins with scale + residual (negative) = sum of standalone margins.

    Reads: `cash`, and `scale_pools`, `scale_units` and `scale_parties`, which `compute` leaves: cost by pool and month;
    units by driver, month and party; parties by number.

    A pool that is named but not there has a curve with the reason `not_shared_out`.

    Raises: `ConfigError` for an elasticity that is not between 0 and 2.

    Reference: Shapley and Shubik (1969), On the core of an economic system with externalities (marginal contributions);
    Moulin (2002), Axiomatic cost and surplus sharing, Handbook of Social Choice and Welfare.
    """
    given = _checked(elasticities or {})
    last_whole = calendar.last_whole_month(as_of)
    series = engine.ask(PACKAGE, FILE, "_pool_series", {"last_whole_month": last_whole})
    pools = engine.ask(PACKAGE, FILE, "_latest").to_pylist()
    rows = [_fit(**pool, series=series, given=given) for pool in pools]
    rows += [_absent(pool) for pool in sorted(given.keys() - {row["pool"] for row in rows})]
    engine.put("scale_fits", pa.Table.from_pylist(rows, schema=_FITS))
    engine.run(PACKAGE, FILE, {"since": calendar.year_to(as_of), "last_whole_month": last_whole})
    engine.drop("scale_fits", "scale_credits")


def _checked(given: Mapping[str, float]) -> dict[str, float]:
    for pool, elasticity in given.items():
        if not 0 <= elasticity <= HIGHEST:
            advice = "Below 1 the unit cost falls as volume rises, at 1 it stays, above 1 it rises."
            what = f"{elasticity} is no elasticity: expected 0 to {HIGHEST:g}."
            raise ConfigError(what, where=f"cashflow.scale.{pool}", next_step=advice)
    return dict(given)


def _absent(pool: str) -> dict[str, Any]:
    """A pool of the configuration that is misspelt, or not there yet at this date."""
    nowhere = {"function": "", "pool": pool, "driver": "", "basis": "given", "parts_of_a_unit": 1.0}
    return nowhere | vars(Curve(0, "not_shared_out"))


def _fit(*, function: str, pool: str, driver: str, series: pa.Table, given: Mapping[str, float]) -> dict[str, Any]:
    parts = PARTS_OF_A_UNIT.get(driver, 1.0)
    found = {"function": function, "pool": pool, "driver": driver, "parts_of_a_unit": parts}
    names = zip(series["function"].to_pylist(), series["pool"].to_pylist(), strict=True)
    own = np.array([name == (function, pool) for name in names], dtype=bool)
    cost, units, month = (np.asarray(series[c], dtype=float)[own] for c in ("cost", "units", "month"))
    if pool in given:
        return found | vars(Curve(len(cost), elasticity=given[pool])) | {"basis": "given"}
    curve = fit_curve(cost, units / parts, month)
    return found | vars(curve) | {"basis": "none" if curve.elasticity is None else "estimated"}


def explain_scale(
    effect: Mapping[str, Any],
    curve: Mapping[str, Any] | None,
    *,
    name: str,
    currency: str,
    refused: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Say in words what scale does for one party: rows of `scale_effects` and of `scale_curves` (its main pool).

    `refused` are the pools whose months do not say what their scale is, each with its word of `unit_costs.REASONS`:
    where there are such, a party without a credit is not told that it has no effect.

    >>> explain_scale(
    ...     {"standalone_12m": -400, "scale_credit_12m": 900, "with_scale_12m": 500, "main_pool": "hosting",
    ...      "main_pool_credit_12m": 900, "main_pool_share": 0.6},
    ...     {"driver": "usage_events", "elasticity": 0.5}, name="Ada Ltd", currency="EUR")
    ... # doctest: +NORMALIZE_WHITESPACE
    'Ada Ltd loses €400.00 a year at average cost. It is 60% of the volume of hosting (usage events): without it, all
    others would pay €900.00 more a year for hosting, because cost there grows by 0.50% when volume grows by 1%. With
    its scale counted it brings €500.00.'
    """
    alone, credit, together = (Decimal(str(effect[f"{c}_12m"])) for c in ("standalone", "scale_credit", "with_scale"))
    begin = f"{name} {_brings(alone, currency)} a year at average cost."
    if not credit or curve is None:
        return f"{begin} {_no_effect(refused)}"
    main, share = effect["main_pool"], effect["main_pool_share"]
    main_credit = Decimal(str(effect["main_pool_credit_12m"]))
    driver = str(curve["driver"]).replace("_", " ")
    more = "more" if main_credit > 0 else "less"
    rest = credit - main_credit
    others = f" Other pools {'add' if rest > 0 else 'take'} {show(abs(rest), currency)}." if rest else ""
    return (
        f"{begin} It is {_share(share)} of the volume of {main} ({driver}): without it, all others would pay "
        f"{show(abs(main_credit), currency)} {more} a year for {main}, because cost there grows by "
        f"{curve['elasticity']:.2f}% when volume grows by 1%.{others} With its scale counted it "
        f"{_brings(together, currency)}."
    )


def _no_effect(refused: Mapping[str, str]) -> str:
    if not refused:
        return "Its volume changes nobody's unit cost."
    pools = sorted(refused)[:_TOLD]
    why = "; ".join(f"{pool}: {REASONS.get(refused[pool], refused[pool])}" for pool in pools)
    more = f"; and {len(refused) - len(pools)} more pools" if len(refused) > len(pools) else ""
    return f"Whether its volume lowers anybody's unit cost the data do not say ({why}{more})."


def _brings(amount: Decimal, currency: str) -> str:
    return f"{'loses' if amount < 0 else 'brings'} {show(abs(amount), currency)}"


def _share(share: float) -> str:
    if share < 0.001:
        return "less than 0.1%"
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"
