"""Maximum likelihood: a few starts, a gradient, a curvature, a report of how it went, or a clear failure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import OptimizeResult, minimize

from valuekit.errors import FitError
from valuekit.ltv.models.observations import Array

Objective = Callable[[Array], tuple[float, Array]]
"""From parameters to the log-likelihood and its gradient by the parameters."""

_BOUND = 16.0
"""Log parameters stay within +-16: beyond it (9 million) a likelihood is flat, and the parameter says no more."""
_SLOPE = 1e-5
"""Slope per log parameter, as a share of the log-likelihood, above which a point is no maximum."""
_SAME = 1e-6
"""Climbs that end within this share of the highest log-likelihood have found the same maximum."""


@dataclass(frozen=True)
class Convergence:
    """How a climb ended: what a statistician asks before believing the parameters."""

    gradient: float
    """Largest slope of the log-likelihood by an optimised (log) parameter that is not at a bound; 0 at a maximum."""
    condition: float
    """Condition number of the Hessian in those parameters; infinite where it is not positive definite."""
    starts: int
    """Starts that were climbed from."""
    agreeing: int
    """Of these, how many ended at the same height."""
    at_bound: tuple[int, ...]
    """Positions of parameters that ran to a bound: the data do not limit them."""


@dataclass(frozen=True)
class Optimum:
    """Where the likelihood is highest. `covariance` is None where the parameters are not identified."""

    parameters: Array
    log_likelihood: float
    covariance: Array | None
    convergence: Convergence


def maximise(objective: Objective, starts: Iterable[Array], *, model: str, positive: int | None = None) -> Optimum:
    """Climb from each start and return the highest point; raises `FitError` when no climb ends in one.

    The first `positive` parameters (all by default) are climbed in their logarithms, the others as they are. The
    covariance is the inverse of the numerical Hessian in what is climbed, taken back by the delta method.
    """
    starts = list(starts)
    is_log = np.arange(len(starts[0])) < (len(starts[0]) if positive is None else positive)

    def cost(z: Array) -> tuple[float, Array]:
        theta = _natural(z, is_log)
        value, gradient = objective(theta)
        return -value, -gradient * np.where(is_log, theta, 1.0)

    climbs = [_climb(cost, np.where(is_log, np.log(np.where(is_log, start, 1.0)), start)) for start in starts]
    finite = [c for c in climbs if np.isfinite(c.fun)]
    if not finite:
        raise FitError(f"{model}: the likelihood has no finite maximum.", next_step="Look for impossible rows.")
    best = min(finite, key=lambda c: float(c.fun))
    free = np.abs(best.x) < _BOUND
    if np.any(free & (np.abs(best.jac) > _SLOPE * (1 + abs(best.fun)))):
        raise FitError(f"{model}: the climb stopped before a maximum: {best.message}.")
    theta = _natural(best.x, is_log)
    hessian = _hessian(lambda z: cost(z)[1], best.x) if free.all() else None
    convergence = Convergence(
        gradient=float(np.max(np.abs(best.jac[free]), initial=0.0)),
        condition=_condition(hessian),
        starts=len(climbs),
        agreeing=sum(c.fun - best.fun <= _SAME * (1 + abs(best.fun)) for c in finite),
        at_bound=tuple(np.flatnonzero(~free).tolist()),
    )
    return Optimum(theta, -float(best.fun), _covariance(hessian, np.where(is_log, theta, 1.0)), convergence)


def _natural(z: Array, is_log: npt.NDArray[np.bool_]) -> Array:
    return np.where(is_log, np.exp(np.where(is_log, z, 0.0)), z)


def _climb(cost: Objective, start: Array) -> OptimizeResult:
    options = {"maxiter": 1000, "ftol": 1e-13, "gtol": 1e-7}
    bounds = [(-_BOUND, _BOUND)] * len(start)
    return minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)


def _hessian(gradient: Callable[[Array], Array], z: Array) -> Array:
    """Differentiate the gradient by central differences, symmetrically."""
    steps = np.eye(len(z)) * 1e-4
    hessian = np.array([(gradient(z + h) - gradient(z - h)) / 2e-4 for h in steps])
    return np.asarray((hessian + hessian.T) / 2)


def _condition(hessian: Array | None) -> float:
    if hessian is None:
        return float("inf")
    values = np.linalg.eigvalsh(hessian)
    return float(values[-1] / values[0]) if values[0] > 0 else float("inf")


def _covariance(hessian: Array | None, by_natural: Array) -> Array | None:
    """Invert a Hessian and take it back to natural parameters; None when it is not positive definite."""
    if hessian is None or not np.linalg.eigvalsh(hessian)[0] > 0:
        return None
    return np.asarray(np.linalg.inv(hessian) * np.outer(by_natural, by_natural))
