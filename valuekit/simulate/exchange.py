"""Exchange rates of the simulated window."""

import numpy as np
import pyarrow as pa

from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import dates, pick, rates, rows
from valuekit.simulate.draws import Ints
from valuekit.simulate.settings import Settings
from valuekit.tables.canonical import FX_RATES

_SCALE = 100_000_000
_TYPICAL = {"USD": 0.92, "GBP": 1.17, "CHF": 1.05}


class Exchange:
    """Monthly rates to the reporting currency; a rate holds from the first of its month.

    >>> from datetime import date
    >>> exchange = Exchange(7, Clock(date(2026, 6, 30), 36), Settings())
    >>> exchange.reporting(np.array([1000]), np.array([0]), np.array([20000])).tolist()
    [1000]
    """

    def __init__(self, seed: int, clock: Clock, settings: Settings) -> None:
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2, 0)))
        self._clock, self.codes = clock, tuple(code for code, _ in settings.currencies)
        months = clock.months + 1
        walk = np.cumsum(rng.normal(0, 0.011, (len(self.codes), months)), axis=1)
        typical = np.array([_TYPICAL.get(code, 1.0) for code in self.codes])
        self._rates: Ints = np.rint(typical[:, None] * np.exp(walk) * 10_000).astype(np.int64) * (_SCALE // 10_000)
        self._rates[0] = _SCALE

    def reporting(self, cents: Ints, currency: Ints, day: Ints) -> Ints:
        """Return cents of the reporting currency, rounded half away from zero, at the rate of the day."""
        month = np.clip(self._clock.month(day) + 1, 0, self._rates.shape[1] - 1)
        exact = np.abs(cents) * self._rates[currency, month]
        return np.asarray(np.sign(cents) * ((exact + _SCALE // 2) // _SCALE), dtype=np.int64)

    def table(self) -> pa.Table:
        """Return `fx_rates`: from the month before the window on."""
        count = self._rates.shape[1]
        currency = np.repeat(np.arange(1, len(self.codes)), count)
        month = np.tile(np.arange(count) - 1, len(self.codes) - 1)
        return rows(
            FX_RATES,
            len(currency),
            currency=pick(self.codes, currency),
            rate_on=dates(self._clock.first(month)),
            rate=rates(self._rates[currency, month + 1]),
        )
