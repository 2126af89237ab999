"""The cost ledger: what each party truly caused, and the pools that the company pays.

True cost comes first, party by party, in whole cents; a pool is the sum of what all parties caused in a month plus,
for teams, the capacity that nobody used. So the ledger equals caused + unused + general to the cent by construction;
where hosting has an elasticity, its line differs by what scale adds (`Ledger.scale`).

| pool | function | true driver | kept apart |
|---|---|---|---|
| hosting | cost_of_goods | events of use | |
| payment_fees | cost_of_goods | payments received | |
| licences | cost_of_goods | direct | |
| campaigns | marketing | marketing contacts (their true cost differs by kind) | |
| marketing_team | marketing | minutes of work | unused capacity |
| sales_team | sales | minutes of work | unused capacity |
| travel | sales | direct cost of activities | |
| support_team | support | agents' minutes for tickets | unused capacity |
| success_team | support | minutes of reviews | unused capacity |
| incentives | incentives | direct | |
| office | general | | not shared out |
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import dates, minutes, money, numbered, pick, rows
from valuekit.simulate.draws import Ints, totals
from valuekit.simulate.selling import CAMPAIGNS
from valuekit.simulate.settings import Settings
from valuekit.tables import TRUTH
from valuekit.tables.canonical import COSTS

FUNCTIONS = ("cost_of_goods", "marketing", "sales", "support", "incentives")
POOLS = {
    "hosting": "cost_of_goods",
    "payment_fees": "cost_of_goods",
    "licences": "cost_of_goods",
    "campaigns": "marketing",
    "marketing_team": "marketing",
    "sales_team": "sales",
    "travel": "sales",
    "support_team": "support",
    "success_team": "support",
    "incentives": "incentives",
}
_KEPT = 2
"""Months for which a team keeps people that it does not need."""

DIRECT = ("licences", "incentives")
TEAMS = {
    "marketing_team": "marketing_minute",
    "sales_team": "sales_minute",
    "support_team": "support_minute",
    "success_team": "support_minute",
}


def minute_cost(settings: Settings, pool: str, month: Ints) -> Ints:
    """Return the cents that a minute of the team costs in each month: wages rise once a year."""
    base = getattr(settings, TEAMS[pool])
    return np.asarray(np.rint(base * (1 + settings.wage_growth) ** (month // 12)), dtype=np.int64)


class Caused:
    """What each party of a batch caused, by function and month."""

    def __init__(self, clock: Clock, settings: Settings, parties: int) -> None:
        self._clock, self._settings, self._parties = clock, settings, parties
        shape = (len(FUNCTIONS), parties, clock.months)
        self.cents, self.minutes = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        self.pools = {pool: np.zeros(clock.months, dtype=np.int64) for pool in POOLS}
        self.worked = {pool: np.zeros(clock.months, dtype=np.int64) for pool in TEAMS}
        self.campaigns = np.zeros((len(CAMPAIGNS), clock.months), dtype=np.int64)

    def spend(self, pool: str, party: Ints, day: Ints, cents: Ints) -> None:
        """Record money that parties caused on days."""
        month = self._clock.month(day)
        self._add(self.cents, pool, party, month, cents)
        self.pools[pool] += totals(month, cents, self._clock.months)

    def work(self, pool: str, party: Ints, day: Ints, worked: Ints) -> None:
        """Record minutes that a team worked for parties."""
        month = self._clock.month(day)
        self._add(self.minutes, pool, party, month, worked)
        self.worked[pool] += totals(month, worked, self._clock.months)
        self.spend(pool, party, day, worked * minute_cost(self._settings, pool, month))

    def name_campaigns(self, campaign: Ints, day: Ints, cents: Ints) -> None:
        """Record which campaigns the money of the pool was spent on: an index of `CAMPAIGNS`, -1 for none."""
        some = campaign >= 0
        cell = campaign[some] * self._clock.months + self._clock.month(day[some])
        self.campaigns += totals(cell, cents[some], self.campaigns.size).reshape(self.campaigns.shape)

    def _add(self, cube: Ints, pool: str, party: Ints, month: Ints, amounts: Ints) -> None:
        cell = party * self._clock.months + month
        sums = totals(cell, amounts, self._parties * self._clock.months)
        cube[FUNCTIONS.index(POOLS[pool])] += sums.reshape(self._parties, -1)

    def truth(self, party_ids: pa.Array) -> pa.Table:
        """Return the rows of `truth_costs`: cells with work or cost."""
        party, month, function = np.nonzero(np.moveaxis((self.cents != 0) | (self.minutes != 0), 0, -1))
        return rows(
            TRUTH["truth_costs"],
            len(party),
            true_party=party_ids.take(pa.array(party)),
            month=dates(self._clock.first(month)),
            function=pick(FUNCTIONS, function),
            minutes=minutes(self.minutes[function, party, month]),
            cost=money(self.cents[function, party, month]),
        )


def direct_rows(
    clock: Clock, first: int, pools: Ints, month: Ints, cents: Ints, records: pa.Array, currency: str
) -> pa.Table:
    """Return the ledger lines that name the party they are for; `pools` indexes `DIRECT`."""
    return rows(
        COSTS,
        len(pools),
        system="billing",
        id=numbered("Z", first + np.arange(len(pools))),
        month=dates(clock.first(month)),
        function=pick([POOLS[pool] for pool in DIRECT], pools),
        pool=pick(DIRECT, pools),
        amount=money(cents),
        currency=currency,
        record=records,
    )


class Ledger:
    """The company's pools by month, summed over all batches."""

    def __init__(self, clock: Clock, settings: Settings, seed: int = 0) -> None:
        self._clock, self._settings, self._seed = clock, settings, seed
        self._campaigns = np.zeros((len(CAMPAIGNS), clock.months), dtype=np.int64)
        self.pools = {pool: np.zeros(clock.months, dtype=np.int64) for pool in POOLS}
        self.worked = {pool: np.zeros(clock.months, dtype=np.int64) for pool in TEAMS}
        self._named = {pool: np.zeros(clock.months, dtype=np.int64) for pool in POOLS}

    def add(self, caused: Caused, named: Mapping[str, Ints] = MappingProxyType({})) -> None:
        """Add what the parties of a batch caused; `named` is the part that is written with its suppliers already."""
        for pool in POOLS:
            self.pools[pool] += caused.pools[pool]
        self._campaigns += caused.campaigns
        for pool, cents in named.items():
            self._named[pool] += cents
        for pool in TEAMS:
            self.worked[pool] += caused.worked[pool]

    def staff(self, pool: str) -> Ints:
        """Return the people of a team in each month: hired with the work, and kept for a quarter without it."""
        needed = self.worked[pool] / (self._settings.utilisation * self._settings.minutes_per_person)
        before = np.concatenate([np.zeros(_KEPT), needed])
        lately = np.lib.stride_tricks.sliding_window_view(before, _KEPT + 1).max(axis=1)
        return np.asarray(np.maximum(1, np.ceil(lately)), dtype=np.int64)

    def capacity(self, pool: str) -> Ints:
        """Return a team's practical capacity in minutes."""
        return self.staff(pool) * self._settings.minutes_per_person

    def unused(self, pool: str) -> Ints:
        """Return the cents paid for capacity that nobody used."""
        rate = minute_cost(self._settings, pool, np.arange(self._clock.months))
        return (self.capacity(pool) - self.worked[pool]) * rate

    def scale(self) -> Ints:
        """Return the cents that hosting costs beyond so much an event: C(V) = c V^b through the month with the most."""
        linear, settings = self.pools["hosting"], self._settings
        rng = np.random.default_rng(np.random.SeedSequence(self._seed, spawn_key=(2, 2)))
        noise = np.exp(settings.hosting_noise * rng.standard_normal(len(linear)))
        most = max(1, int(linear.max()))
        return (
            np.asarray(np.rint(most * (linear / most) ** settings.hosting_elasticity * noise), dtype=np.int64) - linear
        )

    def office(self) -> Ints:
        """Return general cost: so much for each person."""
        people = np.sum([self.staff(pool) for pool in TEAMS], axis=0)
        return np.asarray(people * self._settings.office_per_person, dtype=np.int64)

    def pool_rows(self, currency: str) -> pa.Table:
        """Return the ledger lines of the pools; direct lines are written with the parties."""
        months = np.arange(self._clock.months)
        shared = [pool for pool in POOLS if pool not in DIRECT]
        tables = [self._lines(pool, POOLS[pool], months, currency) for pool in shared]
        if self._settings.campaigns_named:
            tables.append(self._campaign_lines(currency))
        return pa.concat_tables([*tables, self._lines("office", "general", months, currency)])

    def _campaign_lines(self, currency: str) -> pa.Table:
        campaign, month = np.nonzero(self._campaigns)
        return rows(
            COSTS,
            len(month),
            system="ledger",
            id=numbered("campaign-", 1 + np.arange(len(month))),
            month=dates(self._clock.first(month)),
            function=POOLS["campaigns"],
            pool="campaigns",
            amount=money(self._campaigns[campaign, month]),
            currency=currency,
            campaign=pick(CAMPAIGNS, campaign),
        )

    def _unnamed(self, pool: str) -> Ints:
        """Return what a pool costs, less the lines that name a supplier or a campaign."""
        named = self._named[pool]
        if pool == "campaigns" and self._settings.campaigns_named:
            named = named + self._campaigns.sum(axis=0)
        beside = self.unused(pool) if pool in TEAMS else self.scale() if pool == "hosting" else 0
        return self.pools[pool] - named + beside

    def _lines(self, pool: str, function: str, months: Ints, currency: str) -> pa.Table:
        team = pool in TEAMS
        cents = self.office() if pool == "office" else self._unnamed(pool)
        capacity = self.capacity(pool) if team else months * 0
        return rows(
            COSTS,
            len(months),
            system="ledger",
            id=numbered(f"{pool}-", 1 + months),
            month=dates(self._clock.first(months)),
            function=function,
            pool=pool,
            amount=money(cents),
            currency=currency,
            practical_capacity_minutes=minutes(capacity, np.full(len(months), not team)),
        )

    def totals(self) -> dict[str, dict[str, str]]:
        """Return, by pool, the euros caused by parties, of unused capacity, of scale, and in the ledger."""
        result = {}
        for pool in [*POOLS, "office"]:
            caused = 0 if pool == "office" else int(self.pools[pool].sum())
            unused = int(self.unused(pool).sum()) if pool in TEAMS else 0
            general = int(self.office().sum()) if pool == "office" else 0
            scale = int(self.scale().sum()) if pool == "hosting" else 0
            cents = {"caused": caused, "unused": unused, "general": general, "scale": scale}
            cents["ledger"] = sum(cents.values())
            result[pool] = {name: f"{Decimal(amount).scaleb(-2):.2f}" for name, amount in cents.items()}
        return result
