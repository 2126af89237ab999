"""R2: "Finance says 500 customers pay, the product team says 450 use it. Why?" One event log, and the 50 explained.

The counts below are made by hand: each line says how many parties leave the same rows.
"""

from datetime import date

import pytest

from tests.company import given
from tests.lifecycle.described import AS_OF, days_ago, settled
from valuekit.engine import Engine
from valuekit.identity import resolve
from valuekit.lifecycle import classify

CONTRACT = {
    "contracts": {"signed_on": "2025-12-20", "starts_on": "2026-01-01", "ends_on": "2026-12-31", "amount": 1200}
}
ENDED = {"contracts": {**CONTRACT["contracts"], "ends_on": "2026-05-31"}}
NOTICE = {"contracts": {**CONTRACT["contracts"], "ends_on": "2026-07-31", "cancelled_on": "2026-06-01"}}
LEFT = {"contracts": {**ENDED["contracts"], "cancelled_on": "2026-04-01"}}
PAID = {"payments": {"paid_on": "2026-01-10", "amount": 1200}}
PAID_JUNE = {"payments": {"paid_on": "2026-06-10", "amount": 100}}
WON = {"opportunities": {"opened_on": "2026-05-01", "closed_on": days_ago(10), "status": "won"}}
ORDERED = {"orders": {"ordered_on": days_ago(60), "amount": 50}}
TRIAL = {"engagements": {"engaged_on": "2026-06-01", "kind": "trial_start"}}
USED = {"usage": {"used_on": days_ago(2)}}
USED_IN_MAY = {"usage": {"used_on": date(2026, 5, 31)}}  # the 30th day back, and not in June
USED_IN_APRIL = {"usage": {"used_on": date(2026, 4, 20)}}

BOTH = [(420, "customer that uses it", CONTRACT | PAID | USED)]
ONLY_PAYING = [
    (7, "window", CONTRACT | PAID | USED_IN_MAY),
    (4, "unmatched_use", CONTRACT | PAID),  # its use lies at the twin
    (24, "onboarding", CONTRACT | PAID),
    (10, "about_to_churn", NOTICE | PAID | USED_IN_APRIL),
    (30, "inactive_not_cancelled", CONTRACT | PAID | USED_IN_APRIL),
    (5, "never_used", ORDERED),
]
ONLY_USING = [
    (4, "unmatched_billing", USED),  # contract and payment lie at the twin
    (2, "served", USED),
    (5, "signed_unpaid", CONTRACT | USED),
    (1, "paid_without_contract", PAID | USED),
    (3, "lapsed_paying", ENDED | PAID_JUNE | USED),
    (2, "cancelled", LEFT | PAID | USED),
    (1, "lapsed", ENDED | PAID | USED),
    (2, "timing", WON | USED),
    (10, "using_not_paying", TRIAL | USED),
]
NEITHER = [(3, "test", CONTRACT | PAID | USED), (40, "prospect", {"engagements": {"engaged_on": "2026-05-02"}})]
ROLES = {"served": "served", "test": "test"}


@pytest.fixture(scope="module")
def engine():
    with Engine(threads=1) as engine:
        given(engine, **event_log())
        resolve(engine)
        engine.execute("""
            UPDATE parties SET in_review = TRUE WHERE party_id IN (
                SELECT party_id FROM party_records JOIN review_pairs USING (system, record)
                UNION SELECT p.party_id FROM party_records AS p
                JOIN review_pairs AS r ON p.system = r.to_system AND p.record = r.to_record)
        """)
        settled(engine)
        classify(engine, as_of=AS_OF)
        yield engine


def event_log():
    tables = {"records": []}
    for size, why, does in BOTH + ONLY_PAYING + ONLY_USING + NEITHER:
        for number in range(size):
            name = f"{why}-{number}"
            tables["records"].append({"record": name, "role": ROLES.get(why), **twin(why, number)})
            for table, row in does.items():
                tables.setdefault(table, []).append({"record": name, **row})
    return tables


def twin(why, number):
    """One address and two billing ids: looks like one party, and is never joined unseen."""
    billed = {"email": f"twin{number}@twins.example", "billing_id": f"{why}{number}"}
    return billed if why.startswith("unmatched") else {}


def cells(engine, side):
    sql = """
        SELECT reason, parties FROM reconciliation LEFT JOIN reasons USING (reason)
        WHERE definition_a = 'paid_current' AND definition_b = 'product' AND side = $side AND as_of = $as_of
        ORDER BY priority
    """
    return engine.rows(sql, {"side": side, "as_of": AS_OF})


def test_finance_counts_500_and_product_450(engine):
    members = dict(engine.rows("SELECT definition, members FROM definitions"))
    assert (members["paid_current"], members["product"]) == (500, 450)
    assert cells(engine, "both") == [("", 420)]


def test_80_pay_and_do_not_use_each_with_its_reason(engine):
    assert dict(cells(engine, "only_a")) == {why: size for size, why, _ in ONLY_PAYING} | {"unexplained": 0}


def test_30_use_and_do_not_pay_each_with_its_reason(engine):
    assert dict(cells(engine, "only_b")) == {why: size for size, why, _ in ONLY_USING} | {"unexplained": 0}


def test_the_reasons_sum_to_the_gap_of_50(engine):
    paying, using = (sum(n for _, n in cells(engine, side)) for side in ("only_a", "only_b"))
    assert (paying, using, paying - using) == (80, 30, 50)


def test_the_reasons_come_in_their_stated_priority(engine):
    stated = [row[0] for row in engine.rows("SELECT reason FROM reasons ORDER BY priority")]
    for side in ("only_a", "only_b"):
        told = [reason for reason, _ in cells(engine, side)]
        assert told == [r for r in stated if r in told] + ["unexplained"]


def test_the_test_accounts_are_on_neither_list_and_would_be_on_both(engine):
    sql = "SELECT definition, members_with_internal - members FROM definitions"
    let_in = dict(engine.rows(sql))
    assert (let_in["paid_current"], let_in["product"], let_in["sales"]) == (3, 3, 0)
