"""The synthesis: one ranking from all measures, with the weights that the company gives them."""

from collections.abc import Mapping

import pyarrow as pa

from valuekit.engine import Engine
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.executives.registry import KEYS

PACKAGE = "valuekit.executives"
FILE = "consensus.sql"

ALL = 2**62


def full_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """Return a weight for every measure; those not named weigh 1.

    Raises: `UnknownNameError` for a name that is no measure, `ConfigError` for a weight below zero.

    >>> full_weights({"fit": 0})["fit"], full_weights({})["fit"]
    (0.0, 1.0)
    """
    for key, weight in weights.items():
        if key not in KEYS:
            raise UnknownNameError("measure", key, KEYS, where="executives.weights")
        if not 0 <= weight < 1_000_000:
            raise ConfigError(f"weight {weight} is not between 0 and a million.", where=f"executives.weights.{key}")
    return {key: float(weights.get(key, 1.0)) for key in KEYS}


def borda(engine: Engine, weights: Mapping[str, float], *, customers: str = "consensus", most: int = ALL) -> pa.Table:
    """Return the consensus under other weights, best first, at most so many rows; nothing is written.

    Reads: the tables or views `rankings`, `measures` and `customers` (any relation with one `party_id` per customer).

    A measure that ranks n customers gives (n - rank) / (n - 1): 1 to its best, 0 to its worst, one half when it ranks
    one alone. A customer's `score` is the weighted mean over the measures that rank it: a measure that cannot rank it
    does not count against it. A customer is given a `rank` only when measures with at least half of the weight of all
    measures that rank anybody rank it; otherwise too little is known. Equal scores stand in the order of their ids.

    Reference: Borda (1781), Memoire sur les elections au scrutin; partial lists as in Dwork et al. (2001), Rank
    aggregation methods for the web.
    """
    return engine.ask(PACKAGE, FILE, "consensus", parameters(weights, most), customers=customers)


def agree_on(engine: Engine, weights: Mapping[str, float], *, customers: str) -> None:
    """Make the table `consensus` of a run; see `borda` for what it reads and how it counts."""
    engine.run(PACKAGE, FILE, parameters(weights, ALL), customers=customers)


def parameters(weights: Mapping[str, float], most: int) -> dict[str, object]:
    """Return what the step binds."""
    full = full_weights(weights)
    return {"measures": list(full), "weights": list(full.values()), "most": most}
