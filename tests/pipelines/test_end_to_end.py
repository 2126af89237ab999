"""The main job on a simulated company of 150 customers, with no stand-in anywhere."""

import csv
import io
import json
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from pipelines.cli import run_command
from valuekit.simulate import simulate
from valuekit.snapshot import Snapshot

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # MLflow leaves SQLite connections to the collector


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    simulate(folder / "data", customers=150, seed=3)
    return folder


def run_it(company: Path, out: str, capsys, *more: str) -> dict:
    capsys.readouterr()
    # in so small a company the few planted bad rows are a large share
    settings = [f"paths.data={company / 'data'}", "engine.memory_limit=1GB", "quality.max_quarantined_share=0.5"]
    given = [word for setting in settings for word in ("--set", setting)]
    assert run_command(["run", "demo", "--out", str(company / out), "--json", *given, *more]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def outcome(company, capsys):
    return run_it(company, "runs", capsys)


def test_every_check_passes_and_the_record_is_in_mlflow(outcome):
    assert [c["check_name"] for c in outcome["checks"] if not c["passed"]] == []
    assert sum(outcome["stages"].values()) > 150
    assert outcome["customers"] == outcome["stages"]["active"] + outcome["stages"]["inactive"]
    assert outcome["tracking"]["mlflow_run"]
    assert all(r["in"] == r["accepted"] + r["quarantined"] for r in outcome["rows"].values())


def test_the_same_run_elsewhere_gives_the_same_bytes(company, outcome, capsys):
    elsewhere = run_it(company, "elsewhere", capsys, "--no-tracking", "--set", "engine.threads=1")
    assert elsewhere["run_id"] == outcome["run_id"]

    def bytes_of(run: dict) -> dict[str, bytes]:
        return {f.name: f.read_bytes() for f in sorted(Path(run["snapshot"]).glob("*.parquet"))}

    assert bytes_of(elsewhere) == bytes_of(outcome)


def test_a_customer_can_be_explained_and_the_segments_exported(outcome, capsys):
    snapshot = Snapshot.open(outcome["snapshot"])
    best = snapshot.table("consensus").sort_values("rank")["party_id"].iloc[0]
    assert run_command(["explain", str(snapshot.path), best]) == 0
    out = capsys.readouterr().out
    assert f"({best}), as of 2026-06-30" in out
    assert "Under contract" in out
    assert run_command(["export", "segments", str(snapshot.path), "--out", "-"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == len(snapshot.table("segments"))


def test_the_models_score_from_their_json(company, outcome):
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


def test_the_built_in_retailer_runs_too(tmp_path, capsys):
    assert run_command(["run", "cdnow", "--out", str(tmp_path), "--json", "--no-tracking"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert all(c["passed"] for c in found["checks"])
    assert sum(found["stages"].values()) == 23_570
    assert found["rows"]["orders"]["in"] == 69_659
    assert "according to shop" in found["headline"]
    assert found["definitions"]["product"] is None
