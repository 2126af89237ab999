"""The `lifetimes` package behind the same interface: a second opinion on the same data, loaded only when asked for.

What that package lacks or gets wrong is valuekit's own: the log-likelihood (its is scaled), the covariance (not given,
because its off-diagonals are wrong), and all answers that are not methods of the classes here.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import date
from importlib import import_module
from typing import Any, Literal, Self

import numpy as np

from valuekit.errors import FitError
from valuekit.ltv.models import asked
from valuekit.ltv.models.beta_geometric import BgNbd
from valuekit.ltv.models.estimator import MaximumLikelihood
from valuekit.ltv.models.gamma_gamma import GammaGamma, spend_history
from valuekit.ltv.models.observations import Array
from valuekit.ltv.models.pareto import ParetoNbd
from valuekit.ltv.models.purchase_model import PurchaseModel


class _ByLifetimes(MaximumLikelihood):
    """An estimator whose parameters that package finds."""

    _class: str
    """The package's class."""
    _options: dict[str, Any] = {}  # noqa: RUF012 - the subclass sets its own

    def fit(self, X: Any, y: None = None, *, window: tuple[date, date] | None = None) -> Self:
        """Estimate with `lifetimes`; raises `FitError` where it does not converge."""
        rows = self._training_rows(X)
        self._starts(rows)  # refuses rows without any rate, as every model does
        fitter = self._new_fitter()
        try:
            with _quiet():
                fitter.fit(*(rows[name] for name in self.columns), weights=rows["weight"], **self._options)
        except Exception as error:  # the library raises its own kinds, and plain ones too
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise FitError(f"lifetimes: {reason[0]}") from error
        theta = np.array([fitter.params_[name] for name in self.names])
        if not np.all(np.isfinite(theta) & (theta > 0)):
            raise FitError(f"lifetimes: {self._class} has no finite parameters above 0 on these rows.")
        self._learn(theta, None, self._likelihood(theta, rows)[0], rows, window)
        return self

    def _fitter(self) -> Any:
        fitter = self._new_fitter()
        fitter.params_ = dict(zip(self.names, self._theta(), strict=True))
        return fitter

    def _new_fitter(self) -> Any:
        with _quiet():
            lifetimes = import_module("lifetimes")
        return getattr(lifetimes, self._class)()


class _Purchases(_ByLifetimes, PurchaseModel):
    """A purchase model that asks the package wherever the package has an answer."""

    def probability_alive(self, X: Any) -> Array:
        """Return the probability that each row's customer has not dropped out."""
        rows = self._asked_rows(X)
        with _quiet():
            alive = self._fitter().conditional_probability_alive(rows["frequency"], rows["recency"], rows["age"])
        return np.asarray(alive, dtype=float)

    def expected_purchases(self, t: float | Array, X: Any) -> Array:
        """Return the expected purchases of each row's customer in the next `t`."""
        rows = self._asked_rows(X)
        predict = self._fitter().conditional_expected_number_of_purchases_up_to_time
        with _quiet():
            each = [
                predict(one, rows["frequency"], rows["recency"], rows["age"]) for one in np.atleast_1d(self._times(t))
            ]
        return np.asarray(np.stack(each, axis=-1) if np.ndim(t) else each[0], dtype=float)

    def expected_purchases_new(self, t: float | Array) -> Array:
        """Return the expected repeat purchases of a new customer in its first `t`."""
        with _quiet():
            return np.asarray(self._fitter().expected_number_of_purchases_up_to_time(self._times(t)))


class LifetimesBackend(_Purchases, BgNbd):
    """BG/NBD or MBG/NBD, estimated and predicted by `lifetimes`; same rows and answers as `BgNbd` and `MbgNbd`."""

    def __init__(self, model: Literal["mbg_nbd", "bg_nbd"] = "mbg_nbd", time_unit: str = "week") -> None:
        self.model = model
        self.time_unit = time_unit

    def _check_settings(self) -> None:
        super()._check_settings()
        asked.check_word(self.model, "model", ("mbg_nbd", "bg_nbd"))

    @property
    def tosses(self) -> int:  # type: ignore[override]  # it follows from the setting
        """Dropout decisions beyond one per repeat purchase."""
        return 0 if self.model == "bg_nbd" else 1

    @property
    def _class(self) -> str:  # type: ignore[override]  # it follows from the setting
        return "BetaGeoFitter" if self.model == "bg_nbd" else "ModifiedBetaGeoFitter"


class LifetimesPareto(_Purchases, ParetoNbd):
    """Pareto/NBD, estimated and predicted by `lifetimes`; same rows and answers as `ParetoNbd`.

    The package starts its search at random; here it starts at ones, so that the same rows give the same parameters.
    """

    _class = "ParetoNBDFitter"
    _options = {"initial_params": np.ones(4), "tol": 1e-6}  # noqa: RUF012 - as in the base class

    def __init__(self, time_unit: str = "week") -> None:
        self.time_unit = time_unit


class LifetimesGammaGamma(_ByLifetimes, GammaGamma):
    """Gamma-Gamma, estimated and predicted by `lifetimes`; same rows and answers as `GammaGamma`."""

    _class = "GammaGammaFitter"

    def expected_spend(self, frequency: Any, monetary: Any) -> Array:
        """Return each customer's expected spend per purchase; 0 purchases give the population's mean."""
        x, mean = np.broadcast_arrays(*spend_history(frequency, monetary))
        with _quiet():
            return np.asarray(self._fitter().conditional_expected_average_profit(x, mean), dtype=float)


@contextmanager
def _quiet() -> Iterator[None]:
    """The package warns of its own old habits and prints where it fails: neither is its user's business."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
