"""Who belongs together: records united by shared keys, strongest first, without ever joining two payers.

Records are numbered 0..n-1 by age. A key is the number of any record that stands for it, so a level is two arrays of
equal length: `record[i]` has the key `key[i]`. Every function is a few array passes over all keys at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, minimum_spanning_tree

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Level:
    """The keys of one rule: who has which."""

    record: Codes
    key: Codes


def unite(payer: Codes, levels: Iterable[Level]) -> Codes:
    """Return for each record the oldest record of its party.

    Reads `payer`: for each record the number of its payer, or n when it has none; `levels`: keys, strongest rule first.
    At each level, parties without payer go to the payer that they share a key with (the smallest number, when several),
    or else to the one that they reach through each other; parties of different payers stay apart.

    >>> none = 3
    >>> unite(np.array([0, 1, none]), [Level(np.array([0, 1, 2]), np.array([0, 0, 0]))])
    array([0, 1, 0])
    """
    group = np.arange(len(payer))
    for level in levels:
        group, payer = _unite_level(group, payer, level)
    return _oldest(group)


def _unite_level(group: Codes, payer: Codes, level: Level) -> tuple[Codes, Codes]:
    """Unite groups by the keys of one level; `payer` is by group, before and after."""
    member, key = group[level.record], level.key
    none = len(group)
    payer = _claim(payer, member, key, np.arange(len(payer)), none)
    free = payer[member] == none
    chain = _components(member[free], key[free], len(payer))
    payer = _claim(payer, member, key, chain, none)
    hub = np.unique(key * (none + 1) + payer[member], return_inverse=True)[1]
    merged = _components(member, hub, len(payer))
    merged_payer = np.full(merged.max(initial=-1) + 1, none)
    merged_payer[merged] = payer
    return merged[group], merged_payer


def _claim(payer: Codes, member: Codes, key: Codes, block: Codes, none: int) -> Codes:
    """Give each block without payer the least payer with which it shares a key."""
    of_key = np.full(key.max(initial=-1) + 1, none)
    np.minimum.at(of_key, key, payer[member])
    of_block = np.full(block.max(initial=-1) + 1, none)
    free = payer[member] == none
    np.minimum.at(of_block, block[member[free]], of_key[key[free]])
    return np.where(payer == none, of_block[block], payer)


def _components(left: Codes, right: Codes, size: int) -> Codes:
    """Label the left nodes of a two-sided graph by connected component."""
    width = int(right.max(initial=-1)) + 1
    return _connected(left, right + size, size + width)[:size]


def _connected(a: Codes, b: Codes, size: int) -> Codes:
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(size, size)).tocsr()
    labels: NDArray[Any] = connected_components(graph, directed=False)[1]
    return labels.astype(np.int64)


def _oldest(group: Codes) -> Codes:
    """Replace each group's label by its smallest record."""
    first = np.full(group.max(initial=-1) + 1, len(group))
    np.minimum.at(first, group, np.arange(len(group)))
    return first[group]


def payers(billing: Codes, links: Level) -> Codes:
    """Return for each record its payer: billing ids that a person has linked are one, numbered by the smallest.

    Reads `billing`: for each record the number of its billing id, or n when it has none.

    >>> payers(np.array([0, 1, 3]), Level(np.array([0, 1]), np.array([0, 0])))
    array([0, 0, 3])
    """
    size, has = len(billing), billing < len(billing)
    known = np.flatnonzero(has)
    record = np.concatenate([known, links.record])
    node = np.concatenate([billing[known], links.key + size])
    group = _components(record, node, size)
    least = np.full(group.max(initial=-1) + 1, size)
    np.minimum.at(least, group, billing)
    return least[group]


def spanning_forest(first: Codes, low: Codes, high: Codes) -> Codes:
    """Return for each record the record it was joined to on the way to its party's oldest; n for the oldest itself.

    Reads `first`: for each record the oldest of its party; `low` and `high`: pairs of records that a rule joins,
    strongest first. Of several ways, the one over the strongest pairs is taken (a minimum spanning tree).

    >>> spanning_forest(np.array([0, 0, 0]), np.array([0, 1, 0]), np.array([1, 2, 2]))
    array([3, 0, 1])
    """
    root, roots = len(first), np.unique(first)
    a = np.concatenate([low, np.full(len(roots), root)])
    b = np.concatenate([high, roots])
    graph = coo_array((np.arange(1.0, len(a) + 1), (a, b)), shape=(root + 1, root + 1)).tocsr()
    tree = minimum_spanning_tree(graph)
    joined_to: NDArray[Any] = breadth_first_order(tree, root, directed=False, return_predecessors=True)[1]
    return joined_to[:root].astype(np.int64)
