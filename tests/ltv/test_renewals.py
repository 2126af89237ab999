from datetime import date

import numpy as np
import pytest

from valuekit.ltv.models import ShiftedBetaGeometric
from valuekit.ltv.renewals import Curve, expected_years, fit_renewals, summarise

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


def test_a_signed_renewal_that_has_not_begun_is_paid_for_certain(world):
    world.party("ann")
    world.contract("ann", "2025-08-01", "2026-07-31", 1200, 12)
    world.contract("ann", "2026-08-01", "2027-07-31", 1300, 12, kind="renewal")
    assert lines(world, "price, renewals, months_to_first, months_to_next") == [(1300, 1, 1, 13)]


def test_unsigned_contracts_and_parties_that_never_paid_teach_nothing(world):
    world.party("ann", "signed_unpaid")
    world.contract("ann", "2026-01-10", None, 100, 1)
    assert learned(world) == []


def state(**given):
    row = {
        "term_months": 12,
        "renewals": 0,
        "months_to_next": 6,
        "months_to_first": -1,
        "pending": 0,
        "ends": 0,
    } | given
    return {name: np.array([float(v)]) for name, v in row.items()}


# S(t) = B(1, 3 + t) / B(1, 3) = 3 / (3 + t): a quarter leaves at the first renewal.
CURVE = Curve(ShiftedBetaGeometric.from_parameters([1.0, 3.0]), 1.0, stated=False)


def test_a_yearly_contract_pays_once_a_year_if_it_survives():
    payments, alive = expected_years(state(), CURVE)
    assert payments[0, :3] == pytest.approx([3 / 4, 3 / 5, 3 / 6])
    assert alive[0, 0] == pytest.approx(6.5 + 5.5 * 3 / 4)


def test_a_monthly_contract_pays_every_month():
    payments, _ = expected_years(state(term_months=1, months_to_next=0), CURVE)
    assert payments[0, 0] == pytest.approx(sum(3 / (3 + t) for t in range(1, 13)))


def test_renewals_behind_raise_the_chance_of_the_next():
    payments, _ = expected_years(state(renewals=5), CURVE)
    assert payments[0, 0] == pytest.approx(8 / 9)


def test_after_notice_nothing_is_paid_and_the_customer_stays_until_the_end():
    payments, alive = expected_years(state(ends=1), CURVE)
    assert payments.sum() == 0
    assert alive[0].tolist() == [6.5] + [0] * 9


def test_a_signed_term_is_paid_and_a_pending_renewal_may_not_be():
    certain, _ = expected_years(state(months_to_first=1, months_to_next=13), CURVE)
    assert certain[0, :2] == pytest.approx([1, 3 / 4])
    pending, _ = expected_years(state(pending=1), CURVE)
    assert pending[0, 0] == pytest.approx(3 / 5)


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
    assert curves[36].step == 3
    assert models[0].checks["retention"][0]["at_risk"] == 60

    world.engine.execute("DELETE FROM contracts WHERE term_months = 1")
    summarise(world.engine, AS_OF)
    curves, models = fit_renewals(world.engine, None)
    assert curves[36].stated
    assert "stated prior" in models[0].note
