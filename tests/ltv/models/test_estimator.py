"""One contract for every model: what scikit-learn, a notebook and a batch expect of an estimator."""

import functools
import json
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import clone

from valuekit.errors import ConfigError, FitError, NotFittedError, UnknownNameError
from valuekit.ltv.models import (
    BetaDiscreteWeibull,
    BgBb,
    BgCnbdK,
    BgNbd,
    GammaGamma,
    LifetimesBackend,
    LifetimesGammaGamma,
    LifetimesPareto,
    MbgCnbdK,
    MbgNbd,
    ParetoNbd,
    RenewalModel,
    ShiftedBetaGeometric,
)

ORDERS = pd.DataFrame(
    [(0, 0, 30, 60), (0, 0, 52, 40), (1, 5, 30, 20), (1, 25, 52, 15), (2, 40, 52, 12), (3, 20, 30, 6), (7, 50, 52, 4)],
    columns=["frequency", "recency", "age", "weight"],
)
STEADY = ORDERS.assign(log_gaps=[0, 0, np.log(5), np.log(25), 5.9, 5.5, 13.0])
SPEND = pd.DataFrame(
    [(1, 20.0, 9), (1, 45.5, 7), (2, 33.0, 8), (3, 60.0, 4), (4, 28.0, 5), (9, 41.0, 3)],
    columns=["frequency", "monetary", "weight"],
)
DONATIONS = pd.DataFrame(
    [(0, 0, 6, 60), (1, 1, 6, 20), (1, 5, 6, 12), (2, 4, 6, 10), (3, 6, 6, 9), (6, 6, 6, 14), (2, 3, 4, 5)],
    columns=["frequency", "recency", "occasions", "weight"],
)
RENEWALS = pd.DataFrame(
    [(0, 1, 40), (1, 1, 18), (2, 1, 9), (3, 1, 5), (0, 0, 12), (2, 0, 30), (4, 0, 60)],
    columns=["renewals", "churned", "weight"],
)
MODELS = {
    "bg_nbd": (BgNbd(), ORDERS),
    "mbg_nbd": (MbgNbd(time_unit="month"), ORDERS),
    "pareto_nbd": (ParetoNbd(), ORDERS),
    "bg_bb": (BgBb(), DONATIONS),
    "bg_cnbd_k": (BgCnbdK(k=3), STEADY),
    "mbg_cnbd_k": (MbgCnbdK(k=2), STEADY),
    "lifetimes": (LifetimesBackend("mbg_nbd"), ORDERS),
    "lifetimes_pareto": (LifetimesPareto(), ORDERS),
    "lifetimes_spend": (LifetimesGammaGamma(), SPEND),
    "gamma_gamma": (GammaGamma(density="total"), SPEND),
    "sbg": (ShiftedBetaGeometric(term_months=1), RENEWALS),
    "bdw": (BetaDiscreteWeibull(term_months=1), RENEWALS),
}


@functools.cache
def _fitted(name):
    model, rows = MODELS[name]
    return clone(model).fit(rows)


def fitted_once(case):
    """The model of a case, fitted once for all tests that only read it."""
    return _fitted(next(name for name, known in MODELS.items() if known is case))


@pytest.fixture(params=MODELS.values(), ids=MODELS.keys())
def case(request):
    return request.param


def score(model, rows):
    """The answers of a model to its own rows."""
    if isinstance(model, GammaGamma):
        return model.expected_spend(rows["frequency"], rows["monetary"])
    if isinstance(model, RenewalModel):
        return model.conditional_survival(rows["renewals"], 3)
    return np.concatenate([model.expected_purchases(10, rows), model.probability_alive(rows)])


def test_the_constructor_only_stores_and_clone_copies_it(case):
    model = case[0]
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    assert not any(name.endswith("_") for name in vars(twin))
    assert clone(fitted_once(case)).get_params() == model.get_params()


def test_fit_returns_self_and_leaves_the_input_alone(case):
    model, rows = clone(case[0]), case[1].copy()
    assert model.fit(rows) is model
    score(model, rows)
    pd.testing.assert_frame_equal(rows, case[1])


def test_row_order_and_grouping_change_nothing_to_the_last_digit(case):
    model, rows = case
    fitted = fitted_once(case)
    shuffled = clone(model).fit(rows.sample(frac=1, random_state=3))
    single = clone(model).fit(rows.loc[rows.index.repeat(rows["weight"])].drop(columns="weight"))
    assert shuffled.parameters_ == fitted.parameters_ == single.parameters_
    assert shuffled.fingerprint_ == fitted.fingerprint_ == single.fingerprint_


def test_pandas_arrow_and_mappings_are_the_same_rows(case):
    model, rows = case
    for table in (pa.Table.from_pandas(rows), rows.to_dict("list")):
        assert clone(model).fit(table).parameters_ == fitted_once(case).parameters_


def test_json_scores_the_same_to_the_last_digit(case):
    model, rows = case
    fitted = clone(model).fit(rows, window=(date(2025, 1, 1), date(2026, 6, 30)))
    restored = type(model).from_json(fitted.to_json())
    assert np.array_equal(score(restored, rows), score(fitted, rows))
    assert restored.to_json() == fitted.to_json()
    assert json.loads(fitted.to_json())["window_"] == ["2025-01-01", "2026-06-30"]
    assert restored.standard_errors_ == fitted.standard_errors_


def test_the_json_of_another_model_is_refused():
    text = BgNbd.from_parameters([1, 2, 3, 4]).to_json()
    with pytest.raises(ConfigError, match="JSON of a BgNbd, not of a GammaGamma"):
        GammaGamma.from_json(text)


def test_an_unfitted_model_says_so(case):
    model = clone(case[0])
    for ask in (
        lambda: score(model, case[1]),
        model.to_json,
        lambda: model.aic_,
        lambda: model.log_likelihood(case[1]),
    ):
        with pytest.raises(NotFittedError, match="not fitted"):
            ask()


def test_an_empty_table_is_no_fit(case):
    with pytest.raises(FitError, match="no rows"):
        clone(case[0]).fit(case[1].iloc[:0])


def test_a_missing_column_is_named(case):
    model, rows = case
    with pytest.raises(UnknownNameError, match=rows.columns[0]):
        clone(model).fit(rows.drop(columns=rows.columns[0]))


def test_a_missing_value_is_counted(case):
    model, rows = case
    broken = rows.astype(float)
    broken.iloc[2, 0] = np.nan
    with pytest.raises(FitError, match="1 values that are missing or infinite, the first in row 2"):
        clone(model).fit(broken)


OWN = {name: case for name, case in MODELS.items() if not name.startswith("lifetimes")}
FEW = {
    "one": [0],
    "one that came once": [1],
    "two": [0, 1],
    "three": [0, 1, 2],
    "all alike": [0] * 9,
    "one among others": [0, 1, 2, 3],
}
HISTORIES = {
    "frequency": ([2, 0, 1, 2000], [20, 0, 0.5, 99], [30, 10, 52, 100], [4.0, 0.0, -1.0, -6500.0]),
    "occasions": ([2, 0, 1, 2000], [3, 0, 1, 2000], [5, 3, 1, 2000]),
    "monetary": ([1, 2, 1, 2000], [10.0, 20.0, 0.01, 1e6]),
    "renewals": ([2, 0, 1, 2000], [1, 1, 0, 0]),
}


def refused(model, rows):
    try:
        model.fit(rows)
    except FitError as error:
        return error
    return None


@pytest.mark.parametrize("chosen", FEW.values(), ids=FEW.keys())
@pytest.mark.parametrize("case", OWN.values(), ids=OWN.keys())
def test_a_handful_of_customers_gives_numbers_or_says_what_is_missing(case, chosen):
    """Warnings are errors here, so that none of them passes in silence."""
    model, kind = clone(case[0]), next(name for name in reversed(HISTORIES) if name in case[1])
    names = [name for name in case[1] if name != "weight"]
    rows = {name: np.array(values, float)[chosen] for name, values in zip(names, HISTORIES[kind], strict=False)}
    refusal = refused(model, rows)
    if refusal is not None:
        assert refusal.next_step
        return
    assert np.isfinite(list(model.parameters_.values())).all()
    answers = score(model, {name: rows[name] for name in names})
    assert np.isfinite(answers).all()
    assert (answers >= 0).all()


IMPOSSIBLE = {
    "frequency": [(-1, 0, 3), (1.5, 1, 3), (1, 5, 3), (0, 0, -3), (0, 1, 3)],
    "occasions": [(-1, 0, 3), (1.5, 2, 3), (1, 5, 3), (0, 0, -3), (3, 2, 5)],
    "monetary": [(0, 3.0), (1.5, 3.0), (1, 0.0), (2, -3.0)],
    "renewals": [(-1, 1), (1, 0.5)],
}


def test_impossible_rows_are_counted_and_shown(case):
    model, rows = clone(case[0]), case[1]
    kind = next(name for name in reversed(IMPOSSIBLE) if name in rows)
    for row in IMPOSSIBLE[kind]:
        broken = rows.astype(float)
        broken.iloc[[1, 3], : len(row)] = row
        with pytest.raises(FitError, match=rf"2 of \d rows break the rule .* such as {rows.columns[0]} {row[0]:g}"):
            model.fit(broken)


def test_the_log_likelihood_of_the_training_rows_is_the_maximum(case):
    model, rows = case
    fitted = fitted_once(case)
    best = fitted.log_likelihood(rows)
    assert best == pytest.approx(fitted.log_likelihood_, rel=1e-12)
    assert fitted.aic_ == pytest.approx(2 * len(fitted.names) - 2 * best)
    assert fitted.bic_ == pytest.approx(len(fitted.names) * np.log(rows["weight"].sum()) - 2 * best)
    for name in fitted.names:
        moved = {k: v * (1.1 if k == name else 1.0) for k, v in fitted.parameters_.items()}
        elsewhere = type(model).from_parameters(list(moved.values()), **model.get_params())
        assert elsewhere.log_likelihood(rows) < best


def test_the_gradient_is_the_slope_of_the_likelihood(case):
    model, rows = case
    read = clone(model)._read(rows)
    theta = np.array([0.7, 5.0, 0.8, 1.9][: len(model.names)])
    _, gradient = model._likelihood(theta, read)
    for i in range(len(theta)):
        step = np.eye(len(theta))[i] * 1e-6 * theta[i]
        rise = model._likelihood(theta + step, read)[0] - model._likelihood(theta - step, read)[0]
        assert gradient[i] == pytest.approx(rise / (2 * step[i]), rel=1e-5)
