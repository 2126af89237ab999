"""L23: suppliers gross and net. L24: customers by cash and by profit. L21 and L22 on the way."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.lifecycle.described import AS_OF, PAID, SIGNED, counted_by, stages
from tests.registers.drawn import by_record, drawn
from valuekit import cashflow
from valuekit.lifecycle import classify

ORDER = {"record": "ann", "ordered_on": "2026-06-01", "amount": 100}
BILL = {"month": "2026-06-01", "function": "general", "pool": "rent", "amount": 70, "supplier": "ann"}


def trade(**company):
    company.setdefault("records", [{"record": "ann"}])
    return by_record(drawn(**company), "trade", "received, paid, net, is_customer")


def test_who_buys_and_sells_is_shown_gross_and_net():
    assert trade(orders=[ORDER], costs=[BILL]) == {"ann": (100, -70, 30, True)}


def test_refunds_and_further_bills_are_summed():
    payments = [{**PAID, "record": "ann"}, {**PAID, "record": "ann", "amount": -40, "kind": "refund"}]
    bills = [BILL, {**BILL, "amount": 0.5}, {**BILL, "amount": -20}]
    assert trade(payments=payments, costs=bills)["ann"] == (60, Decimal("-50.5"), Decimal("9.5"), False)


def test_a_vendor_that_never_bought_is_no_customer():
    engine = drawn(records=[{"record": "ann", "role": "supplier"}], costs=[BILL], counted=True)
    assert stages(engine) == {"ann": "supplier"}
    assert by_record(engine, "trade", "received, paid, net, is_customer") == {"ann": (0, -70, -70, False)}
    assert counted_by(engine, "paid_current") == set()


def test_a_supplier_is_listed_before_the_first_bill_and_a_plain_buyer_never():
    records = [{"record": "ann", "role": "partner"}, {"record": "bob"}]
    assert trade(records=records, orders=[{**ORDER, "record": "bob"}]) == {"ann": (0, 0, 0, False)}


def test_money_moved_inside_the_company_has_no_effect():
    """L22: a business unit that sells to another is neither customer nor supplier."""
    engine = drawn(records=[{"record": "ann", "role": "internal"}], orders=[ORDER], costs=[BILL], counted=True)
    assert engine.count("trade") == 0
    assert counted_by(engine, "net_cash_positive") == set()
    assert engine.scalar("SELECT SUM(parties) FROM cash_and_profit") == 0


# --- cash and profit

LABELS = {
    (True, True): "Good customer",
    (True, False): "Customer by cash, not profitable",
    (False, True): "Profitable, cash still out",
    (False, False): "Neither",
}


def cells(amounts, *, paid=True):
    """The cells of customers with these amounts of net cash and profit, and the members of each."""
    names = [f"r{n}" for n in range(len(amounts))]
    return drawn(
        contracts=[{**SIGNED, "record": r} for r in names],
        payments=[{**PAID, "record": r} for r in names if paid],
        facts={r: {"net_cash_12m": c, "profit_12m": p} for r, (c, p) in zip(names, amounts, strict=True)},
        records=[{"record": "nobody"}],
    )


def counts(engine):
    rows = engine.rows("SELECT cash_positive, profitable, label, parties FROM cash_and_profit")
    assert {(c, p): label for c, p, label, _ in rows} == LABELS
    return {(c, p): n for c, p, _, n in rows}


@pytest.mark.parametrize("cell", LABELS)
def test_every_cell_is_reached_and_all_four_are_always_there(cell):
    amounts = [tuple(10 if yes else -10 for yes in cell)]
    assert counts(cells(amounts)) == {other: int(other == cell) for other in product([True, False], repeat=2)}


def test_nothing_is_not_positive():
    assert counts(cells([(0, 0)]))[False, False] == 1


def test_only_current_customers_are_in_the_cells():
    assert sum(counts(cells([(10, 10)], paid=False)).values()) == 0


@settings(max_examples=6, deadline=None)
@for_all(st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), max_size=12))
def test_the_cells_sum_to_the_customers_and_their_money(amounts):
    engine = cells(amounts)
    found = engine.rows("SELECT SUM(parties), SUM(net_cash_12m), SUM(profit_12m) FROM cash_and_profit")
    assert found == [(len(amounts), sum(c for c, _ in amounts), sum(p for _, p in amounts))]


@pytest.mark.parametrize(("cost", "by_cash"), [(99, {"ann"}), (100, set()), (101, set())])
def test_recurring_revenue_without_net_cash_is_no_customer_by_cash(cost, by_cash):
    """L21, on the real cash statement: 100 a month and 100 received do not make up for a cost of 101."""
    support = {"month": "2026-06-01", "function": "support", "pool": "visits", "amount": cost, "record": "ann"}
    engine = drawn(
        contracts=[{**SIGNED, "record": "ann"}], payments=[{**PAID, "record": "ann"}], costs=[support]
    )  # fmt: skip
    cashflow.compute(engine, as_of=AS_OF, pools={})
    classify(engine, as_of=AS_OF)
    assert by_record(engine, "facts", "mrr, net_cash")["ann"] == (100, 100 - cost)
    assert counted_by(engine, "net_cash_positive") == by_cash
    assert counted_by(engine, "paid_current") == {"ann"}


def test_the_date_described_is_that_of_the_facts():
    assert cells([(1, 1)]).rows("SELECT DISTINCT as_of FROM facts") == [(AS_OF,)]
