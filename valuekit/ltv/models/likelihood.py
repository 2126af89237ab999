"""Maximum likelihood in log parameters: a few starts, a gradient, a curvature, or a clear failure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from valuekit.errors import FitError
from valuekit.ltv.models.observations import Array

Objective = Callable[[Array], tuple[float, Array]]
"""From parameters to the log-likelihood and its gradient by the parameters."""

_BOUND = 16.0
"""Log parameters stay within +-16: beyond it (9 million) a likelihood is flat, and the parameter says no more."""


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

    best = None
    for start in starts:
        found = minimize(cost, np.log(start), jac=True, method="L-BFGS-B", bounds=[(-_BOUND, _BOUND)] * len(start),
                         options={"maxiter": 1000, "ftol": 1e-13, "gtol": 1e-7})  # fmt: skip
        if np.isfinite(found.fun) and (best is None or found.fun < best.fun):
            best = found
    if best is None:
        raise FitError(f"{model}: the likelihood has no finite maximum.", next_step="Look for impossible rows.")
    if not np.all(np.abs(best.jac) < 1e-3 * max(1.0, abs(best.fun)) + 1e-3):
        inner = np.abs(best.x) < _BOUND - 1e-6
        if np.any(inner & (np.abs(best.jac) >= 1e-3 * max(1.0, abs(best.fun)) + 1e-3)):
            raise FitError(f"{model}: the climb stopped before a maximum ({best.message}).")
    theta = np.exp(best.x)
    return Optimum(theta, -float(best.fun), covariance(lambda z: cost(z)[1], best.x, theta))


def covariance(gradient: Callable[[Array], Array], z: Array, theta: Array) -> Array | None:
    """Invert the Hessian of a cost by central differences of its gradient; None when it is not positive definite."""
    if np.any(np.abs(z) > _BOUND - 1e-6):
        return None
    steps = np.eye(len(z)) * 1e-4
    hessian = np.array([(gradient(z + h) - gradient(z - h)) / 2e-4 for h in steps])
    hessian = (hessian + hessian.T) / 2
    lowest = np.linalg.eigvalsh(hessian)[0]
    if not lowest > 0:
        return None
    return np.asarray(np.linalg.inv(hessian) * np.outer(theta, theta))
