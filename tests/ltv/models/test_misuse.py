"""What is no row, no setting and no question, asked of every model: it is said in one sentence, or it works."""

import copy
import inspect
import pickle
from datetime import date

import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from tests.ltv.models.test_estimator import MODELS, ORDERS, RENEWALS, STEADY, fitted_once, score
from valuekit.errors import ConfigError, FitError, NotFittedError, UnknownNameError, ValuekitError
from valuekit.ltv import Discount, retention_check
from valuekit.ltv.models import (
    BetaDiscreteWeibull,
    BgBb,
    BgCnbdK,
    GammaGamma,
    LifetimesBackend,
    MbgCnbdK,
    MbgNbd,
    PurchaseModel,
    RenewalModel,
    ShiftedBetaGeometric,
)
from valuekit.ltv.selection import select


@pytest.fixture(params=MODELS.values(), ids=MODELS.keys())
def case(request):
    return request.param


# --- rows

NO_NUMBERS = {
    "a date": pd.Timestamp("2025-01-01"),
    "a moment in a zone": pd.Timestamp("2025-01-01", tz="UTC"),
    "a length of time": pd.Timedelta("30D"),
    "a month": pd.Period("2025-01"),
    "a complex number": 1 + 2j,
    "text": "soon",
}


@pytest.mark.parametrize("wrong", NO_NUMBERS.values(), ids=NO_NUMBERS.keys())
def test_what_is_no_number_is_not_read_as_one(case, wrong):
    model, rows = fitted_once(case), case[1]
    for name in (*model.columns, "weight"):
        broken = rows.assign(**{name: wrong})
        for ask in (clone(model).fit, model.score):
            with pytest.raises(FitError, match=f"column '{name}' holds what is no number: .*Give numbers"):
                ask(broken)


@pytest.mark.parametrize("name", ["date32", "duration", "timestamp"])
def test_arrow_knows_dates_and_lengths_of_time_too(name):
    kind = {"date32": pa.date32(), "duration": pa.duration("s"), "timestamp": pa.timestamp("us")}[name]
    table = pa.table({"frequency": [1], "recency": [2.0], "age": pa.array([5], pa.int32()).cast(pa.int64()).cast(kind)
                      if name != "date32" else pa.array([5], pa.int32()).cast(kind)})  # fmt: skip
    for rows in (table, polars.from_arrow(table), table.to_batches()[0]):
        with pytest.raises(FitError, match="column 'age' holds what is no number"):
            MbgNbd().fit(rows)


def test_truth_counts_as_0_and_1(case):
    model, rows = fitted_once(case), case[1]
    name = "churned" if isinstance(model, RenewalModel) else "weight"
    some = rows.assign(**{name: rows[name].clip(0, 1)})
    assert model.score(some.assign(**{name: some[name].astype(bool)})) == model.score(some)


TABLES = {
    "a pandas Series": (pd.Series([1]), "a Series is no table"),
    "a Polars Series": (polars.Series([1]), "a Series is no table"),
    "a query": (polars.DataFrame({"frequency": [1]}).lazy(), r"a LazyFrame is no table yet. Give what its collect\(\)"),
    "an Arrow array": (pa.array([1]), "a Int64Array is no table"),
    "three dimensions": (np.zeros((2, 2, 2)), "a ndarray is no table"),
    "nothing": (None, "a NoneType is no table"),
    "records": ([{"frequency": 1}], "a list is no table"),
    "text": ("orders.csv", "a str is no table"),
    "no column that it knows": ({0: [1]}, "there is no column"),
}


def test_what_is_no_table_is_named(case):
    for table, says in TABLES.values():
        for ask in (clone(case[0]).fit, fitted_once(case).score):
            with pytest.raises((FitError, UnknownNameError), match=says):
                ask(table)


def test_a_column_is_there_once_and_as_long_as_the_others(case):
    model, rows = case
    name = rows.columns[0]
    twice = pd.concat([rows, rows[[name]]], axis=1)
    arrow = pa.Table.from_pandas(rows)
    for table in (twice, arrow.append_column(name, arrow[name])):
        with pytest.raises(FitError, match=f"2 columns are named '{name}'"):
            clone(model).fit(table)
    uneven = rows.to_dict("list") | {name: [1]}
    for ask in (clone(model).fit, fitted_once(case).score):
        with pytest.raises(FitError, match=f"columns differ in their number of rows: {name} 1, "):
            ask(uneven)
    with pytest.raises(FitError, match=f"column '{name}' has 2 dimensions"):
        clone(model).fit(rows.to_dict("list") | {name: rows[[name]].to_numpy()})


def test_one_customer_may_be_given_as_numbers():
    model = fitted_once(MODELS["mbg_nbd"])
    one = {"frequency": 2, "recency": 5.0, "age": 9.0, "time_unit": "month"}
    assert model.probability_alive(one) == model.probability_alive({name: [value] for name, value in one.items()})


def test_no_rows_have_no_answers_and_no_score(case):
    model, rows = fitted_once(case), case[1]
    assert score(model, rows.iloc[:0]).shape == (0,)
    for none, many in ((rows.iloc[:0], 0), (rows.assign(weight=0), len(rows))):
        with pytest.raises(FitError, match=f"there is no customer to score: none of {many} rows"):
            model.score(none)


COUNTED = {name: case for name, case in MODELS.items() if not isinstance(case[0], GammaGamma)}
"""Models whose work or memory grows with the number of a customer's events."""


@pytest.mark.parametrize("wrong", [1e17, 20240101])
@pytest.mark.parametrize("case", COUNTED.values(), ids=COUNTED.keys())
def test_a_date_is_no_number_of_events_or_age_and_takes_no_memory(case, wrong):
    model, rows = fitted_once(case), case[1]
    name = model.columns[-1] if isinstance(model, PurchaseModel) else model.columns[0]
    for ask in (clone(model).fit, model.score):
        with pytest.raises(FitError, match=rf"{len(rows)} of {len(rows)} rows break the rule that .*{name}"):
            ask(rows.assign(**{name: wrong}))


# --- settings

WRONG_SETTINGS = [
    (MbgNbd, {"time_unit": "weeks"}, "there is no time unit 'weeks'. Did you mean 'week'"),
    (MbgNbd, {"time_unit": None}, "there is no time unit 'None'"),
    (MbgNbd, {"covariates": None}, "a list of different columns, not None"),
    (MbgNbd, {"covariates": [3]}, r"a list of different columns, not \[3\]"),
    (MbgNbd, {"covariates": ["age"]}, "'age' is no covariate: a MbgNbd reads it as a history"),
    (MbgNbd, {"penalty": np.inf}, "a penalty of inf is no number from 0 on"),
    (MbgNbd, {"penalty": True}, "a penalty of True is no number from 0 on"),
    (MbgNbd, {"penalty": None}, "a penalty of None is no number from 0 on"),
    (BgCnbdK, {"k": 0}, "a k of 0 is no whole number from 1 to 1,000"),
    (MbgCnbdK, {"k": 2.5}, r"a k of 2\.5 is no whole number"),
    (MbgCnbdK, {"k": 10**9}, "a k of 1000000000 is no whole number"),
    (BgBb, {"time_unit": "occasion"}, "there is no time unit 'occasion'"),
    (LifetimesBackend, {"model": "mbg"}, "there is no model 'mbg'. Did you mean 'mbg_nbd'"),
    (GammaGamma, {"density": "totl"}, "there is no density 'totl'. Did you mean 'total'"),
    (ShiftedBetaGeometric, {"term_months": -12}, "a term_months of -12 is no whole number from 1 on"),
    (ShiftedBetaGeometric, {"term_months": 0}, "a term_months of 0 is no whole number from 1 on"),
    (BetaDiscreteWeibull, {"term_months": 1.5}, r"a term_months of 1\.5 is no whole number"),
    (BetaDiscreteWeibull, {"term_months": "12"}, "a term_months of '12' is no whole number"),
]


@pytest.mark.parametrize(("kind", "settings", "says"), WRONG_SETTINGS)
def test_a_wrong_setting_is_said_when_fitted_stated_and_read(kind, settings, says):
    case = next(case for case in MODELS.values() if type(case[0]) is kind)
    model, rows = case
    parameters = list(fitted_once(case).parameters_.values())
    for make in (
        lambda: clone(model).set_params(**settings).fit(rows),
        lambda: kind.from_parameters(parameters, **clone(fitted_once(case)).get_params() | settings),
    ):
        with pytest.raises(ConfigError, match=says):
            make()


def test_settings_from_numpy_and_pandas_are_the_plain_ones():
    rows = RENEWALS.assign(z=[0.1, -1, 2, 0.3, -0.5, 1, 0])
    plain = ShiftedBetaGeometric(1, covariates=["z"], penalty=1.0).fit(rows)
    for names in (np.array(["z"]), pd.Index(["z"]), ("z",)):
        model = ShiftedBetaGeometric(np.int64(1), covariates=names, penalty=np.float64(1)).fit(rows)
        assert model.to_json() == plain.to_json()
        assert np.array_equal(clone(model).fit(rows).survival(3, rows), plain.survival(3, rows))


def test_a_grid_of_numpys_numbers_is_searched_and_its_best_model_written():
    rows = pd.concat([STEADY] * 2, ignore_index=True)
    search = GridSearchCV(MbgCnbdK(), {"k": np.arange(1, 3)}, cv=2, error_score="raise").fit(rows)
    best = search.best_estimator_
    assert np.array_equal(MbgCnbdK.from_json(best.to_json()).probability_alive(rows), best.probability_alive(rows))
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(MbgNbd.from_parameters([0.8, 9, 0.9, 3]).simulate(rng.uniform(20, 90, 200), rng))
    rows["z"] = rng.normal(size=200)
    grid = {"penalty": np.logspace(0, 1, 2)}
    search = GridSearchCV(MbgNbd(covariates=["z"]), grid, cv=2, error_score="raise").fit(rows)
    assert MbgNbd.from_json(search.best_estimator_.to_json()).penalty in (1.0, 10.0)


OTHER_SETTINGS = {
    "time_unit": ["day"], "covariates": [["z"]], "k": [5], "penalty": [3.0], "density": ["mean", "total"],
    "term_months": [5], "model": ["bg_nbd"],
}  # fmt: skip


def test_under_settings_that_it_was_not_fitted_with_a_model_answers_nothing(case):
    fitted = fitted_once(case)
    for name, value in fitted.get_params().items():
        other = next(v for v in OTHER_SETTINGS[name] if v != value)
        model = copy.copy(fitted).set_params(**{name: other})
        asks = (lambda m=model: score(m, case[1]), lambda m=model: m.score(case[1]), model.to_json,
                lambda m=model: m.aic_, lambda m=model: m.standard_errors_)  # fmt: skip
        for again in (model, pickle.loads(pickle.dumps(model))):
            with pytest.raises(NotFittedError, match=rf"has learned with {name}=.*Fit it again, or set that back"):
                score(again, case[1])
        for ask in asks:
            with pytest.raises(NotFittedError, match=f"has learned with {name}="):
                ask()
        assert np.array_equal(score(model.set_params(**{name: value}), case[1]), score(fitted, case[1]))


def test_a_list_of_covariates_that_was_changed_in_place_is_another_setting():
    model = MbgNbd.from_parameters([1, 2, 3, 4, 0.1, 0.2, 0.3], covariates=["z"])
    model.covariates.append("y")
    with pytest.raises(NotFittedError, match=r"covariates=\['z'\], and is now set to \['z', 'y'\]"):
        model.probability_alive(ORDERS.assign(z=1, y=2))


def test_a_model_that_is_fitted_again_answers_under_its_new_settings():
    model = MbgCnbdK(k=2).fit(STEADY).set_params(k=3).fit(STEADY)
    assert model.k_ == 3
    assert np.array_equal(score(model, STEADY), score(MbgCnbdK(k=3).fit(STEADY), STEADY))
    chosen = clone(model).set_params(k=None).fit(STEADY)
    assert MbgCnbdK.from_json(chosen.to_json()).k is None


@pytest.mark.parametrize(
    "days", [date(2025, 1, 1), pd.Timestamp("2025-01-01 10:00"), np.datetime64("2025-01-01"), "2025-01-01"]
)
def test_a_window_is_a_pair_of_days_in_any_form(days):
    model = ShiftedBetaGeometric().fit(RENEWALS, window=(days, date(2025, 6, 30)))
    assert model.window_ == ["2025-01-01", "2025-06-30"]
    assert ShiftedBetaGeometric.from_json(model.to_json()).window_ == model.window_


@pytest.mark.parametrize(
    "window",
    [("2025-01-01",), ("soon", "later"), 5, "ab", (1, 2), (date(2025, 2, 1), date(2025, 1, 1)), (pd.NaT, pd.NaT)],
    ids=str,
)
def test_what_is_no_window_is_said(window):
    with pytest.raises(ConfigError, match="a window is a pair of days, the earlier one first, not "):
        ShiftedBetaGeometric().fit(RENEWALS, window=window)


def test_no_model_learns_a_window_that_is_none(case):
    with pytest.raises(ConfigError, match="a window is a pair of days"):
        clone(case[0]).fit(case[1], window=("2025-01-01",))


def test_parameters_are_stated_in_order_or_by_name(case):
    fitted = fitted_once(case)
    kind, settings = type(fitted), fitted.get_params()
    by_name = dict(reversed(fitted.parameters_.items()))
    assert kind.from_parameters(by_name, **settings).parameters_ == fitted.parameters_
    for wrong, says in (
        (by_name | {"zeta": 1.0}, "there is no parameter 'zeta'"),
        ({"zeta": 1.0}, "there is no parameter"),
        ({}, f"there is no parameter '{kind.basic[0]}'"),
        ("abcd", "not 'abcd'"),
        (None, "a finite number"),
        (3, "not 1"),
        ([[1.0, 2.0]], "of 2 dimensions"),
        ([date(2025, 1, 1)], "a finite number, not a list"),
    ):
        with pytest.raises(ConfigError, match=says):
            kind.from_parameters(wrong, **settings)
    for text in (None, {}, 3):
        with pytest.raises(ConfigError, match=f"the JSON of a model is text, not a {type(text).__name__}"):
            kind.from_json(text)


# --- questions


def questions(model, rows):
    """Each public method, with one number that is asked for left open, by what it is."""
    if isinstance(model, PurchaseModel):
        times = ("expected_purchases", "purchase_variance", "expected_time_alive", "probability_active")
        found = [(name, lambda v, name=name: getattr(model, name)(v, rows)) for name in times]
        found += [("purchase_distribution", lambda v: model.purchase_distribution(v, rows, 2))]
        found += [("purchase_distribution", lambda v: model.purchase_distribution(5, rows, v))]
        found += [("purchase_distribution_new", lambda v: model.purchase_distribution_new(v, 2))]
        found += [("purchase_distribution_new", lambda v: model.purchase_distribution_new(5, v))]
        found += [("expected_purchases_new", model.expected_purchases_new)]
        found += [("discounted_purchases", lambda v: model.discounted_purchases(v, rows))]
        found += [("discounted_purchases_new", model.discounted_purchases_new)]
        return [*found, ("simulate", lambda v: model.simulate(v, np.random.default_rng(1)))]
    if isinstance(model, GammaGamma):
        names = ("expected_spend", "spend_variance", "purchase_spend_variance", "standing")
        found = [(name, lambda v, name=name: getattr(model, name)(v, 20.0)) for name in names]
        found += [(name, lambda v, name=name: getattr(model, name)(2, v)) for name in names]
        names = ("spend_quantiles", "purchase_spend_quantiles")
        found += [(name, lambda v, name=name: getattr(model, name)(v, 20.0, 0.5)) for name in names]
        found += [(name, lambda v, name=name: getattr(model, name)(2, 20.0, v)) for name in names]
        found += [("own_weight", model.own_weight)]
        return [*found, ("simulate", lambda v: model.simulate(v, np.random.default_rng(1)))]
    found = [(name, getattr(model, name)) for name in ("survival", "retention_rate", "own_weight")]
    names = ("conditional_survival", "expected_renewals", "renewals_variance")
    found += [(name, lambda v, name=name: getattr(model, name)(v, 2)) for name in names]
    found += [(name, lambda v, name=name: getattr(model, name)(2, v)) for name in names]
    found += [("discounted_renewals", lambda v: model.discounted_renewals(0.1, v))]
    found += [("discounted_renewals", lambda v: model.discounted_renewals(v, 2))]
    found += [("simulate", lambda v: model.simulate(v, np.random.default_rng(1)))]
    return [*found, ("simulate", lambda v: model.simulate([3, 3], np.random.default_rng(1), v))]


NO_ANSWERS = [-1, np.nan, np.inf, None, "soon", [3, -2], date(2025, 1, 1), np.datetime64("2025-01-01"),
              np.array(["2025-01-01"], "datetime64[D]"), pd.Timedelta("3D"), 1j, {"t": 1}]  # fmt: skip


def test_every_number_that_is_asked_for_is_checked(case):
    model, rows = fitted_once(case), case[1]
    for name, ask in questions(model, rows):
        for wrong in NO_ANSWERS:
            with pytest.raises(ConfigError, match=r"number from [01]|rate is a finite number|above 0|is one number"):
                pytest.fail(f"{name} of {wrong!r} is {ask(wrong)!r}")


def test_no_public_method_is_left_out(case):
    model, rows = fitted_once(case), case[1]
    reads_rows_alone = {"probability_alive", "own_weight", "log_likelihood", "score", "fit", "to_json", "from_json",
                        "from_parameters"}  # fmt: skip
    own = [kind for kind in type(model).__mro__ if kind.__module__.startswith("valuekit")]
    methods = {name for kind in own for name, member in vars(kind).items() if inspect.isfunction(member)}
    asked = {name for name, _ in questions(model, rows)}
    assert {name for name in methods if not name.startswith("_")} - reads_rows_alone <= asked


def test_as_many_purchases_as_a_float_says_are_counted_and_no_more_than_fit_into_memory():
    model, rows = fitted_once(MODELS["mbg_nbd"]), ORDERS
    assert np.array_equal(model.purchase_distribution(5, rows, 3.0), model.purchase_distribution(5, rows, 3))
    with pytest.raises(ConfigError, match="highest number of purchases is a whole number from 0 to 1,000,000: not 1e"):
        model.purchase_distribution(5, rows, 1e9)
    with pytest.raises(ConfigError, match="a number of occasions is a whole number from 0 to 36,525"):
        fitted_once(MODELS["bg_bb"]).expected_purchases_new(20240101)


def test_a_level_is_no_percentage_and_its_ends_are_answered():
    model = fitted_once(MODELS["gamma_gamma"])
    for quantiles in (model.spend_quantiles, model.purchase_spend_quantiles):
        for wrong in ([10, 50, 90], [-0.1]):
            with pytest.raises(ConfigError, match=r"a level is a finite number from 0 to 1: .*Write 90% as 0\.9"):
                quantiles([2], [30.0], wrong)
        assert quantiles([2], [30.0], [0, 1]).tolist() == [[0.0, np.inf]]


def test_lists_that_belong_together_are_as_long():
    spend, renewal = fitted_once(MODELS["gamma_gamma"]), fitted_once(MODELS["sbg"])
    with pytest.raises(ConfigError, match=r"frequency has 2 values, monetary has 3\. Give as many of each"):
        spend.expected_spend([1, 2], [3.0, 4.0, 5.0])
    with pytest.raises(ConfigError, match="renewals has 2 values, ahead has 3"):
        renewal.conditional_survival([1, 2], [1, 2, 3])
    by_shop = ShiftedBetaGeometric.from_parameters([1, 2, 0.5], covariates=["shop"])
    for ask in (by_shop.survival, lambda n, X: by_shop.expected_renewals(n, 2, X), by_shop.own_weight):
        with pytest.raises(ConfigError, match="has 3 values, X has 2"):
            ask([1, 2, 3], {"shop": [0, 1]})


def test_a_discount_a_month_is_a_share():
    for wrong in (-2, 0.5, "1%", None, np.nan):
        with pytest.raises(ConfigError, match=r"a monthly discount rate of .* is outside 0 to .*Write 1% as 0\.01"):
            Discount.monthly(wrong)


def test_a_choice_needs_a_backtest():
    with pytest.raises(ConfigError, match="a NoneType is no backtest"):
        select(None)


# --- renewals

HISTORIES = {
    "churned twice": ({"churned": [2, 1]}, "churned is 0 or 1"),
    "below 0": ({"renewals": [-3, 1]}, "survived renewals are 0 to 1,000,000"),
    "half a renewal": ({"renewals": [0.5, 1]}, "a customer survives a whole number of steps since it entered"),
    "a weight below 0": ({"weight": [-1, 2]}, "a weight is not negative"),
    "entered later": ({"entered": [1, 0]}, "a customer enters after 0 to `renewals` renewals"),
    "no step": ({"step": [0, 1]}, "a step is above 0"),
}


@pytest.mark.parametrize(("change", "rule"), HISTORIES.values(), ids=HISTORIES.keys())
def test_kaplan_meier_refuses_what_the_model_refuses(change, rule):
    rows = {"renewals": [0, 1], "churned": [1, 0]} | change
    model = ShiftedBetaGeometric.from_parameters([1.0, 2.0])
    for ask in (model.fit, model.score, lambda X: retention_check(X, model)):
        with pytest.raises(ValuekitError, match=f"1 of 2 rows break the rule that {rule}"):
            ask(rows)


def test_terms_of_other_lengths_are_whole_numbers_of_their_step_and_not_kaplan_meiers():
    years = np.array([1, 1, 2, 3]) / 12
    rows = {"renewals": np.array([3, 29, 5, 0]) * years, "churned": [1, 0, 1, 1], "step": years}
    model = ShiftedBetaGeometric().fit(rows)
    after_monthly = {"renewals": [1.25], "churned": [0], "entered": [0.25]}
    assert np.isfinite(model.score(after_monthly))
    for other in (rows, after_monthly):
        with pytest.raises(FitError, match="renewals are counted in whole steps of 1"):
            retention_check(other, model)
