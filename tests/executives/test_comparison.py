from datetime import date

import pytest

from tests.executives.test_measures import AS_OF, JUNE, company, ordered
from valuekit import executives
from valuekit.cashflow import follow_receivables
from valuekit.engine import Engine
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.tables import PUBLISHED


@pytest.fixture
def engine():
    with Engine() as engine:
        yield company(
            engine,
            cash={"a": {"net_cash_12m": 5}, "b": {"net_cash_12m": 9}},
            orders=[ordered("a", date(2026, 4, 1)), ordered("a", JUNE), ordered("b", JUNE)],
        )


def compare(engine, **weights):
    follow_receivables(engine, as_of=AS_OF)
    executives.compare(engine, as_of=AS_OF, weights=weights)


def test_every_table_has_the_declared_columns(engine):
    compare(engine)
    for name in ("measures", "rankings", "agreement", "consensus"):
        assert engine.columns(name) == PUBLISHED[name].names


def test_weights_are_shown_as_shares_of_the_measures_that_can_be_taken(engine):
    compare(engine, most_profitable=2, innovation=0, advocacy=50)
    weights = dict(engine.rows("SELECT measure, weight FROM measures WHERE weight > 0"))
    assert weights == {"innovation_marketing": 0.25, "loyalty": 0.25, "most_profitable": 0.5}


def test_every_requirement_has_its_measure():
    assert [m.requirement for m in executives.MEASURES] == [f"B{i}" for i in range(1, 13)]


def test_an_unknown_measure_is_named_with_its_neighbour(engine):
    with pytest.raises(UnknownNameError, match=r"no measure 'loyality'\. Did you mean 'loyalty'"):
        compare(engine, loyality=1)


def test_a_negative_weight_is_refused(engine):
    with pytest.raises(ConfigError, match=r"executives.weights.loyalty: weight -1"):
        compare(engine, loyalty=-1)


def test_two_runs_give_the_same_rows(engine):
    answers = []
    for _ in range(2):
        compare(engine)
        answers.append([engine.rows(f"SELECT * FROM {t} ORDER BY ALL") for t in ("rankings", "agreement", "consensus")])
    assert answers[0] == answers[1]
