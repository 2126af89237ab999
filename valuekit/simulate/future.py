"""The true future: cash of the ten years after the data end, from the same draws and the same processes.

Prices go on changing at renewals as they did, and so does the work of selling that. Marketing reaches a customer and
follows it up at the same rates a month before the data end and after it, while it pays. Exchange rates and wages stay
as they are at the data end. What is outstanding then is received in the first year.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from valuekit.simulate.billing import NEVER, Bills
from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import money, rows
from valuekit.simulate.draws import Flags, Floats, Ints, Rng, chance, repeated, totals
from valuekit.simulate.exchange import Exchange
from valuekit.simulate.ledger import minute_cost
from valuekit.simulate.parties import Parties, trait
from valuekit.simulate.selling import (
    ENGAGEMENTS_A_MONTH,
    FOLLOW_UPS_A_MONTH,
    MEETINGS_TO_WIN,
    follow_up_minutes,
    meetings,
    sold_by_hand,
)
from valuekit.simulate.settings import Settings
from valuekit.simulate.spells import (
    FUTURE_MONTHS,
    Form,
    Periods,
    Spells,
    months_within,
    price_changes,
    price_steps,
)
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


@dataclass
class Course:
    """Periods that run at the data end or begin later; one entry per period."""

    spell: Ints
    month: Ints
    """Month of its start, from the data end on; negative when it began before."""
    price: Ints
    """Cents of the reporting currency."""
    changed: Flags

    @property
    def is_new(self) -> Flags:
        """Whether it begins after the data end."""
        return np.asarray(self.month >= 0, dtype=np.bool_)


def future_rows(rng: Rng, ahead: Ahead, payers: Ints, party_ids: pa.Array) -> pa.Table:
    """Return the rows of `truth_future` for the parties that have ever paid."""
    course = _course(rng, ahead)
    months = _paying_months(ahead)
    revenue = _received(rng, ahead, course)
    streams = {
        "revenue": revenue,
        "cost_of_goods": -_goods(rng, ahead, course, months, revenue),
        "marketing": -_marketing(rng, ahead, months),
        "sales": -(_reviews(rng, ahead, "sales_team") + _deals(rng, ahead, course)),
        "support": -(_tickets(rng, ahead, months) + _reviews(rng, ahead, "success_team")),
        "incentives": -_share_of_price(ahead, course, "incentive"),
    }
    count = len(payers) * YEARS
    return rows(
        TRUTH["truth_future"],
        count,
        true_party=party_ids.take(pa.array(np.repeat(payers, YEARS))),
        year=np.tile(np.arange(1, YEARS + 1), len(payers)).astype(np.int32),
        **{name: money(amounts[payers].reshape(-1)) for name, amounts in streams.items()},
    )


def _course(rng: Rng, ahead: Ahead) -> Course:
    """Draw the periods ahead and their prices: changes go on from the last price that is known."""
    spells, months = ahead.spells, ahead.clock.months
    begun = np.clip(-((spells.month - months) // spells.period), 0, spells.length)
    most = np.maximum((months + FUTURE_MONTHS - 1 - spells.month) // spells.period + 1, 0)
    first = np.maximum(begun - 1, 0)
    spell, nth = repeated(np.maximum(np.minimum(spells.length, most) - first, 0))
    turn = first[spell] + nth
    known, last_turn = _prices(ahead), np.zeros(len(spells), dtype=np.int64)
    last_turn[ahead.periods.spell] = ahead.periods.turn
    changed = price_changes(rng, ahead.settings, spells, spell, turn) & (turn > last_turn[spell])
    steps = np.cumsum(price_steps(rng, ahead.settings, changed))
    starts = np.flatnonzero(nth == 0)
    before = np.repeat(np.where(starts > 0, steps[starts - 1], 0.0), np.diff(np.append(starts, len(spell))))
    price = np.rint(known[spell] * np.exp(steps - before)).astype(np.int64)
    return Course(spell, spells.month[spell] + turn * spells.period[spell] - months, price, changed)


def _prices(ahead: Ahead) -> Ints:
    """Return the price of the last period of each spell that is known, in the reporting currency."""
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


def _received(rng: Rng, ahead: Ahead, course: Course) -> Ints:
    """Return the price of every period that begins after the data end, less what comes back, and old debts."""
    settings, party = ahead.settings, ahead.spells.party[course.spell]
    lost = chance(rng, settings.uncollectible + settings.refunds / 2 + settings.chargebacks, len(party))
    received = np.where(course.is_new & ~lost, course.price, 0)
    billed = ahead.by_year(party, np.maximum(course.month, 0) // 12, received)
    owed = np.flatnonzero((ahead.bills.paid > ahead.clock.end) & (ahead.bills.paid < NEVER))
    debts = ahead.reporting(ahead.bills.cents[owed], ahead.bills.party[owed])
    return billed + ahead.by_year(ahead.bills.party[owed], np.zeros(len(owed), dtype=np.int64), debts)


def _goods(rng: Rng, ahead: Ahead, course: Course, months: Ints, revenue: Ints) -> Ints:
    settings, parties = ahead.settings, ahead.parties
    used = rng.poisson(months * (parties.use * DAYS_IN_A_USING_MONTH)[:, None])
    events = np.rint(used * event_rate(settings, parties)[:, None])
    fees = np.rint(revenue * settings.payment_fee)
    return np.asarray(
        (events * settings.event_cost + fees).astype(np.int64) + _share_of_price(ahead, course, "licence"),
        dtype=np.int64,
    )


def _share_of_price(ahead: Ahead, course: Course, share: str) -> Ints:
    """Return a share of the monthly price for each month under contract."""
    spells, cost = ahead.spells, np.zeros((len(ahead.parties), YEARS), dtype=np.int64)
    agreed = (spells.form == Form.AGREED) * trait(ahead.settings, share)[ahead.parties.archetype[spells.party]]
    chosen = np.flatnonzero(agreed[course.spell] > 0)
    spell, month = course.spell[chosen], course.month[chosen]
    monthly = agreed[spell] * course.price[chosen] / spells.period[spell]
    for year in range(YEARS):
        within = np.minimum(month + spells.period[spell], 12 * year + 12) - np.maximum(month, 12 * year)
        cents = np.rint(monthly * np.clip(within, 0, None)).astype(np.int64)
        cost[:, year] = totals(spells.party[spell], cents, len(ahead.parties))
    return cost


def _deals(rng: Rng, ahead: Ahead, course: Course) -> Ints:
    """Return the cost of the work on changed prices, journeys included, in the year in which they begin."""
    party = ahead.spells.party[course.spell]
    deals = np.flatnonzero(course.changed & course.is_new & sold_by_hand(ahead.parties)[party])
    deal, _ = repeated(1 + rng.poisson(MEETINGS_TO_WIN, len(deals)))
    who, year = party[deals][deal], course.month[deals][deal] // 12
    minutes, travel = meetings(rng, ahead.parties.price[who])
    return ahead.by_year(who, year, _worked(ahead, "sales_team", minutes) + travel)


def _marketing(rng: Rng, ahead: Ahead, months: Ints) -> Ints:
    """Return the cost of campaigns and follow-ups, which go on in the months in which a customer pays."""
    campaign = dict(ahead.settings.engagement_costs)["campaign"]
    engaged = np.where(ahead.parties.engaged[:, None], months, 0)
    sent = rng.poisson(engaged * ENGAGEMENTS_A_MONTH) * campaign
    cell, _ = repeated(rng.poisson(engaged * FOLLOW_UPS_A_MONTH).reshape(-1))
    worked = totals(cell, follow_up_minutes(rng, len(cell)), engaged.size).reshape(engaged.shape)
    return sent + _worked(ahead, "marketing_team", worked)


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
