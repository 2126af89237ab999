from decimal import Decimal

import numpy as np
import pytest

from valuekit.errors import UnknownNameError
from valuekit.ltv import Discount, Horizon
from valuekit.ltv.purchases import PURCHASE_MODELS
from valuekit.tables import PUBLISHED
from valuekit.tables.published import VALUED_STAGES


def test_an_empty_company_has_an_empty_cube(world):
    world.value()
    assert world.engine.count("cube") == world.engine.count("ltv") == 0
    for name in ("cube", "ltv"):
        assert world.engine.columns(name) == PUBLISHED[name].names


def test_a_run_keeps_what_its_models_of_purchases_know_of_buyers(world):
    for name, day, amount in (("a", "2026-01-05", 20), ("b", "2026-02-05", 30), ("c", "2026-03-05", 40)):
        world.order("ann", day, amount, name=name)
    world.order("ann", "2026-03-09", -40, returns="c")
    world.order("ann", "2026-03-10", -5, returns="a")
    world.value()
    assert world.engine.columns("buyers") == PUBLISHED["buyers"].names
    assert world.engine.rows("SELECT * EXCLUDE (first_bought_on) FROM buyers") == [("ann", 31, 2, 15, 30)]


def test_the_contract_stream_is_price_times_survival(world):
    world.party("ann", paid="2026-01-10", contract=True)
    world.contract("ann", "2026-01-10", "2027-01-09", 1200, 12)
    world.value()
    # Too few renewals to learn from: the stated prior, S(t) = 4 / (4 + t) in years.
    assert world.stream("ann")[:3] == [960.0, 800.0, pytest.approx(1200 * 4 / 7, abs=1e-4)]
    present = Decimal("2149.0844")  # 960 / 1.1^0.5 + 800 / 1.1^1.5 + 685.7143 / 1.1^2.5
    for_ever = sum(1200 * 4 / (4 + k) * 1.1 ** -(k - 0.5) for k in range(1, 500))
    assert world.ltv("ann") == {
        "party_id": "ann", "model": "sbg", "basis": "prior", "own_weight": 0.0, "p_alive": 1.0, "ltv": present,
        "ltv_infinite": pytest.approx(Decimal(for_ever), abs=Decimal("0.02")), "discount_rate": 0.10,
    }  # fmt: skip


def test_refunds_of_the_last_year_lower_what_contracts_are_expected_to_bring(world):
    world.party("ann", paid="2026-01-10", contract=True)
    world.contract("ann", "2026-01-10", "2027-01-09", 1200, 12)
    world.cash("ann", "2026-02-01", revenue=1000, refunds=-50)
    world.value()
    assert world.stream("ann")[0] == 960 * 0.95


def test_everyone_who_has_paid_is_valued_and_nobody_else(world):
    stages = (*VALUED_STAGES, "prospect", "signed_unpaid", "supplier", "internal")
    for stage in stages:
        world.party(stage, stage, paid="2026-01-10")
        world.contract(stage, "2026-01-10", None, 100, 1)
        world.order(stage, "2026-02-10", 100)
    world.value()
    assert {row[0] for row in world.engine.rows("SELECT party_id FROM ltv")} == set(VALUED_STAGES)
    assert {row[0] for row in world.engine.rows("SELECT DISTINCT party_id FROM cube")} <= set(VALUED_STAGES)


def test_after_churn_a_contract_brings_and_costs_nothing(world):
    for party, stage in (("gone", "churned"), ("here", "active")):
        world.party(party, stage, paid="2024-01-10", contract=True)
        world.contract(party, "2024-01-10", "2026-01-09" if stage == "churned" else None, 100, 1)
        for month in ("2025-10-01", "2025-11-01", "2026-04-01"):
            world.cash(party, month, revenue=100, support=-40, sales=-10, retention=-5, cost_of_goods=-20)
    world.value()
    assert world.engine.scalar("SELECT COUNT(*) FROM cube WHERE party_id = 'gone'") == 0
    assert world.ltv("gone")["ltv"] == 0
    assert world.ltv("gone")["p_alive"] == 0
    for stream in ("support", "sales", "marketing", "cost_of_goods"):
        assert world.stream("here", stream)[0] < 0


def test_a_heavy_customer_costs_more_than_its_peers_and_less_than_its_own_year(world):
    for party, support in (("heavy", -300), ("light", -10), ("other", -10)):
        world.party(party, paid="2025-06-10", contract=True)
        world.contract(party, "2025-06-10", None, 100, 1)
        for month in range(13):
            world.cash(party, f"{2025 + (5 + month) // 12}-{(5 + month) % 12 + 1:02d}-01", revenue=100, support=support)
    world.value()
    peers = (300 + 10 + 10) / 3
    monthly = (12 * 300 + 6 * peers) / 18
    rate = world.engine.scalar("SELECT support FROM cost_rates WHERE party_id = 'heavy'")
    assert rate == pytest.approx(-monthly)
    alive = world.engine.scalar("SELECT alive_1 FROM futures WHERE party_id = 'heavy'")
    assert world.stream("heavy", "support")[0] == pytest.approx(-monthly * alive, abs=1e-3)  # 12 times 0.00005


def test_goods_under_contract_cost_by_the_month_however_late_an_invoice_is_paid(world):
    for party in ("late", "prompt"):
        world.party(party, paid="2024-06-10", contract=True)
        world.contract(party, "2026-06-10", "2027-06-09", 1200, 12)
        for month in range(24):
            first = f"{2024 + (6 + month) // 12}-{(6 + month) % 12 + 1:02d}-01"
            paid = 1200 if party == "prompt" and first == "2026-06-01" else 0
            world.cash(party, first, revenue=paid, cost_of_goods=-25)
    world.value()
    assert world.stream("late", "cost_of_goods") == world.stream("prompt", "cost_of_goods")
    assert world.stream("late", "cost_of_goods")[0] == pytest.approx(-300, abs=30)  # 25 a month, while it stays


def test_a_small_new_customer_does_not_carry_the_goods_of_large_peers(world):
    for party, mrr, paid in (("large", 1000, "2024-06-10"), ("small", 10, "2026-06-10")):
        world.party(party, paid=paid, contract=True)
        world.engine.execute("UPDATE facts SET mrr = $mrr WHERE party_id = $party", {"mrr": mrr, "party": party})
        world.contract(party, paid, None, mrr, 1)
    for month in ("2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01"):
        world.cash("large", month, revenue=1000, cost_of_goods=-400)
    world.value()
    revenue, goods = world.stream("small")[0], world.stream("small", "cost_of_goods")[0]
    assert goods / revenue == pytest.approx(-0.4, abs=1e-4)  # as a share, what the peer costs


@pytest.mark.parametrize("term", [1, 12])
def test_cost_that_follows_the_money_is_its_share_of_revenue_however_young_the_contract(world, term):
    for party, starts in (("old", "2024-02-10"), ("young", "2026-02-10")):
        world.party(party, paid=starts, contract=True)
        world.contract(party, starts, None, 100 * term, term)
        for paid in range(0, 29 if party == "old" else 5, term):
            month = f"{int(starts[:4]) + (1 + paid) // 12}-{(1 + paid) % 12 + 1:02d}-01"
            money = 100 * term * (2 if paid == 24 else 1)
            world.cash(party, month, revenue=money, cost_of_goods=-money / 5, support=-money / 10)
    world.engine.execute("UPDATE facts SET mrr = 100")
    world.value()
    for party in ("old", "young"):
        revenue = np.array(world.stream(party))
        assert world.stream(party, "cost_of_goods") == pytest.approx(-0.2 * revenue, abs=1e-3)
        assert world.stream(party, "support") == pytest.approx(-0.1 * revenue, abs=1e-3)


@pytest.mark.parametrize(
    ("ends", "months"), [("2026-06-30", 0), ("2026-07-15", 0.49), ("2026-07-31", 1), ("2027-02-28", 8)]
)
def test_after_notice_cost_goes_on_until_the_very_end(world, ends, months):
    for party, last, notice in (("leaves", ends, "2026-06-01"), ("stays", None, None)):
        world.party(party, paid="2024-03-10", contract=True)
        world.contract(party, "2024-03-01", last, 1200, 12, cancelled=notice)
        for month in range(24):
            world.cash(party, f"{2024 + (6 + month) // 12}-{(6 + month) % 12 + 1:02d}-01", support=-10)
    world.value()
    assert sum(world.stream("leaves", "support")) == pytest.approx(-10 * months, abs=0.05)


def test_a_small_customer_is_not_expected_to_cost_what_large_ones_do(world):
    for party, price in (("large", 1000), ("larger", 2000), ("small", 1)):
        world.party(party, paid="2022-01-10", contract=True)
        world.engine.execute("UPDATE facts SET mrr = $price WHERE party_id = $party", {"price": price, "party": party})
        world.contract(party, "2022-01-10", None, price, 1)
        for month in range(24):
            first = f"{2024 + (6 + month) // 12}-{(6 + month) % 12 + 1:02d}-01"
            world.cash(party, first, revenue=price, support=-price / 10)
    world.value()
    assert world.stream("small", "support")[0] == pytest.approx(-0.1 * world.stream("small")[0], rel=0.05)
    assert world.ltv("small")["ltv"] > 0


def test_the_cost_of_winning_a_customer_is_sunk(world):
    world.party("ann", paid="2026-03-10", contract=True)
    world.contract("ann", "2026-03-10", None, 100, 1)
    world.cash("ann", "2026-02-01", sales=-5000)
    world.cash("ann", "2026-03-01", sales=-3000, revenue=100)
    world.cash("ann", "2026-05-01", sales=-30)
    world.value()
    assert world.engine.scalar("SELECT sales FROM cost_rates") == pytest.approx(-10)


def test_a_new_customer_costs_what_its_peers_cost_and_its_basis_is_not_its_own(world):
    world.party("old", paid="2024-01-10", contract=True)
    world.contract("old", "2024-01-10", None, 100, 1)
    for month in range(24):
        world.cash("old", f"{2024 + (6 + month) // 12}-{(6 + month) % 12 + 1:02d}-01", revenue=100, support=-10)
    world.party("new", paid="2026-06-20", contract=True)
    world.contract("new", "2026-06-20", None, 100, 1)
    world.party("buyer", paid="2026-06-30")
    world.order("buyer", "2026-06-30", 50)
    world.value()
    assert world.engine.scalar("SELECT support FROM cost_rates WHERE party_id = 'new'") == pytest.approx(-10)
    assert world.ltv("new")["basis"] == "prior"
    assert world.ltv("buyer")["basis"] == "prior"
    assert world.ltv("buyer")["own_weight"] == 0


def test_orders_and_contracts_of_one_party_add_up(world):
    for party in ("both", "orders", "contract"):
        world.party(party, paid="2025-01-10", contract=party != "orders")
        if party != "contract":
            world.order(party, "2026-05-10", 100)
        if party != "orders":
            world.contract(party, "2026-01-10", "2027-01-09", 1200, 12)
    world.value()
    together = np.array(world.stream("orders")) + np.array(world.stream("contract"))
    assert world.stream("both") == pytest.approx(together, abs=1e-4)
    assert world.ltv("both")["model"] == "sbg+mbg_nbd"


def test_money_without_contract_or_order_promises_nothing(world):
    world.party("ann", "paid_without_contract", paid="2026-01-10")
    world.cash("ann", "2026-01-01", revenue=500)
    world.value()
    row = world.ltv("ann")
    assert (row["model"], row["basis"], row["ltv"]) == ("none", "prior", 0)


@pytest.mark.parametrize("name", PURCHASE_MODELS)
def test_any_purchase_model_values_a_shop(world, name):
    fill_shop(world, 150)
    models = world.value(purchase_model=name)
    assert [m.note for m in models] == ["", ""]
    total, parties = world.engine.rows("SELECT SUM(ltv), COUNT(*) FROM ltv WHERE ltv > 0")[0]
    assert parties == 150
    assert 1_000 < total < 1_000_000
    alive = "SELECT MIN(p_alive), MAX(p_alive) FROM ltv JOIN order_summary USING (party_id) WHERE frequency = 0"
    least, most = world.engine.rows(alive)[0]
    assert (least, most) == (1, 1) if name.removeprefix("lifetimes_").startswith("bg_") else 0 < least < most < 0.9
    # A first purchase does not say what one is worth: half of such a value is the peers' at least.
    weights = "SELECT frequency > 0, MAX(own_weight) FROM ltv JOIN order_summary USING (party_id) GROUP BY 1 ORDER BY 1"
    (_, once), (_, again) = world.engine.rows(weights)
    assert 0 <= once <= 0.5
    assert once < again


def test_units_change_the_parameters_and_not_the_value(make_world):
    values = []
    for unit in ("day", "month"):
        world = make_world()
        fill_shop(world, 150)
        world.value(time_unit=unit)
        values.append(float(world.engine.scalar("SELECT SUM(ltv) FROM ltv")))
    assert values[0] == pytest.approx(values[1], rel=1e-4)


def test_of_who_orders_after_its_contract_is_over_nothing_but_orders_is_expected_and_their_goods(world):
    for name, current in (("ann", False), ("bob", None)):
        world.add("stages", party_id=name, stage="active")
        world.add(
            "facts", party_id=name, first_paid_on="2025-01-10", has_contract=current is False, contract_current=current
        )
        for month in ("2026-02", "2026-05"):
            world.order(name, f"{month}-01", 40)
            world.cash(name, f"{month}-01", revenue=40, cost_of_goods=-10)
    world.contract("ann", "2024-01-10", "2025-01-09", 1200, 12)
    world.value(uncontracted=False)
    assert world.stream("ann") == world.stream("bob")
    assert world.stream("ann", "cost_of_goods") == world.stream("bob", "cost_of_goods")


def test_the_same_input_gives_the_same_tables(make_world):
    tables = []
    for _ in range(2):
        world = make_world()
        fill_shop(world, 60)
        world.value()
        tables.append([world.engine.rows(f"SELECT * FROM {t} ORDER BY ALL") for t in ("cube", "ltv")])
    assert tables[0] == tables[1]


@pytest.mark.parametrize(
    "wrong",
    [{"time_unit": "fortnight"}, {"purchase_model": "mbg"}, {"off": ["suport"]}],
    ids=["unit", "model", "stream"],
)
def test_a_wrong_name_is_refused_with_what_is_known(world, wrong):
    with pytest.raises(UnknownNameError, match=r"Did you mean|Known:"):
        world.value(**wrong)


def test_horizon_and_discount_are_the_settings_of_the_ltv_column(world):
    world.party("ann", paid="2026-01-10", contract=True)
    world.contract("ann", "2026-01-10", "2027-01-09", 1200, 12)
    world.value(horizon=Horizon(2), discount=Discount(0.0))
    assert world.ltv("ann")["ltv"] == 960 + 800


def fill_shop(world, buyers, seed=8):
    """Buyers who each have their own pace, and their own probability to drop out after a purchase."""
    rng = np.random.default_rng(seed)
    for i in range(buyers):
        party, day, gap = f"b{i:03d}", int(rng.integers(30, 700)), float(rng.gamma(2.0, 30.0)) + 5
        quits = rng.beta(0.8, 2.0)
        world.party(party, paid="2025-01-01")
        while day > 0:
            world.order(party, str(np.datetime64(world.as_of) - day), round(float(rng.gamma(5, 10)), 2))
            day = day - max(1, round(rng.exponential(gap))) if rng.random() > quits else 0


def test_a_run_that_keeps_its_scratch_gives_the_same_values(make_world):
    values = []
    for keeps in (False, True):
        world = make_world()
        world.engine.keep_scratch = keeps
        world.party("ann", paid="2025-12-20", contract=True)
        world.contract("ann", "2025-12-20", "2026-12-19", 120, 12)
        world.value()
        values.append(world.ltv("ann"))
    assert values[0] == values[1]


def test_who_uses_much_and_pays_nothing_does_not_make_the_goods_of_orders_dear(make_world):
    shares = []
    for odd in (False, True):
        world = make_world()
        for i in range(12):
            world.party(f"p{i}", paid="2025-08-03")
            for month in range(1, 7):
                world.order(f"p{i}", f"2026-{month:02d}-0{1 + i % 9}", 100)
                world.cash(f"p{i}", f"2026-{month:02d}-01", revenue=100, cost_of_goods=-10)
        if odd:
            world.party("odd", paid="2025-08-03")
            world.cash("odd", "2026-03-01", cost_of_goods=-90_000)
        world.value()
        shares.append(world.engine.rows("SELECT goods_share FROM cost_rates WHERE party_id <> 'odd' ORDER BY party_id"))
    assert shares[0] == shares[1]
    assert shares[0][0] == (pytest.approx(-0.10),)


def test_a_return_of_an_older_order_makes_goods_neither_dearer_nor_a_gain(world):
    for party in ("shop", "back"):
        world.party(party, paid="2024-01-05")
        for month in ("2026-01", "2026-02", "2026-03"):
            world.order(party, f"{month}-05", 100)
            world.cash(party, f"{month}-01", revenue=100, cost_of_goods=-60)
    world.cash("back", "2026-04-01", refunds=-60_000, cost_of_goods=36_000)
    world.value()
    rates = dict(world.engine.rows("SELECT party_id, goods_share FROM cost_rates"))
    assert rates == {"shop": pytest.approx(-0.6), "back": pytest.approx(-0.6)}
    assert all(cash <= 0 for cash in world.stream("back", "cost_of_goods"))
