"""The contract stream: at each coming renewal its price, times the probability that the customer is still there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.errors import FitError
from valuekit.ltv.fitted import FittedModel
from valuekit.ltv.models import ShiftedBetaGeometric
from valuekit.ltv.models.observations import Array, read_columns, weighted_sum
from valuekit.ltv.retention import retention_check
from valuekit.ltv.years import year_columns
from valuekit.tables.published import HORIZON_YEARS

MINIMUM_EVENTS = 25
"""A term length has its own curve from so many refused and so many survived renewals on; below, all terms share one."""

PRIOR = (1.0, 4.0)
"""Stated prior (alpha, beta) in years: a fifth churns in the first year, fewer later."""

_STATE = ("term_months", "renewals", "months_to_next", "months_to_first", "pending", "ends")


@dataclass(frozen=True)
class Curve:
    """A renewal model as it serves one term length: `step` is the term in the model's own terms."""

    model: ShiftedBetaGeometric
    step: float
    stated: bool

    def survival(self, renewals: Array, ahead: Array) -> Array:
        """Return the probability to survive `ahead` further renewals after `renewals`."""
        return self.model.conditional_survival(renewals * self.step, ahead * self.step)


def summarise(engine: Engine, as_of: date) -> None:
    """Summarise contract terms.

    Reads `contracts` (accepted form, with `party_id`) and `stages`. Makes `contract_runs` (one row per party and run of
    terms of one length), `renewal_groups` (distinct histories with weight), `contract_lines` (what runs today: price,
    term, renewals survived, months to the next renewal) and `line_groups` (its distinct states).

    Renewals due after `as_of` are still open, even where notice or a new signature is known: to count only the known
    ones would count the early.
    """
    engine.run("valuekit.ltv", "contracts.sql", {"as_of": as_of})


def fit_renewals(engine: Engine, window: tuple[date, date] | None) -> tuple[dict[int, Curve], list[FittedModel]]:
    """Fit one curve per term length, one in years for the lengths with too little data, or state the prior."""
    groups = engine.query("SELECT term_months, renewals, churned, weight FROM renewal_groups")
    rows = read_columns(groups, ("term_months", "renewals", "churned"), {"weight": 1.0})
    terms = {int(row[0]) for row in engine.rows("SELECT DISTINCT term_months FROM contract_lines")}
    terms |= set(rows["term_months"].astype(int).tolist())
    own = {term: fitted for term in sorted(terms) if (fitted := _fit_term(rows, term, window))}
    rest = _fit_pooled(rows, window) if terms - own.keys() else None
    curves = {term: _curve(own.get(term) or rest, term) for term in sorted(terms)}
    return curves, [*own.values(), *([rest] if rest else [])]


def _fit_term(rows: Mapping[str, Array], term: int, window: tuple[date, date] | None) -> FittedModel | None:
    of_term = {name: values[rows["term_months"] == term] for name, values in rows.items()}
    if min(_counts(of_term)) < MINIMUM_EVENTS:
        return None
    try:
        model = ShiftedBetaGeometric(term).fit(of_term, window=window)
    except FitError:
        return None
    return FittedModel(f"contracts.renewals.{term}m", model, checks={"retention": retention_check(of_term, model)})


def _fit_pooled(rows: Mapping[str, Array], window: tuple[date, date] | None) -> FittedModel:
    years = rows["term_months"] / 12
    pooled = {**rows, "renewals": rows["renewals"] * years, "step": years}
    note, (refused, survived) = "all term lengths share one curve in years", _counts(rows)
    if min(refused, survived) >= MINIMUM_EVENTS:
        try:
            return FittedModel("contracts.renewals.pooled", ShiftedBetaGeometric(12).fit(pooled, window=window), note)
        except FitError as error:
            note = str(error)
    note = f"stated prior {PRIOR} in years: {refused:g} refused and {survived:g} survived renewals are too few"
    return FittedModel("contracts.renewals.prior", ShiftedBetaGeometric.from_parameters(PRIOR), note, stated=True)


def _counts(rows: Mapping[str, Array]) -> tuple[float, float]:
    """Renewals refused and renewals survived."""
    return weighted_sum(rows["weight"], rows["churned"]), weighted_sum(rows["weight"], rows["renewals"])


def _curve(fitted: FittedModel | None, term: int) -> Curve:
    if fitted is None or not isinstance(fitted.estimator, ShiftedBetaGeometric):
        raise FitError(f"there is no renewal model for terms of {term} months.")
    return Curve(fitted.estimator, term / fitted.estimator.term_months, fitted.stated)


def predict(engine: Engine, curves: Mapping[int, Curve]) -> None:
    """Predict each distinct state of a contract line.

    Makes `line_states` (state; p_alive, own_weight, is_prior, and by year expected `payments_*` of one whole term and
    months alive `alive_*`).
    """
    states = engine.query("SELECT * FROM line_groups")
    groups = [_predict_term(_of_term(states, term), curve) for term, curve in curves.items()]
    engine.put("line_states", pa.concat_tables([_STATES.empty_table(), *groups]))


def _of_term(states: pa.Table, term: int) -> dict[str, Array]:
    rows = read_columns(states, _STATE)
    return {name: values[rows["term_months"] == term] for name, values in rows.items()}


def _predict_term(state: Mapping[str, Array], curve: Curve) -> pa.Table:
    payments, alive = expected_years(state, curve)
    now = curve.survival(state["renewals"], state["pending"])
    columns = [pa.array(state[name].astype(np.int64)) for name in _STATE]
    columns += [pa.array(now), pa.array(curve.model.own_weight(state["renewals"] * curve.step))]
    columns += [pa.array(np.full(len(now), curve.stated))]
    columns += [pa.array(year) for year in (*payments.T, *alive.T)]
    return pa.Table.from_arrays(columns, schema=_STATES)


def expected_years(state: Mapping[str, Array], curve: Curve) -> tuple[Array, Array]:
    """Return expected payments of a term and expected months alive: one row per state, one column per year.

    Renewal j falls `months_to_next` + (j - 1) terms after today. It is survived with probability S(n + j) / S(n), and
    then the term is paid. A signed term that has not begun is paid for certain, after `months_to_first`.
    """
    month = np.arange(12 * HORIZON_YEARS)
    term = state["term_months"][:, None]
    since = month - state["months_to_next"][:, None]
    met = np.where(since >= 0, since // term + 1, 0)
    there = curve.survival(state["renewals"][:, None], state["pending"][:, None] + met)
    there = np.where((state["ends"][:, None] > 0) & (met > 0), 0.0, there)
    due = (since >= 0) & (since % term == 0)
    before = np.column_stack([curve.survival(state["renewals"], state["pending"]), there[:, :-1]])
    payments = there * due + (month == state["months_to_first"][:, None])
    # Renewals fall within a month, so that month counts half as it began and half as it ended.
    return _sum_years(payments), _sum_years((before + there) / 2)


def _sum_years(months: Array) -> Array:
    return np.asarray(months.reshape(len(months), HORIZON_YEARS, 12).sum(axis=2))


_STATES = pa.schema(
    [(name, pa.int64()) for name in _STATE]
    + [("p_alive", pa.float64()), ("own_weight", pa.float64()), ("is_prior", pa.bool_())]
    + [(name, pa.float64()) for name in (*year_columns("payments"), *year_columns("alive"))]
)
