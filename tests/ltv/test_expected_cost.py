"""Expected cost by party and function: from months to a weighted mean, with an interval."""

from datetime import date

import numpy as np
import pytest

from valuekit.ltv.expected_cost import intervals
from valuekit.tables import PUBLISHED

MONTHS = [date(2024 + (6 + n) // 12, (6 + n) % 12 + 1, 1) for n in range(24)]


def company(world, customers=160):
    """Customers for two years: small ones cost about 10 a month, large ones about 40, each a little more or less."""
    world.add_all("stages", f"SELECT 'p' || n AS party_id, 'active' AS stage FROM RANGE({customers}) AS r(n)")
    world.add_all(
        "facts",
        f"""SELECT 'p' || n AS party_id, DATE '2024-06-05' AS first_paid_on, TRUE AS has_contract,
            CASE WHEN n % 2 = 0 THEN 100 ELSE 1600 END AS mrr FROM RANGE({customers}) AS r(n)""",
    )
    world.add_all(
        "cash_months",
        f"""SELECT 'p' || n AS party_id, CAST(DATE '2024-07-01' + m * INTERVAL 1 MONTH AS DATE) AS month,
            0 AS revenue, 0 AS refunds, 0 AS cost_of_goods, 0 AS retention, 0 AS sales, 0 AS incentives, 0 AS other,
            -(CASE WHEN n % 2 = 0 THEN 10 ELSE 40 END) * (0.5 + n % 8 / 7.0)
                * (0.8 + 0.1 * ((n + 5 * m) % 5)) AS support,
            0 AS net_cash
            FROM RANGE({customers}) AS r(n), RANGE(24) AS t(m)""",
    )


def expected(world, party, column="monthly"):
    return world.engine.scalar(f"SELECT {column} FROM expected_cost WHERE party_id = $p", {"p": party})


def test_large_customers_are_expected_to_cost_what_large_ones_do_and_own_months_decide(world):
    company(world)
    world.value()
    assert world.engine.columns("expected_cost") == PUBLISHED["expected_cost"].names
    assert world.engine.columns("cost_models") == PUBLISHED["cost_models"].names
    assert world.engine.rows("SELECT function, model, customers FROM cost_models") == [("support", "glm", 160)]
    assert expected(world, "p0", "peer") == pytest.approx(-10, abs=1)
    assert expected(world, "p1", "peer") == pytest.approx(-40, abs=4)
    assert expected(world, "p0", "basis") == "own"
    assert float(expected(world, "p0")) == pytest.approx(float(expected(world, "p0", "own")), rel=0.1)


def test_months_may_cost_as_much_as_an_amount_can_be(world):
    company(world, customers=40)
    world.engine.execute("UPDATE cash_months SET support = -8e12 WHERE party_id = 'p1'")
    world.value()
    assert float(expected(world, "p1", "own")) == pytest.approx(-8e12)


def test_four_of_five_customers_lie_within_their_interval_and_it_holds_what_is_expected(world):
    company(world)
    world.value()
    wrong = world.engine.scalar("SELECT COUNT(*) FROM expected_cost WHERE NOT low <= monthly OR NOT monthly <= high")
    inside = world.engine.scalar("SELECT COUNT(*) FROM expected_cost WHERE own BETWEEN low AND high")
    assert wrong == 0
    assert inside >= 0.8 * 160


def test_a_new_customer_is_expected_to_cost_what_its_peers_do(world):
    company(world)
    world.party("new", paid="2026-06-20", contract=True)
    world.engine.execute("UPDATE facts SET mrr = 1600 WHERE party_id = 'new'")
    world.value()
    assert (expected(world, "new", "own"), expected(world, "new", "own_weight")) == (None, 0)
    assert expected(world, "new", "basis") == "prior"
    assert expected(world, "new") == expected(world, "new", "peer")
    assert expected(world, "new") < 3 * expected(world, "p0", "peer")


def test_in_a_small_company_the_mean_stands_in_and_there_is_no_interval(world):
    company(world, customers=4)
    world.value()
    assert expected(world, "p1", "model") == "mean"
    assert expected(world, "p1", "own_weight") == pytest.approx(12 / 18)
    assert expected(world, "p1", "low") is None
    assert "too few" in world.engine.scalar("SELECT note FROM cost_models")


def test_the_order_of_rows_changes_nothing(make_world):
    answers = []
    for order in ("party_id, month", "month DESC, party_id DESC"):
        world = make_world()
        company(world, customers=120)
        world.engine.execute(f"CREATE OR REPLACE TABLE cash_months AS SELECT * FROM cash_months ORDER BY {order}")
        world.value()
        answers.append(world.engine.rows("SELECT * FROM expected_cost ORDER BY party_id, function"))
    assert answers[0] == answers[1]


def ratios(steps, customers, level=4.0, history=2.0):
    size = len(steps)
    return {"history": np.full(size, history), "level": np.full(size, level), "step": np.asarray(steps, dtype=float),
            "customers": np.asarray(customers, dtype=float)}  # fmt: skip


def test_the_interval_holds_the_middle_four_fifths():
    (found,) = [
        row for row in intervals("support", ratios([-16, -8, 0, 8, 16], [9, 10, 60, 12, 9])) if row["history"] == 2
    ]
    assert (found["low"], found["high"]) == (pytest.approx(np.exp(-1)), pytest.approx(np.exp(1)))


def test_where_a_tenth_and_more_cost_nothing_the_interval_begins_there():
    (found,) = [row for row in intervals("support", ratios([-64, 0, 8, 16], [40, 30, 10, 20])) if row["history"] == 2]
    assert (found["low"], found["high"]) == (0, pytest.approx(np.exp(1)))


def test_too_few_customers_tell_no_interval():
    assert list(intervals("support", ratios([0], [49]))) == []


def add_goods(world, per_month):
    world.engine.execute(f"UPDATE cash_months SET cost_of_goods = -({per_month})")


def test_goods_of_a_new_customer_are_those_of_customers_of_its_size_and_not_of_all(world):
    """Small customers (100 a month) use 10 % of what they pay, large ones (1600) 40 %, whatever is billed when."""
    company(world)
    add_goods(world, "CASE WHEN CAST(party_id[2:] AS INTEGER) % 2 = 0 THEN 10 ELSE 640 END")
    for party, mrr in (("small", 100), ("large", 1600)):
        world.party(party, paid="2026-06-20", contract=True)
        world.engine.execute(f"UPDATE facts SET mrr = {mrr} WHERE party_id = '{party}'")
    world.value()
    rates = dict(
        world.engine.rows("SELECT party_id, goods_a_month FROM cost_rates WHERE party_id IN ('small', 'large')")
    )
    assert rates == {"small": pytest.approx(-10, rel=0.01), "large": pytest.approx(-640, rel=0.01)}
    assert expected(world, "p1", "basis") in ("own", "pooled")
    functions = {f for (f,) in world.engine.rows("SELECT DISTINCT function FROM expected_cost")}
    assert functions == {"goods", "support"}


def test_goods_that_go_with_size_do_so_within_a_step_of_it_too(world):
    company(world)
    world.engine.execute("UPDATE facts SET mrr = 80 + 13 * CAST(party_id[2:] AS INTEGER)")
    world.engine.execute(
        "UPDATE cash_months SET cost_of_goods = -0.3 * f.mrr FROM facts AS f WHERE f.party_id = cash_months.party_id"
    )
    for mrr in (127, 700, 1333, 2000):
        world.party(f"n{mrr}", paid="2026-06-20", contract=True)
        world.engine.execute(f"UPDATE facts SET mrr = {mrr} WHERE party_id = 'n{mrr}'")
    world.value()
    for mrr in (127, 700, 1333, 2000):
        rate = world.engine.scalar(f"SELECT goods_a_month FROM cost_rates WHERE party_id = 'n{mrr}'")
        assert rate == pytest.approx(-0.3 * mrr, rel=0.02)


def test_who_is_not_known_to_have_a_contract_has_none(world):
    company(world)
    world.party("shop", paid="2025-08-03", contract=None)
    world.order("shop", "2026-06-03", 100)
    world.cash("shop", "2026-03-01", revenue=100, support=-5, cost_of_goods=-60)
    world.value()
    assert world.engine.scalar("SELECT goods_share FROM cost_rates WHERE party_id = 'shop'") == pytest.approx(-0.6)


def test_few_whose_cost_explodes_widen_sums_and_not_the_intervals_of_most(world):
    """Every customer has given notice, so that only its cost is not known; that of one in ten is off by far."""
    company(world, customers=400)
    world.engine.execute(
        "UPDATE cash_months SET support = support * 12 "
        "WHERE CAST(party_id[2:] AS INTEGER) % 10 = 3 AND month >= DATE '2025-07-01'"
    )
    for n in range(400):
        world.contract(f"p{n}", "2026-01-10", "2027-01-09", 1200, 12, cancelled="2026-05-01")
    world.value()
    found = world.engine.query(
        "SELECT CAST(high_80 - low_80 AS DOUBLE) / (2 * 1.2816 * CAST(deviation AS DOUBLE)) AS share FROM ltv_intervals"
    )["share"].to_numpy()
    assert 0 < np.median(found) < 0.7
