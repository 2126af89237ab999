"""What a customer is expected to cost a month: its own history, shrunk to what customers like it cost."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import numpy as np
import pyarrow as pa

from valuekit.calendar import month_end
from valuekit.engine import Engine
from valuekit.ltv.models.observations import Array
from valuekit.ltv.peers import Peers, fit_peers

PACKAGE = "valuekit.ltv"

COVERED = 0.80
"""Share of customers whose mean month of the next year should lie in the interval."""

MINIMUM_JUDGED = 50
"""Customers from whose last year an interval is read; levels with fewer borrow from all levels."""

NOTHING = -64
"""The step of a ratio that stands for no cost at all."""

_CELL = ("has_contract", "is_active", "size_step", "tenure_step", "next_step", "use_step")
_SCRATCH = (
    "cost_parties", "cost_own", "cost_cells", "cost_states", "cost_peers", "cost_expected",
    "cost_ratios", "cost_intervals",
)  # fmt: skip


def expect_costs(engine: Engine, last_month: date) -> list[Peers]:
    """Make `expected_cost` and `cost_models`: per valued party and function the mean month of the next year.

    Reads `cost_months` (who is valued, since when, months seen, own cost and cash), `stages` and `usage`. `last_month`
    is the first day of the last complete month; own history is the twelve months up to it.

    - Peers: cells of customers alike in contract, stage, recurring revenue or orders, tenure and use. A generalised
      linear model of their cost a month (Tweedie, power 1.5, log link, weighted by months) predicts every cell, also
      those that hold nobody yet, at the tenure of the months seen and of those to come. Where it cannot be fitted,
      `cost_models` says why, and the mean of customers with or without contract stands in.
    - Own months n weigh n / (n + k): k is the variance of a month over the variance between customers of one cell.
      What shows in the last year and in the one before lasts; the rest is chance. Without customers that were seen in
      both, k is 6, a stated prior.
    - The interval is what the last year was, as a multiple of what the year before had foretold by the same rule, for
      customers of the same level and history; missing where fewer than `MINIMUM_JUDGED` can tell.

    Reference: Buhlmann and Straub (1970), Glaubwurdigkeit fur Schadensatze; Jorgensen (1987), Exponential dispersion
    models, JRSS B 49(2).
    """
    engine.run(PACKAGE, "expected_cost.sql", {"last_day": month_end(last_month)})
    cells, states = (_by_function(engine.query(f"SELECT * FROM {name}")) for name in ("cost_cells", "cost_states"))
    peers = [fit_peers(function, cells.get(function), states[function]) for function in sorted(states)]
    engine.put("cost_peers", _peer_rows(peers, states))
    engine.run(PACKAGE, "shrunk_cost.sql")
    ratios = _by_function(engine.query("SELECT * FROM cost_ratios"))
    rows = [row for function in sorted(ratios) for row in intervals(function, ratios[function])]
    engine.put("cost_intervals", pa.Table.from_pylist(rows, schema=_INTERVALS))
    engine.run(PACKAGE, "published_cost.sql")
    engine.put("cost_models", pa.Table.from_pylist([p.facts for p in peers], schema=_MODELS))
    if not engine.keep_scratch:
        engine.drop(*_SCRATCH)
    return peers


def _by_function(table: pa.Table) -> dict[str, dict[str, Array]]:
    """Columns of each function's rows, as floats."""
    functions = np.asarray(table["function"].to_pylist(), dtype=object)
    columns = {
        name: np.asarray(table[name].to_pylist(), dtype=np.float64) for name in table.schema.names if name != "function"
    }
    return {f: {n: values[functions == f] for n, values in columns.items()} for f in sorted(set(functions.tolist()))}


def _peer_rows(peers: Sequence[Peers], states: Mapping[str, Mapping[str, Array]]) -> pa.Table:
    tables = [_PEERS.empty_table()]
    for found in peers:
        state, size = states[found.function], len(found.mean)
        columns = [pa.array([found.function] * size), pa.array([found.model] * size)]
        columns += [pa.array(state[name].astype(np.int64)).cast(_PEERS.field(name).type) for name in _CELL]
        columns += [pa.array(values) for values in (found.mean, found.next_mean, found.own_months)]
        tables.append(pa.Table.from_arrays(columns, schema=_PEERS))
    return pa.concat_tables(tables)


def intervals(function: str, ratios: Mapping[str, Array]) -> Iterator[dict[str, object]]:
    """Yield the ends of the interval by history and level of cost, as multiples of what is expected.

    Reads `ratios`: `history`, `level`, `step` (eighths of a natural log, `NOTHING` for no cost) and `customers`.
    """
    for history in (0.0, 1.0, 2.0):
        known = ratios["history"] == history
        if ratios["customers"][known].sum() < MINIMUM_JUDGED:
            known = np.ones(len(known), dtype=np.bool_)
        if ratios["customers"][known].sum() < MINIMUM_JUDGED:
            return
        for level in np.arange(ratios["level"].min(), ratios["level"].max() + 1):
            of_level = known & (np.abs(ratios["level"] - level) <= 1)
            chosen = of_level if ratios["customers"][of_level].sum() >= MINIMUM_JUDGED else known
            low, high = _quantiles(ratios["step"][chosen], ratios["customers"][chosen])
            yield {"function": function, "history": int(history), "level": int(level), "low": low, "high": high}


def _quantiles(steps: Array, weights: Array) -> tuple[float, float]:
    """Return the middle `COVERED` of the customers; from nothing on where a tenth of them and more cost nothing."""
    order = np.argsort(steps, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    first = 0.0 if steps[order][np.searchsorted(share, (1 - COVERED) / 2)] <= NOTHING else (1 - COVERED) / 2
    low, high = (steps[order][np.searchsorted(share, q)] for q in (first, first + COVERED))
    return min(_multiple(low), 1.0), max(_multiple(high), 1.0)


def _multiple(step: float) -> float:
    return 0.0 if step <= NOTHING else float(np.exp(step / 8))


_PEERS = pa.schema(
    [("function", pa.string()), ("model", pa.string()), ("has_contract", pa.bool_()), ("is_active", pa.bool_())]
    + [(name, pa.int32()) for name in _CELL[2:]]
    + [(name, pa.float64()) for name in ("peer", "next_peer", "own_months")]
)

_INTERVALS = pa.schema(
    [("function", pa.string()), ("history", pa.int32()), ("level", pa.int32()), ("low", pa.float64()),
     ("high", pa.float64())]
)  # fmt: skip

_MODELS = pa.schema(
    [("function", pa.string()), ("model", pa.string()), ("note", pa.string())]
    + [(name, pa.int64()) for name in ("customers", "with_cost", "cells")]
    + [(name, pa.float64()) for name in ("monthly", "own_months", "between", "dispersion")]
)
