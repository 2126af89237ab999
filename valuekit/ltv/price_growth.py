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


GROWN = (
    "EXP(COALESCE(g.growth * LEAST(s.renewed_#, g.own_years)"
    " + g.mean_growth * GREATEST(s.renewed_# - g.own_years, 0), 0))"
)
"""In SQL: what a price in year # is of today's, by the state `s` of a line and its party's growth `g`."""


@dataclass(frozen=True)
class Growth:
    """What prices do among customers of one kind: relative changes a year of those who stay."""

    expansion: float
    contraction: float
    """Above 0: what price reductions take away."""
    chance: float
    """Variance of a customer's change in one year, around its own mean."""
    between: float
    """Variance of that mean among customers, as far as it shows in several changes of the same customer."""
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
    logarithm of a year's factor), shrunk to the mean of the term length; `mean_growth` of all; `own_years`, the years
    of renewals that the party was seen for; `own_weight`; `variance` (of what is not known of the party's mean
    change), `shared` (the deviation in that which all parties share), `chance` (variance of a year's change around it)
    and `changes` (so many a year, of any size, shrunk likewise).

    What a party's own history says is expected to last for as many years as it was seen, and then the mean of all:
    a trend is not drawn out for longer than what it was read from. Every renewal that was taken is a chance to change
    the price, most of which go by. Prices, not customers' wishes, are seen: a customer who would have paid more and was
    not asked has not expanded. Prices are compared in their own currency: a move of exchange rates is none.
    """
    engine.run("valuekit.ltv", "price_changes.sql", {"as_of": as_of, "largest": LARGEST_STEP})
    histories = engine.query("SELECT * FROM price_histories")
    lines = engine.query(
        "SELECT l.party_id, l.term_months, COALESCE(h.months, 0) AS months, COALESCE(h.up, 0) AS up, "
        "COALESCE(h.down, 0) AS down, COALESCE(h.changes, 0) AS changes FROM growing_lines AS l "
        "LEFT JOIN price_histories AS h ON h.party_id = l.party_id AND h.term_months = l.term_months "
        "ORDER BY l.party_id, l.term_months"
    )
    names = ("term_months", "months", "up", "down", "changes")
    all_rows = read_columns(histories, (*names, "squares"))
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
    millionths: `up`, `down` and `squares`. The model is that of Buhlmann and Straub (1970) with years as volumes. A
    customer's own mean shows in that its changes go together, one renewal with another: `between` is the covariance of
    two changes of the same customer (over all pairs of its renewals), less one standard error of that. All else of the
    variance of a change, over all customers, is `chance`. So one large change says nothing of its customer's mean: it
    makes no pair, and the pairs of one customer alone are within their standard error. Nor does one customer make the
    mean of all: whose price went up most in sum counts as the next one, and whose went down most too.
    """
    chosen = rows["term_months"] == term
    if rows["months"][chosen].sum() / 12 < MINIMUM_YEARS:
        chosen = np.ones(len(chosen), dtype=bool)
    return _growth({name: values[chosen] for name, values in rows.items()})


def _growth(rows: Mapping[str, Array]) -> Growth:
    n, term = rows["months"] / 12, rows["term_months"] / 12
    years = float(n.sum())
    if years < MINIMUM_YEARS:
        return Growth(0.0, 0.0, 0.0, 0.0, years, 0.0, 0.0)
    up, down, squares = (rows[name] / 1e6 for name in ("up", "down", "squares"))
    expansion, contraction = (float(_as_the_next(sums).sum()) / years for sums in (up, down))
    mean = expansion - contraction
    # Around the mean of all: squares of single steps, and of their sum; the rest of these are products of two steps.
    steps = np.maximum(squares - mean * term * (2 * (up - down) - mean * n), 0.0)
    squared = float(steps.sum()) / years  # chance + term * between
    between = _covariance((up - down - n * mean) ** 2 - steps, n * np.maximum(n - term, 0.0))
    length = float((n * term).sum()) / years
    between = min(between, squared / length)
    chance = squared - length * between
    error = chance / years + between * float((n**2).sum()) / years**2
    changes = float(rows["changes"].sum()) / years
    return Growth(expansion, contraction, chance, between, years, error, changes)


def _as_the_next(sums: Array) -> Array:
    """Cut the largest to the one after it."""
    return np.minimum(sums, np.sort(sums)[-2] if len(sums) > 1 else 0.0)


def _covariance(products: Array, pairs: Array) -> float:
    """Return the mean product of two steps of one customer, less one standard error over customers; 0 at least.

    The error is that of the jackknife: what shows in one customer alone is not more than it.
    """
    others = pairs.sum() - pairs
    if not pairs.any() or not others.all():
        return 0.0
    mean = float(products[pairs > 0].sum() / pairs.sum())
    without = (products - mean * pairs) / others
    return max(mean - float(np.sqrt((without[pairs > 0] ** 2).sum())), 0.0)


def _shrunk(growth: Growth, rows: Mapping[str, Array]) -> dict[str, Array]:
    years = rows["months"] / 12
    weight = growth.weight(years)
    safe = np.where(years > 0, years, 1.0)
    up, down, changes = (
        weight * rows[name] / unit / safe + (1 - weight) * mean
        for name, unit, mean in (
            ("up", 1e6, growth.expansion),
            ("down", 1e6, growth.contraction),
            ("changes", 1.0, growth.changes),
        )
    )
    return {
        "expansion": up,
        "contraction": down,
        "growth": np.log1p(np.maximum(up - down, -0.99)),
        "mean_growth": np.full(len(years), np.log1p(max(growth.net, -0.99))),
        "own_years": years,
        "own_weight": weight,
        "shared": np.sqrt(growth.error) * (1 - weight),
        "variance": growth.between * (1 - weight) + growth.error * (1 - weight) ** 2,
        "chance": np.full(len(years), growth.chance),
        "changes": changes,
    }


_NUMBERS = (
    "expansion", "contraction", "growth", "mean_growth", "own_years", "own_weight", "shared", "variance", "chance",
    "changes",
)  # fmt: skip
_GROWTH = pa.schema(
    [("party_id", pa.string()), ("term_months", pa.int32()), *((name, pa.float64()) for name in _NUMBERS)]
)
