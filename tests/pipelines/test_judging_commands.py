import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from pipelines.cli import run_command
from valuekit.ltv import split
from valuekit.ltv.models import MbgNbd

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
    assert {row["model"] for row in orders["scores"]} >= {"mbg_nbd", "bg_nbd", "challenger", "last_period"}
    assert "best" in orders["choice"]
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
    assert "End its name in .html or .json" in capsys.readouterr().err


def test_drift_says_what_to_do(shop, capsys):
    assert run_command(["drift", str(shop / "model.json"), str(shop / "orders.csv")]) == 0
    told = capsys.readouterr().out
    assert told.startswith(("keep: ", "refit: "))
    assert run_command(["drift", str(shop / "model.json"), str(shop / "orders.csv"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert told.startswith(f"{found['verdict']}: {found['reason'][:20]}")
    assert found["stored"] <= found["refit"] < 0


def test_what_is_not_there_is_told(shop, capsys):
    assert run_command(["drift", "nowhere.json", str(shop / "orders.csv")]) == 4
    assert "nowhere.json: does not exist" in capsys.readouterr().err
    assert run_command(["drift", str(shop / "model.json"), str(shop / "orders.csv"), "--customer", "who"]) == 2
    assert "customer=..." in capsys.readouterr().err
