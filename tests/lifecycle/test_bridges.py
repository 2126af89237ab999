"""What must close, for any memberships and any contracts, under every combination of policies."""

from dataclasses import astuple
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.lifecycle.grid import FAR, ends, grid, move_revenue, rows
from valuekit.lifecycle import Policies
from valuekit.lifecycle.movements import move
from valuekit.tables.published import MRR_KINDS

MONTHS = ends("2026-01", 6, as_of="2026-07-10")
PARTIES = [f"p{n}" for n in range(5)]
ALL_POLICIES = [
    Policies(*choices, past_due_days=due, reactivation_days=back)
    for choices in product(("signing", "month_end"), ("expansion", "new_business"), ("net", "gross"),
                           ("from_signature", "from_start"))
    for due, back in ((None, None), (10, None), (None, 45), (10, 45))
]  # fmt: skip
ONE_OF_EACH = ALL_POLICIES[::9]
"""Eight of the 64: every value of every policy, in changing company."""

DEFINITIONS = ("paying", "using", "other")
known_from = st.integers(0, len(MONTHS))
mark = st.text("01", min_size=len(MONTHS), max_size=len(MONTHS))
memberships = st.dictionaries(st.sampled_from(PARTIES), st.tuples(known_from, mark, mark, mark), max_size=5).map(
    lambda parties: {
        definition: {party: " " * first + marks[place][first:] for party, (first, *marks) in parties.items()}
        for place, definition in enumerate(DEFINITIONS)
    }
)
"""By definition and party, at which month ends it is counted; a party is known from some month end on."""

day = st.integers(-200, 250).map(lambda n: date(2026, 1, 1) + timedelta(days=n))


@st.composite
def terms(draw):
    starts_on, length = draw(day), draw(st.none() | st.integers(0, 150))
    monthly = draw(st.integers(1, 400))
    currency, rate = draw(st.sampled_from([("EUR", 100), ("USD", 90), ("USD", 83), ("GBP", 117)]))
    return {
        "party": draw(st.sampled_from(PARTIES)),
        "starts_on": starts_on,
        "signed_on": starts_on + timedelta(days=draw(st.sampled_from([-5, 0, 0, 40]))),
        "runs_until": None if length is None else starts_on + timedelta(days=length),
        "monthly": monthly,
        "reporting": monthly * rate / 100,
        "currency": currency,
        "kind": draw(st.sampled_from([None, "new", "renewal", "change"])),
    }


@st.composite
def bills(draw):
    due = draw(day)
    bill = {"record": draw(st.sampled_from(PARTIES)), "due_on": due, "issued_on": due, "amount": 100,
            "status": draw(st.sampled_from(["open", "paid", "void", "uncollectible"])),
            "contract": draw(st.sampled_from([None, "c1", "c2", "unknown"]))}  # fmt: skip
    return bill, draw(st.none() | st.integers(0, 90).map(lambda n: due + timedelta(days=n)))


def billed(drawn):
    invoices = [{**bill, "id": f"i{n}"} for n, (bill, _) in enumerate(drawn)]
    payments = [{"record": bill["record"], "invoice": f"i{n}", "paid_on": paid_on, "amount": 100}
                for n, (bill, paid_on) in enumerate(drawn) if paid_on]  # fmt: skip
    return {"invoices": invoices, "payments": payments}


RATES = [
    {"currency": currency, "rate_on": on, "rate": rate}
    for currency, on, rate in (("USD", "2025-06-01", 0.9), ("USD", "2026-03-10", 0.7), ("USD", "2026-05-02", 1.3),
                               ("GBP", "2026-02-15", 1.2), ("GBP", "2026-04-30", 1.1))
]  # fmt: skip


@settings(max_examples=12, deadline=None)
@for_all(memberships, st.sampled_from([None, 40, 100]))
def test_customer_movements_close_for_any_memberships(members, reactivation_days):
    engine = grid(MONTHS, members)
    move(engine, policies=Policies(reactivation_days=reactivation_days))
    for definition, who in members.items():
        assert_bridge_closes(engine, definition, who)


def assert_bridge_closes(engine, definition, who):
    """Against the marks themselves: how many are counted at each month end."""
    counted = [sum(mark[n] == "1" for mark in who.values()) for n in range(len(MONTHS))]
    columns = ("definition", "begin", "new", "reactivated", "churned", "end", "churn_rate", "new_using")
    found = [row[1:] for row in rows(engine, "customer_movements", *columns) if row[0] == definition]
    assert [row[0] for row in found] == counted[:-1]
    assert [row[4] for row in found] == counted[1:]
    for begin, new, reactivated, churned, end, churn_rate, new_using in found:
        assert begin + new + reactivated - churned == end
        assert churn_rate is None if begin == 0 else 0 <= churn_rate <= 1
        assert new_using <= new
    assert sum(n + r - c for _, n, r, c, *_ in found) == counted[-1] - counted[0]


@settings(max_examples=6, deadline=None)
@for_all(st.lists(terms(), max_size=9), st.lists(bills(), max_size=4), st.permutations(ONE_OF_EACH))
def test_recurring_revenue_closes_for_any_contracts_under_any_policies(contracts, invoices, policies):
    engine = grid(MONTHS, {}, contracts, fx_rates=RATES, **billed(invoices))
    for policy in policies[:4]:
        move_revenue(engine, policy)
        assert_mrr_closes(engine)
        assert_rates_are_shares(engine)


def test_recurring_revenue_closes_under_each_of_the_64_combinations():
    """One company with everything: two currencies, a return, a change, a second contract, a debt and a short stay."""
    contracts = [
        {"party": "ann", "monthly": 100, "starts_on": "2025-06-01", "runs_until": "2026-03-09"},
        {"party": "ann", "monthly": 130, "starts_on": "2026-03-10", "kind": "change"},
        {"party": "ann", "monthly": 40, "starts_on": "2026-03-15", "kind": "new", "currency": "USD", "reporting": 28},
        {"party": "bob", "monthly": 50, "starts_on": "2025-07-01", "runs_until": "2026-02-15", "currency": "USD",
         "reporting": 45},
        {"party": "bob", "monthly": 60, "starts_on": "2026-05-05", "signed_on": "2026-06-20", "currency": "GBP",
         "reporting": 66},
        {"party": "cy", "monthly": 20, "starts_on": "2026-04-03", "runs_until": "2026-04-20"},
    ]  # fmt: skip
    debt = {"record": "ann", "id": "i1", "issued_on": "2026-01-10", "due_on": "2026-01-20", "amount": 9}
    paid = {"record": "ann", "invoice": "i1", "paid_on": "2026-04-01", "amount": 9}
    engine = grid(MONTHS, {}, contracts, fx_rates=RATES, invoices=[{**debt, "status": "open"}], payments=[paid])
    seen = set()
    for policy in ALL_POLICIES:
        move_revenue(engine, policy)
        assert_mrr_closes(engine)
        assert_rates_are_shares(engine)
        seen.add(tuple(engine.rows("SELECT party_id, as_of, movement, amount FROM mrr_movements ORDER BY ALL")))
    assert len(set(map(astuple, ALL_POLICIES))) == 64
    assert len(seen) > 20  # the policies do matter


def assert_mrr_closes(engine):
    found = rows(engine, "mrr_months", "begin", *MRR_KINDS, "end")
    by_party = dict(engine.rows("SELECT as_of, SUM(amount) FROM mrr_movements GROUP BY as_of"))
    for (as_of,), (begin, *kinds, end) in zip(rows(engine, "mrr_months", "as_of"), found, strict=True):
        assert begin + sum(kinds) == end
        assert sum(kinds) == by_party.get(as_of, 0)
    assert [row[-1] for row in found[:-1]] == [row[0] for row in found[1:]]
    assert sum(sum(row[1:-1]) for row in found) == found[-1][-1] - found[0][0]
    for begin, new, reactivated, churned, end in rows(
        engine, "mrr_months", *(f"customers_{n}" for n in ("begin", "new", "reactivated", "churned", "end"))
    ):
        assert begin + new + reactivated - churned == end


def assert_rates_are_shares(engine):
    for rates in rows(engine, "mrr_months", "logo_churn_rate", "gross_churn_rate", "grr", "annual_churn_rate"):
        assert all(rate is None or -1e-12 <= rate <= 1 + 1e-12 for rate in rates)


@settings(max_examples=10, deadline=None)
@for_all(st.lists(terms(), max_size=9))
def test_balances_are_those_of_the_contracts_counted_by_hand(contracts):
    engine = grid(MONTHS, {}, contracts)
    move_revenue(engine)
    found = rows(engine, "mrr_months", "end", "customers_end")
    for as_of, (end, customers) in zip(MONTHS[1:], found, strict=True):
        current = [
            t for t in contracts
            if max(t["starts_on"], t["signed_on"]) <= as_of <= (t["runs_until"] or FAR)
        ]  # fmt: skip
        assert float(end) == pytest.approx(sum(t["reporting"] for t in current), abs=1e-9)
        assert customers == len({t["party"] for t in current})


@settings(max_examples=8, deadline=None)
@for_all(st.lists(terms(), max_size=9), st.sampled_from(ONE_OF_EACH))
def test_nobody_is_new_twice_nor_expands_from_zero(contracts, policy):
    """Unless a late return counts as new."""
    engine = grid(MONTHS, {}, contracts, fx_rates=RATES, invoices=[])
    move_revenue(engine, policy)
    new = "SELECT party_id FROM mrr_moves WHERE (joins OR is_brief) AND NOT is_return"
    assert policy.reactivation_days or not engine.rows(f"{new} GROUP BY party_id HAVING COUNT(*) > 1")
    assert not engine.rows(
        "SELECT * FROM mrr_moves WHERE (joins OR leaves OR is_brief) AND (expansion <> 0 OR contraction <> 0)"
    )
