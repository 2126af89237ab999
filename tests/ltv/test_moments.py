import numpy as np
import pytest

from valuekit.ltv import Discount, Horizon
from valuekit.ltv.models import MbgNbd, ParetoNbd
from valuekit.ltv.moments import Factors, bought_while_alive, discounted, lived_twice, pairs
from valuekit.ltv.order_states import by_year

FACTORS = Factors.of(Horizon(3), Discount(0.15))
PATHS, AGE = 200_000, 60.0


@pytest.mark.parametrize(
    "model",
    [MbgNbd.from_parameters([0.8, 12.0, 0.9, 3.0]), ParetoNbd.from_parameters([0.8, 12.0, 0.7, 60.0])],
    ids=["MBG/NBD", "Pareto/NBD"],
)
def test_second_moments_are_those_of_drawn_futures(model):
    rng = np.random.default_rng(9)
    year = model.unit.per_year
    row = {"frequency": np.zeros(1), "recency": np.zeros(1), "age": np.zeros(1)}
    purchases, alive = by_year(model, row, 10)
    variance = np.array([model.purchase_variance(k * year, row)[0] for k in (1, 2, 3)])
    mean = np.cumsum(purchases[0, :3])
    factorial = np.diff(variance + mean**2 - mean, prepend=0.0)[None]
    drawn = model.simulate(np.full(PATHS, 3 * year), rng)
    # What a history of three years does not tell is when in them each purchase came; lifetimes are told.
    lived = np.array([np.clip(drawn["lifetime"] - k * year, 0, year) / model.unit.per_month for k in range(3)]).T
    discounted_life = lived @ FACTORS.factor[:3]
    assert discounted(alive, FACTORS)[0] == pytest.approx(discounted_life.mean(), rel=0.01)
    assert lived_twice(alive, FACTORS)[0] == pytest.approx((discounted_life**2).mean(), rel=0.02)
    flat = Factors.of(Horizon(3), Discount(0.0))
    count = drawn["frequency"]
    assert pairs(factorial, flat)[0] == pytest.approx((count * (count - 1)).mean(), rel=0.05)
    together = (count * lived.sum(axis=1)).mean()
    excess = bought_while_alive(purchases, flat)[0] / together - 1
    # One purchase per life too high where dropout follows a purchase, exact where it does not.
    assert -0.02 < excess < (0.15 if isinstance(model, MbgNbd) else 0.02)
