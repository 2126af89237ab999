"""Peers' cost by a model, and how much like customers differ, on cells whose truth is known."""

import numpy as np
import pytest

from valuekit.ltv.peers import PRIOR_MONTHS, _differences, fit_peers


def cells(count=40, cost=np.exp, parties=10.0, **more):
    """Cells of customers seen for two years who differ in size alone; every one costs what its size says."""
    size = np.arange(count) % 8 / 2
    mean, ones = cost(size), np.ones(count)
    per_year = 12 * mean
    rows = {
        "has_contract": ones, "is_active": ones, "size_step": 2 * size, "tenure_step": ones * 4, "use_step": ones * 0,
        "parties": ones * parties, "with_cost": ones * parties, "months": ones * 12 * parties,
        "sized": 12 * np.expm1(size) * parties, "share": ones * 0, "spent": per_year * parties,
        "cost": per_year * parties, "pairs": ones * 144 * parties, "cost_pairs": 2 * 12 * per_year * parties,
        "shared": per_year**2 * parties, "apart": ones * 0, "months_apart": ones * 144 * 24 * parties,
    }  # fmt: skip
    return {**rows, **more}


def states(rows):
    return {**rows, "next_step": rows["tenure_step"], "size": rows["sized"] / rows["months"]}


def test_the_model_finds_a_cost_that_grows_with_size():
    rows = cells()
    peers = fit_peers("support", rows, states(rows))
    assert peers.model == "glm"
    assert peers.mean == pytest.approx(np.exp(rows["size_step"] / 2), rel=1e-3)
    assert peers.facts["monthly"] == pytest.approx(-np.exp(rows["size_step"] / 2).mean())


def test_nothing_is_predicted_beyond_the_sizes_that_were_seen():
    rows = cells()
    beyond = {**states(rows), "size": states(rows)["size"] * 1e9}
    assert fit_peers("support", rows, beyond).mean.max() <= np.exp(3.5 + 0.25) * 1.001  # half a step of size


def test_cost_that_falls_with_tenure_is_less_in_the_next_year():
    young = np.arange(40) % 2 == 0
    rows = cells(tenure_step=np.where(young, 1.0, 2.0), cost=lambda size: np.where(young, 20.0, 5.0))
    peers = fit_peers("support", rows, {**states(rows), "next_step": np.full(40, 2.0)})
    assert peers.mean[young] == pytest.approx(20, rel=1e-3)
    assert peers.next_mean == pytest.approx(5, rel=1e-3)


def test_customers_who_do_not_differ_from_their_peers_weigh_nothing():
    rows = cells(apart=np.full(40, 1e6))
    peers = fit_peers("support", rows, states(rows))
    assert (peers.own_months > 1e3).all()


def test_months_of_chance_over_lasting_differences_give_the_weight_of_the_peers():
    """b m^2 = 9 and d m^1.5 = 36 at m = 3, so that k = 4; both years of a customer share n1 n2 (m^2 + 9)."""
    parties, mean, ones = 10.0, 3.0, np.ones(40)
    rows = cells(
        cost=lambda size: np.full(40, mean),
        tenure_step=np.arange(40) % 2 + 1.0,
        shared=ones * 144 * (mean**2 + 9) * parties,
        apart=ones * 144 * 24 * 36 * parties,
    )
    peers = fit_peers("support", rows, states(rows))
    assert peers.model == "glm"
    assert peers.own_months == pytest.approx(4, rel=1e-6)
    assert peers.facts["own_months"] == pytest.approx(4, rel=1e-6)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (cells(parties=1.0), "40 customers, 40 of them with cost, are too few for a model"),
        (cells(with_cost=np.full(40, 0.5)), "400 customers, 20 of them with cost, are too few for a model"),
        (cells(size_step=np.zeros(40)), "customers do not vary in contract, stage, size, tenure or use"),
    ],
)
def test_where_no_model_can_be_fitted_the_mean_of_the_kind_stands_in_and_says_why(rows, why):
    peers = fit_peers("support", rows, states(rows))
    assert (peers.model, peers.facts["note"]) == ("mean", why)
    size = rows["sized"] / rows["months"]
    assert peers.mean + peers.per_size * size == pytest.approx(rows["cost"] / rows["months"])
    assert (peers.mean >= 0).all()


def test_too_few_with_cost_cannot_tell_how_customers_differ():
    lasting = 2 * cells(parties=1.0)["shared"]
    few, enough = (cells(parties=1.0, with_cost=np.full(40, share), shared=lasting) for share in (0.5, 0.8))
    known = [fit_peers("support", rows, states(rows)) for rows in (few, enough)]
    assert [peers.model for peers in known] == ["mean", "mean"]
    assert (known[0].own_months == PRIOR_MONTHS).all()
    assert (known[1].own_months == 0).all()  # two years that are the same leave nothing to chance


def test_of_a_small_company_a_head_costs_something_and_its_size_the_rest():
    rows = cells(parties=1.0, cost=lambda size: 3 + 0.5 * np.expm1(size), share=np.full(40, 0.2))
    followed = 0.2 * rows["sized"]
    left = {**rows, "cost": rows["cost"] - followed}
    peers = fit_peers("support", left, states(left))
    assert peers.mean == pytest.approx(3)
    assert peers.per_size == pytest.approx(0.3)


def test_nothing_is_fitted_where_all_cost_follows_the_money():
    rows = cells(cost=lambda size: 0.0 * size, spent=np.full(40, 50.0), share=np.full(40, 0.1))
    peers = fit_peers("support", rows, states(rows))
    assert (peers.model, peers.facts["note"]) == ("mean", "all cost follows the money received")
    assert peers.mean + peers.per_size * rows["sized"] / rows["months"] == pytest.approx(0, abs=1e-9)


def test_who_costs_less_than_its_money_says_leaves_no_number_undefined():
    rows = cells(cost=lambda size: 0 * size + 3, share=np.full(40, 0.9))
    left = {**rows, "cost": rows["cost"] - 0.9 * rows["sized"]}
    peers = fit_peers("support", left, states(left))
    assert peers.facts["note"] == "all cost follows the money received"
    assert (peers.mean + peers.per_size * rows["sized"] / rows["months"]).min() < 0
    assert not np.isnan(peers.own_months).any()
    assert np.isfinite([peers.facts["between"], peers.facts["dispersion"]]).all()


def test_customers_with_and_without_contract_have_means_of_their_own():
    kind = np.arange(40) % 2.0
    rows = cells(parties=1.0, has_contract=kind, cost=lambda size: 1 + 8 * kind)
    peers = fit_peers("support", rows, states(rows))
    assert peers.mean == pytest.approx(1 + 8 * kind)
    assert peers.per_size == pytest.approx(0, abs=1e-9)


def test_without_a_whole_month_of_anybody_nothing_is_expected():
    peers = fit_peers("support", None, states(cells(3)))
    assert peers.mean.tolist() == [0, 0, 0]
    assert peers.facts["note"] == "no customer has a whole month yet"


def test_a_cell_that_is_expected_to_cost_nothing_does_not_rule_the_dispersion():
    rows = {
        "with_cost": np.array([100.0, 0.0]),
        "months": np.array([1200.0, 1200.0]), "pairs": np.array([14_400.0, 14_400.0]), "shared": np.array([2e6, 0.0]),
        "cost_pairs": np.array([2.9e5, 0.0]), "apart": np.array([4e7, 1e4]), "months_apart": np.array([3.5e5, 3.5e5]),
    }  # fmt: skip
    known, beside = (_differences(rows, np.array([10.0, mean])) for mean in (1.0, 1e-8))
    assert beside.dispersion == pytest.approx(known.dispersion, rel=0.2)
