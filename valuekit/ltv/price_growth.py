"""Expansion and contraction: by how much a year the price of those who stay changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.ltv.models.observations import Array, read_columns

LARGEST_STEP = 3.0
"""A price that more than quadruples at a renewal counts as quadrupled: beyond, it is another contract."""

MINIMUM_YEARS = 50.0
"""Years of renewals from which a term length has a mean of its own; below, all term lengths share one."""


@dataclass(frozen=True)
class Growth:
    """What prices do among customers of one kind: relative changes a year of those who stay."""

    expansion: float
    contraction: float
    """Above 0: what price reductions take away."""
    chance: float
    """Variance of a customer's change in one year, around its own mean."""
    between: float
    """Variance of that mean among customers."""
    years: float
    """Years of renewals that this rests on."""
    error: float
    """Variance of the mean over all customers as an estimate."""
    changes: float
    """Changes of price a year, up or down."""

    @property
    def net(self) -> float:
        """Net change a year: expansion less contraction."""
        return self.expansion - self.contraction

    def weight(self, years: Array) -> Array:
        """Return the weight of a customer's own years, n / (n + chance / between)."""
        return np.asarray(years * self.between / np.maximum(self.chance + years * self.between, 1e-300))


def expect_growth(engine: Engine, as_of: date) -> None:
    """Make `price_growth`: per party and term length of its lines, the expected net price change a year.

    Reads `run_terms`, `contract_runs` and `contract_lines`. Columns: `expansion`, `contraction` and `growth` (net, the
    logarithm of a year's factor), shrunk to the mean of the term length; `own_weight`; `variance` (of what is not
    known of the party's mean change), `shared` (the deviation in that which all parties share), `chance` (variance of
    a year's change around it) and `changes` (so many a year, of any size).

    Every renewal that was taken is a chance to change the price, most of which go by. Prices, not customers' wishes,
    are seen: a customer who would have paid more and was not asked has not expanded.
    """
    engine.run("valuekit.ltv", "price_changes.sql", {"as_of": as_of, "largest": LARGEST_STEP})
    histories = engine.query("SELECT * FROM price_histories")
    lines = engine.query(
        "SELECT l.party_id, l.term_months, COALESCE(h.months, 0) AS months, COALESCE(h.up, 0) AS up, "
        "COALESCE(h.down, 0) AS down FROM growing_lines AS l "
        "LEFT JOIN price_histories AS h ON h.party_id = l.party_id AND h.term_months = l.term_months "
        "ORDER BY l.party_id, l.term_months"
    )
    names = ("term_months", "months", "up", "down")
    all_rows = read_columns(histories, (*names, "squares", "changes"))
    rows = read_columns(lines, names)
    found = {name: np.zeros(len(lines)) for name in _GROWTH.names[2:]}
    for term in sorted(set(rows["term_months"].tolist())):
        own = rows["term_months"] == term
        part = _shrunk(growth_of(all_rows, term), {name: values[own] for name, values in rows.items()})
        for name, values in part.items():
            found[name][own] = values
    columns = [
        lines["party_id"],
        lines["term_months"].cast(pa.int32()),
        *(pa.array(found[n]) for n in _GROWTH.names[2:]),
    ]
    engine.put("price_growth", pa.table(columns, schema=_GROWTH))


def growth_of(rows: Mapping[str, Array], term: float) -> Growth:
    """Estimate the growth among customers with a term length; of all, where these are too few.

    Reads per customer `term_months`, `months` of renewals taken, the number of `changes`, and sums of relative steps in
    millionths: `up`, `down` and `squares`. The variances are those of Buhlmann and Straub (1970) with years as volumes,
    solved from two moments: the mean square of a step, and the spread of customers' means. Where no customer was seen
    twice they cannot be told apart, and all is chance.
    """
    chosen = rows["term_months"] == term
    if rows["months"][chosen].sum() / 12 < MINIMUM_YEARS:
        chosen = np.ones(len(chosen), dtype=bool)
    return _growth({name: values[chosen] for name, values in rows.items()})


def _growth(rows: Mapping[str, Array]) -> Growth:
    n = rows["months"] / 12
    years = float(n.sum())
    if years < MINIMUM_YEARS:
        return Growth(0.0, 0.0, 0.0, 0.0, years, 0.0, 0.0)
    up, down, squares = (rows[name] / 1e6 for name in ("up", "down", "squares"))
    mean, term = float((up - down).sum()) / years, float((n * rows["term_months"]).sum()) / years / 12
    # A customer's steps differ from 0 by chance and by its own mean; its mean a year from that of all by both as well.
    squared = float(squares.sum()) / years - term * mean**2  # chance + term * between
    apart = float((n * ((up - down) / n - mean) ** 2).sum())  # others * chance + spread * between
    others, spread = len(n) - 1, years - float((n**2).sum()) / years
    between = max(apart - others * squared, 0.0) / (spread - others * term) if spread > others * term else 0.0
    between = min(between, max(squared, 0.0) / term)
    chance = max(squared - term * between, 0.0)
    error = chance / years + between * float((n**2).sum()) / years**2
    changes = float(rows["changes"].sum()) / years
    return Growth(float(up.sum()) / years, float(down.sum()) / years, chance, between, years, error, changes)


def _shrunk(growth: Growth, rows: Mapping[str, Array]) -> dict[str, Array]:
    years = rows["months"] / 12
    weight = growth.weight(years)
    safe = np.where(years > 0, years, 1.0)
    up, down = (
        weight * rows[name] / 1e6 / safe + (1 - weight) * mean
        for name, mean in (("up", growth.expansion), ("down", growth.contraction))
    )
    return {
        "expansion": up,
        "contraction": down,
        "growth": np.log1p(np.maximum(up - down, -0.99)),
        "own_weight": weight,
        "shared": np.sqrt(growth.error) * (1 - weight),
        "variance": growth.between * (1 - weight) + growth.error * (1 - weight) ** 2,
        "chance": np.full(len(years), growth.chance),
        "changes": np.full(len(years), growth.changes),
    }


_GROWTH = pa.schema(
    [("party_id", pa.string()), ("term_months", pa.int32())]
    + [
        (name, pa.float64())
        for name in ("expansion", "contraction", "growth", "own_weight", "shared", "variance", "chance", "changes")
    ]
)
