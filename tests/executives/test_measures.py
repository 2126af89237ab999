"""Each executive's measure, on companies of two or three customers."""

from datetime import date

import pytest

from tests.cashflow.given import given, published
from tests.engines import fresh_engine
from valuekit import executives
from valuekit.cashflow import follow_receivables

AS_OF = date(2026, 6, 30)
MAY, JUNE = date(2026, 5, 10), date(2026, 6, 10)
TOO_OLD = date(2025, 6, 30)
YEAR_AGO = date(2025, 6, 1)
SUPPORT = {"month": date(2026, 6, 1), "function": "support", "pool": "desk", "amount": 1}
SELLING = {"month": date(2026, 6, 1), "function": "sales", "pool": "field", "amount": 1}


@pytest.fixture
def engine():
    return fresh_engine()


def company(engine, customers="abc", cash=None, ltv=None, facts=None, stages=None, **tables):
    given(engine, parties=[{"party_id": p} for p in customers], **tables)
    stage = dict.fromkeys(customers, "active") | (stages or {})
    return published(
        engine,
        stages=[{"party_id": p, "stage": s} for p, s in stage.items()],
        facts=[{"party_id": p, **(facts or {}).get(p, {})} for p in stage],
        cash=[{"party_id": p, **row} for p, row in (cash or {}).items()],
        ltv=[{"party_id": p, "ltv": value} for p, value in (ltv or {}).items()],
        cash_months=[],
    )


def found(engine, measure, column="value", minimum=1):
    follow_receivables(engine, as_of=AS_OF)
    executives.compare(engine, as_of=AS_OF, weights={}, minimum_active_months=minimum)
    sql = f"SELECT party_id, {column} FROM rankings WHERE measure = $m ORDER BY rank, party_id"
    return dict(engine.rows(sql, {"m": measure}))


def reason(engine, measure):
    return engine.scalar("SELECT not_rankable FROM measures WHERE measure = $m", {"m": measure})


def used(party, day=JUNE, feature="f"):
    return {"party": party, "used_on": day, "feature": feature}


def ordered(party, day, amount=10):
    return {"party": party, "ordered_on": day, "amount": amount}


def paid(party, day, amount=10, **more):
    return {"party": party, "paid_on": day, "amount": amount, **more}


# --- who is ranked


def test_only_current_external_customers_are_ranked(engine):
    stages = {"a": "active", "b": "inactive", "c": "churned", "d": "prospect", "e": "active"}
    company(engine, "abcde", stages=stages, facts={"e": {"is_internal": True}}, orders=[ordered("a", JUNE)])
    assert found(engine, "most_profitable") == {"a": 0, "b": 0}


def test_equal_customers_share_their_mean_rank(engine):
    company(
        engine, cash={"a": {"net_cash_12m": 5}, "b": {"net_cash_12m": 9}}, orders=[ordered("a", JUNE)], customers="abcd"
    )
    assert found(engine, "most_profitable", "rank") == {"b": 1, "a": 2, "c": 3.5, "d": 3.5}


def test_a_company_without_data_ranks_nobody_and_says_why(engine):
    company(engine)
    assert found(engine, "fit") == {}
    reasons = dict(engine.rows("SELECT measure, not_rankable FROM measures"))
    assert reasons["pays_on_time"] == "Nothing is recorded in invoices and payments."
    assert reasons["low_support"] == "Nothing is recorded in costs and usage or orders or payments."
    assert len([r for r in reasons.values() if r]) == 12
    assert engine.rows("SELECT party_id, score, measures, rank FROM consensus ORDER BY party_id") == [
        (p, None, 0, None) for p in "abc"
    ]
    assert engine.count("agreement") == 66


def test_a_company_without_customers_makes_empty_tables(engine):
    company(engine, "", orders=[ordered("a", JUNE)])
    assert found(engine, "most_profitable") == {}
    assert reason(engine, "most_profitable") == "Nobody to rank: it ranks all current customers."
    assert engine.count("consensus") == 0


# --- B1 CCO: do not require support


def test_b1_the_least_support_cost_per_active_month_is_best(engine):
    cash = {"a": {"support_12m": -60}, "b": {"support_12m": -30}}
    company(engine, cash=cash, costs=[SUPPORT], usage=[used("a"), used("a", MAY), used("b"), used("c", MAY)])
    assert found(engine, "low_support") == {"c": 0, "a": 30, "b": 30}


def test_b1_a_dead_account_is_not_the_best_customer(engine):
    company(engine, costs=[SUPPORT], usage=[used("a"), used("a", MAY), used("b"), used("c", TOO_OLD)])
    assert found(engine, "low_support", minimum=2) == {"a": 0}


def test_b1_without_use_and_orders_a_payment_is_activity(engine):
    company(engine, costs=[SUPPORT], payments=[paid("a", JUNE), paid("b", TOO_OLD)])
    assert found(engine, "low_support") == {"a": 0}


def test_b1_without_support_cost_in_the_books_nobody_is_ranked(engine):
    company(engine, costs=[SELLING], usage=[used("a")])
    assert found(engine, "low_support") == {}
    assert "where support cost is in the books" in reason(engine, "low_support")


# --- B2 CCO: help themselves


def test_b2_the_share_of_needs_solved_without_an_agent(engine):
    channels = [("a", "agent"), ("a", "community"), ("a", "self_service"), ("a", "community"), ("b", "agent")]
    company(engine, tickets=[{"party": p, "channel": c, "opened_on": JUNE} for p, c in channels])
    assert found(engine, "self_service") == {"a": 0.75, "b": 0}  # c has no needs and no rank


def test_b2_needs_of_earlier_years_do_not_count(engine):
    company(engine, tickets=[{"party": "a", "opened_on": TOO_OLD}])
    assert found(engine, "self_service") == {}


# --- B3 CPO: the product meets their requirements


def test_b3_fit_is_the_mean_of_requirements_met_and_features_used(engine):
    wishes = [
        {"party": "a", "kind": "requirement", "submitted_on": JUNE, "status": s}
        for s in ("met", "unmet", "open", "met")
    ]
    usage = [used("a", feature="x"), used("b", feature="x"), used("b", MAY, feature="y"), used("c", YEAR_AGO, "z")]
    company(engine, ideas=wishes, usage=usage)
    assert found(engine, "fit") == {"b": 1, "a": 0.5, "c": 0}


def test_b3_without_use_by_feature_requirements_stand_alone(engine):
    company(engine, ideas=[{"party": "a", "kind": "requirement", "submitted_on": JUNE, "status": "met"}])
    assert found(engine, "fit") == {"a": 1}


# --- B4 CPO and B7 CMO: innovation and growth


def term(party, starts_on, ends_on, amount, **more):
    return {
        "party": party,
        "signed_on": starts_on,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "amount": amount,
        **more,
    }


def test_b4_accepted_ideas_count_at_their_estimated_value(engine):
    ideas = [
        {"party": "a", "submitted_on": JUNE, "status": "accepted", "value_estimate": 500},
        {"party": "a", "submitted_on": JUNE, "status": "rejected", "value_estimate": 900},
        {"party": "b", "submitted_on": TOO_OLD, "status": "accepted", "value_estimate": 900},
    ]
    company(engine, ideas=ideas)
    assert found(engine, "innovation") == {"a": 500, "b": 0, "c": 0}


def test_b4_a_higher_monthly_price_counts_for_twelve_months_and_a_new_contract_does_not(engine):
    contracts = [
        term("a", date(2025, 1, 1), date(2025, 12, 31), 1200),
        term("a", date(2026, 1, 1), date(2026, 12, 31), 1800),
        term("b", date(2026, 1, 1), date(2026, 12, 31), 9999),
        term("c", date(2025, 1, 1), date(2025, 12, 31), 2400),
        term("c", date(2026, 1, 1), date(2026, 12, 31), 1200),
    ]
    company(engine, contracts=contracts)
    assert found(engine, "innovation") == {"a": 600, "b": 0, "c": 0}


def test_b4_a_term_that_renews_by_itself_still_counts_after_its_end(engine):
    contracts = [
        term("a", date(2024, 1, 1), date(2024, 12, 31), 1200, auto_renew=True),
        term("a", date(2026, 1, 1), date(2026, 12, 31), 1500),
        term("b", date(2024, 1, 1), date(2024, 12, 31), 1200),
        term("b", date(2026, 1, 1), date(2026, 12, 31), 1500),
    ]
    company(engine, contracts=contracts)
    assert found(engine, "innovation") == {"a": 300, "b": 0, "c": 0}


def test_b4_orders_grow_over_the_year_before(engine):
    company(
        engine,
        orders=[ordered("a", TOO_OLD, 50), ordered("a", JUNE, 80), ordered("b", JUNE, 80), ordered("c", TOO_OLD, 5)],
    )
    assert found(engine, "innovation") == {"a": 30, "b": 0, "c": 0}


def test_b4_tax_inside_an_order_is_no_growth(engine):
    company(
        engine,
        orders=[ordered("a", TOO_OLD, 50), ordered("a", JUNE, 80) | {"tax": 20}, ordered("b", TOO_OLD, 9) | {"tax": 9}],
    )
    engine.execute("UPDATE orders SET reporting_tax = tax")
    assert found(engine, "innovation") == {"a": 10, "b": 0, "c": 0}


def test_b7_is_the_same_number_as_b4(engine):
    company(engine, orders=[ordered("a", TOO_OLD, 50), ordered("a", JUNE, 80)])
    assert found(engine, "innovation") == found(engine, "innovation_marketing")


# --- B5 CPO: buy the most, cost the least to serve


def test_b5_takes_the_mean_of_the_rank_by_revenue_and_by_cost_share(engine):
    cash = {
        "a": {"revenue_12m": 100, "support_12m": -50},
        "b": {"revenue_12m": 110, "refunds_12m": -20, "sales_12m": -9},
        "c": {"revenue_12m": 10, "acquisition_12m": -9},
    }
    company(engine, cash=cash, costs=[SUPPORT], orders=[ordered(p, JUNE) for p in "abc"])
    assert found(engine, "buys_most_costs_least") == {"a": 1.5, "b": 1.5, "c": 3}


# --- B6 CMO: advocates


def referral(referrer, referred, **more):
    return {"referrer_party_id": referrer, "referred_party_id": referred, "referrer": referrer, "referred": referred,
            "referred_on": MAY, **more}  # fmt: skip


def test_b6_counts_the_revenue_of_customers_won_by_referral_once(engine):
    referrals = [
        referral("a", "new"),
        referral("b", "new", referred_on=JUNE),
        referral("b", "anyway", would_have_joined_anyway=True),
        referral("b", "old"),
        referral("c", "c"),
        referral("c", "lead"),
    ]
    revenue = {"revenue": 100, "refunds": -10}
    company(
        engine,
        stages=dict.fromkeys(("new", "anyway", "old"), "active") | {"lead": "prospect"},
        facts={
            "new": {"first_paid_on": JUNE},
            "anyway": {"first_paid_on": JUNE},
            "old": {"first_ordered_on": YEAR_AGO},
        },
        cash={"new": revenue, "anyway": revenue, "old": revenue},
        referrals=referrals,
    )
    values = found(engine, "advocacy")
    assert {p: v for p, v in values.items() if v} == {"a": 90}
    assert next(iter(values)) == "a"


# --- B8 CMO: transactional


def test_b8_sales_cost_per_purchase_and_never_bought_is_excluded(engine):
    cash = {"a": {"sales_12m": -30}, "b": {"sales_12m": -30}}
    purchases = [ordered("a", JUNE), ordered("a", MAY), ordered("b", JUNE), ordered("b", JUNE, -10)]
    company(engine, cash=cash, costs=[SELLING], orders=purchases, payments=[paid("a", MAY)], usage=[used("c")])
    assert found(engine, "transactional") == {"a": 10, "b": 30}


# --- B9 CRO: keep coming back


def test_b9_the_share_of_ended_terms_that_were_renewed(engine):
    contracts = [
        term("a", date(2024, 1, 1), date(2024, 12, 31), 1),
        term("a", date(2025, 1, 1), date(2025, 12, 31), 1),
        term("a", date(2026, 1, 1), date(2026, 12, 31), 1),
        term("b", date(2024, 1, 1), date(2024, 12, 31), 1, auto_renew=True),
        term("c", date(2026, 1, 1), date(2026, 12, 31), 1),
    ]
    company(engine, contracts=contracts, ltv={"a": 10, "b": 20})
    assert found(engine, "loyalty", "rank") == {"b": 1, "a": 2}  # both 1: the value breaks the tie; c had no chance yet
    assert set(found(engine, "loyalty").values()) == {1}


def test_b9_an_open_ended_contract_comes_back_after_its_first_term(engine):
    contracts = [
        term("a", date(2025, 1, 1), None, 1),
        term("b", date(2025, 1, 1), None, 1, cancelled_on=date(2025, 12, 1)),
        term("c", date(2026, 1, 1), None, 1),
    ]
    company(engine, contracts=contracts)
    assert found(engine, "loyalty") == {"a": 1, "b": 0}


def test_b9_a_changed_price_is_no_renewal(engine):
    contracts = [
        term("a", date(2026, 1, 1), date(2026, 3, 31), 1, kind="new"),
        term("a", date(2026, 4, 1), date(2026, 12, 31), 1, kind="change"),
    ]
    company(engine, contracts=contracts)
    assert found(engine, "loyalty") == {}


def test_b9_without_contract_the_share_of_months_with_another_order(engine):
    days = [date(2026, 2, 3), date(2026, 2, 20), date(2026, 4, 1), date(2026, 6, 1)]
    company(engine, orders=[ordered("a", d) for d in days] + [ordered("b", date(2026, 4, 1)), ordered("c", JUNE)])
    assert found(engine, "loyalty") == {"a": 0.5, "b": 0}


# --- B10 CRO: biggest deals


def test_b10_the_largest_won_deal_and_then_their_total(engine):
    deals = [("a", 50, "won"), ("b", 50, "won"), ("b", 1, "won"), ("c", 999, "lost"), ("c", None, "won")]
    rows = [{"party": p, "amount": x, "reporting_amount": x, "status": s, "closed_on": JUNE} for p, x, s in deals]
    company(engine, opportunities=rows)
    assert found(engine, "biggest_deals") == {"b": 50, "a": 50}
    assert found(engine, "biggest_deals", "rank") == {"b": 1, "a": 2}


# --- B11 CFO: pay on time


def invoice(party, number, amount=100, due_on=MAY, **more):
    return {"party": party, "id": number, "issued_on": due_on, "due_on": due_on, "amount": amount, **more}


def test_b11_weighs_by_amount_and_unpaid_is_late(engine):
    invoices = [
        invoice("a", "1", 300),
        invoice("a", "2", 100),
        invoice("b", "3", 100),
        invoice("c", "4", status="void"),
    ]
    payments = [paid("a", MAY, 300, invoice="1"), paid("b", MAY, 40, invoice="3"), paid("b", JUNE, 60, invoice="3")]
    company(engine, invoices=invoices, payments=payments)
    assert found(engine, "pays_on_time") == {"a": 0.75, "b": 0.4}


def test_b11_the_fewer_days_late_break_the_tie(engine):
    invoices = [invoice("a", "1"), invoice("b", "2"), invoice("c", "3")]
    payments = [paid("a", JUNE, 100, invoice="1"), paid("b", date(2026, 5, 11), 100, invoice="2")]
    company(engine, invoices=invoices, payments=payments)
    assert found(engine, "pays_on_time", "rank") == {"b": 1, "a": 2, "c": 3}


def test_b11_an_invoice_called_paid_without_payment_is_missing_data(engine):
    company(engine, invoices=[invoice("a", "1", status="paid"), invoice("b", "2")], payments=[paid("c", MAY)])
    assert found(engine, "pays_on_time") == {"b": 0}


def test_b11_compares_across_currencies(engine):
    invoices = [invoice("a", "1", 100, currency="USD", reporting_amount=90)]
    payments = [paid("a", MAY, 45, invoice="1", currency="EUR", reporting_amount=45)]
    company(engine, invoices=invoices, payments=payments)
    assert found(engine, "pays_on_time") == {"a": 0.5}


# --- B12 CFO: most profitable


def test_b12_net_cash_after_all_cost(engine):
    company(engine, cash={"a": {"net_cash_12m": -5}, "b": {"net_cash_12m": 9}}, payments=[paid("a", JUNE)])
    assert found(engine, "most_profitable") == {"b": 9, "c": 0, "a": -5}
