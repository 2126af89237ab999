"""Is a stored model still right? New data against its likelihood, its parameters and its forecast."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal, TypeVar, Unpack

import numpy as np
from scipy.stats import chi2

from valuekit.errors import ConfigError
from valuekit.ltv.models import BgCnbdK, BgNbd, MaximumLikelihood, MbgCnbdK, MbgNbd, ParetoNbd, PurchaseModel
from valuekit.ltv.order_lines import Reading, order_lines
from valuekit.ltv.summary import Unmatched, customers, day_of, hold_out, summarise_lines

Model = TypeVar("Model", bound=MaximumLikelihood)
_MODELS: dict[str, type[PurchaseModel]] = {
    model.__name__: model for model in (BgNbd, MbgNbd, ParetoNbd, BgCnbdK, MbgCnbdK)
}

TOLERATED_BIAS = 0.10
"""Share by which the sum of purchases since may be off before a refit pays."""
TOLERATED_LOSS = 0.01
"""Log-likelihood of a customer that stored parameters may lose against new ones."""
UNLIKELY = 0.01
"""Probability below which a difference is not taken for chance."""


@dataclass(frozen=True)
class Drift:
    """What was found, and what to do.

    Log-likelihoods are of a customer: `trained` when the model was fitted, `stored` of its parameters on the new data,
    `refit` of the best parameters there (both None where they cannot be compared). `wald` is the squared distance of
    both sets of logarithms of parameters in units of their covariances, with `parameters` degrees of freedom; `wald_p`
    its probability by chance (both None where a covariance is missing). `foretold` and `came` are what the model was
    asked for, since its window: purchases, say, by the customers of then; `bias` their difference as a share, `z` in
    standard deviations of chance.
    """

    verdict: Literal["keep", "refit"]
    reason: str
    customers: int
    trained: float | None
    stored: float | None
    refit: float | None
    wald: float | None
    wald_p: float | None
    parameters: int
    foretold: float
    came: float
    bias: float | None
    z: float | None
    stored_parameters: dict[str, float]
    refit_parameters: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        """Return all numbers by name."""
        return asdict(self)


def read_purchase_model(text: str | bytes, where: str = "model") -> PurchaseModel:
    """Restore a purchase model from JSON; raises `ConfigError` for what is none, and for one that is damaged."""
    return read_model(text, where, _MODELS, "model of purchases")


def read_model(text: str | bytes, where: str, known: Mapping[str, type[Model]], what: str) -> Model:
    """Restore one of the `known` models from JSON; raises `ConfigError` that says where and what is wrong."""
    try:
        read = text.decode("utf-8") if isinstance(text, bytes) else text
        name = json.loads(read)["model"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ConfigError("is no model file.", where=where, next_step="Name the JSON of a fitted model.") from None
    if not isinstance(name, str) or name not in known:
        raise ConfigError(
            f"holds a {name}, which is no {what} that can be checked.",
            where=where,
            next_step=f"Known: {', '.join(sorted(known))}.",
        )
    try:
        return known[name].from_json(read)
    except ConfigError as error:
        raise ConfigError(error.what, where=where, next_step=error.next_step) from None


def check_drift(
    model: PurchaseModel,
    orders: Any,
    *,
    as_of: date | None = None,
    unmatched_returns: Unmatched = "reduce",
    **reading: Unpack[Reading],
) -> Drift:
    """Compare a stored model with orders up to a later day.

    Reads `orders` as `summary.summarise` does: those of the model's time and those since. `refit` is the verdict when
    purchases since are off by more than `TOLERATED_BIAS` and by more than chance, or when new parameters differ by more
    than chance and stored ones lose more than `TOLERATED_LOSS` of log-likelihood a customer. Customers of both times
    are counted as independent in `wald_p`, which makes it cautious: it finds less than there is.
    Raises `ConfigError` for a model that is not fitted, such as a stated prior, or without window, and for orders that
    do not go beyond it or none of which is of its time.
    """
    window = getattr(model, "window_", None)
    if not window and getattr(model, "observations_", None) is None:
        raise ConfigError(
            "the model does not say of what time it is: as a stated prior, it was fitted to nothing that could change.",
            next_step="Fit it with window=(first, last).",
        )
    if not window:
        raise ConfigError("the model does not say of what time it is.", next_step="Fit it with window=(first, last).")
    end = date.fromisoformat(window[1])
    with order_lines(orders, **reading) as engine:
        day = day_of(engine, as_of)
        if day <= end:
            raise ConfigError(f"orders up to {day} say nothing of a model of {end}.", next_step="Give later orders.")
        gaps = "log_gaps" in model.optional
        summarise_lines(engine, end, model.unit, unmatched_returns=unmatched_returns, log_gaps=gaps)
        hold_out(engine, end, day)
        then = customers(engine, end, unmatched_returns)
        if not len(then):
            advice = "Give the orders of its customers: those of its time and those since."
            raise ConfigError(f"no order is of the model's time, up to {end}.", where="orders", next_step=advice)
        came = np.asarray(engine.query("SELECT purchases FROM order_holdout ORDER BY party_id")["purchases"], float)
        summarise_lines(engine, day, model.unit, unmatched_returns=unmatched_returns, log_gaps=gaps)
        now = customers(engine, day, unmatched_returns)
    return _compare(model, then, came, now, model.unit.from_days((day - end).days))


def _compare(model: PurchaseModel, then: Any, came: Any, now: Any, ahead: float) -> Drift:
    fresh = type(model)(**model.get_params()).fit(now)
    count = len(now)
    foretold = float(np.sum(model.expected_purchases(ahead, then)))
    deviation = float(np.sqrt(np.sum(model.purchase_variance(ahead, then))))
    likelihoods = model.log_likelihood(now) / count, fresh.log_likelihood(now) / count
    return judged(model, fresh, "purchases", count, likelihoods, (foretold, float(came.sum()), deviation))


def judged(
    stored: MaximumLikelihood,
    fresh: MaximumLikelihood,
    what: str,
    count: int,
    likelihoods: tuple[float, float] | None,
    comparison: tuple[float, float, float],
) -> Drift:
    """Judge a stored model beside a new fit, by likelihoods of a customer and by what it foretold of `what`.

    `likelihoods` are of the stored and of the new parameters, on `count` customers of the new data; `comparison` is the
    sum that was foretold, the sum that came, and the standard deviation of their difference by chance.
    """
    foretold, came, deviation = comparison
    wald, wald_p = distance(stored, fresh)
    bias = (foretold - came) / came if came else None
    z = (foretold - came) / deviation if deviation and np.isfinite(deviation) else None
    before, after = likelihoods or (None, None)
    loss = None if before is None or after is None else after - before
    verdict, reason = _judge(what, bias, z, loss, wald_p)
    trained = stored.log_likelihood_ / stored.observations_ if stored.log_likelihood_ and stored.observations_ else None
    return Drift(
        verdict, reason, count, trained, before, after, wald, wald_p, len(stored.names), foretold, came, bias, z,
        dict(stored.parameters_), dict(fresh.parameters_),
    )  # fmt: skip


def distance(first: MaximumLikelihood, second: MaximumLikelihood) -> tuple[float | None, float | None]:
    """Return Wald's statistic of the difference of two fits, and its probability by chance.

    Positive parameters are compared by their logarithms, whose errors are closer to normal. Both are None where a
    covariance is missing, or the models are of two kinds.
    """
    if first.covariance_ is None or second.covariance_ is None or first.names != second.names:
        return None, None
    positive = np.arange(len(first.names)) < len(first.basic)
    difference, covariance = np.zeros(len(first.names)), np.zeros((len(first.names),) * 2)
    for model, sign in ((first, 1.0), (second, -1.0)):
        theta = np.array([model.parameters_[name] for name in model.names])
        scale = np.where(positive, 1 / np.where(positive, theta, 1.0), 1.0)
        difference += sign * np.where(positive, np.log(np.where(positive, theta, 1.0)), theta)
        covariance += np.outer(scale, scale) * model.covariance_
    statistic = float(difference @ np.linalg.solve(covariance, difference))
    return statistic, float(chi2.sf(statistic, len(difference)))


def _judge(
    what: str, bias: float | None, z: float | None, loss: float | None, wald_p: float | None
) -> tuple[Literal["keep", "refit"], str]:
    if z is not None and (bias is None or abs(bias) > TOLERATED_BIAS) and chi2.sf(z * z, 1) < UNLIKELY:
        found = f"no {what} came" if bias is None else f"{what} since were foretold {bias:+.1%} off"
        return "refit", f"{found}, {abs(z):.1f} deviations of chance"
    if wald_p is not None and wald_p < UNLIKELY and loss is not None and loss > TOLERATED_LOSS:
        return "refit", f"new parameters gain {loss:.4f} of log-likelihood a customer, and differ beyond chance"
    off = f"{what} since cannot be compared" if bias is None else f"{what} since were foretold {bias:+.1%} off"
    if bias is not None and z is not None and abs(bias) > TOLERATED_BIAS:
        probability = f"probability {chi2.sf(z * z, 1):.1%}; the limit is {UNLIKELY:.0%}"
        off += f", which may be chance ({abs(z):.1f} deviations, {probability})"
    gain = "likelihoods cannot be compared" if loss is None else f"new parameters gain {loss:.4f} of log-likelihood"
    return "keep", f"{off}, and {gain}{' a customer' if loss is not None else ''}"
