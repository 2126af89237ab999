import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest

from tests.engines import fresh_engine
from tests.six_parties import filled, made, manifest
from valuekit.engine import Engine
from valuekit.errors import EngineError
from valuekit.snapshot import Snapshot, publish
from valuekit.snapshot.fingerprint import file_sha256
from valuekit.tables import PUBLISHED

ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine():
    with filled(fresh_engine()) as engine:
        yield engine


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A snapshot of the company as it is."""
    with filled(fresh_engine()) as engine:
        return put_out(engine, tmp_path_factory.mktemp("kept"))


@pytest.fixture
def first(kept, tmp_path):
    """The same, published before into the folder."""
    return copytree(kept, tmp_path / kept.name)


def put_out(engine: Engine, folder: Path, **changes: object) -> Path:
    return publish(engine, folder, manifest=manifest(engine, **changes), models={"m": "{}"}, config_text="{}")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def test_every_published_table_is_a_file_with_its_digest_and_its_rows(engine, tmp_path):
    path = put_out(engine, tmp_path)
    tables = Snapshot.open(path).manifest.tables
    assert set(tables) == set(PUBLISHED)
    for name, table in tables.items():
        assert table.sha256 == file_sha256(path / f"{name}.parquet")
        assert table.rows == engine.count(name)


def test_nothing_but_the_snapshot_is_left(kept):
    assert list(kept.parent.iterdir()) == [kept]


def test_every_file_is_forced_to_the_disk_before_the_folder_gets_its_name(engine, tmp_path, monkeypatch):
    forced, rename = [], os.rename
    monkeypatch.setattr(os, "fsync", lambda handle: forced.append(os.fstat(handle).st_ino))
    monkeypatch.setattr(os, "rename", lambda *names: (forced.append("rename"), rename(*names)))
    path = put_out(engine, tmp_path / "runs")
    files = {f.stat().st_ino for f in (path, *path.rglob("*"))}  # a folder that is renamed stays itself
    assert files == set(forced[: forced.index("rename")])
    assert forced[forced.index("rename") + 1 :] == [path.parent.stat().st_ino]


def test_the_name_tells_the_date_and_a_hash(kept):
    assert kept.name[:11] == "2026-06-30-"
    assert len(kept.name) == 19


def test_the_same_content_is_published_once_and_the_first_stays_as_it_was(engine, first, tmp_path):
    before = contents(first)
    again = put_out(engine, tmp_path, created_at=datetime(2026, 7, 2, tzinfo=UTC))
    assert again == first
    assert contents(first) == before
    assert [f.name for f in tmp_path.iterdir()] == [first.name]


def test_other_content_under_the_same_name_gets_a_number(engine, first, tmp_path):
    before = contents(first)
    engine.execute("UPDATE parties SET name = 'Other' WHERE party_id = 'p1'")
    second = put_out(engine, tmp_path)
    engine.execute("UPDATE parties SET name = 'Third' WHERE party_id = 'p1'")
    third = put_out(engine, tmp_path)
    assert [second.name, third.name] == [f"{first.name}.2", f"{first.name}.3"]
    assert put_out(engine, tmp_path) == third
    assert contents(first) == before
    assert Snapshot.open(second).manifest.run_id == second.name


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_bytes(b"PAR1")])
@pytest.mark.parametrize("name", ["ltv.parquet", "manifest.json"])
def test_a_damaged_snapshot_is_left_and_published_again_beside_it(engine, first, tmp_path, name, damage):
    damage(first / name)
    again = put_out(engine, tmp_path, created_at=datetime(2026, 7, 2, tzinfo=UTC))
    assert again.name == f"{first.name}.2"
    assert Snapshot.open(tmp_path).path == again


def test_another_input_gives_another_name(engine, first, tmp_path):
    other = publish(engine, tmp_path, manifest=manifest(engine), models={}, config_text='{"horizon": 5}')
    assert first.name != other.name


def test_rows_in_another_order_give_the_same_bytes(engine, kept, tmp_path):
    for table in PUBLISHED:
        engine.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {table} ORDER BY ALL DESC")
    assert contents(kept) == contents(put_out(engine, tmp_path))


def test_a_missing_table_stops_the_publication(engine, tmp_path):
    made = manifest(engine)
    engine.drop("cube", "ltv")
    with pytest.raises(EngineError, match=r"made no table cube, ltv"):
        publish(engine, tmp_path, manifest=made, models={}, config_text="{}")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_nothing(engine, tmp_path):
    def fail(table: str) -> None:
        if table == "stages":
            raise OSError("the disk is full")

    with pytest.raises(OSError, match=r"disk is full"):
        publish(engine, tmp_path, manifest=manifest(engine), models={}, config_text="{}", progress=fail)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from shutil import copytree
from tests.six_parties import copy_into, manifest
from valuekit.engine import Engine
from valuekit.snapshot import publish

def die(table):
    if table == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

engine = copy_into(Engine(), sys.argv[3])
publish(engine, Path(sys.argv[1]), manifest=manifest(engine), models={}, config_text='{"other": 1}', progress=die)
"""


@pytest.mark.parametrize("table", ["intake", "facts", "checks"])
def test_a_run_that_is_killed_shows_nothing_and_the_next_sweeps_up(engine, first, tmp_path, table):
    before = contents(first)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", KILLED, str(tmp_path), table, str(made())]
    dead = subprocess.run(command, env=environment, cwd=ROOT, check=False)
    assert dead.returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob(".partial-*"))) == 1
    assert [s.path for s in Snapshot.list(tmp_path)] == [first]
    assert contents(first) == before
    put_out(engine, tmp_path)
    assert [f.name for f in tmp_path.iterdir()] == [first.name]
