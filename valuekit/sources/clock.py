"""Two clocks: what had happened by a day, and what had been recorded by a day. Nothing later reaches a fact."""

from datetime import date

from valuekit.calendar import ran_on
from valuekit.engine import Engine, quote
from valuekit.errors import InputError
from valuekit.sources.dates import day_of
from valuekit.tables import CANONICAL, Table, event_date

_TIMELESS = ("fx_rates",)
"""A rate is looked up by day: later ones do no harm."""

_LATER_STATES = {
    "opportunities": ("closed_on > $as_of", "closed_on = NULL, status = 'open'"),
    "tickets": ("closed_on > $as_of", "closed_on = NULL"),
    "contracts": ("cancelled_on > $as_of", "cancelled_on = NULL"),
}
"""What a row could not say yet on a day: the condition, and what it said then."""


def limit_to(engine: Engine, as_of: date, known_on: date | None = None, *, seen_to: date | None = None) -> None:
    """Take everything out of the canonical tables that was not known.

    Rows that happened after `as_of` go (see `day_of` for the day of a row: where the event date is missing, the day it
    was recorded; for contracts without signature the first day of the term, for deals without opening day the day they
    closed). With `known_on`, rows recorded later go too; a row without `recorded_on` was recorded on its day. Rows
    that nothing dates stay. Deals, tickets and notices closed or given after `as_of` are open again; the end of a
    contract's term stays, because it was agreed on. Where one row holds several terms that followed each other
    unsigned, its end was not: it goes if it came after `as_of` and up to `seen_to`, the day that the data are of, and
    neither notice nor a term that follows was known. Invoice statuses stay: no table tells when they changed.
    Exchange rates stay.

    Reads: the canonical tables and `intake`. Changes them in place: `rows_later` of `intake` gains the rows that went,
    `rows_out` loses them.
    """
    for table in CANONICAL.values():
        if table.name in _TIMELESS:
            continue
        _forget_rows(engine, table, as_of, known_on)
        if table.name in _LATER_STATES:
            condition, earlier = _LATER_STATES[table.name]
            engine.execute(f"UPDATE {quote(table.name)} SET {earlier} WHERE {condition}", {"as_of": as_of})
    if seen_to and seen_to > as_of:
        engine.execute(_FORGET_ENDS, {"as_of": as_of, "seen_to": seen_to})


_FORGET_ENDS = f"""
UPDATE contracts SET ends_on = NULL, auto_renew = TRUE
WHERE ends_on > $as_of AND ends_on <= $seen_to AND cancelled_on IS NULL AND {ran_on("contracts.")}
  AND NOT EXISTS (
    SELECT 1 FROM contracts AS n
    WHERE n.system = contracts.system AND n.record = contracts.record AND n.starts_on = contracts.ends_on + 1
  )
"""


def _forget_rows(engine: Engine, table: Table, as_of: date, known_on: date | None) -> None:
    day = day_of(table)
    recorded = f"COALESCE(recorded_on, {day})"
    later = f"({day} > $as_of OR {recorded} > $known_on)" if known_on else f"{day} > $as_of"
    parameters = {"as_of": as_of, "known_on": known_on, "table": table.name}
    engine.execute(_COUNT_LATER.format(table=quote(table.name), later=later), parameters)
    engine.execute(f"DELETE FROM {quote(table.name)} WHERE {later}", parameters)


_COUNT_LATER = """
UPDATE intake SET rows_later = rows_later + later.n, rows_out = rows_out - later.n
FROM (
    SELECT source, COUNT(*) AS n
    FROM (
        SELECT source, SUM(rows_out + rows_later) OVER (ORDER BY rowid) AS last, rows_out + rows_later AS n
        FROM intake WHERE table_name = $table
    ) AS ranges
    JOIN (SELECT rowid AS number FROM {table} WHERE {later}) AS gone
      ON gone.number >= ranges.last - ranges.n AND gone.number < ranges.last
    GROUP BY source
) AS later
WHERE intake.table_name = $table AND intake.source = later.source
"""


def latest_event(engine: Engine) -> date:
    """Return the day of the last event in the canonical tables: the natural as-of date.

    Reads: the event date of every table that has one. Signatures date contracts: terms may begin and end in the future.
    Ledger months and exchange rates date no event.

    Raises: `InputError` when no row has a date.
    """
    found = last_day(engine)
    if found is None:
        raise InputError(
            "no row has a date.", where="all sources", next_step="Set `as_of`, or check that rows were read."
        )
    return found


def refuse_before_data(engine: Engine, as_of: date) -> None:
    """Raise `InputError` where all rows are later than `as_of`: there was no company to describe."""
    first = first_day(engine)
    if first and as_of < first:
        raise InputError(
            f"no row is of {as_of} or before: the first is of {first}, the last of {last_day(engine) or first}.",
            where="as_of",
            next_step="Name a day between them (--as-of).",
        )


def first_day(engine: Engine) -> date | None:
    """Return the day of the first row of a table that dates its rows; ledger months and exchange rates date none."""
    dated = [t for t in CANONICAL.values() if t.name not in (*_TIMELESS, "costs")]
    earliest = " UNION ALL ".join(f"SELECT MIN({day_of(t)}) AS day FROM {quote(t.name)}" for t in dated)
    found = engine.scalar(f"SELECT MIN(day) FROM ({earliest})")
    return found if isinstance(found, date) else None


def last_day(engine: Engine) -> date | None:
    """Return the day of the last event, or nothing where no row has a date."""
    dated = [(t.name, event_date(t)) for t in CANONICAL.values() if t.name not in (*_TIMELESS, "costs")]
    latest = " UNION ALL ".join(f"SELECT MAX({quote(day)}) AS day FROM {quote(name)}" for name, day in dated if day)
    found = engine.scalar(f"SELECT MAX(day) FROM ({latest})")
    return found if isinstance(found, date) else None
