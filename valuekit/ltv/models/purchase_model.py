"""What every model of purchases without contract answers, whatever its mathematics."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from valuekit.errors import FitError
from valuekit.ltv.models import asked, observations
from valuekit.ltv.models.estimator import MaximumLikelihood
from valuekit.ltv.models.observations import Array, Rows
from valuekit.ltv.models.present_value import force_of_interest
from valuekit.ltv.units import TimeUnit

_OLDEST = 10_000
"""Years above which an age is a date or the ticks of a clock."""


class PurchaseModel(MaximumLikelihood):
    """Purchases in continuous time by customers who may drop out unseen.

    Reads rows with `frequency` (repeat purchases), `recency` (first to last purchase) and `age` (first purchase to
    today), both in `time_unit`, and `weight` (customers with that history). A column `time_unit` must agree: rows in
    another unit are refused (`FitError`). Every `t` and every rate is in that unit too; several `t` give a column each.
    """

    columns = ("frequency", "recency", "age")

    def __init__(self, time_unit: str = "week", covariates: Sequence[str] = (), penalty: float = 0.0) -> None:
        self.time_unit = time_unit
        self.covariates = covariates
        self.penalty = penalty

    @property
    def unit(self) -> TimeUnit:
        """Unit of recency, age and every `t`."""
        return TimeUnit(self.time_unit)

    # --- a customer with a history

    def probability_alive(self, X: Any) -> Array:
        """Return the probability that each row's customer has not dropped out."""
        raise NotImplementedError

    def expected_purchases(self, t: float | Array, X: Any) -> Array:
        """Return the expected purchases of each row's customer in the next `t`."""
        raise NotImplementedError

    def purchase_variance(self, t: float | Array, X: Any) -> Array:
        """Return the variance of each row's number of purchases in the next `t`, by chance and by what is not known."""
        raise NotImplementedError

    def expected_time_alive(self, t: float | Array, X: Any) -> Array:
        """Return how much of the next `t` each row's customer is expected to be alive."""
        raise NotImplementedError

    def purchase_distribution(self, t: float, X: Any, up_to: int) -> Array:
        """Return P(0), P(1), ... P(`up_to`) purchases in the next `t`: one row per customer, `up_to` + 1 columns."""
        raise NotImplementedError

    def probability_active(self, t: float, X: Any) -> Array:
        """Return the probability that each row's customer buys at least once in the next `t`."""
        return 1 - self.purchase_distribution(t, X, 0)[:, 0]

    def discounted_purchases(self, annual_rate: float, X: Any) -> Array:
        """Return the expected purchases of all the future, each discounted to today at a yearly rate above 0.

        A purchase after `t` counts (1 + `annual_rate`) to the power of -`t` in years.
        """
        raise NotImplementedError

    def own_weight(self, X: Any) -> Array:
        """Return the weight, from 0 to 1, of each customer's own history in what it is expected to buy while alive."""
        raise NotImplementedError

    # --- a customer who has just made its first purchase

    def expected_purchases_new(self, t: float | Array) -> Array:
        """Return the expected repeat purchases of a new customer in its first `t`."""
        raise NotImplementedError

    def purchase_distribution_new(self, t: float, up_to: int) -> Array:
        """Return P(0), ... P(`up_to`) repeat purchases of a new customer in its first `t`."""
        raise NotImplementedError

    def discounted_purchases_new(self, annual_rate: float) -> float:
        """Return the expected discounted repeat purchases of a new customer in all the future."""
        raise NotImplementedError

    # --- histories that the model itself would write

    def simulate(self, age: Any, rng: np.random.Generator) -> Rows:
        """Draw one history per age: `frequency`, `recency` and `age`, and the truth: `rate`, `lifetime`."""
        raise NotImplementedError

    # --- times, rates and rows

    @staticmethod
    def _times(t: Any) -> Array:
        return asked.listed(t, "a time ahead", most=asked.LONGEST)

    @staticmethod
    def _one_time(t: Any, up_to: Any) -> tuple[float, int]:
        """Check the one time ahead of a distribution, and up to how many purchases it is asked for."""
        most = asked.number(up_to, "the highest number of purchases", most=asked.MOST, whole=True)
        return asked.number(t, "a time ahead", most=asked.LONGEST), int(most)

    @staticmethod
    def _ages(age: Any) -> Array:
        return np.atleast_1d(asked.listed(age, "an age", most=asked.LONGEST))

    def _force(self, annual_rate: float) -> float:
        """The continuous discount rate per unit of time; raises `ConfigError` where all the future has no limit."""
        return force_of_interest(annual_rate, self.unit.per_year)

    def _check_settings(self) -> None:
        super()._check_settings()
        TimeUnit(self.time_unit)

    def _read(self, X: Any) -> Rows:
        table = observations.as_mapping(X, [*self.columns, *self.covariates, *self.optional])
        units = table.get("time_unit", [])
        given = sorted({str(unit) for unit in (units.unique() if hasattr(units, "unique") else np.atleast_1d(units))})
        if given and given != [self.time_unit]:
            raise FitError(f"rows are in {', '.join(given)}, the model is in {self.time_unit}.")
        return super()._read(X)

    def _need_rate(self, rows: Rows) -> None:
        name = type(self).__name__
        if not np.any(rows["frequency"] > 0):
            raise FitError(
                f"{name}: nobody has bought twice, so there is no rate to estimate.",
                next_step="Give customers who have had more time to buy again.",
            )
        if not np.any(rows["age"] > 0):
            raise FitError(
                f"{name}: no time has passed since the first purchase of any of {len(rows['age'])} kinds of customers.",
                next_step="Look at how age is counted.",
            )

    def _check(self, rows: Rows) -> None:
        x, recency, age = rows["frequency"], rows["recency"], rows["age"]
        whole = (x >= 0) & (x == np.floor(x)) & (x <= asked.MOST)
        observations.require(rows, whole, f"a frequency is a whole number from 0 to {asked.MOST:,}")
        observations.require(rows, (recency >= 0) & (recency <= age), "recency lies between 0 and age")
        longest = _OLDEST * self.unit.per_year
        observations.require(rows, age <= longest, f"age is at most {_OLDEST:,} years, {longest:,.0f} in its unit")
        observations.require(rows, (x > 0) | (recency == 0), "recency is 0 without repeat purchase")
