from datetime import date

import pytest

from tests.lifecycle.described import AS_OF, PAID, SIGNED, counted_by, days_ago, described, since, stage, staged, stages
from valuekit.lifecycle import RULES, Windows
from valuekit.tables.published import CUSTOMER_STAGES, STAGES

CONTRACT = [{"record": "ann", **SIGNED}]
PAYMENT = [{"record": "ann", **PAID}]
CUSTOMER = {"contracts": CONTRACT, "payments": PAYMENT}
OTHERS_USE = [{"record": "bob", "used_on": "2026-06-01"}]
"""Somebody uses the product, so that use is on record."""

ENDED = [
    {"record": "ann", "signed_on": "2024-12-01", "starts_on": "2025-01-01", "ends_on": "2025-12-31", "amount": 1200}
]
PAID_THEN = [{"record": "ann", "paid_on": "2025-01-15", "amount": 1200}]


def used(*days: int):
    return [{"record": "ann", "used_on": days_ago(d)} for d in days]


def order(days: int, amount: float = 50, **more):
    return {"record": "ann", "ordered_on": days_ago(days), "amount": amount, **more}


class TestProspects:
    """L1: expressed interest, has not bought."""

    @pytest.mark.parametrize("kind", ["campaign", "download", "event"])
    def test_a_lead_is_a_prospect(self, kind):
        assert stage(engagements=[{"record": "ann", "engaged_on": "2026-05-01", "kind": kind}]) == "prospect: engaged"

    def test_a_trial_is_a_prospect(self):
        trial = [{"record": "ann", "engaged_on": "2026-05-01", "kind": "trial_start"}]
        assert stage(engagements=trial) == "prospect: trial"

    def test_a_trial_that_uses_the_product_is_no_paying_customer(self):  # L16
        trial = [{"record": "ann", "engaged_on": "2026-06-01", "kind": "trial_start"}]
        engine = described(engagements=trial, usage=used(1))
        assert stages(engine)["ann"] == "prospect: trial"
        assert counted_by(engine, "product") == {"ann"}
        assert counted_by(engine, "paid_current") == counted_by(engine, "finance") == set()

    @pytest.mark.parametrize("status", ["open", "lost"])
    def test_an_open_or_lost_deal_is_a_prospect_and_nobodys_customer(self, status):  # L17
        engine = described(
            opportunities=[{"record": "ann", "opened_on": "2026-01-01", "closed_on": "2026-02-01", "status": status}]
        )
        assert stages(engine)["ann"] == "prospect: engaged"
        for definition in ("sales", "finance", "product", "paid_current"):
            assert counted_by(engine, definition) == set()

    def test_a_deal_won_without_signature_is_a_prospect_that_says_so(self):
        won = [{"record": "ann", "opened_on": "2026-01-01", "closed_on": "2026-02-01", "status": "won"}]
        assert stage(opportunities=won) == "prospect: won_not_signed"

    def test_somebody_who_is_only_known_is_a_contact(self):
        assert stage(records=[{"record": "ann"}]) == "contact"

    def test_an_unsigned_contract_is_no_contract(self):
        draft = [{"record": "ann", "starts_on": "2026-01-01", "amount": 1200}]
        assert stage(contracts=draft, payments=PAYMENT) == "paid_without_contract"


class TestCustomers:
    """L2 to L4: signed and paid; active when the product was used in the last 30 days."""

    def test_a_contract_alone_is_signed_unpaid(self):
        assert stage(contracts=CONTRACT) == "signed_unpaid"

    def test_a_payment_without_contract_is_on_the_exception_list(self):
        assert stage(payments=PAYMENT) == "paid_without_contract"

    def test_a_full_refund_undoes_the_payment(self):
        refund = {"record": "ann", "paid_on": "2026-02-01", "amount": -100, "kind": "refund"}
        assert stage(contracts=CONTRACT, payments=[*PAYMENT, refund], usage=used(1)) == "signed_unpaid"

    def test_a_chargeback_undoes_the_payment_too(self):
        back = {"record": "ann", "paid_on": "2026-02-01", "amount": -100, "kind": "chargeback"}
        assert stage(contracts=CONTRACT, payments=[*PAYMENT, back]) == "signed_unpaid"

    def test_a_full_refund_is_full_in_the_currency_paid_whatever_the_rates(self):
        dollars = {"record": "ann", "currency": "USD"}
        payment = {**dollars, "paid_on": "2026-01-10", "amount": 100, "reporting_amount": 92}
        refund = {**dollars, "paid_on": "2026-02-01", "amount": -100, "reporting_amount": -90, "kind": "refund"}
        assert stage(contracts=CONTRACT, payments=[payment, refund]) == "signed_unpaid"

    def test_a_full_return_too(self):
        dollars = {"record": "ann", "currency": "USD", "ordered_on": "2026-06-01"}
        orders = [
            {**dollars, "amount": 100, "reporting_amount": 92},
            {**dollars, "amount": -100, "reporting_amount": -90},
        ]
        assert stage(orders=orders) == "prospect: returned_everything"

    def test_a_partial_refund_does_not(self):
        refund = {"record": "ann", "paid_on": "2026-02-01", "amount": -40, "kind": "refund"}
        assert stage(contracts=CONTRACT, payments=[*PAYMENT, refund], usage=used(1)) == "active"

    @pytest.mark.parametrize(("day", "expected"), [(0, "active"), (30, "active"), (31, "inactive: no_recent_use")])
    def test_use_on_day_30_counts_and_on_day_31_does_not(self, day, expected):
        assert stage(**CUSTOMER, usage=used(day)) == expected

    def test_the_window_is_a_setting(self):
        assert stage(**CUSTOMER, usage=used(31), windows=Windows(active_days=31)) == "active"

    def test_the_last_use_counts(self):
        assert stage(**CUSTOMER, usage=used(100, 10, 50)) == "active"

    def test_never_used_is_onboarding(self):
        assert stage(**CUSTOMER, usage=OTHERS_USE) == "inactive: onboarding"

    def test_use_before_the_contract_starts_does_not_count(self):
        recent = [{"record": "ann", "signed_on": "2026-06-10", "starts_on": "2026-06-20", "amount": 1200}]
        assert stage(contracts=recent, payments=PAYMENT, usage=used(11)) == "inactive: onboarding"
        assert stage(contracts=recent, payments=PAYMENT, usage=used(10)) == "active"

    def test_a_company_that_records_no_use_is_not_told_that_nobody_uses(self):
        assert stage(**CUSTOMER) == "inactive: use_not_recorded"

    @pytest.mark.parametrize(
        ("payments", "expected"), [([], "signed_unpaid: starts_later"), (PAYMENT, "inactive: onboarding")]
    )
    def test_a_contract_that_starts_later(self, payments, expected):
        later = [{"record": "ann", "signed_on": "2026-06-01", "starts_on": "2026-07-01", "amount": 1200}]
        assert stage(contracts=later, payments=payments, usage=OTHERS_USE) == expected

    def test_a_backdated_contract_counts_from_its_start(self):
        backdated = [{"record": "ann", "signed_on": "2026-06-15", "starts_on": "2026-06-01", "amount": 1200}]
        assert stage(contracts=backdated, payments=PAYMENT, usage=used(20)) == "active"


class TestChurn:
    """L5: not renewed, or cancelled."""

    def test_a_contract_that_ended_and_was_not_renewed_has_lapsed(self):
        assert stage(contracts=ENDED, payments=PAID_THEN) == "churned: lapsed"

    def test_a_contract_still_runs_on_its_last_day_and_has_lapsed_on_the_next(self):
        company = {"contracts": ENDED, "payments": PAID_THEN}
        assert stage(**company, as_of=date(2025, 12, 31)).startswith("inactive")
        assert stage(**company, as_of=date(2026, 1, 1)) == "churned: lapsed"
        assert since(**company, as_of=date(2026, 1, 1)) == date(2026, 1, 1)

    def test_notice_makes_it_cancelled(self):
        notice = [{**ENDED[0], "cancelled_on": "2025-06-01"}]
        assert stage(contracts=notice, payments=PAID_THEN) == "churned: cancelled"

    def test_a_cancelled_contract_with_paid_term_left_churns_at_its_end(self):
        notice = [{**SIGNED, "record": "ann", "cancelled_on": "2026-03-01"}]
        assert stage(contracts=notice, payments=PAYMENT, usage=used(1)) == "active"

    def test_or_on_the_day_of_notice_when_that_is_the_policy(self):
        notice = [{**SIGNED, "record": "ann", "cancelled_on": "2026-03-01"}]
        company = {"contracts": notice, "payments": PAYMENT, "windows": Windows(churn_date="notice")}
        assert stage(**company) == "churned: cancelled"
        assert since(**company) == date(2026, 3, 1)
        assert stage(**company, as_of=date(2026, 2, 28)).startswith("inactive")

    def test_a_renewal_keeps_the_customer(self):
        renewal = {**ENDED[0], "starts_on": "2026-01-01", "ends_on": "2026-12-31", "kind": "renewal"}
        assert stage(contracts=[*ENDED, renewal], payments=PAID_THEN, usage=used(3)) == "active"

    def test_an_automatic_renewal_keeps_the_customer(self):
        assert stage(contracts=[{**ENDED[0], "auto_renew": True}], payments=PAID_THEN, usage=used(3)) == "active"

    def test_one_who_comes_back_is_a_customer_again(self):
        again = {**ENDED[0], "signed_on": "2026-05-01", "starts_on": "2026-05-01", "ends_on": "2027-04-30"}
        assert stage(contracts=[*ENDED, again], payments=PAID_THEN, usage=used(3)) == "active"

    @pytest.mark.parametrize(("day", "expected"), [("2026-06-30", "churned: lapsed"), ("2026-07-01", "active")])
    def test_who_signs_again_after_a_lapse_has_lapsed_until_the_new_contract_starts(self, day, expected):
        again = {**ENDED[0], "signed_on": "2026-06-20", "starts_on": "2026-07-01", "ends_on": None}
        company = {"contracts": [*ENDED, again], "payments": PAID_THEN, "as_of": date.fromisoformat(day)}
        assert stage(**company, usage=[{"record": "ann", "used_on": day}]) == expected

    @pytest.mark.parametrize(("day", "expected"), [(45, "lapsed_paying"), (46, "churned: lapsed")])
    def test_who_pays_after_the_end_is_lapsed_but_paying_for_45_days(self, day, expected):
        late = {"record": "ann", "paid_on": days_ago(day), "amount": 100}
        assert stage(contracts=ENDED, payments=[*PAID_THEN, late]) == expected

    def test_a_last_payment_before_the_end_is_not_lapsed_paying(self):
        ended = [{**SIGNED, "record": "ann", "ends_on": "2026-06-20"}]
        assert stage(contracts=ended, payments=[{"record": "ann", "paid_on": "2026-06-20", "amount": 9}]) == (
            "churned: lapsed"
        )

    def test_who_never_paid_never_was_a_customer(self):
        assert stage(contracts=ENDED) == "prospect: never_paid"


class TestRetail:
    """A purchase is contract and payment at once."""

    @pytest.mark.parametrize(
        ("day", "expected"),
        [
            (90, "active"),
            (91, "inactive: no_recent_order"),
            (365, "inactive: no_recent_order"),
            (366, "churned: no_recent_order"),
        ],
    )
    def test_stages_come_from_the_last_order(self, day, expected):
        assert stage(orders=[order(400), order(day)]) == expected

    def test_since_is_the_day_after_the_window(self):
        assert since(orders=[order(100)]) == days_ago(9)
        assert since(orders=[order(400)]) == days_ago(34)

    def test_a_return_is_no_order(self):
        assert stage(orders=[order(200), order(1, -20)]) == "inactive: no_recent_order"

    def test_who_sent_everything_back_has_not_bought(self):
        assert stage(orders=[order(20), order(10, -50)]) == "prospect: returned_everything"

    def test_returns_of_purchases_before_the_data_begin(self):
        assert stage(orders=[order(10, -50)]) == "prospect: returned_everything"

    def test_money_kept_after_everything_came_back_is_an_exception(self):
        assert stage(orders=[order(20), order(10, -50)], payments=PAYMENT) == "paid_without_contract"

    def test_orders_keep_a_customer_whose_contract_lapsed(self):
        assert stage(contracts=ENDED, payments=PAID_THEN, orders=[order(10)]) == "active"
        assert stage(contracts=ENDED, payments=PAID_THEN, orders=[order(366)]) == "churned: lapsed"

    def test_orders_keep_a_customer_whose_new_contract_is_unpaid(self):
        assert stage(contracts=CONTRACT, orders=[order(10)]) == "active"

    def test_contracts_come_before_orders(self):
        assert stage(**CUSTOMER, orders=[order(10)], usage=used(31)) == "inactive: no_recent_use"


class TestRoles:
    """L18, L22, L23: who is served, who belongs to the house, who sells to it."""

    @pytest.mark.parametrize("role", ["internal", "test"])
    def test_internal_parties_are_no_customers_whatever_they_buy(self, role):
        engine = described(records=[{"record": "ann", "role": role}], **CUSTOMER, usage=used(1))
        assert stages(engine)["ann"] == "internal"
        assert engine.count("memberships") == 0

    def test_served_parties_are_in_no_paid_count(self):
        engine = described(records=[{"record": "ann", "role": "served"}], usage=used(1))
        assert stages(engine)["ann"] == "served"
        for definition in ("paid_current", "finance", "first_payment", "net_cash_positive", "signed"):
            assert counted_by(engine, definition) == set()

    def test_a_served_party_that_buys_is_a_customer(self):
        assert stage(records=[{"record": "ann", "role": "served"}], **CUSTOMER, usage=used(1)) == "active"

    @pytest.mark.parametrize("role", ["supplier", "partner"])
    def test_a_vendor_is_never_a_customer(self, role):
        engine = described(
            records=[{"record": "ann", "role": role}],
            engagements=[{"record": "ann", "engaged_on": "2026-05-01"}],
            usage=used(1),
        )
        assert stages(engine)["ann"] == "supplier"
        assert engine.count("memberships") == 0

    def test_a_supplier_who_buys_is_both(self):
        engine = staged(records=[{"record": "ann", "role": "supplier"}], **CUSTOMER, usage=used(1))
        assert stages(engine)["ann"] == "active"
        assert engine.scalar("SELECT is_supplier FROM facts")


def test_the_steps_may_be_kept_to_look_at():
    company = {"contracts": CONTRACT, "payments": PAYMENT, "usage": used(1)}
    engine = described(**company, keep_scratch=True)
    assert stages(engine) == {"ann": "active"}
    assert engine.rows("SELECT DISTINCT paid, first_paid_on FROM _paid") == [(100, date(2026, 1, 10))]


class TestRules:
    def test_every_stage_has_a_rule_and_the_last_one_holds_for_everybody(self):
        assert {r.stage for r in RULES} == set(STAGES)
        assert RULES[-1].predicate == "TRUE"

    def test_sentences_name_the_windows(self):
        engine = staged(windows=Windows(active_days=14))
        assert "Under contract, paid, and used the product in the last 14 days" in {
            row[0] for row in engine.rows("SELECT sentence FROM stage_rules")
        }

    def test_a_company_without_contracts_is_told_only_the_rules_that_it_can_meet(self):
        engine = staged(orders=[{"record": "ann", "ordered_on": AS_OF, "amount": 5}])
        found = "SELECT sentence, not_countable FROM stage_rules WHERE stage = 'active' ORDER BY rule"
        by_contract, by_order = engine.rows(found)
        assert by_contract[1] == "nothing is recorded in contracts"
        assert by_order == ("Ordered in the last 90 days: an order is contract and payment at once", None)

    def test_rules_that_ask_for_no_rows_can_always_be_met(self):
        engine = staged(orders=[{"record": "ann", "ordered_on": AS_OF, "amount": 5}])
        open_to_all = {r for (r,) in engine.rows("SELECT stage FROM stage_rules WHERE not_countable IS NULL")}
        assert {"internal", "served", "supplier", "contact", "churned", "prospect"} <= open_to_all
        assert not {"signed_unpaid", "lapsed_paying"} & open_to_all

    def test_customers_are_the_active_and_the_inactive(self):
        engine = described(
            **CUSTOMER,
            usage=OTHERS_USE,
            orders=[{"record": "cleo", "ordered_on": AS_OF, "amount": 5}],
            engagements=[{"record": "dan", "engaged_on": "2026-05-01"}],
        )
        customers = {record for record, s in stages(engine).items() if s.split(":")[0] in CUSTOMER_STAGES}
        assert customers == counted_by(engine, "paid_current") == {"ann", "cleo"}

    def test_a_party_is_inactive_since_the_day_after_the_window(self):
        assert since(**CUSTOMER, usage=used(40)) == days_ago(9)

    def test_onboarding_began_when_both_signature_and_payment_were_there(self):  # T2
        assert since(**CUSTOMER, usage=OTHERS_USE) == date(2026, 1, 10)
