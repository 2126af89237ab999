"""P4: where the balance tips; each answer is put back into the statement."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.cashflow.given import given
from tests.engines import fresh_engine
from valuekit import cashflow
from valuekit.cashflow.break_even import REASONS
from valuekit.cashflow.what_if import WhatIf, ask_books, ask_capacities
from valuekit.errors import UnknownNameError

JAN, AS_OF = date(2026, 1, 1), date(2026, 12, 31)
CENT = Decimal("0.01")


def paid(amount, party="a"):
    kind = "payment" if amount >= 0 else "refund"
    return {"party": party, "paid_on": JAN, "amount": amount, "kind": kind}


def cost(amount, function, party=None, **more):
    named = {"party": party} if party else {}
    return {"month": JAN, "function": function, "pool": function, "amount": amount, **named, **more}


def ticket(minutes, party="a"):
    return {"party": party, "opened_on": JAN, "minutes": minutes}


def points(engine, party="a", **tables):
    cashflow.compute(given(engine, **tables), as_of=AS_OF, pools={})
    cashflow.find_break_even(engine, as_of=AS_OF)
    same = "party_id = $party" if party else "party_id IS NULL OR party_id = $party"
    return engine.query(f"SELECT * FROM break_even WHERE {same}", {"party": party}).to_pylist()[0]


def test_a_customer_by_hand(engine):
    """100 received, 40 of goods, 90 of support for 90 minutes: 30 are missing. One and a half of the volume, 30% more,
    or 60 of 90 minutes close the gap."""
    found = points(
        engine, payments=[paid(100)], costs=[cost(40, "cost_of_goods", "a"), cost(90, "support")], tickets=[ticket(90)]
    )
    assert (found["net_cash_12m"], found["variable_12m"], found["fixed_12m"]) == (-30, 60, -90)
    assert (found["volume"], found["price_change"]) == (1.5, 0.3)
    assert (found["minutes_a_month"], found["minute_rate"], found["minutes_at_zero"]) == (7.5, 1, 5)
    assert {found[f"{kind}_reason"] for kind in ("volume", "price", "minutes")} == {None}


def test_the_enterprise_has_fixed_cost_that_nobody_carries(engine):
    """200 received, 40 of sales that move; 100 for support, used or not, and 30 of rent stay: 0.8125 of the volume."""
    support = cost(100, "support", practical_capacity_minutes=50)
    found = points(
        engine, None, payments=[paid(200)], costs=[cost(40, "sales", "a"), support, cost(30, "general")],
        tickets=[ticket(40)],
    )  # fmt: skip
    assert (found["net_cash_12m"], found["variable_12m"], found["fixed_12m"]) == (30, 160, -130)
    assert found["capacity_12m"] == -80
    assert (found["volume"], found["price_change"]) == (0.8125, -0.15)
    assert found["minutes_at_zero"] == pytest.approx((40 + 30 / 2) / 12)


def test_growth_beyond_a_capacity_takes_more_of_it(engine):
    """100 received for 100 of capacity, 40 of 50 minutes used, and 30 of rent: at 1.25 times the volume it is used up,
    with 5 missing; from there on 100 come in and 80 of capacity go out for each volume more: 20 m = 30."""
    support = cost(100, "support", practical_capacity_minutes=50)
    tables = {"payments": [paid(100)], "tickets": [ticket(40)]}
    found = points(engine, None, **tables, costs=[support, cost(30, "general")])
    assert (found["variable_12m"], found["fixed_12m"], found["volume"]) == (100, -130, 1.5)
    books = ask_books(engine, WhatIf(volume=0.5, capacity_step=0.2), as_of=AS_OF).to_pylist()
    assert sum(row["ledger_then"] for row in books) == 0
    assert cashflow.explain_break_even(found, name="We").endswith(
        "The cost of capacity counts as fixed until the capacity is used up, and grows with volume from then on."
    )
    poor = points(engine, None, **tables | {"payments": [paid(70)]}, costs=[support, cost(30, "general")])
    assert (poor["volume"], poor["volume_reason"]) == (None, "capacity_costs_more")


def test_what_is_not_known_is_part_of_the_enterprise(engine):
    found = points(engine, None, payments=[paid(10), {"record": "nobody", "paid_on": JAN, "amount": 5}])
    assert (found["net_cash_12m"], found["priced_12m"]) == (15, 15)


def reasons(engine, **tables):
    found = points(engine, **tables)
    for kind, value in (("volume", "volume"), ("price", "price_change"), ("minutes", "minutes_at_zero")):
        assert (found[value] is None) == (found[f"{kind}_reason"] in REASONS)
    return found["volume_reason"], found["price_reason"], found["minutes_reason"]


def test_nothing_fixed_and_no_minutes(engine):
    assert reasons(engine, payments=[paid(10)]) == ("nothing_fixed", None, "no_minutes_kept")


def test_every_unit_loses(engine):
    found = reasons(engine, payments=[paid(10)], costs=[cost(20, "cost_of_goods", "a"), cost(1, "sales", "a")])
    assert found[0] == "every_unit_loses"


def test_always_positive(engine):
    assert reasons(engine, payments=[paid(10)], costs=[cost(-5, "sales", "a")])[:2] == (
        "always_positive", "pays_even_when_free",
    )  # fmt: skip


def test_no_volume_and_no_revenue(engine):
    assert reasons(engine, costs=[cost(5, "sales", "a")])[:2] == ("no_volume", "no_revenue")


def test_a_loss_that_support_does_not_explain(engine):
    tables = {"payments": [paid(10)], "costs": [cost(50, "sales", "a"), cost(9, "support")], "tickets": [ticket(3)]}
    assert reasons(engine, **tables)[2] == "loses_without_support"


def test_two_pools_that_the_same_minutes_drive_make_one_rate(engine):
    desk = [cost(60, "support"), {**cost(30, "support"), "pool": "second line"}]
    assert points(engine, payments=[paid(100)], costs=desk, tickets=[ticket(30), ticket(15, "b")])["minute_rate"] == 2


def test_only_the_last_twelve_months_count(engine):
    old = {"paid_on": date(2025, 12, 31)}
    assert points(engine, payments=[paid(10), {**paid(99), **old}])["net_cash_12m"] == 10


def test_without_anything_only_the_enterprise_is_there(engine):
    cashflow.compute(given(engine), as_of=AS_OF, pools={})
    cashflow.find_break_even(engine, as_of=AS_OF)
    assert engine.rows("SELECT party_id, net_cash_12m, volume_reason FROM break_even") == [(None, 0, "no_volume")]


def test_a_line_that_is_not_there_is_told(engine):
    with pytest.raises(UnknownNameError, match="Did you mean 'revenue'"):
        cashflow.find_break_even(engine, as_of=AS_OF, variable=["revenu"])


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (
            {"payments": [paid(100)], "costs": [cost(40, "cost_of_goods", "a"), cost(90, "support")],
             "tickets": [ticket(90)]},
            "Acme turns positive at 30% higher prices, at 50% more volume, or with 2.5 fewer support minutes a month.",
        ),
        (
            {"payments": [paid(100)], "costs": [cost(160, "cost_of_goods", "a"), cost(9, "sales", "a")]},
            ("Acme turns positive at 69% higher prices. No volume turns it, since each unit costs more than it brings."
            " Support is not shared out by minutes, so no number of them can be named."),
        ),
        (
            {"payments": [paid(100)], "costs": [cost(50, "support")], "tickets": [ticket(50)]},
            ("Acme stays positive until prices fall by 50%, until volume falls by 50%, or until it needs 4.2 more"
            " support minutes a month."),
        ),
        (
            {"payments": [paid(10)], "costs": [cost(95, "sales", "a")]},
            ("Acme turns positive at 9.5 times the prices, or at 9.5 times the volume. Support is not shared out by"
            " minutes, so no number of them can be named."),
        ),
        (
            {"payments": [paid(10)]},
            ("Acme stays positive until prices fall by 100%. No volume turns it: it brings money at all of them."
            " Support is not shared out by minutes, so no number of them can be named."),
        ),
        (
            {"costs": [cost(5, "sales", "a"), cost(9, "support")], "tickets": [ticket(3)]},
            ("Acme loses money, and nothing alone tips it. No price turns it, since it has no revenue. No volume turns"
            " it, since nothing of it moves with volume. Less support alone does not turn it, since it loses money even"
            " without a minute."),
        ),
        (
            {"payments": [paid(5)], "costs": [cost(5, "sales", "a")]},
            "Acme neither brings nor costs money: it stands at its balance.",
        ),
    ],
)  # fmt: skip
def test_a_sentence_says_where_it_tips(engine, tables, said):
    assert cashflow.explain_break_even(points(engine, **tables), name="Acme") == said


AMOUNT = st.integers(-99_999, 99_999).map(lambda cents: Decimal(cents) / 100)


@settings(max_examples=6, deadline=None)
@for_all(
    st.lists(st.tuples(st.sampled_from("abc"), AMOUNT, AMOUNT, AMOUNT, st.integers(0, 500)), min_size=1, max_size=5)
)
def test_every_answer_put_back_gives_nothing_to_the_cent(rows):
    tables = {
        "payments": [paid(money, party) for party, money, *_ in rows],
        "costs": [cost(goods, "cost_of_goods", p) for p, _, goods, _, _ in rows]
        + [cost(sales, "sales", p) for p, _, _, sales, _ in rows]
        + [cost("123.45", "support", practical_capacity_minutes=400), cost("17.01", "general")],
        "tickets": [ticket(minutes, p) for p, *_, minutes in rows if minutes],
    }
    with fresh_engine() as engine:
        points(engine, None, **tables)
        for row in engine.query("SELECT * FROM break_even").to_pylist():
            net, fixed = row["net_cash_12m"], row["fixed_12m"]
            assert row["variable_12m"] + fixed == net
            if row["volume_reason"] is None:
                assert nothing(float(row["variable_12m"]) * row["volume"] + float(fixed) + grown(engine, row))
                assert row["volume"] > 0
            if row["price_reason"] is None:
                assert nothing(float(net) + float(row["priced_12m"]) * row["price_change"])
            if row["minutes_reason"] is None:
                change = row["minutes_at_zero"] - row["minutes_a_month"]
                assert nothing(float(net) - 12 * change * row["minute_rate"])


def grown(engine, row):
    """What capacity costs more than today at the point of balance of the enterprise."""
    capacities = ask_capacities(engine, WhatIf(), as_of=AS_OF) if row["party_id"] is None else []
    return sum(c.cost * max(row["volume"] / c.reached - 1, 0) for c in capacities)


def nothing(amount):
    return Decimal(amount).quantize(CENT) == 0
