import json
import math
from datetime import date
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from valuekit.engine import Engine
from valuekit.errors import ConfigError, ContractError, FitError, InputError, UnknownNameError
from valuekit.ltv import split, summarise
from valuekit.ltv.models import MbgNbd
from valuekit.ltv.order_lines import order_lines

AS_OF = date(2026, 6, 30)


def log(*rows, columns=("customer", "date", "amount", "order", "returns")):
    """Orders as rows of customer, day of June 2026, amount, order id, id of the order that came back."""
    full = [(c, f"2026-06-{day:02d}", amount, *rest, *[None] * (2 - len(rest))) for c, day, amount, *rest in rows]
    return pd.DataFrame(full, columns=list(columns))


def summary(*rows, **settings):
    table = summarise(log(*rows), as_of=AS_OF, order="order", returns="returns", **settings)
    names = ("customer", "frequency", "recency", "age", "monetary")
    return [tuple(row[name] for name in names) for row in table.to_pylist()]


ORDERS = (("ann", 2, 100.0, "a1"), ("ann", 16, 40.0, "a2"), ("ann", 23, 60.0, "a3"), ("bob", 9, 10.0, "b1"))


def test_one_order_a_day():
    assert summary(*ORDERS) == [("ann", 2, 3.0, 4.0, 50.0), ("bob", 0, 0.0, 3.0, 0.0)]


def test_several_orders_on_a_day_are_one_also_on_the_first():
    assert summary(*ORDERS, ("ann", 2, 30.0, "a4"), ("ann", 16, 25.0, "a5"))[0] == ("ann", 2, 3.0, 4.0, 62.5)


def test_a_return_reduces_its_order_and_a_fully_returned_order_is_no_purchase():
    assert summary(*ORDERS, ("ann", 28, -15.0, "r1", "a3"))[0] == ("ann", 2, 3.0, 4.0, 42.5)
    assert summary(*ORDERS, ("ann", 28, -60.0, "r1", "a3"))[0] == ("ann", 1, 2.0, 4.0, 40.0)
    assert summary(*ORDERS, ("bob", 28, -10.0, "r1", "b1")) == [("ann", 2, 3.0, 4.0, 50.0)]


@pytest.mark.parametrize("kind", [float, int, str, Decimal])
def test_what_returns_an_order_reduces_it_whatever_its_sign(kind):
    views = []
    for sign in (-1, 1):
        rows = log(*ORDERS, ("ann", 28, sign * 60, "r1", "a3"), ("bob", 28, sign * 4, "r2", "b1"))
        rows = rows.assign(amount=rows.amount.map(int).map(kind))
        found = summarise(rows, as_of=AS_OF, order="order", returns="returns").to_pylist()
        assert [(row["frequency"], row["monetary"], row["first_amount"]) for row in found] == [(1, 40, 100), (0, 0, 6)]
        with order_lines(rows, order="order", returns="returns") as engine:  # what all others read
            views.append(engine.query("SELECT * FROM order_lines ORDER BY order_id"))
    assert views[0] == views[1]


def test_returns_of_both_signs_are_refused():
    rows = (*ORDERS, ("ann", 28, -60.0, "r1", "a3"), ("bob", 28, 5.0, "r2", "b1"), ("bob", 29, 0.0, "r3", "b1"))
    with pytest.raises(
        ContractError, match=r"column returns, 1 amounts are above 0.*order 'b1', and 1 below.*one sign"
    ):
        summary(*rows)


def test_lines_of_one_order_are_returned_once():
    lines = (("ann", 16, 5.0, "a2"), ("ann", 16, 5.0, "a2"))
    assert summary(*ORDERS, *lines, ("ann", 28, -50.0, "r1", "a2")) == [
        ("ann", 1, 3.0, 4.0, 60.0),
        ("bob", 0, 0.0, 3.0, 0.0),
    ]


def test_a_free_order_is_a_purchase():
    assert summary(*ORDERS, ("bob", 16, 0.0, "b2"))[1] == ("bob", 1, 1.0, 3.0, 0.0)
    assert summary(*ORDERS, ("bob", 16, 0.0, "b2"), ("bob", 20, -1.0, "r"))[1] == ("bob", 1, 1.0, 3.0, 0.0)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("reduce", (2, 3.0, 4.0, 35.0)), ("ignore", (2, 3.0, 4.0, 50.0)), ("last_order", (2, 3.0, 4.0, 45.0))],
)
def test_unmatched_returns_go_by_a_policy_and_are_counted(policy, expected):
    returned = (("ann", 18, -10.0, "r1"), ("ann", 1, -20.0, "r2", "unknown"))
    assert summary(*ORDERS, *returned, unmatched_returns=policy)[0] == ("ann", *expected)
    table = summarise(log(*ORDERS, *returned), as_of=AS_OF, unmatched_returns=policy)
    facts = json.loads(table.schema.metadata[b"valuekit"])
    assert (facts["unmatched_returns"], facts["unmatched_amount"], facts["policy"]) == (2, -30.0, policy)


def test_a_return_that_takes_the_whole_last_order_undoes_it():
    rows = (*ORDERS, ("ann", 18, -40.0, "r1"))
    assert summary(*rows, unmatched_returns="last_order")[0] == ("ann", 1, 3.0, 4.0, 60.0)


def test_rows_that_are_days_give_the_same_faster_and_are_checked():
    assert summary(*ORDERS, grain="day") == summary(*ORDERS)
    with pytest.raises(ContractError, match=r"1 customers have more rows than days, such as 'bob'.*grain"):
        summary(*ORDERS, ("bob", 9, 1.0, "b2"), grain="day")


def test_long_histories_are_grouped_by_day_with_the_same_result():
    early = log(*ORDERS, ("ann", 16, 1.0, "a9"))
    early.loc[0, "date"] = "2016-06-02"
    found = summarise(early, as_of=AS_OF).to_pylist()[0]
    assert (found["frequency"], found["monetary"], found["first_amount"]) == (2, 50.5, 100.0)


def test_nothing_after_the_date_shows():
    known = summarise(log(*ORDERS), as_of=date(2026, 6, 16)).to_pylist()
    later = log(*ORDERS, ("ann", 28, -100.0, "r1", "a1"), ("ann", 29, 500.0, "a9"))
    assert summarise(later, as_of=date(2026, 6, 16), order="order", returns="returns").to_pylist() == known


def test_a_split_has_both_sides_in_one_order():
    found = split(log(*ORDERS, ("ann", 23, 5.0, "a4"), ("cem", 24, 9.0, "c1")), date(2026, 6, 9))
    assert found.calibration["customer"].to_pylist() == ["ann", "bob"]
    assert found.holdout.to_pylist() == [
        {"customer": "ann", "purchases": 2, "spend": 105.0},
        {"customer": "bob", "purchases": 0, "spend": 0.0},
    ]
    shorter = split(log(*ORDERS), date(2026, 6, 9), until=date(2026, 6, 16))
    assert shorter.holdout["purchases"].to_pylist() == [1, 0]
    with pytest.raises(ConfigError, match="is empty"):
        split(log(*ORDERS), date(2026, 6, 30))


def test_the_holdout_is_less_what_came_back_in_it():
    rows = (*ORDERS, ("ann", 28, -60.0, "r1", "a3"), ("ann", 28, -100.0, "r2", "a1"))
    found = split(log(*rows), date(2026, 6, 9), order="order", returns="returns")
    assert found.holdout.to_pylist()[0] == {"customer": "ann", "purchases": 1, "spend": 40.0}
    assert found.calibration["first_amount"].to_pylist() == [100.0, 10.0]


def test_every_table_and_file_goes_in(tmp_path):
    frame = log(*ORDERS)
    expected = summarise(frame, as_of=AS_OF)
    frame.to_parquet(tmp_path / "orders.parquet")
    frame.to_csv(tmp_path / "orders.csv", index=False)
    given = [pa.Table.from_pandas(frame), frame.to_dict("list"), tmp_path / "orders.parquet", tmp_path / "orders.csv"]
    for orders in given:
        assert summarise(orders, as_of=AS_OF).equals(expected)
    with Engine(threads=1) as engine:
        engine.put("sales", pa.Table.from_pandas(frame))
        assert summarise("sales", as_of=AS_OF, engine=engine).equals(expected)
        assert not engine.has("order_lines")
        assert not engine.has("order_summary")


def test_models_refuse_rows_of_another_unit():
    table = summarise(log(*ORDERS), as_of=AS_OF, unit="day")
    assert set(table["time_unit"].to_pylist()) == {"day"}
    with pytest.raises(FitError, match="rows are in day, the model is in week"):
        MbgNbd.from_parameters([1, 2, 3, 4]).probability_alive(table)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda f: f.rename(columns={"date": "dat"}), UnknownNameError, "no column for the date 'date'.*'dat'.*date="),
        (lambda f: f.assign(date=["2026-06-02", "31.12.", "x", "2026-06-03"]), ContractError,
         r"2 of 4 rows have no date in column date, such as '31.12.'.*2026-06-30"),
        (lambda f: f.assign(amount=["1", "2", "3", "1,5"]), ContractError, r"1 of 4 rows have no amount.*'1,5'"),
        (lambda f: f.assign(customer=["a", None, "b", "c"]), ContractError, r"1 of 4 rows have no customer.*missing"),
        (lambda f: f.assign(currency=["EUR", "EUR", "USD", "EUR"]), ContractError,
         r"2 currencies: EUR \(3 rows\), USD \(1 rows\).*Convert"),
        (lambda f: f.iloc[:0], ContractError, "there is no order"),
        (lambda f: 7, InputError, "this int is no table of orders"),
        (lambda f: "nowhere.parquet", InputError, "does not exist"),
        (lambda f: "orders.xlsx", InputError, "is no Parquet or CSV file"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(change, error, says):
    changed = change(log(*ORDERS))
    currency = "currency" if hasattr(changed, "columns") and "currency" in changed.columns else None
    with pytest.raises(error, match=f"(?s){says}"):
        summarise(changed, currency=currency)


def test_an_amount_that_statistics_of_a_file_do_not_tell_of_is_refused_and_a_lent_engine_stays_clean(tmp_path):
    columns = log(*ORDERS).to_dict("list") | {"amount": [1.0, 2.0, math.nan, 3.0]}
    pq.write_table(pa.table(columns), tmp_path / "nan.parquet")
    with Engine(threads=1) as engine:
        for grain in ("order", "day"):
            with pytest.raises(ContractError, match=r"1 of 4 rows have no amount that is a number.*such as 'nan'"):
                summarise(tmp_path / "nan.parquet", as_of=AS_OF, grain=grain, engine=engine)
        with pytest.raises(ContractError, match="1 of 4 rows have no amount"):
            split(tmp_path / "nan.parquet", date(2026, 6, 10), engine=engine)
        assert engine.catalogue() == {}


def gaps(*rows, **settings):
    settings = {"as_of": AS_OF, "order": "order", "returns": "returns", "log_gaps": True} | settings
    table = summarise(log(*rows), **settings)
    return dict(zip(table["customer"].to_pylist(), table["log_gaps"].to_pylist(), strict=True))


def test_log_gaps_are_of_the_days_that_count_as_purchases():
    assert gaps(*ORDERS, unit="day") == {"ann": pytest.approx(math.log(14) + math.log(7), abs=1e-11), "bob": 0.0}
    assert gaps(*ORDERS, ("ann", 16, 25.0, "a5"))["ann"] == pytest.approx(math.log(2), abs=1e-11)  # weeks: 2 and 1
    assert gaps(*ORDERS, ("cem", 30, 1.0, "c1"), unit="day", as_of=date(2026, 6, 16)) == {
        "ann": pytest.approx(math.log(14), abs=1e-11), "bob": 0.0
    }  # fmt: skip
    assert gaps(*ORDERS, ("ann", 28, -40.0, "r1", "a2"), unit="day")["ann"] == pytest.approx(math.log(21), abs=1e-11)
