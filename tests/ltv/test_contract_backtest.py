import json
import re
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import polars
import pytest

from valuekit.calendar import add_months
from valuekit.errors import ConfigError, ContractError, FitError, InputError, UnknownNameError
from valuekit.ltv import backtest_contracts
from valuekit.ltv.contract_terms import contract_terms
from valuekit.ltv.models import ShiftedBetaGeometric
from valuekit.ltv.renewal_forecasters import kaplan_meier, last_period, term_mean

START, AS_OF = date(2022, 1, 1), date(2025, 12, 31)
ORIGIN = date(2024, 11, 30)
PLANTED = {1: (0.6, 7.0), 12: (1.5, 4.0)}


def company(customers=2_000, seed=4):
    """Contracts of four years: half monthly, running on; half yearly, a row per signed term."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(customers):
        term = 1 if i % 2 else 12
        a, b = PLANTED[term]
        terms = min(rng.geometric(rng.beta(a, b)), 600)
        first = add_months(START, int(rng.integers(0, 40))) + timedelta(days=int(rng.integers(0, 28)))
        price = round(float(rng.gamma(3, 100)), 2)
        if term == 1:
            left = add_months(first, int(terms)) - timedelta(days=1)
            rows.append((f"c{i:04d}", first, left if left <= AS_OF else None, term, price))
        else:
            starts = [add_months(first, 12 * k) for k in range(terms) if add_months(first, 12 * k) <= AS_OF]
            rows += [(f"c{i:04d}", s, add_months(s, 12) - timedelta(days=1), term, price) for s in starts]
    return pd.DataFrame(rows, columns=["customer", "starts_on", "ends_on", "term_months", "price"])


@pytest.fixture(scope="module")
def signed():
    return company()


@pytest.fixture(scope="module")
def tested(signed):
    return backtest_contracts(signed, as_of=AS_OF, origins=2, months=12, models=("sbg",))


def score(tested, model, target="renewals", scope="all", number=-1):
    wanted = {"model": model, "target": target, "scope": scope}
    return [r for r in tested.scores.to_pylist() if wanted.items() <= r.items()][number]


def came_of(tested, customer):
    found = [r for r in tested.forecasts.to_pylist() if r["customer"] == customer and r["model"] == "term_mean"]
    return [(r["actual_renewals"], r["actual_survival"]) for r in found]


def test_every_forecaster_is_judged_at_every_origin_by_all_metrics(tested):
    rows = tested.scores.to_pylist()
    assert {r["origin"] for r in rows} == {date(2023, 11, 30), ORIGIN}
    assert {r["model"] for r in rows} == {"sbg", "last_period", "term_mean", "kaplan_meier"}
    assert {r["scope"] for r in rows} == {"all", "1m", "12m"}
    assert {r["target"] for r in rows} == {"renewals", "survival", "revenue"}
    assert len(rows) == 2 * 4 * 3 * 3
    assert all(r["note"] == "" and r["rmse"] > 0 for r in rows)


def test_what_came_is_counted_from_the_contracts(signed, tested):
    there = signed[(signed["starts_on"] <= ORIGIN) & (signed["ends_on"].isna() | (signed["ends_on"] >= ORIGIN))]
    lines = there.groupby("customer")["term_months"].first()
    end = add_months(ORIGIN, 12)
    still = signed[signed["ends_on"].isna() | (signed["ends_on"] >= end)]["customer"]
    frame = tested.forecasts.to_pandas()
    at = frame[(frame["origin"] == ORIGIN) & (frame["model"] == "sbg")]
    assert set(at["customer"]) == set(lines.index)
    assert at["actual_survival"].sum() == lines.index.isin(still).sum()
    yearly = signed[(signed["term_months"] == 12) & (signed["starts_on"] > ORIGIN) & (signed["starts_on"] <= end)]
    renewed = yearly["customer"].isin(lines.index).sum()
    assert at[at["term_months"] == 12]["actual_renewals"].sum() == renewed


def test_the_model_that_made_the_world_is_close_and_beats_the_naive_rules(tested):
    # At the first origin most yearly contracts have met one renewal at most, which does not tell how customers differ.
    for number, tolerance in ((0, 0.10), (1, 0.06)):
        for scope in ("1m", "12m"):
            model = score(tested, "sbg", scope=scope, number=number)
            assert abs(model["bias"]) < tolerance
            assert model["coverage"] > 0.88
        model, naive = (score(tested, name, "survival", "1m", number) for name in ("sbg", "last_period"))
        assert model["rmse"] < naive["rmse"]
        assert model["gini"] > 0.08
    months = [r for r in tested.tracking.to_pylist() if r["model"] == "sbg" and r["origin"] == ORIGIN]
    assert [r["month"] for r in months] == list(range(1, 13))
    assert months[-1]["came"] == score(tested, "sbg", "survival")["actual"]
    assert months[-1]["foretold"] == pytest.approx(score(tested, "sbg", "survival")["predicted"])
    assert all(r["foretold"] == pytest.approx(r["came"], rel=0.08) for r in months)
    tenths = [r for r in tested.deciles.to_pylist() if r["model"] == "sbg" and r["scope"] == "1m"]
    assert len({r["decile"] for r in tenths}) == 10


def test_nothing_after_an_origin_changes_what_is_foretold_there(signed):
    known = signed[signed["starts_on"] <= ORIGIN].copy()
    runs_on = (known["term_months"] == 1) & (known["ends_on"].isna() | (known["ends_on"] > ORIGIN))
    other = known.assign(ends_on=known["ends_on"].where(~runs_on, date(2025, 2, 14)))
    columns = ["model", "customer", "renewals", "low", "high", "survival", "price"]
    one, two = (
        backtest_contracts(log, as_of=AS_OF, origins=[ORIGIN], months=12, models=("sbg",)) for log in (signed, other)
    )
    assert one.forecasts.select(columns).equals(two.forecasts.select(columns))
    assert score(two, "sbg")["actual"] < score(one, "sbg")["actual"]


def around(*rows):
    """Fifty monthly contracts that run on and a few that left, and rows of the customers in question."""
    crowd = [(f"x{i:02d}", date(2024, 1, 5), None if i < 55 else date(2024, 9, 4), 1, None) for i in range(60)]
    return pd.DataFrame([*crowd, *rows], columns=["customer", "starts_on", "ends_on", "term_months", "cancelled_on"])


def test_who_switches_terms_or_signs_late_has_stayed_and_who_gave_notice_is_not_expected():
    rows = around(
        ("switch", date(2024, 6, 1), date(2025, 1, 31), 1, None), ("switch", date(2025, 2, 1), None, 12, None),
        ("late", date(2023, 12, 11), date(2024, 12, 10), 12, None), ("late", date(2025, 1, 8), None, 12, None),
        ("gone", date(2023, 12, 11), date(2024, 12, 10), 12, None), ("gone", date(2025, 1, 20), None, 12, None),
        ("notice", date(2024, 3, 10), None, 1, date(2024, 11, 20)),
        ("later", date(2024, 3, 10), None, 1, date(2025, 3, 20)),
    )  # fmt: skip
    found = backtest_contracts(rows, as_of=AS_OF, origins=[ORIGIN], months=12, models=())
    assert came_of(found, "switch") == [(12, 1)]
    assert came_of(found, "late") == [(1, 1)]
    assert came_of(found, "gone") == [(0, 0)]
    assert came_of(found, "notice") == [(0, 0)]
    assert came_of(found, "later") == [(4, 0)]
    expected = {r["customer"]: r["renewals"] for r in found.forecasts.to_pylist() if r["model"] == "term_mean"}
    assert expected["notice"] == 0 < expected["later"] == expected["x00"]


def test_naive_rules_are_rates_of_the_histories():
    before = {"term_months": [1, 1], "renewals": [2, 0], "churned": [0, 1], "entered": [0, 0], "weight": [5, 5]}
    now = {"term_months": [1, 1, 1], "renewals": [4, 3, 0], "churned": [0, 1, 1], "entered": [0, 0, 0],
           "weight": [4, 1, 5]}  # fmt: skip
    past = type("Past", (), {"now": _arrays(now), "before": _arrays(before)})()
    one, two, zero = (np.array([v]) for v in (1.0, 2.0, 0.0))
    assert last_period(past)(1, zero, two) == pytest.approx((9 / 10) ** 2)
    assert term_mean(past)(1, zero, one) == pytest.approx(19 / 25)
    curve = kaplan_meier(past)
    assert curve(1, zero, one) == pytest.approx(0.5)
    assert curve(1, one, np.array([3.0])) == pytest.approx(4 / 5)
    assert curve(1, np.array([4.0]), one) == pytest.approx(19 / 25)


def _arrays(rows):
    return {name: np.array(values, float) for name, values in rows.items()}


def test_an_extra_forecaster_is_judged_beside_the_others(signed):
    planted = {term: ShiftedBetaGeometric.from_parameters(PLANTED[term], term_months=term) for term in PLANTED}

    def oracle(past):
        return lambda term, renewals, ahead: planted[term].conditional_survival(renewals, ahead)

    found = backtest_contracts(signed, as_of=AS_OF, origins=1, models=("sbg",), extra={"oracle": oracle})
    known, fitted = (score(found, name)["rmse"] for name in ("oracle", "sbg"))
    assert fitted == pytest.approx(known, rel=0.03)


def test_origins_and_tables_that_cannot_be_judged_are_refused(signed, tmp_path):
    with pytest.raises(ConfigError, match="do not hold 12 months after"):
        backtest_contracts(signed, as_of=AS_OF, origins=5)
    with pytest.raises(ConfigError, match=r"only \d+ contracts .*; it takes 50. There is no day with so many"):
        backtest_contracts(signed.head(40), as_of=AS_OF, origins=1)
    with pytest.raises(ConfigError, match=r"only \d+ contracts were in force on") as early:
        backtest_contracts(signed, as_of=AS_OF, origins=[signed["starts_on"].min()])
    day = re.search(r"origins=\['(.*)'\]", early.value.next_step)[1]
    assert add_months(date.fromisoformat(day), 12) <= AS_OF
    assert score(backtest_contracts(signed, as_of=AS_OF, origins=[day]), "term_mean")["customers"] >= 50
    with pytest.raises(UnknownNameError, match=r"term_months=\.\.\."):
        backtest_contracts(signed.rename(columns={"term_months": "length"}))
    with pytest.raises(ContractError, match=r"1 of 1 contracts end before they begin.*ann from 2025-02-01"):
        backtest_contracts({"customer": ["ann"], "starts_on": ["2025-02-01"], "ends_on": ["2025-01-01"],
                            "term_months": [1]})  # fmt: skip
    with pytest.raises(InputError, match="does not exist"):
        backtest_contracts(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"term_months": 1.5}, "1 of 1 contracts have no whole number of months"),
        ({"starts_on": "01-02-25"}, "1 of 1 contracts have no day in starts_on"),
        ({"ends_on": "31.12.2025"}, "1 rows have in column ends_on what cannot be read, such as '31.12.2025'"),
        ({"cancelled_on": "soon"}, "in column cancelled_on what cannot be read, such as 'soon'. Write days as"),
        ({"price": "€5"}, "in column price what cannot be read, such as '€5'. Write amounts as 1234.56"),
    ],
)
def test_what_cannot_be_read_of_a_contract_is_not_taken_for_missing(change, says):
    one = {"customer": ["ann"], "starts_on": ["2025-02-01"], "term_months": [1], "price": [""], "ends_on": [" "]}
    with pytest.raises(ContractError, match=says):
        backtest_contracts(one | {name: [value] for name, value in change.items()})


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"models": ["sgb"]}, "no model of renewals 'sgb'. Did you mean 'sbg'"),
        ({"end_on": "end"}, "no setting 'end_on'. Did you mean 'ends_on'"),
        ({"as_of": "June"}, "'June' is no day"),
        ({"months": 6.5}, "an origin and a month to foretell"),
        ({"months": 10**6, "origins": [date(2025, 2, 1)]}, "beyond the first day of the calendar"),
    ],
)
def test_settings_that_there_are_not_are_refused(settings, says):
    with pytest.raises(ConfigError, match=says):
        backtest_contracts({"customer": ["ann"], "starts_on": ["2025-02-01"], "term_months": [1]}, **settings)


def test_columns_of_contracts_may_have_numbers_for_names():
    rows = {0: [1.0, 2.0], "1": ["2025-02-01"] * 2, 2: [1, 1]}
    names = {"customer": 0, "starts_on": 1, "term_months": "2", "price": None}
    with contract_terms(rows, **names) as engine:
        assert engine.rows("SELECT party_id, price FROM all_terms ORDER BY id") == [("1", None), ("2", None)]
    with pytest.raises(ConfigError, match=r"no column is named for the customer\. Say which column it is: customer="):
        backtest_contracts(rows, **(names | {"customer": None}))
    with pytest.raises(InputError, match="column 0 cannot be read as one type: 1 int such as 1, 1 str such as '1'"):
        backtest_contracts(rows | {0: [1, "1"]}, **names)


def test_a_customer_of_contracts_that_is_no_number_is_nobody(tmp_path):
    frame = pd.DataFrame({"customer": [1.0, np.nan], "starts_on": ["2025-02-01"] * 2, "term_months": [1, 1]})
    for given in (frame, polars.DataFrame({name: frame[name].to_numpy() for name in frame})):
        with pytest.raises(ContractError, match="1 of 2 contracts have no customer"):
            backtest_contracts(given)


def test_a_file_is_read_as_the_table_is(signed, tested, tmp_path):
    signed.rename(columns={"customer": "account"}).to_csv(tmp_path / "contracts.csv", index=False)
    found = backtest_contracts(
        tmp_path / "contracts.csv", as_of=AS_OF, origins=[ORIGIN], models=("sbg",), customer="account"
    )
    assert found.scores.to_pylist() == [r for r in tested.scores.to_pylist() if r["origin"] == ORIGIN]


def test_the_plot_holds_four_charts_of_the_best_model_or_of_the_one_that_is_asked_for(tested):
    drawn = json.loads(tested.plot().to_json())
    assert len(drawn["vconcat"]) == 4
    assert json.loads(tested.plot("kaplan_meier", ORIGIN).to_json())["title"].startswith("Contracts: kaplan_meier")
    with pytest.raises(UnknownNameError, match="nobody"):
        tested.plot("nobody")
    with pytest.raises(UnknownNameError, match="origin"):
        tested.plot(origin=START)
    with pytest.raises(FitError, match="no model of renewals foretold"):
        replace(tested, scores=tested.scores.slice(0, 0)).plot()
