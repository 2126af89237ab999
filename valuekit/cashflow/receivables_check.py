"""Proof that receivables close: month by month, against the payments, and against what is open."""

from valuekit.calendar import FiscalCalendar
from valuekit.cashflow.fiscal import CALENDAR_MONTHS, month_sql
from valuekit.engine import Engine
from valuekit.errors import CheckError


def check_receivables(engine: Engine, calendar: FiscalCalendar = CALENDAR_MONTHS) -> None:
    """Prove that every receivable closes and follows on the one before, and that no money is lost or counted twice.

    And that at every month end the receivables of all parties are what is open and disputed, to the cent.

    Reads `receivable_months`, `receivables`, `payments` and `parties`. Raises: `CheckError` with the first place where
    they do not.
    """
    broken = engine.rows(_BROKEN)
    if broken:
        party, month, gap = broken[0]
        _fail(f"{len(broken)} receivable(s), such as that of {party} in {month:%Y-%m}, do not close: by {gap}")
    shown, paid = engine.rows(_BOTH)[0]
    if shown != paid:
        _fail(f"the receivables hold payments of {shown}, the company has {paid}")
    apart = engine.rows(_APART.format(month=month_sql(calendar, "r.as_of")))
    if apart:
        day, owed, aged = apart[0]
        _fail(f"parties owe {owed} at {day}, and {aged} is open or disputed")


_BROKEN = """
SELECT party_id, month, "begin" + invoiced - received - credited - written_off - unknown + fx - "end" AS gap
FROM (SELECT *, LAG("end", 1, 0) OVER (PARTITION BY party_id ORDER BY month) AS former FROM receivable_months)
WHERE "begin" + invoiced - received - credited - written_off - unknown + fx <> "end" OR "begin" <> former
ORDER BY month, party_id
"""

_BOTH = """
SELECT
    (SELECT COALESCE(SUM(received + on_account), 0) FROM receivable_months) AS shown,
    (SELECT COALESCE(SUM(reporting_amount), 0) FROM payments ANTI JOIN (
        SELECT party_id FROM parties WHERE role IN ('internal', 'test')
    ) USING (party_id)) AS paid
"""

_APART = """
SELECT r.as_of, COALESCE(SUM(m.moved), 0) AS owed, r.open + r.disputed AS aged
FROM receivables AS r
LEFT JOIN (
    SELECT month, SUM("end" - "begin") AS moved FROM receivable_months GROUP BY month
) AS m ON m.month <= {month}
GROUP BY r.as_of, r.open, r.disputed
HAVING COALESCE(SUM(m.moved), 0) <> r.open + r.disputed
ORDER BY r.as_of
"""


def _fail(what: str) -> None:
    raise CheckError(
        f"{what}.",
        where="cashflow",
        next_step="This is a fault of valuekit, not of the data: please report it with the table `receivable_months`.",
    )
