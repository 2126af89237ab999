"""What the scale of whole groups of parties is worth, shared out fairly so that nothing is left over."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from valuekit.calendar import FiscalCalendar
from valuekit.cashflow.fiscal import CALENDAR_MONTHS
from valuekit.cashflow.scale import PACKAGE, SCRATCH
from valuekit.cashflow.shapley import MOST_GROUPS, Floats, balanced_cents, shapley_costs
from valuekit.engine import Engine
from valuekit.money import CENT
from valuekit.tables import PUBLISHED

FILE = "scale_groups.sql"
UNKNOWN, OTHERS = "not known", "others"


def share_scale(
    engine: Engine, *, as_of: date, groupings: Mapping[str, str], calendar: FiscalCalendar = CALENDAR_MONTHS
) -> None:
    """Make `scale_groups`: net cash of the last 12 months by group, alone and with its fair share of the scale.

    A group's effect is what its volume costs at average cost less its Shapley share of C(V) = a V^b, pool by pool and
    month by month (`shapley_costs`). The effects of a grouping sum to zero: no residual. Beyond 12 groups, those with
    the least volume are one group, `others`.

    Reads: `cash`, `books`, and what `measure_scale` leaves. `groupings` names, for each grouping (a column, such as
    `tier`), the table of parties that has it; a party that is not there has `no tier`. Drops `SCRATCH`, which nothing
    else needs.
    """
    engine.make_empty(PUBLISHED["scale_groups"])
    schema = PUBLISHED["scale_groups"].arrow
    for grouping, table in groupings.items():
        rows = _grouped(engine, grouping, table, calendar.year_to(as_of))
        engine.put("scale_grouped", pa.Table.from_pylist(rows, schema=schema))
        engine.execute("INSERT INTO scale_groups SELECT * FROM scale_grouped")
    engine.drop("scale_grouped", *SCRATCH)


def _grouped(engine: Engine, grouping: str, table: str, since: date) -> list[dict[str, Any]]:
    settings = {"since": since, "no_group": f"no {grouping}", "unknown": UNKNOWN}
    used = engine.ask(PACKAGE, FILE, "group_units", settings, groups=table, member=grouping)
    money = engine.ask(PACKAGE, FILE, "group_money", settings, groups=table, member=grouping).to_pylist()
    members = sorted({*used["member"].to_pylist(), *(row["member"] for row in money)})
    names = _fold(members, used)
    effects = _effects(used, names)
    rows = {
        name: {"grouping": grouping, "member": name, "parties": 0, "standalone_12m": Decimal(0)}
        for name in names.values()
    }
    for row in money:
        row_of = rows[names[row["member"]]]
        row_of["parties"] += row["parties"]
        row_of["standalone_12m"] += row["money"]
    return [_with_effect(row, effects.get(name, Decimal(0))) for name, row in rows.items()]


def _with_effect(row: dict[str, Any], effect: Decimal) -> dict[str, Any]:
    return row | {"scale_effect_12m": effect, "with_scale_12m": row["standalone_12m"] + effect}


def _fold(members: Sequence[str], used: pa.Table) -> dict[str, str]:
    """The name of the group that each member counts in: its own, or `others` beyond the largest."""
    units = dict.fromkeys(members, 0.0)
    # Volumes of unlike drivers compare by the cost that they stand for.
    for member, cost, share in zip(used["member"].to_pylist(), used["cost"].to_pylist(), _shares(used), strict=True):
        units[member] += cost * share
    if len(members) <= MOST_GROUPS:
        return {member: member for member in members}
    largest = set(sorted(members, key=lambda m: (-units[m], m))[: MOST_GROUPS - 1])
    return {member: member if member in largest else OTHERS for member in members}


def _shares(used: pa.Table) -> list[float]:
    units, period = np.asarray(used["units"], dtype=float), _periods(used)
    total = np.bincount(period, units)
    return [float(x) for x in units / total[period]] if len(units) else []


def _periods(used: pa.Table) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Number of the pool and month of each row."""
    keys = list(zip(*(used[c].to_pylist() for c in ("function", "pool", "month")), strict=True))
    number = {key: n for n, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] for key in keys], dtype=np.int64)


def _effects(used: pa.Table, names: Mapping[str, str]) -> dict[str, Decimal]:
    """Cost at average cost less the Shapley share, by group, in cents that sum to zero."""
    groups = sorted({names[member] for member in used["member"].to_pylist()})
    if not groups:
        return {}
    row = np.array([groups.index(names[member]) for member in used["member"].to_pylist()])
    period = _periods(used)
    units: Floats = np.zeros((len(groups), period.max() + 1))
    np.add.at(units, (row, period), np.asarray(used["units"], dtype=float))
    cost, elasticity = np.zeros(units.shape[1]), np.zeros(units.shape[1])
    cost[period], elasticity[period] = (np.asarray(used[c], dtype=float) for c in ("cost", "elasticity"))
    fair = shapley_costs(units, cost, elasticity)
    effect = (cost * units / units.sum(axis=0) - fair).sum(axis=1)
    return {group: CENT * cents for group, cents in zip(groups, balanced_cents(effect), strict=True)}
