"""Why each team's list differs from the headline list at the data end.

Two kinds of causes are told apart. What really is so: a team counts others than the headline does. And what only the
data show: an event that lies on a record which no exact key joins, or a second account, puts a party on one list that
truly is on both or on none.
"""

import numpy as np
import pyarrow as pa

from valuekit.simulate.columns import pick, rows
from valuekit.simulate.draws import Flags, Ints
from valuekit.simulate.parties import Kind
from valuekit.simulate.shown import CAUSES, PARTS, Shown
from valuekit.simulate.stages import CODE, OUTCOMES, Events, Months
from valuekit.tables import TRUTH
from valuekit.tables.published import CUSTOMER_STAGES, TEAMS

SIDES = ("only_headline", "only_team")
_ONLY_HEADLINE, _ONLY_TEAM = range(2)
_BY_OUTCOME: dict[tuple[str, str | None], str] = {
    ("inactive", "no_recent_use"): "inactive_not_cancelled", ("prospect", "trial"): "using_not_paying",
    ("prospect", "engaged"): "prospect",
}  # fmt: skip
"""Reasons that are not called like the sub-reason, or the stage, of the party."""
_ALONE = [_BY_OUTCOME.get(outcome, outcome[1] or outcome[0]) for outcome in OUTCOMES]
"""Why the headline does not count a party, by its outcome."""
_ABSENT = {"sales": "self_service", "marketing": "never_engaged", "finance": "not_paid"}
_SPECIAL = ("refunded", "about_to_churn", "window")
_REFUNDED, _ABOUT_TO_CHURN, _WINDOW = range(len(_ALONE), len(_ALONE) + len(_SPECIAL))
ENDING_SOON_DAYS = 60
_CUSTOMERS = [CODE[outcome] for outcome in OUTCOMES if outcome[0] in CUSTOMER_STAGES]


def team_lists(events: Events, months: Months) -> dict[str, Flags]:
    """Return whom each team counts as a customer at the data end; nobody counts the company's own accounts."""
    outside = ~np.isin(events.kind, [Kind.INTERNAL, Kind.TEST]) & (events.created <= events.clock.end)
    won = np.zeros(len(outside), dtype=np.bool_)
    won[events.deals.party[events.deals.state == 1]] = True
    won[events.orders.party] = True
    engaged = np.zeros(len(outside), dtype=np.bool_)
    engaged[events.engagements.party] = True
    members = {
        "sales": won,
        "marketing": engaged,
        "finance": months.signed[:, -1] & months.paid[:, -1],
        "product": months.used[:, -1],
    }
    return {team: outside & members[team] for team in TEAMS}


def reason_rows(events: Events, months: Months, codes: Ints, shown: Shown, party_ids: pa.Array) -> pa.Table:
    """Return the rows of `truth_reasons`: who is on one list only, and why.

    A party on the team's list alone carries what its stage says; one on the headline list alone what keeps it from the
    team's list. Where only the data say so, the reason is the fault of the data.
    """
    lists, there = team_lists(events, months), team_lists(shown.events, shown.months)
    why = {_ONLY_TEAM: _why_no_customer(events, months, codes), _ONLY_HEADLINE: _why_no_use(events, months, codes)}
    parts = []
    for team in TEAMS:
        sides = _sides(codes, lists[team])
        parts.append(_true_rows(team, sides, why, party_ids))
        parts.append(_fault_rows(team, sides, _sides(shown.codes, there[team]), shown, party_ids))
    return pa.concat_tables(parts)


def _sides(codes: Ints, members: Flags) -> Flags:
    """Tell for each party whether it is on the headline list alone, and whether on the team's alone."""
    headline = np.isin(codes[:, -1], _CUSTOMERS)
    return np.stack([headline & ~members, members & ~headline])


def _why_no_customer(events: Events, months: Months, codes: Ints) -> Ints:
    """Return why each party is no current customer: who got all money back, was refunded; others by their stage."""
    received = np.zeros(len(codes), dtype=np.bool_)
    received[events.payments.party] = True
    refunded = received & ~months.paid[:, -1] & ~np.isin(events.kind, [Kind.INTERNAL, Kind.TEST])
    return np.where(refunded, _REFUNDED, codes[:, -1])


def _why_no_use(events: Events, months: Months, codes: Ints) -> Ints:
    """Return why each customer did not use the product in the month of the data end."""
    now = codes[:, -1]
    leaves = months.cancelled[:, -1] & (months.last_end[:, -1] <= events.clock.end + ENDING_SOON_DAYS)
    idle = now == CODE["inactive", "no_recent_use"]
    return np.select([now == CODE["active", None], idle & leaves], [_WINDOW, _ABOUT_TO_CHURN], now)


def _true_rows(team: str, sides: Flags, why: dict[int, Ints], party_ids: pa.Array) -> pa.Table:
    side, party = np.nonzero(sides)
    known = np.where(side == _ONLY_TEAM, why[_ONLY_TEAM][party], why[_ONLY_HEADLINE][party])
    names = pa.array([*_ALONE, *_SPECIAL, _ABSENT.get(team)], pa.string())
    general = (side == _ONLY_HEADLINE) & (team in _ABSENT)
    return _rows(team, party, side, pick(names, np.where(general, len(names) - 1, known)), party_ids)


def _fault_rows(team: str, true: Flags, seen: Flags, shown: Shown, party_ids: pa.Array) -> pa.Table:
    """Return the sides on which the data show some part of a party though it truly is not there."""
    side, part = np.nonzero(seen & ~true[:, shown.party])
    _, first = np.unique(side * len(shown.party) + part - part % PARTS, return_index=True)
    side, part = side[first], part[first]
    return _rows(team, shown.party[part], side, pick(CAUSES, shown.cause[part]), party_ids)


def _rows(team: str, party: Ints, side: Ints, reason: pa.Array, party_ids: pa.Array) -> pa.Table:
    return rows(
        TRUTH["truth_reasons"],
        len(party),
        true_party=party_ids.take(pa.array(party)),
        definition=team,
        side=pick(SIDES, side),
        reason=reason,
    )
