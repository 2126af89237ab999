"""A check of the renewal model that assumes no model: the Kaplan-Meier estimate of the same histories."""

from typing import Any

import numpy as np
from statsmodels.duration.survfunc import SurvfuncRight

from valuekit.ltv.models.observations import read_columns
from valuekit.ltv.models.shifted_beta_geometric import ShiftedBetaGeometric


def retention_check(rows: Any, model: ShiftedBetaGeometric) -> list[dict[str, float]]:
    """Set the fitted retention curve beside Kaplan-Meier's, with its 95% band.

    Reads: rows as `ShiftedBetaGeometric.fit` reads them (renewals survived, churned, weight), in steps of one.
    Returns one row per renewal at which somebody churned: `renewal`, `at_risk`, `kaplan_meier`, `lower`, `upper`
    (Greenwood) and `model`, each the share of customers who survive that renewal.

    >>> rows = {"renewals": [0, 1, 2], "churned": [1, 1, 0], "weight": [4, 2, 4]}
    >>> check = retention_check(rows, ShiftedBetaGeometric.from_parameters([1.0, 1.5]))
    >>> [round(row["kaplan_meier"], 2) for row in check], [round(row["model"], 2) for row in check]
    ([0.6, 0.4], [0.6, 0.43])
    """
    data = read_columns(rows, ("renewals", "churned"), {"weight": 1.0})
    # A customer who churned at renewal n + 1 survived n; one who still runs has not met that renewal yet.
    curve = SurvfuncRight(data["renewals"] + data["churned"], data["churned"], freq_weights=data["weight"])
    band = 1.96 * np.nan_to_num(curve.surv_prob_se)
    columns = {
        "renewal": curve.surv_times,
        "at_risk": curve.n_risk,
        "kaplan_meier": curve.surv_prob,
        "lower": np.maximum(curve.surv_prob - band, 0.0),
        "upper": np.minimum(curve.surv_prob + band, 1.0),
        "model": model.survival(curve.surv_times),
    }
    return [dict(zip(columns, map(float, row), strict=True)) for row in zip(*columns.values(), strict=True)]
