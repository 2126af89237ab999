"""Customers: how many there are by every definition, why the counts differ, and how they move."""

from collections.abc import Callable

from valuekit.dashboard import parts
from valuekit.dashboard.pages.customers import churn, definitions, differences, growth, overlap, revenue, stages
from valuekit.dashboard.pages.customers.view import View, open_view
from valuekit.dashboard.run import Run

TABS: dict[str, Callable[[View], None]] = {
    "Definitions": definitions.render,
    "Differences": differences.render,
    "Overlap": overlap.render,
    "Growth": growth.render,
    "Churn": churn.render,
    "Recurring revenue": revenue.render,
    "Stages": stages.render,
}


def render(run: Run) -> None:
    """Draw the page."""
    parts.heading(
        run, "Customers", "Every team's definition of a customer over the same parties: how many, why not the same, how"
        " they move."
    )  # fmt: skip
    view = open_view(run)
    if view is None:
        return
    for name, is_open in parts.tabs(list(TABS), "view"):
        if is_open:
            TABS[name](view)
