"""Lifetime value: what customers are worth, how sure that is, what moves it, and the models behind."""

from collections.abc import Callable

from valuekit.dashboard import parts
from valuekit.dashboard.pages.value import intervals, models, moves, one, worth
from valuekit.dashboard.run import Run

TABS: dict[str, Callable[[Run], None]] = {
    "Value": worth.render,
    "Intervals": intervals.render,
    "What moves it": moves.render,
    "Models": models.render,
    "One customer": one.render,
}

NEEDED = {"Intervals": ("value_sums", "ltv_intervals"), "What moves it": ("value_sensitivity", "customer_equity"),
          "Models": ("value_models", "model_parameters", "retention_checks"),
          "One customer": ("ltv_intervals",)}  # fmt: skip
"""By view: the tables that a run of an earlier version has not."""


def render(run: Run) -> None:
    """Draw the page."""
    parts.heading(
        run,
        "Lifetime value",
        "Expected cash of each customer, discounted to today: how much, how sure, and what would change it.",
    )
    if run.years().empty:
        parts.empty(
            "Nobody has a lifetime value yet",
            "A value needs at least one payment or order. Map `payments` or `orders`, and run again.",
        )
        return
    _warn(run)
    for name, is_open in parts.tabs(list(TABS), "view"):
        if is_open:
            _show(run, name)


def _warn(run: Run) -> None:
    """Say above all views what values rest on that the data do not bear out, if anything."""
    if "value_notes" in run.manifest.tables:
        for message in run.ask("value/notes", "notes")["message"]:
            parts.caution(message)


def _show(run: Run, view: str) -> None:
    if set(NEEDED.get(view, ())) <= set(run.manifest.tables):
        TABS[view](run)
    else:
        parts.empty("This run does not hold it", "An earlier version published the run. Run it again to see this view.")
