"""What each contract line is expected to bring: payments of its term and months alive, year by year."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from valuekit.engine import Engine, Expression
from valuekit.ltv.later import Later, geometric_points
from valuekit.ltv.leavers import After
from valuekit.ltv.models.observations import Array, read_columns
from valuekit.ltv.moments import Factors
from valuekit.ltv.renewals import Curve, Key
from valuekit.ltv.years import year_columns
from valuekit.tables.published import HORIZON_YEARS

STATE = (
    "term_months", "segment", "renewals", "months_to_next", "days_to_next", "months_to_first", "pending", "ends",
    "silent", "billed_every",
)  # fmt: skip
"""Columns of `line_groups`: lines alike in them have the same future."""

SAME_STATE = Expression("", " AND ".join(f"s.{name} = l.{name}" for name in STATE), frozenset())
"""In SQL: the state `s` is that of the line `l`."""

BILLED = -2.0
"""`months_to_first` where the renewal to come has been billed already: what is open of that is owed."""

State = Mapping[str, Array]
Months = npt.NDArray[np.int64]

_MONTHS = 12 * HORIZON_YEARS
_DAYS_IN_MONTH = 30.4375
_YEAR_ENDS = np.arange(11, _MONTHS, 12)


def predict(
    engine: Engine,
    curves: Mapping[Key, Curve],
    factors: Sequence[Factors],
    after: Mapping[Key, After],
) -> None:
    """Predict each distinct state of a contract line at each discount rate, and what comes once it is left.

    Makes `line_states` (state and number of the `rate`; model, p_alive, own_weight, is_prior, and by year expected
    `payments_*` of one whole term, years of renewals `renewed_*` that have passed when they are paid, months alive
    `alive_*`, and months of the price received after leaving, `after_*`, with the probability `after_chance` of any, as
    `after` says of who shares a curve, and `leaves`, that of leaving). `payments_later` and `alive_later` are of all
    years after the tenth, discounted (0 where they have no limit); prices grow for ten years at most, since growth for
    ever would outrun any discount.
    """
    states = read_columns(engine.query("SELECT * FROM line_groups"), STATE)
    tables = [
        _predict(states_of(states, key), curve, after[key], rate, at_rate.later)
        for rate, at_rate in enumerate(factors)
        for key, curve in curves.items()
    ]
    engine.put("line_states", pa.concat_tables([_STATES.empty_table(), *tables]))


def states_of(states: State, key: Key) -> dict[str, Array]:
    """Return the states that a curve serves."""
    chosen = (states["term_months"] == key[0]) & (states["segment"] == key[1])
    return {name: values[chosen] for name, values in states.items()}


def _predict(state: State, curve: Curve, after: After, rate: int, later: Later | None) -> pa.Table:
    left = leaving(state, curve)
    now, size = _at_once(state, curve), len(state["renewals"])
    payments, renewed = payments_by_year(state, curve)
    columns = [pa.array(state[name].astype(np.int64)) for name in STATE] + [pa.array(np.full(size, rate))]
    columns += [pa.array([curve.name] * size, pa.string()), pa.array(now)]
    columns += [pa.array(curve.model.own_weight(state["renewals"] * curve.step)), pa.array(np.full(size, curve.stated))]
    columns += [pa.array(after.chance(left, state)), pa.array(after.error(state)), pa.array(left.sum(axis=1))]
    paid_later, alive_later = after_ten_years(state, curve, later) if later else (np.zeros(size), np.zeros(size))
    years = (payments, paid_later), (renewed, np.full(size, float(HORIZON_YEARS)))
    for by_year, beyond in (*years, (months_alive(state, curve), alive_later)):
        columns += [*map(pa.array, by_year.T), pa.array(beyond)]
    columns += map(pa.array, after.by_year(left, state).T)
    return pa.Table.from_arrays(columns, schema=_STATES)


def payments_by_year(state: State, curve: Curve) -> tuple[Array, Array]:
    """Return the expected payments of each year, in prices of a term, and how many years of renewals came before them.

    Renewal j falls `months_to_next` + (j - 1) terms after today and is survived with P(j) = S(n + j) / S(n). Then the
    term is paid: at once, or in parts of `billed_every` months. Parts of the running term are paid for certain, as is
    a signed term that has not begun, from `months_to_first` on; after notice (`ends`) no renewal is; a `pending` one
    must be survived, but brings no payment, nor does one that has been `BILLED`.

    A price changes when a contract is renewed, so a payment comes after as many years as terms were renewed before it:
    the mean over the payments of a year, 0 without any. One row per state, a column per year.

    >>> from valuekit.ltv.models import ShiftedBetaGeometric
    >>> row = {"term_months": 12, "billed_every": 12, "renewals": 0, "months_to_next": 6, "months_to_first": -1,
    ...        "pending": 0, "ends": 0, "silent": 0}
    >>> curve = Curve(ShiftedBetaGeometric.from_parameters([1.0, 3.0]), 1.0, stated=False)
    >>> for every in (12, 1):
    ...     state = {name: np.array([float(value)]) for name, value in (row | {"billed_every": every}).items()}
    ...     print(payments_by_year(state, curve)[0][0, :2].round(3))
    [0.75 0.6 ]
    [0.875 0.675]
    """
    _, there = _renewals_ahead(state, curve)
    months = np.arange(_MONTHS)
    met = renewals_due(state, months)
    paid = np.take_along_axis(np.column_stack([_at_once(state, curve), there]), met, axis=1) * parts_due(state, months)
    renewed = paid * met * (state["term_months"][:, None] / 12)
    payments, passed = (sums.reshape(len(met), HORIZON_YEARS, 12).sum(axis=2) for sums in (paid, renewed))
    return payments, np.where(payments > 0, passed / np.where(payments > 0, payments, 1.0), 0.0)


def parts_due(state: State, month: Months) -> Array:
    """Return which part of a term's price is due in each month from today: one row per state."""
    term, every, first = (state[name][:, None] for name in ("term_months", "billed_every", "months_to_first"))
    since = month - state["months_to_next"][:, None]
    begun = (since >= 0) | ((every < term) & (month >= first))
    signed = (every == term) & (month == first)
    billed = (first == BILLED) & (since == 0)
    return np.asarray((begun & (since % every == 0) & ~billed | signed) * (every / term))


def months_alive(state: State, curve: Curve) -> Array:
    """Return the expected months alive in each year: one row per state, a column per year.

    A renewal falls `days_to_next` after a month has begun: whoever refuses it is there until then.
    """
    _, there = _renewals_ahead(state, curve)
    met = renewals_due(state, np.arange(_MONTHS))
    at_once = _at_once(state, curve)
    after = np.take_along_axis(np.column_stack([at_once, there]), met, axis=1)
    before = np.column_stack([at_once, after[:, :-1]])
    months = after + part_of_month(state)[:, None] * (before - after)
    return np.asarray(months.reshape(len(months), HORIZON_YEARS, 12).sum(axis=2))


def leaving(state: State, curve: Curve) -> Array:
    """Return the probability to leave in each month of the ten years: one row per state, a column per month."""
    _, there = _renewals_ahead(state, curve)
    at_once = _at_once(state, curve)
    stays = np.take_along_axis(np.column_stack([at_once, there]), renewals_due(state, np.arange(_MONTHS)), axis=1)
    return -np.diff(stays, axis=1, prepend=1.0)


def after_ten_years(state: State, curve: Curve, later: Later) -> tuple[Array, Array]:
    """Return the payments of a term and the months alive after the tenth year, discounted.

    Reads states of one term length. Years and terms begin together once in a period, so a month of all periods is one
    smooth sum over periods; these are added over the months of one.
    """
    if not len(state["term_months"]):
        return np.zeros(0), np.zeros(0)
    term = int(state["term_months"][0])
    period = int(np.lcm(term, 12))
    month = _MONTHS + np.arange(-1, period)
    ratio = later.ratio ** (period / 12)
    factor = later.first * later.ratio ** (np.arange(period) // 12) / (1 - ratio)
    periods, weights = geometric_points(ratio)
    ahead = renewals_due(state, month)[:, :, None] + periods * (period / term)
    there = curve.stays(state, ahead) @ weights
    there = np.where(state["ends"][:, None] > 0, 0.0, there)
    alive = there[:, 1:] + part_of_month(state)[:, None] * (there[:, :-1] - there[:, 1:])
    return (there[:, 1:] * parts_due(state, month[1:])) @ factor, alive @ factor


def part_of_month(state: State) -> Array:
    """Return how much of the month of a renewal has passed when it comes."""
    return np.asarray(state["days_to_next"] / _DAYS_IN_MONTH)


def _renewals_ahead(state: State, curve: Curve) -> tuple[Array, Array]:
    """Number the renewals that fall into the ten years, and return the probability to survive each."""
    term = float(np.min(state["term_months"], initial=_MONTHS))
    turn = np.arange(1.0, _MONTHS // term + 2)
    return turn, curve.stays(state, turn)


def _at_once(state: State, curve: Curve) -> Array:
    """Return the probability to be there today: 1, unless a renewal is pending."""
    return curve.stays(state, np.zeros(1))[:, 0]


def renewals_due(state: State, month: Months) -> Months:
    """Count the renewals that are due by the end of each month from today."""
    since = month - state["months_to_next"][:, None]
    return np.asarray(np.where(since >= 0, since // state["term_months"][:, None] + 1, 0), dtype=np.int64)


_STATES = pa.schema(
    [(name, pa.int64()) for name in (*STATE, "rate")]
    + [("model", pa.string()), ("p_alive", pa.float64()), ("own_weight", pa.float64()), ("is_prior", pa.bool_())]
    + [("after_chance", pa.float64()), ("after_error", pa.float64()), ("leaves", pa.float64())]
    + [(name, pa.float64()) for prefix in ("payments", "renewed", "alive") for name in year_columns(prefix)]
    + [(name, pa.float64()) for name in year_columns("after", later=False)]
)
