"""Random companies with time equations, campaigns and leads that never buy: the books close to 0.00, always."""

from decimal import Decimal

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.cashflow.allocated import FEB, JAN, MAR, compute
from tests.engines import fresh_engine
from valuekit.calendar import FiscalCalendar, FiscalWeeks
from valuekit.cashflow import Activity, Attribution, Extra, Pool

PARTIES = st.sampled_from(["a", "b", "c", None])
MONTHS = st.sampled_from([JAN, FEB, MAR])
DAYS = st.dates(JAN, MAR)
RETAIL = FiscalCalendar(2, "start", FiscalWeeks("4-5-4", "saturday", "nearest"))
ODD = st.integers(-9_999_999, 9_999_999).map(lambda n: Decimal(n) / 10_000)
MINUTES = st.none() | st.integers(0, 9_999).map(lambda n: Decimal(n) / 100)
CAMPAIGNS = st.sampled_from(["Fair", "Mail", None])


def rows(**columns):
    return st.lists(st.fixed_dictionaries(columns), max_size=5)


COMPANY = st.fixed_dictionaries(
    {
        "payments": rows(party=st.sampled_from(["a", "b"]), paid_on=DAYS, amount=ODD.map(abs)),
        "tickets": rows(party=PARTIES, opened_on=DAYS, minutes=MINUTES),
        "engagements": rows(party=PARTIES, engaged_on=DAYS, campaign=CAMPAIGNS),
        "opportunities": rows(party=PARTIES, closed_on=DAYS, status=st.just("won"), amount=ODD),
        "activities": rows(party=PARTIES, done_on=DAYS, function=st.just("sales"), minutes=MINUTES),
        "costs": rows(
            month=MONTHS,
            function=st.sampled_from(["marketing", "sales", "support", "general"]),
            pool=st.sampled_from(["timed", "sold", "loose"]),
            amount=ODD,
            campaign=CAMPAIGNS,
            practical_capacity_minutes=MINUTES,
            party=st.sampled_from([None, None, "c"]),
        ),
    }
)
SETTINGS = st.fixed_dictionaries(
    {
        "attribution": st.builds(
            Attribution, st.sampled_from(["first", "last", "linear", "time_decay", "position", "contacts"]),
            st.integers(1, 40), st.integers(1, 90),
        ),
        "the_lost": st.sampled_from(["apart", "spread"]),
        "calendar": st.sampled_from([FiscalCalendar(), RETAIL]),
    }
)  # fmt: skip
ACTIVITIES = {
    "answer": Activity("tickets", "minutes / 3 - 2", extra=(Extra("7.5", "channel = 'agent'"),)),
    "call": Activity("activities", "12", when="minutes > 10"),
}


@settings(max_examples=15, deadline=None)
@for_all(COMPANY, SETTINGS, st.sampled_from([None, Decimal("33.30")]))
def test_the_books_close_however_cost_is_shared_out(company, chosen, capacity):
    general = {row["pool"] for row in company["costs"] if row["function"] == "general"}
    pools = {"timed": Pool(activities=("answer", "call"), capacity_minutes=capacity), "sold": "won_deals"}
    pools = {name: pool for name, pool in pools.items() if name not in general}
    with fresh_engine() as engine:
        compute(engine, pools, ACTIVITIES, company, **chosen)
        assert engine.scalar("SELECT COUNT(*) FROM books WHERE difference <> 0") == 0
        assert engine.rows(_OPEN_POOLS) == []
        assert engine.rows(_OPEN_MONTHS) == []
        spent = sum(row["amount"] for row in company["costs"])
        assert -engine.scalar("SELECT COALESCE(SUM(cost), 0) FROM pool_months") == spent


_OPEN_POOLS = """
SELECT month, line, pool, SUM(cost), SUM(ledger) FROM (
    SELECT month, function AS line, pool, cost, unused_cost, 0 AS ledger, 0 AS unused FROM pool_months
    UNION ALL
    SELECT month, line, pool, 0, 0, ledger, unused_capacity FROM books WHERE line <> 'revenue'
)
GROUP BY month, line, pool
HAVING SUM(cost) <> SUM(ledger) OR SUM(unused_cost) <> SUM(unused)
"""

_OPEN_MONTHS = """
SELECT month, SUM(carried), SUM(booked) FROM (
    SELECT month, net_cash AS carried, 0 AS booked FROM cash_months
    UNION ALL
    SELECT month, 0, attributed FROM books
)
GROUP BY month
HAVING SUM(carried) <> SUM(booked)
"""
