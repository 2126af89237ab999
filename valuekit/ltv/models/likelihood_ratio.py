"""Does a larger model explain the same customers better than chance would? The likelihood-ratio test."""

from dataclasses import dataclass

from scipy.stats import chi2

from valuekit.errors import FitError
from valuekit.ltv.models.estimator import MaximumLikelihood

_ROUNDING = 1e-6
"""Share of a log-likelihood within which two climbs have ended at the same height."""


@dataclass(frozen=True)
class LikelihoodRatio:
    """Twice the rise of the log-likelihood, the parameters that it cost, and how likely chance alone gives as much."""

    statistic: float
    degrees_of_freedom: int
    p_value: float


def likelihood_ratio(smaller: MaximumLikelihood, larger: MaximumLikelihood) -> LikelihoodRatio:
    """Compare two fitted models of the same data, of which the larger has further covariates (Wilks 1938).

    Under the smaller model the statistic is chi-squared with as many degrees of freedom as there are coefficients
    more. Raises `FitError` for models of other kinds, settings or data, or fitted with a penalty: no such law holds;
    and where the larger model fits worse, which a maximum cannot.

    >>> from valuekit.ltv.models import ShiftedBetaGeometric
    >>> rows = {"renewals": [0, 1, 2, 3, 3] * 2, "churned": [1, 1, 1, 1, 0] * 2, "shop": [0] * 5 + [1] * 5}
    >>> rows |= {"weight": [20, 12, 8, 6, 54, 40, 18, 9, 5, 28]}
    >>> plain, by_shop = (ShiftedBetaGeometric(covariates=z).fit(rows) for z in ([], ["shop"]))
    >>> test = likelihood_ratio(plain, by_shop)
    >>> test.degrees_of_freedom, round(test.statistic, 1), test.p_value < 0.01
    (1, 16.3, True)
    """
    reason = _not_nested(smaller, larger)
    if reason:
        raise FitError(f"these models have no likelihood ratio: {reason}.")
    rise = larger._maximum() - smaller._maximum()
    if rise < -_ROUNDING * (1 + abs(smaller._maximum())):
        raise FitError(
            f"these models have no likelihood ratio: the larger one fits worse, by {-rise:.3g} in the log-likelihood: "
            "its climb did not find the maximum.",
            next_step="Look at its convergence_, and fit it to more customers.",
        )
    statistic = max(0.0, 2 * rise)
    more = len(larger.names) - len(smaller.names)
    return LikelihoodRatio(statistic, more, float(chi2.sf(statistic, more)))


def _not_nested(smaller: MaximumLikelihood, larger: MaximumLikelihood) -> str | None:
    """Return why the test's law does not hold, if so."""
    smaller._maximum(), larger._maximum()
    added = {"covariates", "penalty"}
    settings = [{k: v for k, v in m.get_params().items() if k not in added} for m in (smaller, larger)]
    if type(smaller) is not type(larger) or settings[0] != settings[1]:
        return "they differ by more than covariates"
    if not set(smaller.covariates) < set(larger.covariates):
        return "the larger one has no covariates beyond those of the smaller"
    if smaller.penalty or larger.penalty:
        return "a penalised fit is no maximum of the likelihood"
    if smaller.fingerprint_ != larger.fingerprint_:
        return "they were fitted to other data"
    return None
