"""Commission dates: the deals on which the rules disagree, and what each rule makes due in each month."""

import pyarrow as pa

from valuekit.snapshot.read import Snapshot

_FILE = "commissions.sql"


def disagreeing_deals(snapshot: Snapshot) -> pa.Table:
    """Return the deals whose commission is due in another month, or not yet, under another rule; the largest first.

    Columns: system, deal, party_id, label, owner, amount, and the day under each rule: signed, first_payment,
    active_use (missing: not yet).
    """
    with snapshot.engine() as engine:
        return engine.ask("valuekit.snapshot", _FILE, "disagreeing_deals")


def commission_months(snapshot: Snapshot) -> pa.Table:
    """Return number and value of the deals that become due, by rule and month.

    Columns: rule (signed, first_payment or active_use), month (missing: not yet due), deals and amount. Under each
    rule the rows sum to all deals won.
    """
    with snapshot.engine() as engine:
        return engine.ask("valuekit.snapshot", _FILE, "commission_months")
