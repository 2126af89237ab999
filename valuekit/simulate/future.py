"""The true future: cash of the ten years after the data end, from the same draws and the same processes.

Prices, exchange rates and wages stay as they are at the data end. What is outstanding then is received on the day that
was drawn for it.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from valuekit.simulate.billing import NEVER, Bills
from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import money, rows
from valuekit.simulate.draws import Floats, Ints, Rng, chance, repeated, totals
from valuekit.simulate.exchange import Exchange
from valuekit.simulate.ledger import minute_cost
from valuekit.simulate.parties import Parties, trait
from valuekit.simulate.selling import ENGAGEMENTS_A_MONTH
from valuekit.simulate.settings import Settings
from valuekit.simulate.spells import FUTURE_MONTHS, Form, Periods, Spells, months_within
from valuekit.simulate.usage import DAYS_IN_A_USING_MONTH, event_rate
from valuekit.tables import TRUTH

YEARS = FUTURE_MONTHS // 12


@dataclass
class Ahead:
    """What is needed to go on after the data end."""

    clock: Clock
    settings: Settings
    parties: Parties
    spells: Spells
    periods: Periods
    bills: Bills
    exchange: Exchange

    def reporting(self, cents: Ints, party: Ints) -> Ints:
        """Return cents of the reporting currency at the data end's rate."""
        day = np.full(len(cents), self.clock.end, dtype=np.int64)
        return self.exchange.reporting(cents, self.parties.currency[party], day)

    def by_year(self, party: Ints, year: Ints, amounts: Ints) -> Ints:
        """Sum amounts by party and year after the data end."""
        return totals(party * YEARS + year, amounts, len(self.parties) * YEARS).reshape(-1, YEARS)


def future_rows(rng: Rng, ahead: Ahead, payers: Ints, party_ids: pa.Array) -> pa.Table:
    """Return the rows of `truth_future` for the parties that have ever paid."""
    price = _prices(ahead)
    months = _paying_months(ahead)
    revenue = _received(rng, ahead, price)
    streams = {
        "revenue": revenue,
        "cost_of_goods": -_goods(rng, ahead, price, months, revenue),
        "marketing": -_marketing(rng, ahead, months),
        "sales": -_reviews(rng, ahead, "sales_team"),
        "support": -(_tickets(rng, ahead, months) + _reviews(rng, ahead, "success_team")),
        "incentives": -_share_of_price(ahead, price, "incentive"),
    }
    count = len(payers) * YEARS
    return rows(
        TRUTH["truth_future"],
        count,
        true_party=party_ids.take(pa.array(np.repeat(payers, YEARS))),
        year=np.tile(np.arange(1, YEARS + 1), len(payers)).astype(np.int32),
        **{name: money(amounts[payers].reshape(-1)) for name, amounts in streams.items()},
    )


def _prices(ahead: Ahead) -> Ints:
    """Return the price of a period of each spell at the data end, in the reporting currency."""
    price = ahead.spells.price.copy()
    price[ahead.periods.spell] = ahead.periods.price  # periods are in order of time: the last one stays
    return ahead.reporting(price, ahead.spells.party)


def _months(ahead: Ahead) -> Ints:
    """Count the months of each spell in each year: a matrix of spells by years."""
    starts = ahead.clock.months + 12 * np.arange(YEARS)
    return np.stack([months_within(ahead.spells, int(start), int(start) + 12) for start in starts], axis=1)


def _paying_months(ahead: Ahead) -> Ints:
    """Count the months in which each party pays, under contract or not, in each year; second subscriptions aside."""
    months = np.zeros((len(ahead.parties), YEARS), dtype=np.int64)
    np.add.at(months, ahead.spells.party, _months(ahead) * ~ahead.spells.beside[:, None])
    return months


def _received(rng: Rng, ahead: Ahead, price: Ints) -> Ints:
    """Return the price of every period that begins after the data end, less what comes back, and old debts."""
    spells, months, settings = ahead.spells, ahead.clock.months, ahead.settings
    begun = np.clip(-((spells.month - months) // spells.period), 0, spells.length)
    most = np.maximum((months + FUTURE_MONTHS - 1 - spells.month) // spells.period + 1, 0)
    spell, turn = repeated(np.maximum(np.minimum(spells.length, most) - begun, 0))
    month = spells.month[spell] + (begun[spell] + turn) * spells.period[spell] - months
    lost = chance(rng, settings.uncollectible + settings.refunds / 2 + settings.chargebacks, len(spell))
    billed = ahead.by_year(spells.party[spell], month // 12, np.where(lost, 0, price[spell]))
    owed = np.flatnonzero((ahead.bills.paid > ahead.clock.end) & (ahead.bills.paid < NEVER))
    debts = ahead.reporting(ahead.bills.cents[owed], ahead.bills.party[owed])
    return billed + ahead.by_year(ahead.bills.party[owed], np.zeros(len(owed), dtype=np.int64), debts)


def _goods(rng: Rng, ahead: Ahead, price: Ints, months: Ints, revenue: Ints) -> Ints:
    settings, parties = ahead.settings, ahead.parties
    used = rng.poisson(months * (parties.use * DAYS_IN_A_USING_MONTH)[:, None])
    events = np.rint(used * event_rate(settings, parties)[:, None])
    fees = np.rint(revenue * settings.payment_fee)
    return np.asarray(
        (events * settings.event_cost + fees).astype(np.int64) + _share_of_price(ahead, price, "licence"),
        dtype=np.int64,
    )


def _share_of_price(ahead: Ahead, price: Ints, share: str) -> Ints:
    """Return a share of the monthly price for each month under contract."""
    spells = ahead.spells
    agreed = (spells.form == Form.AGREED) * trait(ahead.settings, share)[ahead.parties.archetype[spells.party]]
    cost = np.zeros((len(ahead.parties), YEARS), dtype=np.int64)
    np.add.at(cost, spells.party, np.rint((agreed * price / spells.period)[:, None] * _months(ahead)).astype(np.int64))
    return cost


def _marketing(rng: Rng, ahead: Ahead, months: Ints) -> Ints:
    campaign = dict(ahead.settings.engagement_costs)["campaign"]
    return rng.poisson(np.where(ahead.parties.engaged[:, None], months * ENGAGEMENTS_A_MONTH, 0.0)) * campaign


def _tickets(rng: Rng, ahead: Ahead, months: Ints) -> Ints:
    """Draw agents' tickets of each year and the minutes that they take in sum."""
    kind = ahead.parties.archetype
    rate = (trait(ahead.settings, "tickets") * trait(ahead.settings, "agent"))[kind]
    mean = trait(ahead.settings, "minutes")[kind]
    return _worked(ahead, "support_team", _minutes(rng, rng.poisson(months * rate[:, None]), mean, 3.0))


def _reviews(rng: Rng, ahead: Ahead, team: str) -> Ints:
    mean = trait(ahead.settings, "reviews")[ahead.parties.archetype]
    quarters = np.where(mean[:, None] > 0, _paying_months(ahead) // 3, 0)
    return _worked(ahead, team, _minutes(rng, quarters, mean, 4.0))


def _minutes(rng: Rng, count: Ints, mean: Floats, shape: float) -> Ints:
    """Draw the sum of `count` gamma-distributed times, which is gamma-distributed again."""
    return np.rint(rng.standard_gamma(count * shape) * (mean / shape)[:, None]).astype(np.int64)


def _worked(ahead: Ahead, team: str, minutes: Ints) -> Ints:
    return minutes * minute_cost(ahead.settings, team, np.array([ahead.clock.months - 1]))
