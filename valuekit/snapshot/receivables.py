"""Whose invoices stand behind the receivables of a snapshot."""

import pyarrow as pa

from valuekit.errors import UnknownNameError
from valuekit.snapshot.movements import need_tables
from valuekit.snapshot.read import Snapshot

MEMBERS = {
    "overdue": "overdue > 0",
    "disputed": "disputed > 0",
    "written_off": "written_off > 0",
    "late": "on_time < due",
}
"""Lists of parties by what they owe, or did not pay in time."""

_MEMBERS = """SELECT party_id, p.label, s.stage, t.* EXCLUDE (party_id)
FROM paying_on_time AS t
JOIN parties AS p USING (party_id)
JOIN stages AS s USING (party_id)
WHERE {rule}
ORDER BY t.overdue DESC, t.disputed DESC, t.written_off DESC, party_id"""


def receivables_members(snapshot: Snapshot, which: str) -> pa.Table:
    """Return the parties behind a number of the receivables, the most overdue first.

    Reads `paying_on_time`, `parties` and `stages` of the snapshot. `which` is one of `MEMBERS`.

    Returns: `party_id`, `label`, `stage` and the columns of `paying_on_time`.

    Raises:
        UnknownNameError: there is no such list; it names those that there are.
        InputError: an earlier valuekit published the snapshot, without receivables.

    Example:
        receivables_members(Snapshot.open("runs"), "overdue")
    """
    if which not in MEMBERS:
        raise UnknownNameError("list of receivables", which, MEMBERS)
    need_tables(snapshot, ("paying_on_time",))
    return snapshot.query(_MEMBERS.format(rule=MEMBERS[which]))
