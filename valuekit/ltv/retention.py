"""A check of the renewal model that assumes no model: the Kaplan-Meier estimate of the same histories."""

from typing import Any

import numpy as np
from statsmodels.duration.survfunc import SurvfuncRight

from valuekit.ltv.models import RenewalModel
from valuekit.ltv.models.observations import Array, read_columns


def retention_check(rows: Any, model: RenewalModel) -> list[dict[str, float]]:
    """Set the fitted retention curve beside Kaplan-Meier's, with its 95% band.

    Reads: rows as `RenewalModel.fit` reads them (renewals survived, churned, weight, entered), in steps of one. A
    customer who was first seen after so many renewals is at risk from the next one on. Where nobody was seen from the
    start, both curves begin where the first customers were.
    Returns one row per renewal at which somebody churned: `renewal`, `at_risk`, `kaplan_meier`, `lower`, `upper`
    (Greenwood) and `model`, each the share of customers who survive that renewal. No rows where nobody was at risk.

    >>> rows = {"renewals": [0, 1, 2], "churned": [1, 1, 0], "weight": [4, 2, 4]}
    >>> from valuekit.ltv.models import ShiftedBetaGeometric
    >>> check = retention_check(rows, ShiftedBetaGeometric.from_parameters([1.0, 1.5]))
    >>> [round(row["kaplan_meier"], 2) for row in check], [round(row["model"], 2) for row in check]
    ([0.6, 0.4], [0.6, 0.43])
    """
    until, churned, weight, entered = met_renewals(rows)
    if not len(until):
        return []
    curve = SurvfuncRight(until, churned, entry=entered, freq_weights=weight)
    at_risk, lost, there = curve.n_risk, curve.n_events, curve.surv_prob
    left = np.maximum(at_risk - lost, 1e-12)  # where all leave, nobody is left and the band has no width
    band = 1.96 * there * np.sqrt(np.cumsum(lost / (at_risk * left)))
    columns = {
        "renewal": curve.surv_times,
        "at_risk": at_risk,
        "kaplan_meier": there,
        "lower": np.maximum(there - band, 0.0),
        "upper": np.minimum(there + band, 1.0),
        "model": model.survival(curve.surv_times) / model.survival(entered.min()),
    }
    return [dict(zip(columns, map(float, row), strict=True)) for row in zip(*columns.values(), strict=True)]


def met_renewals(rows: Any) -> tuple[Array, Array, Array, Array]:
    """Return up to which renewal each history goes, whether it ended there, its weight, and where it was first seen.

    Histories that have met no renewal since they were first seen say nothing, and are left out.
    """
    data = read_columns(rows, ("renewals", "churned"), {"weight": 1.0, "entered": 0.0})
    # A customer who churned at renewal n + 1 survived n; one who still runs has not met that renewal yet.
    until = data["renewals"] + data["churned"]
    met = (until > data["entered"]) & (data["weight"] > 0)
    return until[met], data["churned"][met], data["weight"][met], data["entered"][met]
