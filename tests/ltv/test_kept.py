import pytest

from valuekit.ltv import Discount, Horizon

PLAIN = {"horizon": Horizon(3), "discount": Discount(0.0), "receivables": False}


def company(world, *unpaid, customers=100, status="open"):
    """Customers with yearly contracts billed by the quarter; `unpaid` of every 8 bills of a customer, by its number."""
    for i in range(customers):
        name, bad = f"c{i:03d}", unpaid[i % len(unpaid)] if len(unpaid) > 1 or i == 0 else unpaid[0]
        world.party(name, "active", paid="2023-01-10", contract=True)
        world.contract(name, "2023-01-10", "2027-01-09", 1200, 12)
        for k in range(14):
            day, lost = f"{2023 + k // 4}-{k % 4 * 3 + 1:02d}-10", (k * 5) % 8 < bad
            world.bill(name, day, 300, *([] if lost else [(day, 300)]), status=status if lost else "paid")
    world.settle()
    return world


def expected(world, party="c000", **settings):
    world.value(**PLAIN | settings)
    return sum(world.stream(party))


def interval(world, party):
    rows = world.engine.rows(f"SELECT low_80, high_80 FROM ltv_intervals WHERE party_id = '{party}'")
    return [float(end) for end in rows[0]]


@pytest.mark.parametrize("status", ["open", "uncollectible"])
def test_bills_that_stay_open_lower_what_contracts_are_expected_to_bring(make_world, status):
    paid = expected(company(make_world(), 0, customers=30))
    half = expected(company(make_world(), 4, customers=30, status=status))
    assert half == pytest.approx(paid / 2, rel=0.15)


def test_who_does_not_pay_is_worth_less_than_who_pays(world):
    """One in fifty leaves three in four bills open, the others none."""
    company(world, 6, *[0] * 49)
    bad, good = expected(world), sum(world.stream("c001"))
    assert bad < 0.4 * good
    low, high = interval(world, "c000")
    assert low <= float(world.ltv("c000")["ltv"]) <= high


def test_one_missed_bill_in_a_hundred_says_little_of_who_missed_it(world):
    """As often as chance has it, so customers do not differ: all keep the same share."""
    company(world, *[1 if i % 7 == 0 else 0 for i in range(98)], customers=98)
    assert expected(world) == pytest.approx(sum(world.stream("c001")), rel=0.02)


def test_one_bill_says_something_of_who_missed_it_and_not_all(world):
    """Nobody else missed one, so nothing is seen of whether misses go together."""
    for i in range(40):
        name, starts = f"c{i:03d}", "2024-09-10" if i else "2025-09-10"
        world.party(name, "active", paid="2024-09-10", contract=True)
        world.contract(name, starts, "2026-09-09", 1200, 12)
        for day in ("2024-09-10", "2025-09-10"):
            if day >= starts:
                world.bill(name, day, 1200, *([(day, 1200)] if i else []))
    world.settle()
    assert 0.3 < expected(world) / sum(world.stream("c001")) < 0.9


def test_payments_that_name_no_bill_do_not_say_which_bills_are_paid(make_world):
    found = []
    for billed in (True, False):
        world = make_world()
        for i in range(30):
            name = f"c{i:03d}"
            world.party(name, "active", paid="2025-01-10", contract=True)
            world.contract(name, "2025-01-10", "2027-01-09", 1200, 12)
            world.cash(name, "2026-01-01", revenue=1200, refunds=-60)
            if billed:
                world.bill(name, "2025-01-10", 1200)
                world.bill(name, "2026-01-10", 1200)
            for day in ("2025-01-20", "2026-01-20"):
                world.add(
                    "payments", system="bank", id=name + day, party_id=name, paid_on=day, kind="payment",
                    currency="EUR", amount=1200, reporting_amount=1200, reporting_tax=0,
                )  # fmt: skip
        world.settle()
        found.append(expected(world))
    assert found[0] == pytest.approx(found[1])
    assert found[1] > 0
