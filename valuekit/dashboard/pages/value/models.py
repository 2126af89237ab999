"""Models: what stands behind the values, how well it fits, and where to doubt it."""

from typing import Any

import pandas as pd
import streamlit as st

from valuekit.dashboard import parts, words
from valuekit.dashboard.charts import ranges
from valuekit.dashboard.data import each
from valuekit.dashboard.run import Run
from valuekit.ltv.titles import title

PAGE = "value/models"
MOST_RENEWALS = 240
"""Renewals that a chart of retention shows at most."""
NOT_FITTED = "stated, not fitted"


def render(run: Run) -> None:
    """Show the models with parameters, fit, convergence and checks."""
    models = run.ask(PAGE, "models")
    parts.section(
        "The models behind",
        "Fitted by maximum likelihood on what was known at the as-of date. Where data were too few, a stated prior"
        " stands.",
    )
    if models.empty:
        parts.empty("No model was needed", "Nobody has ordered, and nobody is under contract.")
    else:
        _models(run, models)
        _fits(models)
        _retention(run)
        _independence(models)
    _costs(run)


def name(model: str) -> str:
    """Say in words what a model is for.

    >>> name("orders.purchases"), name("contracts.renewals.12m"), name("contracts.renewals.1m.2")
    ('Purchases', 'Renewals, terms of 12 months', 'Renewals, terms of 1 month, segment 2')
    """
    told = {"orders.purchases": "Purchases", "orders.spend": "Worth of a purchase",
            "contracts.renewals.pooled": "Renewals, all terms",
            "contracts.renewals.prior": "Renewals, stated"}  # fmt: skip
    if model in told:
        return told[model]
    kind, *rest = model.removeprefix("contracts.renewals.").split(".")
    if not model.startswith("contracts.renewals.") or not kind.endswith("m"):
        return words.human(model)
    months = kind.removesuffix("m")
    return f"Renewals, terms of {months} month{'s' * (months != '1')}" + "".join(f", segment {r}" for r in rest)


def _models(run: Run, models: pd.DataFrame) -> None:
    parameters = run.ask(PAGE, "parameters")
    rows = [
        (
            f"{name(m.model)}\n{title(m.kind)}{f', in {_units(m.unit)}' if m.unit else ''}",
            "\n".join([_first(of), _others(of)]) if len(of := parameters[parameters["model"] == m.model]) else "-",
            NOT_FITTED if m.stated else f"{words.count(m.observations)} histories",
            words.begin(m.note) if m.note else "-",
        )
        for m in each(models)
    ]
    parts.listing(["Model", "Parameters, with standard errors", "Learnt from", "Why this one"], rows)


def _units(unit: str) -> str:
    """Return the word for time in a unit; a term is said by its months already.

    >>> _units("week"), _units("12 months")
    ('weeks', '12 months')
    """
    return unit if unit[0].isdigit() else f"{unit}s"


def _first(parameters: pd.DataFrame) -> str:
    return _told(next(each(parameters)))


def _others(parameters: pd.DataFrame) -> str:
    return ", ".join(_told(p) for p in each(parameters.iloc[1:]))


def _told(parameter: Any) -> str:
    error = "" if pd.isna(parameter.standard_error) else f" ± {parameter.standard_error:.3g}"
    return f"{parameter.parameter} {parameter.estimate:,.4g}{error}"


def _fits(models: pd.DataFrame) -> None:
    parts.section(
        "How well they fit",
        "All starts of the search should agree, and no slope should be left. Criteria compare models of the same data.",
    )
    rows = [
        (
            name(m.model),
            f"{m.log_likelihood:,.1f}",
            f"{m.aic:,.1f}",
            f"{m.bic:,.1f}",
            f"{int(m.agreeing)} of {int(m.starts)}" if pd.notna(m.starts) else "-",
            "-" if pd.isna(m.gradient) else f"{m.gradient:.0e}",
            _verdict(m),
        )
        for m in each(models[~models["stated"]])
    ]
    if not rows:
        parts.note("No model was fitted: each stands by a stated prior.")
        return
    headers = ["Model", "Log-likelihood", "AIC", "BIC", "Starts that agree", "Slope left", "Are parameters told apart?"]
    parts.listing(headers, rows, numbers=range(1, 6))


def _verdict(model: Any) -> str:
    if model.at_bound:
        return f"No: {model.at_bound} ran to a bound, and a stated error widens intervals"
    if pd.isna(model.condition):
        return "No: a stated error stands for each, and widens intervals"
    return f"Yes (condition {model.condition:,.0f})"


def _retention(run: Run) -> None:
    found = run.ask(PAGE, "retention", most=MOST_RENEWALS)
    if found.empty:
        return
    parts.section(
        "Retention against what was seen",
        "Blue is the model; the grey steps are Kaplan-Meier's estimate, which assumes no model, with its 95% band.",
    )
    curves = list(found["model"].unique())
    chosen = curves[0]
    if len(curves) > 1:
        chosen = st.selectbox("Curve", curves, format_func=name, key="curve", bind="query-params")
    frame = found[found["model"] == chosen]
    outside = ((frame["expected"] < frame["lower"]) | (frame["expected"] > frame["upper"])).sum()
    last = frame.iloc[-1]
    parts.chart(
        ranges.retention(frame),
        f"{name(chosen)}: after {last['renewal']:.0f} renewals {words.percent(last['expected'])} are expected to be"
        f" left, {words.percent(last['kaplan_meier'])} were seen. The model lies outside the band at {outside} of"
        f" {len(frame)} renewals.",
    )
    parts.note(
        f"The model lies outside the band at {outside} of {len(frame)} renewals; about one in twenty would by chance."
        f" {words.count(frame['at_risk'].iloc[0])} came up for the first of them,"
        f" {words.count(last['at_risk'])} for the last."
    )


def _independence(models: pd.DataFrame) -> None:
    tested = models[models["spearman"].notna()]
    if tested.empty:
        return
    one = next(each(tested))
    parts.section("Does spend depend on how often customers buy?", "Gamma-Gamma assumes that it does not.")
    parts.note(
        f"Rank correlation {one.spearman:+.3f} (p {one.spearman_p:.3g}). Read its size first: with many customers a"
        " tiny one is significant too."
    )


def _costs(run: Run) -> None:
    found = run.ask(PAGE, "costs")
    if found.empty:
        return
    parts.section("Expected cost", "What customers like each other cost a month, by function.")
    rows = [
        (
            words.line(c.function),
            "Model of contract, stage, size, tenure and use" if c.model == "glm" else "Mean of its kind",
            words.count(c.customers),
            "-" if pd.isna(c.own_months) else f"{c.own_months:,.1f}",
            words.begin(c.note) if c.note else "-",
        )
        for c in each(found)
    ]
    headers = ["Cost", "Model", "Customers", "Own months that weigh as much as the peers", "Why no model"]
    parts.listing(headers, rows, numbers=(2, 3))
