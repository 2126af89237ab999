"""Maximum likelihood: a few starts, a gradient, a curvature, a report of how it went, or a clear failure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import OptimizeResult, minimize
from threadpoolctl import threadpool_limits

from valuekit.errors import FitError
from valuekit.ltv.models.observations import Array

Objective = Callable[[Array], tuple[float, Array]]
"""From parameters to the log-likelihood and its gradient by the parameters."""

Curvature = Callable[[Array], Array | None]
"""From parameters to the Hessian of the log-likelihood by the parameters, where it has a closed form."""

_BOUND = 16.0
"""Log parameters stay within +-16: beyond it (9 million) a likelihood is flat, and the parameter says no more."""
_AT_BOUND = 14.0
"""From here on a log parameter has run to its bound: the slope that is left is too small for a climb to go on."""
_SLOPE = 1e-5
"""Slope per log parameter, as a share of the log-likelihood, above which a point is no maximum."""
_SAME = 1e-6
"""Climbs that end within this share of the highest log-likelihood have found the same maximum."""

_ADVICE = "Give more customers or a longer time, or take another model."
_OF_COVARIATES = "Leave covariates out to see whether it is theirs, or set penalty=1 to hold them."
"""What to do where a climb stops too early."""

_AGAIN = 3
"""How often a climb that stopped on a slope goes on."""

_STEPS = 12
"""Newton steps before the Hessian of a sample is given up as no guide to all rows."""
_SHORT = 1e-12
"""Square of the last step, in standard errors."""


@dataclass(frozen=True)
class Convergence:
    """How a climb ended: what a statistician asks before believing the parameters."""

    gradient: float
    """Largest slope of the log-likelihood by an optimised (log) parameter that is not at a bound; 0 at a maximum."""
    condition: float | None
    """Condition number of the Hessian in those parameters; None where it is not positive definite."""
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
    hessian: Array
    """Of minus the log-likelihood by the optimised parameters: what the data say, also where a direction is flat."""
    convergence: Convergence


def maximise(
    objective: Objective, starts: Iterable[Array], *, model: str, positive: int | None = None,
    near: Optimum | None = None, scale: float = 1.0, curvature: Curvature | None = None,
) -> Optimum:  # fmt: skip
    """Climb from each start and return the highest point; raises `FitError` when no climb ends in one.

    The first `positive` parameters (all by default) are climbed in their logarithms, the others as they are. The
    covariance is the inverse of the Hessian in what is climbed, taken back by the delta method; the Hessian is that of
    `curvature` where it knows one, else the gradient is differenced. `near` is the
    maximum for a sample of the same rows, whose weights sum to 1 / `scale` of all: from there on a few Newton steps
    with its Hessian end the climb. Algebra of so few parameters takes one thread: more of them wait for each other.
    """
    with threadpool_limits(1, user_api="blas"):
        return _maximise(objective, list(starts), model, positive, near, scale, curvature)


def _maximise(
    objective: Objective, starts: list[Array], model: str, positive: int | None, near: Optimum | None, scale: float,
    curvature: Curvature | None,
) -> Optimum:  # fmt: skip
    is_log = np.arange(len(starts[0])) < (len(starts[0]) if positive is None else positive)

    def cost(z: Array) -> tuple[float, Array]:
        theta = natural(z, is_log)
        value, gradient = objective(theta)
        return -value, -gradient * np.where(is_log, theta, 1.0)

    hessian = None if near is None or near.convergence.at_bound else near.hessian * scale
    climbs = [_climb(cost, climbed(start, is_log), hessian) for start in starts]
    finite = [_ended(cost, c) for c in climbs if np.isfinite(c.fun)]
    if not finite:
        raise FitError(f"{model}: the likelihood has no finite maximum.", next_step="Look for impossible rows.")
    best = min(finite, key=lambda c: float(c.fun))
    free, steepest, size = _free(best), _steepest(best), 1 + abs(best.fun)
    if steepest > _SLOPE * size:
        raise FitError(
            f"{model}: the climb stopped before a maximum, where the likelihood still has a slope of {steepest:.3g}.",
            next_step=_ADVICE if is_log.all() else f"{_ADVICE} {_OF_COVARIATES}",
        )
    theta = natural(best.x, is_log)
    known = curvature(theta) if curvature and free.all() else None
    if known is not None:
        by_z = np.where(is_log, theta, 1.0)
        hessian = np.diag(np.where(is_log, best.jac, 0.0)) - known * np.outer(by_z, by_z)
    else:
        hessian = _hessian(lambda z: cost(z)[1], best.x)
    convergence = Convergence(
        gradient=steepest,
        condition=_condition(hessian) if free.all() else None,
        starts=near.convergence.starts if near else len(climbs),
        agreeing=near.convergence.agreeing if near else sum(c.fun - best.fun <= _SAME * size for c in finite),
        at_bound=tuple(np.flatnonzero(~free).tolist()),
    )
    covariance = _covariance(hessian, np.where(is_log, theta, 1.0)) if free.all() else None
    return Optimum(theta, -float(best.fun), covariance, hessian, convergence)


def climbed(theta: Array, is_log: npt.NDArray[np.bool_]) -> Array:
    """Return what is climbed in: the logarithm of the parameters that are above 0, the others as they are."""
    return np.where(is_log, np.log(np.where(is_log, theta, 1.0)), theta)


def natural(z: Array, is_log: npt.NDArray[np.bool_]) -> Array:
    """Return the parameters of a point in what is climbed."""
    return np.where(is_log, np.exp(np.where(is_log, z, 0.0)), z)


def _climb(cost: Objective, start: Array, hessian: Array | None) -> OptimizeResult:
    """Take Newton steps where the Hessian is known well enough, else climb without."""
    found = None if hessian is None else _newton(cost, start, hessian)
    if found is not None:
        return found
    options = {"maxiter": 1000, "ftol": 1e-13, "gtol": 1e-7}
    bounds = [(-_BOUND, _BOUND)] * len(start)
    return minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)


def _ended(cost: Objective, climb: OptimizeResult) -> OptimizeResult:
    """Climb on where a line search gave up on a slope: without the curvature that it had learned, it finds its way."""
    for _ in range(_AGAIN):
        if _steepest(climb) <= _SLOPE * (1 + abs(climb.fun)):
            break
        climb = min(climb, _climb(cost, climb.x, None), key=lambda c: float(c.fun))
    return climb


def _free(climb: OptimizeResult) -> npt.NDArray[np.bool_]:
    """Return which parameters did not run to a bound."""
    return np.asarray(np.abs(climb.x) < _AT_BOUND)


def _steepest(climb: OptimizeResult) -> float:
    return float(np.max(np.abs(climb.jac[_free(climb)]), initial=0.0))


def _newton(cost: Objective, z: Array, hessian: Array) -> OptimizeResult | None:
    """Step until a step is a millionth of a standard error, the Hessian learning (BFGS); None where steps grow."""
    shorter, step, before = np.inf, None, np.zeros(len(z))
    for _ in range(_STEPS):
        value, slope = cost(z)
        if step is not None and (before - slope) @ step > 0:
            bend, along = before - slope, hessian @ step  # over the step back
            hessian = hessian + np.outer(bend, bend) / (bend @ step) - np.outer(along, along) / (step @ along)
        before, step = slope, np.linalg.solve(hessian, slope)
        length = float(slope @ step)
        if 0 <= length < _SHORT:
            return OptimizeResult(x=z, fun=value, jac=slope, message="Newton steps became short")
        if not 0 < length < shorter or np.any(np.abs(z - step) >= _BOUND):
            return None
        z, shorter = z - step, length / 2
    return None


def _hessian(gradient: Callable[[Array], Array], z: Array) -> Array:
    """Differentiate the gradient by central differences, symmetrically."""
    steps = np.eye(len(z)) * 1e-4
    hessian = np.array([(gradient(z + h) - gradient(z - h)) / 2e-4 for h in steps])
    return np.asarray((hessian + hessian.T) / 2)


def _condition(hessian: Array) -> float | None:
    values = np.linalg.eigvalsh(hessian)
    return float(values[-1] / values[0]) if values[0] > 0 else None


def _covariance(hessian: Array, by_natural: Array) -> Array | None:
    """Invert a Hessian and take it back to natural parameters; None when it is not positive definite.

    A smallest eigenvalue within rounding of the largest is none: such a matrix may not even be inverted.
    """
    values = np.linalg.eigvalsh(hessian)
    if not values[0] > len(values) * np.finfo(float).eps * values[-1]:
        return None
    return np.asarray(np.linalg.inv(hessian) * np.outer(by_natural, by_natural))
