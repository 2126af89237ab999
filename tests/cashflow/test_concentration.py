from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.cashflow.given import published
from valuekit import cashflow
from valuekit.engine import Engine


def company(engine: Engine, *net: int) -> Engine:
    return published(engine, cash=[{"party_id": f"p{i:04}", "net_cash": n} for i, n in enumerate(net)])


@pytest.fixture
def engine():
    with Engine() as engine:
        yield engine


def test_the_curve_rises_to_the_peak_and_falls_with_the_loss_makers(engine):
    curve = cashflow.whale_curve(company(engine, -20, 60, 40, 0)).to_pydict()
    assert curve["cumulative"] == [0, 60, 100, 100, 80]
    assert curve["cumulative_share"] == [0, 0.75, 1.25, 1.25, 1]
    assert curve["parties_share"] == [0, 0.25, 0.5, 0.75, 1]


def test_the_summary_names_peak_and_losses(engine):
    found = cashflow.concentration.summary(company(engine, -20, 60, 40, 0))
    assert (found.peak, found.peak_parties, found.losses, found.loss_makers, found.total) == (100, 2, -20, 1, 80)
    assert (found.peak_share, found.loss_makers_share) == (1.25, 0.25)


def test_a_total_of_zero_or_less_has_no_shares_but_still_money(engine):
    curve = cashflow.whale_curve(company(engine, 5, -10)).to_pydict()
    assert curve["cumulative"] == [0, 5, -5]
    assert curve["cumulative_share"] == [None] * 3
    assert cashflow.concentration.summary(engine).peak_share is None


def test_without_parties_the_curve_is_its_origin(engine):
    assert cashflow.whale_curve(company(engine)).to_pydict()["cumulative"] == [0]
    assert cashflow.concentration.summary(engine).loss_makers_share is None


def test_another_view_and_column_can_be_drawn(engine):
    company(engine, 1, 2)
    engine.execute("CREATE VIEW few AS SELECT party_id, net_cash_12m FROM cash WHERE party_id = 'p0001'")
    assert cashflow.concentration.summary(engine, cash="few", column="net_cash_12m").parties == 1


@settings(max_examples=30, deadline=None)
@for_all(st.lists(st.integers(-50, 50), max_size=60), st.integers(4, 20))
def test_a_sample_keeps_origin_peak_and_end(net, points):
    with Engine(threads=1) as engine:
        curve = cashflow.whale_curve(company(engine, *net), points=points)
        assert curve.num_rows <= points
        money = curve["cumulative"].to_pylist()
        assert money[0] == 0
        assert money[-1] == sum(net)
        assert max(money) == Decimal(sum(n for n in net if n > 0))
