"""The second clock: rows that a system records in a later month than they happened in."""

import numpy as np

from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import NONE
from valuekit.simulate.draws import Floats, Ints, Rng, chance

_LATEST_DAY = 24


def recorded_later(rng: Rng, clock: Clock, day: Ints, share: Floats | float) -> Ints:
    """Draw the day of record: for a share of the rows one in the next month, otherwise missing, that is the day itself.

    What would be recorded after the data end is not late: the data hold it.
    """
    booked = clock.first(clock.month(day) + 1) + rng.integers(0, _LATEST_DAY, len(day))
    late = chance(rng, share, len(day)) & (booked <= clock.end)
    return np.where(late, booked, NONE)
