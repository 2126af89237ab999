"""Since when a party has been overdue, and with how much, by the same settlement as all receivables."""

from datetime import date

from valuekit.cashflow.settlement import SCRATCH, amount, settle
from valuekit.engine import Engine

PACKAGE = "valuekit.cashflow"


def trace_overdue(engine: Engine, *, as_of: date) -> None:
    """Make `overdue_days`: by party and day, by how much what it has overdue changes; summed up to a day, what it was.

    At `as_of` the sum is `overdue` of `paying_on_time`. Left out are invoices that are called paid or uncollectible: on
    an earlier day, nobody could have known which payment is the last, so that the sum is what a run as of then finds.

    Reads what `settle` reads.
    """
    engine.execute("CREATE OR REPLACE TABLE overdue_days (party_id VARCHAR, day DATE, overdue DECIMAL(18,4))")
    if not engine.count("invoices"):
        return
    for _ in settle(engine, as_of=as_of, all_bills=False):
        engine.run(PACKAGE, "overdue.sql", {"as_of": as_of}, amount=amount("amount"))
        engine.execute("INSERT INTO overdue_days SELECT * FROM overdue_days_part")
    if not engine.keep_scratch:
        engine.drop(*SCRATCH, "overdue_days_part")
