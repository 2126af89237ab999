import numpy as np
import pytest

from valuekit.ltv.models.interpolation import interpolate

CURVES = [
    lambda x: x**12,
    lambda x: 1 - (1 + x) ** -0.3,
    lambda x: np.exp(-x),
    lambda x: 2 + np.sin(300 * x),  # too many bends for any polynomial here
    lambda x: np.where(x < 3, 0.0, x),  # 0 somewhere: no logarithm
]


def test_values_are_those_of_the_curves_and_most_are_not_computed():
    rng = np.random.default_rng(1)
    curve, x = rng.integers(0, len(CURVES), 5_000), rng.uniform(0, 20, 5_000)
    x[:40] = 0
    asked = np.zeros(len(CURVES), int)

    def exact(curve, x):
        np.add.at(asked, curve, 1)
        return np.select([curve == i for i in range(len(CURVES))], [f(x) for f in CURVES])

    wanted = exact(curve, x)
    asked[:] = 0
    assert interpolate(exact, curve, x) == pytest.approx(wanted, rel=1e-10, abs=0)
    assert max(asked[:3]) < 200 < 1_000 < min(asked[3:])


def test_few_points_or_one_point_many_times_are_computed_as_they_are():
    def exact(curve, x):
        return np.cos(curve + x) + 2

    curve = np.zeros(100, int)
    assert np.array_equal(interpolate(exact, curve, np.full(100, 3.0)), exact(curve, np.full(100, 3.0)))
    few = np.linspace(0, 1, 20)
    assert np.array_equal(interpolate(exact, np.arange(20), few), exact(np.arange(20), few))
    assert interpolate(exact, np.array([], int), np.array([])).shape == (0,)
