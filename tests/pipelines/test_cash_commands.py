"""The commands on money: each on the six parties."""

import csv
import io
import json

import pytest

from pipelines.cli import run_command
from tests.snapshot.published import published


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    lost = {"table_name": "costs", "source": "c.csv", "row_number": 9, "severity": "quarantine", "row_text": "{}"}
    reason = "no exchange rate of USD on or before the day of the row"
    return str(published(tmp_path_factory.mktemp("runs"), quarantine=[lost | {"reasons": reason}]).path)


@pytest.fixture
def says(capsys, path):
    def say(command: str, *arguments: str) -> str:
        capsys.readouterr()
        assert run_command([command, path, *arguments]) == 0
        return capsys.readouterr().out

    return say


def test_the_statement_is_printed_by_period(says):
    lines = says("statement", "--by", "quarter").splitlines()
    assert lines[0] == "Statement (cash), all parties"
    assert lines[-1].split() == ["2026", "Q2", "1,150.00", "-350.00", "800.00"]


def test_the_statement_of_a_party_as_csv_and_json(says):
    rows = list(csv.DictReader(io.StringIO(says("statement", "--party", "p2", "--format", "csv"))))
    assert [(row["period"], row["net_cash"]) for row in rows] == [("2026-06", "-50.0000")]
    found = json.loads(says("statement", "--party", "p1", "--view", "invoiced", "--format", "json"))
    assert (found["view"], found["currency"], found["periods"][0]["net_invoiced"]) == ("invoiced", "EUR", 1000)


def test_the_statement_is_exported_as_a_workbook_or_a_table(path, tmp_path, capsys):
    for kind, rows in (("xlsx", "3 customers"), ("csv", "3 rows")):
        file = tmp_path / f"statement.{kind}"
        assert run_command(["export", "statement", path, "--format", kind, "--by", "year", "--out", str(file)]) == 0
        told = capsys.readouterr()
        assert (told.out, told.err) == (f"{file}\n", f"{rows}\n")
        assert file.stat().st_size > 0


def test_the_bridge_ends_in_net_cash(says):
    assert says("cash-bridge").splitlines()[-1].split() == ["Net", "cash", "€760.00"]


def test_the_tie_out_is_a_page_that_says_how_to_sign_it(says, path):
    page = says("tie-out")
    assert "Every row closes to 0.00 (2 rows)." in page
    assert "| all lines | 760.00 | 800.00 | 10.00 | -50.00 | 0.00 | 0.00 | 0.00 | 0.00 |" in page
    assert "- costs: 1 row(s): in USD, without an exchange rate for their day" in page
    assert "books_tie_out --by NAME" in page


def test_the_tie_out_as_csv_has_a_row_for_each_row_of_the_books(says):
    rows = list(csv.DictReader(io.StringIO(says("tie-out", "--format", "csv"))))
    assert [(row["line"], row["currency"], float(row["difference"])) for row in rows] == [
        ("revenue", "EUR", 0), ("support", "EUR", 0),
    ]  # fmt: skip


def test_the_tie_out_can_be_signed(path, capsys):
    assert run_command(["sign-off", path, "books_tie_out", "--by", "Controller"]) == 0
    assert "Controller" in capsys.readouterr().out
