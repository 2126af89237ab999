"""Scale: whose volume lowers everybody's unit cost, in a sentence for each, and the curves that say so."""

from typing import Any

import pandas as pd
import streamlit as st

from valuekit.cashflow import explain_scale
from valuekit.cashflow.unit_costs import REASONS
from valuekit.dashboard import parts, words
from valuekit.dashboard.data import each
from valuekit.dashboard.run import Run

WHALE = "cashflow/whale"
SHOWN = 10


def show(run: Run) -> None:
    """Show a sentence for each customer whose volume matters most, and the curve of each pool."""
    parts.section(
        "Scale: a customer that loses money may still pay",
        "Where the unit cost of a pool falls as its volume grows, a large customer lowers what all others pay. Last 12"
        " months.",
    )
    curves = run.ask(WHALE, "scale_curves")
    if curves.empty:
        parts.empty("No cost is shared out by units", "Map `costs` with pools and what drives them.")
        return
    _sentences(run)
    _curves(run, curves)


def _sentences(run: Run) -> None:
    found = run.ask(WHALE, "scale_effects", rows=SHOWN)
    if found.empty:
        parts.empty(
            "No pool shows a scale effect",
            "The table below says why for each. State what you know under `cashflow.scale` in the configuration.",
        )
        return
    rows = [(str(e.customer), sentence(run, e), run.money(e.scale_credit_12m)) for e in each(found)]
    parts.listing(["Customer", "In words", "Scale credit"], rows, numbers=(2,))
    parts.note("Whose volume matters most. The credit is what all others would pay more without it.")


def sentence(run: Run, effect: Any) -> str:
    """Say what scale does for one party: a row of the step `scale_effects`."""
    told = effect._asdict()
    curve = {"driver": effect.driver, "elasticity": effect.elasticity} if isinstance(effect.main_pool, str) else None
    refused = run.ask(WHALE, "scale_refused")
    reasons = dict(zip(refused["pool"], refused["reason"], strict=True))
    return explain_scale(told, curve, name=str(effect.customer), currency=run.currency, refused=reasons)


def _curves(run: Run, curves: pd.DataFrame) -> None:
    with st.expander("The cost curve of each pool", expanded=True):
        rows = [
            (
                f"{words.human(c.pool)}\nby {words.human(c.driver).lower()}" if c.driver else words.human(c.pool),
                _elasticity(c),
                _basis(c),
                run.money(c.cost_12m),
                "-" if pd.isna(c.unit_cost) else run.money(c.unit_cost, exact=True),
                run.money(c.residual_12m),
            )
            for c in each(curves)
        ]
        headers = ["Pool", "Elasticity", "Where it comes from", "Cost, 12 months", "Of a unit", "Residual"]
        parts.listing(headers, rows, numbers=(1, 3, 4, 5))
        parts.note(
            "Elasticity: per cent of cost by per cent of volume, with its 95% interval; below 1, unit cost falls."
            " Residual: the credits of all parties are more than the effect, and the company takes the rest back."
        )


def _elasticity(curve: Any) -> str:
    used = "-" if pd.isna(curve.elasticity) else f"{curve.elasticity:.2f}"
    return used if pd.isna(curve.low) else f"{used}\n{curve.low:.2f} to {curve.high:.2f}"


def _basis(curve: Any) -> str:
    told = {"given": "Stated in the configuration", "estimated": f"Estimated from {words.count(curve.months)} months"}
    why = f"{words.begin(REASONS[curve.reason])}" if curve.reason in REASONS else ""
    return f"{told.get(curve.basis, 'No effect')}. {why}".strip()
