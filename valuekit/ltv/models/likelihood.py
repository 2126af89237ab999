"""Maximum likelihood in log parameters: a few starts, a gradient, a curvature, or a clear failure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from valuekit.errors import FitError
from valuekit.ltv.models.observations import Array

Objective = Callable[[Array], tuple[float, Array]]
"""From parameters to the log-likelihood and its gradient by the parameters."""

_BOUND = 16.0
"""Log parameters stay within +-16: beyond it (9 million) a likelihood is flat, and the parameter says no more."""
_SLOPE = 1e-5
"""Slope per log parameter, as a share of the log-likelihood, above which a point is no maximum."""


@dataclass(frozen=True)
class Optimum:
    """Where the likelihood is highest. `covariance` is None where the parameters are not identified."""

    parameters: Array
    log_likelihood: float
    covariance: Array | None


def maximise(objective: Objective, starts: Iterable[Array], *, model: str) -> Optimum:
    """Climb from each start and return the highest point; raises `FitError` when no climb ends in one.

    The covariance is the inverse of the numerical Hessian in log parameters, taken back by the delta method.
    """

    def cost(z: Array) -> tuple[float, Array]:
        theta = np.exp(z)
        value, gradient = objective(theta)
        return -value, -gradient * theta

    climbs = [_climb(cost, np.log(start)) for start in starts]
    best = min((c for c in climbs if np.isfinite(c.fun)), key=lambda c: float(c.fun), default=None)
    if best is None:
        raise FitError(f"{model}: the likelihood has no finite maximum.", next_step="Look for impossible rows.")
    if np.any((np.abs(best.x) < _BOUND) & (np.abs(best.jac) > _SLOPE * (1 + abs(best.fun)))):
        raise FitError(f"{model}: the climb stopped before a maximum: {best.message}.")
    theta = np.exp(best.x)
    return Optimum(theta, -float(best.fun), covariance(lambda z: cost(z)[1], best.x, theta))


def _climb(cost: Objective, start: Array) -> OptimizeResult:
    options = {"maxiter": 1000, "ftol": 1e-13, "gtol": 1e-7}
    bounds = [(-_BOUND, _BOUND)] * len(start)
    return minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)


def covariance(gradient: Callable[[Array], Array], z: Array, theta: Array) -> Array | None:
    """Invert the Hessian of a cost by central differences of its gradient; None when it is not positive definite."""
    if np.any(np.abs(z) >= _BOUND):
        return None
    steps = np.eye(len(z)) * 1e-4
    hessian = np.array([(gradient(z + h) - gradient(z - h)) / 2e-4 for h in steps])
    hessian = (hessian + hessian.T) / 2
    lowest = np.linalg.eigvalsh(hessian)[0]
    if not lowest > 0:
        return None
    return np.asarray(np.linalg.inv(hessian) * np.outer(theta, theta))
