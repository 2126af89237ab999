"""Renewals that are due: the list to work through, and its months."""

from typing import Literal, get_args

import pyarrow as pa

from valuekit.errors import UnknownNameError
from valuekit.snapshot.read import Snapshot

RenewalOrder = Literal["value", "mrr"]


def renewals(snapshot: Snapshot, by: RenewalOrder = "value") -> pa.Table:
    """Return the contract terms that are due for renewal, the highest first.

    Columns: party_id, label, stage, system, contract, renews_on, days_left, auto_renew, notice_given, mrr (of the
    term) and value (lifetime value of the party, 0 without one; the same in each of its terms).
    `by` is value or mrr; ties go by the other one, then by day and id. Raises `UnknownNameError` for another order.
    """
    if by not in get_args(RenewalOrder):
        raise UnknownNameError("order", by, get_args(RenewalOrder), where="renewals")
    with snapshot.engine() as engine:
        return engine.ask("valuekit.snapshot", "renewals.sql", "renewals", {"by": by})


def renewal_months(snapshot: Snapshot) -> pa.Table:
    """Return what is due by month of renewal.

    Columns: month, contracts, parties, mrr, mrr_under_notice (its part that ends for certain) and value (lifetime
    value of the parties, each once a month).
    """
    with snapshot.engine() as engine:
        return engine.ask("valuekit.snapshot", "renewals.sql", "renewal_months")
