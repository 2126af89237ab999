"""Who pays by hand, by the provider and by the money: three answers, counted against each other."""

import pyarrow as pa

from valuekit.snapshot.read import Snapshot

_FILE = "paying_status.sql"


def paying_matrix(snapshot: Snapshot) -> pa.Table:
    """Return how many parties each combination of the three answers has; combinations without a party are left out.

    Columns: manual and provider (paying, not_paying, trial, unknown, or none: nobody said), derived (paying or
    not_paying), parties, and stale (those whose manual status became wrong after it was set).
    """
    with snapshot.engine() as engine:
        return engine.ask("valuekit.snapshot", _FILE, "paying_matrix")


def stale_statuses(snapshot: Snapshot) -> pa.Table:
    """Return the statuses set by hand that an event made wrong, the longest wrong first.

    Columns: party_id, label, stage, manual, manual_on, provider, derived, wrong_since (day of the event), days (since
    then, at the as-of date) and mrr.
    """
    with snapshot.engine() as engine:
        return engine.ask("valuekit.snapshot", _FILE, "stale_statuses", {"as_of": snapshot.manifest.as_of})
