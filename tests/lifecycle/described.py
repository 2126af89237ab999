"""A tiny company, described at 30 June 2026: the words that the lifecycle tests use."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from tests.company import Row, given
from tests.engines import fresh_engine
from valuekit.cashflow import settle
from valuekit.cashflow.settlement import OVERDUE_DAYS
from valuekit.engine import Engine
from valuekit.identity import Matching, resolve
from valuekit.lifecycle import BUILTIN, REASONS, Definition, Reason, Windows, classify, count
from valuekit.lifecycle import stage as put_in_stages

AS_OF = date(2026, 6, 30)

SIGNED = {"signed_on": "2025-12-20", "starts_on": "2026-01-01", "ends_on": "2026-12-31", "amount": 1200}
PAID = {"paid_on": "2026-01-10", "amount": 100}
"""A contract that runs at the date described, and a payment: together they make a customer."""


BY_KEYS = Matching(enabled=False)
"""Who is who is not the question here, and comparing takes time."""


def days_ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


SAYS_NO_KEY = {"record", "system", "role", "name", "kind", "city", "created_on", "recorded_on"}
"""What two records may have in common and still not be one party."""


def resolved(*, keep_scratch: bool = False, **tables: Sequence[Row]) -> Engine:
    """Find the parties of the company; records that rows name need not be given."""
    known = list(tables.pop("records", []))
    named = {row.get("record") for rows in tables.values() for row in rows} - {r["record"] for r in known} - {None}
    records = [*known, *({"record": r} for r in sorted(named))]
    alone = not tables.get("links") and all(SAYS_NO_KEY.issuperset(r) for r in known)
    engine = fresh_engine()
    engine.keep_scratch = keep_scratch
    given(engine, alone=alone, records=records, **tables)
    if not alone:
        resolve(engine, matching=BY_KEYS)
    return engine


def settled(engine: Engine, as_of: date = AS_OF) -> None:
    """What the cash flow leaves to the lifecycle; a company without invoices need not wait for it."""
    if engine.count("invoices"):
        settle(engine, as_of=as_of)
    else:
        engine.make_empty(OVERDUE_DAYS)


def described(
    *,
    as_of: date = AS_OF,
    windows: Windows | None = None,
    definitions: Sequence[Definition] = BUILTIN,
    reasons: Sequence[Reason] = REASONS,
    keep_scratch: bool = False,
    history_months: int = 36,
    internal: Literal["out", "in"] = "out",
    moved: bool = False,
    **tables: Sequence[Row],
) -> Engine:
    """Resolve the company and count it by all definitions; records that rows name need not be given.

    `moved`: classify it, with the movements between the month ends.
    """
    engine = resolved(keep_scratch=keep_scratch, **tables)
    settled(engine, as_of)
    (classify if moved else count)(
        engine,
        as_of=as_of,
        windows=windows or Windows(),
        definitions=definitions,
        reasons=reasons,
        history_months=history_months,
        internal=internal,
    )
    return engine


def staged(*, as_of: date = AS_OF, windows: Windows | None = None, **company: Any) -> Engine:
    """The company with facts and stages at the date, and no more."""
    engine = resolved(**{name: rows for name, rows in company.items() if name != "internal"})
    settled(engine, as_of)
    put_in_stages(engine, as_of=as_of, windows=windows or Windows(), internal=company.get("internal", "out"))
    return engine


def stage(record: str = "ann", **company: Any) -> str:
    """The stage of one record's party and its reason, such as `inactive: onboarding`."""
    return stages(staged(**company))[record]


def stages(engine: Engine) -> dict[str, str]:
    sql = "SELECT record, CONCAT_WS(': ', stage, reason) FROM stages JOIN party_records USING (party_id)"
    return dict(engine.rows(sql))


def since(record: str = "ann", **company: Any) -> date | None:
    sql = "SELECT since FROM stages JOIN party_records USING (party_id) WHERE record = $r"
    return staged(**company).scalar(sql, {"r": record})


def fact(name: str, record: str = "ann", **company: Any) -> Any:
    sql = f"SELECT {name} FROM facts JOIN party_records USING (party_id) WHERE record = $r"
    value = staged(**company).scalar(sql, {"r": record})
    return float(value) if isinstance(value, Decimal) else value


def counted_by(engine: Engine, definition: str) -> set[str]:
    """The records that a definition counts."""
    sql = "SELECT record FROM memberships JOIN party_records USING (party_id) WHERE definition = $d"
    return {row[0] for row in engine.rows(sql, {"d": definition})}
