import json
from datetime import date, timedelta
from pathlib import Path
from shutil import copytree

import altair as alt
import numpy as np
import pandas as pd
import pytest

from pipelines.backtested import CHART_FILES
from pipelines.cli import run_command
from pipelines.jobs import config_path
from tests.fake_snapshot import write_snapshot
from tests.ltv.test_contract_backtest import company
from valuekit.config import builtin_config
from valuekit.ltv import check_drift, split
from valuekit.ltv.models import MbgNbd, ShiftedBetaGeometric

CONFIG = """
company: {name: Shop, currency: EUR}
sources:
  - {table: records, system: shop, file: orders.csv, collapse_by: [system, record],
     columns: {record: customer, created_on: date, kind: {constant: person}}}
  - {table: orders, system: shop, file: orders.csv,
     columns: {id: _row, record: customer, ordered_on: date, amount: amount, currency: {constant: EUR}}}
"""
START = date(2024, 1, 1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A folder with the orders of 200 customers in 400 days, a configuration, and a model of the first 250 days."""
    folder, rng = tmp_path_factory.mktemp("shop"), np.random.default_rng(2)
    rows = []
    for i in range(200):
        days = np.cumsum([rng.integers(0, 150), *rng.exponential(rng.gamma(2.0, 30.0), rng.geometric(0.25))])
        rows += [
            (f"c{i:03d}", START + timedelta(days=int(d)), round(5 + 40 * rng.random(), 2)) for d in days if d < 400
        ]
    orders = pd.DataFrame(rows, columns=["customer", "date", "amount"])
    orders.to_csv(folder / "orders.csv", index=False)
    (folder / "shop.yaml").write_text(CONFIG)
    at = START + timedelta(days=250)
    (folder / "model.json").write_text(MbgNbd().fit(split(orders, at).calibration, window=(START, at)).to_json())
    return folder


def test_backtest_judges_orders_and_cash_of_a_configuration(shop, capsys):
    arguments = ["backtest", str(shop / "shop.yaml"), "--origins", "1", "--days", "120", "--whole", "--json",
                 "--set", "as_of=2025-01-31"]  # fmt: skip
    assert run_command(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    orders = found["orders"]
    assert found["contracts"] is None
    assert {row["model"] for row in orders["scores"]} >= {"mbg_nbd", "bg_nbd", "challenger", "last_period"}
    assert "the squared error of a customer's purchases is" in orders["choice"]
    assert {row["origin"] for row in orders["scores"]} == {row["origin"] for row in orders["deciles"]}
    cash = {(row["scope"], row["model"], row["target"]): row for row in found["cash"]}
    assert cash["orders", "model", "revenue"]["origin"] == "2024-01-31"
    assert cash["orders", "model", "revenue"]["actual"] == cash["all", "last_period", "revenue"]["actual"] > 0


def test_backtest_draws_the_charts_of_the_best_model(shop, capsys, tmp_path):
    arguments = ["backtest", str(shop / "shop.yaml"), "--origins", "1", "--days", "120", "--set", "as_of=2025-01-31"]
    assert run_command([*arguments, "--charts", str(tmp_path / "judged.json")]) == 0
    drawn = json.loads((tmp_path / "judged.json").read_text())
    assert len(drawn["vconcat"]) == 6
    capsys.readouterr()
    assert run_command([*arguments, "--charts", str(tmp_path / "judged.pdf")]) != 0
    assert "End its name in .html, .svg, .png or .json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("ending", "begins"), [(".html", b"<!DOCTYPE html>"), (".svg", b"<svg"), (".png", b"\x89PNG"), (".json", b"{")]
)
def test_charts_are_whole_in_their_file(tmp_path, ending, begins):
    chart = alt.Chart(pd.DataFrame({"a": [1, 2]})).mark_bar().encode(x="a:Q")
    CHART_FILES[ending](chart, str(tmp_path / f"chart{ending}"))
    written = (tmp_path / f"chart{ending}").read_bytes()
    assert written.lstrip().startswith(begins)
    assert b"cdn." not in written


def test_drift_says_what_to_do(shop, capsys):
    assert run_command(["drift", str(shop / "model.json"), str(shop / "orders.csv")]) == 0
    told = capsys.readouterr().out
    assert told.startswith(("keep: ", "refit: "))
    assert run_command(["drift", str(shop / "model.json"), str(shop / "orders.csv"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert told.startswith(f"{found['verdict']}: {found['reason'][:20]}")
    assert found["stored"] <= found["refit"] < 0


def test_drift_knows_what_was_returned(shop, tmp_path, capsys):
    log = pd.read_csv(shop / "orders.csv", parse_dates=["date"])
    log["id"] = [f"o{i}" for i in range(len(log))]
    back = log.iloc[::3]
    back = back.assign(amount=-back["amount"], undoes=back["id"], id=None)
    pd.concat([log, back]).to_csv(tmp_path / "orders.csv", index=False)
    command = ["drift", str(shop / "model.json"), str(tmp_path / "orders.csv"), "--json"]
    came = []
    for named in ([], ["--order", "id", "--returns", "undoes"]):
        assert run_command([*command, *named]) == 0
        came.append(json.loads(capsys.readouterr().out)["came"])
    model = MbgNbd.from_json((shop / "model.json").read_text())
    known = check_drift(model, str(tmp_path / "orders.csv"), order="id", returns="undoes")
    assert came[1] == known.came < came[0]
    assert run_command([*command, "--order", "id", "--returns", "what"]) == 2
    assert "--returns COLUMN" in json.loads(capsys.readouterr().out)["error"]["next_step"]


SUBSCRIPTIONS = """
company: {name: Software, currency: EUR}
sources:
  - {table: records, system: crm, file: contracts.csv, collapse_by: [system, record],
     columns: {record: customer, created_on: starts_on, kind: {constant: person}}}
  - {table: contracts, system: crm, file: contracts.csv,
     columns: {id: _row, record: customer, signed_on: starts_on, starts_on: starts_on, ends_on: ends_on, amount: price,
               term_months: term_months, currency: {constant: EUR}}}
"""


def test_backtest_judges_the_contracts_of_a_configuration(tmp_path, capsys):
    company(customers=300).to_csv(tmp_path / "contracts.csv", index=False)
    (tmp_path / "orders.csv").write_text("customer,date,amount\nx,2024-01-05,1\nx,2025-12-01,1\n")
    (tmp_path / "software.yaml").write_text(SUBSCRIPTIONS + CONFIG[CONFIG.index("  - {table: orders") :])
    arguments = ["backtest", str(tmp_path / "software.yaml"), "--days", "365", "--set", "as_of=2025-12-31"]
    charts = tmp_path / "judged.json"
    assert run_command([*arguments, "--origins", "1", "--json", "--charts", str(charts)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["orders"]["scores"] == []  # orders are refused, and the contracts are judged all the same
    assert "only 0 customers had bought" in found["orders"]["choice"]
    scores = {(r["model"], r["scope"], r["target"]): r for r in found["contracts"]["scores"]}
    assert {model for model, *_ in scores} == {"bic", "last_period", "term_mean", "kaplan_meier"}
    assert scores["bic", "all", "renewals"]["origin"] == "2024-11-30"
    assert scores["bic", "all", "survival"]["actual"] == found["contracts"]["tracking"][11]["came"] > 0
    assert json.loads(charts.read_text())["title"].startswith("Contracts: ")
    (tmp_path / "software.yaml").write_text(SUBSCRIPTIONS)
    assert run_command([*arguments, "--origins", "9"]) == 2
    assert "do not hold 12 months after" in capsys.readouterr().err
    assert run_command([*arguments, "--at", "2024-11-30", "--at", "2024-10-31", "--json"]) == 0
    named = json.loads(capsys.readouterr().out)["contracts"]["scores"]
    assert {row["origin"] for row in named} == {"2024-10-31", "2024-11-30"}
    assert [r for r in named if r["origin"] == "2024-11-30"] == list(scores.values())
    assert run_command([*arguments, "--at", "2025-06-30", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["next_step"] == "Ask for fewer months (--days in the command)."
    assert run_command([*arguments, "--at", "2025-06-31"]) == 2
    assert "'2025-06-31' is no day" in capsys.readouterr().err
    assert run_command([*arguments, "--at", "2025-06-30", "--days", "30", "--whole"]) == 2
    assert "do not hold twelve months after 2025-06-30" in capsys.readouterr().err


def test_drift_compares_the_models_of_two_runs(tmp_path, capsys):
    runs = {"old": "2025-06-30", "new": "2026-06-30"}
    published = write_snapshot(tmp_path / "published", parties=60, months=13)
    for name, (alpha, day) in zip(runs, ((0.8, runs["old"]), (0.9, runs["new"])), strict=True):
        path = Path(copytree(published, tmp_path / name))
        curve = ShiftedBetaGeometric.from_parameters([alpha, 3.4])
        (path / "models").mkdir(exist_ok=True)
        (path / "models" / "contracts.renewals.12m.json").write_text(curve.to_json())
        (path / "models" / f"{name}.json").write_text(curve.to_json())
        manifest = json.loads((path / "manifest.json").read_text())
        (path / "manifest.json").write_text(json.dumps(manifest | {"as_of": day}))
    old, new = (str(tmp_path / name) for name in runs)
    assert run_command(["drift", old, new]) == 0
    told = capsys.readouterr().out
    assert told.startswith("Models of 2025-06-30, against what is known on 2026-06-30")
    assert "keep contracts.renewals.12m: " in told
    assert "In one of the runs alone: new, old" in told
    assert run_command(["drift", old, new, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["models"]["contracts.renewals.12m"]
    assert (found["stored_parameters"]["alpha"], found["refit_parameters"]["alpha"]) == (0.8, 0.9)
    assert found["wald"] is None
    assert run_command(["drift", new, old]) == 2
    assert "earlier run first" in capsys.readouterr().err
    tables = {name: table for name, table in manifest["tables"].items() if name != "buyers"}
    (Path(new) / "manifest.json").write_text(json.dumps(manifest | {"as_of": runs["new"], "tables": tables}))
    assert run_command(["drift", old, new]) == 4
    assert "has no table buyers. Run it again." in capsys.readouterr().err
    (Path(new) / "manifest.json").write_text(json.dumps(manifest | {"as_of": runs["new"], "company": "Other"}))
    assert run_command(["drift", old, new]) == 2
    assert "of Other in" in capsys.readouterr().err


def test_what_is_not_there_is_told(shop, capsys):
    assert run_command(["drift", "nowhere.json", str(shop / "orders.csv")]) == 4
    assert "nowhere.json: does not exist" in capsys.readouterr().err
    assert run_command(["drift", str(shop / "model.json"), str(shop / "orders.csv"), "--customer", "who"]) == 2
    assert "Say which column it is: --customer COLUMN" in capsys.readouterr().err
    assert run_command(["drift", str(shop), str(shop / "orders.csv")]) == 4
    assert f"{shop}: is a folder of runs, and {shop / 'orders.csv'} is a file" in capsys.readouterr().err


def test_a_damaged_model_is_no_bug(shop, tmp_path, capsys):
    damaged = tmp_path / "model.json"
    for text, says in (
        *((junk, "is no model file") for junk in (b"\xff\xfe{}", b"[" * 100_000)),
        (b'{"model": ["a"]}', "which is no model of purchases"),
    ):
        damaged.write_bytes(text)
        assert run_command(["drift", str(damaged), str(shop / "orders.csv")]) == 2
        assert f"{damaged}: " in (told := capsys.readouterr().err)
        assert says in told


@pytest.mark.parametrize("length", [["--origins", "50"], ["--days", "100000"], ["--days", "9999999"]])
def test_a_backtest_of_which_nothing_was_judged_is_an_error(shop, capsys, length):
    assert run_command(["backtest", str(shop / "shop.yaml"), *length, "--json", "--set", "as_of=2025-01-31"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["type"] == "ConfigError"
    assert error["next_step"] == "Ask for fewer origins, or for fewer days."


@pytest.mark.parametrize("day", ["1990-01-01", "2030-01-01"])
def test_a_day_outside_the_data_is_answered_with_those_that_work(shop, capsys, day):
    asked = ["backtest", str(shop / "shop.yaml"), "--days", "90", "--set", "as_of=2025-01-31"]
    assert run_command([*asked, "--at", day, "--json"]) == 2
    advice = json.loads(capsys.readouterr().out)["error"]["next_step"]
    assert advice.startswith("Name days from 2024-01-0")
    assert run_command([*asked, "--at", advice.removesuffix(".").split()[-1], "--json"]) == 0


def test_the_whole_value_is_foretold_from_days_on_which_there_was_a_company(shop, capsys):
    asked = ["backtest", str(shop / "shop.yaml"), "--whole", "--at", "2023-01-31", "--at", "2024-01-31", "--json"]
    assert run_command([*asked, "--days", "90", "--set", "as_of=2025-01-31"]) == 0
    assert {row["origin"] for row in json.loads(capsys.readouterr().out)["cash"]} == {"2024-01-31"}


def test_a_run_of_a_day_before_all_data_is_refused(shop, capsys, tmp_path):
    asked = ["run", str(shop / "shop.yaml"), "--no-tracking", "--out", str(tmp_path / "runs"), "--as-of"]
    assert run_command([*asked, "1990-01-01"]) == 4
    told = " ".join(capsys.readouterr().err.split())
    assert "no row is of 1990-01-01 or before: the first is of 2024-01-0" in told
    assert not list((tmp_path / "runs").glob("1990*"))


def test_a_stated_model_does_not_drift(shop, tmp_path, capsys):
    stated = tmp_path / "model.json"
    stated.write_text(MbgNbd.from_parameters([0.5, 10.0, 0.8, 2.5]).to_json())
    assert run_command(["drift", str(stated), str(shop / "orders.csv")]) == 2
    assert "it was fitted to nothing" in " ".join(capsys.readouterr().err.split())


def test_a_built_in_company_is_not_hidden_by_a_folder_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("cdnow").mkdir()
    assert config_path("cdnow") == builtin_config("cdnow")
    Path("shop").write_text(CONFIG)
    assert config_path("shop") == Path("shop")


def test_a_company_without_orders_and_contracts_has_nothing_to_judge(shop, tmp_path, capsys):
    (tmp_path / "orders.csv").write_bytes((shop / "orders.csv").read_bytes())
    (tmp_path / "shop.yaml").write_text(CONFIG[: CONFIG.index("  - {table: orders")])
    assert run_command(["backtest", str(tmp_path / "shop.yaml"), "--set", "as_of=2025-01-31"]) == 2
    assert "has neither orders nor contracts to foretell" in capsys.readouterr().err


def test_the_built_in_company_without_data_says_how_to_make_them(tmp_path, capsys):
    assert run_command(["run", "demo", "--set", f"paths.data={tmp_path / 'none'}"]) == 4
    assert "`valuekit demo` makes one up" in capsys.readouterr().err
