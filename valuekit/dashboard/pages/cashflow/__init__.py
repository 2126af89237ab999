"""Cash flow: from billed to net cash, who brings it and who takes it, what it costs, and that it ties to the books."""

from collections.abc import Callable

from valuekit.dashboard import parts
from valuekit.dashboard.pages.cashflow import company, one, owed, pays, pools, tie_out, what_if
from valuekit.dashboard.run import Run

TABS: dict[str, Callable[[Run], None]] = {
    "The company": company.render,
    "Who pays for whom": pays.render,
    "Cost pools": pools.render,
    "What if": what_if.render,
    "Receivables": owed.render,
    "Tie-out": tie_out.render,
    "One customer": one.render,
}


def render(run: Run) -> None:
    """Draw the page."""
    parts.heading(
        run, "Cash flow", "What customers bring in after all the cost they cause, tied to the books to the cent."
    )
    for name, is_open in parts.tabs(list(TABS), "view"):
        if is_open:
            TABS[name](run)
