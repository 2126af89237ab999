import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from shutil import copytree

import pytest

from tests.six_parties import borrowed, manifest
from valuekit.errors import InputError, UnknownNameError
from valuekit.snapshot import Manifest, Snapshot, publish


@pytest.fixture
def path(written):
    return written(1)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A snapshot of each of three days."""

    def put_out(engine, day: int):
        made = manifest(engine, created_at=datetime(2026, 7, day, tzinfo=UTC))
        folder = tmp_path_factory.mktemp("kept")
        return publish(engine, folder, manifest=made, models={"m": '{"a": 1}'}, config_text=str(day))

    with borrowed() as engine:
        return {day: put_out(engine, day) for day in (1, 2, 9)}


@pytest.fixture
def written(kept, tmp_path):
    """Copy the snapshot of a day into the folder, or a folder of it."""
    return lambda day, folder=".": copytree(kept[day], tmp_path / folder / kept[day].name)


def test_a_folder_opens_its_newest_snapshot(tmp_path, written):
    late, early = written(9), written(2)
    assert Snapshot.open(tmp_path).path == late
    assert [s.path for s in Snapshot.list(tmp_path)] == [late, early]


def test_a_folder_of_companies_shows_the_snapshots_of_all(tmp_path, written):
    one, two = written(1, "one"), written(2, "two")
    assert [s.path for s in Snapshot.list(tmp_path)] == [two, one]


def test_work_in_progress_is_not_seen(tmp_path, path):
    hidden = tmp_path / ".partial-77"
    hidden.mkdir()
    (hidden / "manifest.json").write_text((path / "manifest.json").read_text())
    assert len(Snapshot.list(tmp_path)) == 1


def test_a_damaged_snapshot_does_not_hide_the_others(tmp_path, written):
    early, late = written(2), written(9)
    (late / "manifest.json").write_text('{"schema_ver')
    assert Snapshot.open(tmp_path).path == early
    (early / "manifest.json").write_text("")
    with pytest.raises(InputError, match=r"manifest.json: is damaged"):
        Snapshot.open(tmp_path)


def test_an_empty_folder_says_how_to_make_a_snapshot(tmp_path):
    with pytest.raises(InputError, match=r"holds no snapshot.*valuekit run"):
        Snapshot.open(tmp_path)


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(InputError, match=r"does not exist"):
        Snapshot.open(tmp_path / "nowhere")


def test_a_file_is_not_said_to_be_missing(path):
    with pytest.raises(
        InputError, match=rf"manifest.json: is a file; a snapshot is a folder.*: {re.escape(str(path))}"
    ):
        Snapshot.open(path / "manifest.json")


def test_a_model_that_is_no_text_is_told(path):
    (path / "models").mkdir(exist_ok=True)
    (path / "models" / "orders.json").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"orders.json: is damaged"):
        _ = Snapshot.open(path).models


def test_a_half_written_snapshot_is_refused(path):
    (path / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"no complete snapshot"):
        Snapshot.open(path)


def test_a_snapshot_of_a_newer_valuekit_is_refused(path):
    content = json.loads((path / "manifest.json").read_text())
    content |= {"schema_version": 99, "something_new": 1}
    (path / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"newer valuekit.*Upgrade"):
        Snapshot.open(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 1}', "{"])
def test_a_damaged_manifest_is_told(path, text):
    (path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=r"is damaged"):
        Snapshot.open(path)


def test_a_table_that_was_deleted_is_told(path):
    (path / "ltv.parquet").unlink()
    with pytest.raises(InputError, match=r"ltv.parquet: is missing"):
        Snapshot.open(path).table("parties")


def test_a_table_comes_as_pandas_in_the_order_of_its_key(path):
    frame = Snapshot.open(path).table("segments", ["party_id", "ltv"])
    assert frame.to_dict("list") == {"party_id": ["p1", "p2", "p3"], "ltv": [2400.0, -90.0, 30.0]}


def test_money_can_be_exact(path):
    frame = Snapshot.open(path).table("segments", ["ltv"], exact=True)
    assert frame["ltv"].sum() == Decimal("2340.0000")


def test_days_are_datetimes(path):
    days = Snapshot.open(path).table("stages")["since"]
    assert days.dt.year.unique().tolist() == [2026]


def test_a_question_is_answered_in_arrow(path):
    found = Snapshot.open(path).query("SELECT COUNT(*) AS n FROM parties WHERE name = $name", {"name": "Cleo"})
    assert found.to_pylist() == [{"n": 2}]


def test_unknown_names_get_a_suggestion(path):
    snapshot = Snapshot.open(path)
    with pytest.raises(UnknownNameError, match=r"Did you mean 'segments'"):
        snapshot.table("segmnts")
    with pytest.raises(UnknownNameError, match=r"Did you mean 'ltv'"):
        snapshot.table("segments", ["ltvv"])


def test_many_threads_ask_at_once(path):
    snapshot = Snapshot.open(path)
    with ThreadPoolExecutor(8) as pool:
        counts = list(
            pool.map(lambda _: snapshot.query("SELECT COUNT(*) AS n FROM facts").to_pylist()[0]["n"], range(40))
        )
    assert counts == [6] * 40


def test_models_and_closing(path):
    snapshot = Snapshot.open(path)
    assert snapshot.models == {"m": '{"a": 1}'}
    snapshot.table("ltv")
    snapshot.close()
    assert len(snapshot.table("ltv")) == 3


def test_the_manifest_survives_the_round_trip(path):
    made = Snapshot.open(path).manifest
    assert Manifest.model_validate_json(made.to_json()) == made
    assert made.totals["net_cash"] == Decimal(800)
    assert made.headline == "2: Current customers, as of 30 June 2026"
