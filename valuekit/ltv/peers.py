"""What like customers cost a month: a generalised linear model over cells, and how much customers of a cell differ."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from valuekit.errors import FitError
from valuekit.ltv.models.observations import Array

POWER = 1.5
"""Power of the mean that a month's variance follows: between counts (1) and amounts (2), so months can be free."""

MINIMUM_CUSTOMERS = 100
"""A model is fitted from so many customers on; below, the mean of peers stands in."""

MINIMUM_WITH_COST = 30
"""So many of them must have cost; so many also say how much customers differ."""

PRIOR_MONTHS = 6.0
"""Months of the mean peer where the data cannot say how much customers differ: a stated prior."""

Cells = Mapping[str, Array]


@dataclass(frozen=True)
class Peers:
    """Peers of one function: one value per state (a cell that somebody stands in), in currency a month.

    A peer of a customer whose size is x costs `mean` exp(`by_log_size` (ln(1 + x) - `log_size`)) + `per_size` x.
    """

    function: str
    model: str
    """`glm`, or `mean` where no model can be fitted; `facts` say why."""
    mean: Array
    """Cost a month at the tenure of the months seen."""
    next_mean: Array
    """Cost a month of the next year."""
    log_size: Array
    """Logarithm of 1 + the mean size of who stands in the cell."""
    by_log_size: Array
    """How a `glm`'s mean goes with the logarithm of the size."""
    per_size: Array
    """Cost per unit of the customer's recurring revenue, or of what it receives a month; a `glm` has it in the mean."""
    own_months: Array
    """k: own months that weigh as much as the peers; infinite where customers do not differ."""
    facts: dict[str, object]


def fit_peers(function: str, cells: Cells | None, states: Cells) -> Peers:
    """Predict every state of one function.

    Reads `cells`: one row per cell of customers with `has_contract`, `is_active`, `size_step`, `tenure_step`,
    `use_step`, `parties`, `with_cost`, `months`, `sized` (months times size), `spent` (all cost), `cost` (what does not
    follow the money), `share` (per unit of money, what does) and the sums over two years of `cost_cells`; None when no
    customer has a whole month. `states` has the cells to predict, with `next_step`, the tenure in the next year, and
    `size`, the mean size of who stands in them.
    """
    nothing, log_size = np.zeros(len(states["has_contract"])), np.log1p(np.maximum(states["size"], 0))
    if cells is None:
        facts = _facts(function, "mean", "no customer has a whole month yet", _NO_CELLS, _STATED)
        return Peers(function, "mean", nothing, nothing, log_size, nothing, nothing, nothing + PRIOR_MONTHS, facts)
    now = {**states, "size": log_size}
    later = {**now, "tenure_step": states["next_step"]}
    try:
        (fitted, mean, next_mean), by_log_size = _fit_glm(cells, now, later)
        found = _differences(cells, fitted)
        facts = _facts(function, "glm", "", cells, found)
        return Peers(function, "glm", mean, next_mean, log_size, by_log_size, nothing, found.own_months(mean), facts)
    except FitError as error:
        note = error.what
    head, per_size = _of_kind(_by_size(cells), cells)
    found = _differences(cells, np.maximum(head + per_size * cells["sized"] / cells["months"], 0.0))
    facts = _facts(function, "mean", note, cells, found)
    head, per_size = _of_kind(_by_size(cells), states)
    own_months = found.own_months(np.maximum(head + per_size * np.maximum(states["size"], 0), 0.0))
    return Peers(function, "mean", head, head, log_size, nothing, per_size, own_months, facts)


def _fit_glm(cells: Cells, *asked: Cells) -> tuple[list[Array], Array]:
    """Return predictions for the cells and for each of the others, and how those of the first go with log size.

    Raises `FitError`.
    """
    customers, with_cost = int(cells["parties"].sum()), int(cells["with_cost"].sum())
    if customers < MINIMUM_CUSTOMERS or with_cost < MINIMUM_WITH_COST:
        raise FitError(f"{customers} customers, {with_cost} of them with cost, are too few for a model")
    cost = np.maximum(cells["cost"] / cells["months"], 0)
    level = float((cost * cells["months"]).sum() / cells["months"].sum())
    left = float(cells["cost"].sum() / cells["months"].sum())
    if left <= 0:
        raise FitError("all cost follows the money received")
    designs, kept = _designs({**cells, "size": _log_size(cells)}, *asked)
    if len(kept) < 2:
        raise FitError("customers do not vary in contract, stage, size, tenure or use")
    coefficients = _tweedie(cost / level, designs[0], cells["months"])
    means = [left * np.exp(np.clip(rows @ coefficients, -20.0, 20.0)) for rows in designs]
    by_name = dict.fromkeys(_COLUMNS, 0.0) | {_COLUMNS[k]: float(c) for k, c in zip(kept, coefficients, strict=True)}
    by_log_size = by_name["size"] + by_name["size_of_contract"] * asked[0]["has_contract"]
    most = means[0].max() * np.exp(_HALF_STEP * max(by_log_size.max(initial=0.0), 0.0))
    return [np.minimum(mean, most) for mean in means], by_log_size


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


def _log_size(cells: Cells) -> Array:
    """Return log(1 + mean size) of each cell; of one step alone its middle, for these are too much alike to tell."""
    steps = cells["size_step"]
    return np.log1p(np.maximum(cells["sized"] / cells["months"], 0)) if np.ptp(steps) else steps / 2


def _designs(cells: Cells, *asked: Cells) -> tuple[list[Array], list[int]]:
    """Return the design matrices, and which columns they have.

    No prediction goes beyond what the cells hold, or rests on what does not vary.
    """
    bounds = {name: (cells[name].min(), cells[name].max()) for name in ("tenure_step", "use_step")}
    bounds["size"] = cells["size"].min() - _HALF_STEP, cells["size"].max() + _HALF_STEP
    known = [{**rows, **{n: np.clip(rows[n], *b) for n, b in bounds.items()}} for rows in (cells, *asked)]
    designs = [_columns(rows) for rows in known]
    kept = [0]
    for column in range(1, designs[0].shape[1]):
        if np.linalg.matrix_rank(designs[0][:, [*kept, column]]) > len(kept):
            kept.append(column)
    return [design[:, kept] for design in designs], kept


_HALF_STEP = 0.25
"""Logarithms of size in a cell lie about so far around that of its mean."""

_TENURES = (1, 2, 3, 4, 5)
_COLUMNS = ("one", "contract", "active", "size", "size_of_contract", "use", "used", *map(str, _TENURES))


def _columns(rows: Cells) -> Array:
    contract, size, use = rows["has_contract"], rows["size"], rows["use_step"] / 2
    tenure = [(rows["tenure_step"] >= step).astype(float) for step in _TENURES]
    return np.column_stack(
        [np.ones(len(size)), contract, rows["is_active"], size, contract * size, use, use > 0, *tenure]
    )


def _by_size(cells: Cells) -> dict[float, tuple[float, float]]:
    """Return the cost a month of a head, and per unit of size, of customers without contract (0) and with it (1).

    By least squares, neither below 0 for all cost, of which what follows the money is then left out; the variance of a
    month grows with size as in the model, from a tenth of the mean size on.
    """
    found = {}
    for kind in (0.0, 1.0):
        own = {name: cells[name][cells["has_contract"] == kind] for name in ("months", "sized", "cost", "share")}
        size, follows = own["sized"] / own["months"], own["share"].max(initial=0.0)
        cost = own["cost"] / own["months"] + follows * size
        mean = own["sized"].sum() / max(own["months"].sum(), 1.0)
        spread = np.maximum(size, mean / 10) ** (POWER / 2) if mean > 0 else np.ones(len(size))
        root = np.sqrt(own["months"]) / spread
        design = np.column_stack([np.ones(len(size)), size]) * root[:, None]
        head, per_size = nnls(design, cost * root)[0] if len(size) else (0.0, 0.0)
        found[kind] = float(head), float(per_size - follows)
    return found


def _of_kind(of_kind: Mapping[float, tuple[float, float]], rows: Cells) -> Array:
    """Return the cost of a head, and per unit of size, of each row."""
    return np.array([of_kind[kind] for kind in rows["has_contract"].tolist()]).reshape(-1, 2).T


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
    if cells["with_cost"].sum() < MINIMUM_WITH_COST or not cells["pairs"].sum() or level <= 0:
        return _STATED
    weight = np.maximum(m, level) ** -POWER
    shared = cells["shared"] - m * cells["cost_pairs"] + m**2 * cells["pairs"]
    between = float((shared * weight).sum() / (cells["pairs"] * m**2 * weight).sum())
    dispersion = float((cells["apart"] * weight).sum() / (cells["months_apart"] * m**POWER * weight).sum())
    return _Differences(max(between, 0.0), dispersion)


_NO_CELLS: Cells = {name: np.zeros(0) for name in ("parties", "with_cost", "months", "spent", "cost")}


def _facts(function: str, model: str, note: str, cells: Cells, found: _Differences) -> dict[str, object]:
    """Describe the fit; how customers and months differ is told of all cost, of which only the rest was modelled."""
    months = cells["months"].sum()
    spent, left = (cells[name].sum() / months if months else 0.0 for name in ("spent", "cost"))
    k = float(found.own_months(np.array([max(left, 1e-9)]))[0])
    share = max(left, 0.0) / spent if spent > 0 else 0.0
    return {
        "function": function,
        "model": model,
        "note": note,
        "customers": int(cells["parties"].sum()),
        "with_cost": int(cells["with_cost"].sum()),
        "cells": len(cells["months"]),
        "monthly": float(-spent),
        "own_months": k if np.isfinite(k) else None,
        "between": None if found.between is None else found.between * share**2,
        "dispersion": None if found.dispersion is None else found.dispersion * share**POWER,
    }
