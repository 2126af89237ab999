"""What all models share: fit by maximum likelihood, information criteria, JSON that scores the same."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator

from valuekit.errors import ConfigError, FitError, NotFittedError
from valuekit.ltv.models import observations
from valuekit.ltv.models.likelihood import Optimum, maximise
from valuekit.ltv.models.observations import Array, Rows

_ENOUGH = 10_000
"""Rows on which to search for the region of the maximum."""


class MaximumLikelihood(BaseEstimator):  # type: ignore[misc]
    """A model with positive parameters. A subclass gives its columns, its starts and its log-likelihood.

    Learned by `fit`: `parameters_` (name to value), `covariance_` (None where the data do not identify the
    parameters), `log_likelihood_`, `observations_` (sum of weights), `window_` (training dates as given),
    `fingerprint_` (digest of the grouped rows). All but the parameters are None when these were stated, not fitted.
    """

    names: ClassVar[tuple[str, ...]]
    columns: ClassVar[tuple[str, ...]]
    optional: ClassVar[dict[str, float]] = {"weight": 1.0}
    learned: ClassVar[tuple[str, ...]] = (
        "parameters_", "covariance_", "log_likelihood_", "observations_", "window_", "fingerprint_",
    )  # fmt: skip

    def fit(self, X: Any, y: None = None, *, window: tuple[date, date] | None = None) -> Self:
        """Estimate the parameters from rows with `columns` and an optional `weight`; raises `FitError`."""
        rows = self._training_rows(X)
        found = self._climb(rows, self._starts(rows))
        self._learn(found.parameters, found.covariance, found.log_likelihood, rows, window)
        return self

    def _climb(self, rows: Rows, starts: Iterable[Array]) -> Optimum:
        """Climb from all starts; where rows are many, on every n-th first, and then from there on all."""
        every = len(rows["weight"]) // _ENOUGH
        if every > 1:
            starts = [self._climb({name: v[::every] for name, v in rows.items()}, starts).parameters]
        return maximise(lambda theta: self._likelihood(theta, rows), starts, model=type(self).__name__)

    def _training_rows(self, X: Any) -> Rows:
        rows = observations.group(self._read(X))
        if not len(rows["weight"]):
            raise FitError(f"{type(self).__name__}: there are no rows to fit.")
        return rows

    def _read(self, X: Any) -> Rows:
        rows = observations.read_columns(X, self.columns, self.optional)
        observations.require(rows, rows["weight"] >= 0, "a weight is not negative")
        self._check(rows)
        return rows

    def _learn(
        self, parameters: Array, covariance: Array | None, log_likelihood: float, rows: Rows,
        window: tuple[date, date] | None,
    ) -> None:  # fmt: skip
        self.parameters_: dict[str, float] = dict(zip(self.names, parameters.tolist(), strict=True))
        self.covariance_: Array | None = covariance
        self.log_likelihood_: float | None = log_likelihood
        self.observations_ = float(rows["weight"].sum())
        self.window_ = [day.isoformat() for day in window] if window else None
        self.fingerprint_ = observations.fingerprint(rows)

    # --- what a subclass says

    def _check(self, rows: Rows) -> None:
        raise NotImplementedError

    def _starts(self, rows: Rows) -> Iterable[Array]:
        raise NotImplementedError

    def _likelihood(self, theta: Array, rows: Rows) -> tuple[float, Array]:
        raise NotImplementedError

    # --- how good it is

    def log_likelihood(self, X: Any) -> float:
        """Return the log-likelihood of rows under the fitted parameters."""
        return self._likelihood(self._theta(), self._read(X))[0]

    @property
    def aic_(self) -> float:
        """Akaike's information criterion of the fit; lower is better."""
        return 2 * len(self.names) - 2 * self._maximum()

    @property
    def bic_(self) -> float:
        """Bayesian information criterion of the fit; lower is better."""
        return float(len(self.names) * np.log(self.observations_ or 1) - 2 * self._maximum())

    @property
    def standard_errors_(self) -> dict[str, float]:
        """Standard error of each parameter; infinite where the data do not identify it."""
        self._theta()
        errors = np.full(len(self.names), np.inf) if self.covariance_ is None else np.sqrt(np.diag(self.covariance_))
        return dict(zip(self.names, errors.tolist(), strict=True))

    def _theta(self) -> Array:
        if not hasattr(self, "parameters_"):
            raise NotFittedError(f"this {type(self).__name__} is not fitted.", next_step="Call fit first.")
        return np.array([self.parameters_[name] for name in self.names])

    def _maximum(self) -> float:
        self._theta()
        if self.log_likelihood_ is None:
            raise NotFittedError(f"the parameters of this {type(self).__name__} are stated, not fitted.")
        return self.log_likelihood_

    # --- as JSON

    def to_json(self) -> str:
        """Return the fitted model as JSON: settings, parameters, covariance, window and fingerprint."""
        self._theta()
        state = {name: _plain(getattr(self, name)) for name in self.learned}
        return json.dumps({"model": type(self).__name__, "settings": self.get_params()} | state, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Restore a model that scores the same to the last digit; raises `ConfigError` for another model's JSON."""
        state = json.loads(text)
        if state.get("model") != cls.__name__:
            raise ConfigError(f"this is the JSON of a {state.get('model')}, not of a {cls.__name__}.")
        model = cls(**state["settings"])
        for name in cls.learned:
            setattr(model, name, state[name])
        model.covariance_ = None if model.covariance_ is None else np.array(model.covariance_)
        return model

    @classmethod
    def from_parameters(cls, parameters: Sequence[float], **settings: Any) -> Self:
        """Make a model with stated parameters, for priors and for textbook examples; it has no likelihood."""
        model = cls(**settings)
        for name in cls.learned:
            setattr(model, name, None)
        model.parameters_ = dict(zip(cls.names, map(float, parameters), strict=True))
        return model


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value
