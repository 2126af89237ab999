"""Rows that were recorded after the month that they belong to: what can change the past of a party."""

from valuekit.engine import Engine, literal, quote
from valuekit.sources.dates import day_of
from valuekit.tables import CANONICAL, PUBLISHED, Table

_RECORDED = "recorded_on"
_PARTY = "party_id"


def find_late_records(engine: Engine) -> None:
    """Make `late_records`: how many rows of a party were recorded in a later month than the one they belong to.

    Reads: every canonical table with `recorded_on`, a day (see `day_of`) and, once identities are resolved,
    `party_id`. A row without `recorded_on` was recorded on its day, and is never late.

    A run that is published for a month keeps its number; a later run that tells the month differently can say that
    these rows are why.
    """
    selects = [_late(table) for table in CANONICAL.values() if _can_be_late(engine, table)]
    engine.make_empty(PUBLISHED["late_records"])
    for select in selects:
        engine.execute(f"INSERT INTO late_records {select}")


def _can_be_late(engine: Engine, table: Table) -> bool:
    return _RECORDED in table.names and "NULL" not in day_of(table) and _PARTY in engine.columns(table.name)


def _late(table: Table) -> str:
    month, recorded = f"DATE_TRUNC('month', {day_of(table)})", f"DATE_TRUNC('month', {_RECORDED})"
    return (
        f"SELECT {_PARTY}, {literal(table.name)}, CAST({month} AS DATE), CAST({recorded} AS DATE), COUNT(*) "
        f"FROM {quote(table.name)} WHERE {_PARTY} IS NOT NULL AND {recorded} > {month} GROUP BY ALL"
    )
