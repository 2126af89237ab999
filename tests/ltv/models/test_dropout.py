from itertools import product

import numpy as np
import pytest

from valuekit.ltv.models.dropout import gain, gain_closed, gain_quadrature

ORDINARY = np.array(list(product((0.25, 0.9, 5.0, 45.0), (0.01, 0.5, 3.0, 40.0), (1.5, 9.0, 60.0)))).T


@pytest.mark.parametrize("a", [0.1, 0.79, 1.6, 12.0])
def test_closed_form_and_quadrature_agree_where_both_are_exact(a):
    s, tau, b = ORDINARY
    assert gain_quadrature(s, tau, a, b) == pytest.approx(gain_closed(s, tau, a, b), rel=1e-9)


@pytest.mark.parametrize("a", [1e-2, 0.79, 1.0, 3.0, 500.0])
def test_extremes_stay_finite_positive_and_grow_with_time(a):
    # r from 1e-3 to 1e3, x = 2,000, beta = 7,721, T = 1e5: the ends of what data can bring.
    s, b = np.array(list(product((1e-3, 1.0, 64.0, 1e3, 3e3), (0.01, 1.0, 2000.0, 7721.0)))).T
    near, far = (gain(s, np.full(len(s), tau), a, b) for tau in (1e-3, 1e5))
    assert np.all(np.isfinite(far))
    assert np.all((near > 0) & (far > near))


def test_the_singular_point_is_the_limit_of_its_neighbours():
    s, tau, b = ORDINARY
    around = (gain(s, tau, 1 - 1e-3, b) + gain(s, tau, 1 + 1e-3, b)) / 2
    assert gain(s, tau, 1.0, b) == pytest.approx(around, rel=1e-5)


def test_it_is_the_mean_of_simulated_lives():
    rng = np.random.default_rng(7)
    r, alpha, a, b, t = 0.9, 4.0, 0.8, 2.5, 20.0
    rate, quits = rng.gamma(r, 1 / alpha, 200_000), rng.beta(a, b, 200_000)
    alive = -np.expm1(-rate * quits * t) / np.maximum(rate * quits, 1e-300)
    bought = rate * alive
    expected = r * gain(np.array([r]), np.array([t / alpha]), a, np.array([b]))[0]
    assert expected == pytest.approx(bought.mean(), abs=4 * bought.std() / np.sqrt(len(bought)))
    lived = alpha * gain(np.array([r - 1]), np.array([t / alpha]), a, np.array([b]))[0]
    assert lived == pytest.approx(alive.mean(), abs=4 * alive.std() / np.sqrt(len(alive)))
