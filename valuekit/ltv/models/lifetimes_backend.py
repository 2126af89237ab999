"""The `lifetimes` package behind the same interface: a second opinion on the same data, loaded only when asked for."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import date
from importlib import import_module
from typing import Any, Literal, Self

import numpy as np

from valuekit.errors import FitError
from valuekit.ltv.models import beta_geometric
from valuekit.ltv.models.beta_geometric import BgNbd
from valuekit.ltv.models.observations import Array


class LifetimesBackend(BgNbd):
    """BG/NBD or MBG/NBD, estimated and predicted by `lifetimes`; same rows and answers as `BgNbd` and `MbgNbd`.

    What that package lacks or gets wrong is valuekit's own: the log-likelihood (its is scaled), the covariance (not
    given, because its off-diagonals are wrong) and the expected time alive.
    """

    def __init__(self, model: Literal["mbg_nbd", "bg_nbd"] = "mbg_nbd", time_unit: str = "week") -> None:
        self.model = model
        self.time_unit = time_unit

    @property
    def tosses(self) -> int:  # type: ignore[override]
        """Dropout decisions beyond one per repeat purchase."""
        return 0 if self.model == "bg_nbd" else 1

    def fit(self, X: Any, y: None = None, *, window: tuple[date, date] | None = None) -> Self:
        """Estimate with `lifetimes`; raises `FitError` where it does not converge."""
        rows = self._training_rows(X)
        self._starts(rows)  # refuses rows without any rate, as every model does
        fitter = self._new_fitter()
        try:
            with _quiet():
                fitter.fit(rows["frequency"], rows["recency"], rows["age"], weights=rows["weight"])
        except Exception as error:  # the library raises its own kinds, and plain ones too
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise FitError(f"lifetimes: {reason[0]}") from error
        theta = np.array([fitter.params_[name] for name in self.names])
        if not np.all(np.isfinite(theta)):
            raise FitError(f"lifetimes: {self.model} has no finite parameters on these rows.")
        value, _ = beta_geometric.log_likelihood(theta, rows, self.tosses)
        self._learn(theta, None, value, rows, window)
        return self

    def probability_alive(self, X: Any) -> Array:
        """Return the probability that each row's customer has not dropped out."""
        rows = self._read(X)
        with _quiet():
            alive = self._fitter().conditional_probability_alive(rows["frequency"], rows["recency"], rows["age"])
        return np.asarray(alive, dtype=float)

    def expected_purchases(self, t: float | Array, X: Any) -> Array:
        """Return the expected purchases of each row's customer in the next `t`."""
        rows = self._read(X)
        predict = self._fitter().conditional_expected_number_of_purchases_up_to_time
        with _quiet():
            each = [predict(one, rows["frequency"], rows["recency"], rows["age"]) for one in np.atleast_1d(t)]
        return np.asarray(np.stack(each, axis=-1) if np.ndim(t) else each[0], dtype=float)

    def expected_purchases_new(self, t: float | Array) -> Array:
        """Return the expected repeat purchases of a new customer in its first `t`."""
        with _quiet():
            return np.asarray(self._fitter().expected_number_of_purchases_up_to_time(np.asarray(t, float)))

    def _fitter(self) -> Any:
        fitter = self._new_fitter()
        fitter.params_ = dict(zip(self.names, self._theta(), strict=True))
        return fitter

    def _new_fitter(self) -> Any:
        with _quiet():
            lifetimes = import_module("lifetimes")
        return lifetimes.BetaGeoFitter() if self.model == "bg_nbd" else lifetimes.ModifiedBetaGeoFitter()


@contextmanager
def _quiet() -> Iterator[None]:
    """The package warns of its own old habits and prints where it fails: neither is its user's business."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
