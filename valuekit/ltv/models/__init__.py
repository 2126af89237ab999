"""The models: scikit-learn estimators with one interface; their mathematics stands in free functions beside them."""

from valuekit.ltv.models.beta_binomial import BgBb
from valuekit.ltv.models.beta_discrete_weibull import BetaDiscreteWeibull
from valuekit.ltv.models.beta_geometric import BgNbd, MbgNbd
from valuekit.ltv.models.estimator import MaximumLikelihood
from valuekit.ltv.models.gamma_gamma import GammaGamma
from valuekit.ltv.models.lifetimes_backend import LifetimesBackend
from valuekit.ltv.models.pareto import ParetoNbd
from valuekit.ltv.models.purchase_model import PurchaseModel
from valuekit.ltv.models.renewal_model import RenewalModel
from valuekit.ltv.models.shifted_beta_geometric import ShiftedBetaGeometric

__all__ = [
    "BetaDiscreteWeibull",
    "BgBb",
    "BgNbd",
    "GammaGamma",
    "LifetimesBackend",
    "MaximumLikelihood",
    "MbgNbd",
    "ParetoNbd",
    "PurchaseModel",
    "RenewalModel",
    "ShiftedBetaGeometric",
]
