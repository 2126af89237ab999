"""Companies of a few hundred parties in groups of visible size: one event log, and every team's number from it."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.company import Row, given
from tests.lifecycle.described import AS_OF, settled
from valuekit.engine import Engine
from valuekit.identity import resolve
from valuekit.lifecycle import BUILTIN, Policies, classify, merge_definitions

PAYING = {"label": "Paying", "owner": "Finance", "system": "billing", "sentence": "Paid, under contract, as of {as_of}",
          "predicate": "contract_current AND has_paid"}  # fmt: skip
USING = {"label": "Using", "owner": "Product", "system": "product", "sentence": "Used it in the 30 days to {as_of}",
         "predicate": "last_used_on >= as_of - 30"}  # fmt: skip
DEFINITIONS = merge_definitions(BUILTIN, {"paying": PAYING, "using": USING})

ENGAGED = ("engagements", {"engaged_on": "2025-11-03", "kind": "campaign"})
TRIAL = ("engagements", {"engaged_on": "2026-06-02", "kind": "trial_start"})
WON = ("opportunities", {"opened_on": "2025-11-20", "closed_on": "2025-12-10", "status": "won", "amount": 1200})
WON_IN_JUNE = ("opportunities", {"opened_on": "2026-05-02", "closed_on": "2026-06-03", "status": "won", "amount": 1200})
PAID = ("payments", {"paid_on": "2026-01-05", "amount": 1200})
PAID_IN_JUNE = ("payments", {"paid_on": "2026-06-08", "amount": 1200})
USED_IN_MAY = ("usage", {"used_on": "2026-05-20"})
USED_EARLY = ("usage", {"used_on": "2026-06-05"})
USED = ("usage", {"used_on": "2026-06-20"})


def signed(starts_on: str, ends_on: str, signed_on: str = "2025-12-15") -> tuple[str, Row]:
    contract = {"signed_on": signed_on, "starts_on": starts_on, "ends_on": ends_on, "amount": 1200, "kind": "new"}
    return "contracts", contract


YEAR = (signed("2026-01-01", "2026-12-31"), PAID)
FROM_JUNE = (signed("2026-06-08", "2027-06-07", "2026-06-04"), PAID_IN_JUNE)
LEFT_IN_JUNE = (signed("2025-06-16", "2026-06-15", "2025-06-10"), PAID)
LEFT_IN_MARCH = (signed("2025-04-01", "2026-03-31", "2025-03-20"), PAID)
UNPAID = (signed("2026-06-20", "2027-06-19", "2026-06-18"),)

Group = tuple[int, str, tuple[tuple[str, Row], ...]]

FIVE_LISTS: tuple[Group, ...] = (
    # 450 customers who stay
    (260, "sold, in use", (ENGAGED, WON, *YEAR, USED)),
    (40, "sold, idle", (ENGAGED, WON, *YEAR)),
    (50, "self-service, in use", (ENGAGED, *YEAR, USED)),
    (50, "unsolicited, in use", (*YEAR, USED)),
    (50, "unsolicited, idle", (*YEAR,)),
    # 100 customers who are new in June, 30 of whom use it
    (20, "new, sold, in use", (ENGAGED, WON_IN_JUNE, *FROM_JUNE, USED)),
    (40, "new, sold, idle", (ENGAGED, WON_IN_JUNE, *FROM_JUNE)),
    (10, "new, self-service, in use", (ENGAGED, *FROM_JUNE, USED)),
    (10, "new, self-service, idle", (ENGAGED, *FROM_JUNE)),
    (20, "new, unsolicited, idle", (*FROM_JUNE,)),
    # 50 customers who leave in June, and 20 who left in spring
    (20, "left, sold, in use", (ENGAGED, WON, *LEFT_IN_JUNE, USED_EARLY)),
    (10, "left, sold, idle", (ENGAGED, WON, *LEFT_IN_JUNE)),
    (10, "left, self-service, in use", (ENGAGED, *LEFT_IN_JUNE, USED_EARLY)),
    (10, "left, unsolicited, idle", (*LEFT_IN_JUNE,)),
    (10, "left in spring, sold", (ENGAGED, WON, *LEFT_IN_MARCH)),
    (10, "left in spring, self-service", (ENGAGED, *LEFT_IN_MARCH)),
    # 360 who never were customers
    (190, "lead", (ENGAGED,)),
    (60, "trial", (TRIAL, USED)),
    (80, "won, not signed", (WON_IN_JUNE,)),
    (10, "won, not paid", (WON_IN_JUNE, *UNPAID)),
    (10, "engaged, won, not paid", (ENGAGED, WON_IN_JUNE, *UNPAID)),
)  # fmt: skip
"""970 parties at 30 June 2026. Sales counts 500, marketing 750, finance 620, product 480; customers went from 500 to
550, and 30 of the 100 new ones use the product."""

TWO_CHURNS: tuple[Group, ...] = (
    (128, "pays and uses", (*YEAR, USED_IN_MAY, USED)),
    (12, "pays on, uses no more", (*YEAR, USED_IN_MAY)),
    (50, "pays, never used it", (*YEAR,)),
    (4, "uses on, pays no more", (*LEFT_IN_JUNE, USED_IN_MAY, USED)),
    (6, "neither pays nor uses any more", (*LEFT_IN_JUNE, USED_IN_MAY)),
)
"""Of 200 who paid in May 10 stop; of 150 who used it 18 stop; 6 of them do both."""

TWO_GROWTHS: tuple[Group, ...] = (
    (92, "sold, pays", (WON, *YEAR)),
    (8, "sold, pays no more", (WON, *LEFT_IN_JUNE)),
    (3, "sold in June, pays", (WON_IN_JUNE, *FROM_JUNE)),
    (7, "sold in June, not signed", (WON_IN_JUNE,)),
)
"""In June sales grows from 100 to 110, and those who pay go from 100 to 95."""


def company(groups: Sequence[Group], policies: Policies | None = None) -> Engine:
    """Run the event log of the groups through identity and lifecycle, as of 30 June 2026."""
    tables: dict[str, list[Row]] = {"records": []}
    for size, name, events in groups:
        for number in range(1, size + 1):
            record = f"{name} {number:03}"
            tables["records"].append({"record": record, "created_on": "2025-01-02"})
            for table, event in events:
                tables.setdefault(table, []).append({"record": record, **event})
    engine = given(Engine(threads=1), **tables)
    resolve(engine)
    settled(engine)
    classify(engine, as_of=AS_OF, definitions=DEFINITIONS, policies=policies or Policies())
    return engine


def members(engine: Engine, definition: str) -> Mapping[str, int]:
    """How many parties of each group a definition counts."""
    sql = "SELECT record FROM memberships JOIN party_records USING (party_id) WHERE definition = $d ORDER BY record"
    return by_group(record for (record,) in engine.rows(sql, {"d": definition}))


def by_group(records: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for record in records:
        group = record.rsplit(" ", 1)[0]
        found[group] = found.get(group, 0) + 1
    return found
