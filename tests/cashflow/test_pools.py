from decimal import Decimal

import pytest

from tests.cashflow.allocated import FEB, JAN, ad, compute, contact, cost, paid, pool, ticket
from valuekit.cashflow import DRIVERS
from valuekit.cashflow.drivers import DERIVED, QUALITIES
from valuekit.tables import PUBLISHED
from valuekit.tables.published import COST_QUALITIES


def test_every_driver_has_a_quality_that_the_table_declares():
    assert set(QUALITIES) == {"direct", *DRIVERS, *DERIVED}
    assert {quality for quality, _ in QUALITIES.values()} == set(COST_QUALITIES)


def test_measured_time_with_its_rate_and_what_is_unused(engine):
    rows = {"costs": [cost(90, practical_capacity_minutes=60)], "tickets": [ticket(minutes=40)]}
    compute(engine, rows=rows)
    columns = ("cost", "driver", "quality", "fallback", "units", "capacity_minutes", "rate_per_minute", "unused_cost")
    assert pool(engine, "desk", *columns) == (-90, "ticket_minutes", "measured time", False, 40, 60, 1.5, -30)


def test_without_capacity_a_minute_costs_what_it_was_used_for(engine):
    compute(engine, rows={"costs": [cost(90)], "tickets": [ticket(minutes=40)]})
    assert pool(engine, "desk", "capacity_minutes", "rate_per_minute", "unused_minutes") == (None, 2.25, None)


def test_the_direct_part_stands_beside_the_rest(engine):
    compute(engine, rows={"costs": [cost(90), cost(10, party="a")], "tickets": [ticket(minutes=4)]})
    assert pool(engine, "desk", "cost", "direct", "rate_per_minute") == (-100, -10, 22.5)


@pytest.mark.parametrize(
    ("driver", "units", "quality"),
    [
        ("tickets", 2, "counted"),
        ("revenue", 12.5, "revenue"),
        ("equal", 1, "equal"),
        ("won_deals", 700.25, "measured money"),
        ("none", 0, "none"),
    ],
)
def test_units_are_in_the_units_of_the_driver(engine, driver, units, quality):
    deal = {"party": "b", "opened_on": JAN, "closed_on": JAN, "status": "won", "amount": "700.25"}
    rows = {"costs": [cost(9)], "tickets": [ticket(), ticket()], "payments": [paid("a", amount="12.5")]}
    compute(engine, {"desk": driver}, rows={**rows, "opportunities": [deal]})
    columns = ("driver", "units", "quality", "fallback", "minutes_used")
    assert pool(engine, "desk", *columns) == (driver, units, quality, False, None)


def test_commissions_go_by_the_amount_of_deals_won_in_the_month(engine):
    deals = [
        {"party": "a", "closed_on": JAN, "status": "won", "amount": 300},
        {"party": "b", "closed_on": JAN, "status": "won", "amount": 100},
        {"party": "b", "closed_on": FEB, "status": "won", "amount": 900},
        {"party": "c", "closed_on": JAN, "status": "lost", "amount": 900},
    ]
    compute(engine, {"bonus": "won_deals"}, rows={"costs": [cost(40, "sales", "bonus")], "opportunities": deals})
    assert engine.rows("SELECT party_id, sales FROM cash_months ORDER BY 1") == [("a", -30), ("b", -10)]


def test_each_campaign_of_a_pool_has_a_row(engine):
    rows = {"costs": [ad(5, "Fair"), ad(7, "Mail"), cost(3, "marketing", "ads")], "engagements": [contact("a", "Fair")]}
    compute(engine, rows=rows)
    found = engine.rows("SELECT campaign, cost, driver, fallback FROM pool_months ORDER BY campaign")
    assert found == [
        ("", -3, "engagements", False), ("Fair", -5, "campaign", False), ("Mail", -7, "engagements", True),
    ]  # fmt: skip


def test_cost_of_goods_of_orders_is_a_pool_of_direct_cost(engine):
    order = {"party": "a", "ordered_on": JAN, "amount": 10, "cost_of_goods": 4}
    compute(engine, rows={"orders": [order, {**order, "cost_of_goods": None}]}, assumed_cost_of_goods=Decimal("0.5"))
    assert pool(engine, "orders", "cost", "direct", "driver", "quality") == (-9, -9, "direct", "direct")


def test_general_cost_is_there_and_not_shared_out(engine):
    compute(engine, rows={"costs": [cost(30, "general", "rent"), cost(5, "general", "rent", party="a")]})
    assert pool(engine, "rent", "cost", "direct", "driver", "quality") == (-35, -5, "none", "none")


def test_without_any_row_the_tables_are_there_and_empty(engine):
    compute(engine)
    for name in ("pool_months", "cash_notes", "channels"):
        assert engine.count(name) == 0
        assert engine.columns(name) == PUBLISHED[name].names
