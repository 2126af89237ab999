"""Which system manages how many customers, and how many of them it does not know."""

import pyarrow as pa

from valuekit.snapshot.read import Snapshot


def managed_by(snapshot: Snapshot) -> pa.Table:
    """Return the systems with the rule by which each has its customers; the customers sum to all current customers.

    Columns: system, rule, customers, mrr, value (lifetime value) and without_record: customers of which the system has
    no record, so that somebody must enter them there.
    """
    with snapshot.engine() as engine:
        return engine.ask("valuekit.snapshot", "managed_in.sql", "managed_by")
