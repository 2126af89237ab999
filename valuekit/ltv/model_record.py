"""The record of the models behind a valuation: parameters with their errors, how good the fit is, and its checks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.ltv.fitted import FittedModel
from valuekit.ltv.models import BgCnbdK, MaximumLikelihood
from valuekit.tables import PUBLISHED

Row = dict[str, Any]


def put_models(engine: Engine, models: Sequence[FittedModel]) -> None:
    """Make `value_models`, `model_parameters` and `retention_checks` of the models of a valuation, in any order."""
    rows: dict[str, Iterable[Row]] = {
        "value_models": [model_row(m) for m in models],
        "model_parameters": [row for m in models for row in parameter_rows(m)],
        "retention_checks": [{"model": m.name, **row} for m in models for row in _retention(m)],
    }
    for name, found in rows.items():
        engine.put(name, pa.Table.from_pylist(list(found), schema=PUBLISHED[name].arrow))


def model_row(fitted: FittedModel) -> Row:
    """Return what `value_models` says of one model; what a stated model has not is None.

    >>> from valuekit.ltv.models import ShiftedBetaGeometric
    >>> prior = ShiftedBetaGeometric.from_parameters([1, 4])
    >>> row = model_row(FittedModel("contracts.renewals.prior", prior, stated=True))
    >>> row["kind"], row["unit"], row["stated"], row["log_likelihood"]
    ('ShiftedBetaGeometric', '12 months', True, None)
    """
    model = fitted.estimator
    report: Mapping[str, Any] = model.convergence_ or {}
    since, until = (date.fromisoformat(day) for day in model.window_) if model.window_ else (None, None)
    measured = dict.fromkeys(("observations", "log_likelihood", "aic", "bic")) | fitted.metrics
    tested = next(iter(fitted.checks.get("independence", [])), {})
    return {
        "model": fitted.name,
        "kind": type(model).__name__,
        "unit": _unit(model.get_params()),
        "stated": fitted.stated,
        "note": fitted.note,
        "since": since,
        "until": until,
        **measured,
        **{name: report.get(name) for name in ("starts", "agreeing", "gradient", "condition")},
        "at_bound": ", ".join(report.get("at_bound", [])),
        **{name: tested.get(name) for name in ("spearman", "spearman_p")},
    }


def _unit(settings: Mapping[str, Any]) -> str:
    months = settings.get("term_months")
    return str(settings.get("time_unit", "")) if months is None else f"{months} month{'s' * (months != 1)}"


def parameter_rows(fitted: FittedModel) -> list[Row]:
    """Return one row per parameter, with its standard error: None where it is stated, or the data do not identify it.

    The `k` of regular buyers, a whole number chosen by likelihood, is the last and has none.

    >>> from valuekit.ltv.models import ShiftedBetaGeometric
    >>> parameter_rows(FittedModel("prior", ShiftedBetaGeometric.from_parameters([1, 4]), stated=True))[1]
    {'model': 'prior', 'parameter': 'beta', 'position': 2, 'estimate': 4.0, 'standard_error': None}
    """
    errors = fitted.estimator.standard_errors_
    found = {**fitted.parameters, **_chosen(fitted.estimator)}
    return [
        {
            "model": fitted.name,
            "parameter": name,
            "position": position,
            "estimate": float(value),
            "standard_error": None if fitted.stated or not np.isfinite(errors.get(name, np.nan)) else errors[name],
        }
        for position, (name, value) in enumerate(found.items(), start=1)
    ]


def _chosen(model: MaximumLikelihood) -> dict[str, float]:
    return {"k": float(model.k_)} if isinstance(model, BgCnbdK) else {}


def _retention(fitted: FittedModel) -> Iterable[Row]:
    for row in fitted.checks.get("retention", []):
        yield {"expected" if name == "model" else name: value for name, value in row.items()}
