"""T8: each current customer is managed in exactly one system."""

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.lifecycle.described import PAID, SIGNED, days_ago
from tests.registers.drawn import by_record, drawn, drawn_again
from valuekit.errors import ConfigError, ExpressionError, UnknownNameError

PRICES = {"ann": 1200, "bob": 2400, "cid": 600, "dan": 12000}


def company(prices=PRICES, *, deals="crm", **more):
    """Customers known to crm and billing, who pay in billing."""
    records = [{"system": s, "record": r, "email": f"{r}@{r}.example"} for s in ("crm", "billing") for r in prices]
    rows = {
        "contracts": [{**SIGNED, "system": "billing", "record": r, "amount": p} for r, p in prices.items()],
        "payments": [{**PAID, "system": "billing", "record": r} for r in prices],
        "opportunities": [
            {"system": deals, "record": r, "status": "lost", "closed_on": "2026-01-01"} for r in prices if deals
        ],
    }
    return drawn(records=records, **{**rows, **more})


@pytest.fixture(scope="module")
def customers():
    return company()


def managed(engine):
    return by_record(engine, "managed_in", "system")


def test_by_default_the_upper_half_is_managed_where_the_deals_are_and_the_rest_where_the_money_is(customers):
    engine = drawn_again(customers)
    assert managed(engine) == {"ann": "billing", "bob": "crm", "cid": "billing", "dan": "crm"}
    assert by_record(engine, "managed_in", "rule")["dan"] == "mrr >= 200.0000"
    assert by_record(engine, "managed_in", "rule")["ann"] == "otherwise"


def test_customers_at_the_middle_value_are_high():
    assert set(managed(company({"ann": 1200, "bob": 1200})).values()) == {"crm"}


def test_without_recurring_revenue_the_value_of_deals_decides():
    deals = [{"record": r, "status": "won", "closed_on": "2026-06-01", "amount": p} for r, p in PRICES.items()]
    orders = [{"system": "billing", "record": r, "ordered_on": days_ago(3), "amount": 5} for r in PRICES]
    engine = company(contracts=[], payments=[], orders=orders, opportunities=deals)
    assert managed(engine) == {"ann": "billing", "bob": "crm", "cid": "billing", "dan": "crm"}


def test_without_deals_all_are_managed_where_the_money_is():
    assert set(managed(company(deals=None)).values()) == {"billing"}


def test_the_first_rule_that_holds_decides_and_who_is_left_goes_where_the_money_is(customers):
    rules = [("crm", "mrr >= 200"), ("billing", "mrr >= 100"), ("crm", "stage = 'active'")]
    engine = drawn_again(customers, managed_in=rules)
    assert managed(engine) == {"ann": "billing", "bob": "crm", "cid": "billing", "dan": "crm"}
    assert by_record(engine, "managed_in", "rule") == {
        "ann": "mrr >= 100", "bob": "mrr >= 200", "cid": "otherwise", "dan": "mrr >= 200",
    }  # fmt: skip


def test_rules_may_name_windows(customers):
    rules = [("crm", "days_since_use <= active_days OR mrr > 500")]
    engine = drawn_again(customers, managed_in=rules, constants={"active_days": 30})
    assert managed(engine)["dan"] == "crm"


def test_only_current_customers_are_managed():
    assert set(managed(company(payments=[{**PAID, "system": "billing", "record": "ann"}]))) == {"ann"}


def test_a_company_without_customers_has_an_empty_register():
    assert drawn(records=[{"record": "ann"}]).count("managed_in") == 0


def test_a_rule_for_a_system_that_nobody_has_is_an_error(customers):
    with pytest.raises(UnknownNameError, match=r"lifecycle.managed_in: mrr > 1: there is no system 'crn'.*'crm'"):
        drawn_again(customers, managed_in=[("crn", "mrr > 1")])


@pytest.mark.parametrize(
    ("rule", "message"),
    [("mrrr > 1", "no column here"), ("mrr + 1", "is not true or false"), ("role > DATE '2026-01-01'", None)],
)
def test_a_rule_that_does_not_work_is_an_error(customers, rule, message):
    with pytest.raises((ExpressionError, ConfigError), match=message):
        drawn_again(customers, managed_in=[("crm", rule)])


@settings(max_examples=6, deadline=None)
@for_all(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 50), min_size=1),
    st.lists(st.tuples(st.sampled_from(["crm", "billing"]), st.integers(0, 4)), max_size=3),
)
def test_every_customer_is_managed_once(prices, cuts):
    rules = [(system, f"mrr > {cut}") for system, cut in cuts]
    engine = company({r: p * 12 // 10 for r, p in prices.items()}, settings={"managed_in": rules})
    customers = engine.rows("SELECT party_id FROM stages WHERE stage IN ('active', 'inactive') ORDER BY party_id")
    assert engine.rows("SELECT party_id FROM managed_in ORDER BY party_id") == customers
    assert len(customers) == len(prices)
