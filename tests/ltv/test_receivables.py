import pytest


def billed(world, party, month, invoiced, received=0.0, *, written_off=0.0, end=None):
    owed = invoiced - received - written_off if end is None else end
    world.add(
        "receivable_months", party_id=party, month=month, begin=0, invoiced=invoiced, received=received, credited=0,
        written_off=written_off, unknown=0, fx=0, end=owed, on_account=0,
    )  # fmt: skip
    world.add("invoiced_months", party_id=party, month=month, invoiced=invoiced, credited=0, written_off=-written_off)


def test_what_is_billed_and_not_received_comes_in_the_first_year(world):
    world.party("ann", "churned", contract=True)
    billed(world, "ann", "2026-05-01", 300, 100)
    world.value()
    assert world.stream("ann") == [200] + [0] * 9
    world.value(receivables=False)
    assert world.stream("ann") == []


def test_what_others_did_not_pay_lowers_what_is_expected(world):
    world.party("ann", "churned", contract=True)
    billed(world, "ann", "2026-05-01", 200)
    billed(world, "bob", "2026-01-01", 400, 300, written_off=100)
    world.value()
    assert world.stream("ann")[0] == pytest.approx(150)


def test_a_debt_from_before_the_last_year_is_not_waited_for(world):
    world.party("ann", "churned", contract=True)
    billed(world, "ann", "2025-03-01", 900)
    billed(world, "ann", "2026-05-01", 100, 60, end=940)
    world.value()
    assert world.stream("ann")[0] == pytest.approx(100)


def test_a_credit_balance_is_no_revenue(world):
    world.party("ann", "churned", contract=True)
    billed(world, "ann", "2026-05-01", 100, 160)
    world.value()
    assert world.stream("ann") == []
