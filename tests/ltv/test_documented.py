"""What docs/lifetime-value.md tells people to type does what it says."""

import re
from pathlib import Path

from tests.ltv.test_backtest import shop
from valuekit.ltv import models

PAGE = Path(__file__).parents[2] / "docs" / "lifetime-value.md"


def test_the_code_on_the_page_runs(tmp_path, monkeypatch, capsys):
    shop(customers=250).to_csv(tmp_path / "orders.csv", index=False)
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
