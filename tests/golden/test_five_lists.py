"""The story that this is for: 500, 750, 620 and 480 customers of one company, from one event log.

Sales counts whom it sold to, marketing whom it reached, finance who signed and paid, product who used it this month;
the company has 550 customers. In one month they went from 500 to 550: 100 came, 50 went, and 30 of the 100 use the
product. Payment churn may be 5 % and usage churn 12 % in the same month.
"""

import pytest

from tests.lifecycle.described import AS_OF
from tests.lifecycle.five_lists import FIVE_LISTS, TWO_CHURNS, by_group, company, members
from valuekit.engine import Engine, quote


@pytest.fixture(scope="module")
def lists():
    with company(FIVE_LISTS) as engine:
        yield engine


@pytest.fixture(scope="module")
def churns():
    with company(TWO_CHURNS) as engine:
        yield engine


def june(engine: Engine, table: str, *columns: str, definition: str | None = None):
    where = "as_of = $day" + (" AND definition = $d" if definition else "")
    names = ", ".join(quote(c) for c in columns)
    return engine.rows(f"SELECT {names} FROM {table} WHERE {where}", {"day": AS_OF, "d": definition})[0]


@pytest.mark.parametrize(("team", "number"), [("sales", 500), ("marketing", 750), ("finance", 620), ("product", 480)])
def test_each_team_has_its_own_number(lists, team, number):
    assert lists.scalar("SELECT members FROM definitions WHERE definition = $d", {"d": team}) == number
    assert sum(members(lists, team).values()) == number


def test_the_company_has_one(lists):
    assert lists.rows("SELECT definition, members FROM definitions WHERE headline") == [("paid_current", 550)]


def test_each_number_opens_to_its_members(lists):
    sales, finance = members(lists, "sales"), members(lists, "finance")
    assert {g: n for g, n in sales.items() if g not in finance} == {
        "won, not signed": 80, "won, not paid": 10, "engaged, won, not paid": 10,
    }  # fmt: skip
    assert sum(n for g, n in finance.items() if g not in sales) == 220
    assert sum(n for g, n in finance.items() if g in sales) == 400
    assert members(lists, "product")["trial"] == 60
    assert members(lists, "marketing")["lead"] == 190


def test_two_lists_share_some_and_each_has_others(lists):
    marketing, sales = members(lists, "marketing"), members(lists, "sales")
    both = sum(n for group, n in marketing.items() if group in sales)
    assert (both, 750 - both, 500 - both) == (410, 340, 90)
    assert [group for group in sales if group not in marketing] == ["won, not paid", "won, not signed"]


def test_500_to_550_is_100_new_and_50_gone_and_30_of_the_new_use_it(lists):
    bridge = ("begin", "new", "reactivated", "churned", "end", "new_using")
    assert june(lists, "customer_movements", *bridge, definition="paid_current") == (500, 100, 0, 50, 550, 30)


def test_growth_is_10_percent_and_so_is_churn(lists):
    rates = june(lists, "customer_movements", "growth_rate", "churn_rate", definition="paid_current")
    assert rates == pytest.approx((0.10, 0.10), abs=1e-12)


def test_the_same_month_in_recurring_revenue(lists):
    """A contract over 1,200 a year is 100 a month. 20 of the new ones have not paid yet: they are under contract."""
    parts = ("begin", "new_business", "churn", "end", "customers_churned")
    assert june(lists, "mrr_months", *parts) == (50_000, 12_000, -5_000, 57_000, 50)


def test_payment_churn_is_5_percent_and_usage_churn_12(churns):
    counts = ("stopped_paying", "paying_begin", "stopped_using", "using_begin")
    assert june(churns, "paying_and_using", *counts) == (10, 200, 18, 150)
    assert june(churns, "paying_and_using", "payment_churn_rate", "usage_churn_rate") == (0.05, 0.12)


def test_the_two_churns_overlap_in_six_parties(churns):
    assert june(churns, "paying_and_using", "stopped_both") == (6,)
    sql = """SELECT record FROM history JOIN party_records USING (party_id)
        WHERE from_end = $day AND former_definitions & $bits = $bits AND definitions & $bits = 0"""
    bits = churns.scalar("SELECT SUM(bit) FROM definitions WHERE definition IN ('paying', 'using')")
    both = by_group(r for (r,) in churns.rows(sql, {"day": AS_OF, "bits": int(bits)}))
    assert both == {"neither pays nor uses any more": 6}


def test_who_pays_and_who_uses_now(churns):
    now = ("paying_and_using", "paying_only", "using_only")
    assert june(churns, "paying_and_using", *now) == (128, 62, 4)
