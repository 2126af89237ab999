"""Keeping apart what a person has said is different, also where others would join it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from valuekit.identity.components import Codes, Level, unite


def keep_apart(first: Codes, payer: Codes, levels: Sequence[Level], low: Codes, high: Codes) -> Codes:
    """Return for each record the oldest of its party, such that no pair of `low` and `high` is in one party.

    Reads `first` and `payer` as `unite` gives and takes them, and the same `levels`. Only records that keys connect
    with a pair that was joined are united anew: key by key, the strongest first, leaving out every union that would
    join a pair or two payers. All others stay as they are.

    >>> three, none = np.array([0, 0, 0]), np.array([3, 3, 3])
    >>> chain = Level(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]))
    >>> keep_apart(three, none, [chain], np.array([0]), np.array([2]))
    array([0, 0, 2])
    """
    torn = low[first[low] == first[high]]
    if not len(torn):
        return first
    region = unite(np.full_like(payer, len(payer)), levels)
    touched = np.isin(region, region[torn])
    groups = _Groups(np.flatnonzero(touched), payer, low, high)
    for level in levels:
        for members in _keys(level, payer, touched):
            groups.join(members)
    return np.where(touched, groups.oldest(first), first)


def _keys(level: Level, payer: Codes, touched: np.ndarray) -> Iterator[list[int]]:
    """Yield the holders of each key, those of the smallest payer first."""
    inside = touched[level.record]
    record, key = level.record[inside], level.key[inside]
    holders: dict[int, set[int]] = defaultdict(set)
    for r, k in zip(record.tolist(), key.tolist(), strict=True):
        holders[k].add(r)
    for k in sorted(holders, key=lambda k: (min(payer[r] for r in holders[k]), k)):
        yield sorted(holders[k])


class _Groups:
    """Growing groups of few records that refuse what must stay apart."""

    def __init__(self, records: Codes, payer: Codes, low: Codes, high: Codes) -> None:
        self._none = len(payer)
        self._of = {r: r for r in records.tolist()}
        self._members = {r: {r} for r in self._of}
        self._payer = {r: int(payer[r]) for r in self._of}
        self._foes: dict[int, set[int]] = defaultdict(set)
        for a, b in zip(low.tolist(), high.tolist(), strict=True):
            self._foes[a].add(b)
            self._foes[b].add(a)

    def join(self, holders: Sequence[int]) -> None:
        """Join each holder of a key with the oldest holder before it that takes it."""
        for i, record in enumerate(holders):
            for other in holders[:i]:
                a, b = self._of[other], self._of[record]
                if a == b or self._join(a, b):
                    break

    def _join(self, a: int, b: int) -> bool:
        payers = {self._payer[a], self._payer[b]} - {self._none}
        if len(payers) > 1 or any(self._foes[r] & self._members[b] for r in self._members[a]):
            return False
        self._payer[a] = payers.pop() if payers else self._none
        self._members[a] |= self._members.pop(b)
        self._of.update(dict.fromkeys(self._members[a], a))
        return True

    def oldest(self, first: Codes) -> Codes:
        found = first.copy()
        for members in self._members.values():
            found[list(members)] = min(members)
        return found
