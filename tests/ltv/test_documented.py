"""What docs/lifetime-value.md tells people to type does what it says."""

import re
from pathlib import Path

import pandas as pd
import pytest

from tests.ltv.test_backtest import shop
from valuekit.ltv import models

PAGE = Path(__file__).parents[2] / "docs" / "lifetime-value.md"


def with_returns(log):
    """The orders, and for every fourth customer a return of all its repeat purchases that names no order."""
    amounts = log.sort_values("date").groupby("customer")["amount"]
    back = (amounts.sum() - amounts.first()).iloc[::4].round(2)
    day = log["date"].sort_values().iloc[len(log) // 2]
    lost = pd.DataFrame({"customer": back.index, "date": day, "amount": -back.to_numpy()})
    return pd.concat([log, lost[lost["amount"] < 0]])


@pytest.mark.parametrize("given", [lambda log: log, with_returns], ids=["orders", "orders and returns"])
def test_the_code_on_the_page_runs(given, tmp_path, monkeypatch, capsys):
    given(shop(customers=250)).to_csv(tmp_path / "orders.csv", index=False)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        exec(block, names)
    assert list(names["found"].to_pandas().columns) == [
        "customer",
        "p_alive",
        "expected_purchases",
        "value",
        "low",
        "high",
    ]
    assert "is best" in capsys.readouterr().out
    assert names["again"].parameters_ == names["model"].parameters_


def test_every_estimator_is_on_the_page():
    text = PAGE.read_text("utf-8")
    helpers = {"MaximumLikelihood", "PurchaseModel", "RenewalModel", "LikelihoodRatio", "likelihood_ratio"}
    backends = {"LifetimesBackend", "LifetimesGammaGamma", "LifetimesPareto"}
    for name in set(models.__all__) - helpers - backends:
        assert f"`{name}`" in text
