"""Cost that is for one party alone: bought-in licences and incentives."""

from dataclasses import dataclass

import numpy as np

from valuekit.simulate.clock import Clock
from valuekit.simulate.draws import Flags, Floats, Ints, repeated
from valuekit.simulate.exchange import Exchange
from valuekit.simulate.parties import Parties, Plan, trait
from valuekit.simulate.settings import Settings
from valuekit.simulate.spells import Form, Periods, Spells

LICENCES, INCENTIVES = 0, 1


@dataclass
class Direct:
    """One entry per direct line of the ledger; `pool` indexes `ledger.DIRECT`."""

    pool: Ints
    party: Ints
    month: Ints
    cents: Ints


def make_direct(
    clock: Clock, settings: Settings, parties: Parties, spells: Spells, periods: Periods, exchange: Exchange
) -> Direct:
    """Return a month's licences of each volume buyer, and a quarter's incentives of each that receives any."""
    paying = (spells.form == Form.AGREED) & (parties.plan[spells.party] == Plan.USUAL)
    period, turn = repeated(spells.period[periods.spell] * paying[periods.spell])
    party, month = spells.party[periods.spell[period]], clock.month(periods.start[period]) + turn
    begun = month < clock.months
    period, party, month = period[begun], party[begun], month[begun]
    price = periods.price[period] // spells.period[periods.spell[period]]
    euros = exchange.reporting(price, parties.currency[party], clock.first(month))
    quarterly = (month - spells.month[periods.spell[period]]) % 3 == 2
    licence, incentive = (trait(settings, name)[parties.archetype[party]] for name in ("licence", "incentive"))
    lines = [
        _lines(LICENCES, party, month, euros * licence, licence > 0),
        _lines(INCENTIVES, party, month, euros * incentive * 3, (incentive > 0) & quarterly),
    ]
    return Direct(*(np.concatenate([getattr(part, name) for part in lines]) for name in vars(lines[0])))


def _lines(pool: int, party: Ints, month: Ints, cents: Floats, some: Flags) -> Direct:
    whole = np.rint(cents[some]).astype(np.int64)
    return Direct(np.full(len(whole), pool, dtype=np.int64), party[some], month[some], whole)
