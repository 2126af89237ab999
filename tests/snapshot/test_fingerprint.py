from datetime import date

import pytest

from valuekit.config import Source
from valuekit.snapshot import SourceFile, config_text, fingerprint_files, run_id
from valuekit.snapshot.fingerprint import file_sha256

DAY = date(2026, 6, 30)
FILE = SourceFile(file="a.csv", table="orders", system="shop", size=3, sha256="aa")


def test_the_order_of_settings_does_not_matter():
    assert config_text({"a": 1, "b": {"x": 1, "y": 2}}) == config_text({"b": {"y": 2, "x": 1}, "a": 1})


@pytest.mark.parametrize("part", ["output", "engine", "tracking", "paths"])
def test_where_and_how_a_run_happens_does_not_name_it(part):
    assert config_text({"a": 1, part: "here"}) == config_text({"a": 1, part: "there"})


def test_where_the_files_lie_does_not_name_a_run_but_how_they_are_read_does():
    def source(**settings):
        return config_text({"sources": [{"table": "orders", **settings}]})

    assert source(file="/a/x.csv") == source(file="x.csv")
    assert source(decimal=",") != source(decimal=".")


def test_where_peoples_decisions_lie_does_not_name_a_run_either():
    def identity(**settings):
        return config_text({"identity": {"unit": "account", **settings}})

    assert identity(decisions="/a/d.csv") == identity(decisions=None)
    assert identity(unit="group") != identity()


@pytest.mark.parametrize(
    "other",
    [
        run_id(date(2026, 5, 31), "{}", [FILE]),
        run_id(DAY, '{"a":1}', [FILE]),
        run_id(DAY, "{}", [FILE.model_copy(update={"sha256": "bb"})]),
        run_id(DAY, "{}", [FILE.model_copy(update={"table": "payments"})]),
        run_id(DAY, "{}", []),
        run_id(DAY, "{}", [FILE], version="9"),
    ],
)
def test_whatever_decides_the_result_changes_the_name(other):
    assert run_id(DAY, "{}", [FILE]) != other


def test_the_name_of_a_file_does_not_change_the_name_of_the_run():
    assert run_id(DAY, "{}", [FILE]) == run_id(DAY, "{}", [FILE.model_copy(update={"file": "b.csv"})])


def test_files_are_known_by_content(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"abc")
    (found,) = fingerprint_files([(Source(table="orders", system="shop", file="a.csv"), path)])
    assert (found.file, found.size) == ("a.csv", 3)
    # NIST's example for SHA-256 of "abc"
    assert found.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_file_larger_than_one_piece_is_hashed_whole(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"x" * (3 << 20))
    two.write_bytes(b"x" * (3 << 20) + b"y")
    assert file_sha256(one) != file_sha256(two)
