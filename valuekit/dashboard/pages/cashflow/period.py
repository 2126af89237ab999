"""The months that a view is of, and the parts of the books that no customer carries."""

from datetime import date

import pandas as pd

from valuekit.dashboard import parts
from valuekit.dashboard.run import Run

BOOKS = "cashflow/books"
BEGINNING = date(1900, 1, 1)
PERIODS = {"recent": "Last 12 months", "all": "All months"}
ELSEWHERE = {
    "unattributed": ("Without\ncustomer", "Money and cost whose party is not known"),
    "unused_capacity": ("Unused\ncapacity", "Cost of working time that nobody used"),
    "unallocated": ("Not\nshared out", "Cost that belongs to no customer, such as general cost"),
}
"""Columns of the books that are no customer's: their names and meanings."""

INSIDE = ("Inside the\nenterprise", "What one's own units charge each other, and test accounts")
"""Name and meaning of the column `eliminated`: no cash flow of the company."""


def choose(run: Run) -> date:
    """Let the reader choose the period; return its first day. The choice stands in the address."""
    period = parts.choice("Period", PERIODS, default="recent", key="period")
    return run.last_12_months if period == "recent" else BEGINNING


def books(run: Run, since: date) -> pd.DataFrame | None:
    """Return the books of the period by line; says what to do when they are empty."""
    found = run.ask(BOOKS, "books", since=since)
    if not found.empty:
        return found
    parts.empty("No money in this period", "Choose all months, or map payments, orders or costs in the configuration.")
    return None
