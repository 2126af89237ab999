"""The main job on a simulated company of 150 customers, with no stand-in anywhere, and who may stand in its lists."""

import csv
import io
import json
from contextlib import redirect_stdout
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from pipelines.cli import run_command
from valuekit.exports import export_segments
from valuekit.simulate import simulate
from valuekit.snapshot import Snapshot, managed_by, renewals

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # MLflow leaves SQLite connections to the collector


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    simulate(folder / "data", customers=150, seed=4)
    return folder


def run_it(company: Path, out: str, *more: str) -> dict:
    # in so small a company the few planted bad rows are a large share
    settings = [f"paths.data={company / 'data'}", "engine.memory_limit=1GB", "quality.max_quarantined_share=0.5"]
    given = [word for setting in settings for word in ("--set", setting)]
    with redirect_stdout(io.StringIO()) as said:
        assert run_command(["run", "demo", "--out", str(company / out), "--json", *given, *more]) == 0
    return json.loads(said.getvalue())


@pytest.fixture(scope="module")
def outcome(company):
    return run_it(company, "runs")


@pytest.fixture(scope="module")
def snapshot(outcome):
    return Snapshot.open(outcome["snapshot"])


def test_every_check_passes_and_the_record_is_in_mlflow(outcome):
    assert [c["check_name"] for c in outcome["checks"] if not c["passed"]] == []
    assert sum(outcome["stages"].values()) > 150
    assert outcome["customers"] == outcome["stages"]["active"] + outcome["stages"]["inactive"]
    assert outcome["tracking"]["mlflow_run"]
    assert all(r["in"] == r["accepted"] + r["quarantined"] for r in outcome["rows"].values())


def test_the_same_run_elsewhere_gives_the_same_bytes(company, outcome):
    elsewhere = run_it(company, "elsewhere", "--no-tracking", "--set", "engine.threads=1")
    assert elsewhere["run_id"] == outcome["run_id"]

    def bytes_of(run: dict) -> dict[str, bytes]:
        return {f.name: f.read_bytes() for f in sorted(Path(run["snapshot"]).glob("*.parquet"))}

    assert bytes_of(elsewhere) == bytes_of(outcome)


def test_a_customer_can_be_explained_and_the_segments_exported(snapshot, capsys):
    best = snapshot.table("consensus").sort_values("rank")["party_id"].iloc[0]
    assert run_command(["explain", str(snapshot.path), best]) == 0
    out = capsys.readouterr().out
    assert f"({best}), as of 2026-06-30" in out
    assert "Under contract" in out
    assert run_command(["export", "segments", str(snapshot.path), "--out", "-"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == len(snapshot.table("segments"))


def test_the_models_score_from_their_json(outcome):
    mlflow.set_tracking_uri(outcome["tracking"]["uri"])
    run = mlflow.get_run(outcome["tracking"]["mlflow_run"])
    model = mlflow.pyfunc.load_model(f"models:/{run.outputs.model_outputs[0].model_id}")
    # Fader, Hardie and Lee's example customers; what they score depends on the company
    rows = pd.DataFrame({"frequency": [2, 7], "recency": [30.43, 29.43], "age": [38.86, 38.86],
                         "monetary": [35.0, 60.0], "renewals": [0, 5]})  # fmt: skip
    scores = model.predict(rows)
    retention = [c for c in scores if c.endswith("retention")]
    assert retention
    assert scores[retention].map(lambda share: 0 < share < 1).to_numpy().all()
    assert (scores[retention].iloc[1] > scores[retention].iloc[0]).all()


def parties(snapshot: Snapshot, sql: str) -> set[str]:
    return set(snapshot.query(sql)["party_id"].to_pylist())


NEVER_BOUGHT = "NOT (has_contract OR has_paid OR has_ordered)"
CUSTOMER_LISTS = {
    "headline": "SELECT party_id FROM memberships JOIN definitions USING (definition) WHERE headline",
    "managed_in": "SELECT party_id FROM managed_in",
    "consensus": "SELECT party_id FROM consensus",
    "rankings": "SELECT party_id FROM rankings",
    "segments": "SELECT party_id FROM segments",
    "ltv": "SELECT party_id FROM ltv",
}


@pytest.mark.parametrize("name", CUSTOMER_LISTS)
def test_no_list_of_customers_holds_a_party_with_open_or_lost_deals_alone(snapshot, name):
    """L17."""
    sales_only = parties(snapshot, f"SELECT party_id FROM facts WHERE opened_on IS NOT NULL AND {NEVER_BOUGHT}")
    listed = parties(snapshot, CUSTOMER_LISTS[name])
    assert len(sales_only) > 5
    assert len(listed) > 50
    assert sales_only & listed == set()


def test_nor_does_the_file_for_other_tools(snapshot, tmp_path):
    export_segments(snapshot, tmp_path / "segments.csv")
    text = (tmp_path / "segments.csv").read_text(encoding="utf-8-sig")
    exported = {row["party_id"] for row in csv.DictReader(io.StringIO(text))}
    assert exported == parties(snapshot, CUSTOMER_LISTS["segments"])


@pytest.mark.parametrize("name", CUSTOMER_LISTS)
def test_served_parties_are_a_layer_of_their_own(snapshot, name):
    """L18: those who are served and never bought have no lifetime value and no place among customers."""
    served = parties(snapshot, "SELECT party_id FROM relationships WHERE aim = 'mission'")
    assert len(served) > 3
    assert served & parties(snapshot, CUSTOMER_LISTS[name]) == set()


def test_served_parties_have_no_recurring_revenue(snapshot):
    found = snapshot.query(
        "SELECT SUM(mrr) AS mrr FROM facts JOIN relationships USING (party_id) WHERE aim = 'mission'"
    )
    assert found["mrr"].to_pylist() == [0]


def test_every_customer_is_managed_once_and_stands_in_one_cell_of_cash_and_profit(snapshot):
    customers = parties(snapshot, "SELECT party_id FROM stages WHERE stage IN ('active', 'inactive')")
    assert parties(snapshot, CUSTOMER_LISTS["managed_in"]) == customers
    assert sum(managed_by(snapshot)["customers"].to_pylist()) == len(customers)
    assert sum(snapshot.table("cash_and_profit")["parties"]) == len(customers)


def test_the_spells_end_where_the_facts_are(snapshot):
    """L21, L24: who is a customer by cash today has been one since some month, and nobody else."""
    for since, fact in (("cash_positive_since", "net_cash_12m"), ("profitable_since", "profit_12m")):
        now = parties(snapshot, f"SELECT party_id FROM facts JOIN stages USING (party_id) WHERE {fact} > 0 "
                                "AND stage <> 'internal'")  # fmt: skip
        assert parties(snapshot, f"SELECT party_id FROM cash_spells WHERE {since} IS NOT NULL") == now


def test_the_cells_at_the_last_month_end_are_those_of_today_and_fill_every_month(snapshot):
    cell = "cash_positive, profitable, parties"
    last = f"SELECT {cell} FROM cash_and_profit_months WHERE as_of = (SELECT MAX(as_of) FROM stage_months) ORDER BY ALL"
    assert snapshot.query(last) == snapshot.query(f"SELECT {cell} FROM cash_and_profit ORDER BY ALL")
    cells = "SELECT as_of, SUM(parties) AS n FROM cash_and_profit_months GROUP BY as_of ORDER BY as_of"
    stages = "SELECT as_of, COALESCE(SUM(parties) FILTER (WHERE stage IN ('active', 'inactive')), 0) AS n "
    stages += "FROM stage_months GROUP BY as_of ORDER BY as_of"
    assert snapshot.query(cells).to_pylist() == snapshot.query(stages).to_pylist()


def test_the_analysis_of_the_year_ties_to_the_statement(snapshot):
    """P2, P4: scale and break-even start from the same net cash, and groups hold every party and what is not known."""
    net = snapshot.query("SELECT SUM(net_cash_12m) AS n FROM cash")["n"].to_pylist()[0]
    effects = "SELECT SUM(with_scale_12m) + (SELECT SUM(residual_12m) FROM scale_curves) AS n FROM scale_effects"
    assert snapshot.query(effects)["n"].to_pylist() == [net]
    known = "SELECT SUM(standalone_12m) AS n FROM scale_groups WHERE member <> 'not known' GROUP BY grouping"
    assert snapshot.query(known)["n"].to_pylist() == [net, net]
    assert (
        snapshot.query("SELECT SUM(net_cash_12m) AS n FROM break_even WHERE party_id IS NOT NULL")["n"][0].as_py()
        == net
    )


def test_renewals_carry_the_value_of_their_party(snapshot):
    values = dict(zip(*(snapshot.table("ltv", exact=True)[c] for c in ("party_id", "ltv")), strict=True))
    found = renewals(snapshot).to_pylist()
    assert len(found) > 3
    assert [r["value"] for r in found] == [values.get(r["party_id"], 0) for r in found]


def test_each_deal_won_has_its_commission_dates(snapshot):
    deals = snapshot.table("commissions")
    assert len(deals) > 50
    assert (deals["first_payment"].isna() | (deals["first_payment"] >= deals["signed"].fillna("1900-01-01"))).all()


def test_the_built_in_retailer_runs_too(tmp_path, capsys):
    assert run_command(["run", "cdnow", "--out", str(tmp_path), "--json", "--no-tracking"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert all(c["passed"] for c in found["checks"])
    assert sum(found["stages"].values()) == 23_570
    assert found["rows"]["orders"]["in"] == 69_659
    assert "according to shop" in found["headline"]
    assert found["definitions"]["product"] is None
