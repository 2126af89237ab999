"""Who foretells renewals: the models of a run, the curve of Kaplan and Meier, and two naive rules.

Each is given what is known on a day, and answers with the probability to survive renewals to come.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol, get_args

import numpy as np
from statsmodels.duration.survfunc import SurvfuncRight

from valuekit.engine import Engine
from valuekit.errors import FitError, UnknownNameError
from valuekit.ltv.models.observations import Array
from valuekit.ltv.renewals import Choice, fit_renewals
from valuekit.ltv.retention import met_renewals

Survival = Callable[[int, Array, Array], Array]
"""Of a term length in months, renewals survived, and renewals ahead: the probability to survive these."""


@dataclass(frozen=True)
class Past:
    """What is known on a day.

    `engine` holds what `renewals.summarise` made. `now` are its `renewal_groups` (term_months, renewals, churned,
    entered, weight), `before` those of the last period's first day.
    """

    engine: Engine
    window: tuple[date, date]
    now: Mapping[str, Array]
    before: Mapping[str, Array]


class RenewalForecaster(Protocol):
    """Foretells from what is known on a day."""

    def __call__(self, past: Past) -> Survival:
        """Return the survival that it expects."""


def by_choice(choice: Choice) -> RenewalForecaster:
    """Return the forecaster that fits curves as a run with this choice of model does.

    Raises `UnknownNameError` for a choice that there is not.
    """
    if choice not in get_args(Choice):
        raise UnknownNameError("model of renewals", choice, get_args(Choice))

    def foretell(past: Past) -> Survival:
        curves, _ = fit_renewals(past.engine, past.window, choice)
        by_term = {term: curve for (term, _), curve in curves.items()}
        return lambda term, renewals, ahead: by_term[term].survival(renewals, ahead)

    return foretell


def last_period(past: Past) -> Survival:
    """Naive: of those with a renewal due, as many take it as did in the last period, by term length.

    Raises `FitError` where no renewal was due.
    """
    return _constant(lambda rows: _counted(rows, past.now) - _counted(rows, past.before))


def term_mean(past: Past) -> Survival:
    """Naive: of those with a renewal due, as many take it as ever did, by term length; raises as `last_period`."""
    return _constant(lambda rows: _counted(rows, past.now))


def _constant(counted: Callable[[int | None], Array]) -> Survival:
    """Answer with one rate of renewal by term length; where none was due, with that of all terms."""
    overall = _rate(counted(None))
    if overall is None:
        raise FitError("no renewal was due.", next_step="Start at a later origin.")
    rate: float = overall

    def survival(term: int, renewals: Array, ahead: Array) -> Array:
        own = _rate(counted(term))
        return np.asarray(np.broadcast_arrays((rate if own is None else own) ** ahead, renewals)[0])

    return survival


def _counted(term: int | None, rows: Mapping[str, Array]) -> Array:
    """Count renewals survived and refused by customers with terms of one length, or of any."""
    chosen = np.ones(len(rows["weight"])) if term is None else rows["term_months"] == term
    weight = rows["weight"] * chosen
    return np.array([np.sum(weight * (rows["renewals"] - rows["entered"])), np.sum(weight * rows["churned"])])


def _rate(counted: Array) -> float | None:
    survived, refused = np.maximum(counted, 0.0)
    return float(survived / (survived + refused)) if survived + refused else None


def kaplan_meier(past: Past) -> Survival:
    """Model-free: the curve of Kaplan and Meier by term length; beyond what it has seen, the mean rate of the term.

    Raises `FitError` where no renewal was due.
    """
    beyond = term_mean(past)
    curves = {int(term): _curve(past.now, int(term)) for term in np.unique(past.now["term_months"])}

    def survival(term: int, renewals: Array, ahead: Array) -> Array:
        curve = curves.get(term, np.zeros(1))
        n, later = np.broadcast_arrays(renewals, renewals + ahead)
        seen, until = (np.minimum(t, len(curve) - 1).astype(np.int64) for t in (n, later))
        unseen = later - np.maximum(n, len(curve) - 1)
        return np.asarray(np.exp(curve[until] - curve[seen]) * beyond(term, renewals, np.maximum(unseen, 0.0)))

    return survival


def _curve(rows: Mapping[str, Array], term: int) -> Array:
    """Return the logarithm of survival by number of renewals, as far as it is seen and not all have left."""
    chosen = rows["term_months"] == term
    until, churned, weight, entered = met_renewals({name: values[chosen] for name, values in rows.items()})
    if not len(until):
        return np.zeros(1)
    found = SurvfuncRight(until, churned, entry=entered, freq_weights=weight)
    steps = np.zeros(int(until.max()) + 1)
    some = (found.n_events < found.n_risk) & (found.surv_times < len(steps))
    steps[found.surv_times[some].astype(np.int64)] = np.log1p(-found.n_events[some] / found.n_risk[some])
    return np.cumsum(steps)


NAIVE: Mapping[str, RenewalForecaster] = {
    "last_period": last_period, "term_mean": term_mean, "kaplan_meier": kaplan_meier,
}  # fmt: skip
