"""Money that no contract in force brings: what those who left before still brought is expected of those who leave."""

import numpy as np
import pytest

from valuekit.ltv import Acquisition, Discount, RateRule
from valuekit.ltv.uncontracted import After

LEFT, STAYED = 40, 40


def gone(world, name, *, back=0.0):
    """A customer with one year to 2025-01-09 at 10 a month, who pays `back` in each month of 2025 from March on."""
    world.party(name, "churned", paid="2024-01-10", contract=True)
    world.contract(name, "2024-01-10", "2025-01-09", 120, 12)
    for month in range(3, 13):
        if back:
            world.cash(name, f"2025-{month:02d}-01", revenue=back)


def there(world, name):
    world.party(name, paid="2024-01-10", contract=True)
    world.contract(name, "2024-01-10", "2025-01-09", 120, 12)
    world.contract(name, "2025-01-10", "2026-01-09", 120, 12, kind="renewal")
    world.contract(name, "2026-01-10", "2027-01-09", 120, 12, kind="renewal")


def company(world, back, **settings):
    for i in range(LEFT):
        gone(world, f"gone{i:02d}", back=back if i % 4 == 0 else 0.0)
    for i in range(STAYED):
        there(world, f"there{i:02d}")
    world.party("ann", paid="2025-12-20", contract=True)
    world.contract("ann", "2025-12-20", "2026-12-19", 120, 12)
    world.value(**settings)
    return sum(world.stream("ann")[:3])


def test_customers_who_leave_bring_what_those_before_them_still_brought(make_world):
    silent, paying = (company(make_world(), back) for back in (0.0, 10.0))
    # One in four who left paid ten months on, so leaving brings two and a half months; about half of the new leave.
    assert silent + 0.4 * 25 < paying < silent + 0.75 * 25


def test_what_comes_after_leaving_is_counted_once_at_a_rate_of_some(make_world):
    worlds = mixed, low, high = make_world(), make_world(), make_world()
    company(mixed, 10.0, rates_by=[RateRule("party_id IN ('ann', 'there00')", 0.3)])
    company(low, 10.0)
    company(high, 10.0, discount=Discount(0.3))
    assert mixed.stream("ann") == low.stream("ann") == high.stream("ann")
    ends = "SELECT party_id, ltv, deviation, low_80, high_80 FROM ltv_intervals JOIN ltv USING (party_id)"
    found, at_low, at_high = ({row[0]: row[1:] for row in world.engine.rows(ends)} for world in worlds)
    assert found == at_low | {party: at_high[party] for party in ("ann", "there00")}


def test_it_is_left_out_where_it_does_not_count(make_world):
    silent, off = make_world(), make_world()
    assert company(off, 10.0, uncontracted=False) == company(silent, 0.0)
    ends = "SELECT * FROM ltv_intervals WHERE party_id = 'ann'"
    assert off.engine.rows(ends) == silent.engine.rows(ends)


def test_the_next_customer_leaves_as_others_do_and_pays_on_as_they_do(make_world):
    each = []
    for counts in (False, True):
        world = make_world()
        company(world, 10.0, uncontracted=counts, acquisition=Acquisition(1, 0), discount=Discount(0.0))
        each.append(float(world.engine.scalar("SELECT each FROM customer_equity WHERE part = 'future'")))
    # Two and a half months of 10 once it has left, which about half of the new do within the three years.
    assert each[0] + 0.35 * 25 < each[1] < each[0] + 0.75 * 25


def test_what_comes_after_leaving_ends_with_the_tenth_year(make_world):
    silent, paying = make_world(), make_world()
    assert company(silent, 0.0) < company(paying, 10.0)
    later = "SELECT later FROM cube WHERE party_id = 'ann' AND stream = 'revenue'"
    assert silent.engine.scalar(later) == paying.engine.scalar(later) > 0


def test_who_left_long_ago_is_worth_what_came_so_long_after(world):
    company(world, 10.0)
    # In the 18th month since they left and later nobody paid.
    assert world.stream("gone00") == world.stream("gone01") == []
    world.party("new", "churned", paid="2025-04-10", contract=True)
    world.contract("new", "2025-04-10", "2026-04-09", 120, 12)
    world.value()
    # April is the last month: it was gone for two in June, and a quarter of the price comes in months 3 to 11.
    assert world.stream("new")[0] == pytest.approx(9 * 10 / 4, rel=0.03)


def test_money_without_contract_goes_on_as_it_has(world):
    for i in range(30):
        world.party(f"p{i:02d}", "paid_without_contract", paid="2024-07-01")
        for year, month in [(2024, m) for m in range(7, 13)] + [(2025, m) for m in range(1, 13)]:
            world.cash(f"p{i:02d}", f"{year}-{month:02d}-01", revenue=10)
        for month in range(1, 7) if i < 15 else ():
            world.cash(f"p{i:02d}", f"2026-{month:02d}-01", revenue=10)
    world.value()
    # A year of 120, looked back on from each of four quarter ends: 90, 105, 120 and 120 came in the next year.
    share = (0.75 + 0.875 + 1 + 1) / 4
    # Of three whole quarters two came again a year later from half of them, and one from all.
    lasts = (0.5 + 0.5 + 1) / 3
    assert world.stream("p00")[:3] == pytest.approx([120 * share, 120 * share * lasts, 120 * share * lasts**2])
    # Nobody who had fallen silent has been seen for a year, so these share what all show.
    assert world.stream("p29")[0] == pytest.approx(60 * share)


def test_a_payer_that_has_fallen_silent_brings_what_those_before_it_still_brought(world):
    for i in range(60):
        world.party(f"p{i:02d}", "paid_without_contract", paid="2023-07-01")
        months = [(2023, m) for m in range(7, 13)] + [(2024, m) for m in range(1, 13)]
        if i >= 30:
            months += [(2025, m) for m in range(1, 13)] + [(2026, m) for m in range(1, 7)]
        for year, month in months if i != 59 else months[:-6]:
            world.cash(f"p{i:02d}", f"{year}-{month:02d}-01", revenue=10)
    world.value()
    # Thirty fell silent after 2024 and brought nothing from then on, the others all that they had: p59 is silent now.
    assert world.stream("p59") == []
    assert world.stream("p00") == []
    # From each quarter in which they paid, looked back on: 420 of 720 came from the first, 960 of 960 from the others.
    assert world.stream("p30")[0] == pytest.approx(120 * (30 * 420 + 30 * 960 - 60 - 30) / (30 * 720 + 30 * 960))


def test_too_few_who_left_say_nothing(world):
    for i in range(3):
        gone(world, f"gone{i}", back=50.0)
    there(world, "ann")
    world.value()
    assert world.stream("gone0") == []


def test_what_comes_after_leaving_is_spread_over_the_years():
    after = After(np.array([0.0, 0.0, *[0.5] * 12]), 0.5)
    left = np.zeros((1, 120))
    left[0, 6] = 0.4
    months = after.by_year(left)[0]
    assert months[:3] == pytest.approx([0.4 * 0.5 * 4, 0.4 * 0.5 * 8, 0.0])
    ahead, chance = after.since(np.array([7.0]))
    assert (ahead[0, 0], chance[0]) == pytest.approx((0.5 * 6, 0.5 * 0.5))
