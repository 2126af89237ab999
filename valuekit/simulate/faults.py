"""Faults of the contract register: what its rows say, and the contracts are not.

No fault changes the stage of a month end, so the truth stays the truth: renewals start late within a month, last days
are missing where another term follows or the contract goes on, drafts were never signed, some rows name no customer.
A renewal that is written down twice leaves the stage alone too, but doubles the recurring revenue that the data show.
A contract that was signed after its start, or recorded long after its signature, is no fault of the register: it
happened, and is told apart as `backdated`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import FAR, NONE, pick, rows
from valuekit.simulate.contracts import Terms
from valuekit.simulate.draws import Flags, Ints, Rng, some
from valuekit.simulate.settings import Settings
from valuekit.tables import TRUTH
from valuekit.tables.canonical import CONTRACT_KINDS

ISSUES = (
    "overlap", "gap", "missing_end", "not_signed", "backdated", "no_party", "end_before_start", "no_price",
)  # fmt: skip
_OVERLAP, _GAP, _MISSING_END, _NOT_SIGNED, _BACKDATED, _NO_PARTY, _END_BEFORE_START, _NO_PRICE = range(len(ISSUES))
_NEW, _RENEWAL = CONTRACT_KINDS.index("new"), CONTRACT_KINDS.index("renewal")
_YEAR = 12
_USUAL_DELAY = 31
"""Days after the signature within which a row is recorded in good time."""


@dataclass
class Register:
    """The contract register: terms as written, the true ones first, and what is wrong with which."""

    terms: Terms
    nobodys: Flags
    """Rows that name no customer."""
    faulty: Ints
    """Terms with a fault; one entry per fault."""
    issue: Ints
    """Index of `ISSUES`."""


def write_register(rng: Rng, clock: Clock, settings: Settings, terms: Terms, allowed: Flags) -> Register:
    """Write the terms down with a few faults, on annual terms of parties that are `allowed` to have any."""
    sound = allowed[terms.party] & (terms.signed <= terms.start) & (terms.months == _YEAR)
    followed = np.append(terms.kind[1:] != _NEW, False)
    gap = _gaps(rng, clock, settings, terms, sound)
    clear = sound & ~gap & ~np.append(gap[1:], False)
    goes_on = (terms.cancelled == NONE) & (followed | (terms.end > clock.end))
    endless = _marked(rng, clear & goes_on, settings.endless)
    clear &= ~endless & ~np.append(False, endless[:-1])
    in_time = ~_backdated(terms)
    start = np.where(gap, terms.start + rng.integers(6, 13, len(terms)), terms.start)
    written = Terms(**{**vars(terms), "start": start, "end": np.where(endless, FAR, terms.end)})
    added = {
        _OVERLAP: _take(terms, _marked(rng, clear & in_time & (terms.kind == _RENEWAL), settings.overlaps)),
        _NOT_SIGNED: _drafts(rng, clock, settings, terms, clear & ~followed),
        _NO_PARTY: _take(terms, _marked(rng, clear & in_time, settings.orphans)),
    }
    return _register(written, {_GAP: gap, _MISSING_END: endless, _BACKDATED: _backdated(terms)}, added)


def _marked(rng: Rng, allowed: Flags, share: float) -> Flags:
    marked = np.zeros(len(allowed), dtype=np.bool_)
    marked[np.flatnonzero(allowed)] = some(rng, int(allowed.sum()), share)
    return marked


def _gaps(rng: Rng, clock: Clock, settings: Settings, terms: Terms, sound: Flags) -> Flags:
    """Mark renewals that start in the first half of a month: written two weeks later, they start in it still."""
    early = terms.start - clock.first(clock.month(terms.start)) < 14
    return _marked(rng, sound & early & (terms.kind != _NEW), settings.gaps)


def _backdated(terms: Terms) -> Flags:
    late = (terms.recorded != NONE) & (terms.recorded > terms.signed + _USUAL_DELAY)
    return np.asarray(late | (terms.signed > terms.start), dtype=np.bool_)


def _drafts(rng: Rng, clock: Clock, settings: Settings, terms: Terms, last: Flags) -> Terms:
    """Return the renewals that were drafted for terms that lapsed in the last year: never signed."""
    lapsed = last & (terms.cancelled == NONE) & (terms.end < clock.end) & (terms.end > clock.end - 360)
    drafts = _take(terms, _marked(rng, lapsed, settings.drafts))
    start = drafts.end + 1
    month = clock.month(start)
    end = clock.first(month + _YEAR) + start - clock.first(month) - 1
    none = np.full(len(drafts), NONE, dtype=np.int64)
    kind = np.full(len(drafts), _RENEWAL, dtype=np.int64)
    return Terms(**{**vars(drafts), "signed": none, "start": start, "end": end, "kind": kind, "recorded": none})


def _take(terms: Terms, marked: Flags) -> Terms:
    return Terms(**{name: values[marked] for name, values in vars(terms).items()})


def _register(written: Terms, faults: dict[int, Flags], added: dict[int, Terms]) -> Register:
    parts = [written, *added.values()]
    terms = Terms(**{name: np.concatenate([vars(part)[name] for part in parts]) for name in vars(written)})
    wrong = np.repeat([-1, *added], [len(part) for part in parts])
    found = {issue: np.flatnonzero(flags) for issue, flags in faults.items()}
    found |= {issue: np.flatnonzero(wrong == issue) for issue in added}
    issue = np.repeat(list(found), [len(places) for places in found.values()])
    return Register(terms, wrong == _NO_PARTY, np.concatenate(list(found.values())), issue)


def issue_rows(register: Register, ids: pa.Array) -> pa.Table:
    """Return the rows of `truth_contract_issues` for the rows that a run accepts."""
    return _issues(ids.take(pa.array(register.faulty)), register.issue)


def refused_rows(broken: pa.Table) -> pa.Table:
    """Return the rows of `truth_contract_issues` for contracts that no run accepts: end before start, price below 0."""
    found = {row["id"]: wrong for row in broken.to_pylist() if (wrong := _refused(row)) is not None}
    return _issues(pa.array(list(found), pa.string()), np.array(list(found.values()), dtype=np.int64))


def _refused(row: dict[str, Any]) -> int | None:
    if row["starts_on"] and row["ends_on"] and row["ends_on"] < row["starts_on"]:
        return _END_BEFORE_START
    return _NO_PRICE if row["amount"] is None or row["amount"] < 0 else None


def _issues(ids: pa.Array, issue: Ints) -> pa.Table:
    return rows(TRUTH["truth_contract_issues"], len(ids), system="billing", contract=ids, issue=pick(ISSUES, issue))
