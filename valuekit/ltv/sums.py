"""Values of groups with their intervals: errors of parameters run through all customers, chance evens out."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from scipy.special import gammaincinv, ndtri

from valuekit.engine import Engine, Expression
from valuekit.ltv.models.observations import Array
from valuekit.ltv.quantiles import LEVELS
from valuekit.money import MONEY
from valuekit.tables.published import CUSTOMER_STAGES


def sum_up(engine: Engine, levels: Sequence[float] = LEVELS) -> None:
    """Make `value_sums`: the company, current customers and others, each stage, tier and year of the first money.

    Reads `value_spread` (which it drops), `ltv`, `stages`, `segments` and `facts`. The variance of a sum is the sum of
    the squared effects of the parameters, each summed over the parties, and of the parties' variances by chance. Where
    none of a group may be below 0, neither end of its interval is.
    """
    effects = [name for name in engine.columns("value_spread") if name.startswith("value_by_")]
    sums = ", ".join(f"SUM({name}) AS {name}" for name in effects)
    current = {"current": list(CUSTOMER_STAGES)}
    engine.run("valuekit.ltv", "sums.sql", current, effects=Expression("", sums or "0 AS none", frozenset()))
    groups = engine.query("SELECT * FROM value_groups")
    mean, chance = (_numbers(groups, name) for name in ("ltv", "chance"))
    shared = sum((_numbers(groups, name) ** 2 for name in effects), np.zeros(len(mean)))
    floor = np.where(np.asarray(groups["may_lose"].to_pylist(), dtype=bool), -np.inf, 0.0)
    found = {"deviation_by_parameters": np.sqrt(shared), "deviation": np.sqrt(shared + chance)}
    for level in levels:
        low, high = interval_of_sum(mean, found["deviation"], level, floor)
        found |= {f"low_{round(100 * level)}": low, f"high_{round(100 * level)}": high}
    columns = {name: groups[name] for name in ("scope", "name", "parties", "ltv")}
    engine.put("value_groups", pa.table(columns | {name: pa.array(values) for name, values in found.items()}))
    money = ", ".join(f"CAST({name} AS {MONEY}) AS {name}" for name in ("ltv", *found))
    engine.execute(f"CREATE OR REPLACE TABLE value_sums AS SELECT scope, name, parties, {money} FROM value_groups")
    engine.drop("value_groups", "value_spread")


def interval_of_sum(mean: Array, deviation: Array, level: float, floor: Array | float = -np.inf) -> tuple[Array, Array]:
    """Return both ends, as much in each tail: of a gamma distribution for a value above 0, else of a normal one.

    A sum of few customers is skewed as their values are; of many, both are the same. No end lies below `floor`: 0 where
    none of the values can be below 0, so that a sum of 0 has one end only.

    >>> interval_of_sum(np.array([100.0, -5.0]), np.array([1.0, 1.0]), 0.95)[0].round(2)
    array([98.04, -6.96])
    >>> interval_of_sum(np.array([0.0]), np.array([0.77]), 0.80, floor=0.0)
    (array([0.]), array([0.98679471]))
    """
    score, tail = ndtri((1 + level) / 2), (1 - level) / 2
    shape = np.where(mean > 0, mean, 1.0) ** 2 / np.maximum(deviation, 1e-9) ** 2
    skewed = (mean > 0) & (shape < 1e4)
    ends = []
    for sign, probability in ((-1, tail), (1, 1 - tail)):
        by_gamma = mean / shape * gammaincinv(np.minimum(shape, 1e4), probability)
        ends.append(np.where(skewed, by_gamma, mean + sign * score * deviation))
    return np.maximum(ends[0], floor), np.maximum(ends[1], floor)


def _numbers(table: pa.Table, name: str) -> Array:
    return np.asarray(table[name].to_pylist(), dtype=np.float64)
