"""The CFO's commands, each on the six parties, as text and as JSON."""

import json

import pytest

from pipelines.cli import run_command
from tests.engines import fresh_engine
from tests.six_parties import filled, manifest
from valuekit.snapshot import publish


def test_scale_shows_the_curve_the_residual_and_who_lives_by_scale(says):
    told = says("scale")
    assert "helpdesk  ticket minutes" in told
    assert "margins with scale €1,000.00, less the residual €200.00, are the margins alone €800.00" in told
    assert "1 parties lose money alone and bring money with scale" in told
    assert "=Bob & Sons loses €50.00 a year at average cost. It is 40% of the volume of helpdesk" in told


def test_scale_of_one_party(says):
    found = json.loads(says("scale", "--party", "p3", "--json"))
    assert [p["sentence"] for p in found["parties"]] == [
        "Cleo brings €50.00 a year at average cost. Its volume changes nobody's unit cost."
    ]
    assert found["total"]["scale_credit_12m"] == 200


def test_break_even_of_the_enterprise_and_of_who_loses(says):
    told = says("break-even")
    assert "The company stays positive until prices fall by 66%, or until volume falls by 94%." in told
    assert "=Bob & Sons turns positive at 50% higher prices, at 50% more volume" in told
    assert "0.06 x today" in told
    assert "no_minutes_kept: support is not shared out by minutes" in told
    assert "=Bob & Sons" in told
    assert "+50.0%" in told
    assert "Ada" not in told


def test_a_company_that_loses_money_is_no_party_of_its_own_list(capsys, tmp_path):
    with fresh_engine() as engine:
        filled(engine)
        engine.execute("UPDATE break_even SET net_cash_12m = -90, price_change = 0.1 WHERE party_id IS NULL")
        run = str(publish(engine, tmp_path, manifest=manifest(engine), models={}, config_text=""))
    assert run_command(["break-even", run]) == 0
    assert capsys.readouterr().out.count("The company turns positive at 10% higher prices") == 1


def test_break_even_of_one_party(says):
    found = json.loads(says("break-even", "--party", "p1", "--json"))
    assert [(p["party_id"], p["volume"], p["price_change"]) for p in found["parties"]] == [("p1", 0.2, -0.8)]
    assert found["enterprise"]["net_cash_12m"] == 760


@pytest.mark.parametrize("command", ["scale", "break-even"])
def test_a_party_that_is_not_there_is_told(run, capsys, command):
    assert run_command([command, run, "--party", "p9"]) == 2
    assert "there is no party with cash 'p9'" in capsys.readouterr().err


def test_concentration(says):
    told = says("concentration")
    assert "bring money: the peak" in told
    assert "lose money: eroded" in told
    assert "(signed gini)" in told
    assert "carriage trade high margin, high cost" in told


def test_concentration_as_json(says):
    found = json.loads(says("concentration", "--json"))
    assert (found["schema"], found["total"], found["peak"], found["eroded"]) == (
        "valuekit.concentration/1",
        800,
        850,
        50,
    )
    assert sum(q["parties"] for q in found["quadrants"]) == 3
