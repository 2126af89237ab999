"""Use of the product: by customers, by parties on trial, by the served, by the company itself."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import NONE, dates, pick, rows
from valuekit.simulate.draws import Floats, Ints, Rng, chance, repeated
from valuekit.simulate.parties import Kind, Parties, Plan
from valuekit.simulate.settings import Settings
from valuekit.simulate.spells import Form, Spells
from valuekit.tables.canonical import USAGE

FEATURES = (
    "boards", "reports", "alerts", "imports", "forecasts", "sharing", "automations", "api",
    "audit", "mobile", "templates", "archive",
)  # fmt: skip
DAYS_IN_A_USING_MONTH = 1 + 3 * 0.6
_PARTS = 4


@dataclass
class Spans:
    """Stretches of days in which a party may use the product."""

    party: Ints
    first: Ints
    last: Ints
    use: Floats
    """Probability of use in a month."""
    fades: Ints
    """Day from which use declines; after the last day when it does not."""

    def __add__(self, other: "Spans") -> "Spans":
        return Spans(**{name: np.concatenate([values, getattr(other, name)]) for name, values in vars(self).items()})


@dataclass
class Trials:
    """Trials; `end` is `NONE` when the party was left on the free plan."""

    party: Ints
    start: Ints
    end: Ints


@dataclass
class Usage:
    """One entry per row of `usage`."""

    party: Ints
    day: Ints
    feature: Ints
    events: Ints


def make_trials(rng: Rng, clock: Clock, parties: Parties) -> Trials:
    """Draw trials: buyers try before they start, prospects any time; some are never ended."""
    in_time = (parties.kind != Kind.BUYER) | (parties.start > parties.touched + 1)
    party = np.flatnonzero(parties.trial & in_time)
    buyer = parties.kind[party] == Kind.BUYER
    touched, count = parties.touched[party], len(party)
    start = np.where(buyer, np.maximum(parties.start[party] - 15, touched), touched + rng.integers(0, 20, count))
    start = np.minimum(start, clock.end)
    end = np.where(buyer, parties.start[party] - 1, start + rng.choice([13, 29], count))
    open_ended = ~buyer & chance(rng, 0.75, count)
    return Trials(party, start, np.where(open_ended | (end > clock.end), NONE, end))


def make_spans(rng: Rng, clock: Clock, parties: Parties, spells: Spells, trials: Trials) -> Spans:
    """Return everybody's spans of use up to the data end."""
    return _paying(rng, clock, parties, spells) + _trying(rng, clock, parties, trials) + _beside(rng, clock, parties)


def _paying(rng: Rng, clock: Clock, parties: Parties, spells: Spells) -> Spans:
    """Customers use from some days after the start, and less in the last weeks."""
    end = spells.end(clock)
    begins = spells.start(clock) + np.where(spells.form == Form.AGREED, rng.integers(0, 25, len(spells)), 0)
    use = parties.use * np.where(parties.plan == Plan.SIGNED_UNPAID, 0.4, 1.0)
    return Spans(spells.party, begins, np.minimum(end, clock.end), use[spells.party], end - 60)


def _trying(rng: Rng, clock: Clock, parties: Parties, trials: Trials) -> Spans:
    buyer = parties.kind[trials.party] == Kind.BUYER
    left_on = trials.start + 30 + np.rint(rng.exponential(600, len(buyer))).astype(np.int64)
    last = np.where(trials.end != NONE, trials.end, np.where(buyer, parties.start[trials.party] - 1, left_on))
    last = np.minimum(last, clock.end)
    return Spans(trials.party, trials.start, last, np.full(len(last), 0.9), last + 1)


def _beside(rng: Rng, clock: Clock, parties: Parties) -> Spans:
    party = parties.of(Kind.SERVED, Kind.INTERNAL, Kind.TEST)
    last = np.full(len(party), clock.end, dtype=np.int64)
    return Spans(party, parties.touched[party], last, rng.uniform(0.5, 0.98, len(party)), last + 1)


def make_usage(rng: Rng, clock: Clock, settings: Settings, parties: Parties, spans: Spans) -> Usage:
    """Draw days of use: in a month of use one to four days, each in its own week, on one feature."""
    span, month = months_of(clock, spans.first, spans.last)
    fading = np.where(clock.first(month) >= spans.fades[span], settings.decline, 1.0)
    used = chance(rng, spans.use[span] * fading, len(span))
    span, month = span[used], month[used]
    row, turn = repeated(1 + rng.binomial(_PARTS - 1, (DAYS_IN_A_USING_MONTH - 1) / (_PARTS - 1), len(span)))
    part = (rng.integers(0, _PARTS, len(span))[row] + turn) % _PARTS
    first, length = clock.first(month[row]), clock.first(month[row] + 1) - clock.first(month[row])
    day = first + 7 * part + rng.integers(0, np.where(part == _PARTS - 1, length - 21, 7))
    inside = (day >= spans.first[span[row]]) & (day <= spans.last[span[row]])
    party, day = spans.party[span[row]][inside], day[inside]
    return Usage(party, day, _features(rng, settings, party), _events(rng, settings, parties, party))


def months_of(clock: Clock, first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Return each span's number and each month that it touches, for spans that are not empty."""
    begin = clock.month(first)
    count = np.where(last >= first, clock.month(last) - begin + 1, 0)
    span, turn = repeated(count)
    return span, begin[span] + turn


def _features(rng: Rng, settings: Settings, party: Ints) -> Ints:
    """Draw a feature out of the few that the party has adopted."""
    count = min(settings.features, len(FEATURES))
    breadth = 2 + (party * 7919) % max(1, count - 1)
    return (party + rng.integers(0, breadth)) % count


def event_rate(settings: Settings, parties: Parties) -> Floats:
    """Return each party's mean events on a day of use: it grows with what it pays."""
    paying = parties.kind == Kind.BUYER
    return np.where(paying, np.maximum(2.0, settings.events_per_price * parties.price), 6.0)


def _events(rng: Rng, settings: Settings, parties: Parties, party: Ints) -> Ints:
    mean = event_rate(settings, parties)[party]
    return np.maximum(1, np.rint(mean * rng.gamma(4.0, 0.25, len(party)))).astype(np.int64)


def usage_rows(usage: Usage, records: pa.Array, recorded: Ints) -> pa.Table:
    """Return the rows of `usage`."""
    return rows(
        USAGE,
        len(usage.party),
        system="product",
        record=records,
        used_on=dates(usage.day),
        feature=pick(FEATURES, usage.feature),
        events=usage.events,
        recorded_on=dates(recorded),
    )
