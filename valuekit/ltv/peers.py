"""What like customers cost a month: a generalised linear model over cells, and how much customers of a cell differ."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from valuekit.errors import FitError
from valuekit.ltv.models.observations import Array

POWER = 1.5
"""Power of the mean that a month's variance follows: between counts (1) and amounts (2), so months can be free."""

MINIMUM_CUSTOMERS = 100
"""A model is fitted from so many customers on; below, the mean of peers stands in."""

MINIMUM_WITH_COST = 30
"""So many of them must have cost."""

PRIOR_MONTHS = 6.0
"""Months of the mean peer where the data cannot say how much customers differ: a stated prior."""

Cells = Mapping[str, Array]


@dataclass(frozen=True)
class Peers:
    """Peers of one function: one value per state (a cell that somebody stands in), in currency a month."""

    function: str
    model: str
    """`glm`, or `mean` where no model can be fitted; `facts` say why."""
    mean: Array
    """Cost a month at the tenure of the months seen."""
    next_mean: Array
    """Cost a month of the next year."""
    own_months: Array
    """k: own months that weigh as much as the peers; infinite where customers do not differ."""
    facts: dict[str, object]


def fit_peers(function: str, cells: Cells | None, states: Cells) -> Peers:
    """Predict every state of one function.

    Reads `cells`: one row per cell of customers with `has_contract`, `is_active`, `size_step`, `tenure_step`,
    `use_step`, `parties`, `with_cost`, `months`, `cost` and the sums over two years of `cost_cells`; None when no
    customer has a whole month. `states` has the cells to predict, with `next_step`, the tenure in the next year.
    """
    if cells is None:
        nothing = np.zeros(len(states["has_contract"]))
        facts = _facts(function, "mean", "no customer has a whole month yet", _NO_CELLS, _STATED)
        return Peers(function, "mean", nothing, nothing, nothing + PRIOR_MONTHS, facts)
    later = {**states, "tenure_step": states["next_step"]}
    try:
        fitted, now, then = _fit_glm(cells, states, later)
        model, note = "glm", ""
    except FitError as error:
        fitted, now, then = (_means(cells, rows) for rows in (cells, states, later))
        model, note = "mean", error.what
    found = _differences(cells, fitted) if model == "glm" else _STATED
    return Peers(function, model, now, then, found.own_months(now), _facts(function, model, note, cells, found))


def _fit_glm(cells: Cells, *asked: Cells) -> list[Array]:
    """Return predictions for the cells, and for each of the others that are asked for; raises `FitError`."""
    customers, with_cost = int(cells["parties"].sum()), int(cells["with_cost"].sum())
    if customers < MINIMUM_CUSTOMERS or with_cost < MINIMUM_WITH_COST:
        raise FitError(f"{customers} customers, {with_cost} of them with cost, are too few for a model")
    cost = np.maximum(cells["cost"] / cells["months"], 0)
    level = float((cost * cells["months"]).sum() / cells["months"].sum())
    designs = _designs(cells, *asked)
    if designs[0].shape[1] < 2:
        raise FitError("customers do not vary in contract, stage, size, tenure or use")
    coefficients = _tweedie(cost / level, designs[0], cells["months"])
    means = [level * np.exp(np.clip(rows @ coefficients, -20.0, 20.0)) for rows in designs]
    return [np.minimum(mean, means[0].max()) for mean in means]


def _tweedie(cost: Array, design: Array, weights: Array) -> Array:
    import statsmodels.api as sm  # noqa: PLC0415 - it takes a second to load

    family = sm.families.Tweedie(var_power=POWER, link=sm.families.links.Log())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a perfect fit too; `_solves` judges
        try:
            result = sm.GLM(cost, design, family=family, var_weights=weights).fit(maxiter=100, scale=1.0)
        except (ValueError, FloatingPointError, np.linalg.LinAlgError) as error:
            raise FitError(f"the model does not converge ({error})") from error
    coefficients = np.asarray(result.params)
    if not _solves(coefficients, cost, design, weights):
        raise FitError("the model does not converge")
    return coefficients


def _solves(coefficients: Array, cost: Array, design: Array, weights: Array) -> bool:
    """Say whether the likelihood equations hold, sum of w x (y - m) m^(1-p) = 0: a perfect fit is no fault either."""
    mean = np.exp(np.clip(design @ coefficients, -20.0, 20.0))
    terms = weights * mean ** (1 - POWER)
    left = np.abs(design.T @ (terms * (cost - mean)))
    return bool(np.isfinite(coefficients).all() and (left <= 1e-4 * (np.abs(design).T @ (terms * (cost + mean)))).all())


def _designs(cells: Cells, *asked: Cells) -> list[Array]:
    """Return the design matrices: no prediction goes beyond what the cells hold, or rests on what does not vary."""
    bounds = {name: (cells[name].min(), cells[name].max()) for name in ("size_step", "tenure_step", "use_step")}
    known = [{**rows, **{n: np.clip(rows[n], *b) for n, b in bounds.items()}} for rows in (cells, *asked)]
    designs = [_columns(rows) for rows in known]
    kept = [0]
    for column in range(1, designs[0].shape[1]):
        if np.linalg.matrix_rank(designs[0][:, [*kept, column]]) > len(kept):
            kept.append(column)
    return [design[:, kept] for design in designs]


def _columns(rows: Cells) -> Array:
    contract, size, use = rows["has_contract"], rows["size_step"] / 2, rows["use_step"] / 2
    tenure = [(rows["tenure_step"] >= step).astype(float) for step in (1, 2, 3, 4, 5)]
    return np.column_stack(
        [np.ones(len(size)), contract, rows["is_active"], size, contract * size, use, use > 0, *tenure]
    )


def _means(cells: Cells, states: Cells) -> Array:
    """Mean cost a month of the customers with contract, and of those without."""
    found = np.zeros(len(states["has_contract"]))
    for kind in (0.0, 1.0):
        of_kind = cells["has_contract"] == kind
        months = cells["months"][of_kind].sum()
        found[states["has_contract"] == kind] = cells["cost"][of_kind].sum() / months if months else 0.0
    return found


@dataclass(frozen=True)
class _Differences:
    """How much customers of a cell differ: squared coefficient of variation between them, and dispersion of months."""

    between: float | None
    dispersion: float | None

    def own_months(self, mean: Array) -> Array:
        """Return k where customers cost `mean` a month: d m^p / (b m^2), or the stated prior."""
        if self.between is None or self.dispersion is None:
            return np.full(len(mean), PRIOR_MONTHS)
        within, between = self.dispersion * mean**POWER, self.between * mean**2
        return np.asarray(np.divide(within, between, out=np.full(len(mean), np.inf), where=between > 0))


_STATED = _Differences(None, None)


def _differences(cells: Cells, mean: Array) -> _Differences:
    """Estimate by moments: what two years of a customer share is between customers, how they differ is within it.

    E[(y1 - n1 m)(y2 - n2 m)] = n1 n2 b m^2 and E[(n2 y1 - n1 y2)^2] = n1 n2 (n1 + n2) d m^p, each summed over customers
    with weight m^-p; where m is below the mean of all, with that of the mean. Else a cell that is expected to cost next
    to nothing, and did cost something the year before, would outweigh all others.
    """
    m, level = mean, float((mean * cells["months"]).sum() / cells["months"].sum())
    weight = np.maximum(m, level) ** -POWER
    if not cells["pairs"].sum():
        return _STATED
    shared = cells["shared"] - m * cells["cost_pairs"] + m**2 * cells["pairs"]
    between = float((shared * weight).sum() / (cells["pairs"] * m**2 * weight).sum())
    dispersion = float((cells["apart"] * weight).sum() / (cells["months_apart"] * m**POWER * weight).sum())
    return _Differences(max(between, 0.0), dispersion)


_NO_CELLS: Cells = {name: np.zeros(0) for name in ("parties", "with_cost", "months", "cost")}


def _facts(function: str, model: str, note: str, cells: Cells, found: _Differences) -> dict[str, object]:
    months = cells["months"].sum()
    level = cells["cost"].sum() / months if months else 0.0
    k = float(found.own_months(np.array([max(level, 1e-9)]))[0])
    return {
        "function": function,
        "model": model,
        "note": note,
        "customers": int(cells["parties"].sum()),
        "with_cost": int(cells["with_cost"].sum()),
        "cells": len(cells["months"]),
        "monthly": float(-level),
        "own_months": k if np.isfinite(k) else None,
        "between": found.between,
        "dispersion": found.dispersion,
    }
