"""Amounts are kept to ten-thousandths: orders of which this would take what matters are refused."""

import pyarrow as pa
import pyarrow.compute as pc

from valuekit.engine import Engine, quote
from valuekit.errors import ContractError

VIEW = "small_amounts"
"""View of the amounts that lose more than a thousandth of themselves, as they were given; not there if none can."""

_SMALL = 0.05
"""What is at least this much loses at most a thousandth of itself by being rounded to ten-thousandths."""

_NOISE = 1e-10
"""Less than this is what floating numbers leave of a sum that is 0."""

_FEW = 1_000
"""One customer, or one row, in so many matters to no sum."""


def view_small(engine: Engine, source: str, column: str, kind: str) -> None:
    """Make the view `small_amounts` (amount) of a source, if a column of this type can hold any."""
    if kind in ("DOUBLE", "FLOAT", "VARCHAR") or (kind.startswith("DECIMAL") and _scale(kind) > 4):
        amount = f"TRY_CAST({quote(column)} AS DOUBLE)"
        engine.execute(
            f"CREATE OR REPLACE VIEW {VIEW} AS SELECT CAST({quote(column)} AS VARCHAR) AS amount FROM {source} "
            f"WHERE {amount} < {_SMALL} AND {amount} > -{_SMALL} AND ABS({amount}) > {_NOISE} "
            f"AND ABS({amount} - ROUND({amount}, 4)) * 1000 > ABS({amount})"
        )


def _scale(kind: str) -> int:
    return int(kind.rstrip(")").split(",")[-1])


def refuse_small(engine: Engine, summary: pa.Table | None = None) -> None:
    """Raise `ContractError` where amounts are so small that rounding takes more than a thousandth from many of them.

    To look at a summary (default: `order_summary`) and then, if need be, at the orders again is faster than to look at
    each order.
    """
    if not engine.has(VIEW):
        return
    suspects, customers = _stored(engine) if summary is None else _suspects(summary)
    if suspects * _FEW <= customers:
        return
    lost, example = engine.rows(f"SELECT COUNT(*), MIN(amount) FROM {VIEW}")[0]
    rows = engine.count("order_lines")
    if lost * _FEW > rows:
        raise ContractError(
            f"{lost:,} of {rows:,} amounts would lose more than a thousandth of themselves, such as '{example}', "
            "for amounts are kept to ten-thousandths.",
            where="orders",
            next_step="Give all amounts in a smaller unit, such as cents or thousandths, or rounded to 4 decimals.",
        )


def _suspects(summary: pa.Table) -> tuple[int, int]:
    """Count the customers whose purchases are so small in the mean, first or later ones, and all."""
    first, repeats, mean = (summary[name] for name in ("first_amount", "frequency", "monetary"))
    small = pc.or_(pc.less(pc.abs(first), _SMALL), pc.and_(pc.greater(repeats, 0), pc.less(mean, _SMALL)))
    return sum(chunk.true_count for chunk in small.chunks), len(summary)


def _stored(engine: Engine) -> tuple[int, int]:
    """Count the same of `order_summary` in SQL, which is faster than to take it out."""
    small = f"ABS(first_amount) < {_SMALL} OR (frequency > 0 AND monetary < {_SMALL})"
    suspects, customers = engine.rows(f"SELECT COUNT(*) FILTER (WHERE {small}), COUNT(*) FROM order_summary")[0]
    return suspects, customers
