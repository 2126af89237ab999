"""Every executive's best customers side by side, over the same current customers."""

from collections.abc import Mapping
from datetime import date

import pyarrow as pa

from valuekit.calendar import Window, add_months, month_start
from valuekit.engine import Engine, quote
from valuekit.executives.agreement import agree
from valuekit.executives.consensus import agree_on, full_weights
from valuekit.executives.registry import KEYS, MEASURES, Measure
from valuekit.tables import PUBLISHED

PACKAGE = "valuekit.executives"

BREADTH = Window(90)
"""Days in which the use of features counts for the fit."""

_SCRATCH = ("executives_customers", "executives_active", "executives_ranks", "executives_places")

_PLACES = """CREATE OR REPLACE TABLE executives_places AS
SELECT
    party_id,
    ROW_NUMBER() OVER (ORDER BY MD5(party_id), party_id) - 1 AS spread,
    ROW_NUMBER() OVER (ORDER BY party_id) AS place
FROM executives_customers"""


def compare(
    engine: Engine, *, as_of: date, weights: Mapping[str, float], top_n: int = 20, minimum_active_months: int = 3
) -> None:
    """Make the tables `measures`, `rankings`, `agreement` and `consensus`.

    Reads: `stages`, `facts`, `cash`, `paying_on_time`, `ltv` and the canonical tables with `party_id`. Ranked are
    current customers (stages active and inactive) who are not internal.

    Each of `MEASURES` ranks those for whom its data are there; 1 is best and ties share their mean rank. A measure
    whose tables are empty, or that finds nobody to rank, says so in `not_rankable` and has no rows in `rankings`:
    missing data never make a customer the last. Where a low value is best, only customers with activity in
    `minimum_active_months` of the last 12 months are ranked: a dead account is not the best customer. Activity is use
    or an order, or a payment where the company keeps neither.

    `weights` are by measure, 1 where missing; `measures` shows them as shares over the measures that can be taken.

    Raises: `UnknownNameError` for a weight of no measure, `ConfigError` for a negative one.
    """
    full = full_weights(weights)
    engine.run(PACKAGE, "measures.sql", _days(as_of) | {"minimum_active_months": max(1, minimum_active_months)})
    engine.make_empty(PUBLISHED["rankings"])
    reasons = {measure.key: _rank(engine, measure) for measure in MEASURES}
    _put_measures(engine, full, reasons)
    engine.execute(_PLACES)
    agree(engine, list(KEYS), top_n=top_n)
    agree_on(engine, full, customers="executives_customers")
    if not engine.keep_scratch:
        engine.drop(*(m.values for m in MEASURES), *_SCRATCH)


def _days(as_of: date) -> dict[str, object]:
    return {
        "as_of": as_of,
        "year_ago": add_months(as_of, -12),
        "since": month_start(add_months(as_of, -11)),
        "since_before": month_start(add_months(as_of, -23)),
        "breadth_since": BREADTH.first_day(as_of),
    }


def _rank(engine: Engine, measure: Measure) -> str | None:
    """Add the ranks of a measure to `rankings`; return why there are none."""
    missing = [need for need in measure.needs if not any(engine.count(table) for table in need.split("|"))]
    if missing:
        return f"Nothing is recorded in {' and '.join(need.replace('|', ' or ') for need in missing)}."
    if not engine.count(measure.values):
        return f"Nobody to rank: it ranks {measure.guard}."
    bound = {"measure": measure.key, "high_is_best": measure.high_is_best}
    engine.run(PACKAGE, "rank.sql", bound, values=measure.values)
    columns = ", ".join(quote(c) for c in PUBLISHED["rankings"].names)
    engine.execute(f"INSERT INTO rankings SELECT {columns} FROM executives_ranks")
    return None


def _put_measures(engine: Engine, weights: Mapping[str, float], reasons: Mapping[str, str | None]) -> None:
    ranked: dict[str, int] = dict(engine.rows("SELECT measure, COUNT(*) FROM rankings GROUP BY measure"))
    total = sum(weights[key] for key in ranked)
    rows = [
        {
            **{name: getattr(m, name) for name in ("requirement", "executive", "label", "sentence", "unit")},
            "measure": m.key,
            "high_is_best": m.high_is_best,
            "not_rankable": reasons[m.key],
            "ranked": ranked.get(m.key, 0),
            "weight": weights[m.key] / total if m.key in ranked and total else 0.0,
        }
        for m in MEASURES
    ]
    engine.put("measures", pa.Table.from_pylist(rows, schema=PUBLISHED["measures"].arrow))
