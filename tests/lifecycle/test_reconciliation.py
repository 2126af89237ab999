"""What must hold for any two lists of any company, at every month end."""

from collections import defaultdict
from itertools import combinations

from hypothesis import given as for_all
from hypothesis import settings

from tests.lifecycle.described import AS_OF, PAID, SIGNED, described
from tests.lifecycle.test_properties import companies
from valuekit.engine import Engine

Cells = dict[tuple, dict[str, dict[str, int]]]
"""By date, first and second definition: side, reason, parties."""


def cells_of(engine: Engine) -> Cells:
    cells: Cells = defaultdict(lambda: defaultdict(dict))
    for as_of, a, b, side, reason, parties in engine.rows("SELECT * FROM reconciliation"):
        cells[as_of, a, b][side][reason] = parties
    return cells


def sizes(engine: Engine) -> dict[tuple, int]:
    """Members of each definition at each month end, counted party by party."""
    sql = """
        SELECT as_of, definition, COUNT(*) FILTER (WHERE (m.definitions & d.bit) <> 0)
        FROM party_months AS m CROSS JOIN definitions AS d GROUP BY ALL
    """
    return {(as_of, definition): n for as_of, definition, n in engine.rows(sql)}


def pairs(engine: Engine) -> list[tuple[str, str]]:
    rows = engine.rows("SELECT definition, kind FROM definitions ORDER BY bit")
    return [(a, b) for (a, kind), (b, other) in combinations(rows, 2) if kind == other]


@settings(max_examples=8, deadline=None)
@for_all(companies)
def test_any_company_is_reconciled(company):
    engine = described(**company)
    cells, members = cells_of(engine), sizes(engine)
    dates = {as_of for as_of, _ in members}
    assert set(cells) == {(as_of, a, b) for as_of in dates for a, b in pairs(engine)}
    for (as_of, a, b), sides in cells.items():
        only_a, only_b, both = (sum(sides[side].values()) for side in ("only_a", "only_b", "both"))
        assert (only_a + both, only_b + both) == (members[as_of, a], members[as_of, b])
        assert only_a - only_b == members[as_of, a] - members[as_of, b]
        assert set(sides["both"]) == {""}
        assert all("unexplained" in sides[side] for side in ("only_a", "only_b"))
    assert_cells_hold_each_party_once(engine, cells)


def assert_cells_hold_each_party_once(engine: Engine, cells: Cells) -> None:
    """The first reason that the lacking list allows, asked of every party apart: the same cells."""
    reasons = engine.rows("SELECT bit, reason FROM reasons ORDER BY priority")
    lists = engine.rows("SELECT definition, bit, reason_bits FROM definitions ORDER BY bit")
    allowed = {d: {bit for bit, _ in reasons if bit & bits} for d, _, bits in lists}
    bit_of = {d: bit for d, bit, _ in lists}
    found: Cells = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for as_of, on, because in engine.rows("SELECT as_of, definitions, reasons FROM party_months"):
        for a, b in pairs(engine):
            if not on & (bit_of[a] | bit_of[b]):
                continue
            lacking = b if not on & bit_of[b] else a if not on & bit_of[a] else None
            side = {b: "only_a", a: "only_b", None: "both"}[lacking]
            holds = (r for bit, r in reasons if lacking and bit & because and bit in allowed[lacking])
            found[as_of, a, b][side][next(holds, "unexplained") if lacking else ""] += 1
    assert {k: {s: {r: n for r, n in c.items() if n} for s, c in v.items() if any(c.values())} for k, v in cells.items()
            if any(n for c in v.values() for n in c.values())} == {k: {s: dict(c) for s, c in v.items()}
                                                                  for k, v in found.items()}  # fmt: skip


def test_each_month_end_has_its_own_reasons():
    """Signed in April and unpaid; paid in May; cancelled with the end of June."""
    engine = described(
        contracts=[{"record": "ann", **SIGNED, "signed_on": "2026-04-10", "starts_on": "2026-04-10",
                    "ends_on": "2026-06-29", "cancelled_on": "2026-06-01"}],
        payments=[{"record": "ann", **PAID, "paid_on": "2026-05-05"}],
    )  # fmt: skip
    sql = """
        SELECT as_of, side, reason FROM reconciliation
        WHERE definition_a = 'paid_current' AND definition_b = 'signed' AND parties > 0 ORDER BY as_of
    """
    assert [(f"{day:%B}", side, reason) for day, side, reason in engine.rows(sql)] == [
        ("April", "only_b", "signed_unpaid"),
        ("May", "both", ""),
        ("June", "only_b", "cancelled"),
    ]


def test_teams_are_compared_with_teams_and_systems_with_systems():
    engine = described(records=[{"record": "ann", "system": "crm"}, {"record": "bob", "system": "billing"}])
    kinds = dict(engine.rows("SELECT definition, kind FROM definitions"))
    compared = engine.rows("SELECT DISTINCT definition_a, definition_b FROM reconciliation")
    assert {(kinds[a], kinds[b]) for a, b in compared} == {("team", "team"), ("system", "system")}
    assert ("known_in_billing", "known_in_crm") in compared


def test_party_lists_are_those_of_the_date_described():
    engine = described(contracts=[{"record": "ann", **SIGNED}], payments=[{"record": "ann", **PAID}])
    ((definitions,),) = engine.rows("SELECT definitions FROM party_lists")
    counted = {d for d, bit in engine.rows("SELECT definition, bit FROM definitions") if bit & definitions}
    told = {row[0] for row in engine.rows("SELECT definition FROM memberships")}
    assert counted == told | {"known_in_crm"}
    assert engine.scalar("SELECT MAX(as_of) FROM reconciliation") == AS_OF
