"""Models with another retention: what if a little more, or a little fewer, of all customers stayed?"""

from collections.abc import Sequence
from copy import copy
from functools import partial
from typing import TypeVar

import numpy as np

from valuekit.ltv.models import MaximumLikelihood, PurchaseModel
from valuekit.ltv.units import DAYS_PER_YEAR

CHANGES = (-0.10, -0.01, 0.01, 0.10)
"""How far each lever is moved: by a hundredth for its elasticity, by a tenth for the tornado."""

_ALL_STAY = 0.9999
"""Retention never reaches 1: there would be no dropout left to model."""

Model = TypeVar("Model", bound=MaximumLikelihood)


def with_retention(model: Model, change: float) -> Model:
    """Return a model whose mean retention is `change` of itself higher; how much customers differ stays.

    Retention is the mean probability to stay at a renewal (sBG), after a purchase (BG/NBD and its kin) or at an
    occasion (BG/BB), and for Pareto/NBD the probability to be there after a year at the mean rate of dropout.
    Where that of renewals is no parameter (BdW), it is that of the first renewal.

    >>> from valuekit.ltv.models import ShiftedBetaGeometric
    >>> model = ShiftedBetaGeometric.from_parameters([1.0, 4.0])
    >>> [round(float(m.survival(1)), 3) for m in (model, with_retention(model, 0.10))]
    [0.8, 0.88]
    """
    moved, theta = copy(model), dict(model.parameters_)
    leave, stay = _pair(theta)
    if leave == "s" and isinstance(model, PurchaseModel):
        year = model.unit.from_days(DAYS_PER_YEAR)
        kept = np.exp(-theta["s"] / theta["beta"] * year)
        theta["s"] *= np.log(min(kept * (1 + change), _ALL_STAY)) / np.log(kept)
    else:
        size = theta[leave] + theta[stay]
        share = min(theta[stay] / size * (1 + change), _ALL_STAY)
        theta |= {leave: size * (1 - share), stay: size * share}
    moved.parameters_ = {name: float(value) for name, value in theta.items()}
    return moved


def _pair(theta: dict[str, float]) -> tuple[str, str]:
    """Name the parameters of leaving and of staying."""
    pairs: Sequence[tuple[str, str]] = (("a", "b"), ("gamma", "delta"), ("s", "beta"), ("alpha", "beta"))
    return next(pair for pair in pairs if all(name in theta for name in pair))


RETENTION_MOVES = tuple(partial(with_retention, change=change) for change in CHANGES)
