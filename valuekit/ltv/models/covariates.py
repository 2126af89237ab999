"""Covariates as a climb needs them: centred, in units of their own deviation. A fit cannot depend on their units.

With z = m + s u, alpha exp(sign c z) is alpha exp(sign c m) exp(sign c s u): on the logarithm of the basic parameters,
the way from standardised covariates to the user's is linear, so the maximum, its covariance and its curvature go over
exactly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from valuekit.errors import FitError
from valuekit.ltv.models.likelihood import Optimum, climbed, natural
from valuekit.ltv.models.observations import Array, Rows, weighted_sum

_DEPENDENT, _SHARE = 1e-10, 1e-3
"""Variance left of scaled covariates, and the share in it, from which they are taken as dependent."""

_ROUNDING = 4 * np.finfo(float).eps
"""Spread, as a share of the largest value, that is rounding."""

_REACH = 300.0
"""Largest logarithm that effects at a covariate of 0 may have: squares of what is larger are no numbers."""


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of each covariate over the customers of a fit."""

    mean: Array
    deviation: Array


def standardise(rows: Rows, covariates: Sequence[str]) -> tuple[Rows, Scale]:
    """Return rows whose covariates have mean 0 and deviation 1 by weight, and the scale that leads back.

    >>> rows = {"born": np.array([1960.0, 1980.0]), "weight": np.ones(2)}
    >>> standardise(rows, ["born"])
    ({'born': array([-1.,  1.]), 'weight': array([1., 1.])}, Scale(mean=array([1970.]), deviation=array([10.])))
    """
    weight = rows["weight"] / rows["weight"].sum()
    mean = np.array([weighted_sum(weight, rows[z]) for z in covariates])
    centred = {z: rows[z] - m for z, m in zip(covariates, mean, strict=True)}
    size = {z: np.max(np.abs(u)) for z, u in centred.items()}  # whose square would overflow
    deviation = np.array([size[z] * np.sqrt(weighted_sum(weight, (u / size[z]) ** 2)) for z, u in centred.items()])
    return rows | {z: centred[z] / s for z, s in zip(covariates, deviation, strict=True)}, Scale(mean, deviation)


def unstandardise(
    found: Optimum, scale: Scale, basic: Sequence[str], shifts: Mapping[str, float], model: str
) -> Optimum:
    """Return a maximum over standardised covariates as one over the user's.

    Raises `FitError` where the basic parameters, which are those at covariates of 0, are no numbers.
    """
    is_log = np.arange(len(found.parameters)) < len(basic)
    inverse = Scale(-scale.mean / scale.deviation, 1 / scale.deviation)
    way, back = (_way(one, basic, shifts) for one in (scale, inverse))
    with np.errstate(over="ignore", invalid="ignore"):
        far = np.abs(way[: len(basic)]) @ np.abs(np.where(is_log, 0.0, found.parameters))
        z = way @ climbed(found.parameters, is_log)
    if not (np.all(far < _REACH) and np.all(np.isfinite(z))):
        raise FitError(
            f"{model}: covariates lie so many of their deviations from 0 that {basic[int(np.argmax(far))]} of a "
            "customer whose covariates are 0 is no number.",
            next_step="Centre them: take its mean off each.",
        )
    there = natural(z, is_log)
    covariance = found.covariance
    if covariance is not None:
        unit, own = (np.where(is_log, theta, 1.0) for theta in (found.parameters, there))
        covariance = way @ (covariance / np.outer(unit, unit)) @ way.T * np.outer(own, own)
    return replace(found, parameters=there, covariance=covariance, hessian=back.T @ found.hessian @ back)


def _way(scale: Scale, basic: Sequence[str], shifts: Mapping[str, float]) -> Array:
    """Return the matrix from standardised to the user's covariates, for log basic parameters and coefficients."""
    many = len(scale.mean)
    way = np.diag(np.concatenate([np.ones(len(basic)), np.tile(1 / scale.deviation, len(shifts))]))
    for i, (shift, sign) in enumerate(shifts.items()):
        first = len(basic) + i * many
        way[basic.index(shift), first : first + many] = -sign * scale.mean / scale.deviation
    return way


def check_constant(rows: Rows, covariates: Sequence[str], model: str) -> None:
    """Refuse a covariate that is the same for all, but for rounding."""
    for name in covariates:
        if np.ptp(rows[name]) <= _ROUNDING * np.max(np.abs(rows[name])):
            raise FitError(
                f"{model}: covariate '{name}' is {rows[name][0]:g} for every customer, so it tells nothing apart.",
                next_step="Leave it out.",
            )


def check_collinear(rows: Rows, scale: Scale, covariates: Sequence[str], model: str) -> None:
    """Refuse standardised covariates of which one follows from the others: an effect could be that of either."""
    design = np.column_stack([rows[z] for z in covariates])
    values, vectors = np.linalg.eigh(design.T @ (design * rows["weight"][:, None]) / rows["weight"].sum())
    rounding = np.finfo(float).eps * np.abs(scale.mean) / scale.deviation
    if values[0] < _DEPENDENT + rounding @ rounding:
        tied = [z for z, share in zip(covariates, vectors[:, 0], strict=True) if abs(share) > _SHARE]
        raise FitError(
            f"{model}: covariates {', '.join(tied)} follow from each other, so their effects cannot be told apart.",
            next_step="Leave one out, or set penalty=1 to share the effect among them.",
        )
