"""Companies whose future is simulated too: does the cube foresee it?"""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from valuekit.calendar import add_months
from valuekit.ltv import Discount, Horizon

AS_OF = date(2026, 6, 30)
YEARS = 3


def subscribers(n, rng):
    """Customers who joined within five years, with the months that each stays: monthly and yearly contracts."""
    term = rng.choice([1, 12], n)
    quits = np.where(term == 1, rng.beta(0.6, 8.0, n), rng.beta(0.9, 2.6, n))
    return {
        "term": term,
        "price": np.round(rng.gamma(4.0, 20.0, n) * np.where(term == 1, 1, 11), 2),
        "joined": rng.integers(1, 60, n),  # months before the as-of date
        "stays": rng.geometric(quits) * term,
    }


def contract_rows(world):
    """The contract table that the company has at the as-of date."""
    first = date(2026, 7, 1)
    for i, (term, price, joined, stays) in enumerate(zip(*world.values(), strict=True)):
        start, end = add_months(first, -int(joined)), min(int(stays), 10**4)
        if term == 1:
            ended = end <= joined
            yield f"p{i}", start, minus_a_day(add_months(start, end)) if ended else None, float(price), 1
            continue
        for k in range(0, min(end, int(joined)), 12):
            begin = add_months(start, k)
            yield f"p{i}", begin, minus_a_day(add_months(begin, 12)), float(price), 12


def minus_a_day(day):
    return date.fromordinal(day.toordinal() - 1)


def test_three_years_of_contracts_are_foreseen(world):
    rng = np.random.default_rng(21)
    planted = subscribers(4_000, rng)
    names = ("party_id", "starts_on", "ends_on", "price", "months")
    rows = pa.table(dict(zip(names, map(list, zip(*contract_rows(planted), strict=True)), strict=True)))
    world.engine.put("planted", rows)
    world.add_all(
        "contracts",
        "SELECT 'crm' AS system, party_id || starts_on AS id, party_id, starts_on AS signed_on, starts_on, ends_on, "
        "price AS reporting_amount, months AS term_months, 'new' AS kind FROM planted",
    )
    world.add_all(
        "stages",
        "SELECT party_id, CASE WHEN MAX(COALESCE(ends_on, DATE '2999-01-01')) >= DATE '2026-06-30' THEN 'active' "
        "ELSE 'churned' END AS stage FROM planted GROUP BY party_id",
    )
    world.add_all(
        "facts", "SELECT party_id, MIN(starts_on) AS first_paid_on, TRUE AS has_contract FROM planted GROUP BY 1"
    )
    models = {m.name: m for m in world.value(horizon=Horizon(YEARS), discount=Discount(0.0))}

    for term, (alpha, beta) in {1: (0.6, 8.0), 12: (0.9, 2.6)}.items():
        model = models[f"contracts.renewals.{term}m"].estimator
        error = model.standard_errors_
        assert abs(model.parameters_["alpha"] - alpha) < 3.5 * error["alpha"]
        assert abs(model.parameters_["beta"] - beta) < 3.5 * error["beta"]

    ahead = np.arange(12 * YEARS) + planted["joined"][:, None]
    paid = (ahead % planted["term"][:, None] == 0) & (ahead < planted["stays"][:, None])
    realised = (paid.sum(axis=1) * planted["price"]).sum()
    assert float(world.engine.scalar("SELECT SUM(ltv) FROM ltv")) == pytest.approx(realised, rel=0.03)


def test_three_years_of_orders_are_foreseen(world):
    rng = np.random.default_rng(22)
    n = 4_000
    rate, quits = rng.gamma(0.7, 1 / 50.0, n), rng.beta(0.8, 2.5, n)  # a day
    joined, spend = rng.integers(1, 900, n), 90.0 / rng.gamma(4.0, 1.0, n)
    orders, future = [], 0.0
    for i in range(n):
        day, alive = float(-joined[i]), True
        while alive and day <= YEARS * 365.25:
            amount = round(float(rng.gamma(6.0, spend[i] / 6.0)) + 0.01, 2)
            if day <= 0:
                orders.append((f"p{i}", date.fromordinal(AS_OF.toordinal() + int(np.ceil(day))), amount))
            else:
                future += amount
            alive = rng.random() > quits[i]
            day += rng.exponential(1 / max(rate[i], 1e-9))
    names = ("party_id", "ordered_on", "amount")
    world.engine.put("planted", pa.table(dict(zip(names, map(list, zip(*orders, strict=True)), strict=True))))
    world.add_all(
        "orders",
        "SELECT 'shop' AS system, CAST(ROW_NUMBER() OVER () AS VARCHAR) AS id, party_id, ordered_on, "
        "amount AS reporting_amount, amount FROM planted",
    )
    world.add_all("stages", "SELECT DISTINCT party_id, 'active' AS stage FROM planted")
    world.add_all(
        "facts", "SELECT party_id, MIN(ordered_on) AS first_ordered_on, FALSE AS has_contract FROM planted GROUP BY 1"
    )
    world.value(horizon=Horizon(YEARS), discount=Discount(0.0))
    assert float(world.engine.scalar("SELECT SUM(ltv) FROM ltv")) == pytest.approx(future, rel=0.06)
