import numpy as np
import pytest

from valuekit.errors import ConfigError, FitError
from valuekit.ltv.models import ParetoNbd
from valuekit.ltv.models.pareto import simulate_lives
from valuekit.ltv.models.pareto_integral import departure

WORLD = [0.6, 8.0, 0.7, 12.0]


def draw(seed, customers, parameters=WORLD, longest=80):
    rng = np.random.default_rng(seed)
    return ParetoNbd.from_parameters(parameters).simulate(rng.integers(7, longest * 7, customers) / 7, rng)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_parameters_are_recovered_within_their_standard_errors(seed):
    model = ParetoNbd().fit(draw(seed, 8_000))
    for name, true in zip(model.basic, WORLD, strict=True):
        assert abs(model.parameters_[name] - true) < 3 * model.standard_errors_[name]


def test_planted_covariates_are_recovered_and_move_the_answers_as_they_move_the_truth():
    rng = np.random.default_rng(7)
    z = rng.integers(0, 2, 15_000).astype(float)
    r, alpha, s, beta = WORLD
    own = (r, alpha * np.exp(-0.8 * z), s, beta * np.exp(0.5 * z))
    rows = simulate_lives(own, rng.integers(70, 560, len(z)) / 7, rng) | {"vip": z}
    model = ParetoNbd(covariates=["vip"]).fit(rows)
    wanted = dict(zip(model.names, [*WORLD, 0.8, -0.5], strict=True))
    for name, true in wanted.items():
        assert abs(model.parameters_[name] - true) < 3 * model.standard_errors_[name]
    alive = np.mean(rows["lifetime"][z == 1] > rows["age"][z == 1])
    assert model.probability_alive(rows)[z == 1].mean() == pytest.approx(alive, abs=0.015)
    assert model.own_weight(rows)[z == 1].mean() > model.own_weight(rows)[z == 0].mean()


def test_what_is_expected_of_customers_is_what_their_planted_future_brings():
    rng = np.random.default_rng(11)
    model, rows, t = ParetoNbd.from_parameters(WORLD), draw(11, 40_000), 26.0
    ahead = np.clip(rows["lifetime"] - rows["age"], 0, t)
    future = rng.poisson(rows["rate"] * ahead)
    mean, variance = model.expected_purchases(t, rows), model.purchase_variance(t, rows)
    noise = 3.5 / np.sqrt(len(future))
    assert abs(np.mean(future - mean)) < noise * np.std(future - mean)
    squared = np.square(future - mean) - variance
    assert abs(np.mean(squared)) < noise * np.std(squared)
    lived = ahead - model.expected_time_alive(t, rows)
    assert abs(np.mean(lived)) < noise * np.std(lived)
    alive = (ahead > 0) - model.probability_alive(rows)
    assert abs(np.mean(alive)) < noise * np.std(alive)
    active = (future > 0) - model.probability_active(t, rows)
    assert abs(np.mean(active)) < noise * np.std(active)


def test_the_distribution_has_the_mean_and_the_variance():
    model, rows = ParetoNbd.from_parameters(WORLD), draw(5, 40)
    chances, k = model.purchase_distribution(13.0, rows, 250), np.arange(251)
    assert chances.sum(axis=1) == pytest.approx(1, abs=1e-9)
    assert chances @ k == pytest.approx(model.expected_purchases(13.0, rows), rel=1e-6)
    variance = chances @ k**2 - (chances @ k) ** 2
    assert variance == pytest.approx(model.purchase_variance(13.0, rows), rel=1e-5)
    assert model.purchase_distribution_new(13.0, 400) @ np.arange(401) == pytest.approx(
        model.expected_purchases_new(13.0), rel=1e-6
    )


def test_a_new_customer_is_one_of_age_0():
    model, new = ParetoNbd.from_parameters(WORLD), {"frequency": [0], "recency": [0], "age": [0]}
    assert model.probability_alive(new) == [1.0]
    assert model.expected_purchases(20, new)[0] == pytest.approx(model.expected_purchases_new(20))
    assert model.discounted_purchases(0.1, new)[0] == pytest.approx(model.discounted_purchases_new(0.1))
    assert model.purchase_distribution(20, new, 4)[0] == pytest.approx(model.purchase_distribution_new(20, 4))
    assert model.purchase_distribution(0, new, 2).tolist() == [[1, 0, 0]]


def test_discounting_hardly_at_all_is_not_discounting():
    """With s > 1 purchases of all time are finite: r / alpha times beta / (s - 1)."""
    model = ParetoNbd.from_parameters([0.6, 8.0, 3.0, 12.0])
    assert model.discounted_purchases_new(1e-9) == pytest.approx(0.6 / 8 * 12 / 2, rel=1e-6)
    years, step = np.arange(0, 400, 0.002), 0.002
    increments = np.diff(model.expected_purchases_new(years * model.unit.per_year))
    assert model.discounted_purchases_new(0.15) == pytest.approx(np.sum(increments * 1.15 ** -(years[1:] - step / 2)))


def test_several_times_give_a_column_each():
    model, rows, times = ParetoNbd.from_parameters(WORLD), draw(5, 6), np.array([1.0, 8.0, 30.0])
    for ask in (model.expected_purchases, model.purchase_variance, model.expected_time_alive):
        together, single = ask(times, rows), [ask(t, rows) for t in times]
        assert together == pytest.approx(np.column_stack(single))


def test_time_in_another_unit_changes_nothing_but_the_unit():
    days = draw(13, 2_000)
    days["age"], days["recency"] = days["age"] * 7, days["recency"] * 7
    weeks = {name: v / 7 if name in ("age", "recency") else v for name, v in days.items()}
    by_day, by_week = ParetoNbd("day").fit(days), ParetoNbd("week").fit(weeks)
    r, alpha, s, beta = by_week.parameters_.values()
    assert list(by_day.parameters_.values()) == pytest.approx([r, alpha * 7, s, beta * 7], rel=1e-4)
    assert by_day.discounted_purchases(0.1, days) == pytest.approx(by_week.discounted_purchases(0.1, weeks), rel=1e-4)


def test_the_likelihood_and_its_slopes_stay_finite_for_extreme_customers_and_parameters():
    rng = np.random.default_rng(17)
    count = 4_000
    x = np.where(rng.random(count) < 0.3, 0, np.floor(10 ** rng.uniform(0, 3.31, count)))
    age = 10 ** rng.uniform(-2, 5, count)
    rows = {"frequency": x, "recency": np.where(x > 0, age * rng.random(count), 0), "age": age}
    for r, s in [(1e-3, 1e-3), (1e3, 64.0), (1e-3, 1e3), (0.5, 0.5)]:
        for alpha, beta in [(1e-4, 7721.0), (7721.0, 1e-4), (9.0, 9.0)]:
            model = ParetoNbd.from_parameters([r, alpha, s, beta])
            value, slopes = model._row_likelihood([r, alpha, s, beta], rows)
            assert np.isfinite(value).all()
            assert np.isfinite(slopes).all()
            alive = model.probability_alive(rows)
            assert np.all((alive >= 0) & (alive <= 1))
            assert np.isfinite(model.expected_purchases(1e4, rows)).all()
            assert np.isfinite(model.purchase_variance(1e4, rows)).all()


def test_the_integral_of_a_power_is_known():
    """With both scales equal the integrand is one power, (1 + y / 3)^-(shape + s + 1)."""
    shape, start, end = np.array([0.5, 4.0, 2000.0]), np.array([0.0, 2.0, 50.0]), np.array([9.0, 2.5, 80.0])
    power = shape + 0.7
    known = (
        np.log(3 / power) - power * np.log1p(start / 3) + np.log(-np.expm1(-power * np.log((3 + end) / (3 + start))))
    )
    assert departure(shape, 3.0, 0.7, 3.0, start, end).log_integral == pytest.approx(known, rel=1e-12)


def test_purchases_of_all_the_future_need_a_discount_rate():
    model = ParetoNbd.from_parameters(WORLD)
    for ask in (lambda: model.discounted_purchases_new(0.0), lambda: model.discounted_purchases(-0.1, draw(1, 2))):
        with pytest.raises(ConfigError, match="discount rate above 0"):
            ask()


def test_without_any_repeat_purchase_there_is_no_rate():
    with pytest.raises(FitError, match="nobody has bought twice"):
        ParetoNbd().fit({"frequency": [0, 0], "recency": [0, 0], "age": [5, 9]})


def test_customers_who_never_leave_buy_as_a_negative_binomial():
    model = ParetoNbd.from_parameters([2.0, 5.0, 0.03, 1e9])
    rows = {"frequency": [3], "recency": [9.0], "age": [10.0]}
    found = model.purchase_distribution(10.0, rows, 60)[0]
    assert found.sum() == pytest.approx(1, abs=1e-6)
    assert found[0] == pytest.approx((15 / 25) ** 5, rel=1e-4)
