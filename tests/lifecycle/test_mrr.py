"""Monthly recurring revenue from contract terms: what moves it, what does not, and each policy."""

from datetime import date
from decimal import Decimal

import pytest

from tests.lifecycle.grid import ends, grid, move_revenue, rows
from valuekit.lifecycle.policies import Policies
from valuekit.tables.published import MRR_KINDS

FOUR = ends("2026-01", 4)
TERM = {"party": "ann", "monthly": 100, "starts_on": "2025-06-01"}
LATER = {**TERM, "starts_on": "2026-02-10"}


def movements(*terms, policies=None, month_ends=FOUR, **company):
    """Each movement as party, month, kind and amount."""
    engine = grid(month_ends, {}, terms, **company)
    move_revenue(engine, policies or Policies())
    assert_closed(engine)
    sql = "SELECT party_id, MONTH(as_of), movement, amount FROM mrr_movements ORDER BY ALL"
    return [(party, month, kind, float(amount)) for party, month, kind, amount in engine.rows(sql)]


def months(*terms, columns=("begin", "end"), policies=None, month_ends=FOUR, **company):
    engine = grid(month_ends, {}, terms, **company)
    move_revenue(engine, policies or Policies())
    assert_closed(engine)
    return [tuple(map(_plain, row)) for row in rows(engine, "mrr_months", *columns)]


def _plain(value):
    return float(value) if isinstance(value, Decimal) else value


def assert_closed(engine):
    """Begin and movements make the end, to the last decimal; and so do the customers."""
    for row in rows(engine, "mrr_months", "begin", *MRR_KINDS, "end"):
        assert sum(row[:-1]) == row[-1]
    for row in rows(
        engine, "mrr_months", *(f"customers_{n}" for n in ("begin", "new", "reactivated", "churned", "end"))
    ):
        begin, new, reactivated, churned, end = row
        assert begin + new + reactivated - churned == end


# --- what moves it


def test_a_first_contract_is_new_business():
    assert movements(LATER) == [("ann", 2, "new_business", 100)]


def test_a_contract_that_runs_before_the_first_month_end_is_the_opening_balance():
    assert months(TERM) == [(100, 100)] * 3
    assert movements(TERM) == []


def test_a_contract_that_ends_is_churn_in_the_month_after_its_last_month_end():
    assert movements({**TERM, "runs_until": "2026-02-28"}) == [("ann", 3, "churn", -100)]


def test_a_return_from_zero_is_reactivation_and_not_expansion():
    again = {**TERM, "starts_on": "2026-04-01", "monthly": 150}
    found = movements({**TERM, "runs_until": "2026-02-28"}, again)
    assert found == [("ann", 3, "churn", -100), ("ann", 4, "reactivation", 150)]


def test_a_return_of_a_customer_from_before_the_first_month_end_is_reactivation_too():
    earlier = {**TERM, "starts_on": "2025-01-01", "runs_until": "2025-12-31"}
    assert movements(earlier, LATER) == [("ann", 2, "reactivation", 100)]


def changed(monthly, **term):
    return {**TERM, "starts_on": "2026-03-10", "monthly": monthly, "kind": "change", **term}


@pytest.mark.parametrize(("monthly", "kind", "amount"), [(130, "expansion", 30), (70, "contraction", -30)])
def test_a_changed_price_moves_it_from_the_month_of_the_change_only(monthly, kind, amount):
    before = {**TERM, "runs_until": "2026-03-09"}
    assert movements(before, changed(monthly)) == [("ann", 3, kind, amount)]
    assert months(before, changed(monthly), columns=("end",)) == [(100,), (monthly,), (monthly,)]


def test_a_renewal_at_the_same_price_is_no_movement():
    assert movements({**TERM, "runs_until": "2026-03-09"}, changed(100, kind="renewal")) == []


def test_what_one_subscription_gains_and_another_loses_is_netted_within_the_party():
    other = {**TERM, "monthly": 30, "starts_on": "2026-02-01"}
    assert movements({**TERM, "runs_until": "2026-01-31"}, changed(80, starts_on="2026-02-01"), other) == [
        ("ann", 2, "expansion", 10)
    ]


def test_parties_are_never_netted_against_each_other():
    assert movements({**TERM, "runs_until": "2026-01-31"}, {**LATER, "party": "bob"}) == [
        ("ann", 2, "churn", -100),
        ("bob", 2, "new_business", 100),
    ]


def test_internal_accounts_have_none():
    assert months(TERM, {**TERM, "party": "staff"}, internal=["staff"]) == [(100, 100)] * 3


def test_a_free_contract_makes_no_customer():
    assert months({**LATER, "monthly": 0}, columns=("end", "customers_end")) == [(0, 0)] * 3


# --- what does not move it: it comes from contracts, not from charges


def paid(*payments):
    return {"payments": [{"record": "ann", "paid_on": day, "amount": amount} for day, amount in payments]}


def billed(**invoice):
    return {"invoices": [{"record": "ann", "issued_on": "2026-02-10", "amount": 100, "status": "open", **invoice}]}


@pytest.mark.parametrize(
    "charges",
    [
        pytest.param({}, id="months without a charge"),
        pytest.param({**billed(amount=1200), **paid(("2026-02-10", 1200))}, id="an annual invoice"),
        pytest.param(paid(("2026-02-10", 64.29)), id="a prorated first charge"),
        pytest.param(paid(("2026-02-10", 100), ("2026-02-12", -100)), id="a charge that failed after all"),
        pytest.param(billed(due_on="2026-02-20"), id="an invoice past due"),
        pytest.param(paid(("2026-03-01", 100), ("2026-03-31", 100)), id="two payments in a month"),
    ],
)
def test_charges_do_not_move_it(charges):
    assert movements(LATER, **charges) == [("ann", 2, "new_business", 100)]
    assert months(LATER, columns=("end",), **charges) == [(100,)] * 3


# --- currencies

RATES = [
    {"currency": "USD", "rate_on": "2026-01-01", "rate": 0.9},
    {"currency": "USD", "rate_on": "2026-03-15", "rate": 0.8},
]
DOLLARS = {**TERM, "currency": "USD", "reporting": 95}
MONTH_END = Policies(mrr_rate="month_end")


def test_by_default_the_rate_of_signature_stays():
    assert months(DOLLARS, fx_rates=RATES) == [(95, 95)] * 3


def test_at_the_rate_of_the_month_end_the_change_of_rates_has_its_own_line():
    assert months(DOLLARS, columns=("begin", "fx", "end"), policies=MONTH_END, fx_rates=RATES) == [
        (90, 0, 90), (90, -10, 80), (80, 0, 80),
    ]  # fmt: skip


def test_growth_is_valued_at_the_rate_of_now_and_loss_at_the_rate_of_before():
    before = {**DOLLARS, "runs_until": "2026-03-09"}
    gained = movements(before, {**changed(150), "currency": "USD"}, policies=MONTH_END, fx_rates=RATES)
    assert gained == [("ann", 3, "expansion", 40), ("ann", 3, "fx", -10)]
    shrunk = movements(before, {**changed(50), "currency": "USD"}, policies=MONTH_END, fx_rates=RATES)
    assert shrunk == [("ann", 3, "contraction", -45), ("ann", 3, "fx", -5)]


def test_churn_is_never_more_than_what_was_there_whatever_the_rates_do():
    rising = [{**RATES[0]}, {**RATES[1], "rate": 9}]
    terms = {**DOLLARS, "runs_until": "2026-03-09"}
    assert movements(terms, policies=MONTH_END, fx_rates=rising) == [("ann", 3, "churn", -90)]


def test_a_renewal_at_the_same_price_in_another_currency_is_a_matter_of_rates():
    renewal = {**changed(100, kind="renewal"), "currency": "USD", "reporting": 80}
    found = movements({**DOLLARS, "runs_until": "2026-03-09"}, renewal, fx_rates=RATES)
    assert found == [("ann", 3, "fx", -15)]


def test_five_currencies_are_never_summed_under_one_sign():
    currencies = {"EUR": 100, "USD": 90, "GBP": 115, "CHF": 104, "JPY": 0.62}
    terms = [{**LATER, "party": c, "currency": c, "reporting": worth} for c, worth in currencies.items()]
    rates = [{"currency": c, "rate_on": "2026-01-01", "rate": w / 100} for c, w in currencies.items() if c != "EUR"]
    assert months(*terms, columns=("end",))[0] == (409.62,)
    assert months(*terms, columns=("end",), policies=MONTH_END, fx_rates=rates)[0] == (409.62,)


def test_without_a_rate_that_of_signature_stays_and_is_told():
    """A contract from its start on, before the first known rate of its currency."""
    early = {**DOLLARS, "starts_on": "2026-02-01", "signed_on": "2026-03-20"}
    policies = Policies(mrr_rate="month_end", backdated="from_start")
    found = months(early, TERM, columns=("end", "end_without_rate"), policies=policies, fx_rates=RATES[1:])
    assert found == [(195, 95), (180, 0), (180, 0)]


# --- policies

SECOND = {**TERM, "starts_on": "2026-03-05", "monthly": 40, "kind": "new"}
APART = Policies(second_subscription="new_business")


def test_a_second_subscription_is_expansion_by_default():
    assert movements(TERM, SECOND) == [("ann", 3, "expansion", 40)]


def test_a_second_subscription_may_count_as_new_business():
    assert movements(TERM, SECOND, policies=APART) == [("ann", 3, "new_business", 40)]
    assert months(TERM, SECOND, columns=("customers_new",), policies=APART)[1] == (0,)


def test_a_changed_price_beside_a_second_subscription_keeps_its_own_line():
    before = {**TERM, "runs_until": "2026-03-09"}
    found = movements(before, changed(70), SECOND, policies=APART)
    assert found == [("ann", 3, "contraction", -30), ("ann", 3, "new_business", 40)]


@pytest.mark.parametrize("kind", ["renewal", "change"])
def test_a_renewal_or_change_is_no_second_subscription(kind):
    assert movements(
        {**TERM, "runs_until": "2026-03-04"}, {**SECOND, "monthly": 140, "kind": kind}, policies=APART
    ) == [("ann", 3, "expansion", 40)]


def test_one_subscription_in_place_of_another_is_no_second():
    swap = {**SECOND, "monthly": 140}
    assert movements({**TERM, "runs_until": "2026-03-01"}, swap, policies=APART) == [("ann", 3, "expansion", 40)]


BRIEF = {**TERM, "starts_on": "2026-03-05", "runs_until": "2026-03-20"}


def test_who_joins_and_leaves_between_two_month_ends_moves_nothing_by_default():
    assert movements(BRIEF) == []


def test_gross_shows_who_joins_and_leaves_between_two_month_ends():
    gross = Policies(same_month="gross")
    assert movements(BRIEF, policies=gross) == [("ann", 3, "churn", -100), ("ann", 3, "new_business", 100)]
    other = {**TERM, "party": "bob"}
    columns = ("customers_new", "customers_churned", "logo_churn_rate", "gross_churn_rate", "end")
    assert months(BRIEF, other, columns=columns, policies=gross)[1] == (1, 1, 0, 0, 100)


def test_gross_a_brief_term_of_a_customer_moves_nothing():
    assert movements(TERM, BRIEF, policies=Policies(same_month="gross")) == []


def test_gross_who_was_there_for_days_and_comes_back_is_reactivated():
    back = {**TERM, "starts_on": "2026-04-02"}
    kinds = [row[2] for row in movements(BRIEF, back, policies=Policies(same_month="gross"))]
    assert kinds == ["churn", "new_business", "reactivation"]


BACKDATED = {**TERM, "starts_on": "2026-02-01", "signed_on": "2026-04-10"}


def test_a_backdated_contract_counts_from_signature_by_default_so_that_past_months_stay():
    assert movements(BACKDATED) == [("ann", 4, "new_business", 100)]


def test_a_backdated_contract_may_count_from_its_start():
    assert movements(BACKDATED, policies=Policies(backdated="from_start")) == [("ann", 2, "new_business", 100)]


@pytest.mark.parametrize(("until", "last"), [("2026-03-30", 2), ("2026-03-31", 3), ("2026-12-31", 4), (None, 4)])
def test_counted_from_its_start_a_contract_ends_where_it_ends(until, last):
    found = months({**BACKDATED, "runs_until": until}, columns=("end",), policies=Policies(backdated="from_start"))
    assert found == [(100 if month <= last else 0,) for month in (2, 3, 4)]


def overdue(days, *invoices, payments=(), terms=(TERM,)):
    bill = {"record": "ann", "issued_on": "2026-01-20", "amount": 100, "status": "open"}
    return movements(
        *terms,
        policies=Policies(past_due_days=days),
        invoices=[{**bill, **i} for i in invoices],
        payments=[{"record": "ann", "amount": 100, **p} for p in payments],
    )


def test_overdue_for_more_days_it_counts_as_churned_until_paid():
    late, paid = {"id": "i1", "due_on": "2026-01-31", "status": "paid"}, {"invoice": "i1", "paid_on": "2026-04-05"}
    assert overdue(27, late, payments=[paid]) == [("ann", 2, "churn", -100), ("ann", 4, "reactivation", 100)]
    assert overdue(28, late, payments=[paid]) == [("ann", 3, "churn", -100), ("ann", 4, "reactivation", 100)]
    assert overdue(90, late, payments=[paid]) == []


@pytest.mark.parametrize("kind", ["refund", "credit", "chargeback"])
def test_what_is_given_back_of_a_paid_invoice_later_is_no_late_payment(kind):
    bill, in_time = {"id": "i1", "due_on": "2026-01-31", "status": "paid"}, {"invoice": "i1", "paid_on": "2026-01-25"}
    back = {"invoice": "i1", "paid_on": "2026-04-05", "kind": kind, "amount": -30}
    assert overdue(5, bill, payments=[in_time, back]) == []


def test_partly_paid_is_not_paid():
    late, part = {"id": "i1", "due_on": "2026-01-31"}, {"invoice": "i1", "paid_on": "2026-02-05", "amount": 60}
    assert overdue(5, late, payments=[part]) == [("ann", 2, "churn", -100)]
    rest = {**part, "paid_on": "2026-03-05", "amount": 40}
    assert overdue(5, late, payments=[part, rest]) == [("ann", 2, "churn", -100), ("ann", 3, "reactivation", 100)]


@pytest.mark.parametrize(
    "invoice",
    [{"due_on": "2026-01-31", "status": "void"}, {"due_on": "2026-01-31", "status": "paid"}, {"due_on": None}],
)
def test_an_invoice_that_is_void_paid_or_never_due_stops_nothing(invoice):
    assert overdue(5, invoice) == []


def test_an_overdue_invoice_stops_the_contract_that_it_names():
    late = {"id": "i1", "due_on": "2026-01-31", "contract": "c2"}
    terms = (TERM, {**TERM, "monthly": 30})
    assert overdue(5, late, terms=terms) == [("ann", 2, "contraction", -30)]
    assert overdue(5, {**late, "contract": "elsewhere"}, terms=terms) == [("ann", 2, "churn", -130)]


def test_a_subscription_that_resumes_is_no_further_one():
    policies = Policies(past_due_days=5, second_subscription="new_business")
    late = {"record": "ann", "id": "i1", "issued_on": "2026-01-20", "due_on": "2026-01-31", "amount": 30,
            "status": "paid", "contract": "c2"}  # fmt: skip
    paid = {"record": "ann", "invoice": "i1", "paid_on": "2026-03-05", "amount": 30}
    found = movements(TERM, {**TERM, "monthly": 30}, policies=policies, invoices=[late], payments=[paid])
    assert found == [("ann", 2, "contraction", -30), ("ann", 3, "expansion", 30)]


@pytest.mark.parametrize(("days", "kind"), [(58, "new_business"), (59, "reactivation")])
def test_a_return_after_more_days_counts_as_new_business(days, kind):
    terms = [{**TERM, "runs_until": "2026-02-10"}, {**TERM, "starts_on": "2026-03-20"}]
    found = movements(*terms, policies=Policies(reactivation_days=days))
    assert found == [("ann", 2, "churn", -100), ("ann", 3, kind, 100)]


# --- months and rates


def test_a_month_that_still_runs_is_marked_and_has_no_rate_of_a_year():
    gone = {**TERM, "party": "bob", "runs_until": "2026-03-05"}
    columns = ("as_of", "complete", "logo_churn_rate", "annual_churn_rate")
    found = months(TERM, gone, columns=columns, month_ends=ends("2026-01", 2, as_of="2026-03-15"))
    assert found == [(date(2026, 2, 28), True, 0, 0), (date(2026, 3, 15), False, 0.5, None)]


def test_rates_of_nothing_are_missing():
    columns = ("logo_churn_rate", "gross_churn_rate", "net_churn_rate", "grr", "nrr", "quick_ratio", "arpa")
    assert months({**TERM, "starts_on": "2026-05-01"}, columns=columns) == [(None,) * 7] * 3


def test_a_customer_with_two_contracts_is_one_customer():
    assert months(TERM, SECOND, columns=("customers_end", "arpa")) == [(1, 100), (1, 140), (1, 140)]
