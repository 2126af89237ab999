"""The counting unit: who is counted together with the organisation that he belongs to."""

from typing import Literal

import numpy as np

from valuekit.engine import Engine
from valuekit.identity.components import Codes

Unit = Literal["person", "account", "parent", "group"]


def unit_of(engine: Engine, first: Codes, unit: Unit) -> Codes:
    """Return for each record the oldest record of the party that stands for its unit.

    Reads `identity_cores` (`first`: for each record the oldest of its party), the parents that records and links name.
    Makes `identity_owners`: one owner for each party that belongs to another in this unit.
    """
    engine.run("valuekit.identity", "units.sql", {"unit": unit})
    owned = engine.query("SELECT first, owner FROM identity_owners ORDER BY first")
    owner = np.arange(len(first))
    owner[owned["first"].to_numpy()] = owned["owner"].to_numpy()
    return tops(owner)[first]


def tops(owner: Codes) -> Codes:
    """Follow each owner's owner to the end; of owners in a circle, the oldest is the top.

    Reads for each number the number of its owner, or its own. Doubles the steps in each round, so that a chain of a
    million owners takes twenty.

    >>> tops(np.array([0, 0, 1, 4, 3]))
    array([0, 0, 0, 3, 3])
    """
    end, least = owner, np.minimum(owner, np.arange(len(owner)))
    for _ in range(len(owner).bit_length()):
        end, least = end[end], np.minimum(least, least[end])
    return least[end]
