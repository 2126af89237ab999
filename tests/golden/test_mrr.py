"""MRR as the field defines it, on published examples.

Gross MRR churn of 100 at the start, with churn 10 and contraction 10, is 20 %; with expansion 10, net MRR churn is
10 %. Quick ratio is (new + expansion) / (contraction + churn). A contract of 1,200 a year is 100 a month. A monthly
churn m is 1 - (1 - m)^12 a year.
"""

import pytest

from tests.lifecycle.described import described
from tests.lifecycle.grid import ends, grid
from valuekit.lifecycle.movements import move

OLD = {"starts_on": "2025-01-01"}
NEW = {"starts_on": "2026-02-01", "kind": "change"}
UNTIL = {"runs_until": "2026-01-31"}


@pytest.fixture(scope="module")
def february():
    """At the end of January 100: in February 10 churn, 10 contraction, 10 expansion, and 20 are new."""
    terms = [
        {"party": "stays", "monthly": 30, **OLD},
        {"party": "leaves", "monthly": 10, **OLD, **UNTIL},
        {"party": "shrinks", "monthly": 30, **OLD, **UNTIL},
        {"party": "shrinks", "monthly": 20, **NEW},
        {"party": "grows", "monthly": 30, **OLD, **UNTIL},
        {"party": "grows", "monthly": 40, **NEW},
        {"party": "joins", "monthly": 20, "starts_on": "2026-02-01"},
    ]
    engine = grid(ends("2026-01", 2), {}, terms)
    move(engine)
    return engine.query("SELECT * FROM mrr_months").to_pylist()[0]


def test_the_bridge(february):
    parts = ("begin", "new_business", "expansion", "reactivation", "contraction", "churn", "fx", "end")
    assert [float(february[p]) for p in parts] == [100, 20, 10, 0, -10, -10, 0, 110]


def test_gross_churn_is_20_percent_and_net_churn_10(february):
    assert february["gross_churn_rate"] == pytest.approx(0.20, abs=1e-15)
    assert february["net_churn_rate"] == pytest.approx(0.10, abs=1e-15)


def test_retention_is_the_rest(february):
    assert february["grr"] == pytest.approx(0.80, abs=1e-15)
    assert february["nrr"] == pytest.approx(0.90, abs=1e-15)


def test_the_quick_ratio_is_gains_over_losses(february):
    assert february["quick_ratio"] == pytest.approx((20 + 10) / (10 + 10), abs=1e-15)


def test_one_of_four_customers_left_and_a_year_of_it_would_leave_little(february):
    assert february["logo_churn_rate"] == 0.25
    assert february["annual_churn_rate"] == pytest.approx(1 - 0.75**12, abs=1e-15)
    assert february["annual_churn_rate"] == pytest.approx(0.9683, abs=5e-5)


def test_revenue_per_account_is_the_mean_of_those_that_are_there(february):
    assert february["arpa"] == 110 / 4


def test_1200_a_year_is_100_a_month():
    year = {
        "record": "ann",
        "signed_on": "2025-12-20",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
        "amount": 1200,
    }
    assert described(contracts=[year]).scalar("SELECT mrr FROM facts") == 100
