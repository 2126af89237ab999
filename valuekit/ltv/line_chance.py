"""What chance does to a contract line: it runs until the renewal that is refused, and is worth what came before."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.ltv.directions import Direction, directions
from valuekit.ltv.leavers import After
from valuekit.ltv.lines import STATE, leaving, part_of_month, parts_due, renewals_due, states_of
from valuekit.ltv.models import MaximumLikelihood
from valuekit.ltv.models.observations import Array, read_columns
from valuekit.ltv.moments import Factors
from valuekit.ltv.order_states import effect_columns
from valuekit.ltv.renewals import Curve, Key


def predict(
    engine: Engine,
    curves: Mapping[Key, Curve],
    moved: Sequence[Mapping[Key, Curve]],
    factors: Sequence[Factors],
    after: Mapping[Key, After],
) -> int:
    """Make `line_chance`: per distinct state of a contract line and number of a `rate`, payments and months alive.

    Reads `line_groups`. Columns, discounted within the horizon: `paid` (of a term), `lived` (in months), their
    deviations `paid_sd` and `lived_sd`; `paid_worst`, `paid_best`, `lived_worst`, `lived_best`, and the probabilities
    `worst_chance` (to leave at the first renewal) and `best_chance` (to stay throughout, where that is another case);
    `paid_by_i` and `lived_by_i`, the effect of one standard error along axis i of the parameters of all curves, and
    then that of each of the `moved` curves: with what comes `after` leaving, for who stays longer brings less of that.
    Returns how many axes there are; customers who share a curve share its axes.
    """
    axes: dict[int, tuple[int, list[Direction[MaximumLikelihood]]]] = {}
    width = 0
    for curve in curves.values():
        if id(curve.model) not in axes:
            axes[id(curve.model)] = width, directions(curve.model, stated=curve.stated)
            width += len(axes[id(curve.model)][1])
    rows = read_columns(engine.query("SELECT * FROM line_groups"), STATE)
    schema = _schema(width + len(moved))
    tables = [schema.empty_table()]
    for (rate, at_rate), (key, curve) in product(enumerate(factors), curves.items()):
        state = states_of(rows, key)
        found = line_chance(state, curve, at_rate)
        place, own = axes[id(curve.model)]
        ends = at_rate, after[key]
        pairs = [(replace(curve, model=axis.up), replace(curve, model=axis.down), axis.share) for axis in own]
        names = (name for prefix in ("paid", "lived") for name in effect_columns(prefix, width + len(moved)))
        found |= {name: np.zeros(len(state["term_months"])) for name in names}
        found |= _effects(state, pairs, place, ends)
        found |= _effects(state, [(curves_of[key], curve, 1.0) for curves_of in moved], width, ends)
        found["rate"] = np.full(len(state["term_months"]), rate)
        columns = [pa.array(state[name].astype(np.int64)) for name in STATE]
        columns += [pa.array(found[name]) for name in schema.names[len(STATE) :]]
        tables.append(pa.Table.from_arrays(columns, schema=schema))
    engine.put("line_chance", pa.concat_tables(tables))
    return width


def line_chance(state: Mapping[str, Array], curve: Curve, factors: Factors) -> dict[str, Array]:
    """Return moments of the payments and the months alive of contract lines, and their worst and best case."""
    course = _Course(state, curve, factors)
    found = {"paid": course.mean(course.paid), "lived": course.mean(course.lived)}
    found |= {f"{name}_sd": course.deviation(getattr(course, name)) for name in ("paid", "lived")}
    line, last = np.arange(len(course.paid)), course.paid.shape[1] - 1
    worst = (course.chance > _POSSIBLE).argmax(axis=1)
    for name, case in {"worst": worst, "best": last}.items():
        found |= {f"paid_{name}": course.paid[line, case], f"lived_{name}": course.lived[line, case]}
    found["worst_chance"] = course.chance[line, worst]
    found["best_chance"] = np.where(worst < last, course.chance[line, last], 0.0)
    return found


_POSSIBLE = 1e-12
"""A case of less probability is rounding."""


def line_means(state: Mapping[str, Array], curve: Curve, factors: Factors) -> tuple[Array, Array]:
    """Return the expected payments of a term and months alive, discounted within the horizon."""
    course = _Course(state, curve, factors)
    return course.mean(course.paid), course.mean(course.lived)


class _Course:
    """All ways in which a line can go.

    Case 0 is to have left before today, for a renewal is pending or the customer was silent; case m is to leave in
    month m; the last case is to stay throughout.
    """

    def __init__(self, state: Mapping[str, Array], curve: Curve, factors: Factors) -> None:
        months = np.arange(12 * factors.years)
        met = renewals_due(state, months).astype(np.float64)
        today, there = curve.stays(state, np.zeros(1)), curve.stays(state, met)
        upto = np.column_stack([1 - today, 1 - there, np.ones(len(there))])
        self.chance = np.diff(upto, axis=1, prepend=0.0)
        factor = np.repeat(factors.factor[: factors.years], 12)
        nothing = np.zeros(len(there))
        self.paid = np.column_stack([nothing, _before(parts_due(state, months) * factor)])
        lived = _before(np.broadcast_to(factor, there.shape))
        lived[:, :-1] += part_of_month(state)[:, None] * factor
        self.lived = np.column_stack([nothing, lived])

    def mean(self, of_case: Array) -> Array:
        return np.asarray((self.chance * of_case).sum(axis=1))

    def deviation(self, of_case: Array) -> Array:
        apart = of_case - self.mean(of_case)[:, None]
        return np.asarray(np.sqrt((self.chance * apart**2).sum(axis=1)))


def _before(by_month: Array) -> Array:
    """Sum of the months before each, and of all."""
    return np.column_stack([np.zeros(len(by_month)), np.cumsum(by_month, axis=1)])


def _effects(
    state: Mapping[str, Array], pairs: Sequence[tuple[Curve, Curve, float]], place: int, ends: tuple[Factors, After]
) -> dict[str, Array]:
    """Return the effects of pairs of curves: their difference, times a share of it."""
    found: dict[str, Array] = {}
    for i, (*both, share) in enumerate(pairs, start=place + 1):
        up, down = (_all(state, curve, *ends) for curve in both)
        found |= {f"{name}_by_{i}": (up[name] - down[name]) * share for name in ("paid", "lived")}
    return found


def _all(state: Mapping[str, Array], curve: Curve, factors: Factors, after: After) -> dict[str, Array]:
    """Return expected payments of a term and months alive, with those after leaving: months of the price, both."""
    paid, lived = line_means(state, curve, factors)
    months = after.by_year(leaving(state, curve), state) @ factors.factor
    return {"paid": paid + months / state["term_months"], "lived": lived + months}


def _schema(width: int) -> pa.Schema:
    return pa.schema(
        [(name, pa.int64()) for name in (*STATE, "rate")] + [(name, pa.float64()) for name in columns_of(width)]
    )


def columns_of(width: int) -> list[str]:
    """Name the columns of `line_chance` that are no state."""
    ends = [f"{name}_{end}" for end in ("worst", "best") for name in ("paid", "lived")]
    return [
        "paid", "lived", "paid_sd", "lived_sd", *ends, "worst_chance", "best_chance",
        *effect_columns("paid", width), *effect_columns("lived", width),
    ]  # fmt: skip
