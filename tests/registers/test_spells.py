"""L21 and L24 over time: since when a party is a customer by cash, and the 2x2 at every month end."""

from datetime import date

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.cashflow.given import given, published
from tests.engines import fresh_engine
from valuekit import cashflow
from valuekit.registers import follow_cash_and_profit, spells

AS_OF = date(2026, 6, 30)
ENDS = [date(2026, 4, 30), date(2026, 5, 31), AS_OF]


@pytest.fixture
def engine():
    with fresh_engine() as engine:
        yield engine


def month(back):
    """First day of the month so many months before June 2026."""
    number = 2026 * 12 + 5 - back
    return date(number // 12, number % 12 + 1, 1)


def cash(amount, back, party="a"):
    return {"party_id": party, "month": month(back), "revenue": amount, "net_cash": amount}


def bill(amount, back, party="a", **more):
    return {"party": party, "issued_on": month(back), "amount": amount, **more}


def follow(engine, cash_months=(), stage="active", history=None, **tables):
    rows = list(cash_months)
    parties = sorted(
        {row["party_id"] for row in [*rows, *(history or [])]} | {r["party"] for t in tables.values() for r in t}
    )
    given(engine, **tables)
    published(
        engine,
        cash_months=rows,
        stages=[{"party_id": p, "stage": stage, "since": AS_OF} for p in parties],
        stage_months=[{"as_of": end, "complete": True, "stage": stage} for end in ENDS],
        history=history or [run(p, ENDS[0], AS_OF, stage) for p in parties],
        cash_and_profit=[
            {"cash_positive": c, "profitable": p, "label": ""} for c in (True, False) for p in (True, False)
        ],
    )  # fmt: skip
    follow_cash_and_profit(engine, as_of=AS_OF)
    return {row[0]: row[1:] for row in engine.rows("SELECT * FROM cash_spells")}


def run(party, first, last, stage="active"):
    return {"party_id": party, "from_end": first, "until_end": last, "stage": stage}


def cells(engine):
    rows = engine.rows("SELECT as_of, cash_positive, profitable, parties FROM cash_and_profit_months WHERE parties > 0")
    return sorted(rows)


def test_a_customer_by_cash_since_the_first_money(engine):
    assert follow(engine, [cash(10, 3)])["a"][:2] == (month(3), 4)


def test_a_break_begins_the_spell_anew(engine):
    found = follow(engine, [cash(10, 8), cash(-20, 5), cash(30, 2)])
    assert found["a"][:2] == (month(2), 3)


def test_money_counts_for_twelve_month_ends(engine):
    assert follow(engine, [cash(10, 11)])["a"][:2] == (month(11), 12)
    assert follow(engine, [cash(10, 12)])["a"][:2] == (None, 0)
    assert follow(engine, [cash(10, 15), cash(1, 3)])["a"][:2] == (month(15), 16)


def test_an_old_loss_that_falls_out_makes_a_customer_by_cash(engine):
    assert follow(engine, [cash(-10, 13), cash(5, 9)])["a"][:2] == (month(1), 2)


def test_recurring_revenue_without_net_cash_is_no_customer_by_cash(engine):
    """L21: billed month after month, and profitable, but no cash has come in."""
    assert follow(engine, [cash(-1, 2)], invoices=[bill(100, back) for back in (2, 1, 0)])["a"] == (
        None,
        0,
        month(2),
        3,
    )


def test_void_bills_are_none(engine):
    assert follow(engine, invoices=[bill(100, 1, status="void"), bill(0, 1)])["a"][2:] == (None, 0)


def test_tax_is_no_profit(engine):
    """Billed 119 with 19 of tax in two months, at a cost of 110 each: a loss of 10, not a profit of 9."""
    taxed = {"tax": 19, "reporting_tax": 19}
    cost = [{"party_id": "a", "month": month(back), "sales": -110, "net_cash": -110} for back in (1, 0)]
    assert follow(engine, cost, invoices=[bill(119, back, **taxed) for back in (1, 0)])["a"][2:] == (None, 0)
    bought = [{"party": "a", "ordered_on": month(0), "amount": 119, **taxed}]
    assert follow(engine, [cost[1]], orders=bought)["a"][2:] == (None, 0)


def test_nothing_is_not_positive(engine):
    assert follow(engine, [cash(10, 2), cash(-10, 1)])["a"][:2] == (None, 0)


def test_internal_parties_have_no_spell(engine):
    assert follow(engine, [cash(10, 1)], stage="internal") == {}


def test_the_cells_follow_the_months(engine):
    follow(engine, [cash(-5, 2), cash(20, 0)], invoices=[bill(9, 1)])
    assert cells(engine) == [(ENDS[0], False, False, 1), (ENDS[1], False, True, 1), (ENDS[2], True, True, 1)]


def test_only_the_customers_of_then_are_in_the_cells(engine):
    history = [run("a", ENDS[0], ENDS[0], "prospect"), run("a", ENDS[1], ENDS[1]), run("a", AS_OF, AS_OF, "churned")]
    follow(engine, [cash(5, 2)], history=history)
    assert cells(engine) == [(ENDS[1], True, False, 1)]


def test_a_customer_without_any_cash_is_in_the_last_cell(engine):
    follow(engine, [cash(5, 20)], history=[run("b", ENDS[1], AS_OF)])
    assert cells(engine) == [(ENDS[1], False, False, 1), (ENDS[2], False, False, 1)]


AMOUNTS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 20), st.integers(-9, 9)), max_size=12)


@settings(max_examples=8, deadline=None)
@for_all(AMOUNTS, AMOUNTS)
def test_spells_and_cells_are_those_of_sums_by_hand(paid, billed):
    with fresh_engine() as engine, pytest.MonkeyPatch.context() as patch:
        patch.setattr(spells, "PARTIES_AT_ONCE", 2)
        months = {}
        for party, back, amount in paid:
            months[party, back] = months.get((party, back), 0) + amount
        rows = [cash(amount, back, party) for (party, back), amount in months.items()]
        found = follow(engine, rows, invoices=[bill(amount, back, party) for party, back, amount in billed])
        for party, (since, months_by_cash, profitable_since, months_by_profit) in found.items():
            assert (since, months_by_cash) == by_hand(party, paid)
            assert (profitable_since, months_by_profit) == by_hand(party, billed)
        signs = [(bool(row[0]), bool(row[2])) for row in found.values()]
        assert [row[1:] for row in cells(engine) if row[0] == AS_OF] == [
            (*cell, signs.count(cell)) for cell in sorted(set(signs))
        ]


def by_hand(party, amounts):
    run = 0
    while sum(a for p, back, a in amounts if p == party and run <= back < run + 12) > 0:
        run += 1
    return (month(run - 1), run) if run else (None, 0)


def test_on_the_statement_of_a_company(engine):
    """The same as what a run would find: net cash of the statement, month by month."""
    tables = {"payments": [{"party": "a", "paid_on": month(4), "amount": 10}]}
    cashflow.compute(given(engine, **tables), as_of=AS_OF, pools={})
    rows = engine.query("SELECT party_id, month, revenue, net_cash FROM cash_months").to_pylist()
    assert follow(engine, rows)["a"][:2] == (month(4), 5)
