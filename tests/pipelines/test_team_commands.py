"""The commands by which teams agree: each on the six parties, as text and as JSON."""

import csv
import json
from datetime import date
from functools import cache
from pathlib import Path
from shutil import copytree

import pytest

from pipelines.cli import run_command
from tests.engines import fresh_engine
from tests.six_parties import FORMER_PERIOD, MONTH_ENDS, filled, manifest
from valuekit.snapshot import Snapshot, publish


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Publish the six parties with statements of one's own, each version once; returns its path."""

    @cache
    def publish_once(*statements: str) -> Path:
        with fresh_engine() as engine:
            filled(engine)
            for statement in statements:
                engine.execute(statement)
            folder = tmp_path_factory.mktemp("published")
            return publish(engine, folder, manifest=manifest(engine), models={}, config_text=str(statements))

    return publish_once


@pytest.fixture
def told(published, tmp_path, monkeypatch):
    """Put a copy of such a run into `runs` of the working folder; returns its path."""
    monkeypatch.chdir(tmp_path)

    def tell(*statements: str) -> str:
        made = published(*statements)
        return str(copytree(made, Path("runs") / made.name, dirs_exist_ok=True))

    return tell


@pytest.fixture
def says(capsys):
    """Run a command that succeeds and return what it printed."""

    def say(*arguments: str) -> str:
        capsys.readouterr()
        assert run_command(list(arguments)) == 0
        return capsys.readouterr().out

    return say


class TestReceivables:
    MAY = """INSERT INTO receivables BY NAME SELECT DATE '2026-05-31' AS as_of, TRUE AS complete, 15000 AS open,
        4000 AS current, 11000 AS overdue_1_30, 0 AS overdue_31_60, 0 AS overdue_61_90, 0 AS overdue_over_90,
        5 AS disputed, 7 AS written_off, 10000 AS credit_sales, 0 AS unknown, 0 AS without_invoice, 45 AS dso,
        12 AS best_possible_dso, 33 AS average_days_delinquent"""
    LATE = """INSERT INTO paying_on_time BY NAME SELECT party_id, 2 AS due, 0 AS unknown, 1 AS on_time,
        200 AS amount_due, 50 AS amount_on_time, TRUE AS at_least,
        CASE party_id WHEN 'p1' THEN 30 ELSE 0 END AS overdue, 0 AS disputed,
        0 AS written_off, 0 AS overpaid, 0 AS credited, 0 AS without_invoice
        FROM parties WHERE party_id IN ('p1', 'p2')"""

    def test_shows_what_is_open_by_age_and_the_days_of_sales(self, told, says):
        text = says("receivables", told(self.MAY, self.LATE))
        months = next(line.split() for line in text.splitlines() if line.startswith("2026-05-31"))
        assert (months[1], months[-3:]) == ("€15,000.00", ["45.0", "12.0", "33.0"])
        assert "1 of 2 parties overdue" in text
        assert "50.0% of invoices, 25.0% of their amount" in " ".join(text.split())

    def test_as_json(self, told, says):
        found = json.loads(says("receivables", told(self.MAY, self.LATE), "--json"))
        assert (found["schema"], found["on_time_share"]) == ("valuekit.receivables/1", 0.25)
        assert [(month["as_of"], month["dso"]) for month in found["months"]] == [("2026-05-31", 45)]

    def test_writes_who_is_overdue(self, told, says):
        says("receivables", told(self.MAY, self.LATE), "--members", "overdue", "--out", "late.csv")
        rows = list(csv.DictReader(Path("late.csv").read_text("utf-8-sig").splitlines()))
        assert [(row["party_id"], row["label"], row["overdue"]) for row in rows] == [("p1", "Ada Ltd", "30.0000")]

    def test_members_need_a_file_and_a_list_that_there_is(self, told, capsys):
        path = told(self.MAY)
        assert run_command(["receivables", path, "--members", "overdue"]) == 2
        assert "--members and --out go together" in capsys.readouterr().err
        assert run_command(["receivables", path, "--members", "overdu", "--out", "x.csv"]) == 2
        assert "Did you mean 'overdue'?" in capsys.readouterr().err

    def test_a_run_without_invoices_says_so(self, told, says):
        assert "no invoices" in says("receivables", told())


class TestDefinitions:
    def test_writes_the_document_and_prints_its_path(self, told, says):
        path = says("definitions", told()).strip()
        assert path == f"definitions-{Snapshot.open('runs').manifest.run_id}.md"
        assert "## Reconciliation checklist" in Path(path).read_text("utf-8")

    @pytest.mark.parametrize(("kind", "start"), [("html", b"<!DOCTYPE html>"), ("xlsx", b"PK")])
    def test_other_formats(self, told, says, kind, start):
        says("definitions", told(), "--format", kind, "--out", "d")
        assert Path("d").read_bytes().startswith(start)

    def test_of_a_configuration_means_the_newest_run_of_its_company(self, told, says):
        told()
        Path("company.yaml").write_text(
            "company: {name: Six Parties, currency: EUR}\nsources: [{table: payments, system: a, file: x.csv}]\n"
        )
        assert says("definitions", "company.yaml", "--out", "-").startswith("# Who is a customer of Six Parties")

    def test_of_a_configuration_that_never_ran_says_so(self, told, capsys):
        told()
        Path("company.yaml").write_text(
            "company: {name: Others, currency: EUR}\nsources: [{table: payments, system: a, file: x.csv}]\n"
        )
        assert run_command(["definitions", "company.yaml"]) == 4
        message = capsys.readouterr().err
        assert "runs: holds no snapshot of Others yet. Make one first: valuekit run company.yaml" in message

    def test_a_file_is_not_overwritten_unasked(self, told, capsys):
        path = told()
        assert run_command(["definitions", path, "--out", "d.md"]) == 0
        assert run_command(["definitions", path, "--out", "d.md"]) == 2
        assert "exists already" in capsys.readouterr().err


class TestSignOff:
    def test_signs_and_shows_the_checklist(self, told, says):
        path = told()
        out = says("sign-off", path, "rows_accepted", "--by", "Ada", "--note", "a test row")
        assert "1 of 15 items are signed off" in out
        assert "a test row" in out
        assert "1 of 15" in says("sign-off", path)

    def test_json_holds_state_owner_and_signature(self, told, says):
        found = json.loads(says("sign-off", told(), "rows_accepted", "--by", "Ada", "--json"))
        (line,) = (i for i in found["items"] if i["item"] == "rows_accepted")
        assert (line["state"], line["open"], line["total"], line["owner"]) == ("open", 1, 4, "Customers")
        assert line["signed"]["by"] == "Ada"

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [(["rows_acepted", "--by", "Ada"], "Did you mean 'rows_accepted'"), (["rows_accepted"], "nobody signs")],
    )
    def test_an_unknown_item_and_a_missing_name_are_2(self, told, capsys, arguments, words):
        assert run_command(["sign-off", told(), *arguments]) == 2
        assert words in capsys.readouterr().err


class TestReconcile:
    def test_prints_both_directions_and_unexplained_even_when_0(self, told, says):
        out = says("reconcile", told(FORMER_PERIOD), "customers", "finance")
        assert out.startswith("Customers against Finance, as of 2026-06-30\n")
        assert "month before" in out
        lines = [line.split() for line in out.splitlines()]
        assert ["Customers", "2", "3", "-1"] in lines
        assert ["Left", "+1", "0", "+1", "Has", "left"] in lines
        assert sum(line[:2] == ["Unexplained", "0"] for line in lines) == 2
        assert lines[-1] == ["unexplained", "0"]

    def test_json_adds_up(self, told, says):
        found = json.loads(says("reconcile", told(FORMER_PERIOD), "finance", "sales", "--json"))
        cells = {(c["side"], c["reason"]): c["parties"] for c in found["cells"]}
        assert found["first_size"] - found["second_size"] == found["gap"] == 2
        assert (cells["only_first", "idle"], cells["only_first", "left"]) == (1, 1)
        assert (found["unexplained"], found["former_as_of"]) == (0, "2026-05-31")

    def test_at_a_former_month_end(self, told, says):
        found = json.loads(
            says("reconcile", told(FORMER_PERIOD), "finance", "sales", "--as-of", "2026-05-31", "--json")
        )
        assert (found["first_size"], found["second_size"], found["unexplained"]) == (3, 2, 2)

    def test_members_are_written_for_a_side_and_a_reason(self, told, capsys):
        path = told()
        assert run_command(["reconcile", path, "finance", "sales", "--members", "m.csv"]) == 0
        assert "m.csv: 2 parties" in capsys.readouterr().err
        rows = list(csv.DictReader(Path("m.csv").read_text("utf-8-sig").splitlines()))
        assert {(r["customer"], r["reason"]) for r in rows} == {("'=Bob & Sons", "idle"), ("Cleo", "left")}
        run_command(["reconcile", path, "finance", "sales", "--members", "n.csv", "--side", "only_second"])
        assert len(Path("n.csv").read_text("utf-8-sig").splitlines()) == 1

    def test_members_go_to_standard_output_alone(self, told, says):
        rows = list(csv.DictReader(says("reconcile", told(), "finance", "sales", "--members", "-").splitlines()))
        assert {r["customer"] for r in rows} == {"'=Bob & Sons", "Cleo"}
        assert not Path("-").exists()
        assert run_command(["reconcile", told(), "finance", "sales", "--members", "-", "--json"]) == 2

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["finanse", "sales"], "Did you mean 'finance'"),
            (["finance", "finance"], "compared with itself"),
            (["finance", "sales", "--side", "only_first"], "Add --members"),
            (["finance", "sales", "--members", "m.xlsx"], "Name a .csv file"),
            (["finance", "sales", "--members", "m.csv", "--reason", "idel"], "Did you mean 'idle'"),
            (["finance", "sales", "--members", "m.csv", "--as-of", "2026-05-31"], "the run's own date"),
            (["finance", "sales", "--as-of", "2026-05-30"], "no reconciliation at '2026-05-30'"),
        ],
    )
    def test_wrong_words_are_2_and_leave_no_file(self, told, capsys, arguments, words):
        assert run_command(["reconcile", told(), *arguments]) == 2
        assert words in capsys.readouterr().err
        assert not Path("m.csv").exists()


class TestMovements:
    def test_of_the_headline_by_default(self, told, says):
        out = says("movements", told())
        assert out.startswith("Customers, Six Parties, as of 2026-06-30\n")
        assert ["2026-06-30", "3", "+0", "+0", "-1", "2", "33.3%", "-33.3%", "0"] in [
            line.split() for line in out.splitlines()
        ]
        assert "dated by first_paid_on" in out
        assert "not over yet" not in out

    def test_a_month_that_still_runs_is_marked(self, told, says):
        out = says("movements", told("UPDATE customer_movements SET complete = FALSE WHERE as_of = DATE '2026-06-30'"))
        assert "2026-06-30 *" in out
        assert "* not over yet" in out

    def test_of_another_definition_as_json(self, told, says):
        found = json.loads(says("movements", told(), "--definition", "sales", "--json"))
        assert [m["as_of"] for m in found["months"]] == [str(day) for day in MONTH_ENDS]
        for m in found["months"]:
            assert m["begin"] + m["new"] + m["reactivated"] - m["churned"] == m["end"]

    def test_of_recurring_revenue_with_its_rates(self, told, says):
        path = told()
        out = says("movements", path, "--mrr")
        june = [line.split() for line in out.splitlines() if line.startswith("2026-06-30")]
        assert june[0] == ["2026-06-30", "€150.00", "€0.00", "-€50.00", "€100.00"]
        assert june[1][1:4] == ["50.0%", "33.3%", "33.3%"]
        assert json.loads(says("movements", path, "--mrr", "--json"))["months"][-1]["churn"] == -50

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--definition", "saels"], "Did you mean 'sales'"),
            (["--mrr", "--definition", "sales"], "Leave --definition"),
        ],
    )
    def test_wrong_words_are_2(self, told, capsys, arguments, words):
        assert run_command(["movements", told(), *arguments]) == 2
        assert words in capsys.readouterr().err


class TestRestatements:
    @pytest.fixture
    def runs(self, told):
        left = "UPDATE history SET definitions = 2 WHERE party_id = 'p3' AND until_end = DATE '2026-05-31'"
        return told(), told(left)

    def test_prints_then_now_and_why(self, runs, says):
        out = says("restatements", *runs, "--as-of", "2026-05-31", "--definition", "customers")
        lines = [line.split() for line in out.splitlines()]
        assert ["Customers", "3", "2", "-1", "unexplained", "+0", "-1"] in lines
        assert "Cleo" in out

    def test_json_holds_causes_and_members(self, runs, says):
        arguments = ["--as-of", "2026-05-31", "--definition", "customers", "--json"]
        found = json.loads(says("restatements", *runs, *arguments))
        changes = {d["definition"]: d["changes"] for d in found["definitions"]}
        assert changes["customers"] == [{"cause": "unexplained", "joined": 0, "went": 1}]
        assert [m["now_id"] for m in found["members"]] == ["p3"]
        assert date.fromisoformat(found["as_of"]) == MONTH_ENDS[1]

    def test_two_equal_runs_say_so(self, told, says):
        path = told()
        assert "say the same of every party" in says("restatements", path, path)

    def test_an_unknown_definition_is_2(self, runs, capsys):
        assert run_command(["restatements", *runs, "--definition", "custmers"]) == 2
        assert "Did you mean 'customers'" in capsys.readouterr().err
