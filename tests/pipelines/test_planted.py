"""What is planted is found: a simulated company with tax, campaigns in its ledger, and hosting that has a scale."""

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from scipy.stats import spearmanr

from pipelines.steps import Work, classify, compute_cash, fingerprint, read, resolve
from valuekit import cashflow
from valuekit.cashflow.unit_costs import fit_curve
from valuekit.config import builtin_config, load_config
from valuekit.engine import Engine
from valuekit.simulate import Settings, simulate

ELASTICITY = 0.7
SETTINGS = Settings(
    tax=(("EUR", 0.19), ("GBP", 0.20)), campaigns_named=True, hosting_elasticity=ELASTICITY, hosting_noise=0.02
)  # fmt: skip
OURS = "(SELECT party_id FROM parties WHERE role NOT IN ('internal', 'test') OR role IS NULL)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    simulate(folder, customers=250, seed=40_507, settings=SETTINGS)
    return folder


@pytest.fixture(scope="module")
def config(folder):
    config = load_config(builtin_config("demo"), ["identity.matching.enabled=false"])
    sources = [s.model_copy(update={"file": str(folder / Path(s.file).name)}) for s in config.sources]
    return config.model_copy(update={"sources": sources})


@pytest.fixture(scope="module")
def engine(folder, config):
    with Engine() as engine:
        work = Work(engine, config, folder)
        for step in (fingerprint, read, resolve, compute_cash, classify):
            step(work)
        for table in ("truth_parties", "truth_costs"):
            engine.view_parquet(table, folder / f"{table}.parquet")
        yield engine


def test_the_books_close_with_tax_and_hold_all_that_was_paid(engine):
    ledger, tax, open_ = engine.rows(
        "SELECT SUM(ledger), SUM(tax), SUM(ABS(difference)) FROM books WHERE line = 'revenue'"
    )[0]
    back, taxed_back = engine.rows("SELECT SUM(ledger), SUM(tax) FROM books WHERE line = 'refunds'")[0]
    paid = engine.scalar("SELECT SUM(reporting_amount) FROM (FROM payments UNION ALL BY NAME FROM orders)")
    assert open_ == 0
    assert ledger + tax + back + taxed_back == paid
    assert 0.08 * float(ledger) < float(tax) < 0.19 * float(ledger)


def test_what_facts_say_that_parties_paid_is_what_the_statement_says(engine):
    apart = engine.rows(f"""
        SELECT party_id FROM facts LEFT JOIN cash USING (party_id)
        WHERE paid + ordered <> COALESCE(revenue + refunds, 0) AND party_id IN {OURS}
    """)
    assert apart == []
    assert engine.scalar("SELECT SUM(paid) FROM facts") < engine.scalar("SELECT SUM(reporting_amount) FROM payments")


def test_the_planted_elasticity_lies_in_its_interval(engine):
    curve = engine.query("SELECT * FROM scale_curves WHERE pool = 'hosting'").to_pylist()[0]
    assert curve["basis"] == "estimated"
    assert curve["low"] <= ELASTICITY <= curve["high"]
    assert curve["high"] - curve["low"] < 0.2


def test_where_cost_follows_other_things_no_scale_is_claimed(tmp_path):
    simulate(tmp_path, customers=100, seed=40_508, settings=Settings(hosting_elasticity=ELASTICITY, hosting_noise=0.6))
    curve = fit_curve(*hosting(tmp_path))
    assert curve.elasticity is None
    assert curve.reason in ("interval_too_wide", "trend_not_told_from_scale")


def hosting(folder):
    """Cost, events and number of each month."""
    costs = pq.read_table(folder / "costs.parquet", filters=[("pool", "==", "hosting")])
    usage = pq.read_table(folder / "usage.parquet")
    usage = usage.append_column("month", pc.floor_temporal(usage["used_on"], unit="month"))
    cost = dict(
        zip(*columns(costs.group_by("month").aggregate([("amount", "sum")]), "month", "amount_sum"), strict=True)
    )
    used = dict(
        zip(*columns(usage.group_by("month").aggregate([("events", "sum")]), "month", "events_sum"), strict=True)
    )
    months = sorted(cost.keys() & used.keys())
    return (
        np.array([float(cost[m]) for m in months]),
        np.array([float(used[m]) for m in months]),
        np.arange(len(months)) + 0.0,
    )


def columns(table, *names):
    return (table[name].to_pylist() for name in names)


def test_campaigns_cost_of_their_own_comes_closer_to_the_truth_than_one_pool(engine, config):
    """The same ledger, once without the names of its campaigns: then a mail costs what a road show costs."""
    named = marketing(engine, config)
    engine.execute("UPDATE costs SET campaign = NULL")
    pooled = marketing(engine, config)
    assert len(named) > 250
    assert distance(named) < 0.6 * distance(pooled)
    assert spearmanr(*named.T).statistic > spearmanr(*pooled.T).statistic


def marketing(engine, config):
    """What marketing truly spent on each party that was found in one piece, and what the statement says."""
    pools = {name: pool.driver for name, pool in config.cashflow.pools.items()}
    cashflow.compute(engine, as_of=SETTINGS.data_end, pools=pools, attribution=cashflow.Attribution("contacts"))
    asked = """
        WITH truly AS (SELECT true_party, SUM(cost) AS cost FROM truth_costs WHERE function = 'marketing' GROUP BY 1),
        found AS (
            SELECT true_party, MIN(party_id) AS party_id
            FROM truth_parties JOIN party_records USING (system, record)
            GROUP BY true_party HAVING COUNT(DISTINCT party_id) = 1
        )
        SELECT CAST(t.cost AS DOUBLE), CAST(-c.acquisition - c.retention AS DOUBLE)
        FROM truly AS t JOIN found USING (true_party) JOIN cash AS c USING (party_id)
    """
    return np.array(engine.rows(asked))


def distance(both):
    """Mean absolute error."""
    return np.abs(both[:, 0] - both[:, 1]).mean()
