"""A few rows that break the contract of their table, one kind for each rule that the declaration states.

Each is a copy of a good row with an id of its own and one thing wrong (a duplicated key: the same id twice). No run
may accept them, and the truth knows nothing of them.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from valuekit.errors import UnknownNameError
from valuekit.simulate.columns import nullable
from valuekit.simulate.draws import Rng
from valuekit.tables import Check, Table

Row = dict[str, Any]
Breaker = Callable[[Row], Row]

_ROWS_PER_BROKEN = 20
"""A small table has so many good rows for each broken one: a run at default settings goes on below 5%."""

_UNKNOWN_VALUE, _UNKNOWN_CURRENCY = "mystery", "XXX"

_SPECIAL: dict[str, Row] = {
    "closed_has_date": {"status": "won", "closed_on": None},
    "term_positive": {"term_months": 0},
    "payment_not_negative": {"kind": "payment", "amount": Decimal("-20.0000")},
    "refund_not_positive": {"kind": "refund", "amount": Decimal("20.0000")},
    "return_not_positive": {"returns_order": "O1", "amount": Decimal("20.0000")},
    "tax_is_part": {"tax": Decimal("99999999.0000")},
    "events_positive": {"events": 0},
    "rate_positive": {"rate": Decimal("-1.00000000")},
}


def breakers(table: Table) -> dict[str, Breaker]:
    """Return, by kind, what makes a good row of the table a bad one.

    >>> from valuekit.tables import CANONICAL
    >>> sorted(breakers(CANONICAL["usage"]))
    ['duplicated_key', 'events_positive', 'missing_events']
    """
    required = [c.name for c in table if c.required and c.name != "system"]
    absent = next((name for name in required if name not in table.key), required[-1])
    kinds: dict[str, Breaker] = {"duplicated_key": dict, f"missing_{absent}": _setting({absent: None})}
    for column in [c for c in table if c.values][:1]:
        kinds[f"unknown_{column.name}"] = _setting({column.name: _UNKNOWN_VALUE})
    if table.money and "currency" in table.names:
        wrong = {"currency": _UNKNOWN_CURRENCY, table.money[0]: Decimal("20.0000")}
        kinds["unknown_currency"] = _setting(wrong)
    return {**kinds, **{check.name: _against(check) for check in table.checks}}


def _setting(values: Row) -> Breaker:
    return lambda row: {**row, **values}


def _against(check: Check) -> Breaker:
    """Return what breaks a check; a check of a new shape must be taught here."""
    if check.name in _SPECIAL:
        return _setting(_SPECIAL[check.name])
    if "_not_before_" in check.name:
        later, earlier = check.name.split("_not_before_")
        return lambda row: {**row, later: row[earlier] - timedelta(days=3)}
    if check.name.endswith("_not_negative"):
        return _setting({check.name.removesuffix("_not_negative"): Decimal("-7.00")})
    if check.name == "month_is_first_day":
        return lambda row: {**row, "month": row["month"] + timedelta(days=9)}
    if check.name == "not_self":
        return lambda row: {**row, "referred": row["referrer"]}
    raise UnknownNameError("way to break check", check.name, _SPECIAL)


def broken_rows(rng: Rng, table: Table, good: pa.Table, batch: int, share: float) -> pa.Table:
    """Return bad rows made from good ones: a share of their number, in the first batch one of each kind if it can."""
    kinds = breakers(table)
    at_least = min(len(kinds), good.num_rows // _ROWS_PER_BROKEN) if batch == 0 else 0
    count = max(round(share * good.num_rows), at_least)
    if not good.num_rows or not share:
        return nullable(table).empty_table()
    copies = good.take(pa.array(rng.integers(0, good.num_rows, count))).to_pylist()
    names = list(kinds)
    bad = [
        kinds[name](row if name == "duplicated_key" else _renamed(table, row, batch, place))
        for place, (row, name) in enumerate(zip(copies, names * (count // len(names) + 1), strict=False))
    ]
    return pa.Table.from_pylist(bad, schema=nullable(table))


def _renamed(table: Table, row: Row, batch: int, place: int) -> Row:
    """Give the copy a key of its own."""
    if "rate_on" in table.key:
        return {**row, "rate_on": row["rate_on"] + timedelta(days=1 + place)}
    name = next(n for n in ("id", "record", "from_record") if n in table.key)
    return {**row, name: f"X{batch}-{place}"}
