"""How far two rankings agree: who both name among the best, and how alike the whole orders are."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.tables import PUBLISHED

Ranks = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

TAU_SAMPLE = 50_000
"""Above so many common customers, tau-b is taken over a sample of so many: the first by the MD5 of their ids."""


def agree(engine: Engine, measures: list[str], *, top_n: int) -> None:
    """Make the table `agreement`: every pair of measures, in alphabetical order.

    Reads: `rankings`, and `executives_places`, one row per customer with `spread` (0, 1, 2 ... by the MD5 of the id)
    and `place` (by the id). A customer's ranks are compared among the customers that both measures rank. Where the cut
    of the top N falls into a tie, the lower ids are taken.
    """
    places = engine.query("SELECT place FROM executives_places ORDER BY spread")["place"].to_numpy()
    ranks = {measure: _ranks(engine, measure, len(places)) for measure in measures}
    rows = [
        {"measure_a": a, "measure_b": b, **compare_pair(ranks[a], ranks[b], places, top_n=top_n)}
        for a, b in combinations(sorted(measures), 2)
    ]
    engine.put("agreement", pa.Table.from_pylist(rows, schema=PUBLISHED["agreement"].arrow))


def compare_pair(a: Ranks, b: Ranks, places: Places, *, top_n: int) -> dict[str, Any]:
    """Compare two rankings of the same customers; a missing rank is NaN, `places` order customers of equal rank.

    Returns: `common`, `top_n` (never more than `common`), `overlap` of the top N as a share, and `kendall_tau_b`;
    the last two are None where nothing is in common or a ranking puts all on one rank.

    Reference: Kendall (1945), The treatment of ties in ranking problems, Biometrika 33(3).

    >>> import numpy as np
    >>> pair = compare_pair(np.array([1.0, 2, 3, 4]), np.array([2.0, 3, 4, 1]), np.arange(4), top_n=2)
    >>> pair["overlap"], round(pair["kendall_tau_b"], 6)
    (0.5, 0.0)
    """
    both = np.flatnonzero(~np.isnan(a) & ~np.isnan(b))
    n = min(top_n, len(both))
    shared = np.intersect1d(best(a[both], places[both], n), best(b[both], places[both], n))
    sample = both[:TAU_SAMPLE]
    return {
        "common": len(both),
        "top_n": n,
        "overlap": len(shared) / n if n else None,
        "kendall_tau_b": _tau(a[sample], b[sample]),
    }


def best(ranks: Ranks, places: Places, n: int) -> Places:
    """Return the positions of the n best ranks; equal ranks in the order of their places.

    >>> import numpy as np
    >>> best(np.array([1.5, 3.0, 1.5]), np.array([9, 8, 7]), 2).tolist()
    [2, 0]
    """
    if n == 0:
        return np.empty(0, dtype=np.int64)
    candidates = np.flatnonzero(ranks <= np.partition(ranks, n - 1)[n - 1])
    order = np.lexsort((places[candidates], ranks[candidates]))
    return candidates[order[:n]]


def _tau(a: Ranks, b: Ranks) -> float | None:
    if len(a) < 2 or np.all(a == a[0]) or np.all(b == b[0]):
        return None
    from scipy.stats import kendalltau  # noqa: PLC0415 - takes a second to load, which readers need not wait for

    return float(kendalltau(a, b, variant="b").statistic)


def _ranks(engine: Engine, measure: str, customers: int) -> Ranks:
    ranks = np.full(customers, np.nan)
    for batch in _placed(engine, measure):
        ranks[batch["spread"].to_numpy()] = batch["rank"].to_numpy()
    return ranks


def _placed(engine: Engine, measure: str) -> Iterator[pa.RecordBatch]:
    sql = "SELECT spread, rank FROM rankings JOIN executives_places USING (party_id) WHERE measure = $measure"
    return engine.batches(sql, {"measure": measure})
