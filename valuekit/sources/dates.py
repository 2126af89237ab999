"""The day that dates a row, for exchange rates and for what is not known yet."""

from valuekit.engine import quote
from valuekit.tables import Table, event_date

_INSTEAD = {"contracts": "starts_on", "opportunities": "closed_on"}


def day_of(table: Table) -> str:
    """Return SQL of the day on which a row of the table happened; NULL when nothing dates it.

    It is the event date; where that is missing the day the row was recorded, and for contracts that are not signed the
    first day of the term, for deals without opening day the day they closed.

    >>> from valuekit.tables import CANONICAL
    >>> day_of(CANONICAL["payments"]), day_of(CANONICAL["links"])
    ('COALESCE("paid_on", "recorded_on")', 'CAST(NULL AS DATE)')
    """
    event = event_date(table)
    if event is None:
        return "CAST(NULL AS DATE)"
    days = [event, *(c for c in ("recorded_on", _INSTEAD.get(table.name)) if c in table.names)]
    return f"COALESCE({', '.join(quote(d) for d in days if d)})" if len(days) > 1 else quote(event)
