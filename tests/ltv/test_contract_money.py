"""Contracts that renew by themselves, and bills and payments that stopped."""

from datetime import date

import numpy as np
import pytest

from valuekit.ltv.contract_money import find_silence
from valuekit.ltv.models import ShiftedBetaGeometric
from valuekit.ltv.renewals import Curve, summarise

AS_OF = date(2026, 6, 30)


def paid(world, party, *days, invoice=None, kind="payment"):
    for day in days:
        amount = 100 if kind == "payment" else -100
        world.add(
            "payments", system="bank", id=world._next(), party_id=party, paid_on=day, amount=amount, invoice=invoice,
            kind=kind, reporting_amount=amount,
        )  # fmt: skip


def billed(world, party, day, *, status="paid", name=None):
    world.add(
        "invoices", system="bank", id=name or world._next(), party_id=party, issued_on=day, amount=100,
        reporting_amount=100, status=status,
    )  # fmt: skip


def monthly(world, party, *, starts="2025-01-10", until=None, months=18):
    """An open monthly contract, paid on the 12th of each of so many months."""
    world.party(party, paid=starts, contract=True)
    world.contract(party, starts, until, 100, 1)
    paid(world, party, *(f"{2025 + m // 12}-{m % 12 + 1:02d}-12" for m in range(months)))


def lines(world):
    summarise(world.engine, AS_OF)
    return {p: state for p, *state in world.engine.rows("SELECT party_id, renewals, silent FROM contract_lines")}


@pytest.mark.parametrize("until", [None, "2025-02-09"])
def test_renewals_that_nobody_signed_are_survived_up_to_the_last_payment(world, until):
    monthly(world, "ann", months=10, until=until)  # to October 2025
    monthly(world, "bob", until=until)  # to June 2026
    # Money was to come by 12 November: that renewal and the seven since are open.
    assert lines(world) == {"ann": [9, 8], "bob": [17, 0]}
    groups = world.engine.rows("SELECT renewals, churned, silent, weight FROM renewal_groups")
    assert groups == [(9, 0, 8, 1), (17, 0, 0, 1)]


@pytest.mark.parametrize("cancelled", [None, "2025-11-20"])
def test_who_orders_after_its_contract_is_over_is_no_customer_under_contract(world, cancelled):
    monthly(world, "bob")
    world.add("stages", party_id="ann", stage="active")
    world.add("facts", party_id="ann", first_paid_on="2025-01-10", has_contract=True, contract_current=False)
    world.contract("ann", "2025-01-10", "2026-01-09", 1200, 12, cancelled=cancelled)
    paid(world, "ann", "2025-01-12")
    world.order("ann", "2026-06-01", 40)
    assert lines(world) == {"bob": [17, 0]}
    assert (0, 1, 0, 1) in world.engine.rows("SELECT renewals, churned, silent, weight FROM renewal_groups")


def test_without_bills_and_payments_nobody_is_silent(world):
    world.party("ann", contract=True)
    world.contract("ann", "2025-01-10", None, 100, 1)
    assert lines(world) == {"ann": [17, 0]}


def test_what_is_signed_needs_no_payment(world):
    monthly(world, "bob")
    world.party("ann", contract=True)
    world.contract("ann", "2025-01-10", "2026-12-09", 100, 1)
    assert lines(world)["ann"] == [22, 0]


def test_a_month_without_payment_is_late_and_two_are_silence(world):
    monthly(world, "ann", months=17)
    monthly(world, "bob", months=16)
    monthly(world, "cal")
    assert lines(world) == {"ann": [17, 0], "bob": [15, 2], "cal": [17, 0]}


def test_silence_means_nothing_where_the_data_end_for_all(world):
    monthly(world, "ann", months=10)
    assert lines(world) == {"ann": [9, 8]}
    assert world.engine.rows("SELECT renewals, churned, silent FROM renewal_groups") == [(9, 0, 0)]


def test_a_bill_speaks_for_its_own_day_whenever_it_is_paid_and_a_void_one_for_nothing(world):
    world.party("ann", contract=True)
    world.contract("ann", "2025-01-10", None, 100, 1)
    billed(world, "ann", "2025-01-10", name="i1")
    paid(world, "ann", "2026-06-12", invoice="i1")
    billed(world, "ann", "2026-05-10", status="void")
    paid(world, "ann", "2026-06-12", kind="refund")
    find_silence(world.engine, AS_OF)
    assert world.engine.rows("SELECT * FROM last_money") == [("ann", date(2025, 1, 10))]


def test_the_grace_is_as_long_as_a_company_usually_waits(world):
    for i in range(20):
        world.party(f"p{i:02d}", contract=True)
        world.contract(f"p{i:02d}", "2024-01-10", None, 100, 12)
        paid(world, f"p{i:02d}", "2024-01-10", "2025-04-10" if i else "2025-01-10")
    silence = find_silence(world.engine, AS_OF)
    assert (silence.grace, silence.until) == (90, date(2025, 4, 10))
    assert silence.by_stayers == pytest.approx(1 / 22)


def test_who_skipped_a_term_and_came_back_tells_how_often_those_who_stay_are_silent(world):
    world.party("ann", contract=True)
    world.contract("ann", "2025-01-10", None, 100, 1)
    paid(world, "ann", "2025-01-12", "2025-02-12", "2025-06-12", "2025-07-12")
    silence = find_silence(world.engine, AS_OF)
    assert (silence.grace, silence.by_stayers) == (31, pytest.approx(2 / 5))


def test_the_chance_to_be_there_falls_with_silence_and_is_never_above_the_curve():
    curve = Curve(ShiftedBetaGeometric.from_parameters([1.0, 9.0]), 1.0, stated=False, silent_stayers=0.1)
    silent = np.arange(1.0, 9.0)
    state = {name: np.zeros(8) for name in ("renewals", "months_to_next", "pending", "ends")} | {"silent": silent}
    there = curve.stays(state, np.zeros(1))[:, 0]
    survived = curve.survival(np.zeros(8), silent)
    assert there == pytest.approx(0.1 * survived / (0.1 * survived + 1 - survived))
    assert (np.diff(there) < 0).all()
    assert (there <= survived).all()


def test_who_is_silent_is_worth_little_and_the_run_says_so(world):
    for i in range(10):
        monthly(world, f"p{i}", months=10 if i < 4 else 18)
        world.cash(f"p{i}", "2025-06-01", revenue=100.0)
        world.add("cash", party_id=f"p{i}", net_cash=100.0)
    world.value()
    assert (world.ltv("p9")["p_alive"], world.ltv("p0")["p_alive"] < 0.1) == (1.0, True)
    assert 0 < sum(world.stream("p0")) < 0.1 * sum(world.stream("p9"))
    note = world.engine.query("SELECT * FROM value_notes").to_pylist()[0]
    assert (note["note"], note["parties"], note["mrr"], note["mrr_share"]) == ("contracts_without_money", 4, 400, 0.4)
    assert note["ltv_share"] < 0.05
    assert "4 of 10 customers under contract have neither bill nor payment" in note["message"]


def test_a_company_of_which_nobody_has_paid_is_told_why_nobody_is_valued(world):
    for name in ("ann", "bob"):
        world.party(name, "signed_unpaid", contract=True)
        world.contract(name, "2026-01-10", "2027-01-09", 1200, 12)
    world.bill("ann", "2026-06-10", 100)
    world.value()
    (note,) = world.engine.query("SELECT note, message, parties FROM value_notes").to_pylist()
    assert (note["note"], note["parties"]) == ("nobody_has_paid", 2)
    assert "though 2 contracts are signed and 1 invoices issued. Map `payments`" in note["message"]


def test_nothing_is_said_where_nobody_has_signed_or_somebody_has_paid(make_world):
    empty, paying = make_world(), make_world()
    paying.party("ann", paid="2026-01-10", contract=True)
    paying.contract("ann", "2026-01-10", "2027-01-09", 1200, 12)
    paying.bill("ann", "2026-06-10", 100, ("2026-06-10", 100))
    for world in (empty, paying):
        world.value()
        assert world.engine.count("value_notes") == 0


def test_data_that_end_long_before_the_as_of_date_are_told(world):
    monthly(world, "ann", months=10)
    world.cash("ann", "2025-06-01", revenue=100.0)
    world.value()
    notes = {row["note"]: row for row in world.engine.query("SELECT * FROM value_notes").to_pylist()}
    assert notes["data_end_early"]["days"] == 261
    assert "2025-10-12 (payments of bank), 261 days before" in notes["data_end_early"]["message"]


def test_a_month_without_records_is_told_by_none(world):
    monthly(world, "ann", months=17)
    world.cash("ann", "2026-05-01", revenue=100.0)
    paid(world, "ann", "2026-05-30")
    world.value()
    assert world.engine.rows("SELECT note FROM value_notes") == []


def parts(world, term, starts, bills):
    """Months between the parts in which a term is paid, of a contract of 1,200 a year."""
    world.party("ann", paid=starts, contract=True)
    world.contract("ann", starts, None, 100 * term, term)
    for day, amount, tax in bills:
        world.add(
            "invoices", system="bank", id=world._next(), party_id="ann", issued_on=day, amount=amount,
            reporting_amount=amount, tax=tax, reporting_tax=tax, status="paid",
        )  # fmt: skip
    summarise(world.engine, AS_OF)
    return world.engine.scalar("SELECT billed_every FROM contract_lines")


SIX = [f"2026-{month:02d}-10" for month in range(1, 7)]


@pytest.mark.parametrize(
    ("term", "starts", "bills", "every"),
    [
        (12, "2026-01-10", [(day, 100, None) for day in SIX], 1),
        (12, "2026-01-10", [(day, 119, 19) for day in SIX], 1),
        (12, "2024-01-10", [(day, 100, None) for day in SIX], 1),  # half of what was due since July is not on record
        (12, "2026-01-10", [(SIX[0], 300, None), (SIX[3], 300, None)], 3),
        (12, "2026-06-10", [(SIX[5], 100, None)], 1),
        (12, "2025-09-10", [("2025-09-10", 600, None), ("2026-03-10", 600, None)], 6),
        (36, "2024-01-10", [("2024-01-10", 1200, None), ("2025-01-10", 1200, None), ("2026-01-10", 1200, None)], 12),
        (12, "2026-01-10", [(SIX[0], 1200, None)], 12),
        (12, "2026-01-10", [(SIX[0], 1000, None), *((day, 50, None) for day in SIX)], 12),  # and something beside
        (12, "2026-01-10", [(day, 10, None) for day in SIX], 12),  # these are no parts of the price
        (12, "2026-01-10", [], 12),
        (1, "2026-01-10", [(day, 100, None) for day in SIX], 1),
    ],
)
def test_bills_say_whether_a_term_is_paid_at_once_or_in_parts(world, term, starts, bills, every):
    assert parts(world, term, starts, bills) == every


@pytest.mark.parametrize(
    ("bills", "every"),
    [
        ([("2025-09-01", 1200), ("2026-03-01", 1200)], 12),  # 600 of the first were for months that did not run
        ([("2025-09-01", 600), ("2026-03-01", 900)], 6),
        ([*((f"2025-{month:02d}-01", 100) for month in (9, 10, 11, 12)), *((day, 150) for day in SIX[2:])], 1),
    ],
)
def test_what_was_paid_for_months_that_a_changed_term_did_not_run_comes_off_the_next(world, bills, every):
    world.contract("ann", "2025-09-01", "2026-08-31", 1200, 12)
    world.contract("ann", "2026-03-01", "2027-02-28", 1800, 12, kind="change")
    world.party("ann", paid="2025-09-01", contract=True)
    for day, amount in bills:
        world.bill("ann", day, amount, (day, amount), status="paid")
    assert lines(world) == {"ann": [0, 0]}
    assert world.engine.rows("SELECT price, billed_every FROM contract_lines") == [(1800, every)]


def test_what_is_left_of_a_term_that_is_paid_by_the_month_is_expected(world):
    parts(world, 12, "2026-01-10", [(day, 100, None) for day in SIX])
    world.value()
    first, second, *_ = world.stream("ann")
    survival = float(world.engine.scalar("SELECT year_2 FROM cube WHERE party_id = 'ann' AND stream = 'revenue'"))
    assert second == pytest.approx(survival)
    assert 600 < first < 1200  # six parts for certain, then six as likely as it renews
    assert first - 600 > second / 2
