"""A company of six parties as the domain steps would leave it: small enough to check every number by eye."""

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from itertools import combinations
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from valuekit.engine import Engine, literal, quote
from valuekit.snapshot import CheckResult, Manifest, make_checks, summarise
from valuekit.tables import CANONICAL, PUBLISHED, accepted

AS_OF = date(2026, 6, 30)
JUNE = date(2026, 6, 1)
CUBE_VALUE = "SELECT party_id, CAST(SUM(year_1 + year_2 + year_3) AS DECIMAL(18,4)) AS ltv FROM cube GROUP BY party_id"

PARTIES = {
    "p1": ("Ada Ltd", "active"),
    "p2": ("=Bob & Sons", "inactive"),
    "p3": ("Cleo", "churned"),
    "p4": ("Dora", "prospect"),
    "p5": ("Own staff", "internal"),
    "p6": ("Cleo", "contact"),
}
RECORDS = [("crm", "c1", "p1"), ("billing", "b1", "p1"), ("crm", "c2", "p2"), ("crm", "c3", "p3"), ("crm", "c4", "p4"),
           ("crm", "c5", "p5"), ("crm", "c6", "p6")]  # fmt: skip
REVENUE = {"p1": 1000, "p2": 100, "p3": 50}
SUPPORT = {"p1": -200, "p2": -150}
VALUES = {"p1": 2400, "p2": -90, "p3": 30}
MONTH_ENDS = (date(2026, 4, 30), date(2026, 5, 31), AS_OF)
LISTS = {"customers": ["p1", "p2"], "finance": ["p1", "p2", "p3"], "sales": ["p1"]}
REASONS = {"p2": "idle", "p3": "left"}
FORMER_PERIOD = """
    INSERT INTO reconciliation
    SELECT DATE '2026-05-31', definition_a, definition_b, side, reason,
        CASE reason WHEN 'unexplained' THEN 1 ELSE parties END
    FROM reconciliation WHERE reason <> 'left'
"""
"""The end of May in `reconciliation`: nobody had left, and on each side one more is unexplained."""
RUNS = [
    ("p1", MONTH_ENDS[0], AS_OF, "active", 7, None),
    ("p2", MONTH_ENDS[0], MONTH_ENDS[1], "active", 7, None),
    ("p2", AS_OF, AS_OF, "inactive", 3, ("active", 7)),
    ("p3", MONTH_ENDS[0], MONTH_ENDS[1], "active", 3, None),
    ("p3", AS_OF, AS_OF, "churned", 2, ("active", 3)),
    ("p4", MONTH_ENDS[1], AS_OF, "prospect", 0, None),
    ("p5", MONTH_ENDS[0], AS_OF, "internal", 0, None),
    ("p6", MONTH_ENDS[0], AS_OF, "contact", 0, None),
]
"""Runs of month ends: party, first, last, stage, definitions, stage and definitions of the run before."""
MRR = [("p1", MONTH_ENDS[0], "new_business", 100), ("p3", MONTH_ENDS[0], "new_business", 50),
       ("p3", AS_OF, "churn", -50)]  # fmt: skip
TIERS = {"Top": (1, ["p1"]), "Low": (2, ["p3"]), "No value": (3, ["p2"])}


def fill(engine: Engine) -> Engine:
    """Make every published table of the company but `checks`."""
    for table in PUBLISHED.values():
        engine.make_empty(table)
    put(engine, "intake", {"table_name": "payments", "source": "payments.csv", "rows_in": 4, "rows_accepted": 3,
                           "rows_quarantined": 1, "rows_warned": 0, "rows_later": 0, "rows_out": 3})  # fmt: skip
    put(engine, "quarantine", {"table_name": "payments", "source": "payments.csv", "row_number": 4,
                               "severity": "quarantine", "reasons": "a payment is not negative",
                               "row_text": "{}"})  # fmt: skip
    for party, (name, stage) in PARTIES.items():
        records = [r for r in RECORDS if r[2] == party]
        put(engine, "parties", {"party_id": party, "name": name, "label": name or f"crm {party}",
                                "kind": "organisation", "role": "buyer",
                                "is_supplier": False, "records": len(records),
                                "systems": ", ".join(r[0] for r in records)})  # fmt: skip
        put(engine, "stages", {"party_id": party, "stage": stage, "reason": None, "since": JUNE})
        _facts(engine, party, stage)
    for system, record, party in RECORDS:
        put(engine, "party_records", {"system": system, "record": record, "party_id": party})
    put(engine, "merge_log", {"party_id": "p1", "system": "billing", "record": "b1", "to_system": "crm",
                              "to_record": "c1", "rule": "email", "evidence": "ada@ada.example"})  # fmt: skip
    engine.execute("CREATE TABLE stage_rules AS SELECT 1 AS rule, 'active' AS stage, NULL::VARCHAR AS reason,"
                   " 'Used the product in the last 14 days' AS sentence, 'TRUE' AS predicate,"
                   " NULL::VARCHAR AS not_countable")  # fmt: skip
    _input(engine)
    _cash(engine)
    _invoiced(engine)
    _analysis(engine)
    _definitions(engine)
    _months(engine)
    _recurring(engine)
    _registers(engine)
    _value(engine)
    _value_sums(engine)
    _executives(engine)
    engine.drop("checks")
    return engine


def put(engine: Engine, table: str, row: dict[str, Any]) -> None:
    """Insert one row; columns not named are NULL, or zero or false where a value is required."""
    blank = {"VARCHAR": "", "BOOLEAN": False}
    full = {c.name: blank.get(c.type, 0) for c in PUBLISHED[table] if c.required and c.type != "DATE"} | row
    names, values = ", ".join(quote(c) for c in full), ", ".join(f"${c}" for c in full)
    engine.execute(f"INSERT INTO {table} ({names}) VALUES ({values})", full)


def _facts(engine: Engine, party: str, stage: str) -> None:
    paid = party in REVENUE
    net = REVENUE.get(party, 0) + SUPPORT.get(party, 0)
    put(engine, "facts", {"party_id": party, "as_of": AS_OF, "role": "buyer", "is_internal": stage == "internal",
                          "has_contract": paid, "contract_current": stage in ("active", "inactive"),
                          "mrr": 100 if stage == "active" else 0, "first_paid_on": JUNE if paid else None,
                          "paid": REVENUE.get(party, 0), "net_cash": net, "net_cash_12m": net})  # fmt: skip


def _input(engine: Engine) -> None:
    """The money as it was accepted: what the books must hold."""
    for table in ("payments", "orders", "costs"):
        engine.make_empty(accepted(CANONICAL[table]))
    engine.execute(
        "INSERT INTO payments (system, id, reporting_amount) VALUES ('billing', '1', 1150), ('billing', '2', 10)"
    )
    engine.execute("INSERT INTO costs (system, id, reporting_amount) VALUES ('ledger', '1', 400)")


def _cash(engine: Engine) -> None:
    for party, revenue in REVENUE.items():
        lines = {"revenue": revenue, "support": SUPPORT.get(party, 0)}
        net = sum(lines.values())
        put(engine, "cash_months", {"party_id": party, "month": JUNE, **lines, "net_cash": net})
        year = {f"{line}_12m": amount for line, amount in lines.items()}
        put(engine, "cash", {"party_id": party, "first_month": JUNE, "last_month": JUNE, **lines, **year,
                             "net_cash": net, "net_cash_12m": net})  # fmt: skip
    put(engine, "books", {"month": JUNE, "line": "revenue", "pool": "payments", "currency": "EUR", "ledger": 1160,
                          "ledger_in_currency": 1160, "attributed": 1150,
                          "unattributed": 10})  # fmt: skip
    put(engine, "books", {"month": JUNE, "line": "support", "pool": "helpdesk", "currency": "EUR",
                          "driver": "ticket_minutes", "ledger_in_currency": -400,
                          "ledger": -400, "attributed": -350, "unused_capacity": -50})  # fmt: skip
    for party, cost in SUPPORT.items():
        put(engine, "party_pools", {"party_id": party, "line": "support", "pool": "helpdesk", "cost_12m": cost})
    put(engine, "pool_months", {"month": JUNE, "function": "support", "pool": "helpdesk", "driver": "ticket_minutes",
                                "quality": "measured time", "cost": -400, "unused_cost": -50, "units": 70,
                                "capacity_minutes": 80, "minutes_used": 70, "rate_per_minute": 5,
                                "unused_minutes": 10, "over_capacity_minutes": 0})  # fmt: skip


def _invoiced(engine: Engine) -> None:
    """Ada owes 200; Cleo and somebody unknown paid without an invoice."""
    for party, owed in (("p1", 200), ("p2", 0)):
        paid, support = REVENUE[party], SUPPORT[party]
        put(engine, "receivable_months", {"party_id": party, "month": JUNE, "invoiced": paid + owed, "received": paid,
                                          "end": owed})  # fmt: skip
        put(engine, "invoiced_months", {"party_id": party, "month": JUNE, "invoiced": paid + owed, "support": support,
                                        "net_invoiced": paid + owed + support})  # fmt: skip
    for unbilled, amount in (("p3", 50), (None, 10)):
        put(engine, "receivable_months", {"party_id": unbilled, "month": JUNE, "on_account": amount})


def _analysis(engine: Engine) -> None:
    """One pool with a given elasticity, and net cash as `cash` says."""
    put(engine, "scale_curves", {"function": "support", "pool": "helpdesk", "driver": "ticket_minutes",
                                 "basis": "given", "elasticity": 0.5, "months": 1, "cost_12m": 350, "units_12m": 350,
                                 "unit_cost": 1, "residual_12m": -200})  # fmt: skip
    for party, credit in {"p1": 20, "p2": 180, "p3": 0}.items():
        alone = REVENUE[party] + SUPPORT.get(party, 0)
        main = {"main_pool": "helpdesk", "main_pool_credit_12m": credit, "main_pool_share": 0.4} if credit else {}
        put(engine, "scale_effects", {"party_id": party, "standalone_12m": alone, "scale_credit_12m": credit,
                                      "with_scale_12m": alone + credit, **main})  # fmt: skip
        put(engine, "break_even", {"party_id": party, "net_cash_12m": alone, "variable_12m": REVENUE[party],
                                   "fixed_12m": SUPPORT.get(party, 0), "priced_12m": REVENUE[party],
                                   "volume": -SUPPORT.get(party, 0) / REVENUE[party],
                                   "price_change": -alone / REVENUE[party], "minutes_a_month": 10, "minute_rate": 1,
                                   "minutes_at_zero": 10 + alone / 12})  # fmt: skip
    put(engine, "break_even", {"net_cash_12m": 760, "variable_12m": 810, "fixed_12m": -50, "priced_12m": 1160,
                               "volume": 50 / 810, "price_change": -760 / 1160, "minutes_a_month": 30,
                               "minutes_reason": "no_minutes_kept"})  # fmt: skip


def _definitions(engine: Engine) -> None:
    for place, (key, members) in enumerate(LISTS.items()):
        put(engine, "definitions", {"definition": key, "label": key.title(), "owner": key.title(), "system": "billing",
                                    "sentence": "Current customers, as of 30 June 2026", "predicate": "paid > 0",
                                    "event_on": "first_paid_on", "counts": "Whoever paid",
                                    "excludes": "Trials | tests", "status": "open" if key == "sales" else "agreed",
                                    "answers": '{"Sales": "Whoever signed", "Finance": "Whoever <paid>"}',
                                    "version": 2, "fingerprint": f"f{1 << place}", "kind": "team",
                                    "bit": 1 << place, "reason_bits": 3, "headline": key == "customers",
                                    "members": len(members), "members_with_internal": len(members) + 1})  # fmt: skip
        for party in members:
            put(engine, "memberships", {"party_id": party, "definition": key})
    for party in PARTIES:
        put(engine, "party_lists", {"party_id": party,
                                    "definitions": sum(1 << n for n, m in enumerate(LISTS.values()) if party in m),
                                    "reasons": {"p2": 1, "p3": 2}.get(party, 0)})  # fmt: skip
    for priority, reason in enumerate(REASONS.values(), start=1):
        put(engine, "reasons", {"reason": reason, "priority": priority, "bit": priority, "label": reason.title(),
                                "sentence": f"Has {reason}", "predicate": "TRUE"})  # fmt: skip
    for a, b in combinations(LISTS, 2):
        _reconciled(engine, a, b)


def _reconciled(engine: Engine, a: str, b: str) -> None:
    """The cells of two lists: each party on one alone has one reason."""
    sides = {"both": [p for p in LISTS[a] if p in LISTS[b]], "only_a": [p for p in LISTS[a] if p not in LISTS[b]],
             "only_b": [p for p in LISTS[b] if p not in LISTS[a]]}  # fmt: skip
    for side, parties in sides.items():
        told = ["" if side == "both" else REASONS[p] for p in parties]
        for reason in {"" if side == "both" else "unexplained", *told}:
            put(engine, "reconciliation", {"as_of": AS_OF, "definition_a": a, "definition_b": b, "side": side,
                                           "reason": reason, "parties": told.count(reason)})  # fmt: skip


def _months(engine: Engine) -> None:
    """Three month ends: p3 stopped paying in June, and p2 stopped using."""
    for party, first, last, stage, bits, former in RUNS:
        put(engine, "history", {"party_id": party, "from_end": first, "until_end": last, "stage": stage,
                                "definitions": bits, "former_stage": former[0] if former else None,
                                "former_definitions": former[1] if former else 0,
                                "first_definitions": 0 if former else bits})  # fmt: skip
    for month in MONTH_ENDS:
        stages = [stage for _, first, last, stage, *_ in RUNS if first <= month <= last]
        for stage in sorted(set(stages)):
            put(engine, "stage_months", {"as_of": month, "complete": True, "stage": stage,
                                         "parties": stages.count(stage)})  # fmt: skip
    for place, key in enumerate(LISTS):
        counts = [sum(f <= m <= u and d >> place & 1 for _, f, u, _, d, _ in RUNS) for m in MONTH_ENDS]
        for month, begin, end in zip(MONTH_ENDS, [0, *counts], counts, strict=False):
            put(engine, "customer_movements", {"definition": key, "as_of": month, "complete": True, "begin": begin,
                                               "new": max(end - begin, 0), "churned": max(begin - end, 0), "end": end,
                                               "acquired": max(end - begin, 0),
                                               "churn_rate": max(begin - end, 0) / begin if begin else None,
                                               "growth_rate": end / begin - 1 if begin else None})  # fmt: skip
    put(engine, "paying_and_using", {"as_of": AS_OF, "complete": True, "paying_and_using": 1, "paying_only": 1,
                                     "using_only": 0, "paying_begin": 3, "using_begin": 2, "stopped_paying": 1,
                                     "stopped_using": 1, "stopped_both": 0,
                                     "payment_churn_rate": 1 / 3, "usage_churn_rate": 0.5})  # fmt: skip


def _recurring(engine: Engine) -> None:
    for party, month, kind, amount in MRR:
        put(engine, "mrr_movements", {"party_id": party, "as_of": month, "movement": kind, "amount": amount})
    for month, begin, moves, end, churned in (
        (MONTH_ENDS[0], 0, {"new_business": 150}, 150, 0), (MONTH_ENDS[1], 150, {}, 150, 0),
        (MONTH_ENDS[2], 150, {"churn": -50}, 100, 1),
    ):  # fmt: skip
        lost = None if not begin else -moves.get("churn", 0) / begin
        rates = {"gross_churn_rate": lost, "net_churn_rate": lost, "grr": None if lost is None else 1 - lost,
                 "nrr": None if lost is None else 1 - lost}  # fmt: skip
        put(engine, "mrr_months", {"as_of": month, "complete": True, "begin": begin, **moves, "end": end,
                                   "customers_begin": 2 if begin else 0, "customers_churned": churned,
                                   "customers_new": 0 if begin else 2, "customers_end": 2 - churned, **rates,
                                   "logo_churn_rate": churned / 2 if begin else None,
                                   "arpa": end / (2 - churned)})  # fmt: skip


def _registers(engine: Engine) -> None:
    put(engine, "party_aliases", {"former_id": "p0", "party_id": "p1", "reason": "merged"})
    put(engine, "review_pairs", {"system": "crm", "record": "c6", "to_system": "crm", "to_record": "c3",
                                 "rule": "match", "evidence": "name", "reason": "not sure",
                                 "probability": 0.7})  # fmt: skip
    put(engine, "contract_issues", {"party_id": "p2", "system": "billing", "contract": "k2", "issue": "gap",
                                    "detail": "3 days"})  # fmt: skip
    put(engine, "status_words", {"origin": "provider", "status": "active", "meaning": "paying", "rows": 2,
                                 "parties": 2})  # fmt: skip


def _value(engine: Engine) -> None:
    for party, value in VALUES.items():
        put(engine, "cube", {"party_id": party, "stream": "revenue", "year_1": value, "year_4": 7})
        put(engine, "ltv", {"party_id": party, "model": "shifted_beta_geometric", "basis": "own", "own_weight": 0.8,
                            "p_alive": 0.9, "ltv": value, "discount_rate": 0.0})  # fmt: skip
        ends = {f"{side}_{level}": value + sign * level for level in (50, 80, 95) for side, sign in SIDES.items()}
        put(engine, "ltv_intervals", {"party_id": party, "deviation_by_parameters": 10, "deviation": 50, **ends})
    for tier, (order, members) in TIERS.items():
        total = sum(VALUES[p] for p in members)
        put(engine, "tiers", {"tier": tier, "tier_order": order, "rule": f"tier {order} by lifetime value",
                              "lowest_ltv": total, "highest_ltv": total, "parties": len(members),
                              "ltv": total})  # fmt: skip
        for party in members:
            put(engine, "segments", {"party_id": party, "stage": PARTIES[party][1], "tier": tier, "tier_order": order,
                                     "ltv": VALUES[party], "net_cash_12m": REVENUE[party]})  # fmt: skip


def _value_sums(engine: Engine) -> None:
    groups = {("company", "all"): list(VALUES), **{("tier", tier): members for tier, (_, members) in TIERS.items()}}
    groups |= {("customers", "current"): list(VALUES)[:-1], ("customers", "other"): list(VALUES)[-1:]}
    for (scope, name), members in groups.items():
        total = sum(VALUES[p] for p in members)
        ends = {f"{side}_{level}": total + sign * level for level in (50, 80, 95) for side, sign in SIDES.items()}
        shown = {"parties": len(members), "ltv": total, "deviation_by_parameters": 10, "deviation": 50} | ends
        put(engine, "value_sums", {"scope": scope, "name": name, **shown})
    for change in (-0.1, -0.01, 0.01, 0.1):
        for lever, weight in (("retention", 100), ("discount_rate", -20)):
            put(engine, "value_sensitivity", {"lever": lever, "change": change, "value": 1000 + weight * change,
                                              "difference": weight * change, "elasticity": weight / 1000})  # fmt: skip
    for part, each in (("current", None), ("other", None), ("future", 70), ("total", None)):
        put(engine, "customer_equity", {"part": part, "parties": 2, "value": 500, "each": each})


SIDES = {"low": -1, "high": 1}


def _executives(engine: Engine) -> None:
    for measure, missing in (("profit", None), ("deals", None), ("ideas", "no ideas are mapped")):
        put(engine, "measures", {"measure": measure, "requirement": "B12", "executive": "CFO", "label": measure.title(),
                                 "sentence": measure, "unit": "EUR", "high_is_best": True, "not_rankable": missing,
                                 "ranked": 0 if missing else 2, "weight": 1.0})  # fmt: skip
        for rank, party in enumerate(["p1", "p2"] if missing is None else [], start=1):
            put(engine, "rankings", {"party_id": party, "measure": measure, "value": 10.0 / rank, "rank": rank})
    put(engine, "agreement", {"measure_a": "deals", "measure_b": "profit", "common": 2, "top_n": 20, "overlap": 1.0,
                              "kendall_tau_b": 1.0})  # fmt: skip
    for rank, party in enumerate(["p1", "p2"], start=1):
        put(engine, "consensus", {"party_id": party, "score": 1.0 / rank, "measures": 2, "rank": rank})


def filled(engine: Engine) -> Engine:
    """Make every published table of the company, `checks` too: a copy of what was made once."""
    return copy_into(engine, made())


def copy_into(engine: Engine, database: Path) -> Engine:
    """Make every table of a database in the engine."""
    engine.execute(f"ATTACH {literal(database)} AS made (READ_ONLY)")
    name = engine.scalar("SELECT CURRENT_DATABASE()")
    engine.execute(f"COPY FROM DATABASE made TO {quote(name)}")
    engine.execute("DETACH made")
    return engine


@contextmanager
def borrowed() -> Iterator[Engine]:
    """Lend the one engine that holds every published table of the company; whatever changes in it is undone."""
    engine = _lent()
    engine.execute("BEGIN")
    try:
        yield engine
    finally:
        engine.execute("ROLLBACK")


@cache
def _lent() -> Engine:
    return filled(Engine(threads=1))


@cache
def made() -> Path:
    """Return the database that holds every published table of the company."""
    folder = Path(mkdtemp())
    atexit.register(rmtree, folder, ignore_errors=True)
    with Engine(folder / "made.duckdb") as engine:
        check(fill(engine))
    return folder / "made.duckdb"


def check(engine: Engine, share: float = 0.5) -> dict[str, CheckResult]:
    """Make the checks and return them by name."""
    return {c.check_name: c for c in make_checks(engine, cube_value=CUBE_VALUE, max_quarantined_share=share)}


def manifest(engine: Engine, **changes: Any) -> Manifest:
    """Return the manifest of a run that filled the engine."""
    summary = summarise(engine)
    base = Manifest(
        company="Six Parties", currency="EUR", as_of=AS_OF, created_at=datetime(2026, 7, 1, 8, tzinfo=UTC),
        versions={"valuekit": "0.1.0", "python": "3", "duckdb": "2"}, config_sha256="c0ffee",
        config={"ltv": {"horizon_years": 3, "discount_rate": 0.0}, "lifecycle": {"active_days": 14}},
        intake=summary.intake, stages=summary.stages, stage_rules=summary.stage_rules,
        totals=summary.totals, headline=summary.headline,
        definitions={d["definition"]: d["members"] for d in summary.definitions},
        seconds={"sources": 0.1},
    )  # fmt: skip
    return base.model_copy(update=changes)
