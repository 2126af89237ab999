"""Money that no contract in force brings: what those who left before still brought is expected of those who leave."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from tests.engines import fresh_engine
from valuekit.ltv import Acquisition, Discount, Horizon, RateRule
from valuekit.ltv.leavers import After, Paying, learn_after
from valuekit.ltv.renewals import Curve, summarise
from valuekit.ltv.uncontracted import _payer_states

from .conftest import AS_OF

LEFT, STAYED = 40, 40


def gone(world, name, *, back=0.0, since=3, until=12, stage="churned"):
    """A customer with one year to 2025-01-09 at 10 a month, who pays `back` in months of 2025, from March on."""
    world.party(name, stage, paid="2024-01-10", contract=True)
    world.contract(name, "2024-01-10", "2025-01-09", 120, 12)
    for month in range(since, until + 1):
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
    worlds = make_world(), make_world()
    silent, paying = (company(world, back) for world, back in zip(worlds, (0.0, 10.0), strict=True))
    # One in four who left paid ten months on, so leaving brings two and a half months; about half of the new leave.
    assert silent + 0.4 * 25 < paying < silent + 0.75 * 25
    # So there is less to be won by keeping them.
    moved = "SELECT difference FROM value_sensitivity WHERE lever = 'retention' AND change = 0.1"
    won = [float(world.engine.scalar(moved)) for world in worlds]
    assert 0 < won[1] < 0.99 * won[0]


def test_who_is_under_notice_has_the_interval_of_who_has_left(world):
    world.party("leaves", paid="2025-12-20", contract=True)
    world.contract("leaves", "2025-12-20", "2026-12-19", 120, 12, cancelled="2026-05-01")
    company(world, 10.0)
    columns = [f"{side}_{level}" for level in (50, 80, 95) for side in ("low", "high")]
    ends = world.engine.rows(f"SELECT ltv, {', '.join(columns)} FROM ltv_intervals JOIN ltv USING (party_id) WHERE "
                             "party_id = 'leaves'")[0]  # fmt: skip
    worth, low_50, high_50, low_80, high_80, low_95, high_95 = map(float, ends)
    # All is paid: nothing comes any more in three of four cases, and about ten months of money in the fourth.
    assert low_50 == low_80 == low_95 == high_50 == 0
    assert 0 < high_80 < worth < high_95


def test_where_nothing_costs_no_end_is_below_0(world):
    company(world, 10.0)
    assert world.engine.scalar("SELECT COUNT(*) FROM value_spread WHERE may_lose OR low_95 < 0") == 0
    assert world.engine.scalar("SELECT COUNT(*) FROM ltv_intervals WHERE high_95 > 0") > STAYED
    nested = "low_95 <= low_80 AND low_80 <= low_50 AND low_50 <= high_50 AND high_50 <= high_80 AND high_80 <= high_95"
    assert world.engine.scalar(f"SELECT COUNT(*) FROM ltv_intervals WHERE NOT ({nested})") == 0


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


def test_prices_of_contracts_that_were_left_and_signed_again_are_compared_and_valued_at_one_exchange_rate(world):
    for rate_on, rate in (("2020-01-01", 1.0), ("2025-06-01", 0.5)):
        world.add("fx_rates", currency="USD", rate_on=rate_on, rate=rate)
    gone(world, "ann")
    world.contract("ann", "2025-08-10", "2026-01-09", 240, 12)
    world.engine.execute("UPDATE contracts SET currency = 'USD'")
    world.engine.execute("UPDATE contracts SET reporting_amount = 0.5 * amount WHERE starts_on > '2025-06-01'")
    summarise(world.engine, AS_OF)
    world.engine.execute("CREATE TABLE order_summary AS SELECT party_id FROM orders")
    learn_after(world.engine, date(2026, 6, 1))
    found = world.engine.rows("SELECT monthly, monthly_now, next_monthly FROM leavers ORDER BY last_on")
    assert [tuple(None if v is None else float(v) for v in row) for row in found] == [(10, 5, 20), (10, 10, None)]


def test_a_value_that_others_who_left_foretell_rests_on_peers(make_world):
    world, alone = make_world(), make_world()
    for one in (world, alone):
        for name in ("eve", "eli"):
            one.party(name, "churned", paid="2025-05-01", contract=True)
            one.contract(name, "2025-05-01", "2026-04-30", 120, 12)
        one.bill("eli", "2026-06-01", 6)
        one.settle()
        for i in range(LEFT):
            gone(one, f"gone{i:02d}", back=10.0 if i % 4 == 0 else 0.0, since=6)
            there(one, f"there{i:02d}")
            gone(one, f"old{i:02d}", back=10.0 if i % 4 == 0 else 0.0)  # these had renewed once, and some pay at once
            one.contract(f"old{i:02d}", "2023-01-10", "2024-01-09", 120, 12)
        one.value(uncontracted=one is world)
    left, owes, mixed = (world.ltv(party) for party in ("eve", "eli", "there00"))
    assert left["ltv"] > 1
    assert (left["basis"], left["own_weight"]) == ("prior", 0)
    came = sum(world.stream("eve"))  # as much of others as of one who owes nothing
    bill = sum(world.stream("eli")) - came
    assert owes["own_weight"] == pytest.approx(bill / (bill + came), abs=1e-3)
    # Of whom is under contract, what comes after its last renewal counts as others'.
    share = sum(alone.stream("there00")) / sum(world.stream("there00"))
    assert share < 1
    assert mixed["own_weight"] == pytest.approx(alone.ltv("there00")["own_weight"] * share, rel=1e-3)
    # Of whom nothing is expected, that it left is its own history.
    assert (alone.ltv("eve")["basis"], alone.ltv("eve")["ltv"]) == ("own", 0)


def test_what_comes_after_leaving_ends_with_the_tenth_year(make_world):
    silent, paying = make_world(), make_world()
    assert company(silent, 0.0) < company(paying, 10.0)
    later = "SELECT later FROM cube WHERE party_id = 'ann' AND stream = 'revenue'"
    assert silent.engine.scalar(later) == paying.engine.scalar(later) > 0


def test_who_left_long_ago_is_worth_what_came_so_long_after(world):
    for i in range(LEFT):
        gone(world, f"gone{i:02d}", back=10.0 if i % 4 == 0 else 0.0, since=6)
    there(world, "ann")
    world.party("new", "churned", paid="2025-04-10", contract=True)
    world.contract("new", "2025-04-10", "2026-04-09", 120, 12)
    world.value()
    # From the 12th month since they left nobody paid.
    assert world.stream("gone00") == world.stream("gone01") == []
    # It is silent for two months, as all were, of whom a quarter paid in months 5 to 11.
    assert world.stream("new")[0] == pytest.approx(7 * 10 / 4)


def test_who_is_silent_signs_again_as_often_as_others_and_then_renews(world):
    for i in range(LEFT):
        gone(world, f"gone{i:02d}")
        if i % 4 == 0:
            world.contract(f"gone{i:02d}", "2025-06-10", "2026-06-09", 60, 12)
            world.contract(f"gone{i:02d}", "2026-06-10", "2027-06-09", 60, 12, kind="renewal")
            world.cash(f"gone{i:02d}", "2025-06-01", revenue=60)
    for i in range(LEFT):
        there(world, f"there{i:02d}")
    for i in range(20):
        world.party(f"later{i}", "churned", paid="2024-02-10", contract=True)
        world.contract(f"later{i}", "2024-02-10", "2025-02-09", 120, 12)
        world.contract(f"later{i}", "2025-02-10", "2026-02-09", 120, 12, kind="renewal")
    world.party("new", "churned", paid="2025-04-10", contract=True)
    world.contract("new", "2025-04-10", "2026-04-09", 120, 12)
    models = {model.name: model.estimator for model in world.value()}
    again = Curve(models["contracts.renewals.12m"], 1.0, stated=False).again(0.0, np.arange(3.0))
    # A quarter signed at half the price in the fifth month, which is still to come. What was paid then is of the new
    # contract, and that is renewed as by who has left once.
    assert world.stream("new")[:3] == pytest.approx(60 / 4 * again, rel=1e-3)
    assert 0.1 < again[1] < 0.9
    assert world.stream("gone01") == []


def lapsed_world(world, **paid_on):
    for i in range(LEFT):
        gone(world, f"gone{i:02d}", back=10.0 if i % 4 == 0 else 0.0, **paid_on)
    for i in range(LEFT):
        there(world, f"there{i:02d}")
    for name, stage in (("silent", "churned"), ("new", "lapsed_paying")):
        world.party(name, stage, paid="2025-04-10", contract=True)
        world.contract(name, "2025-04-10", "2026-04-09", 120, 12)
    for month in (5, 6):
        world.cash("new", f"2026-{month:02d}-01", revenue=10)


PAID_ON = Paying(seen=111, signed=0, stopped=10, paid=91, monthly=1110, amount=910)
"""What `lapsed_world` shows of those who paid on: ten months each of the ten, and the second month of the new one."""


def alive(world, party_id):
    return float(world.engine.scalar("SELECT p_alive FROM ltv WHERE party_id = $party", {"party": party_id}))


def test_who_pays_although_the_contract_lapsed_goes_on_as_such_have(world):
    lapsed_world(world)
    world.value()
    # Ten paid in months 2 to 11: each still paid in eleven, nine of which were followed by money, and one by silence.
    paying = PAID_ON.like(PAID_ON)
    expected = (1 - alive(world, "new")) * 10 * paying.share[:12].sum()
    assert expected < world.stream("new")[0] < expected + alive(world, "new") * 120 + 0.05
    # None of the ten signed again; what half of all renewals say weighs as one more.
    assert alive(world, "new") == pytest.approx(0.5 / 12, rel=0.1)
    # Who has fallen silent is not worth what others brought who had not.
    assert world.stream("silent") == []


def test_the_interval_of_who_pays_on_after_a_lapse_begins_at_nothing(world):
    lapsed_world(world)
    world.value(horizon=Horizon(3), discount=Discount(0.0))
    paying, signs = PAID_ON.like(PAID_ON), alive(world, "new")
    rng = np.random.default_rng(5)
    months = rng.geometric(paying.chance / paying.share[:36].sum(), 200_000)
    drawn = 10 * months * (rng.random(len(months)) < paying.chance)
    drawn[rng.random(len(months)) < signs] = 999
    ends = "SELECT low_80, high_80, low_50, high_50 FROM ltv_intervals WHERE party_id = 'new'"
    low, high, *inner = map(float, world.engine.rows(ends)[0])
    # One in six brings nothing: more than the tail of 80%, from which the interval begins, less than that of 50%.
    assert low == pytest.approx(0, abs=0.01)
    assert high == pytest.approx(np.quantile(drawn, 0.80), rel=0.08)
    assert inner == pytest.approx(np.quantile(drawn, [0.25, 0.75]), abs=10)


def test_a_lapsed_contract_is_signed_as_often_as_such_were(world):
    lapsed_world(world, until=5)
    for i in range(0, LEFT, 8):
        world.contract(f"gone{i:02d}", "2025-06-10", "2026-06-09", 120, 12)
    world.value()
    # Five of the ten who paid on signed in the month after their last payment.
    assert alive(world, "new") == pytest.approx((5 + 0.5) / 11, rel=0.05)


def test_few_months_do_not_say_that_money_lasts_for_ever():
    assert Paying().share.sum() == Paying().chance == Paying().error == 0
    lasting = Paying(seen=9, signed=0, stopped=0, paid=9, monthly=90, amount=90)
    assert lasting.share[:2] == pytest.approx([9 / 11, 9 / 11 * 0.9])


def test_money_ends_with_the_last_payment_not_a_month_later():
    """Spells of 6.25 payments, as of who goes on with .84: of 7.25 months that are seen, the last brings nothing."""
    paying = Paying(seen=7.25e6, signed=0, stopped=1e6, paid=5.25e6, monthly=7.25e6, amount=5.25e6)
    assert paying.share[1] / paying.share[0] == pytest.approx(0.84)
    assert paying.share.sum() == pytest.approx(5.25 * 6.25 / 7.25, rel=1e-5)


def test_few_of_a_term_are_told_by_all():
    everybody = Paying(seen=100, signed=0, stopped=10, paid=90, monthly=1000, amount=900)
    few = Paying(seen=20, signed=0, stopped=10, paid=0, monthly=200, amount=0)
    assert few.like(everybody).chance == pytest.approx(9 / 32)
    assert Paying().like(everybody).share[1:].sum() < everybody.share[1:].sum()


def test_money_without_contract_goes_on_as_it_has(world):
    for i in range(30):
        world.party(f"p{i:02d}", "paid_without_contract", paid="2024-07-01")
        for year, month in [(2024, m) for m in range(7, 13)] + [(2025, m) for m in range(1, 13)]:
            world.cash(f"p{i:02d}", f"{year}-{month:02d}-01", revenue=10)
        for month in range(1, 7) if i < 15 else ():
            world.cash(f"p{i:02d}", f"2026-{month:02d}-01", revenue=10)
    world.value()
    # A year of 120, looked back on from each of four quarter ends: 90, 105, 120 and 120 came in the next year.
    # All had paid for less than a year then. Who has for more is as one of all, and one of whom four in five stay.
    share = ((0.75 + 0.875 + 1 + 1) / 4 + 0.8) / 2
    # Of three whole quarters two came again a year later from half of them, and one from all; four are stated.
    stays = (30 * (0.5 + 0.5 + 1) + 4 * 0.8) / (30 * 3 + 4)
    # A beta-geometric whose parameters add up to five: who is still there stays the likelier.
    lasts = [1, (5 * stays + 1) / 6, (5 * stays + 1) / 6 * (5 * stays + 2) / 7]
    assert world.stream("p00")[:3] == pytest.approx([120 * share * year for year in lasts])
    # Nobody who had fallen silent has been seen for a year: it is as one of all, and one that brings nothing.
    assert world.stream("p29")[0] == pytest.approx(60 * (0.75 + 0.875 + 1 + 1) / 4 / 2)


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
    assert world.stream("p00") == []
    # A year of each party, looked back on from each quarter: of those that still paid, thirty brought nothing, a
    # quarter, half, three quarters, and twice all in the next; 29 eight times all; p59 three quarters and half once.
    again, paying, silent = 30 * 3.5 + 29 * 8 + 7.25, 30 * 6 + 30 * 8, 30 * 2
    # Of those who had paid for more than a year: thirty nothing and a quarter, 29 all four times, p59 half at first.
    old_again, old = 30 * 0.25 + 29 * 4 + 3.25, 30 * 2 + 30 * 4
    # Of 30 parties silent, and 60 paying for less or more than a year, what all show weighs as much as one, and as one
    # that of those who pay four in five stay, and of those who are silent none.
    each_again, each = again / 150, (paying + silent) / 150
    assert world.stream("p30")[0] == pytest.approx(120 * (old_again + each_again + 0.8 * each) / (old + 2 * each))
    assert world.stream("p59")[0] == pytest.approx(60 * each_again / (silent + 2 * each), rel=1e-4)


def test_prices_differ_but_each_party_says_as_much_of_what_comes_again(world):
    for i in range(30):
        world.party(f"p{i:02d}", "paid_without_contract", paid="2023-07-01")
        months = [(2023, m) for m in range(7, 13)] + [(y, m) for y in (2024, 2025) for m in range(1, 13)]
        for year, month in months + [(2026, m) for m in range(1, 7)] * (i > 0):
            world.cash(f"p{i:02d}", f"{year}-{month:02d}-01", revenue=100_000 if i == 0 else 10)
    world.value()
    # By money, that of the one big party that fell silent would be all there is to know.
    assert world.stream("p01")[0] > 0.95 * 120


def test_who_has_paid_for_four_months_has_paid_a_third_of_a_year(world):
    for i in range(30):
        world.party(f"p{i:02d}", "paid_without_contract", paid="2023-07-01")
        months = [(2023 + m // 12, m % 12 + 1) for m in range(6, 42)]
        for year, month in months[-4:] if i == 0 else months:
            world.cash(f"p{i:02d}", f"{year}-{month:02d}-01", revenue=10)
    world.value()
    assert world.stream("p00")[0] == pytest.approx(world.stream("p01")[0], rel=0.01) == pytest.approx(120, rel=0.02)


@pytest.mark.parametrize(("apart", "yearly"), [(1, 12), (12, 1)])
def test_who_began_of_late_pays_as_often_as_others_do(world, apart, yearly):
    for i in range(30):
        world.party(f"p{i:02d}", "paid_without_contract", paid="2023-06-01")
        for month in range(5, 42, apart):
            world.cash(f"p{i:02d}", f"{2023 + month // 12}-{month % 12 + 1:02d}-01", revenue=10)
    world.party("new", "paid_without_contract", paid="2026-06-01")
    world.cash("new", "2026-06-01", revenue=100)
    world.value()
    assert world.stream("p00")[0] > 0.95 * 10 * yearly
    assert world.stream("new")[0] == pytest.approx(10 * world.stream("p00")[0], rel=0.02)


@pytest.mark.parametrize(("again", "squares"), [(49, 49.0), (98, 24.5)])
def test_how_sure_a_share_is_shows_in_how_parties_differ(again, squares):
    rates = {"pays": [1], "parties": [98], "seen": [98], "again": [again], "repeated": [49.0], "squares": [squares]}
    with fresh_engine() as engine:
        engine.put("payer_rates", pa.table(rates))
        found = _payer_states(engine).to_pylist()[1]
    # Of 98 half came again: all of half of them, or half of each. One like them is added, and one of whom four in five
    # stay.
    share, uneven = (49 + 0.5 + 0.8) / 100, (squares + squares / 98 + 0.8) / 100
    assert found["share"] == pytest.approx(share)
    assert found["error"] == pytest.approx(((uneven / share**2 - 1) / 100) ** 0.5)


def test_money_that_grew_is_not_expected_to_grow_on(world):
    for i in range(30):
        world.party(f"p{i:02d}", "paid_without_contract", paid="2023-07-01")
        for month in range(6, 42):
            world.cash(f"p{i:02d}", f"{2023 + month // 12}-{month % 12 + 1:02d}-01", revenue=month)
    world.value()
    first, second, third = world.stream("p00")[:3]
    assert 0.95 * first < third < second < first


def test_few_payers_say_that_some_comes_again(world):
    for i in range(2):
        world.party(f"p{i}", "paid_without_contract", paid="2024-07-01")
        for year, month in [(2024, m) for m in range(7, 13)] + [(2025, m) for m in range(1, 13)]:
            world.cash(f"p{i}", f"{year}-{month:02d}-01", revenue=10)
        for month in range(1, 7):
            world.cash(f"p{i}", f"2026-{month:02d}-01", revenue=10)
    world.value()
    # Two went on, but had paid for less than a year then: as one like them, and one of whom four in five stay. Then six
    # quarters of which all came again, and four that are stated.
    share, stays = 1.8 / 2, (6 + 3.2) / 10
    assert world.stream("p0")[:2] == pytest.approx([120 * share, 120 * share * (5 * stays + 1) / 6])


def test_too_few_who_left_say_nothing(world):
    for i in range(3):
        gone(world, f"gone{i}", back=50.0)
    there(world, "ann")
    world.value()
    assert world.stream("gone0") == []


def test_what_comes_after_leaving_is_spread_over_the_years():
    share = np.array([[0.0, 0.0, *[0.5] * 12], *[[0.0] * 14] * 6, [0.0] * 10 + [0.25] * 4])
    paying = Paying(seen=99, signed=0, stopped=99, paid=0, monthly=100, amount=50)
    after = After(share, np.array([0.5] * 8), np.array([100.0] * 8), paying)
    left = np.zeros((2, 120))
    left[0, 6], left[1, 0] = 0.4, 1.0
    state = {"pending": np.array([0.0, 1.0]), "silent": np.zeros(2), "term_months": np.array([1.0, 1.0])}
    months = after.by_year(left, state)
    assert months[0, :3] == pytest.approx([0.4 * 0.5 * 4, 0.4 * 0.5 * 8, 0.0])
    # Who refuses a pending renewal still pays: for one month more, since all of those before it stopped then.
    assert months[1, :2] == pytest.approx([0.5 * 99 / 101, 0.0])
    ahead, chance, error = after.since(np.array([7.0]))
    assert (ahead[0, 0], chance[0], error[0]) == pytest.approx((0.25 * 4, 0.5, (3 / 100) ** 0.5))
