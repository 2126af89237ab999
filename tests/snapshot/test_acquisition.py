from datetime import date
from decimal import Decimal

import pytest

from tests.cashflow.given import published
from tests.engines import fresh_engine
from valuekit.errors import UnknownNameError
from valuekit.snapshot.acquisition import acquired
from valuekit.tables import PUBLISHED

MAY25, JAN, FEB, MAR = date(2025, 5, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
AS_OF = date(2026, 3, 31)


def month(party, day, **lines):
    return {"party_id": party, "month": day, **lines, "net_cash": sum(lines.values())}


def channel(party, name, won, months=0):
    return {"party_id": party, "channel": name, "campaign": f"{name} 1", "won_month": won, "months": months}


CHANNELS = [
    channel("ann", "event", FEB, 2), channel("ben", "event", JAN, 3), channel("cat", "download", MAR, 1),
    channel("old", "event", MAY25, 11), channel("lead", "event", None), channel("own", "event", FEB, 2),
]  # fmt: skip
MONTHS = [
    month("ann", JAN, acquisition=-40, support=-3),
    month("ann", FEB, acquisition=-10, sales=-50, revenue=70),
    month("ann", MAR, retention=-5, sales=-5, revenue=70),
    month("ben", JAN, acquisition=-20, revenue=30),
    month("ben", MAR, revenue=60),
    month("cat", MAR, revenue=10),
    month("old", MAY25, acquisition=-999, revenue=9),
    month("lead", MAR, acquisition=-30, sales=-10, support=-7),
    month("lead", MAY25, acquisition=-500),
    month("own", FEB, acquisition=-77, revenue=1),
]
ROLES = {"ann": "buyer", "ben": "buyer", "cat": "buyer", "old": "buyer", "lead": "buyer", "own": "internal"}
SEGMENTS = [
    {"party_id": "ann", "tier": "Top", "tier_order": 1}, {"party_id": "ben", "tier": "Low", "tier_order": 2},
    {"party_id": "cat", "tier": "Low", "tier_order": 2},
]  # fmt: skip


@pytest.fixture(scope="module")
def engine():
    with fresh_engine() as engine:
        yield published(
            engine,
            parties=[{"party_id": party, "role": role} for party, role in ROLES.items()],
            channels=CHANNELS,
            cash_months=MONTHS,
            segments=SEGMENTS,
            ltv=[{"party_id": "ann", "ltv": 163}, {"party_id": "ben", "ltv": 25}],
        )


def by(engine, grouping, months=3):
    return {row.name: row for row in acquired(engine, AS_OF, grouping, months)}


def test_cost_until_the_first_money_over_the_customers_it_won(engine):
    event = by(engine, "channel")["event"]
    assert (event.won, event.cost, event.cac()) == (2, 120, Decimal("60.00"))


def test_leads_that_have_not_bought_are_in_or_out(engine):
    event = by(engine, "channel")["event"]
    assert (event.leads_lost, event.cost_of_the_lost, event.cac(lost=True)) == (1, 40, Decimal("80.00"))


def test_what_customers_brought_and_will_bring_over_what_they_cost(engine):
    event = by(engine, "channel")["event"]
    assert (event.contribution, event.value_ahead) == (217, 188)  # -3 + 70 + 60 of ann, 30 + 60 of ben
    assert (event.ltv_to_cac(), event.ltv_to_cac(lost=True)) == (405 / 120, 405 / 160)


def test_payback_is_the_month_of_life_in_which_the_mean_customer_has_brought_its_cost(engine):
    event = by(engine, "channel")["event"]
    assert event.curve == (Decimal("48.5"), Decimal("78.5"), Decimal("138.5"))  # ann and ben, ann and ben, ben
    assert (event.payback_months(), event.payback_months(lost=True)) == (2, 3)


def test_a_longer_period_takes_in_earlier_customers_and_earlier_leads(engine):
    event = by(engine, "channel", 12)["event"]
    assert (event.won, event.cost, event.cost_of_the_lost) == (3, 1119, 540)


def test_customers_that_cost_nothing_have_no_ratio(engine):
    download = by(engine, "channel")["download"]
    assert (download.cac(), download.ltv_to_cac(), download.payback_months()) == (0, None, 1)


def test_leads_have_no_tier_so_each_customer_stands_for_an_equal_part(engine):
    tiers = by(engine, "tier")
    assert list(tiers) == ["Top", "Low", "all"]
    parts = {name: (row.won, row.cost_of_the_lost, row.leads_lost) for name, row in tiers.items()}
    assert parts == {"Top": (1, Decimal("13.33"), None), "Low": (2, Decimal("26.67"), None), "all": (3, 40, 1)}


@pytest.mark.parametrize("grouping", ["tier", "channel", "campaign"])
def test_the_last_row_holds_all(engine, grouping):
    *groups, every = by(engine, grouping).values()
    for name in ("won", "cost", "cost_of_the_lost", "contribution", "value_ahead"):
        assert sum(getattr(row, name) or 0 for row in groups) == getattr(every, name)


def test_leads_alone_make_a_group_without_customers(engine):
    alone = by(engine, "channel", 1)["event"]
    assert (alone.won, alone.cost_of_the_lost, alone.cac(), alone.payback_months()) == (0, 40, None, None)


def test_another_grouping_is_refused(engine):
    with pytest.raises(UnknownNameError, match=r"no grouping of acquisition 'teir'. Did you mean 'tier'"):
        acquired(engine, AS_OF, "teir", 12)


def test_without_anybody_there_is_no_row():
    with fresh_engine() as engine:
        for name in ("parties", "channels", "cash_months", "segments", "ltv"):
            engine.make_empty(PUBLISHED[name])
        assert acquired(engine, AS_OF, "channel", 12) == []
