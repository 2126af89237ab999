"""What a fit does not know of its parameters, as a few independent directions: the delta method without a matrix.

The covariance of the parameters (on the logarithm of the positive ones) is split into its principal axes. A model moved
one standard error along an axis, to either side, gives half the difference of whatever it predicts. Those halves add up
over customers, because all share the parameters; the squares of the sums are the variance by parameters, because axes
are uncorrelated.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from valuekit.ltv.models import MaximumLikelihood
from valuekit.ltv.models.observations import Array

Model = TypeVar("Model", bound=MaximumLikelihood)

STATED_ERROR = 0.5
"""Standard error of the logarithm of a parameter that was stated, or that the data do not identify."""

_LARGEST_STEP = 1.0
"""No parameter is moved by more than a factor of e. An error beyond that says that the data do not tell this model from
its limit (customers who are all alike, say), and predictions hardly move on the way there."""


@dataclass(frozen=True)
class Direction(Generic[Model]):
    """Two models on one axis, and the share of the difference between their predictions that is one standard error."""

    up: Model
    down: Model
    share: float

    @classmethod
    def towards(cls, moved: Model, base: Model) -> "Direction[Model]":
        """Return the way from one model to another, whose effect is the whole difference of their predictions."""
        return cls(moved, base, 1.0)

    def effect(self, up: Array, down: Array) -> Array:
        """Return the effect of one standard error on a prediction, from the predictions of both models."""
        return np.asarray((up - down) * self.share)


def directions(
    model: Model, *, stated: bool = False, errors: Mapping[str, float] | None = None
) -> list[Direction[Model]]:
    """Return the axes of what is not known of a model's parameters, the largest last.

    With `stated`, or where the model knows nothing of its likelihood, each parameter has an error of its own: that of
    `errors`, or `STATED_ERROR`; parameters that `errors` leaves out have none. Where the data do not identify all
    parameters, the directions that they do tell have their own errors.

    >>> from valuekit.ltv.models import ShiftedBetaGeometric
    >>> prior = ShiftedBetaGeometric.from_parameters([1.0, 4.0])
    >>> [round(d.up.survival(1) - d.down.survival(1), 3).item() for d in directions(prior, stated=True)]
    [-0.16, 0.16]
    """
    names, positive = list(model.names), len(model.basic)
    theta = np.array([model.parameters_[name] for name in names])
    unit = np.where(np.arange(len(theta)) < positive, theta, 1.0)
    information = getattr(model, "information_", None)
    if not stated and model.covariance_ is None and information is not None:
        # The data tell some directions and not others, as where customers do not differ: these move by a factor of e.
        values, vectors = np.linalg.eigh(information)
        axes = vectors / np.sqrt(np.maximum(values, 1.0))
    elif stated or model.covariance_ is None:
        given = errors or dict.fromkeys(names, STATED_ERROR)
        axes = np.diag([given.get(name, 0.0) for name in names])
    else:
        values, vectors = np.linalg.eigh(model.covariance_ / np.outer(unit, unit))
        axes = vectors * np.sqrt(np.maximum(values, 0.0))
    moved = ((axis, float(np.linalg.norm(axis))) for axis in axes.T)
    return [_direction(model, theta, axis, length, positive) for axis, length in moved if length > 0]


def _direction(model: Model, theta: Array, axis: Array, length: float, positive: int) -> Direction[Model]:
    step = axis * min(_LARGEST_STEP / length, 1.0)
    up, down = (_moved(model, theta, sign * step, positive) for sign in (1, -1))
    return Direction(up, down, 0.5)


def _moved(model: Model, theta: Array, step: Array, positive: int) -> Model:
    there = np.where(np.arange(len(theta)) < positive, theta * np.exp(step), theta + step)
    moved = copy(model)
    moved.parameters_ = dict(zip(model.names, there.tolist(), strict=True))
    return moved
