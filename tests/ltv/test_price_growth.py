from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from valuekit.ltv import Discount, Horizon
from valuekit.ltv.price_growth import MINIMUM_YEARS, expect_growth, growth_of
from valuekit.ltv.renewals import summarise

from .conftest import AS_OF


def growth(world):
    summarise(world.engine, AS_OF)
    expect_growth(world.engine, AS_OF)
    table = world.engine.query("SELECT * FROM price_growth ORDER BY party_id, term_months").to_pylist()
    return {(row["party_id"], row["term_months"]): row for row in table}


def steps(world):
    growth(world)
    return world.engine.rows("SELECT party_id, months, up, down FROM price_histories ORDER BY party_id, term_months")


def test_a_renewal_at_a_higher_price_is_an_expansion_and_at_a_lower_one_a_contraction(world):
    world.party("up")
    world.contract("up", "2024-01-10", "2025-01-09", 1000, 12)
    world.contract("up", "2025-01-10", "2026-01-09", 1200, 12, kind="renewal")
    world.contract("up", "2026-01-10", "2027-01-09", 1200, 12, kind="renewal")
    world.party("down")
    world.contract("down", "2026-01-10", "2026-04-09", 100, 1)
    world.contract("down", "2026-04-10", None, 75, 1, kind="change")
    assert steps(world) == [("down", 5, 0, 250_000), ("up", 24, 200_000, 0)]


def test_a_change_half_way_is_a_change_of_price(world):
    world.party("ann")
    world.contract("ann", "2025-03-01", "2026-02-28", 1200, 12)
    world.contract("ann", "2025-06-01", "2026-05-31", 1800, 12, kind="change")
    world.contract("ann", "2026-06-01", "2027-05-31", 1800, 12, kind="renewal")
    assert [(up, down) for _, _, up, down in steps(world)] == [(500_000, 0)]


def test_a_further_subscription_is_no_change_of_price(world):
    world.party("ann")
    world.contract("ann", "2026-01-10", "2026-04-09", 100, 1)
    world.contract("ann", "2026-02-10", None, 900, 1)
    world.contract("ann", "2026-04-10", None, 110, 1, kind="change")
    assert [(up, down) for _, _, up, down in steps(world)] == [(100_000, 0)]


def test_a_leap_in_price_is_cut(world):
    world.party("ann")
    world.contract("ann", "2025-01-10", "2026-01-09", 1, 12)
    world.contract("ann", "2026-01-10", "2027-01-09", 1000, 12, kind="renewal")
    assert [up for _, _, up, _ in steps(world)] == [3_000_000]


def test_with_little_history_prices_stay(world):
    world.party("ann")
    world.contract("ann", "2024-01-10", "2025-01-09", 1000, 12)
    world.contract("ann", "2025-01-10", "2027-01-09", 1500, 12, kind="renewal")
    row = growth(world)["ann", 12]
    assert (row["growth"], row["own_weight"], row["variance"]) == (0, 0, 0)


def histories(rng, own, months, odds=1.0):
    """Customers whose price changes each year by their own mean and by chance, with so many months of renewals."""
    years = months // 12
    up, down, squares, changes = np.zeros((4, len(own)))
    for year in range(int(years.max())):
        step = (own + rng.normal(0, 0.12, len(own))) * (year < years) * (rng.random(len(own)) < odds)
        up, down, squares = up + np.maximum(step, 0), down + np.maximum(-step, 0), squares + step**2
        changes += step != 0
    columns = {"up": up, "down": down, "squares": squares}
    rows = {"term_months": np.full(len(own), 12.0), "months": months.astype(float), "changes": changes}
    return rows | {name: np.round(1e6 * values) for name, values in columns.items()}


def test_planted_growth_is_found_and_its_spread_among_customers_too():
    rng = np.random.default_rng(17)
    months = 12 * rng.integers(1, 8, 4_000)
    differ = growth_of(histories(rng, rng.normal(0.05, 0.08, 4_000), months), 12)
    alike = growth_of(histories(rng, np.full(4_000, 0.05), months), 12)
    for found in (differ, alike):
        assert found.net == pytest.approx(0.05, abs=4 * found.error**0.5)
    assert differ.between**0.5 == pytest.approx(0.08, abs=0.015)
    assert alike.between**0.5 < 0.03
    assert differ.weight(np.array([0.0])) == 0
    assert differ.weight(np.array([6.0])) > 3 * alike.weight(np.array([6.0]))


def test_a_customers_own_history_foretells_its_next_change_better_than_either_end():
    rng = np.random.default_rng(18)
    own, months = rng.normal(0.05, 0.08, 6_000), 12 * rng.integers(1, 5, 6_000)
    rows = histories(rng, own, months)
    found, years = growth_of(rows, 12), months / 12
    net = (rows["up"] - rows["down"]) / 1e6 / years
    weight = found.weight(years)
    error = {
        name: np.mean((guess - own) ** 2)
        for name, guess in {"shrunk": weight * net + (1 - weight) * found.net, "own": net, "all": found.net}.items()
    }
    assert error["shrunk"] < 0.8 * min(error["own"], error["all"])
    assert error["shrunk"] == pytest.approx(np.mean(found.between * (1 - weight)), rel=0.15)


def constant(customers, **one):
    """Customers whose price never changes, with one to four renewals each; and one more, with sums of its own."""
    rows = {name: np.zeros(customers + 1) for name in ("up", "down", "squares", "changes")}
    rows |= {"term_months": np.full(customers + 1, 12.0), "months": 12.0 * (1 + np.arange(customers + 1) % 4)}
    for name, value in one.items():
        rows[name][-1] = value
    return rows


@pytest.mark.parametrize("renewals", [1, 2, 5])
def test_what_one_customer_alone_has_seen_is_neither_its_own_growth_nor_that_of_all(renewals):
    doubled = {"months": 12 * renewals, "up": 1e6 * renewals, "squares": 1e6 * renewals, "changes": renewals}
    found = growth_of(constant(300, **doubled), 12)
    assert (found.net, found.weight(np.array([5.0]))[0]) == pytest.approx((0, 0))
    assert found.chance * found.years == pytest.approx(renewals)  # but it may happen to others


def test_one_step_of_each_customer_is_chance_and_steps_that_repeat_are_its_own():
    rng = np.random.default_rng(21)
    once, often = np.full(400, 12), np.full(400, 48)
    own = np.where(np.arange(400) % 2, 0.15, -0.05)
    assert growth_of(histories(rng, own, once), 12).between == 0
    repeats = growth_of(histories(rng, own, often), 12)
    assert repeats.between**0.5 == pytest.approx(0.10, abs=0.01)
    assert repeats.weight(np.array([4.0])) > 0.6


def renewed(world, party, prices, **columns):
    """A yearly contract at these prices, the last of them in force."""
    world.party(party, contract=True)
    for i, price in enumerate(prices):
        year = 2026 - len(prices) + i
        world.add(
            "contracts", system="crm", id=f"{party}{i}", party_id=party, signed_on=f"{year}-10-01",
            starts_on=f"{year}-10-01", ends_on=f"{year + 1}-09-30", auto_renew=False, term_months=12,
            kind="renewal" if i else "new", **{"amount": price, "reporting_amount": price} | columns,
        )  # fmt: skip


def left(world, customers):
    for i in range(customers):
        world.party(f"left{i}", "churned", contract=True)
        world.contract(f"left{i}", "2022-10-01", "2024-09-30", 1000, 12)


def test_a_customer_whose_price_doubled_once_is_not_expected_to_double_every_year(world):
    renewed(world, "one", [600, 1200])
    for i in range(60):
        renewed(world, f"p{i}", [1200] * (2 + i % 3))
    left(world, 15)
    world.value()
    one, same = (world.stream(party) for party in ("one", "p0"))
    assert one == pytest.approx(same)
    low, value, high = world.engine.rows(
        "SELECT low_50, ltv, high_50 FROM ltv JOIN ltv_intervals USING (party_id) WHERE party_id = 'one'"
    )[0]
    assert low < value < high


def test_growth_of_a_customers_own_lasts_as_long_as_it_was_seen_and_then_that_of_all(world):
    for i in range(30):
        renewed(world, f"grows{i}", [1000 * 1.2**k for k in range(4)])
        renewed(world, f"stays{i}", [1728] * 4)
    left(world, 15)
    row = growth(world)["grows0", 12]
    assert row["growth"] > np.log(1.17) > row["mean_growth"] > np.log(1.08)
    assert row["own_years"] == 3
    world.value()
    ratio = np.divide(world.stream("grows0"), world.stream("stays0"))
    assert np.all(np.diff(np.log(ratio[:3])) > 0.1)
    assert ratio[4:] == pytest.approx(ratio[4], abs=1e-4)


def test_a_move_of_exchange_rates_is_no_change_of_price_and_values_what_is_yet_to_be_billed(world):
    for rate_on, rate in (("2020-01-01", 1.0), ("2025-01-01", 0.7), ("2026-12-01", 3.0)):
        world.add("fx_rates", currency="USD", rate_on=rate_on, rate=rate)
    for i in range(25):
        renewed(world, f"us{i}", [1000, 1000, 1000], currency="USD")
        renewed(world, f"eu{i}", [700, 700, 700], currency="EUR")
    world.engine.execute("UPDATE contracts SET reporting_amount = 0.7 * amount WHERE id LIKE 'us%2'")
    left(world, 15)
    row = growth(world)["us0", 12]
    assert (row["growth"], row["chance"], row["changes"]) == (0, 0, 0)
    world.value()
    assert world.stream("us0") == world.stream("eu0")
    world.engine.execute("UPDATE fx_rates SET rate = 0.5 WHERE rate = 0.7")  # a move since the renewal
    world.value()
    assert world.stream("us0") == pytest.approx([5 / 7 * year for year in world.stream("eu0")], rel=1e-4)


def test_of_two_currencies_the_worth_at_one_rate_is_compared(world):
    for rate_on, rate in (("2020-01-01", 1.0), ("2026-03-01", 0.5)):
        world.add("fx_rates", currency="USD", rate_on=rate_on, rate=rate)
    renewed(world, "ann", [1000, 1000, 600])
    world.engine.execute("UPDATE contracts SET currency = IF(id = 'ann2', 'EUR', 'USD')")
    assert [(up, down) for *_, up, down in steps(world)] == [(200_000, 0)]


def test_too_short_a_history_of_one_term_borrows_from_all():
    rows = histories(np.random.default_rng(19), np.full(400, 0.04), np.full(400, 24))
    rows["term_months"][: int(MINIMUM_YEARS / 2) - 1] = 36
    pooled = growth_of({**rows, "term_months": np.full(400, 36.0)}, 36)
    assert growth_of(rows, 36).net == pooled.net
    assert growth_of(rows, 12).net != pooled.net


def test_three_years_of_growing_contracts_are_foreseen_and_without_expansion_undervalued(world):
    """Yearly contracts that renew four times in five, each time a tenth dearer with even odds."""
    rng = np.random.default_rng(20)
    rows, realised = [], 0.0
    for i in range(1_500):
        price, joined = 1000.0, int(rng.integers(1, 6))
        for year in range(-joined, 3):
            if year > -joined:
                if rng.random() > 0.8:
                    break
                price = round(price * (1.1 if rng.random() < 0.5 else 1.0), 2)
            if year >= 0:
                realised += price
            else:
                rows.append((f"p{i:04d}", date(2026 + year, 7, 1), date(2027 + year, 6, 30), price, year == -joined))
    names = ("party_id", "starts_on", "ends_on", "price", "first")
    world.engine.put("planted", pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))))
    world.add_all(
        "contracts",
        "SELECT 'crm' AS system, party_id || starts_on AS id, party_id, starts_on AS signed_on, starts_on, ends_on, "
        "price AS reporting_amount, 12 AS term_months, IF(first, 'new', 'renewal') AS kind FROM planted",
    )
    world.add_all(
        "stages",
        "SELECT party_id, IF(MAX(ends_on) >= DATE '2026-06-30', 'active', 'churned') AS stage FROM planted GROUP BY 1",
    )
    world.add_all("facts", "SELECT DISTINCT party_id, TRUE AS has_contract FROM planted")
    values = {}
    for expansion in (True, False):
        world.value(horizon=Horizon(3), discount=Discount(0.0), expansion=expansion)
        values[expansion] = float(world.engine.scalar("SELECT SUM(ltv) FROM ltv"))
    assert values[True] == pytest.approx(realised, rel=0.05)
    assert values[False] < 0.93 * values[True]
