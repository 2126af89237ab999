"""Models where scikit-learn users put them: pipelines, cross-validation, grids, pickles, tables of other libraries."""

import json
import pickle

import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tests.ltv.models.test_estimator import MODELS, STEADY, fitted_once, score
from valuekit.errors import ConfigError, FitError
from valuekit.ltv.models import BgCnbdK, BgNbd, MbgNbd, ParetoNbd, PurchaseModel, ShiftedBetaGeometric


@pytest.fixture(scope="module")
def buyers():
    """Buyers of whom one column says how fast they buy, and another nothing."""
    rng = np.random.default_rng(4)
    fast = rng.normal(size=300)
    age = rng.uniform(20, 100, 300)
    histories = [
        MbgNbd.from_parameters([0.8, 12 * np.exp(-0.8 * z), 0.9, 3]).simulate([a], rng)
        for z, a in zip(fast, age, strict=True)
    ]
    columns = {name: np.concatenate([h[name] for h in histories]) for name in MbgNbd.columns}
    return pd.DataFrame(
        {**columns, "fast": fast, "noise": rng.normal(size=300), "name": "x"}, index=range(900, 600, -1)
    )


@pytest.mark.parametrize("case", MODELS.values(), ids=MODELS.keys())
def test_the_score_is_the_mean_log_likelihood_of_a_customer(case):
    model, rows = fitted_once(case), case[1]
    single = rows.loc[rows.index.repeat(rows["weight"])].drop(columns="weight")
    assert model.score(rows) == pytest.approx(model.log_likelihood(rows) / rows["weight"].sum())
    assert model.score(single) == pytest.approx(model.score(rows), rel=1e-12)
    assert pickle.loads(pickle.dumps(model)).score(rows) == model.score(rows)
    assert np.array_equal(score(pickle.loads(pickle.dumps(model)), rows), score(model, rows))


def test_a_pipeline_selects_columns_and_passes_the_score_on(buyers):
    chosen = FunctionTransformer(lambda X: X[["frequency", "recency", "age"]])
    pipeline = make_pipeline(chosen, BgNbd()).fit(buyers)
    assert pipeline[-1].parameters_ == BgNbd().fit(buyers).parameters_
    assert pipeline.score(buyers) == BgNbd().fit(buyers).score(buyers)


def test_a_grid_prefers_the_column_that_tells_and_a_penalty_that_does_not_hide_it(buyers):
    grid = {"covariates": [["fast"], ["noise"]], "penalty": [0.1, 1e6]}
    search = GridSearchCV(BgNbd(), grid, cv=KFold(2, shuffle=True, random_state=1)).fit(buyers)
    assert search.best_params_ == {"covariates": ["fast"], "penalty": 0.1}
    assert search.best_estimator_.parameters_["alpha[fast]"] == pytest.approx(0.8, abs=0.2)


def test_cross_validation_compares_regular_buyers_by_k():
    rows = pd.concat([STEADY] * 2, ignore_index=True)
    scores = [cross_val_score(BgCnbdK(k=k), rows, cv=2).mean() for k in (1, 3)]
    assert np.isfinite(scores).all()
    assert scores[0] != scores[1]


class Stream:
    """A table that only knows Arrow's stream interface, as DuckDB's do."""

    def __init__(self, rows):
        self.rows = rows

    def __arrow_c_stream__(self, requested_schema=None):
        return pa.Table.from_pandas(self.rows).__arrow_c_stream__(requested_schema)


def test_any_table_that_streams_arrow_goes_in_and_answers_keep_the_order_of_rows(buyers):
    rows = buyers[["frequency", "recency", "age"]]
    model = BgNbd().fit(Stream(rows))
    assert model.parameters_ == BgNbd().fit(rows).parameters_
    found = model.expected_purchases(10, rows)
    assert np.array_equal(found, model.expected_purchases(10, Stream(rows)))
    assert np.array_equal(pd.Series(found, index=rows.index).sort_index(), found[::-1])
    assert np.array_equal(model.expected_purchases(10, rows.to_numpy()), found)


@pytest.mark.parametrize("case", MODELS.values(), ids=MODELS.keys())
def test_a_polars_frame_goes_in_everywhere(case):
    rows, expected = case[1], fitted_once(case)
    frame = polars.from_pandas(rows)
    model = clone(case[0]).fit(frame)
    assert model.parameters_ == expected.parameters_
    assert model.score(frame) == expected.score(rows)
    if isinstance(model, PurchaseModel):
        unit = frame.with_columns(time_unit=polars.lit(model.time_unit))
        assert np.array_equal(model.probability_alive(unit), expected.probability_alive(rows))
        with pytest.raises(FitError, match="rows are in century"):
            model.probability_alive(frame.with_columns(time_unit=polars.lit("century")))


@pytest.mark.parametrize("case", MODELS.values(), ids=MODELS.keys())
def test_settings_are_set_by_name_and_unknown_ones_are_refused(case):
    model = clone(case[0])
    name, value = next(iter(model.get_params().items()))
    assert getattr(model.set_params(**{name: "other"}), name) == "other"
    assert model.set_params(**{name: value}).get_params() == case[0].get_params()
    with pytest.raises(ValueError, match="Invalid parameter 'colour'"):
        model.set_params(colour="red")


def test_an_array_with_more_columns_than_names_is_refused(buyers):
    four = buyers[["frequency", "recency", "age"]].assign(monetary=20.0)  # which is no weight
    with pytest.raises(FitError, match=r"an array of 4 columns has more than frequency, recency, age\."):
        BgNbd().fit(four.to_numpy())


def test_a_table_in_the_place_of_a_time_is_named_and_not_printed(buyers):
    with pytest.raises(ConfigError, match="a time ahead is a finite number from 0 to 1,000,000,000, not a DataFrame"):
        BgNbd.from_parameters([0.24, 4.4, 0.8, 2.4]).expected_purchases(buyers, 10)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"covariates": "fast"}, "a list of different columns, not 'fast'"),
        ({"covariates": ["fast", "fast"]}, "different columns"),
        ({"covariates": ["fast"], "penalty": -1.0}, r"penalty of -1\.0 is no number from 0 on"),
        ({"covariates": ["fast"], "penalty": "1"}, r"penalty of '1' is no number from 0 on"),
    ],
)
def test_wrong_settings_are_said_when_it_is_fitted(buyers, settings, says):
    with pytest.raises(ConfigError, match=says):
        BgNbd(**settings).fit(buyers)


def test_a_covariate_that_is_the_same_for_all_is_refused(buyers):
    with pytest.raises(FitError, match=r"covariate 'one' is 1 for every customer.*Leave it out"):
        BgNbd(covariates=["one"]).fit(buyers.assign(one=1))


CLICKS = np.arange(40) % 2
RENEWED = {"renewals": np.where(CLICKS, 0, 3), "churned": CLICKS, "clicks": CLICKS}
BOUGHT = {
    "frequency": CLICKS * (1 + np.arange(40) % 5),
    "recency": CLICKS * 30,
    "age": 50 + np.arange(40),
    "clicks": CLICKS,
}


@pytest.mark.parametrize(("model", "rows"), [(ShiftedBetaGeometric, RENEWED), (MbgNbd, BOUGHT), (ParetoNbd, BOUGHT)])
def test_a_covariate_that_separates_customers_is_no_finite_effect(model, rows):
    with pytest.raises(
        FitError, match=r"'clicks' separates the customers: its coefficient .* Set penalty=1|or set penalty=1"
    ):
        model(covariates=["clicks"]).fit(rows)
    held = model(covariates=["clicks"], penalty=1.0).fit(rows)
    assert np.abs(list(held.parameters_.values()))[len(held.basic) :].max() < 10


def test_covariates_that_follow_from_each_other_are_named(buyers):
    both = buyers.assign(slow=-2 * buyers["fast"] + 1)
    with pytest.raises(
        FitError, match=r"covariates fast, slow follow from each other.*Leave one out, or set penalty=1"
    ):
        BgNbd(covariates=["fast", "noise", "slow"]).fit(both)
    shared = BgNbd(covariates=["fast", "slow"], penalty=1.0).fit(both)
    assert shared.parameters_["alpha[slow]"] < 0 < shared.parameters_["alpha[fast]"]


def test_a_covariate_that_is_missing_says_what_to_do(buyers):
    with pytest.raises(FitError, match=r"'fast' has 1 values that are missing.* leave these rows out"):
        BgNbd(covariates=["fast"]).fit(buyers.assign(fast=buyers["fast"].where(buyers["fast"] < buyers["fast"].max())))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"model": "BgNbd", "settings": {}}', "lacks 'parameters_'"),
        ('{"coef": [1, 2]}', "JSON that names no model, not of a BgNbd"),
        ('{"model": "BgNbd", "parame', "26 characters and may be cut off"),
    ],
)
def test_a_foreign_or_truncated_model_says_what_it_lacks(text, says):
    with pytest.raises(ConfigError, match=rf"{says}.*Fit the model again"):
        BgNbd.from_json(text)


WHOLE = BgNbd.from_parameters([1.5, 2, 3, 4]).to_json()


@pytest.mark.parametrize(
    "text", ["", "3", "null", WHOLE[:-9], WHOLE.replace("1.5", "-1.5"), WHOLE.replace("1.5", '"a"'),
             WHOLE.replace('"r"', '"q"'), WHOLE.replace('"penalty"', '"ridge"'), '{"model": "BgNbd"}'],
)  # fmt: skip
def test_a_damaged_model_file_says_so_and_what_to_do(text):
    with pytest.raises(ConfigError, match="Fit the model again"):
        BgNbd.from_json(text)


FITTED = {"covariance_": np.eye(4).tolist(), "log_likelihood_": -9.0, "observations_": 3.0,
          "window_": ["2025-01-01", "2025-06-30"]}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, None),
        ({"window_": ["x", "y"]}, "window_ is no pair of days"),
        ({"window_": ["2025-01-01"]}, "window_ is no pair of days"),
        ({"window_": ["2025-06-30", "2025-01-01"]}, "window_ is no pair of days"),
        ({"window_": "2025"}, "window_ is no pair of days"),
        ({"log_likelihood_": "x"}, "log_likelihood_ is no number"),
        ({"observations_": 0}, "observations_ is no number above 0"),
        ({"observations_": None}, "which belong together"),
        ({"covariance_": [[1.0]]}, "covariance_ is 1 x 1, not 4 x 4"),
        ({"covariance_": [1.0, 2.0]}, "covariance_ is 2, not 4 x 4"),
        ({"covariance_": (-np.eye(4)).tolist()}, "a variance below 0"),
        ({"settings": 3}, "settings is no list of values by name"),
        ({"parameters_": [1, 2, 3, 4]}, "parameters_ is no list of values by name"),
        ({"settings": {"time_unit": None}}, "no time unit 'None'"),
        ({"settings": {"penalty": "x"}}, "a penalty of 'x' is no number"),
    ],
)
def test_what_a_model_file_says_was_learned_is_checked(change, says):
    text = json.dumps(json.loads(WHOLE) | FITTED | change)
    if says is None:
        assert BgNbd.from_json(text).window_ == FITTED["window_"]
    else:
        with pytest.raises(ConfigError, match=rf"damaged or of another version: .*{says}.*Fit the model again"):
            BgNbd.from_json(text)


def test_stated_parameters_are_counted_and_above_0():
    with pytest.raises(ConfigError, match=r"has 4 parameters \(r, alpha, a, b\), not 2"):
        BgNbd.from_parameters([1, 2])
    with pytest.raises(ConfigError, match="parameter a of a BgNbd is not -3"):
        BgNbd.from_parameters([1, 2, -3, 4])
