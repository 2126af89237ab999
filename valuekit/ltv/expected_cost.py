"""What a customer is expected to cost a month: its own history, shrunk to what customers like it cost."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import numpy as np
import pyarrow as pa

from valuekit.calendar import add_months, month_end
from valuekit.engine import Engine, Expression
from valuekit.ltv.models.observations import Array
from valuekit.ltv.peers import Peers, fit_peers
from valuekit.tables.published import VALUED_STAGES

PACKAGE = "valuekit.ltv"

COVERED = 0.80
"""Share of customers whose mean month of the next year should lie in the interval."""

MINIMUM_JUDGED = 50
"""Customers from whose last year an interval is read; levels with fewer borrow from all levels."""

NOTHING = -64
"""The step of a ratio that stands for no cost at all."""

FUNCTIONS = ("marketing", "sales", "support", "incentives", "other")
"""Functions whose cost is expected, by month alive and as a share of revenue."""

EXPECTED = (*FUNCTIONS, "goods")
"""All whose cost is expected: of goods, those of contracts; those of orders are a share of what is paid."""

_COLUMNS = {name: name for name in FUNCTIONS} | {"marketing": "retention", "goods": "cost_of_goods"}
"""What a function, or goods, is called in `cash_months`."""

_NOT_OF_WINNING = ("support", "goods")
"""The month of the first payment tells of these how they follow the money; other cost may be that of winning."""

_CELL = ("has_contract", "is_active", "size_step", "tenure_step", "next_step", "use_step")
_SCRATCH = (
    "cost_lines", "cost_shares", "cost_functions", "cost_parties", "cost_own", "cost_cells", "cost_states",
    "cost_peers", "cost_expected", "cost_ratios", "cost_intervals",
)  # fmt: skip


def expect_costs(engine: Engine, last_month: date) -> list[Peers]:
    """Make `expected_cost`, `cost_models` and `cost_rates`: what each valued party is expected to cost.

    Reads `facts`, `stages`, `cash_months` and `usage`. `last_month` is the first day of the last complete month; own
    history is the twelve months up to it, after that of the first payment. `expected_cost` has the mean month of the
    next year by party and function; `cost_rates` has it, and goods, as shares of revenue and rates a month alive.
    Makes `cost_months` too (who is valued, since when, months seen, own cost and cash).

    - Cost that follows the money is a share of revenue, one for each function and kind (with or without contract): the
      slope of a month's cost on the money received in it, within customers, as the least-squares method of cost
      accounting separates variable from fixed cost. What is said below is of the rest, which goes by month alive.
    - Peers: cells of customers alike in contract, stage, recurring revenue or orders, tenure and use. A generalised
      linear model of their cost a month (Tweedie, power 1.5, log link, weighted by months) predicts every cell, also
      those that hold nobody yet, at the tenure of the months seen and of those to come. Where it cannot be fitted,
      `cost_models` says why, and a cost a head and per unit of recurring revenue stands in, by kind.
    - Own months n weigh n / (n + k): k is the variance of a month over the variance between customers of one cell.
      What shows in the last year and in the one before lasts; the rest is chance. With too few customers that were seen
      in both, k is 6, a stated prior.
    - The interval is what the last year was, as a multiple of what the year before had foretold by the same rule, for
      customers of the same level and history; missing where fewer than `MINIMUM_JUDGED` can tell.

    Reference: Buhlmann and Straub (1970), Glaubwurdigkeit fur Schadensatze; Jorgensen (1987), Exponential dispersion
    models, JRSS B 49(2).
    """
    bounds = {"former_month": add_months(last_month, -23), "first_month": add_months(last_month, -11)}
    whose = {"last_month": last_month, "valued_stages": list(VALUED_STAGES)}
    engine.run(PACKAGE, "cost_months.sql", {**bounds, **whose}, **_line_slots())
    engine.run(PACKAGE, "expected_cost.sql", {"last_day": month_end(last_month)})
    cells, states = (_by_function(engine.query(f"SELECT * FROM {name}")) for name in ("cost_cells", "cost_states"))
    peers = [fit_peers(function, cells.get(function), states[function]) for function in sorted(states)]
    engine.put("cost_peers", _peer_rows(peers, states))
    engine.run(PACKAGE, "shrunk_cost.sql")
    ratios = _by_function(engine.query("SELECT * FROM cost_ratios"))
    rows = [row for function in sorted(ratios) for row in intervals(function, ratios[function])]
    engine.put("cost_intervals", pa.Table.from_pylist(rows, schema=_INTERVALS))
    engine.run(PACKAGE, "published_cost.sql")
    engine.run(PACKAGE, "costs.sql", None, **_rate_slots())
    engine.put("cost_models", pa.Table.from_pylist([p.facts for p in peers], schema=_MODELS))
    if not engine.keep_scratch:
        engine.drop(*_SCRATCH)
    return peers


def _line_slots() -> dict[str, Expression]:
    """What is summed of each function for a party, and the same as rows."""
    sums, lines = [], []
    for name, column in _COLUMNS.items():
        with_first = name in _NOT_OF_WINNING
        told = "belongs" if with_first else "counts"
        sums += [
            f"CAST(SUM(CASE WHEN counts AND is_last_year THEN -{column} END) AS DECIMAL(18,4)) AS {name}",
            f"CAST(SUM(CASE WHEN counts AND NOT is_last_year THEN -{column} END) AS DECIMAL(18,4)) AS former_{name}",
            f"SUM(CASE WHEN {told} THEN -{column} END) AS whole_{name}",
            f"SUM(CASE WHEN {told} THEN -{column} * received END) AS crossed_{name}",
        ]
        lines.append(
            f"SELECT party_id, '{name}' AS function, {with_first} AS with_first, COALESCE({name}, 0) AS cost, "
            f"COALESCE(former_{name}, 0) AS former_cost, COALESCE(whole_{name}, 0) AS whole, "
            f"COALESCE(crossed_{name}, 0) AS crossed FROM cost_months "
            f"WHERE {name} <> 0 OR former_{name} <> 0 OR whole_{name} <> 0"
        )
    return {"sums": _sql(", ".join(sums)), "lines": _sql(" UNION ALL ".join(lines))}


def _rate_slots() -> dict[str, Expression]:
    """What each party is expected to cost, from rows to columns."""
    expected = [
        f"CAST(SUM({column}) FILTER (WHERE function = '{name}') AS DOUBLE) AS {column}_{name}"
        for name in EXPECTED
        for column in ("rate", "share")
    ]
    rates = [
        f"-COALESCE(e.rate_{name}, 0) AS {name}, -COALESCE(e.share_{name}, 0) AS {name}_share" for name in FUNCTIONS
    ]
    return {"expected": _sql(", ".join(expected)), "rates": _sql(", ".join(rates))}


def _sql(text: str) -> Expression:
    return Expression("", text, frozenset())


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
        numbers = (found.mean, found.next_mean, found.log_size, found.by_log_size, found.per_size, found.own_months)
        columns += map(pa.array, numbers)
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
    + [(name, pa.float64()) for name in ("peer", "next_peer", "log_size", "by_log_size", "per_size", "own_months")]
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
