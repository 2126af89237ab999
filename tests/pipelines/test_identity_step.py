"""What the pipeline adds to identity: the file of decisions, and the ids of the newest snapshot."""

from pathlib import Path
from shutil import copytree

import pytest

from pipelines.steps import Work, fingerprint, resolve
from tests.company import given
from valuekit.config import Company, Config, Source, load_config
from valuekit.config.identity import Identity, Matching
from valuekit.engine import Engine
from valuekit.errors import InputError

RECORDS = Source(table="records", system="crm", file="records.csv")
KEYS = {"matching": Matching(enabled=False)}


@pytest.fixture
def base(tmp_path):
    folder = tmp_path / "company"
    folder.mkdir()
    (folder / "records.csv").write_text("record\nc1\nc2\n")
    return folder


def work(base, company="Six Parties", **identity) -> Work:
    config = Config(
        company=Company(name=company, currency="EUR"), sources=[RECORDS], identity=Identity(**KEYS, **identity)
    )
    engine = given(Engine(threads=1), records=[{"record": "c1"}, {"record": "c2"}])
    return Work(engine, config, base, base.parent / "runs")


def parties(done: Work) -> dict[str, str]:
    resolve(done)
    return dict(done.engine.rows("SELECT record, party_id FROM party_records"))


def decide(base, rows: str) -> None:
    (base / "decisions.csv").write_text(f"decision,system,record,to_system,to_record\n{rows}\n")


def test_decisions_are_read_beside_the_configuration(base):
    decide(base, "same,crm,c1,crm,c2")
    assert len(set(parties(work(base, decisions="decisions.csv")).values())) == 1
    assert len(set(parties(work(base)).values())) == 2


def test_their_content_belongs_to_what_names_the_run(base):
    decide(base, "same,crm,c1,crm,c2")
    done = work(base, decisions="decisions.csv")
    fingerprint(done)
    before = done.sources[-1]
    assert (before.table, before.file) == ("decisions", "decisions.csv")
    decide(base, "different,crm,c1,crm,c2")
    fingerprint(done)
    assert done.sources[-1].sha256 != before.sha256


def test_a_missing_file_is_told_before_the_work_begins(base):
    with pytest.raises(InputError, match="there is no such file"):
        fingerprint(work(base, decisions="nowhere.csv"))


def test_their_path_may_name_an_entry_of_paths(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(
        "company: {name: X, currency: EUR}\npaths: {people: ../people}\nidentity: {decisions: '{people}/d.csv'}\n"
        "sources: [{table: records, system: crm, file: r.csv}]\n"
    )
    assert load_config(path).identity.decisions == "../people/d.csv"


class TestIds:
    @pytest.fixture
    def runs(self, base, run):
        """A snapshot in which crm c1 belongs to party p1."""
        return copytree(run, base.parent / "runs" / Path(run).name)

    def test_they_stay_as_in_the_newest_snapshot(self, base, runs):
        assert parties(work(base))["c1"] == "p1"

    def test_unless_that_is_not_wanted(self, base, runs):
        assert parties(work(base, keep_ids=False))["c1"] != "p1"

    def test_another_companys_snapshot_says_nothing(self, base, runs):
        assert parties(work(base, company="Other"))["c1"] != "p1"

    def test_a_damaged_snapshot_says_nothing_and_stops_nothing(self, base, runs):
        (runs / "party_records.parquet").write_bytes(b"no parquet")
        assert parties(work(base))["c1"] != "p1"
