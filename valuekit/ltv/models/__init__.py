"""The models: scikit-learn estimators with one interface; their mathematics stands in free functions beside them."""

from valuekit.ltv.models.beta_binomial import BgBb
from valuekit.ltv.models.beta_discrete_weibull import BetaDiscreteWeibull
from valuekit.ltv.models.beta_geometric import BgNbd, MbgNbd
from valuekit.ltv.models.estimator import MaximumLikelihood
from valuekit.ltv.models.gamma_gamma import GammaGamma
from valuekit.ltv.models.lifetimes_backend import LifetimesBackend, LifetimesGammaGamma, LifetimesPareto
from valuekit.ltv.models.likelihood_ratio import LikelihoodRatio, likelihood_ratio
from valuekit.ltv.models.pareto import ParetoNbd
from valuekit.ltv.models.purchase_model import PurchaseModel
from valuekit.ltv.models.regular_buyers import BgCnbdK, MbgCnbdK
from valuekit.ltv.models.renewal_model import RenewalModel
from valuekit.ltv.models.shifted_beta_geometric import ShiftedBetaGeometric

__all__ = [
    "BetaDiscreteWeibull",
    "BgBb",
    "BgCnbdK",
    "BgNbd",
    "GammaGamma",
    "LifetimesBackend",
    "LifetimesGammaGamma",
    "LifetimesPareto",
    "LikelihoodRatio",
    "MaximumLikelihood",
    "MbgCnbdK",
    "MbgNbd",
    "ParetoNbd",
    "PurchaseModel",
    "RenewalModel",
    "ShiftedBetaGeometric",
    "likelihood_ratio",
]
