"""Does a larger model explain the same customers better than chance would? The likelihood-ratio test."""

from dataclasses import dataclass

from scipy.stats import chi2

from valuekit.errors import FitError
from valuekit.ltv.models.estimator import MaximumLikelihood


@dataclass(frozen=True)
class LikelihoodRatio:
    """Twice the rise of the log-likelihood, the parameters that it cost, and how likely chance alone gives as much."""

    statistic: float
    degrees_of_freedom: int
    p_value: float


def likelihood_ratio(smaller: MaximumLikelihood, larger: MaximumLikelihood) -> LikelihoodRatio:
    """Compare two fitted models of the same data, of which the larger has further covariates (Wilks 1938).

    Under the smaller model the statistic is chi-squared with as many degrees of freedom as there are coefficients
    more. Raises `FitError` for models of other kinds, settings or data, or fitted with a penalty: no such law holds.

    >>> from valuekit.ltv.models import MbgNbd
    >>> rows = {"frequency": [0, 1, 3, 2, 0, 5] * 20, "recency": [0, 9, 20, 15, 0, 28] * 20, "age": [30] * 120}
    >>> rows["shop"] = [1, 0, 0, 1, 1, 0] * 20
    >>> test = likelihood_ratio(MbgNbd().fit(rows), MbgNbd(covariates=["shop"]).fit(rows))
    >>> test.degrees_of_freedom, test.p_value < 0.01
    (3, True)
    """
    reason = _not_nested(smaller, larger)
    if reason:
        raise FitError(f"these models have no likelihood ratio: {reason}.")
    statistic = max(0.0, 2 * (larger._maximum() - smaller._maximum()))
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
