"""A check of the renewal model that assumes no model: the Kaplan-Meier estimate of the same histories."""

from typing import Any

import numpy as np
from statsmodels.duration.survfunc import SurvfuncRight

from valuekit.errors import FitError
from valuekit.ltv.models import RenewalModel
from valuekit.ltv.models.observations import Array, read_rows, require
from valuekit.ltv.models.renewal_model import check_histories


def retention_check(rows: Any, model: RenewalModel) -> list[dict[str, float]]:
    """Set the fitted retention curve beside Kaplan-Meier's, with its 95% band.

    Reads: rows as `RenewalModel.fit` reads them (renewals survived, churned, weight, entered), in steps of one; it
    refuses what that refuses (`FitError`), and any other step. A
    customer who was first seen after so many renewals is at risk from the next one on. Where nobody was seen from the
    start, both curves begin where the first customers were.
    Returns one row per renewal that somebody met: `renewal`, `at_risk`, `kaplan_meier`, `lower`, `upper`
    (Greenwood) and `model`, each the share of customers who survive that renewal. No rows where nobody was at risk.

    >>> rows = {"renewals": [0, 1, 2], "churned": [1, 1, 0], "weight": [4, 2, 4]}
    >>> from valuekit.ltv.models import ShiftedBetaGeometric
    >>> check = retention_check(rows, ShiftedBetaGeometric.from_parameters([1.0, 1.5]))
    >>> [round(row["kaplan_meier"], 2) for row in check], [round(row["model"], 2) for row in check]
    ([0.6, 0.4], [0.6, 0.43])
    """
    if model.covariates:
        names = ", ".join(model.covariates)
        raise FitError(
            f"this {type(model).__name__} has a curve for each value of {names}, and the check is of one curve.",
            next_step="Check a model without covariates, fitted to customers who share their values.",
        )
    until, churned, weight, entered = met_renewals(rows)
    if not len(until):
        return []
    curve = SurvfuncRight(until, churned, entry=entered, freq_weights=weight)
    left = np.maximum(curve.n_risk - curve.n_events, 1e-12)  # where all leave, nobody is left and the band has no width
    band = 1.96 * curve.surv_prob * np.sqrt(np.cumsum(curve.n_events / (curve.n_risk * left)))
    renewal = np.arange(1.0, until.max() + 1)
    at_risk = _at_risk(renewal, until, entered, weight)
    renewal, at_risk = renewal[at_risk > 0], at_risk[at_risk > 0]
    passed = np.searchsorted(curve.surv_times, renewal, side="right")  # the curve is flat where nobody left
    there, width = np.append(1.0, curve.surv_prob)[passed], np.append(0.0, band)[passed]
    columns = {
        "renewal": renewal,
        "at_risk": at_risk,
        "kaplan_meier": there,
        "lower": np.maximum(there - width, 0.0),
        "upper": np.minimum(there + width, 1.0),
        "model": model.survival(renewal) / model.survival(entered.min()),
    }
    return [dict(zip(columns, map(float, row), strict=True)) for row in zip(*columns.values(), strict=True)]


def _at_risk(renewal: Array, until: Array, entered: Array, weight: Array) -> Array:
    """Count who met each renewal: seen before it, and there until it."""
    size = len(renewal)
    begun, ended = (np.cumsum(np.bincount(v.astype(np.int64), weight, minlength=size))[:size] for v in (entered, until))
    return np.asarray(begun - ended, dtype=np.float64)


def met_renewals(rows: Any) -> tuple[Array, Array, Array, Array]:
    """Return up to which renewal each history goes, whether it ended there, its weight, and where it was first seen.

    Histories that have met no renewal since they were first seen say nothing, and are left out.
    """
    data = read_rows(rows, RenewalModel.columns, RenewalModel.optional)
    check_histories(data)
    whole = (data["step"] == 1) & (data["entered"] % 1 == 0)
    require(data, whole, "renewals are counted in whole steps of 1")
    # A customer who churned at renewal n + 1 survived n; one who still runs has not met that renewal yet.
    until = data["renewals"] + data["churned"]
    met = (until > data["entered"]) & (data["weight"] > 0)
    return until[met], data["churned"][met], data["weight"][met], data["entered"][met]
