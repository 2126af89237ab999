"""A published month stays; a later run tells it differently, says why, and can still reproduce the old number."""

from datetime import date
from pathlib import Path

import pytest

from pipelines.run import run
from valuekit.config import Company, Config, EngineConfig, Source, Tracking
from valuekit.config.identity import Identity, Matching
from valuekit.snapshot import Snapshot
from valuekit.snapshot.restatements import restated_members, restatements

MAY = date(2026, 5, 31)
JUNE = date(2026, 6, 30)

FILES = {
    "records": "record,name,created_on,recorded_on\nann,Ann Ltd,2026-01-02,\nbob,Bob Ltd,2026-03-01,\n"
    "cat,Cat Ltd,2026-01-05,\n",
    "contracts": "id,record,signed_on,starts_on,ends_on,amount,currency,term_months,recorded_on\n"
    "1,ann,2026-01-03,2026-01-05,2027-01-04,1200,EUR,12,2026-01-03\n"
    "2,cat,2026-01-06,2026-01-07,2027-01-06,600,EUR,12,2026-01-06\n",
    "payments": "id,record,paid_on,amount,currency,kind,recorded_on\n"
    "1,ann,2026-01-10,1200,EUR,payment,2026-01-10\n2,cat,2026-01-10,600,EUR,payment,2026-01-10\n",
    "usage": "record,used_on,feature,events,recorded_on\nann,2026-05-20,app,3,2026-05-20\n"
    "cat,2026-01-20,app,1,2026-01-20\n",
}
LATE = {
    "contracts": "3,bob,2026-04-10,2026-04-10,2027-04-09,900,EUR,12,2026-06-12\n",
    "payments": "3,bob,2026-05-02,900,EUR,payment,2026-06-12\n",
    "usage": "cat,2026-05-28,app,2,2026-06-03\n",
}
"""Rows of April and May that reached the systems in June: a contract, its payment, and use of the product."""


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("company")


def described(company: Path, as_of: date, *, late: bool, known_on: date | None = None) -> Snapshot:
    folder = company / ("late" if late else "early")
    folder.mkdir(exist_ok=True)
    for table, rows in FILES.items():
        (folder / f"{table}.csv").write_text(rows + (LATE.get(table, "") if late else ""))
    config = Config(
        company=Company(name="Three", currency="EUR"),
        sources=[Source(table=t, system="billing", file=f"{t}.csv") for t in FILES],
        as_of=as_of,
        known_on=known_on,
        identity=Identity(matching=Matching(enabled=False)),
        engine=EngineConfig(memory_limit="1GB", threads=1),
        tracking=Tracking(enabled=False),
    )
    return run(config, base=folder, output=company / "runs").snapshot


def rows(snapshot: Snapshot, table: str) -> list[dict]:
    return snapshot.query(f"SELECT * FROM {table} ORDER BY ALL").to_pylist()


@pytest.fixture(scope="module")
def then(company):
    """As it was published at the end of May: what came late is not in the files yet."""
    return described(company, MAY, late=False)


@pytest.fixture(scope="module")
def now(company):
    """May, told with what came late."""
    return described(company, MAY, late=True)


@pytest.fixture(scope="module")
def known_then(company):
    """May, told from the later files with what was known at its end."""
    return described(company, MAY, late=True, known_on=MAY)


@pytest.fixture(scope="module")
def june(company):
    """The next run, a month later; its history holds May."""
    return described(company, JUNE, late=True)


TABLES = ("facts", "stages", "memberships", "definitions", "mrr_months", "reconciliation", "history")


@pytest.mark.parametrize("table", TABLES)
def test_what_was_known_then_reproduces_every_number(then, known_then, table):
    assert rows(known_then, table) == rows(then, table)
    assert known_then.manifest.headline == then.manifest.headline


def test_without_that_date_the_numbers_differ(then, now):
    def stages(snapshot):
        return snapshot.query("SELECT stage, COUNT(*) AS n FROM stages GROUP BY stage ORDER BY stage").to_pylist()

    assert stages(then) == [{"stage": "active", "n": 1}, {"stage": "contact", "n": 1}, {"stage": "inactive", "n": 1}]
    assert stages(now) == [{"stage": "active", "n": 2}, {"stage": "inactive", "n": 1}]


def test_the_rows_that_came_late_are_published_by_party_and_month(now, known_then):
    found = now.query(
        "SELECT record, table_name, month, recorded_month, rows FROM late_records JOIN party_records USING (party_id) "
        "ORDER BY record, table_name"
    ).to_pylist()
    june = date(2026, 6, 1)
    assert [tuple(row.values()) for row in found] == [
        ("bob", "contracts", date(2026, 4, 1), june, 1), ("bob", "payments", date(2026, 5, 1), june, 1),
        ("cat", "usage", date(2026, 5, 1), june, 1),
    ]  # fmt: skip
    assert rows(known_then, "late_records") == []


class TestRestatements:
    """May as it was published, and as the run of June tells it."""

    def test_each_difference_has_the_late_rows_as_its_cause(self, then, june):
        found = restatements(then, june)
        (headline,) = (r for r in found.definitions if r.headline)
        assert (found.as_of, headline.then, headline.now) == (MAY, 2, 3)
        assert [(c.cause, c.joined, c.went) for c in headline.changes] == [("late_records", 1, 0)]
        assert {(s["stage_then"], s["stage_now"], s["cause"]) for s in found.stages} == {
            ("contact", "inactive", "late_records"), ("inactive", "active", "late_records"),
        }  # fmt: skip
        assert {s["file"] for s in found.sources} == {"contracts.csv", "payments.csv", "usage.csv"}

    def test_every_definition_closes(self, then, june):
        for one in restatements(then, june).definitions:
            assert one.now == one.then + sum(c.joined - c.went for c in one.changes)

    def test_whoever_joined_is_named(self, then, june):
        (bob,) = restated_members(then, june, "paid_current")
        assert (bob["label"], bob["joined"], bob["stage_then"], bob["stage_now"]) == (
            "Bob Ltd", True, "contact", "inactive",
        )  # fmt: skip

    def test_what_was_known_then_restates_nothing(self, then, known_then):
        found = restatements(then, known_then)
        assert not found.changed
        assert found.settings == ["known_on"]

    def test_a_run_without_late_rows_restates_nothing(self, company, then):
        assert not restatements(then, described(company, JUNE, late=False)).changed
