"""The books: tax kept out, charges inside the enterprise eliminated, one row per currency; they close in every case."""

from datetime import date
from decimal import Decimal

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.cashflow.given import given
from tests.engines import fresh_engine
from valuekit import cashflow

JAN = date(2026, 1, 1)
PEOPLE = [{"party_id": "a"}, {"party_id": "b"}, {"party_id": "it", "role": "internal"},
          {"party_id": "sales", "role": "internal"}, {"party_id": "trial", "role": "test"}]  # fmt: skip


def compute(engine, assumed=None, **tables):
    given(engine, **{"parties": PEOPLE, **tables})
    cashflow.compute(engine, as_of=date(2026, 1, 31), pools={}, assumed_cost_of_goods=assumed)
    return engine


def paid(amount, party="a", **more):
    return {"party": party, "paid_on": JAN, "amount": amount, **more}


def ordered(amount, party="a", **more):
    return {"party": party, "ordered_on": JAN, "amount": amount, **more}


def cost(amount, function="support", pool="desk", **more):
    return {"month": JAN, "function": function, "pool": pool, "amount": amount, **more}


def ticket(minutes, party="a"):
    return {"party": party, "opened_on": JAN, "minutes": minutes}


def books(engine, columns, where="TRUE"):
    found = engine.rows(f"SELECT {columns} FROM books WHERE {where} ORDER BY line, pool, currency")
    return [tuple(float(v) if isinstance(v, Decimal) else v for v in row) for row in found]


def statement(engine):
    return engine.rows("SELECT party_id, net_cash FROM cash ORDER BY party_id")


# --- tax


def test_revenue_and_refunds_are_without_tax_and_the_books_show_what_was_kept_out(engine):
    compute(engine, payments=[paid(119, tax=19), paid("-11.9", kind="refund", tax="-1.9"), paid(50)])
    assert statement(engine) == [("a", Decimal(140))]
    assert books(engine, "line, ledger, attributed, tax") == [("refunds", -10, -10, -1.9), ("revenue", 150, 150, 19)]


def test_ledger_and_tax_are_what_was_paid_in(engine):
    compute(engine, payments=[paid("119.01", tax="19.0001")], orders=[ordered("11.9", tax="1.9")])
    assert engine.scalar("SELECT SUM(ledger + tax) FROM books") == Decimal("130.91")


def test_a_share_of_revenue_is_of_revenue_without_tax(engine):
    compute(engine, Decimal("0.5"), orders=[ordered(119, tax=19)])
    assert books(engine, "ledger, attributed", "line = 'cost_of_goods'") == [(-50, -50)]


def test_the_driver_revenue_leaves_tax_out(engine):
    compute(engine, payments=[paid(150, tax=50), paid(100, "b")], costs=[cost(10, "other", "misc")])
    assert statement(engine) == [("a", Decimal(95)), ("b", Decimal(95))]


# --- inside the enterprise (P6)

OUTSIDE = {
    "payments": [paid(300), paid(100, "b")],
    "orders": [ordered(40, "b", cost_of_goods=15)],
    "costs": [cost("10.01"), cost(8, "other", "misc"), cost(5, party="a")],
    "tickets": [ticket(20), ticket(10, "b")],
}
INSIDE = {
    "payments": [paid(900, "sales", tax=100)],
    "orders": [ordered(70, "it", cost_of_goods=30), ordered(33, "trial")],
    "costs": [
        cost(800, "sales", "software", supplier="it", supplier_party_id="it"),
        cost(60, "support", "desk", supplier="it", supplier_party_id="it"),
        cost(25, party="a", supplier="it", supplier_party_id="it"),
        cost(40, "general", "rent", party="sales"),
    ],
    "tickets": [],
}


def test_a_unit_that_buys_from_another_changes_no_statement_and_no_total(engine):
    shown = "line, pool, ledger - eliminated, attributed, unattributed, unused_capacity, unallocated"
    before = statement(compute(engine, **OUTSIDE)), books(engine, shown)
    compute(engine, **{table: OUTSIDE[table] + INSIDE[table] for table in OUTSIDE})
    after = statement(engine), books(engine, shown, "ledger - eliminated <> 0")
    assert after == before
    assert {party for party, _ in after[0]} == {"a", "b"}


def test_a_charge_that_both_sides_have_booked_comes_to_zero(engine):
    compute(
        engine, payments=[paid(900, "sales")], costs=[cost(900, "sales", "it", supplier="it", supplier_party_id="it")]
    )
    assert books(engine, "line, ledger, eliminated") == [("revenue", 900, 900), ("sales", -900, -900)]
    assert engine.scalar("SELECT SUM(eliminated) FROM books") == 0
    assert engine.count("cash_months") == 0


def test_money_of_test_accounts_is_no_cash(engine):
    compute(engine, payments=[paid(9, "trial"), paid(-2, "trial", kind="refund")])
    assert books(engine, "line, ledger, eliminated") == [("refunds", -2, -2), ("revenue", 9, 9)]


def test_a_unit_bears_the_real_cost_that_it_uses_on_a_statement_of_its_own(engine):
    compute(engine, costs=[cost(30)], tickets=[ticket(10), ticket(20, "it")])
    assert statement(engine) == [("a", Decimal(-10)), ("it", Decimal(-20))]


# --- currencies

THREE = [
    cost(60, currency="EUR", practical_capacity_minutes=100),
    cost(100, currency="USD", reporting_amount="90.01"),
    cost(1000, currency="JPY", reporting_amount="6.25"),
]


def test_the_books_have_a_row_for_each_currency_with_the_amount_that_moved(engine):
    payments = [paid(100), paid(200, currency="USD", reporting_amount="183.33")]
    compute(engine, payments=payments)
    expected = [("EUR", 100, 100, 100), ("USD", 200, 183.33, 183.33)]
    assert books(engine, "currency, ledger_in_currency, ledger, attributed") == expected


def test_a_pool_in_three_currencies_has_one_capacity_and_closes_in_each(engine):
    compute(engine, costs=THREE, tickets=[ticket(20), ticket(30, "b")])
    expected = [("EUR", -30, -30), ("JPY", -3.13, -3.12), ("USD", -45.01, -45)]
    assert books(engine, "currency, attributed, unused_capacity") == expected
    assert books(engine, "SUM(ledger), SUM(difference)", "TRUE GROUP BY line, pool, currency")[2] == (-90.01, 0)


# --- properties

CENTS = st.integers(-9_999_999, 9_999_999).map(lambda c: Decimal(c) / 10_000)
WHO = st.sampled_from(["a", "b", "it", "trial", None])
MONEY = {"party": WHO, "amount": CENTS, "rate": st.sampled_from(["1", "0.9137", "0.0061"]), "taxed": st.booleans()}
COMPANY = st.fixed_dictionaries(
    {
        "payments": st.lists(st.fixed_dictionaries(MONEY), max_size=5),
        "orders": st.lists(st.fixed_dictionaries(MONEY | {"cost_of_goods": st.none() | CENTS}), max_size=4),
        "costs": st.lists(
            st.fixed_dictionaries(
                MONEY
                | {"function": st.sampled_from(["support", "other", "general"]), "supplier_party_id": WHO,
                   "practical_capacity_minutes": st.sampled_from([None, 7])}
            ),
            max_size=5,
        ),
    }
)  # fmt: skip
CURRENCY = {"1": "EUR", "0.9137": "USD", "0.0061": "JPY"}


def converted(row, **more):
    """A row in the currency of its rate, with a fifth of it as tax."""
    rate, names = Decimal(row["rate"]), ("amount", "tax", "cost_of_goods")
    own = {"tax": row["amount"] / 5 if row["taxed"] else None, **row, **more, "currency": CURRENCY[row["rate"]]}
    there = {f"reporting_{c}": round(own[c] * rate, 2 if rate != 1 else 4) for c in names if own.get(c) is not None}
    return {k: v for k, v in own.items() if k not in ("rate", "taxed")} | there


def company(drawn):
    def kind(row):
        return {"kind": "payment" if row["amount"] >= 0 else "refund"}

    return {
        "payments": [converted(r, paid_on=JAN, **kind(r)) for r in drawn["payments"]],
        "orders": [converted(r, ordered_on=JAN) for r in drawn["orders"]],
        "costs": [converted(r, month=JAN, pool="p") for r in drawn["costs"]],
    }


@settings(max_examples=12, deadline=None)
@for_all(COMPANY)
def test_the_books_close_for_every_month_pool_and_currency(drawn):
    tables = company(drawn)
    with fresh_engine() as engine:
        compute(engine, Decimal("0.3"), tickets=[ticket("2.5"), ticket(1, "it"), ticket(1, None)], **tables)
        assert engine.count("books") == engine.scalar("SELECT COUNT(*) FROM books WHERE difference = 0")
        moved = sum((row["reporting_amount"] for t in ("payments", "orders") for row in tables[t]), Decimal(0))
        received = "SELECT COALESCE(SUM(ledger + tax), 0) FROM books WHERE line IN ('revenue', 'refunds')"
        assert engine.scalar(received) == moved
        assert engine.scalar("SELECT COUNT(*) FROM cash WHERE party_id = 'it' AND revenue + refunds <> 0") == 0
