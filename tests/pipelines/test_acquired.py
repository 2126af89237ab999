"""What it costs to win a customer, on the six parties, and what the run says about its cost data."""

import json
from decimal import Decimal
from types import SimpleNamespace

import pytest
from rich.console import Console

from pipelines.acquired import acquisition_object, print_acquisition
from pipelines.cli import run_command
from pipelines.report import _cost_notes
from tests.six_parties import JUNE
from tests.snapshot.published import published

MONEY = {"month": JUNE.replace(month=5), "acquisition": -50, "net_cash": -50}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    note = {"note": "driver_without_pool", "place": "dsek", "message": "No pool [dsek]", "amount": Decimal(-5)}
    return published(
        tmp_path_factory.mktemp("runs"),
        channels=[{"party_id": "p1", "channel": "event", "won_month": JUNE.replace(day=1), "months": 1}],
        cash_months=[{"party_id": "p1", **MONEY}, {"party_id": "p5", **MONEY}],
        cash_notes=[note],
    )


def shown(what, *arguments):
    console = Console(width=200)
    with console.capture() as caught:
        what(*arguments, console)
    return caught.get()


def test_each_group_has_a_line_and_all_have_one(snapshot):
    lines = shown(print_acquisition, snapshot, "channel", 12).splitlines()
    assert [line.split()[0] for line in lines if "€" in line][-2:] == ["event", "all"]
    assert "€50.00" in lines[-1]


def test_the_object_has_both_brackets(snapshot):
    found = acquisition_object(snapshot, "channel", 12)
    every = found["groups"][-1]
    assert (every["name"], every["won"], every["cac"], every["cac_with_the_lost"]) == ("all", 1, 50, 100)


def test_the_command_speaks_json(snapshot, capsys):
    assert run_command(["acquisition", str(snapshot.path), "--by", "tier", "--months", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["by"], found["months"]) == ("valuekit.acquisition/1", "tier", 2)


def test_another_grouping_is_a_usage_error(snapshot):
    assert run_command(["acquisition", str(snapshot.path), "--by", "owner"]) == 2


def test_remarks_on_the_cost_data_are_printed_as_they_are(snapshot):
    outcome = SimpleNamespace(snapshot=snapshot, manifest=snapshot.manifest)
    out = shown(lambda console: console.print(_cost_notes(outcome)))
    assert "No pool [dsek]" in out
    assert "-€5.00" in out
