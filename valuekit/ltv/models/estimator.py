"""What all models share: fit by maximum likelihood, covariates, information criteria, JSON that scores the same."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from functools import cache
from operator import methodcaller
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator

from valuekit.errors import ConfigError, FitError, NotFittedError, UnknownNameError
from valuekit.ltv.models import asked, observations
from valuekit.ltv.models.covariates import Scale, check_collinear, check_constant, standardise, unstandardise
from valuekit.ltv.models.likelihood import Optimum, maximise
from valuekit.ltv.models.observations import Array, Rows, weighted_sum
from valuekit.ltv.models.state import check_state, read_covariance

_ENOUGH = 5_000
"""Rows on which to search for the region of the maximum."""


_FARTHEST = 60.0
"""Logarithm of a factor, and of a customer's own parameter, beyond which covariates do not carry both."""

_SEPARATES = 12.0
"""Logarithm of a factor between customers, 160,000, above which an effect that has no limit is no effect."""

_FLAT, _LIMITED = 1e-3, 0.01
"""Curvature, as a share of the largest, that limits nothing; share of a parameter there up to which data limit it."""

_WRITE_ANEW = "Fit the model again, and write it with to_json."


class MaximumLikelihood(BaseEstimator):  # type: ignore[misc]
    """A model with positive parameters. A subclass gives its columns, its starts and its rows' log-likelihood.

    Learned by `fit`: `parameters_` (name to value), `covariance_` (in the order of `names`; None where the data do not
    identify the parameters), `log_likelihood_`, `observations_` (sum of weights), `convergence_` (report of the climb:
    see `likelihood.Convergence`), `window_` (training dates as given), `fingerprint_` (digest of the grouped rows'
    histories, without covariates), `information_` (Hessian of minus the log-likelihood by the logarithms of the basic
    parameters and by coefficients; not part of the JSON).
    All but the parameters are None when these were stated, not fitted. `settings_` are those that the parameters
    belong to: while the model's differ, because they were set anew, it answers nothing (`NotFittedError`).

    Covariates: a model whose constructor takes `covariates` (columns with numbers that do not change with time) and
    `penalty` has for each of its `shifts` and each covariate z one coefficient c, which multiplies the customer's own
    parameter by exp(sign c z). A fit climbs over standardised covariates, so that their units and their origin do not
    matter; `convergence_` reports that climb, and all else that is learned is in the user's units. Fitting subtracts
    penalty / 2 times the sum of squared coefficients (ridge), each per standard deviation of its covariate, from the
    log-likelihood that it climbs; `log_likelihood_` is without the penalty.
    """

    basic: ClassVar[tuple[str, ...]]
    """The positive parameters."""
    shifts: ClassVar[Mapping[str, float]] = {}
    """Parameters that covariates multiply, and the sign of the coefficient there."""
    columns: ClassVar[tuple[str, ...]]
    optional: ClassVar[dict[str, float]] = {"weight": 1.0}
    learned: ClassVar[tuple[str, ...]] = (
        "parameters_", "covariance_", "log_likelihood_", "observations_", "convergence_", "window_", "fingerprint_",
    )  # fmt: skip

    covariates: Sequence[str] = ()
    penalty: float = 0.0

    def __setattr__(self, name: str, value: Any) -> None:
        """Store a setting that came from a NumPy grid or a pandas index as the plain number or list that it says."""
        is_array = hasattr(value, "tolist") and name in self._names_of_settings()
        super().__setattr__(name, value.tolist() if is_array else value)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters: the basic ones, then `parameter[covariate]` for each coefficient."""
        return (*self.basic, *(f"{shift}[{z}]" for shift in self.shifts for z in self.covariates))

    def fit(self, X: Any, y: None = None, *, window: tuple[date, date] | None = None) -> Self:
        """Estimate the parameters from rows with `columns` and an optional `weight`; raises `FitError`."""
        rows, scale = self._standardised(self._training_rows(X))
        return self._fit_rows(rows, scale, self._starts(rows), window)

    def _standardised(self, rows: Rows) -> tuple[Rows, Scale]:
        """Return rows to climb on, whose covariates have mean 0 and deviation 1, and the scale that leads back."""
        rows, scale = standardise(rows, self.covariates)
        if len(self.covariates) > 1 and not self.penalty:
            check_collinear(rows, scale, self.covariates, type(self).__name__)
        return rows, scale

    def _fit_rows(self, rows: Rows, scale: Scale, starts: Iterable[Array], window: tuple[date, date] | None) -> Self:
        """Climb on standardised rows, and learn what is found there in the units of the user."""
        found = self._climb(rows, starts)
        self._check_separation(found, rows)
        value = found.log_likelihood + self._ridge(found.parameters)[0]
        if self.covariates:
            found = unstandardise(found, scale, self.basic, self.shifts, type(self).__name__)
        self._learn(found.parameters, found.covariance, value, rows, window)
        self.convergence_: dict[str, Any] | None = self._report(found)
        self.information_ = found.hessian
        return self

    def _climb(self, rows: Rows, starts: Iterable[Array]) -> Optimum:
        """Climb from all starts; where rows are many, on every n-th first, and then from there on all."""
        sample, near = self._sample(rows), None
        if sample is not rows:
            near = self._climb(sample, starts)
            starts = [near.parameters]
        full = [np.concatenate([start, np.zeros(len(self.names) - len(start))]) for start in starts]
        return maximise(
            lambda theta: self._penalised(theta, rows), full, model=type(self).__name__, positive=len(self.basic),
            near=near, scale=float(rows["weight"].sum() / sample["weight"].sum()),
            curvature=lambda theta: self._curvature(theta, rows),
        )  # fmt: skip

    def _sample(self, rows: Rows) -> Rows:
        """Every n-th row where rows are many, else the rows themselves."""
        every = len(rows["weight"]) // _ENOUGH
        return {name: v[::every] for name, v in rows.items()} if every > 1 else rows

    def _penalised(self, theta: Array, rows: Rows) -> tuple[float, Array]:
        value, gradient = self._likelihood(theta, rows)
        ridge, slope = self._ridge(theta)
        return value - ridge, gradient - slope

    def _ridge(self, theta: Array) -> tuple[float, Array]:
        coefficients = np.where(np.arange(len(theta)) < len(self.basic), 0.0, theta)
        return self.penalty / 2 * float(coefficients @ coefficients), self.penalty * coefficients

    def _report(self, found: Optimum) -> dict[str, Any]:
        report = asdict(found.convergence)
        return report | {"at_bound": [self.names[i] for i in found.convergence.at_bound]}

    def _training_rows(self, X: Any) -> Rows:
        self._check_settings()
        rows = observations.group(self._read(X))
        if not len(rows["weight"]):
            raise FitError(f"{type(self).__name__}: there are no rows to fit.")
        check_constant(rows, self.covariates, type(self).__name__)
        return rows

    def _check_separation(self, found: Optimum, rows: Rows) -> None:
        """Refuse a coefficient that would grow for ever: a covariate that tells outcomes apart without exception."""
        if self.penalty:
            return
        free = _freedom(found.hessian)
        for i, name in list(enumerate(self.names))[len(self.basic) :]:
            covariate, c = name.partition("[")[2][:-1], found.parameters[i]
            if free[i] > _LIMITED and abs(c) * float(np.ptp(rows[covariate])) > _SEPARATES:
                raise FitError(
                    f"{type(self).__name__}: covariate '{covariate}' separates the customers: its coefficient {name} "
                    f"ran to {c:.3g} per standard deviation, and the data do not limit it.",
                    next_step="Set penalty=1 to hold it, or leave it out.",
                )

    def _check_settings(self) -> None:
        """Raise `ConfigError` for a setting that is none: when fitted or stated, as the constructor only stores."""
        names = self.covariates
        listed = isinstance(names, list | tuple) and all(isinstance(z, str) for z in names)
        if not listed or len({*names}) < len(names):
            raise ConfigError(f"covariates are a list of different columns, not {names!r}.")
        taken = sorted({*names} & {*self.columns, *self.optional})
        if taken:
            raise ConfigError(f"'{taken[0]}' is no covariate: a {type(self).__name__} reads it as a history.")
        asked.check_number(self.penalty, "penalty")

    @classmethod
    @cache  # to look at a constructor takes as long as most answers, each of which asks for the settings
    def _names_of_settings(cls) -> tuple[str, ...]:
        return tuple(cls._get_param_names())

    def _settings(self) -> dict[str, Any]:
        """The settings as they are now, and as they stand in JSON."""
        settings = {name: getattr(self, name) for name in self._names_of_settings()}
        return {name: list(value) if isinstance(value, list | tuple) else value for name, value in settings.items()}

    def _read(self, X: Any) -> Rows:
        rows = observations.read_rows(X, (*self.columns, *self.covariates), self.optional)
        self._check(rows)
        return rows

    def _asked_rows(self, X: Any) -> Rows:
        """Read the rows that an answer is for, once there is a model to give it."""
        self._theta()
        return self._read(X)

    def _learn(
        self, parameters: Array, covariance: Array | None, log_likelihood: float, rows: Rows,
        window: tuple[date, date] | None,
    ) -> None:  # fmt: skip
        self.settings_ = self._settings()
        self.parameters_: dict[str, float] = dict(zip(self.names, parameters.tolist(), strict=True))
        self.covariance_: Array | None = covariance
        self.log_likelihood_: float | None = log_likelihood
        self.observations_ = float(rows["weight"].sum())
        self.window_ = asked.read_window(window)
        self.fingerprint_ = observations.fingerprint(self._without_covariates(rows))
        self.convergence_ = None

    def _without_covariates(self, rows: Rows) -> Rows:
        """The histories alone: models with other covariates, learned from the same customers, name the same data."""
        kept = {name: v for name, v in rows.items() if name not in self.covariates}
        return observations.group(kept) if self.covariates else kept

    # --- what a subclass says

    def _check(self, rows: Rows) -> None:
        raise NotImplementedError

    def _starts(self, rows: Rows) -> Iterable[Array]:
        raise NotImplementedError

    def _row_likelihood(self, own: Sequence[Any], rows: Rows) -> tuple[Array, Sequence[Array]]:
        """Return each row's log-likelihood and its slope by each basic parameter.

        `own` holds the basic parameters in order, each a number or, with covariates, one number per row.
        """
        raise NotImplementedError

    def _curvature(self, theta: Array, rows: Rows) -> Array | None:
        """Return the Hessian of `_likelihood` where it has a closed form; None: by differences of the gradient."""
        return None

    # --- how covariates and weights come in

    def _likelihood(self, theta: Array, rows: Rows) -> tuple[float, Array]:
        """Return the weighted log-likelihood of rows and its gradient by `theta`, in the order of `names`."""
        own = self._own(theta, rows)
        value, slopes = self._row_likelihood(own, rows)
        weight = rows["weight"]
        relative = [slope * parameter for slope, parameter in zip(slopes, own, strict=True)]
        gradient = [weighted_sum(weight, r) / float(t) for r, t in zip(relative, theta, strict=False)]
        for shift, sign in self.shifts.items():
            by_shift = weight * relative[self.basic.index(shift)] * sign
            gradient += [float(np.sum(by_shift * rows[z])) for z in self.covariates]
        return weighted_sum(weight, value), np.array(gradient)

    def _own(self, theta: Array, rows: Rows) -> list[Any]:
        """Return each basic parameter as the rows' customers have it: a number, or one per row with covariates."""
        own: list[Any] = [float(t) for t in theta[: len(self.basic)]]
        if self.covariates:
            design = np.column_stack([rows[z] for z in self.covariates])
            coefficients = theta[len(self.basic) :].reshape(len(self.shifts), -1)
            for (shift, sign), c in zip(self.shifts.items(), coefficients, strict=True):
                own[self.basic.index(shift)] = _shifted(own[self.basic.index(shift)], sign * (design @ c))
        return own

    # --- how good it is

    def log_likelihood(self, X: Any) -> float:
        """Return the log-likelihood of rows under the fitted parameters."""
        return self._likelihood(self._theta(), self._read(X))[0]

    def score(self, X: Any, y: None = None) -> float:
        """Return the mean log-likelihood of a customer, by weight: what cross-validation in scikit-learn compares.

        Raises `FitError` where there is no customer.
        """
        theta, rows = self._theta(), self._read(X)
        customers = float(rows["weight"].sum())
        if not customers > 0:
            many = len(rows["weight"])
            raise FitError(
                f"{type(self).__name__}: there is no customer to score: none of {many} rows has a weight above 0.",
                next_step="Give rows of which some have a weight above 0.",
            )
        return self._likelihood(theta, rows)[0] / customers

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
        now = self._settings()
        for name, fitted in self.settings_.items():
            if now[name] != fitted:
                raise NotFittedError(
                    f"this {type(self).__name__} has learned with {name}={fitted!r}, and is now set to {now[name]!r}.",
                    next_step="Fit it again, or set that back.",
                )
        return np.array([self.parameters_[name] for name in self.names])

    def _maximum(self) -> float:
        self._theta()
        if self.log_likelihood_ is None:
            raise NotFittedError(f"the parameters of this {type(self).__name__} are stated, not fitted.")
        return self.log_likelihood_

    # --- as JSON

    def to_json(self) -> str:
        """Return the fitted model as JSON: settings, parameters, covariance, convergence, window and fingerprint."""
        self._theta()
        state = {name: getattr(self, name) for name in self.learned}
        state |= {"model": type(self).__name__, "settings": self.settings_}
        return json.dumps(state, sort_keys=True, allow_nan=False, default=methodcaller("tolist"))  # what is NumPy's

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Restore a model that scores the same to the last digit.

        Raises `ConfigError` for another model's JSON, and for one that is damaged or of another version.
        """
        if not isinstance(text, str | bytes):
            raise ConfigError(f"the JSON of a model is text, not a {type(text).__name__}.", next_step="Read the file.")
        try:
            state = json.loads(text)
        except (ValueError, RecursionError):  # the latter is what a thousand brackets end in
            state = None
        if not isinstance(state, dict):
            problem = f"this is no JSON of a model: it has {len(text)} characters and may be cut off."
            raise ConfigError(problem, next_step=_WRITE_ANEW)
        if state.get("model") != cls.__name__:
            which = f"the JSON of a {state['model']}" if "model" in state else "JSON that names no model"
            raise ConfigError(f"this is {which}, not of a {cls.__name__}.", next_step=_WRITE_ANEW)
        try:
            check_state(state)
            model = cls(**state["settings"])
            model._check_settings()
            learned = {name: state[name] for name in cls.learned}
            model._state(learned.pop("parameters_"))
            learned["covariance_"] = read_covariance(learned["covariance_"], len(model.names))
        except (KeyError, TypeError, ValueError) as error:
            lacks = isinstance(error, KeyError) and not isinstance(error, ConfigError)  # an unknown name is both
            reason = f"it lacks {error}" if lacks else str(error).removesuffix(".")
            problem = f"the JSON of this {cls.__name__} is damaged or of another version: {reason}."
            raise ConfigError(problem, next_step=_WRITE_ANEW) from None
        for name, value in learned.items():
            setattr(model, name, value)
        return model

    @classmethod
    def from_parameters(cls, parameters: Sequence[float] | Mapping[str, float], **settings: Any) -> Self:
        """Make a model with stated parameters, for priors and for textbook examples; it has no likelihood.

        Reads the parameters in the order of `names`, or by name.
        Raises `ConfigError` for another number of parameters, and for one of a distribution that is not above 0.
        """
        model = cls(**settings)
        model._check_settings()
        for name in cls.learned:
            setattr(model, name, None)
        model._state(parameters)
        return model

    def _state(self, parameters: Sequence[float] | Mapping[str, float]) -> None:
        if isinstance(parameters, Mapping):
            unknown = [name for name in (*parameters, *self.names) if name not in parameters or name not in self.names]
            if unknown:
                raise UnknownNameError("parameter", unknown[0], self.names if unknown[0] in parameters else parameters)
            parameters = [parameters[name] for name in self.names]
        given = np.atleast_1d(
            asked.listed(parameters, f"a parameter of a {type(self).__name__}", least=-np.inf)
        ).tolist()
        if len(given) != len(self.names):
            names = ", ".join(self.names)
            raise ConfigError(f"a {type(self).__name__} has {len(self.names)} parameters ({names}), not {len(given)}.")
        stated = dict(zip(self.names, given, strict=True))
        for name, value in stated.items():
            if not np.isfinite(value) or (name in self.basic and value <= 0):
                raise ConfigError(f"parameter {name} of a {type(self).__name__} is not {value:g}, but above 0.")
        self.settings_, self.parameters_ = self._settings(), stated


def _freedom(hessian: Array) -> Array:
    """Return the share of each parameter, 0 to 1, in the directions that the data do not limit."""
    values, vectors = np.linalg.eigh(hessian)
    flat = vectors[:, values < max(1.0, _FLAT * values[-1])]  # 1: a standard error of a factor of e
    return np.asarray(np.sum(np.square(flat), axis=1))


def _shifted(parameter: float, logarithm: Array) -> Array:
    """Multiply a parameter by what covariates say; a search may step to where the product would overflow.

    A parameter that is stated for covariates far from a customer's own may itself lie far from its product.
    """
    least, most = (side * _FARTHEST - np.log(parameter) for side in (-1, 1))
    return np.asarray(parameter * np.exp(np.clip(logarithm, min(-_FARTHEST, least), max(_FARTHEST, most))))
