import os
import time

from valuekit.snapshot.scratch import PREFIX, scratch_folder, sweep


def test_a_scratch_folder_is_hidden_and_gone_afterwards(tmp_path):
    with scratch_folder(tmp_path) as folder:
        assert folder.name.startswith(PREFIX)
        assert folder.name.startswith(".")
        (folder / "big.duckdb").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_living_run_is_left_alone(tmp_path):
    with scratch_folder(tmp_path) as mine, scratch_folder(tmp_path) as other:
        assert sweep(tmp_path) == []
        assert mine.is_dir()
        assert other.is_dir()


def test_the_folder_of_a_dead_run_is_swept(tmp_path):
    dead = tmp_path / f"{PREFIX}1-dead"
    dead.mkdir()
    (dead / "lock").touch()
    assert sweep(tmp_path) == [dead]
    assert not dead.exists()


def test_a_folder_that_is_being_made_gets_an_hour(tmp_path):
    young, old = tmp_path / f"{PREFIX}young", tmp_path / f"{PREFIX}old"
    young.mkdir()
    old.mkdir()
    past = time.time() - 7200
    os.utime(old, (past, past))
    assert sweep(tmp_path) == [old]


def test_snapshots_and_files_of_others_are_never_swept(tmp_path):
    (tmp_path / "2026-06-30-abc").mkdir()
    (tmp_path / f"{PREFIX}notes.txt").write_text("a file")
    assert sweep(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 2
