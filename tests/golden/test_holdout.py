"""The published holdout of CDNOW through valuekit's own summary, split and metrics; numbers as the papers round them.

Source: 2,357 customers of Fader and Hardie's sample, calibration to 1997-09-30, holdout of 39 weeks to 1998-06-30;
predictions recomputed independently. Sums agree to 0.1 and ratios to their printed digits.
"""

from datetime import date
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from valuekit.ltv import Horizon, split, value_orders
from valuekit.ltv.judging import judge
from valuekit.ltv.models import BgNbd, GammaGamma, MbgNbd, ParetoNbd


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    package = find_spec("lifetimes")  # finds the folder without running the package
    assert package is not None
    assert package.origin is not None
    file = Path(package.origin).parent / "datasets" / "CDNOW_sample.txt"
    names = ["master_id", "customer", "date", "quantity", "amount"]
    log = pd.read_csv(file, sep=r"\s+", names=names, dtype={"customer": str, "date": str})
    return log.assign(date=pd.to_datetime(log["date"], format="%Y%m%d"))


@pytest.fixture(scope="module")
def both(orders):
    return split(orders, date(1997, 9, 30), until=date(1998, 6, 30))


def test_the_summary_is_that_of_the_papers(both):
    frame = both.calibration.to_pandas()
    assert len(frame) == 2357
    assert frame["frequency"].sum() == 2457
    assert (frame["frequency"] == 0).sum() == 1411
    assert len(frame[["frequency", "recency", "age"]].drop_duplicates()) == 1016
    assert sum(both.holdout["purchases"].to_pylist()) == 1882


@pytest.mark.parametrize(
    ("model", "total", "wmae", "rmse", "correlation"),
    [(ParetoNbd(), 1665.5, 0.945, 1.603, 0.630), (BgNbd(), 1653.4, 0.984, 1.608, 0.626),
     (MbgNbd(), 1576.7, 0.958, 1.607, 0.627)],
    ids=["pareto_nbd", "bg_nbd", "mbg_nbd"],
)  # fmt: skip
def test_the_holdout_table(model, total, wmae, rmse, correlation, both):
    predicted = model.fit(both.calibration).expected_purchases(39, both.calibration)
    actual = both.holdout["purchases"].to_numpy()
    found = judge(actual, predicted)
    assert found["predicted"] == pytest.approx(total, abs=0.1)
    assert found["actual"] == 1882
    assert found["wmae"] == pytest.approx(wmae, abs=6e-4)
    assert found["rmse"] == pytest.approx(rmse, abs=6e-4)
    assert np.corrcoef(predicted, actual)[0, 1] == pytest.approx(correlation, abs=6e-4)


def test_spend_is_that_of_the_papers(both):
    frame = both.calibration.to_pandas()
    model = GammaGamma().fit(frame.loc[(frame["frequency"] > 0) & (frame["monetary"] > 0), ["frequency", "monetary"]])
    assert model.parameters_ == pytest.approx({"p": 6.2488, "q": 3.7446, "v": 15.4477}, rel=5e-4)


def test_five_lines_value_every_customer_of_the_sample(orders):
    found = value_orders(orders, horizon=Horizon(3), level=0.8)
    assert len(found.table) == 2357
    assert found.models[0].estimator.window_ == ["1997-01-01", "1998-06-30"]
    assert found.plot(top=5).to_dict()["layer"]
