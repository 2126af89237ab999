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
