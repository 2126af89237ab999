"""Models with another retention: what if a little more, or a little fewer, of all customers stayed?"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
from scipy.optimize import brentq

from valuekit.engine import Engine
from valuekit.ltv.lines import STATE, renewals_due, states_of
from valuekit.ltv.models import MaximumLikelihood, PurchaseModel
from valuekit.ltv.models.observations import Array, read_columns
from valuekit.ltv.renewals import Curve, Key
from valuekit.ltv.units import DAYS_PER_YEAR

CHANGES = (-0.10, -0.01, 0.01, 0.10)
"""How far each lever is moved: by a hundredth for its elasticity, by a tenth for the tornado."""

_ALL_STAY = 0.9999
"""Retention never reaches 1: there would be no dropout left to model."""

_MOST = 1e6
"""Nobody stays whose probability to stay is raised to this power."""

Model = TypeVar("Model", bound=MaximumLikelihood)


def with_retention(model: Model, change: float) -> Model:
    """Return a model whose mean retention is `change` of itself higher; how much customers differ stays.

    Retention is the mean probability to stay after a purchase (BG/NBD and its kin) or at an occasion (BG/BB), and for
    Pareto/NBD the probability to be there after a year at the mean rate of dropout. Where all but nobody leaves, more
    retention changes nothing. That of contracts: `renewing`.

    >>> from valuekit.ltv.models import BgBb
    >>> moved = with_retention(BgBb.from_parameters([1.0, 1.0, 1.0, 4.0]), 0.10).parameters_
    >>> {name: round(moved[name], 3) for name in ("gamma", "delta")}
    {'gamma': 0.6, 'delta': 4.4}
    """
    moved, theta = copy(model), dict(model.parameters_)
    leave, stay = _pair(theta)
    size = theta[leave] + theta[stay]
    year = model.unit.from_days(DAYS_PER_YEAR) if leave == "s" and isinstance(model, PurchaseModel) else None
    kept = float(np.exp(-theta["s"] / theta["beta"] * year)) if year else theta[stay] / size
    aim = _aim(kept, change)
    if aim == kept:
        return moved
    theta |= {"s": -np.log(aim) * theta["beta"] / year} if year else {leave: size * (1 - aim), stay: size * aim}
    moved.parameters_ = {name: float(value) for name, value in theta.items()}
    return moved


def _aim(stays: float, change: float) -> float:
    """Move a probability to stay by `change` of itself, at most to `_ALL_STAY`, and never the other way.

    >>> _aim(0.5, 0.10), _aim(0.99, 0.10), _aim(0.99995, 0.10)
    (0.55, 0.9999, 0.99995)
    """
    return min(stays * (1 + change), max(_ALL_STAY, stays))


def _pair(theta: dict[str, float]) -> tuple[str, str]:
    """Name the parameters of leaving and of staying."""
    pairs: Sequence[tuple[str, str]] = (("a", "b"), ("gamma", "delta"), ("s", "beta"))
    return next(pair for pair in pairs if all(name in theta for name in pair))


RETENTION_MOVES = tuple(partial(with_retention, change=change) for change in CHANGES)


def renewing(engine: Engine, curves: Mapping[Key, Curve], years: int) -> list[dict[Key, Curve]]:
    """Return, for each of `CHANGES`, curves whose mean probability to stay is so much of itself higher.

    The mean is over the renewals of so many years that today's lines (`contract_lines`) come up for, each as likely as
    it is reached. All probabilities to stay are raised to one power, so who is likely to leave is moved by more, none
    is above 1, and the same is asked of every model.
    """
    names = ", ".join(STATE)
    rows = read_columns(
        engine.query(f"SELECT {names}, COUNT(*) AS lines FROM contract_lines GROUP BY ALL ORDER BY ALL"),
        (*STATE, "lines"),
    )
    ahead = {key: _ahead(states_of(rows, key), curve, years) for key, curve in curves.items()}
    return [
        {key: replace(curve, readiness=power(*ahead[key], change)) for key, curve in curves.items()}
        for change in CHANGES
    ]


def _ahead(state: Mapping[str, Array], curve: Curve, years: int) -> tuple[Array, Array]:
    """Return the probability to stay at each renewal ahead of each line, and how many come up for it in the mean."""
    due = np.where(state["ends"] > 0, 0, renewals_due(state, np.array([12 * years - 1]))[:, 0])
    turn = np.arange(due.max(initial=0))
    before = (state["renewals"] + state["silent"] + state["pending"])[:, None]
    reached = np.where(turn < due[:, None], curve.survival(before, turn), 0.0) * state["lines"][:, None]
    return curve.survival(before + turn, np.ones_like(reached)), reached


def power(stays: Array, weight: Array, change: float) -> float:
    """Return the power that moves the mean of probabilities by `change` of itself; 1 where there is nothing to move.

    Who is next to certain to stay counts as one of 10,000 would leave: else no power could move such a mean.

    >>> stays, weight = np.array([0.9, 0.8]), np.array([1.0, 1.0])
    >>> round(float(np.mean(stays ** power(stays, weight, 0.04))), 6)
    0.884
    """
    stays, total = np.minimum(stays, _ALL_STAY), weight.sum()
    mean = float((stays * weight).sum() / total) if total else 1.0
    aim = _aim(mean, change)
    if mean == aim or not total:
        return 1.0
    return float(brentq(lambda c: float((stays**c * weight).sum()) / total - aim, 0.0, _MOST, xtol=1e-12))
