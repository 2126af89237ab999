"""Published numbers of the models, reproduced from the data that the `lifetimes` package carries.

Sources, and why the tolerance:
- BG/NBD: Fader, Hardie and Lee (2005), Marketing Science 24(2), and Hardie's note on the E[Y(t)] computation (2005).
  Printed with three to five digits, so parameters agree to 1e-4 of themselves.
- MBG/NBD: recomputed independently on ages rounded to two decimals, as the papers' files have them; on exact days
  the maximum lies 0.003 lower, so both are tested.
- Pareto/NBD: Fader, Hardie and Lee (2005), "RFM and CLV", and Fader and Hardie's note on its derivation. Its likelihood
  is flat in s and beta: a point 2e-4 away loses 1e-6 of log-likelihood.
- BG/BB: Fader, Hardie and Shang (2010), Marketing Science 29(6), on the donations that the package carries too.
- What BTYD's walkthrough (Dziurzynski, Wadsworth and McCarthy 2014) prints of CDNOW and of the donations. Its searches
  end early, at parameters up to 1e-3 of themselves away.
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
from scipy.special import betaln, gammaln, hyp2f1, hyperu

from valuekit.ltv.models import (
    BetaDiscreteWeibull,
    BgBb,
    BgNbd,
    GammaGamma,
    MbgNbd,
    ParetoNbd,
    ShiftedBetaGeometric,
)

HISTORY = ["frequency", "recency", "age"]
CALIBRATION_END = pd.Timestamp("1997-09-30")


def dataset(name: str) -> Path:
    package = find_spec("lifetimes")  # finds the folder without running the package
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "datasets" / name


@pytest.fixture(scope="module")
def purchase_days() -> pd.DataFrame:
    file = dataset("CDNOW_sample.txt")
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
    early = bg.expected_purchases_new(np.array([0.1429, 1, 3, 31.8571, 32]))
    assert early == pytest.approx([0.0078, 0.0532, 0.1506, 1.0405, 1.0437], abs=6e-5)
    expected = bg.expected_purchases_new(np.array([1, 32, 78]))
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


@pytest.fixture(scope="module")
def pareto(customers: pd.DataFrame) -> ParetoNbd:
    return ParetoNbd().fit(customers[HISTORY])


def test_pareto_nbd_parameters_and_likelihood(pareto):
    wanted = {"r": 0.55328, "alpha": 10.5776, "s": 0.60621, "beta": 11.6679}
    assert pareto.parameters_ == pytest.approx(wanted, rel=3e-4)
    assert pareto.log_likelihood_ == pytest.approx(-9594.974, abs=3e-3)


def test_pareto_nbd_textbook_customers():
    model = ParetoNbd.from_parameters([0.553, 10.578, 0.606, 11.669])
    rows = {"frequency": [0, 2, 7], "recency": [0, 30.43, 29.43], "age": [38.86, 38.86, 38.86]}
    assert model.probability_alive(rows) == pytest.approx([0.2953, 0.8692, 0.7495], abs=5e-5)
    assert model.expected_purchases(39, rows) == pytest.approx([0.1071, 1.4551, 3.7123], abs=5e-5)


def test_pareto_nbd_as_the_walkthrough_prints_it(pareto, customers):
    busy = {"frequency": [26], "recency": [216 / 7], "age": [31]}  # customer 1516
    assert pareto.expected_purchases(52, busy) == pytest.approx(25.45647, rel=1e-4)
    assert pareto.probability_alive(busy) == pytest.approx(0.997874, abs=1e-5)
    silent = {"frequency": [10, 15, 20, 25], "recency": [20] * 4, "age": [39] * 4}
    paradox = [0.7062289, 0.1442396, 0.02250658, 0.00309267]  # who bought more often is sooner given up
    assert pareto.expected_purchases(52, silent) == pytest.approx(paradox, rel=1e-3)
    expected = pareto.expected_purchases(39, customers[HISTORY])
    table = pd.DataFrame({"bin": customers["frequency"].clip(upper=7), "act": customers["holdout"], "exp": expected})
    by_frequency = table.groupby("bin").agg({"act": ["size", "mean"], "exp": "mean"}).to_numpy().T
    assert by_frequency[0].tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert by_frequency[1] == pytest.approx([0.237, 0.697, 1.393, 1.56, 2.532, 2.947, 3.862, 6.359], abs=6e-4)
    assert by_frequency[2] == pytest.approx([0.138, 0.6, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403], abs=1e-3)


def test_pareto_nbd_discounted_future_is_its_closed_form():
    """DERT with the confluent hypergeometric function: Fader, Hardie and Lee (2005), "RFM and CLV", equation 2."""
    r, alpha, s, beta = 0.553, 10.578, 0.606, 11.669
    rows = {"frequency": [0, 7, 14], "recency": [0, 35, 70], "age": [77.86] * 3}
    model, force = ParetoNbd.from_parameters([r, alpha, s, beta]), np.log(1.15) * 7 / 365.25
    rate = (r + np.array(rows["frequency"])) / (alpha + 77.86)
    left = beta + 77.86  # int_0^oo e^(-d t) (left / (left + t))^s dt, by U(1, 2 - s, d left)
    closed = model.probability_alive(rows) * rate * left * hyperu(1, 2 - s, force * left)
    assert model.discounted_purchases(0.15, rows) == pytest.approx(closed, rel=1e-9)


def test_gamma_gamma_expected_spend_of_the_first_customers(customers):
    """The first ten of the sheet that comes with Fader and Hardie (2013); they print two decimals."""
    model, first = GammaGamma.from_parameters([6.25, 3.74, 15.44]), customers.head(10)
    printed = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    fitted = GammaGamma().fit(customers.loc[customers["frequency"] > 0, ["frequency", "monetary"]])
    for spend, tolerance in ((model, 0.1), (fitted, 0.01)):  # rounded parameters; the maximum itself
        assert spend.expected_spend(first["frequency"], first["monetary"]) == pytest.approx(printed, abs=tolerance)


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
    [
        ("bg", 1653.4, 0.984, 1.608, 0.626),
        ("mbg", 1576.7, 0.958, 1.607, 0.627),
        ("pareto", 1665.5, 0.945, 1.603, 0.630),
    ],
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


@pytest.fixture(scope="module")
def donors() -> pd.DataFrame:
    return pd.read_csv(dataset("donations.csv")).rename(columns={"periods": "occasions", "weights": "weight"})


def test_beta_binomial_on_donations(donors):
    assert donors["weight"].sum() == 11_104
    model = BgBb(time_unit="year").fit(donors)
    wanted = {"alpha": 1.2035, "beta": 0.7497, "gamma": 0.6567, "delta": 2.7834}
    assert model.parameters_ == pytest.approx(wanted, abs=6e-5)
    assert model.log_likelihood_ == pytest.approx(-33225.58, abs=5e-3)
    rows = {"frequency": [0, 2, 6], "recency": [0, 4, 6], "occasions": [6, 6, 6]}
    assert model.probability_alive(rows) == pytest.approx([0.108, 0.590, 0.930], abs=5e-4)
    walkthrough = {"frequency": [0, 4], "recency": [0, 5], "occasions": [6, 6]}
    assert model.expected_purchases(10, walkthrough) == pytest.approx([0.1302169, 3.627858], rel=5e-5)


def test_beta_binomial_future_of_every_kind_of_donor(donors):
    """Expected donations in 2002-2006 by the closed form of Fader, Hardie and Shang (2010), equation 13, and all the
    future at a yearly rate of 10%, equation 14; valuekit sums other terms. For who never gave, and who always did,
    they print 0.07 and 3.75."""
    a, b, c, d = 1.2035, 0.7497, 0.6567, 2.7834
    model, n, ahead = BgBb.from_parameters([a, b, c, d]), 6, 5
    x, single = donors["frequency"].to_numpy(), donors.drop(columns="weight")
    likely = np.exp([model.log_likelihood(single.iloc[[i]]) for i in range(len(single))])

    def there(t):
        return np.exp(gammaln(1 + d + t) - gammaln(c + d + t))

    bought = np.exp(betaln(a + x + 1, b + n - x) - betaln(a, b))
    alive = d / (c - 1) * np.exp(gammaln(c + d) - gammaln(1 + d)) * (there(n) - there(n + ahead))
    expected = model.expected_purchases(ahead, donors)
    assert expected == pytest.approx(bought * alive / likely, rel=1e-9)
    assert expected[[0, 21]].round(2).tolist() == [0.07, 3.75]
    worth = np.exp(betaln(c, d + n + 1) - betaln(c, d)) * hyp2f1(1, d + n + 1, c + d + n + 1, 1 / 1.1) / 1.1
    assert model.discounted_purchases(0.1, donors) == pytest.approx(bought * worth / likely, rel=1e-9)
