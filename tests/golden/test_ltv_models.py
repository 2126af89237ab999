"""Published numbers of the models, reproduced from the data that the `lifetimes` package carries.

Sources, and why the tolerance:
- BG/NBD: Fader, Hardie and Lee (2005), Marketing Science 24(2), and Hardie's note on the E[Y(t)] computation (2005).
  Printed with three to five digits, so parameters agree to 1e-4 of themselves.
- MBG/NBD: recomputed independently on ages rounded to two decimals, as the papers' files have them; on exact days
  the maximum lies 0.003 lower, so both are tested.
- Gamma-Gamma: Fader and Hardie (2013). Its likelihood is so flat that a point 3e-4 away loses 2e-6 of log-likelihood:
  parameters agree to 5e-4 of themselves, the log-likelihood to its printed digits.
- sBG and BdW: Fader and Hardie (2007), Journal of Interactive Marketing 21(1), printed with three digits, and the
  cohorts of Fader, Hardie, Liu, Davin and Steenburgh (2018), same journal 43.
"""

import itertools
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from valuekit.ltv.models import BetaDiscreteWeibull, BgNbd, GammaGamma, MbgNbd, ShiftedBetaGeometric

HISTORY = ["frequency", "recency", "age"]
CALIBRATION_END = pd.Timestamp("1997-09-30")


@pytest.fixture(scope="module")
def purchase_days() -> pd.DataFrame:
    package = find_spec("lifetimes")  # finds the folder without running the package
    assert package is not None
    assert package.origin is not None
    file = Path(package.origin).parent / "datasets" / "CDNOW_sample.txt"
    names = ["master_id", "customer", "day", "quantity", "amount"]
    log = pd.read_csv(file, sep=r"\s+", names=names, dtype={"customer": str, "day": str})
    log["day"] = pd.to_datetime(log["day"], format="%Y%m%d")
    return log.groupby(["customer", "day"], as_index=False)["amount"].sum()


@pytest.fixture(scope="module")
def customers(purchase_days: pd.DataFrame) -> pd.DataFrame:
    known = purchase_days[purchase_days["day"] <= CALIBRATION_END]
    by = known.groupby("customer")
    first, last = by["day"].min(), by["day"].max()
    table = pd.DataFrame({"frequency": by.size() - 1})
    table["recency"] = (last - first).dt.days / 7
    table["age"] = (CALIBRATION_END - first).dt.days / 7
    repeated = by["amount"].sum() - by["amount"].first()
    table["monetary"] = (repeated / table["frequency"].where(table["frequency"] > 0)).fillna(0.0)
    later = purchase_days[purchase_days["day"] > CALIBRATION_END].groupby("customer").size()
    table["holdout"] = later.reindex(table.index, fill_value=0)
    return table


def test_the_sample_is_the_one_of_the_papers(customers):
    assert len(customers) == 2357
    assert customers["frequency"].sum() == 2457
    assert (customers["frequency"] == 0).sum() == 1411
    assert len(customers[HISTORY].drop_duplicates()) == 1016
    assert customers["holdout"].sum() == 1882


@pytest.fixture(scope="module")
def bg(customers: pd.DataFrame) -> BgNbd:
    return BgNbd().fit(customers[HISTORY])


@pytest.fixture(scope="module")
def mbg(customers: pd.DataFrame) -> MbgNbd:
    return MbgNbd().fit(customers[HISTORY])


def test_bg_nbd_parameters_likelihood_and_standard_errors(bg):
    assert bg.parameters_ == pytest.approx({"r": 0.24259, "alpha": 4.41360, "a": 0.79292, "b": 2.42589}, rel=1e-4)
    assert bg.log_likelihood_ == pytest.approx(-9582.429, abs=5e-4)
    errors = {"r": 0.01256, "alpha": 0.37822, "a": 0.18572, "b": 0.70534}
    assert bg.standard_errors_ == pytest.approx(errors, rel=3e-4)


def test_bg_nbd_expected_purchases_of_textbook_customers(bg):
    rows = {"frequency": [2, 0, 7], "recency": [30.43, 0, 29.43], "age": [38.86, 38.86, 38.86]}
    assert bg.expected_purchases(39, rows) == pytest.approx([1.226, 0.1951, 3.3371], abs=6e-4)


def test_bg_nbd_expected_purchases_of_a_new_customer(bg):
    expected = bg.expected_purchases_new(np.array([1, 32, 78]))
    assert expected[:2] == pytest.approx([0.0532, 1.0437], abs=6e-5)
    # The printed 1.8576 is the hypergeometric series cut at 150 terms; the whole series gives 1.8579.
    assert expected[2] == pytest.approx(1.8576, abs=4e-4)
    assert series_cut_at(150, 78, bg.parameters_) == pytest.approx(1.8576, abs=6e-5)
    assert expected[2] == pytest.approx(series_cut_at(3000, 78, bg.parameters_), rel=1e-9)


def series_cut_at(terms: int, t: float, parameters: dict[str, float]) -> float:
    r, alpha, a, b = parameters.values()
    j, z = np.arange(terms), t / (alpha + t)
    series = 1 + np.cumprod((r + j) * (b + j) / (a + b - 1 + j) / (j + 1) * z).sum()
    return float((a + b - 1) / (a - 1) * (1 - (alpha / (alpha + t)) ** r * series))


def test_mbg_nbd_parameters_and_likelihood(mbg, customers):
    wanted = {"r": 0.52484, "alpha": 6.18299, "a": 0.89136, "b": 1.61400}
    assert mbg.parameters_ == pytest.approx(wanted, rel=3e-5)
    assert mbg.log_likelihood_ == pytest.approx(-9582.133, abs=4e-3)
    rounded = MbgNbd().fit(customers[HISTORY].round(2))
    assert rounded.parameters_ == pytest.approx(wanted, rel=1e-5)
    assert rounded.log_likelihood_ == pytest.approx(-9582.133, abs=5e-4)


def test_gamma_gamma_parameters_and_both_likelihood_conventions(customers):
    repeaters = customers.loc[customers["frequency"] > 0, ["frequency", "monetary"]]
    assert len(repeaters) == 946
    model = GammaGamma().fit(repeaters)
    assert model.parameters_ == pytest.approx({"p": 6.2488, "q": 3.7446, "v": 15.4477}, rel=5e-4)
    assert model.log_likelihood_ == pytest.approx(-4055.92, abs=5e-3)
    total = GammaGamma(density="total").fit(repeaters)
    assert total.log_likelihood_ == pytest.approx(-4659.30, abs=1.5e-2)
    assert total.parameters_ == pytest.approx(model.parameters_, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "total", "relative_error", "rmse", "correlation"),
    [("bg", 1653.4, 0.984, 1.608, 0.626), ("mbg", 1576.7, 0.958, 1.607, 0.627)],
)
def test_holdout_of_39_weeks(name, total, relative_error, rmse, correlation, request, customers):
    model = request.getfixturevalue(name)
    predicted = model.expected_purchases(39, customers[HISTORY])
    actual = customers["holdout"].to_numpy()
    assert predicted.sum() == pytest.approx(total, abs=0.05)
    assert np.abs(predicted - actual).sum() / actual.sum() == pytest.approx(relative_error, abs=6e-4)
    assert np.sqrt(np.mean((predicted - actual) ** 2)) == pytest.approx(rmse, abs=6e-4)
    assert np.corrcoef(predicted, actual)[0, 1] == pytest.approx(correlation, abs=6e-4)


REGULAR = (1000, 631, 468, 382, 326, 289, 262, 241)
HIGH_END = (1000, 869, 743, 653, 593, 551, 517, 491)
"""Of 1,000 customers, those who are there after 0, 1, ... renewals: Fader and Hardie (2007), Table 1."""


def renewals_of(alive):
    """Grouped rows of a cohort: who left at each renewal, and who is still there at the end."""
    left = [before - after for before, after in itertools.pairwise(alive)]
    return {
        "renewals": [*range(len(left)), len(left)],
        "churned": [1] * len(left) + [0],
        "weight": [*left, alive[-1]],
    }


@pytest.mark.parametrize(
    ("alive", "parameters", "log_likelihood"),
    [(REGULAR, (0.704, 1.182), -1680.265), (HIGH_END, (0.668, 3.806), -1611.158)],
    ids=["regular", "high end"],
)
def test_shifted_beta_geometric_on_published_cohorts(alive, parameters, log_likelihood):
    """Fader and Hardie (2007) print .704, 1.182 and .668, 3.806; the log-likelihoods are those of their data."""
    model = ShiftedBetaGeometric().fit(renewals_of(alive))
    assert tuple(model.parameters_.values()) == pytest.approx(parameters, abs=5e-4)
    assert model.log_likelihood_ == pytest.approx(log_likelihood, abs=5e-4)


@pytest.mark.parametrize(
    ("alive", "parameters", "log_likelihood"),
    [
        (REGULAR[:5], (0.5230, 0.8943, 1.1964), -1401.3831),
        (HIGH_END[:5], (0.2593, 1.7226, 1.5844), -1222.7493),
        (REGULAR, (0.4556, 0.7793, 1.2835), -1679.6028),
        (HIGH_END, (0.2143, 1.4266, 1.7236), -1605.3142),
    ],
    ids=["regular, 5 years", "high end, 5 years", "regular, 8 years", "high end, 8 years"],
)
def test_beta_discrete_weibull_on_published_cohorts(alive, parameters, log_likelihood):
    """The cohorts of Fader et al. (2018), who calibrate on 5 years; recomputed by a simplex search without gradient."""
    model = BetaDiscreteWeibull().fit(renewals_of(alive))
    assert tuple(model.parameters_.values()) == pytest.approx(parameters, abs=1e-4)
    assert model.log_likelihood_ == pytest.approx(log_likelihood, abs=1e-4)


def test_only_the_weibull_foresees_the_high_end_customers():
    """Five years known, seven ahead: what Fader et al. (2018) show in their figures."""
    twelve = (551, 517, 491, 468, 445, 427, 409, 394)  # alive after renewals 5 to 12
    rows = renewals_of(HIGH_END[:5])
    errors = [
        abs(1000 * model().fit(rows).survival(12) - twelve[-1]) for model in (BetaDiscreteWeibull, ShiftedBetaGeometric)
    ]
    assert errors[0] < 20 < 60 < errors[1]
