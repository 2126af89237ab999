from decimal import Decimal

import pytest

from tests.engines import fresh_engine
from tests.six_parties import JUNE, fill, put
from valuekit.snapshot import summarise


@pytest.fixture(scope="module")
def summary():
    with fresh_engine() as engine:
        yield summarise(fill(engine))


def test_counts(summary):
    assert summary.customers == 2
    assert summary.stages == {"active": 1, "churned": 1, "contact": 1, "inactive": 1, "internal": 1, "prospect": 1}
    assert [(d["definition"], d["members"]) for d in summary.definitions] == [
        ("customers", 2),
        ("finance", 3),
        ("sales", 1),
    ]
    assert summary.intake["payments"].rows_quarantined == 1


def test_the_headline_is_the_definition_of_the_company(summary):
    assert summary.headline == "2: Current customers, as of 30 June 2026"


def test_customer_equity_is_the_value_of_current_customers_alone(summary):
    assert summary.totals["customer_equity"] == 2400 - 90
    assert summary.totals["lifetime_value"] == 2400 - 90 + 30


def test_totals_tie_to_the_books(summary):
    total = summary.totals
    apart = total["unattributed"] + total["unused_capacity"] + total["unallocated"]
    assert total["attributed"] + apart == total["books"] == Decimal(760)
    assert total["money_received"] == 1160
    assert total["net_cash"] == total["attributed"] == 800
    assert total["mrr"] == 100


def test_what_moves_inside_the_enterprise_is_in_the_books_and_in_no_cash_flow_of_the_company():
    with fresh_engine() as engine:
        fill(engine)
        put(engine, "books", {"month": JUNE, "line": "revenue", "pool": "payments", "currency": "USD", "ledger": 30,
                              "eliminated": 30})  # fmt: skip
        total = summarise(engine).totals
    assert (total["books"], total["company_net_cash"], total["money_received"]) == (790, 760, 1160)


def test_the_lines_of_the_year_add_up(summary):
    lines = dict(summary.cash_12m)
    assert lines.pop("net_cash") == sum(lines.values()) == 800


def test_tiers_come_from_the_top(summary):
    assert [row["tier"] for row in summary.tiers] == ["Top", "Low", "No value"]


def test_recurring_revenue_is_the_last_balance_of_its_months():
    with fresh_engine() as engine:
        fill(engine)
        assert summarise(engine).totals["mrr"] == engine.scalar('SELECT MAX_BY("end", as_of) FROM mrr_months')


def test_without_months_recurring_revenue_is_that_of_external_parties():
    with fresh_engine() as engine:
        fill(engine)
        engine.execute("DELETE FROM mrr_months")
        outside = engine.scalar("SELECT SUM(mrr) FROM facts WHERE NOT is_internal")
        engine.execute("UPDATE facts SET mrr = 1000 WHERE is_internal")
        assert summarise(engine).totals["mrr"] == outside
