"""Companies drawn from the models with parameters that are known, and what their customers then do."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

YEARS = 3
WEEKS = 365.25 / 7
DAY = np.datetime64("2026-06-30")


@dataclass(frozen=True)
class Shop:
    """Buyers whose pace, end, spend and monthly cost differ as MBG/NBD, Gamma-Gamma and gamma costs have it."""

    buyers: int
    purchases: tuple[float, float, float, float] = (0.8, 12.0, 0.9, 3.0)
    spend: tuple[float, float, float] = (6.25, 3.74, 15.44)
    support: float = 0.0
    """Mean cost a month alive."""

    def fill(self, world, rng):
        """Put orders and costs into a world; return what each buyer brings and costs in the three years after."""
        r, alpha, a, b = self.purchases
        p, q, v = self.spend
        joined = rng.integers(60, 1100, self.buyers)
        orders, realised, alive_until = [], np.zeros(self.buyers), np.zeros(self.buyers)
        rates, quits, scale = (
            rng.gamma(r, 1 / alpha, self.buyers),
            rng.beta(a, b, self.buyers),
            rng.gamma(q, 1 / v, self.buyers),
        )
        for i in range(self.buyers):
            day, end = 0.0, joined[i] + YEARS * 365.25
            past = {0: rng.gamma(p, 1 / scale[i])}
            while rng.random() > quits[i] and day <= end:
                day += rng.exponential(7 / rates[i])
                amount = rng.gamma(p, 1 / scale[i])
                if day <= joined[i]:
                    past[int(day)] = past.get(int(day), 0.0) + amount
                elif day <= end:
                    realised[i] += amount
            alive_until[i] = min(day, end)
            orders += [(f"b{i:05d}", int(joined[i]) - when, round(amount, 4)) for when, amount in past.items()]
        self._put(world, orders, joined)
        return realised, np.maximum(alive_until - joined, 0.0) / (365.25 / 12)

    def _put(self, world, orders, joined):
        party, ago, amount = zip(*orders, strict=True)
        world.engine.put("planted", pa.table({"party_id": party, "ago": pa.array(ago, pa.int32()), "amount": amount}))
        world.add_all(
            "orders",
            "SELECT 'shop' AS system, party_id || '-' || ago AS id, party_id, DATE '2026-06-30' - ago AS ordered_on, "
            "amount, amount AS reporting_amount FROM planted",
        )
        world.add_all("stages", "SELECT DISTINCT party_id, 'active' AS stage FROM planted")
        world.add_all(
            "facts",
            "SELECT party_id, DATE '2026-06-30' - MAX(ago) AS first_ordered_on, FALSE AS has_contract FROM planted GROUP BY 1",
        )
