import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.cashflow.given import published
from tests.engines import fresh_engine
from valuekit.engine import Engine
from valuekit.executives import KEYS, borda


def ranked(engine: Engine, customers: str, **measures: dict[str, float]) -> Engine:
    """A snapshot's views: ranks by measure and customer."""
    return published(
        engine,
        consensus=[{"party_id": p} for p in customers],
        measures=[{"measure": m, "ranked": len(ranks)} for m, ranks in measures.items()],
        rankings=[
            {"party_id": p, "measure": m, "rank": r, "value": 0}
            for m, ranks in measures.items()
            for p, r in ranks.items()
        ],
    )


def result(engine, **weights):
    return {r["party_id"]: (r["rank"], r["score"], r["measures"]) for r in borda(engine, weights).to_pylist()}


@pytest.fixture
def engine():
    with fresh_engine() as engine:
        yield engine


def test_the_score_is_one_for_the_best_and_zero_for_the_worst(engine):
    ranked(engine, "abc", fit={"a": 1, "b": 2, "c": 3})
    assert result(engine) == {"a": (1, 1, 1), "b": (2, 0.5, 1), "c": (3, 0, 1)}


def test_weights_decide_between_executives(engine):
    ranked(engine, "ab", fit={"a": 1, "b": 2}, loyalty={"b": 1, "a": 2})
    assert result(engine) == {"a": (1, 0.5, 2), "b": (2, 0.5, 2)}  # equal scores stand by id
    assert result(engine, loyalty=3) == {"b": (1, 0.75, 2), "a": (2, 0.25, 2)}
    assert result(engine, loyalty=0) == {"a": (1, 1, 1), "b": (2, 0, 1)}


def test_a_measure_that_cannot_rank_a_customer_does_not_count_against_it(engine):
    ranked(engine, "ab", fit={"a": 1, "b": 2}, loyalty={"a": 1.5, "b": 1.5}, advocacy={"b": 1})
    assert result(engine)["a"] == (1, 0.75, 2)


def test_a_customer_that_less_than_half_of_the_weight_ranks_has_no_rank(engine):
    ranked(engine, "ab", fit={"a": 1, "b": 2}, loyalty={"a": 1}, advocacy={"a": 1})
    assert result(engine) == {"a": (1, pytest.approx(2 / 3), 3), "b": (None, 0, 1)}
    assert result(engine, fit=2)["b"] == (2, 0, 1)


def test_a_customer_that_nobody_ranks_is_there_without_score(engine):
    ranked(engine, "ab", fit={"a": 1})
    assert result(engine) == {"a": (1, 0.5, 1), "b": (None, None, 0)}


def test_all_weights_zero_rank_nobody(engine):
    ranked(engine, "a", fit={"a": 1})
    assert result(engine, **dict.fromkeys(KEYS, 0)) == {"a": (None, None, 0)}


def test_only_the_best_are_returned_on_demand(engine):
    ranked(engine, "abc", fit={"a": 3, "b": 2, "c": 1})
    assert borda(engine, {}, most=2)["party_id"].to_pylist() == ["c", "b"]


@settings(max_examples=25, deadline=None)
@for_all(
    st.lists(st.permutations("abcde"), min_size=1, max_size=4), st.lists(st.integers(1, 9), min_size=4, max_size=4)
)
def test_full_rankings_give_the_classic_borda_count(orders, weights):
    votes = dict(zip(KEYS, orders, strict=False))
    by_measure = dict(zip(KEYS, weights, strict=False))
    points = {p: sum(by_measure[k] * (4 - order.index(p)) for k, order in votes.items()) for p in "abcde"}
    with fresh_engine() as engine:
        ranked(engine, "abcde", **{k: {p: i + 1 for i, p in enumerate(order)} for k, order in votes.items()})
        found = borda(engine, by_measure)
        assert found["party_id"].to_pylist() == sorted("abcde", key=lambda p: (-points[p], p))
        assert found["rank"].to_pylist() == [1, 2, 3, 4, 5]
        total = 4 * sum(by_measure[k] for k in votes)
        assert found["score"].to_pylist() == pytest.approx([points[p] / total for p in found["party_id"].to_pylist()])
