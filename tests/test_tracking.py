import json
import os
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from shutil import copyfile

import mlflow
import pytest

from tests.six_parties import borrowed, check
from tests.snapshot.published import copied, told
from valuekit import tracking
from valuekit.errors import EngineError
from valuekit.snapshot import Snapshot
from valuekit.tracking.page import metrics, summary_page

DEAD = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def kept():
    """A run with the outcome of its checks."""
    with borrowed() as engine:
        checks = check(engine)
    return told(checks=list(checks.values()))


@pytest.fixture
def snapshot(kept, tmp_path):
    return copied(kept, tmp_path / "runs")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The file of a store of another company: to make its tables takes longer than all that the tests do with them."""
    folder = tmp_path_factory.mktemp("store")
    tracking.record_study("of others", {}, {}, folder=folder)
    return folder / "mlflow.db"


@pytest.fixture
def stored(store, snapshot):
    """A store beside the snapshot, as a former run leaves it."""
    copyfile(store, snapshot.path.parent / store.name)


def contents(folder):
    return {f.name: f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the client leaves its SQLite connections to the collector
class TestMlflow:
    def test_a_run_is_recorded_with_everything_that_is_known_of_it(self, snapshot, capfd):
        result = tracking.record(snapshot.manifest, snapshot.path)
        assert result.recorded
        assert result.experiment == "Six Parties"
        assert capfd.readouterr() == ("", "")
        run = self.client(result.uri).get_run(result.mlflow_run)
        assert run.info.run_name == snapshot.path.name
        assert run.data.params == {"ltv.horizon_years": "3", "ltv.discount_rate": "0.0", "lifecycle.active_days": "14"}
        assert run.data.metrics["total.customer_equity"] == 2310
        assert run.data.metrics["definition.finance"] == 3
        assert run.data.metrics["check.cube_equals_ltv"] == 1
        assert run.data.metrics["seconds.sources"] == 0.1
        assert run.data.tags["snapshot_reused"] == "false"
        assert run.data.tags["checks"] == "passed"
        assert run.inputs.dataset_inputs[0].dataset.digest == snapshot.manifest.fingerprint[:32]
        names = {a.path for a in self.client(result.uri).list_artifacts(result.mlflow_run)}
        assert names == {"manifest.json", "config.json", "summary.md"}
        assert not list((snapshot.path.parent / ".tracking").iterdir())

    @pytest.mark.usefixtures("stored")
    def test_a_rerun_is_a_run_of_its_own_and_says_that_its_result_was_there(self, snapshot):
        first = tracking.record(snapshot.manifest, snapshot.path)
        again = snapshot.manifest.model_copy(update={"created_at": datetime(2026, 7, 2, tzinfo=UTC)})
        second = tracking.record(again, snapshot.path, reused=True)
        assert first.mlflow_run != second.mlflow_run
        assert self.client(second.uri).get_run(second.mlflow_run).data.tags["snapshot_reused"] == "true"

    @pytest.mark.usefixtures("stored")
    def test_records_that_waited_are_pushed_by_the_next_run(self, snapshot, monkeypatch):
        with monkeypatch.context() as broken:
            broken.setattr("valuekit.tracking.runs._log", self.fail)
            waiting = tracking.record(snapshot.manifest, snapshot.path)
        assert not waiting.recorded
        later = snapshot.manifest.model_copy(update={"created_at": datetime(2026, 7, 2, tzinfo=UTC)})
        assert tracking.record(later, snapshot.path).pushed_before == 1
        assert tracking.push_pending(snapshot.path.parent) == []

    @pytest.mark.usefixtures("stored")
    def test_the_environment_and_the_address_of_others_are_left_as_they_were(self, snapshot):
        mlflow.set_tracking_uri("sqlite:///other.db")
        before = dict(os.environ)
        tracking.record(snapshot.manifest, snapshot.path)
        assert mlflow.get_tracking_uri() == "sqlite:///other.db"
        assert dict(os.environ) == before

    def test_a_study_is_recorded_with_its_settings_and_what_it_measured(self, store, tmp_path):
        copyfile(store, tmp_path / store.name)
        run = tracking.record_study("baseline", {"seed": 7}, {"recall": 0.97}, folder=tmp_path)
        found = self.client(tracking.default_uri(tmp_path)).get_run(run)
        assert found.data.params == {"seed": "7"}
        assert found.data.metrics == {"recall": 0.97}

    @staticmethod
    def client(uri):
        return mlflow.MlflowClient(uri)

    @staticmethod
    def fail(*_):
        raise ConnectionError("nobody there\nsecond line")


def test_a_dead_server_costs_seconds_and_the_record_is_kept_beside_the_snapshot(snapshot):
    before, start = contents(snapshot.path), time.perf_counter()
    result = tracking.record(snapshot.manifest, snapshot.path, uri=DEAD)
    assert time.perf_counter() - start < 20
    assert not result.recorded
    assert "failed" in result.problem
    assert result.pending.parent == snapshot.path.parent / ".tracking"
    assert json.loads(result.pending.read_text())["uri"] == DEAD
    assert contents(snapshot.path) == before
    assert [s.path for s in Snapshot.list(snapshot.path.parent)] == [snapshot.path]


def test_a_server_that_answers_nonsense_is_a_dead_server(snapshot):
    class Broken(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(500)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Broken)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        result = tracking.record(snapshot.manifest, snapshot.path, uri=f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
    assert not result.recorded
    assert result.pending.is_file()


def test_required_tracking_is_fatal_and_says_that_the_snapshot_is_there(snapshot):
    with pytest.raises(EngineError, match=r"published but not recorded.*track push /"):
        tracking.record(snapshot.manifest, snapshot.path, uri=DEAD, required=True)


def test_a_password_in_an_address_is_never_shown(snapshot):
    result = tracking.record(snapshot.manifest, snapshot.path, uri="http://ann:secret@127.0.0.1:9")
    assert "secret" not in result.uri + result.problem


def test_numbers_of_a_run(snapshot):
    found = metrics(snapshot.manifest)
    assert found["rows.payments.in"] == 4
    assert found["rows.payments.quarantined"] == 1
    assert found["stage.active"] == 1
    assert all(isinstance(v, float) for v in found.values())


def test_the_page_says_what_the_run_found(snapshot):
    page = summary_page(snapshot.manifest, reused=True)
    assert "# Six Parties, as of 2026-06-30" in page
    assert "**2: Current customers, as of 30 June 2026**" in page
    assert "published before, identical" in page
    assert "| customer equity | €2,310.00 |" in page
    assert "| payments | 4 / 3 / 1 |" in page
    assert "| cube equals ltv | passed |" in page


def test_runs_beside_the_same_snapshots_record_one_after_the_other(tmp_path):
    order = []
    with tracking.runs._one_at_a_time(tmp_path):
        other = threading.Thread(target=lambda: wait_and_note(tmp_path, order))
        other.start()
        time.sleep(0.05)
        order.append("first")
    other.join()
    assert order == ["first", "second"]


def wait_and_note(folder, order):
    with tracking.runs._one_at_a_time(folder):
        order.append("second")
