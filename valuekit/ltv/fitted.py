"""A model that a run has fitted: for the record, the report and the model file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from valuekit.ltv.models import MaximumLikelihood


@dataclass(frozen=True)
class FittedModel:
    """One model of a valuation: what it is for, the estimator, and what a reader should know of the fit.

    `stated` is True when the data were too thin and the parameters are a stated prior; `note` says why.
    `checks` holds results that judge the fit, such as the retention curve beside Kaplan-Meier's.
    """

    name: str
    estimator: MaximumLikelihood
    note: str = ""
    stated: bool = False
    checks: Mapping[str, list[dict[str, float]]] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, float]:
        """Parameters by name."""
        return dict(self.estimator.parameters_)

    @property
    def metrics(self) -> dict[str, float]:
        """Log-likelihood, AIC, BIC and number of observations; empty for stated parameters."""
        if self.stated:
            return {}
        model = self.estimator
        return {
            "log_likelihood": float(model.log_likelihood_ or 0.0),
            "aic": model.aic_,
            "bic": model.bic_,
            "observations": float(model.observations_ or 0.0),
        }

    def to_json(self) -> str:
        """Return the estimator as JSON."""
        return self.estimator.to_json()
