"""P2: the volume buyer whose scale lowers everybody's unit cost. P3: the customer whose service eats its margin."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.cashflow.given import given
from tests.engines import fresh_engine
from valuekit import cashflow
from valuekit.errors import ConfigError

YEAR = [date(2026, month, 1) for month in range(1, 13)]
JAN = YEAR[0]
AS_OF = date(2026, 12, 31)


def used(party, events, month=JAN):
    return {"party": party, "used_on": month, "events": events}


def paid(party, amount, month=JAN):
    return {"party": party, "paid_on": month, "amount": amount}


def hosting(amount, month=JAN):
    return {"month": month, "function": "cost_of_goods", "pool": "hosting", "amount": amount}


def measure(engine, elasticities=None, as_of=AS_OF, **tables):
    cashflow.compute(given(engine, **tables), as_of=as_of, pools={})
    cashflow.measure_scale(engine, as_of=as_of, elasticities=elasticities)
    return engine


def effects(engine):
    rows = engine.rows(
        "SELECT party_id, standalone_12m, scale_credit_12m, with_scale_12m FROM scale_effects ORDER BY 1"
    )
    return {party: tuple(float(x) for x in amounts) for party, *amounts in rows}


def curve(engine, column):
    return engine.scalar(f"SELECT {column} FROM scale_curves WHERE pool = 'hosting'")


VOLUME_BUYER = {
    "costs": [hosting(10_000)],
    "usage": [used("bulk", 7500), used("small", 2500)],
    "payments": [paid("bulk", 7000), paid("small", 4000)],
}


def test_the_volume_buyer_is_negative_alone_and_positive_with_scale(engine):
    """P2 by hand: C = 10,000 and b = 1/2. Without the three quarters of bulk, the quarter of small costs 5,000 = 10,000
    x (1/4)^(1/2) instead of 2,500: small would pay 2,500 more. Without small, bulk would pay 10,000 x (3/4)^(1/2) -
    7,500 = 1,160.2540 more."""
    found = effects(measure(engine, {"hosting": 0.5}, **VOLUME_BUYER))
    assert found["bulk"] == (-500, 2500, 2000)
    assert found["small"] == (1500, 1160.254, 2660.254)
    assert curve(engine, "residual_12m") == Decimal("-3660.2540")


def test_the_sentence_gives_the_share_the_price_of_absence_and_both_margins(engine):
    measure(engine, {"hosting": 0.5}, **VOLUME_BUYER)
    effect = engine.query("SELECT * FROM scale_effects WHERE party_id = 'bulk'").to_pylist()[0]
    told = engine.query("SELECT * FROM scale_curves").to_pylist()[0]
    assert cashflow.explain_scale(effect, told, name="Bulk", currency="EUR") == (
        "Bulk loses €500.00 a year at average cost. It is 75% of the volume of hosting (usage events): without it, all "
        "others would pay €2,500.00 more a year for hosting, because cost there grows by 0.50% when volume grows by 1%."
        " With its scale counted it brings €2,000.00."
    )


def test_a_party_without_credit_is_told_so(engine):
    measure(engine, {"hosting": 1}, **VOLUME_BUYER)
    effect = engine.query("SELECT * FROM scale_effects WHERE party_id = 'bulk'").to_pylist()[0]
    assert cashflow.explain_scale(effect, None, name="Bulk", currency="EUR").endswith("nobody's unit cost.")


def test_what_the_data_cannot_say_is_not_said(engine):
    measure(engine, {}, **VOLUME_BUYER)
    effect = engine.query("SELECT * FROM scale_effects WHERE party_id = 'bulk'").to_pylist()[0]
    refused = dict(engine.rows("SELECT pool, reason FROM scale_curves WHERE elasticity IS NULL"))
    assert cashflow.explain_scale(effect, None, name="Bulk", currency="EUR", refused=refused).endswith(
        "Whether its volume lowers anybody's unit cost the data do not say (hosting: fewer than 12 months with cost and"
        " units)."
    )


def test_the_heavy_service_customer_is_positive_on_gross_margin_and_negative_in_the_end(engine):
    """P3: 1,000 received less 400 of goods is 600; service of 500 and an incentive of 150 take it all and more."""
    costs = [
        {**hosting(400), "party": "heavy"},
        {"month": JAN, "function": "support", "pool": "desk", "amount": 500},
        {"month": JAN, "function": "incentives", "pool": "cash-back", "amount": 150, "party": "heavy"},
    ]
    tickets = [{"party": "heavy", "opened_on": JAN, "minutes": 600}]
    cashflow.compute(given(engine, costs=costs, tickets=tickets, payments=[paid("heavy", 1000)]), as_of=AS_OF, pools={})
    gross = "revenue_12m + refunds_12m + cost_of_goods_12m"
    assert engine.rows(f"SELECT {gross}, support_12m, incentives_12m, net_cash_12m FROM cash") == [
        (600, -500, -150, -50)
    ]


def test_each_month_has_its_own_volume_and_former_years_have_no_say(engine):
    costs = [hosting(100, month) for month in (date(2025, 12, 1), *YEAR[:2])]
    usage = [used("a", 3, date(2025, 12, 1)), used("a", 3), used("b", 1), used("b", 1, YEAR[1])]
    found = effects(measure(engine, {"hosting": 0.5}, costs=costs, usage=usage))
    assert found["a"] == (-75, 25, -50)  # January alone: (1/4)^(1/2) - 1/4; in December 2025 it was alone
    assert curve(engine, "units_12m") == 5


def test_who_is_alone_saves_nobody_anything(engine):
    assert effects(measure(engine, {"hosting": 0}, costs=[hosting(100)], usage=[used("a", 3)]))["a"] == (-100, 0, -100)


def test_units_without_a_party_are_part_of_the_volume(engine):
    unknown = {"used_on": JAN, "events": 3, "record": "nobody"}
    found = effects(measure(engine, {"hosting": 0.5}, costs=[hosting(100)], usage=[used("a", 1), unknown]))
    assert found["a"] == (-25, pytest.approx(100 * (0.75**0.5 - 0.75), abs=1e-4), pytest.approx(-13.3975, abs=1e-4))


def test_diseconomies_are_debits(engine):
    assert effects(measure(engine, {"hosting": 2}, **VOLUME_BUYER))["bulk"][1] == -1875


def test_the_months_say_what_the_curve_is(engine):
    volume = [900, 500, 1400, 700, 1100, 300, 1000, 1600, 800, 1200, 600, 1300]
    tables = {
        "costs": [hosting(round(50 * v**0.6, 2), m) for v, m in zip(volume, YEAR, strict=True)],
        "usage": [used("a", v - 100, m) for v, m in zip(volume, YEAR, strict=True)] + [used("b", 100, m) for m in YEAR],
    }
    measure(engine, **tables)
    assert (curve(engine, "basis"), curve(engine, "reason")) == ("estimated", None)
    assert curve(engine, "elasticity") == pytest.approx(0.6, abs=1e-4)
    assert effects(engine)["a"][1] > 0


def test_a_month_that_is_not_over_is_no_evidence(engine):
    volume = [used("a", n * n + 5, m) for n, m in enumerate(YEAR)]
    costs = [hosting(100 + n, m) for n, m in enumerate(YEAR)]
    measure(engine, as_of=date(2026, 12, 30), costs=costs, usage=volume)
    assert (curve(engine, "months"), curve(engine, "reason")) == (11, "too_few_months")
    assert effects(engine)["a"][1] == 0


def test_months_of_another_driver_are_no_evidence(engine):
    costs = [hosting(100, m) for m in YEAR[:3]]
    measure(engine, costs=costs, usage=[used("a", 3, m) for m in YEAR[1:3]], payments=[paid("a", 5)])
    assert (curve(engine, "driver"), curve(engine, "months")) == ("usage_events", 2)


def test_an_elasticity_below_zero_is_none(engine):
    with pytest.raises(ConfigError, match=r"cashflow\.scale\.hosting: -0\.1 is no elasticity"):
        measure(engine, {"hosting": -0.1}, **VOLUME_BUYER)


def test_a_pool_that_is_not_there_is_listed_as_such(engine):
    measure(engine, {"hostign": 0.5}, **VOLUME_BUYER)
    assert engine.rows("SELECT reason, elasticity FROM scale_curves WHERE pool = 'hostign'") == [
        ("not_shared_out", None)
    ]
    assert effects(engine)["bulk"][1] == 0


def test_without_a_row_the_tables_are_empty(engine):
    measure(engine)
    assert (engine.count("scale_curves"), engine.count("scale_effects")) == (0, 0)


COMPANY = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(YEAR[:3]), st.integers(1, 50), st.integers(1, 99_999)),
    min_size=1,
    max_size=10,
)


@settings(max_examples=6, deadline=None)
@for_all(COMPANY, st.lists(st.integers(-50_000, 900_000), min_size=3, max_size=3), st.sampled_from([0, 0.4, 1, 1.5]))
def test_margins_with_scale_less_the_residual_are_the_margins_alone(rows, ledger, elasticity):
    tables = {
        "usage": [used(party, events, month) for party, month, events, _ in rows],
        "payments": [paid(party, Decimal(cents) / 100, month) for party, month, _, cents in rows],
        "costs": [hosting(Decimal(cents) / 100, month) for cents, month in zip(ledger, YEAR, strict=False)],
    }
    with fresh_engine() as engine:
        measure(engine, {"hosting": elasticity}, **tables)
        together, alone = engine.rows("SELECT SUM(with_scale_12m), SUM(standalone_12m) FROM scale_effects")[0]
        residual = engine.scalar("SELECT COALESCE(SUM(residual_12m), 0) FROM scale_curves")
        assert together + residual == alone == engine.scalar("SELECT SUM(net_cash_12m) FROM cash")
        # and the credit is the difference between what a party carries and what it adds, C(V) - C(V - v)
        for party, credit in engine.rows("SELECT party_id, scale_credit_12m FROM scale_effects"):
            assert float(credit) == pytest.approx(credit_by_hand(party, rows, ledger, elasticity), abs=0.001)


def credit_by_hand(party, rows, ledger, elasticity):
    total = 0.0
    for month, cents in zip(YEAR, ledger, strict=False):
        volume = sum(events for _, m, events, _ in rows if m == month)
        own = sum(events for p, m, events, _ in rows if m == month and p == party)
        if cents > 0 and 0 < own < volume:
            factor = cents / 100 / volume**elasticity
            total += cents / 100 * own / volume - (factor * volume**elasticity - factor * (volume - own) ** elasticity)
    return total
