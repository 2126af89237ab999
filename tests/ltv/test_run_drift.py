from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from tests.ltv.test_backtest import DAYS, START, shop
from valuekit.engine import Engine
from valuekit.errors import ConfigError
from valuekit.ltv import FittedModel, retention_check, summarise
from valuekit.ltv.model_record import put_models
from valuekit.ltv.models import GammaGamma, MbgNbd, ShiftedBetaGeometric
from valuekit.ltv.order_lines import order_lines
from valuekit.ltv.purchases import keep_buyers
from valuekit.ltv.run_drift import compare_runs
from valuekit.ltv.summary import split, summarise_lines
from valuekit.ltv.units import TimeUnit
from valuekit.tables import PUBLISHED

THEN, NOW = START + timedelta(days=DAYS - 180), START + timedelta(days=DAYS)
ORDERS, CURVE = ("orders.purchases", "orders.spend"), "contracts.renewals.1m"


def buyers_of(log, day, reading):
    with order_lines(log, **reading) as engine:
        summarise_lines(engine, day, TimeUnit("week"))
        keep_buyers(engine)
        return engine.query("SELECT * FROM buyers ORDER BY party_id")


def fitted(log, day, reading):
    rows = summarise(log, as_of=day, **reading)
    repeaters = rows.filter(np.asarray(rows["monetary"]) > 0)
    return dict(zip(ORDERS, (MbgNbd().fit(rows).to_json(), GammaGamma().fit(repeaters).to_json()), strict=True))


def renewed(theta, terms, seed):
    """Customers who signed in the first of so many months; and then at another rate of renewal."""
    return ShiftedBetaGeometric.from_parameters(theta, term_months=1).simulate(terms, np.random.default_rng(seed))


def two_runs(log, then_rows, now_rows, **reading):
    """Return what two runs of one company have found."""
    engine = Engine(threads=1)
    models = []
    for side, day, rows in (("then", THEN, then_rows), ("now", NOW, now_rows)):
        engine.put(f"known_{side}", buyers_of(log, day, reading))
        engine.make_empty(PUBLISHED["party_aliases"], f"aliases_{side}")
        curve = ShiftedBetaGeometric(1).fit(rows)
        checked = FittedModel(CURVE, curve, checks={"retention": retention_check(rows, curve)})
        put_models(engine, [checked])
        engine.execute(f"CREATE TABLE checks_{side} AS SELECT * FROM retention_checks")
        models.append(fitted(log, day, reading) | {CURVE: curve.to_json()})
    return engine, *models


@pytest.fixture(scope="module")
def steady():
    terms = np.random.default_rng(5).integers(6, 18, 3_000)
    engine, then, now = two_runs(shop(), renewed((0.6, 7.0), terms, 7), renewed((0.6, 7.0), terms + 6, 7))
    yield engine, then, now, compare_runs(engine, then, now, (THEN, NOW))
    engine.close()


def test_models_of_a_company_that_goes_on_are_kept(steady):
    *_, found = steady
    assert {name: drift.verdict for name, drift in found.items()} == dict.fromkeys((*ORDERS, CURVE), "keep")
    for drift in found.values():
        assert drift.wald_p > 0.01
        assert drift.refit - drift.stored < 0.005
        assert drift.foretold == pytest.approx(drift.came, rel=0.25)


def test_what_came_is_what_the_customers_of_then_did_since(steady):
    *_, found = steady
    log = shop()
    known = log[log["date"] <= THEN]["customer"]
    since = log[(log["date"] > THEN) & (log["date"] <= NOW) & log["customer"].isin(known)]
    assert found["orders.purchases"].came == len(since.drop_duplicates(["customer", "date"]))
    assert found["orders.spend"].came == pytest.approx(since["amount"].sum())


def test_refusals_since_are_the_difference_of_both_runs(steady):
    _, then, _, found = steady
    terms = np.random.default_rng(5).integers(6, 18, 3_000)
    before, after = renewed((0.6, 7.0), terms, 7), renewed((0.6, 7.0), terms + 6, 7)
    drift = found[CURVE]
    assert drift.came == after["churned"].sum() - before["churned"].sum()
    left = drift.foretold / drift.came
    assert left == pytest.approx(1, abs=0.15)
    stored = ShiftedBetaGeometric.from_json(then[CURVE])
    assert drift.stored == pytest.approx(stored.log_likelihood(after) / len(after["churned"]))


def test_models_of_a_company_that_changes_are_to_be_refitted():
    terms = np.random.default_rng(5).integers(6, 18, 3_000)
    before = renewed((0.6, 7.0), terms, 7)
    there = before["churned"] == 0
    rng = np.random.default_rng(8)
    more = np.minimum(rng.geometric(0.3, len(terms)) - 1, 6)  # three of ten refuse each month, from now on
    after = {
        "renewals": before["renewals"] + np.where(there, more, 0),
        "churned": np.where(there, more < 6, 1.0).astype(float),
        "entered": before["entered"],
    }
    engine, then, now = two_runs(shop(faster=3.0), before, after)
    with engine:
        found = compare_runs(engine, then, now, (THEN, NOW))
    assert found[CURVE].verdict == found["orders.purchases"].verdict == "refit"
    assert found["orders.purchases"].bias < -0.2
    assert found[CURVE].bias < -0.5
    assert "refusals since were foretold" in found[CURVE].reason
    assert found["orders.spend"].verdict == "keep"


def test_an_order_that_was_returned_whole_is_no_purchase():
    log = shop(customers=1_500)
    log["order"] = [f"o{i}" for i in range(len(log))]
    back = log[np.random.default_rng(3).random(len(log)) < 0.35]
    back = back.assign(date=back["date"] + timedelta(days=5), amount=-back["amount"], returns=back["order"], order=None)
    log, named = pd.concat([log, back]), {"order": "order", "returns": "returns"}
    rows = renewed((0.6, 7.0), np.full(50, 9), 7)
    engine, then, now = two_runs(log, rows, rows, **named)
    with engine:
        found = {name: drift for name, drift in compare_runs(engine, then, now, (THEN, NOW)).items() if name in ORDERS}
    assert {name: drift.verdict for name, drift in found.items()} == dict.fromkeys(ORDERS, "keep")
    for drift in found.values():
        assert abs(drift.bias) < 0.1
    known, came = split(log, THEN, until=NOW, **named)
    assert found["orders.purchases"].came == pytest.approx(sum(came["purchases"].to_pylist()), rel=0.02)
    assert sum(known["frequency"].to_pylist()) < len(log[(log["amount"] > 0) & (log["date"] <= THEN)]) * 0.7


def test_a_party_that_has_merged_since_is_followed_and_the_order_of_runs_is_checked(steady):
    engine, then, now, found = steady
    engine.execute("INSERT INTO aliases_now (former_id, party_id, reason) VALUES ('old', 'c0001', 'merged')")
    engine.execute("UPDATE known_then SET party_id = 'old' WHERE party_id = 'c0001'")
    assert compare_runs(engine, then, now, (THEN, NOW)) == found
    with pytest.raises(ConfigError, match="earlier run first"):
        compare_runs(engine, then, now, (NOW, THEN))
    with pytest.raises(ConfigError, match="no model in common"):
        compare_runs(engine, {}, now, (THEN, NOW))
    with pytest.raises(ConfigError, match="is no model file"):
        compare_runs(engine, {"orders.spend": "{}"}, now, (THEN, NOW))


def test_runs_that_ended_on_another_unit_are_compared_in_one(steady):
    engine, then, now, _ = steady
    model = MbgNbd.from_json(now["orders.purchases"])
    theta = model.parameters_ | {"alpha": model.parameters_["alpha"] * 7}
    in_days = MbgNbd.from_parameters([theta[name] for name in model.names], time_unit="day")
    other = compare_runs(engine, then, now | {"orders.purchases": in_days.to_json()}, (THEN, NOW))["orders.purchases"]
    same = compare_runs(engine, then, now, (THEN, NOW))["orders.purchases"]
    assert (other.stored, other.refit) == (same.stored, pytest.approx(same.refit))
