"""What was true at past month ends, from one run."""

from datetime import date
from typing import Any

import pytest

from tests.lifecycle.described import described, staged
from valuekit.engine import Engine
from valuekit.lifecycle import Windows, months

YEAR = {"record": "ann", "signed_on": "2024-12-20", "starts_on": "2025-01-01", "ends_on": "2025-12-31", "amount": 1200}
PAID = [{"record": "ann", "paid_on": "2025-01-10", "amount": 1200}]
OTHERS_USE = {"record": "bob", "used_on": "2024-06-01"}


def used(*days: str) -> list[dict]:
    return [OTHERS_USE, *({"record": "ann", "used_on": day} for day in days)]


def stages_of(engine: Engine, record: str = "ann") -> dict[str, str]:
    sql = """
        SELECT STRFTIME(as_of, '%Y-%m-%d'), CONCAT_WS(': ', stage, reason)
        FROM party_months JOIN party_records USING (party_id) WHERE record = $r ORDER BY as_of
    """
    return dict(engine.rows(sql, {"r": record}))


def stages_at(days: list[str], **company: Any) -> list[str | None]:
    found = stages_of(described(**company))
    return [found.get(day) for day in days]


def mrr_at(days: list[str], **company: Any) -> list[float]:
    sql = "SELECT STRFTIME(as_of, '%Y-%m-%d'), CAST(SUM(mrr) AS DOUBLE) FROM party_months GROUP BY 1"
    found = dict(described(**company).rows(sql))
    return [found[day] for day in days]


class TestMonthEnds:
    def ends(self, as_of: str, first: str = "2020-01-15", **settings: Any) -> list[tuple]:
        engine = described(
            records=[{"record": "ann", "created_on": first}], as_of=date.fromisoformat(as_of), **settings
        )
        return engine.rows("SELECT number, CAST(as_of AS VARCHAR), complete FROM month_ends ORDER BY number")

    def test_they_lead_up_to_the_date_described(self):
        assert self.ends("2024-03-31", history_months=2) == [
            (0, "2024-01-31", True), (1, "2024-02-29", True), (2, "2024-03-31", True)
        ]  # fmt: skip

    def test_a_month_that_is_still_running_is_marked(self):
        assert self.ends("2024-03-30", history_months=1) == [(0, "2024-02-29", True), (1, "2024-03-30", False)]

    def test_none_lies_before_the_first_data(self):
        assert [day for _, day, _ in self.ends("2024-03-15", "2024-01-31")] == [
            "2024-01-31",
            "2024-02-29",
            "2024-03-15",
        ]

    def test_there_may_be_no_history(self):
        assert self.ends("2024-03-15", history_months=0) == [(0, "2024-03-15", False)]

    def test_counts_say_whether_the_month_is_over(self):
        engine = described(records=[{"record": "ann", "created_on": "2026-05-02"}], as_of=date(2026, 6, 15))
        assert engine.rows("SELECT * FROM stage_months ORDER BY as_of") == [
            (date(2026, 5, 31), True, "contact", None, 1), (date(2026, 6, 15), False, "contact", None, 1)
        ]  # fmt: skip


class TestStagesThen:
    """L2 to L6 at past month ends."""

    def test_a_customer_begins_with_signature_and_payment(self):
        days = ["2024-11-30", "2024-12-31", "2025-01-31"]
        company = {"records": [{"record": "ann", "created_on": "2024-11-05"}], "contracts": [YEAR], "payments": PAID}
        assert stages_at(days, **company, usage=used()) == [
            "contact",
            "signed_unpaid: starts_later",
            "inactive: onboarding",
        ]

    @pytest.mark.parametrize(("day", "expected"), [("2025-03-31", "active"), ("2025-03-30", "inactive: no_recent_use")])
    def test_use_30_days_before_counts_and_31_days_before_does_not(self, day, expected):
        assert stages_at(["2025-04-30"], contracts=[YEAR], payments=PAID, usage=used(day)) == [expected]

    def test_use_after_the_month_end_does_not_count(self):
        company = {"contracts": [YEAR], "payments": PAID, "usage": used("2025-05-01")}
        assert stages_at(["2025-04-30", "2025-05-31"], **company) == ["inactive: onboarding", "active"]

    def test_the_dead_do_not_stay_active(self):
        company = {"contracts": [{**YEAR, "ends_on": None}], "payments": PAID, "usage": used("2025-02-20")}
        assert stages_at(["2025-02-28", "2025-04-30", "2026-06-30"], **company) == [
            "active", "inactive: no_recent_use", "inactive: no_recent_use"
        ]  # fmt: skip

    def test_the_churned_are_there_at_every_later_month_end(self):
        company = {"contracts": [YEAR], "payments": PAID, "usage": used("2025-12-15")}
        days = ["2025-12-31", "2026-01-31", "2026-05-31", "2026-06-30"]
        assert stages_at(days, **company) == ["active"] + ["churned: lapsed"] * 3

    def test_what_renews_itself_does_not_churn(self):
        company = {"contracts": [{**YEAR, "auto_renew": True}], "payments": PAID, "usage": used("2026-01-15")}
        assert stages_at(["2026-01-31", "2026-06-30"], **company) == ["active", "inactive: no_recent_use"]

    @pytest.mark.parametrize(
        ("policy", "expected"),
        [
            ("period_end", ["active", "active", "active", "churned: cancelled"]),
            ("notice", ["active", "churned: cancelled", "churned: cancelled", "churned: cancelled"]),
        ],
    )
    def test_notice_counts_from_the_day_it_was_given(self, policy, expected):
        company = {"contracts": [{**YEAR, "cancelled_on": "2025-10-10"}], "payments": PAID}
        use = used("2025-09-20", "2025-10-20", "2025-12-20")
        days = ["2025-09-30", "2025-10-31", "2025-12-31", "2026-01-31"]
        assert stages_at(days, **company, usage=use, windows=Windows(churn_date=policy)) == expected

    def test_a_contract_that_was_signed_late_did_not_exist_before(self):
        late = {**YEAR, "signed_on": "2025-04-10"}
        found = stages_at(["2025-03-31", "2025-04-30"], contracts=[late], payments=PAID, usage=used())
        assert found == ["paid_without_contract", "inactive: onboarding"]

    def test_a_refund_does_not_reach_back(self):
        refund = {"record": "ann", "paid_on": "2025-05-10", "amount": -1200, "kind": "refund"}
        found = stages_at(["2025-04-30", "2025-05-31"], contracts=[YEAR], payments=[*PAID, refund], usage=used())
        assert found == ["inactive: onboarding", "signed_unpaid"]

    def test_a_deal_that_closed_later_was_open(self):
        deal = {"record": "ann", "opened_on": "2026-03-01", "closed_on": "2026-05-20", "status": "won"}
        assert stages_at(["2026-03-31", "2026-05-31"], opportunities=[deal]) == [
            "prospect: engaged", "prospect: won_not_signed"
        ]  # fmt: skip

    def test_use_was_not_recorded_before_anybody_used(self):
        company = {"contracts": [YEAR], "payments": PAID, "usage": [{"record": "ann", "used_on": "2025-03-05"}]}
        assert stages_at(["2025-02-28", "2025-03-31"], **company) == ["inactive: use_not_recorded", "active"]

    def test_an_order_ages_from_month_to_month(self):
        orders = [{"record": "ann", "ordered_on": "2025-01-31", "amount": 5}]
        days = ["2025-04-30", "2025-05-31", "2026-01-31", "2026-02-28"]
        assert stages_at(days, orders=orders) == [
            "active", "inactive: no_recent_order", "inactive: no_recent_order", "churned: no_recent_order"
        ]  # fmt: skip


class TestParties:
    def test_a_party_appears_with_its_first_record(self):
        records = [{"record": "ann", "created_on": "2026-05-02"}, {"record": "bob", "created_on": "2026-03-31"}]
        engine = described(records=records)
        assert list(stages_of(engine)) == ["2026-05-31", "2026-06-30"]
        assert min(stages_of(engine, "bob")) == "2026-03-31"

    def test_a_party_without_a_day_was_always_there(self):
        engine = described(records=[{"record": "ann"}, {"record": "bob", "created_on": "2026-05-31"}])
        assert list(stages_of(engine)) == ["2026-05-31", "2026-06-30"]

    def test_its_role_is_that_of_the_records_that_were_there(self):
        records = [
            {"record": "ann", "created_on": "2026-04-01", "role": "served"},
            {"record": "ann2", "created_on": "2026-05-01", "role": "buyer"},
        ]
        link = {"from_record": "ann", "to_record": "ann2", "kind": "same"}
        assert list(stages_of(described(records=records, links=[link])).values()) == ["served", "contact", "contact"]

    def test_internal_accounts_may_be_let_in(self):
        records = [{"record": "ann", "role": "internal"}]
        company = {"records": records, "contracts": [YEAR], "payments": PAID, "usage": used("2025-03-05")}
        assert stages_at(["2025-03-31"], **company) == ["internal"]
        assert stages_at(["2025-03-31"], **company, internal="in") == ["active"]


class TestRecurringRevenueThen:
    """T5: at every month end, by the terms that ran then."""

    def test_a_new_price_does_not_change_the_past(self):
        dearer = {**YEAR, "signed_on": "2025-06-10", "starts_on": "2025-07-01", "amount": 1800, "kind": "change"}
        found = mrr_at(["2025-05-31", "2025-06-30", "2025-07-31", "2025-12-31", "2026-01-31"], contracts=[YEAR, dearer])
        assert found == [100, 100, 150, 150, 0]

    def test_a_backdated_change_counts_from_its_signature(self):
        dearer = {**YEAR, "signed_on": "2025-09-10", "starts_on": "2025-07-01", "amount": 1800, "kind": "change"}
        assert mrr_at(["2025-08-31", "2025-09-30"], contracts=[YEAR, dearer]) == [100, 150]

    def test_a_better_fitting_former_term_may_become_known_later(self):
        """A renewal replaces what ends the day before it; until that was signed, the latest."""
        renewal = {
            **YEAR,
            "signed_on": "2025-02-10",
            "starts_on": "2025-03-01",
            "ends_on": "2026-02-28",
            "kind": "renewal",
        }
        found_later = {**YEAR, "signed_on": "2025-04-10", "ends_on": "2025-02-28"}
        terms = [{**YEAR, "kind": "new"}, {**renewal, "amount": 2400}, {**found_later, "amount": 600, "kind": "new"}]
        assert mrr_at(["2025-03-31", "2025-04-30"], contracts=terms) == [200, 300]

    def test_a_month_from_the_31st_runs_through_february(self):
        monthly = {**YEAR, "signed_on": "2023-12-31", "starts_on": "2024-01-31", "ends_on": "2024-02-28", "amount": 30}
        monthly |= {"term_months": 1, "auto_renew": True, "cancelled_on": "2024-03-05"}
        assert mrr_at(["2024-01-31", "2024-02-29", "2024-03-31"], contracts=[monthly]) == [30, 30, 0]

    def test_running_terms_say_from_when_to_when(self):
        dearer = {**YEAR, "signed_on": "2025-06-10", "starts_on": "2025-07-01", "amount": 1800, "kind": "change"}
        engine = described(contracts=[{**YEAR, "currency": "USD", "reporting_amount": 1080}, dearer])
        sql = """
            SELECT t.id, t.currency, CAST(t.monthly AS INTEGER), CAST(t.reporting_monthly AS INTEGER),
                STRFTIME(f.as_of, '%Y-%m'), STRFTIME(u.as_of, '%Y-%m')
            FROM running_terms AS t
            JOIN month_ends AS f ON f.number = t.from_number
            JOIN month_ends AS u ON u.number = t.until_number
            ORDER BY t.id
        """
        assert engine.rows(sql) == [
            ("1", "USD", 100, 90, "2025-01", "2025-06"),
            ("2", "EUR", 150, 150, "2025-07", "2025-12"),
        ]


def test_groups_of_parties_change_nothing(monkeypatch):
    company = {"contracts": [YEAR], "payments": PAID, "usage": used("2025-03-05"), "orders": [
        {"record": r, "ordered_on": "2025-05-05", "amount": 5} for r in ("cleo", "dan", "eve")]}  # fmt: skip
    tables = ("party_months", "history", "running_terms", "stage_months")

    def made():
        engine = described(**company)
        return [engine.rows(f"SELECT * FROM {t} ORDER BY ALL") for t in tables]

    whole = made()
    monkeypatch.setattr(months, "MONTHS_AT_ONCE", 1)
    monkeypatch.setattr(months, "CLUSTERED_FROM", 1)
    assert made() == whole


def test_what_nobody_recorded_need_not_be_computed():
    """The steps of a company that keeps every table find the same, in the same columns."""
    engine = staged(orders=[{"record": "ann", "ordered_on": "2026-05-02", "amount": 5}])
    ends = tuple(day for (day,) in engine.rows("SELECT as_of FROM month_ends ORDER BY number"))
    parameters = months.Period(ends, "period_end").last | {"first_party": "", "last_party": "~"}
    engine.run_steps(months.fact_steps("described.sql", months.FAMILIES), parameters)
    for table in ("facts", "contract_terms"):
        assert engine.rows(f"DESCRIBE {table}") == engine.rows(f"DESCRIBE {table}_part")
        assert engine.rows(f"SELECT * FROM {table}") == engine.rows(f"SELECT * FROM {table}_part")
