"""R2: reasons in stated priority; each explains only what it asks about."""

from dataclasses import replace

import pytest

from tests.lifecycle.described import AS_OF, PAID, SIGNED, days_ago, described
from valuekit.engine import Engine
from valuekit.errors import ConfigError, ExpressionError, UnknownNameError
from valuekit.lifecycle import BUILTIN, REASONS, Definition, Reason, Windows, merge_reasons
from valuekit.lifecycle.reasons import UNEXPLAINED

BY_KEY = {r.key: r for r in REASONS}
NOW = {"record": "ann", "used_on": days_ago(2)}
BEFORE_JUNE = {"record": "ann", "used_on": "2026-05-31"}
CONTRACT = {"record": "ann", **SIGNED}
MONTHLY = {**CONTRACT, "ends_on": "2026-01-31", "term_months": 1, "auto_renew": True}
PAYMENT = {"record": "ann", **PAID}
REFUND = {"record": "ann", "paid_on": "2026-03-01", "amount": -100, "kind": "refund"}
ENDED = {**CONTRACT, "ends_on": "2026-05-31"}
WON = {"record": "ann", "opened_on": "2026-01-01", "closed_on": "2026-02-01", "status": "won"}
WON_NOW = {**WON, "closed_on": days_ago(31)}
CAMPAIGN = {"record": "ann", "engaged_on": "2026-05-02"}
TRIAL = {**CAMPAIGN, "kind": "trial_start"}
ORDER = {"record": "ann", "ordered_on": days_ago(200), "amount": 10}
OURS = {
    "records": [{"record": "us", "role": "internal"}],
    "engagements": [{"record": "us", "engaged_on": "2026-05-02"}],
    "opportunities": [{"record": "us", "opened_on": "2026-01-01", "status": "open"}],
    "contracts": [{"record": "us", **SIGNED}],
    "payments": [{"record": "us", **PAID}],
    "orders": [{"record": "us", "ordered_on": "2026-05-02", "amount": 1}],
    "usage": [{"record": "us", "used_on": days_ago(1)}],
}
"""Rows of the company's own account, on no team's list: every table is kept."""


def why(first: str, second: str, **company) -> str:
    """Why ann is on the first list and not on the second, at the date described."""
    return told(first, second, **company | {table: [*rows, *company.get(table, ())] for table, rows in OURS.items()})


def told(first: str, second: str, **company) -> str:
    return reason_of(described(**company, history_months=0), first, second)


def reason_of(engine: Engine, first: str, second: str) -> str:
    """Why the only party that is on the first list and not on the second is not."""
    sql = """
        SELECT reason FROM reconciliation
        WHERE parties > 0 AND as_of = $as_of AND (
            (definition_a = $first AND definition_b = $second AND side = 'only_a')
            OR (definition_a = $second AND definition_b = $first AND side = 'only_b'))
    """
    ((reason,),) = engine.rows(sql, {"first": first, "second": second, "as_of": AS_OF})
    return reason


CASES = [
    ("window", "used_30_days", "product", {"usage": [BEFORE_JUNE]}),
    ("window", "paid_current", "product", {"contracts": [CONTRACT], "payments": [PAYMENT], "usage": [BEFORE_JUNE]}),
    ("never_engaged", "finance", "marketing", {"contracts": [CONTRACT], "payments": [PAYMENT]}),
    ("self_service", "finance", "sales", {"contracts": [CONTRACT], "payments": [PAYMENT]}),
    ("cash_negative", "finance", "net_cash_positive", {"contracts": [CONTRACT], "payments": [PAYMENT]}),
    ("refunded", "signed", "finance", {"contracts": [CONTRACT], "payments": [PAYMENT, REFUND]}),
    ("starts_later", "sales", "paid_current",
     {"contracts": [{**CONTRACT, "starts_on": "2026-08-01"}], "opportunities": [WON]}),
    ("signed_unpaid", "signed", "finance", {"contracts": [CONTRACT]}),
    ("paid_without_contract", "first_payment", "finance", {"payments": [PAYMENT]}),
    ("orders_only", "finance", "signed", {"orders": [ORDER]}),
    ("paid_recently", "paid_current", "paying_30_days",
     {"contracts": [CONTRACT], "payments": [{**PAYMENT, "paid_on": days_ago(5)}]}),
    ("payment_late", "paid_current", "paying", {"contracts": [MONTHLY], "payments": [PAYMENT]}),
    ("onboarding", "paid_current", "product", {"contracts": [CONTRACT], "payments": [PAYMENT]}),
    ("no_recent_order", "paid_current", "paying", {"orders": [ORDER]}),
    ("inactive_not_cancelled", "paid_current", "using",
     {"contracts": [CONTRACT], "payments": [PAYMENT], "usage": [{**NOW, "used_on": days_ago(31)}]}),
    ("lapsed_paying", "first_payment", "paid_current",
     {"contracts": [ENDED], "payments": [{**PAYMENT, "paid_on": days_ago(9)}]}),
    ("cancelled", "finance", "paid_current",
     {"contracts": [{**ENDED, "cancelled_on": "2026-03-01"}], "payments": [PAYMENT]}),
    ("lapsed", "finance", "paid_current", {"contracts": [ENDED], "payments": [PAYMENT]}),
    ("never_paid", "signed", "finance", {"contracts": [ENDED]}),
    ("timing", "sales", "paid_current", {"opportunities": [WON_NOW]}),
    ("won_not_signed", "sales", "paid_current", {"opportunities": [WON]}),
    ("using_not_paying", "product", "paid_current", {"usage": [NOW]}),
    ("using_not_paying", "marketing", "sales", {"engagements": [TRIAL]}),
    ("never_used", "marketing", "product", {"engagements": [CAMPAIGN]}),
    ("stopped_using", "interest", "product", {"usage": [{**NOW, "used_on": days_ago(99)}]}),
    ("prospect", "marketing", "paid_current", {"engagements": [CAMPAIGN]}),
]  # fmt: skip
"""The reason, who is on which list and not on which other one, and the rows of that party."""


@pytest.fixture(scope="module")
def cases():
    """One company in which each case has a party of its own; nobody's rows tell anything of another's."""
    tables = {table: list(rows) for table, rows in OURS.items()}
    for number, (*_, company) in enumerate(CASES):
        for table, rows in company.items():
            tables[table] += [{**row, "record": f"case{number}"} for row in rows]
    engine = described(**tables, history_months=0)
    engine.execute("ALTER TABLE party_months RENAME TO all_months")
    return engine


@pytest.mark.parametrize(
    ("number", "reason", "first", "second"), [(number, *case[:3]) for number, case in enumerate(CASES)]
)
def test_each_absence_has_its_reason(cases, number, reason, first, second):
    cases.execute(
        """CREATE OR REPLACE TABLE party_months AS SELECT * FROM all_months
        WHERE party_id IN (SELECT party_id FROM party_records WHERE record IN ($record, 'us'))""",
        {"record": f"case{number}"},
    )
    cases.run("valuekit.lifecycle", "reconciliation.sql")
    assert reason_of(cases, first, second) == reason


def test_what_is_not_recorded_counts_nobody():
    assert told("paid_current", "product", contracts=[CONTRACT], payments=[PAYMENT]) == "not_recorded"


def test_a_late_payer_who_uses_it_is_using_and_not_paying():  # L16
    assert why("using_not_paying", "paying", contracts=[MONTHLY], payments=[PAYMENT], usage=[NOW]) == "payment_late"


def test_the_served_and_the_suppliers_are_told_apart_from_prospects():  # L18, L23
    served = [{"record": "ann", "role": "served"}]
    assert why("product", "paid_current", records=served, usage=[NOW]) == "served"
    supplier = [{"record": "ann", "role": "supplier", "system": "erp"}, {"record": "other", "system": "billing"}]
    paid = [{"record": "other", "system": "billing", **PAID}]
    assert told("known_in_erp", "known_in_billing", records=supplier, payments=paid) == "supplier"


@pytest.mark.parametrize(
    ("notice", "reason"), [("2026-08-29", "about_to_churn"), ("2026-08-30", "inactive_not_cancelled")]
)
def test_under_notice_and_ending_within_60_days_is_about_to_leave(notice, reason):
    contract = {**CONTRACT, "ends_on": notice, "cancelled_on": "2026-06-01"}
    company = {"contracts": [contract], "payments": [PAYMENT], "usage": [{**NOW, "used_on": days_ago(40)}]}
    assert why("paid_current", "product", **company) == reason


@pytest.mark.parametrize(("days", "reason"), [(31, "timing"), (32, "won_not_signed")])
def test_a_deal_won_a_month_ago_is_a_matter_of_time(days, reason):
    assert why("sales", "finance", opportunities=[{**WON, "closed_on": days_ago(days)}]) == reason


def test_windows_are_settings():
    company = {"opportunities": [WON_NOW], "windows": Windows(timing_days=30)}
    assert why("sales", "finance", **company) == "won_not_signed"


class TestSystems:
    """R1: parties that one system knows and another does not."""

    def test_a_test_account_in_billing_is_no_business_of_the_crm(self):
        records = [{"record": "ann", "system": "billing", "role": "test"}, {"record": "bob", "system": "crm"}]
        company = {"opportunities": [{**WON, "record": "bob"}], "payments": [{**PAYMENT, "system": "billing"}]}
        assert told("known_in_billing", "known_in_crm", records=records, **company) == "internal"

    def test_a_self_service_customer_is_unknown_to_the_crm(self):
        records = [{"record": "ann", "system": "billing"}, {"record": "bob", "system": "crm"}]
        company = {"opportunities": [{**WON, "record": "bob"}], "payments": [{**PAYMENT, "system": "billing"}]}
        assert told("known_in_billing", "known_in_crm", records=records, **company) == "self_service"

    def test_nobody_need_be_in_a_system_that_holds_no_facts(self):
        records = [{"record": "ann", "system": "crm"}, {"record": "bob", "system": "forum"}]
        assert told("known_in_crm", "known_in_forum", records=records, opportunities=[WON]) == "not_expected"


class TestPriority:
    def test_the_published_order_is_the_stated_one(self):
        engine = described(records=[{"record": "ann"}])
        rows = engine.rows("SELECT reason, priority, bit FROM reasons ORDER BY priority")
        assert [r for r, *_ in rows] == [r.key for r in REASONS]
        assert [(n, 1 << n - 1) for _, n, _ in rows] == [(n, bit) for _, n, bit in rows]

    def test_configured_reasons_come_before_the_built_in_ones(self):
        pilot = {
            "pilot": {"label": "Pilot", "sentence": "Uses it for nothing", "predicate": "has_contract AND NOT has_paid"}
        }
        company = {"contracts": [CONTRACT], "reasons": merge_reasons(REASONS, pilot)}
        assert why("signed", "finance", **company) == "pilot"

    def test_and_explain_only_what_they_ask_about(self):
        pilot = {"pilot": {"label": "Pilot", "sentence": "Pilot", "predicate": "has_contract", "asks": ["engaged_on"]}}
        company = {"contracts": [CONTRACT], "reasons": merge_reasons(REASONS, pilot)}
        assert why("signed", "finance", **company) == "signed_unpaid"
        assert why("signed", "marketing", **company) == "pilot"

    def test_a_built_in_reason_may_be_told_otherwise(self):
        mine = {"signed_unpaid": {"label": "Waiting", "sentence": "Waits for the invoice", "predicate": "has_contract"}}
        merged = merge_reasons(REASONS, mine)
        assert (merged[0].label, len(merged)) == ("Waiting", len(REASONS))

    def test_without_a_reason_it_is_unexplained(self):
        company = {"contracts": [CONTRACT], "reasons": [BY_KEY["never_engaged"]]}
        assert why("signed", "finance", **company) == UNEXPLAINED


def test_sentences_name_the_windows():
    engine = described(records=[{"record": "ann"}], windows=Windows(active_days=14, timing_days=7))
    sentences = dict(engine.rows("SELECT reason, sentence FROM reasons"))
    assert sentences["inactive_not_cancelled"] == "Customer without use in the last 14 days, whose contract runs on"
    assert "in the last 7 days" in sentences["timing"]


ANY = Reason("any", "Any", "Any", "TRUE")


@pytest.mark.parametrize(
    ("reasons", "error", "message"),
    [
        ([ANY, ANY], ConfigError, "reason any: is there twice"),
        ([replace(ANY, key=f"r{i}") for i in range(63)], ConfigError, "there are 63 reasons; 62 are the most"),
        ([replace(ANY, key="unexplained")], ConfigError, "reason unexplained: is the name of what no reason explains"),
        ([replace(ANY, asks=("payd",))], UnknownNameError, "asks of reason any: there is no fact 'payd'.*'paid'"),
        ([replace(ANY, predicate="payd > 0")], ExpressionError, "reason any: 'payd > 0' uses 'payd'"),
        ([replace(ANY, predicate="paid")], ExpressionError, r"reason any: 'paid' is a DECIMAL\(18,4\), not true"),
        ([replace(ANY, sentence="in {dayz} days")], UnknownNameError, "reason any: there is no placeholder 'dayz'"),
    ],
)
def test_mistakes_are_named(reasons, error, message):
    with pytest.raises(error, match=message):
        described(records=[{"record": "ann"}], reasons=reasons)


def test_62_reasons_fit():
    many = [replace(ANY, key=f"r{i}", predicate="FALSE") for i in range(61)] + [ANY]
    assert why("signed", "finance", contracts=[CONTRACT], reasons=many) == "any"


def test_a_new_definition_is_explained_by_the_facts_it_rests_on():
    """A list of big deals: who bought without a deal is explained; a small deal is not, and shows as unexplained."""
    big = Definition("big", "Big", "Sales", "crm", "Big deals", "won_amount > 1000")
    company = {"contracts": [CONTRACT], "definitions": [*BUILTIN, big]}
    assert why("signed", "big", **company) == "self_service"
    assert why("signed", "big", **company, opportunities=[{**WON, "amount": 5}]) == UNEXPLAINED
