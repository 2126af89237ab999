from itertools import combinations

import numpy as np
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from valuekit.executives import agreement
from valuekit.executives.agreement import compare_pair


def pair(a, b, top_n=2):
    a, b = (np.array([np.nan if x is None else x for x in ranks], dtype=float) for ranks in (a, b))
    return compare_pair(a, b, np.arange(len(a)), top_n=top_n)


def test_the_same_ranking_agrees_entirely():
    assert pair([1, 2, 3], [1, 2, 3]) == {"common": 3, "top_n": 2, "overlap": 1.0, "kendall_tau_b": 1.0}


def test_a_reversed_ranking_disagrees_entirely():
    assert pair([1, 2, 3, 4], [4, 3, 2, 1])["kendall_tau_b"] == -1
    assert pair([1, 2, 3, 4], [4, 3, 2, 1])["overlap"] == 0


def test_three_of_six_pairs_turned_is_no_correlation():
    """Kendall distance of (1,2,3,4) and (2,3,4,1) is 3, of 6 pairs: tau = 1 - 2 * 3 / 6."""
    assert pair([1, 2, 3, 4], [2, 3, 4, 1])["kendall_tau_b"] == pytest.approx(0, abs=1e-12)


def test_only_customers_that_both_rank_are_compared():
    found = pair([1, 2, 3, None], [2, None, 1, 3], top_n=20)
    assert (found["common"], found["top_n"], found["overlap"], found["kendall_tau_b"]) == (2, 2, 1, -1)


def test_without_common_customers_or_without_order_there_is_no_number():
    assert pair([1, None], [None, 1]) == {"common": 0, "top_n": 0, "overlap": None, "kendall_tau_b": None}
    assert pair([1.5, 1.5], [1, 2])["kendall_tau_b"] is None


def test_a_tie_at_the_cut_goes_to_the_lower_place():
    assert agreement.best(np.array([2.0, 2.0, 2.0]), np.array([3, 1, 2]), 2).tolist() == [1, 2]


def test_large_rankings_are_sampled(monkeypatch):
    monkeypatch.setattr(agreement, "TAU_SAMPLE", 3)
    assert pair([1, 2, 3, 4], [1, 2, 3, 0])["kendall_tau_b"] == 1


def tau_b(a, b):
    """The definition: concordant less discordant pairs over the geometric mean of the pairs that are no ties."""
    signs = [(np.sign(a[i] - a[j]), np.sign(b[i] - b[j])) for i, j in combinations(range(len(a)), 2)]
    return sum(x * y for x, y in signs) / np.sqrt(sum(x * x for x, _ in signs) * sum(y * y for _, y in signs))


RANKS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=2, max_size=12)


@for_all(RANKS)
def test_tau_b_is_kendalls_definition_and_symmetric(ranks):
    a, b = zip(*ranks, strict=True)
    tau = pair(a, b)["kendall_tau_b"]
    if tau is None:
        assert len(set(a)) == 1 or len(set(b)) == 1
    else:
        assert tau == pytest.approx(tau_b(a, b), abs=1e-12)
        assert pair(b, a)["kendall_tau_b"] == pytest.approx(tau, abs=1e-12)
        assert pair(b, a)["overlap"] == pair(a, b)["overlap"]
