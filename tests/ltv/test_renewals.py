from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from valuekit.errors import ExpressionError
from valuekit.ltv.models import BetaDiscreteWeibull, ShiftedBetaGeometric
from valuekit.ltv.renewals import Curve, choose, fit_renewals, summarise

AS_OF = date(2026, 6, 30)


def learned(world):
    """What the model reads: (term_months, renewals survived, churned, weight)."""
    summarise(world.engine, AS_OF)
    return world.engine.rows("SELECT term_months, renewals, churned, weight FROM renewal_groups")


def lines(world, columns="renewals, months_to_next, pending, ends"):
    summarise(world.engine, AS_OF)
    return world.engine.rows(f"SELECT {columns} FROM contract_lines")


def test_yearly_terms_that_follow_each_other_are_renewals(world):
    world.party("ann")
    world.contract("ann", "2024-01-10", "2025-01-09", 1200, 12)
    world.contract("ann", "2025-01-10", "2026-01-09", 1200, 12, kind="renewal")
    world.contract("ann", "2026-01-10", "2027-01-09", 1300, 12, kind="renewal")
    assert learned(world) == [(12, 2, 0, 1)]
    assert lines(world, "price, renewals, months_to_next") == [(1300, 2, 6)]


def test_an_open_monthly_contract_has_renewed_each_month(world):
    world.party("ann")
    world.contract("ann", "2026-01-10", None, 100, 1)
    assert learned(world) == [(1, 5, 0, 1)]
    assert lines(world) == [(5, 0, 0, 0)]


def test_a_changed_price_goes_on_with_the_same_run_and_only_the_new_price_is_paid(world):
    world.party("ann")
    world.contract("ann", "2026-01-10", "2026-04-09", 100, 1)
    world.contract("ann", "2026-04-10", None, 150, 1, kind="change")
    assert learned(world) == [(1, 5, 0, 1)]
    assert lines(world, "price, renewals") == [(150, 5)]


@pytest.mark.parametrize("until", ["2026-08-31", None, "2026-02-28"])
def test_a_term_that_is_changed_half_way_ends_there_and_counts_once(world, until):
    world.party("ann")
    world.contract("ann", "2025-09-01", until, 1200, 12)
    world.contract("ann", "2026-03-01", until and "2027-02-28", 1800, 12, kind="change")
    assert learned(world) == [(12, 0, 0, 1)]
    assert lines(world, "price, months_to_next") == [(1800, 8)]


def test_a_change_to_another_term_length_is_no_refusal_and_a_further_contract_a_second_line(world):
    world.party("ann")
    world.contract("ann", "2025-09-01", "2026-08-31", 1200, 12)
    world.contract("ann", "2026-03-01", "2026-08-31", 600, 6, kind="change")
    world.party("bob")
    world.contract("bob", "2025-09-01", "2026-08-31", 1200, 12)
    world.contract("bob", "2026-03-01", "2026-08-31", 600, 6)
    assert sorted(lines(world, "party_id, price")) == [("ann", 600), ("bob", 600), ("bob", 1200)]
    assert world.engine.scalar("SELECT SUM(churned) FROM renewal_groups") == 0


def test_a_change_of_one_of_two_subscriptions_leaves_the_other(world):
    world.party("ann")
    world.contract("ann", "2024-02-02", None, 298, 1)
    world.contract("ann", "2025-01-26", "2025-03-25", 114, 1)
    world.contract("ann", "2025-03-26", None, 129, 1, kind="change")
    assert lines(world, "price") == [(298,), (129,)]


FIRST, SECOND = ("2025-01-01", "2025-12-31", 1200, 12, "new"), ("2025-09-01", "2026-08-31", 6000, 12, "new")
BESIDE = ("2025-01-01", "2025-12-31", 600, 12, "new")


@pytest.mark.parametrize(
    ("terms", "prices"),
    [
        pytest.param([FIRST, SECOND, ("2026-01-05", "2027-01-04", 1300, 12, "renewal")], [1300, 6000], id="late"),
        pytest.param([FIRST, SECOND, ("2025-12-20", "2026-12-19", 1300, 12, "renewal")], [1300, 6000], id="early"),
        pytest.param(
            [FIRST, BESIDE, *(("2026-01-05", "2027-01-04", price, 12, "renewal") for price in (1300, 700))],
            [700, 1300],
            id="both late",
        ),
        pytest.param(
            [FIRST, BESIDE, *(("2025-07-01", "2026-07-31", price, 12, "change") for price in (1300, 700))],
            [700, 1300],
            id="both changed",
        ),
        pytest.param(
            [FIRST, *(("2025-07-01", "2026-07-31", price, 12, "change") for price in (1300, 1400))],
            [1400],
            id="changed and corrected",
        ),
        pytest.param(
            [
                FIRST,
                ("2025-12-20", "2026-12-31", 1300, 12, "renewal"),
                ("2026-01-05", "2026-12-31", 1400, 12, "renewal"),
            ],
            [1400],
            id="renewed early and corrected",
        ),
    ],
)  # fmt: skip
def test_each_of_two_lines_is_replaced_by_its_own_renewal_or_change(world, terms, prices):
    world.party("ann")
    for start, until, price, months, kind in terms:
        world.contract("ann", start, until, price, months, kind=kind)
    assert sorted(price for (price,) in lines(world, "price")) == prices


def test_a_contract_that_goes_on_by_itself_went_on_until_it_was_changed(world):
    world.party("ann")
    world.contract("ann", "2025-01-10", "2025-02-09", 100, 1)
    world.contract("ann", "2025-06-10", "2026-07-09", 1300, 1, kind="change")
    assert world.engine.rows("SELECT auto_renew FROM contracts") == [(True,), (True,)]
    assert learned(world) == [(1, 17, 0, 1)]


@pytest.mark.parametrize(
    ("start", "groups"), [("2026-02-09", [(12, 1, 0, 1)]), ("2026-02-11", [(12, 0, 0, 1), (12, 0, 1, 1)])]
)
def test_a_gap_of_31_days_is_a_late_signature_and_a_longer_one_a_new_customer(world, start, groups):
    world.party("ann")
    world.contract("ann", "2025-01-10", "2026-01-09", 1200, 12)
    world.contract("ann", start, "2027-02-08", 1200, 12, kind="renewal")
    assert learned(world) == groups


def test_a_contract_that_ran_out_is_a_refused_renewal(world):
    world.party("ann", "churned")
    world.contract("ann", "2023-01-10", "2024-01-09", 1200, 12)
    world.contract("ann", "2024-01-10", "2025-01-09", 1200, 12, kind="renewal")
    world.party("bob", "churned")
    world.contract("bob", "2026-01-10", "2026-05-09", 100, 1)
    assert learned(world) == [(1, 3, 1, 1), (12, 1, 1, 1)]
    assert lines(world) == []


def test_a_switch_to_another_term_is_no_churn(world):
    world.party("ann")
    world.contract("ann", "2025-01-10", "2025-07-09", 100, 1)
    world.contract("ann", "2025-07-10", "2026-07-09", 1000, 12, kind="change")
    assert learned(world) == [(1, 5, 0, 1), (12, 0, 0, 1)]


def test_notice_is_still_open_for_the_model_and_decided_for_the_value(world):
    world.party("ann")
    world.contract("ann", "2025-09-10", "2026-09-09", 1200, 12, cancelled="2026-06-01")
    assert learned(world) == [(12, 0, 0, 1)]
    assert lines(world) == [(0, 2, 0, 1)]


def test_a_lapsed_customer_who_pays_has_one_renewal_pending(world):
    world.party("ann", "lapsed_paying")
    world.contract("ann", "2025-01-10", "2026-01-09", 1200, 12)
    assert learned(world) == [(12, 0, 0, 1)]
    assert lines(world) == [(0, 6, 1, 0)]


def test_pending_renewals_count_as_such_have_ended(world):
    for i in range(100):
        stage = "churned" if i < 40 else "active" if i < 80 else "lapsed_paying"
        world.party(f"p{i:02d}", stage)
        world.contract(f"p{i:02d}", "2025-01-10", "2026-01-09", 1200, 12)
        if stage == "active":
            world.contract(f"p{i:02d}", "2026-01-10", "2027-01-09", 1200, 12, kind="renewal")
    summarise(world.engine, AS_OF)
    still_open, settled = (
        fit_renewals(world.engine, None, lapsed=lambda term, ended=ended: ended)[1][0].checks["retention"][0]
        for ended in ((0.0, 0.0), (1.0, 9.0))
    )
    assert (still_open["at_risk"], still_open["kaplan_meier"]) == (80, 0.5)
    # Of nine that ended before, one signed. Of twenty that are pending, two are taken, sixteen refused, and two open.
    assert settled["at_risk"] == pytest.approx(98)
    assert settled["kaplan_meier"] == pytest.approx(42 / 98)


def test_the_share_of_refusals_with_notice_is_known_by_months_before_the_end(world):
    for i in range(49):
        world.party(f"p{i:02d}", "churned")
        notice = ["2025-07-10", "2025-12-25", None][i % 3]
        world.contract(f"p{i:02d}", "2025-01-10", "2026-01-09", 1200, 12, cancelled=notice)
    for i in range(49):
        world.party(f"q{i:02d}")
        world.contract(f"q{i:02d}", "2025-01-10", "2027-01-09", 1200, 12)
    summarise(world.engine, AS_OF)
    announced = fit_renewals(world.engine, None)[0][12, 1].announced
    # Of 49 refusals, and one that is added, a third had notice for the last half year, and a third for half a month.
    half_month = 15 / 30.4375
    assert announced[:7] == pytest.approx([(17 + 16 * half_month) / 50, *[17 / 50] * 5, 17 / 50 * (183 / 30.4375 - 6)])
    assert max(announced[7:]) == 0


def test_a_renewal_that_is_written_twice_is_one_and_two_subscriptions_are_two(world):
    for party, subscriptions in (("ann", 1), ("bob", 2)):
        world.party(party)
        for _ in range(subscriptions):
            world.contract(party, "2025-01-10", "2026-01-09", 1200, 12)
        for _ in range(2):
            world.contract(party, "2026-01-10", "2027-01-09", 1200, 12, kind="renewal")
    assert lines(world, "party_id") == [("ann",), ("bob",), ("bob",)]


def test_who_signs_again_keeps_its_own_rate_of_renewal():
    """Bayes: a refusal after n renewals makes Beta(alpha, beta) Beta(alpha + 1, beta + n)."""
    curve, ahead = Curve(ShiftedBetaGeometric.from_parameters([0.6, 4.0]), 1.0, stated=False), np.arange(12.0)
    own = ShiftedBetaGeometric.from_parameters([1.6, 7.0])
    assert curve.again(3.0, ahead) == pytest.approx(own.survival(ahead))


def test_a_signed_renewal_that_has_not_begun_is_paid_for_certain(world):
    world.party("ann")
    world.contract("ann", "2025-08-01", "2026-07-31", 1200, 12)
    world.contract("ann", "2026-08-01", "2027-07-31", 1300, 12, kind="renewal")
    assert lines(world, "price, renewals, months_to_first, months_to_next") == [(1300, 1, 1, 13)]


def test_unsigned_contracts_and_parties_that_never_paid_teach_nothing(world):
    world.party("ann", "signed_unpaid")
    world.contract("ann", "2026-01-10", None, 100, 1)
    assert learned(world) == []


def test_terms_with_little_data_share_a_curve_and_without_data_a_stated_prior(world):
    for i in range(60):
        party = f"p{i:02d}"
        world.party(party, "churned" if i % 2 else "active")
        world.contract(party, "2025-01-10", f"2025-{3 + i % 9:02d}-09" if i % 2 else None, 100, 1)
    world.party("rare")
    world.contract("rare", "2024-01-10", "2026-12-31", 3000, 36)
    summarise(world.engine, AS_OF)
    curves, models = fit_renewals(world.engine, None)
    assert [m.name for m in models] == ["contracts.renewals.1m", "contracts.renewals.pooled"]
    assert curves[36, 1].step == 3
    assert models[0].checks["retention"][0]["at_risk"] == 60

    world.engine.execute("DELETE FROM contracts WHERE term_months = 1")
    summarise(world.engine, AS_OF)
    curves, models = fit_renewals(world.engine, None)
    assert curves[36, 1].stated
    assert "stated prior" in models[0].note


def entered(world):
    summarise(world.engine, AS_OF)
    return world.engine.rows("SELECT term_months, entered, renewals, churned, weight FROM renewal_groups")


class TestCustomersWhoJoinedBeforeTheData:
    def test_a_first_term_that_is_a_renewal_has_one_behind_it(self, world):
        world.party("ann")
        world.contract("ann", "2025-01-10", "2026-01-09", 1200, 12, kind="renewal")
        world.contract("ann", "2026-01-10", "2027-01-09", 1200, 12, kind="renewal")
        assert entered(world) == [(12, 1, 2, 0, 1)]
        assert lines(world, "renewals") == [(2,)]

    def test_the_first_payment_tells_how_many(self, world):
        world.party("ann", paid="2021-01-20")
        world.contract("ann", "2025-01-10", "2026-01-09", 1200, 12, kind="renewal")
        world.party("bob", "churned", paid="2023-02-01")
        world.contract("bob", "2025-02-10", "2026-02-09", 1200, 12, kind=None)
        assert entered(world) == [(12, 2, 2, 1, 1), (12, 3, 4, 0, 1)]

    def test_a_first_term_that_is_new_is_the_first_whatever_was_paid_before(self, world):
        world.party("ann", paid="2021-01-20")
        world.contract("ann", "2025-01-10", "2026-01-09", 1200, 12)
        assert entered(world) == [(12, 0, 1, 0, 1)]

    def test_who_came_back_is_new(self, world):
        world.party("ann")
        world.contract("ann", "2022-01-10", "2023-01-09", 1200, 12)
        world.contract("ann", "2025-07-10", "2026-07-09", 1200, 12, kind="renewal")
        assert entered(world) == [(12, 0, 0, 0, 1), (12, 0, 0, 1, 1)]

    def test_renewals_before_anybody_could_be_seen_to_leave_are_given(self, world):
        """A contract without end began years before the company's first payment on record."""
        world.party("old", paid="2025-01-05")
        world.contract("old", "2022-01-01", None, 100, 1)
        world.party("left", "churned", paid="2025-01-05")
        world.contract("left", "2024-07-01", "2025-09-30", 100, 1)
        assert entered(world) == [(1, 6, 14, 1, 1), (1, 36, 53, 0, 1)]


def test_a_truncated_history_gives_the_curve_of_a_whole_one(make_world):
    """Ten years of monthly contracts, of which the data keep those that still ran three years ago."""
    rng = np.random.default_rng(31)
    joined, quits = rng.integers(1, 120, 6_000), rng.beta(0.6, 8.0, 6_000)
    ended = joined - rng.geometric(quits)  # months before the as-of date
    curves = {}
    for name, kept in {"whole": ended < 999, "truncated": ended < 36}.items():
        world = make_world()
        columns = {"joined": joined[kept], "ended": np.maximum(ended, 0)[kept]}
        world.engine.put("planted", pa.table({"party_id": [f"p{i}" for i in range(kept.sum())], **columns}))
        starts = "CAST(DATE '2026-07-01' - TO_MONTHS(CAST({} AS INTEGER)) AS DATE)"
        world.add_all(
            "contracts",
            "SELECT 'crm' AS system, party_id AS id, party_id, "
            f"{starts.format('joined')} AS signed_on, signed_on AS starts_on, "
            f"CASE WHEN ended > 0 THEN {starts.format('ended')} - 1 END AS ends_on, 1 AS term_months, 'new' AS kind, "
            "100 AS reporting_amount FROM planted",
        )
        world.add_all("stages", "SELECT party_id, IF(ended > 0, 'churned', 'active') AS stage FROM planted")
        first_paid = starts.format("LEAST(joined, 36)" if name == "truncated" else "joined")
        world.add_all("facts", f"SELECT party_id, {first_paid} AS first_paid_on FROM planted")
        summarise(world.engine, AS_OF)
        curves[name], _ = fit_renewals(world.engine, None, "sbg")
    whole, truncated = (curves[name][1, 1].model for name in ("whole", "truncated"))
    assert truncated.survival([12, 60]) == pytest.approx(whole.survival([12, 60]), rel=0.05)
    assert whole.survival([12, 60]) == pytest.approx(
        ShiftedBetaGeometric.from_parameters([0.6, 8.0]).survival([12, 60]), rel=0.05
    )


def add_group(world, name, stays):
    """Sixty customers on monthly contracts; after so many months half of them have left."""
    for i in range(60):
        party, leaves = f"{name}{i:02d}", i % 2
        world.party(party, "churned" if leaves else "active", contract=name == "a")
        last = date(2025, 1 + stays + i % 3, 9).isoformat()
        world.contract(party, "2025-01-10", last if leaves else None, 100, 1)


def test_segments_have_curves_of_their_own_and_thin_ones_the_curve_of_all(world):
    add_group(world, "a", 1)
    add_group(world, "b", 8)
    world.party("c", contract=None)
    world.contract("c", "2025-01-10", None, 100, 1)
    summarise(world.engine, AS_OF, by=["has_contract"])
    names = dict(world.engine.rows("SELECT segment, name FROM segment_names"))
    curves, models = fit_renewals(world.engine, None)
    by_name = {names[segment]: curve for (_, segment), curve in curves.items()}
    early, late = by_name["has_contract: true"], by_name["has_contract: false"]
    assert early.model.survival(4) < late.model.survival(4) - 0.2
    rest = by_name["has_contract: unknown"]
    assert early.model.survival(4) < rest.model.survival(4) < late.model.survival(4)
    assert [m.name for m in models] == [
        "contracts.renewals.1m.1", "contracts.renewals.1m.2", "contracts.renewals.1m",
    ]  # fmt: skip
    assert all(m.checks["retention"] for m in models)


def test_cohorts_are_years_of_the_first_contract(world):
    world.party("ann")
    world.contract("ann", "2024-01-10", "2025-01-09", 1200, 12)
    world.contract("ann", "2025-01-10", "2027-01-09", 1200, 24, kind="renewal")
    summarise(world.engine, AS_OF, by=["cohort"])
    assert world.engine.rows("SELECT name FROM segment_names") == [("cohort: 2024",)]


def test_a_segment_of_an_unknown_column_is_refused(world):
    with pytest.raises(ExpressionError, match="no column here"):
        summarise(world.engine, AS_OF, by=["cohrot"])


@pytest.mark.parametrize("by", ["contract_current", "cancelled_on IS NULL", "CASE WHEN mrr > 0 THEN cohort ELSE 0 END"])
def test_a_segment_that_tells_who_has_left_is_refused(world, by):
    with pytest.raises(ExpressionError, match="which tells who has left"):
        summarise(world.engine, AS_OF, by=["cohort", by])


def test_groups_that_are_too_small_for_a_curve_are_told_with_their_size(world):
    add_group(world, "a", 1)
    world.party("c", contract=None)
    world.contract("c", "2025-01-10", None, 100, 1)
    world.value(renewal_segments=["has_contract"])
    (message,) = world.engine.rows("SELECT message FROM value_notes WHERE note = 'renewal_groups_too_small'")
    assert message[0].startswith("1 of 2 groups of `ltv.renewal_segments`")
    assert "has_contract: unknown (1 months): 0 refused, 17 survived" in message[0]
    world.value()
    assert "renewal_groups_too_small" not in {row[0] for row in world.engine.rows("SELECT note FROM value_notes")}


def test_the_better_model_by_bic_is_chosen_and_the_note_says_so():
    rng = np.random.default_rng(12)
    ageing = BetaDiscreteWeibull.from_parameters([0.3, 1.7, 1.9]).simulate(np.full(4_000, 8), rng)
    steady = ShiftedBetaGeometric.from_parameters([0.8, 2.4]).simulate(np.full(4_000, 8), rng)
    for rows, best in ((ageing, BetaDiscreteWeibull), (steady, ShiftedBetaGeometric)):
        full = {"weight": np.ones(len(rows["renewals"])), **rows}
        model, note = choose(full, 12, "bic")
        assert type(model) is best
        assert "by BIC (Shifted-beta-geometric " in note
        assert choose(full, 12, "sbg")[1] == "Shifted-beta-geometric as configured"
