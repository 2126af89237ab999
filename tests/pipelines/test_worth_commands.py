"""Commands on what customers are worth, each on the six parties, as text and as JSON."""

import json
from decimal import Decimal

import pytest
from rich.console import Console

from pipelines.cli import run_command
from pipelines.worth import print_sensitivity, print_value, sensitivity_object, value_object
from valuekit.snapshot import Snapshot


def test_value_shows_each_tier_and_the_company_with_intervals(says):
    told = says("value")
    assert "Lifetime value over 3 years at 0% a year, by tier" in told
    assert "€2,400.00  €2,320.00 to €2,480.00  €2,305.00 to €2,495.00" in told
    assert told.index("Top") < told.index("Low") < told.index("company")


def test_another_horizon_is_computed_from_the_cube_and_says_that_it_has_no_interval(says):
    told = json.loads(says("value", "--horizon", "4", "--discount", "0", "--json"))
    company = told["groups"][-1]
    assert float(company["ltv"]) == 2400 - 90 + 30 + 3 * 7
    assert (company["scope"], company["low_80"]) == ("company", None)
    assert "at the horizon and discount of the run" in told["note"]


def test_what_a_run_itself_was_published_with_has_its_intervals(says):
    asked = json.loads(says("value", "--horizon", "3", "--discount", "0", "--json"))
    assert asked == json.loads(says("value", "--json"))
    assert asked["groups"][-1]["low_80"] is not None


def test_one_rate_for_all_has_no_intervals_where_customers_have_rates_of_their_own(run):
    snapshot = Snapshot.open(run)
    snapshot.manifest.config.setdefault("ltv", {})["discount_rate_by"] = [{"when": "stage = 'paying'", "rate": 0.2}]
    rate = snapshot.manifest.config["ltv"].get("discount_rate", 0.10)
    found = value_object(snapshot, by="tier", horizon=None, discount=rate)
    assert found["groups"][-1]["low_80"] is None
    assert "leave out --discount" in found["note"]


def test_all_the_future_needs_a_rate_that_the_run_has(run, says, capsys):
    for arguments, words in (
        (["--horizon", "infinite"], "no discount rate, so all their future has no limit"),
        (["--horizon", "infinite", "--discount", "0.08"], "--set ltv.discount_rate=0.08"),
        (["--horizon", "ever"], "'ever' is no number of years. Write 1 to 10, or infinite"),
    ):
        assert run_command(["value", run, *arguments]) == 2
        assert words in " ".join(capsys.readouterr().err.split())


def test_sensitivity_shows_the_longest_bar_first(says):
    told = says("sensitivity")
    assert "-€10.00" in told
    assert told.index("retention") < told.index("discount rate")
    assert "0.10" in told
    assert len(json.loads(says("sensitivity", "--json"))["levers"]) == 8


@pytest.mark.parametrize("command", ["value", "sensitivity", "equity"])
def test_an_object_says_of_which_run_day_and_currency_its_amounts_are(says, run, command):
    manifest = Snapshot.open(run).manifest
    told = json.loads(says(command, "--json"))
    assert told["schema"] == f"valuekit.{command}/1"
    assert (told["run_id"], told["as_of"], told["currency"]) == (manifest.run_id, str(manifest.as_of), "EUR")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_names_and_numbers_are_whole_in_a_narrow_terminal(run, width):
    snapshot = Snapshot.open(run)
    found = value_object(snapshot, by="stage", horizon=None, discount=None) | {"about": []}
    group = found["groups"][-1] | {"low_80": Decimal("6120807.02"), "high_80": Decimal("6967453.33")}
    found["groups"] = [group | {"scope": "stage", "name": "paid_without_contract"}, group]
    console = Console(width=width, record=True)
    print_value(found, snapshot, console)
    told = console.export_text()
    assert "paid without contract" in told
    assert told.count("€6,120,807.02 to €6,967,453.33") == 2
    assert "\u2026" not in told


def test_a_missing_elasticity_is_said(run):
    snapshot = Snapshot.open(run)
    levers = [row | {"elasticity": None} for row in sensitivity_object(snapshot)["levers"]]
    console = Console(record=True, width=100)
    print_sensitivity({"levers": levers}, snapshot, console)
    told = console.export_text()
    assert "no elasticity of a value that is not above 0" in told
    assert told.splitlines()[3].split()[-1] == "-"


def test_equity_shows_its_parts_and_the_total_last(says):
    told = says("equity")
    assert told.index("current customers") < told.index("others who have paid") < told.index("yet to be won")
    assert told.index("yet to be won") < told.index("all together")
    assert "€70.00" in told
    parts = {part["part"]: part["value"] for part in json.loads(says("equity", "--json"))["parts"]}
    assert list(parts) == ["current", "other", "future", "total"]


def test_a_wrong_horizon_is_said(run, capsys):
    for years in ("0", "11"):
        assert run_command(["value", run, "--horizon", years]) == 2
        assert "outside 1 to 10" in capsys.readouterr().err
