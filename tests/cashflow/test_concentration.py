from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.cashflow.given import published
from tests.engines import fresh_engine
from valuekit import cashflow
from valuekit.engine import Engine


def company(engine: Engine, *net: int) -> Engine:
    return published(engine, cash=[{"party_id": f"p{i:04}", "net_cash": n} for i, n in enumerate(net)])


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
    with fresh_engine() as engine:
        curve = cashflow.whale_curve(company(engine, *net), points=points)
        assert curve.num_rows <= points
        money = curve["cumulative"].to_pylist()
        assert money[0] == 0
        assert money[-1] == sum(net)
        assert max(money) == Decimal(sum(n for n in net if n > 0))


# --- how concentrated


def found(engine, *net):
    return cashflow.concentration.summary(company(engine, *net))


def test_profit_that_losses_erode(engine):
    whale = found(engine, 60, 40, 0, -20)
    assert (whale.eroded, whale.eroded_share) == (20, 0.2)
    assert (whale.whole_parties, whale.whole_share) == (2, 0.5)
    assert (whale.break_even_parties, whale.break_even_share) == (None, None)


def test_a_curve_that_falls_back_to_zero_breaks_even_again(engine):
    whale = found(engine, 10, -1, -9, -20)
    assert (whale.break_even_parties, whale.break_even_share) == (3, 0.75)
    assert (whale.whole_parties, whale.eroded_share) == (None, 3)


def test_the_best_tenth_is_rounded_up(engine):
    whale = found(engine, *[10] * 10, 50)
    assert (whale.top_decile_parties, whale.top_decile, whale.top_decile_share) == (2, 60, 0.4)


@pytest.mark.parametrize(
    ("net", "name", "index"),
    [
        ([5, 5, 5], "gini", 0.0),
        ([0, 0, 0, 8], "gini", 0.75),
        ([1, 2, 3, 4], "gini", 0.25),  # the textbook's (2 x 30) / (4 x 10) - 5 / 4
        ([10, -10], "signed_gini", 1.0),
        ([-5, -5], "signed_gini", 0.0),
    ],
)
def test_the_index_has_the_name_of_what_it_is(engine, net, name, index):
    whale = found(engine, *net)
    assert (whale.index_name, whale.index) == (name, pytest.approx(index))


@pytest.mark.parametrize(("net", "reason"), [([], "no_parties"), ([7], "one_party"), ([0, 0], "no_money")])
def test_where_there_is_no_index_a_word_says_why(engine, net, reason):
    whale = found(engine, *net)
    assert (whale.index, whale.index_name, whale.index_reason) == (None, None, reason)
    assert reason in cashflow.concentration.REASONS


@settings(max_examples=15, deadline=None)
@for_all(st.lists(st.integers(-50, 50), min_size=2, max_size=25).filter(any))
def test_the_index_is_the_mean_difference_and_stays_between_none_and_all(net):
    with fresh_engine() as engine:
        whale = found(engine, *net)
    pairs = sum(abs(x - y) for x in net for y in net)
    n = len(net) if min(net) >= 0 else len(net) - 1
    assert whale.index == pytest.approx(pairs / (2 * n * sum(map(abs, net))))
    assert 0 <= whale.index <= 1 + 1e-12


# --- cost to serve


def served(engine, **parties):
    rows = [{"party_id": p, "revenue_12m": margin, "support_12m": -cost} for p, (margin, cost) in parties.items()]
    quadrants = cashflow.concentration.quadrants(published(engine, cash=rows)).to_pylist()
    return {row["quadrant"]: row for row in quadrants}


def test_quadrants_by_medians(engine):
    four = served(engine, a=(100, 1), b=(90, 50), c=(5, 2), d=(4, 60), dead=(0, 0))
    assert {name: row["parties"] for name, row in four.items()} == {
        "passive": 1, "carriage trade": 1, "bargain basement": 1, "aggressive": 1,
    }  # fmt: skip
    aggressive = four["aggressive"]
    assert (aggressive["margin"], aggressive["cost_to_serve"], aggressive["net_cash"]) == (4, 60, -56)
    assert (aggressive["margin_border"], aggressive["cost_border"]) == (5, 2)


def test_who_lies_on_the_border_counts_as_low_and_is_counted(engine):
    four = served(engine, a=(10, 1), b=(10, 1), c=(10, 1))
    assert (four["bargain basement"]["parties"], four["bargain basement"]["on_border"]) == (3, 3)


def test_without_parties_the_quadrants_are_empty(engine):
    four = served(engine)
    assert [row["parties"] for row in four.values()] == [0] * 4
    assert four["passive"]["margin_border"] is None
