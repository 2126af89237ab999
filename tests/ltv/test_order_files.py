"""What a file or a table says must not depend on the way it takes: nothing is guessed, nothing is lost in silence."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from valuekit.engine import Engine
from valuekit.errors import ConfigError, ContractError, InputError
from valuekit.ltv import backtest_orders, split, summarise, value_orders
from valuekit.ltv.order_lines import WORKING

RETURNED = {
    "customer": ["a"] * 4, "date": ["2025-01-01", "2025-01-08", "2025-01-20", "2025-02-01"],
    "amount": [10.0, 20.0, 30.0, -20.0], "order": [1, 2, 3, 4],
}  # fmt: skip


def rows(table):
    return [(row["customer"], row["frequency"], row["monetary"]) for row in table.to_pylist()]


def of(count, names, **columns):
    days = [f"2025-01-{row % 28 + 1:02d}" for row in range(count)]
    return {"customer": [names(row) for row in range(count)], "date": days, "amount": [5.0] * count} | columns


@pytest.mark.parametrize(
    "returns",
    [["", "", "", "2"], [None] * 3 + [2], [None] * 3 + [" 2 "], [float("nan")] * 3 + [2.0], [None] * 3 + ["2.0"]],
)
@pytest.mark.parametrize("kind", [pd.DataFrame, lambda t: polars.DataFrame(t, strict=False), pa.table])
def test_an_id_with_gaps_is_the_same_id_however_it_comes(returns, kind, tmp_path):
    table = kind(RETURNED | {"returns": returns})
    assert rows(summarise(table, order="order", returns="returns")) == [("a", 1, 30.0)]
    pd.DataFrame(RETURNED | {"returns": returns}).to_csv(tmp_path / "orders.csv", index=False)
    assert rows(summarise(tmp_path / "orders.csv", order="order", returns="returns")) == [("a", 1, 30.0)]


def test_rows_that_are_all_returns_are_refused():
    with pytest.raises(ContractError, match=r"all 4 rows return an order\. Leave the column of what is returned empty"):
        summarise(RETURNED | {"amount": [1.0] * 4, "returns": ["9"] * 4}, order="order", returns="returns")


@pytest.mark.parametrize("count", [40, 1_000])
def test_no_row_is_a_comment_and_a_late_quote_is_a_quote(tmp_path, count):
    table = of(count, lambda row: '"Smith, John"' if row == count - 1 else f"#{row}" if row % 7 == 5 else str(row))
    lines = [",".join(map(str, row)) for row in zip(*table.values(), strict=True)]
    (tmp_path / "orders.csv").write_text("\n".join(["customer,date,amount", *lines]))
    found = summarise(tmp_path / "orders.csv")["customer"].to_pylist()
    assert len(found) == count
    assert {"#5", "Smith, John"} <= set(found)


def test_a_packed_file_is_read_as_the_plain_one(tmp_path):
    for name in ("orders.csv", "orders.csv.gz"):
        pd.DataFrame(RETURNED).to_csv(tmp_path / name, index=False)
    assert summarise(tmp_path / "orders.csv.gz").equals(summarise(tmp_path / "orders.csv"))


def test_a_broken_line_is_shown_with_its_row(tmp_path):
    (tmp_path / "cut.csv").write_text("customer,date,amount\n" + "a,2025-01-01,5\n" * 40 + "b,2025-01")
    with pytest.raises(InputError, match=r"cut\.csv: 1 of 41 rows cannot be read; row 41, 'b,2025-01'.* 2 fields"):
        summarise(tmp_path / "cut.csv")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize(("name", "other"), [("p[12]", "p1"), ("a*b", "axb"), ("q?", "qq")])
def test_the_name_of_a_file_is_no_pattern(tmp_path, name, other, ending):
    for file, customer in ((name, "asked"), (other, "other")):
        frame = pd.DataFrame(of(3, lambda row, who=customer: f"{who}{row}"))
        path = tmp_path / f"{file}.{ending}"
        frame.to_csv(path, index=False) if ending == "csv" else frame.to_parquet(path)
    assert summarise(tmp_path / f"{name}.{ending}")["customer"].to_pylist() == ["asked0", "asked1", "asked2"]


def test_blanks_around_names_are_none_and_a_customer_that_is_no_number_is_nobody():
    names = ["a", "a\t", "\na", "a\u00a0", "\u3000a"]
    for table in (of(5, names.__getitem__), of(5, names.__getitem__) | {"amount": [1, 2, 3, 4, 5.5]}):
        for grain in ("order", "day"):
            assert summarise(table, grain=grain)["customer"].to_pylist() == ["a"]
    with pytest.raises(ContractError, match="1 of 3 rows have no customer"):
        summarise(of(3, ["a", "\t", "b"].__getitem__))
    with pytest.raises(ContractError, match="1 of 3 rows have no customer"):
        summarise(polars.DataFrame(of(3, [1.0, float("nan"), 2.0].__getitem__)))
    assert summarise(polars.DataFrame(of(2, [1.0, 2.5].__getitem__)))["customer"].to_pylist() == ["1", "2.5"]


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
@pytest.mark.parametrize("grain", ["order", "day"])
def test_a_customer_that_statistics_of_a_file_do_not_tell_of_is_refused(kind, grain, tmp_path):
    table = pa.table(of(4, str, customer=pa.array([5.0, 5.0, float("nan"), 5.0], kind)))
    pq.write_table(table, tmp_path / "o.parquet")
    with pytest.raises(ContractError, match="1 of 4 rows have no customer in column customer, such as 'nan'"):
        summarise(tmp_path / "o.parquet", grain=grain)


@pytest.mark.parametrize("day", ["9999-12-31", "99999-12-31", "infinity", "2200-01-01"])
def test_a_day_that_stands_for_an_unknown_one_is_none(day):
    with pytest.raises(ContractError, match="1 of 3 rows have no date in column date"):
        summarise(of(3, str) | {"date": [day, "2025-01-08", "2025-01-05"]})


@pytest.mark.parametrize(
    ("day", "told"),
    [("1900-01-01", "1 of 3 rows have a date that is too early in column date, such as '1900-01-01'."),
     ("24-12-31", "1 of 3 rows have no date"), ("", "1 of 3 rows have no date")],
)  # fmt: skip
def test_a_day_of_long_ago_is_too_early_and_one_of_two_digits_none(day, told):
    with pytest.raises(ContractError, match=told):
        summarise(of(3, str) | {"date": [day, "2025-01-08", "2025-01-05"]})


def test_a_bad_amount_is_refused_wherever_it_stands(tmp_path):
    table = pa.table(of(300, str, date=[date(2025, 1, 1 + row // 12) for row in range(300)]))
    for place in (0, 150, 299):
        amounts = [float("nan") if row == place else 5.0 for row in range(300)]
        pq.write_table(table.set_column(2, "amount", [amounts]), tmp_path / "o.parquet", row_group_size=100)
        with pytest.raises(ContractError, match="1 of 300 rows have no amount"):
            summarise(tmp_path / "o.parquet", as_of=date(2025, 1, 13))


def test_a_lent_engine_is_left_as_it_was(tmp_path):
    table = pa.table(
        of(300, lambda row: str(row % 40), date=[date(2025, 1 + row // 28, 1 + row % 28) for row in range(300)])
    )
    bad = table.set_column(2, "amount", [[float("nan") if row == 299 else 5.0 for row in range(300)]])
    pq.write_table(bad, tmp_path / "bad.parquet", row_group_size=50)
    with Engine(threads=1) as engine:
        engine.put("mine", table)
        value_orders("mine", engine=engine)
        split("mine", date(2025, 6, 1), engine=engine)
        with pytest.raises(ContractError):
            backtest_orders(tmp_path / "bad.parquet", engine=engine, origins=1, days=60)
        assert list(engine.catalogue()) == ["mine"]
        for name in WORKING:
            engine.put(name, table)
            with pytest.raises(ConfigError, match=f"the engine has a table {name}, a name that work needs"):
                summarise(name, engine=engine)
            assert engine.count(name) == 300
            engine.drop(name)


@pytest.mark.parametrize(
    ("amounts", "lost"),
    [
        ([0.00003, 0.00004], 2),
        (["0.00003", "5"], 1),
        ([Decimal("0.00035000"), Decimal("-0.01234567")], 2),
        ([10.0, 0.00123], 1),
        ([0.1 + 0.2, 19.999999999], 0),
        ([0.1 + 0.2 - 0.3, 0.0], 0),
        ([0.0123, 10 / 3], 0),
        ([1e-4, Decimal("0.0002")], 0),
    ],
)
def test_amounts_are_not_lost_by_being_rounded(amounts, lost, tmp_path):
    kind = None if not all(isinstance(amount, Decimal) for amount in amounts) else pa.decimal128(18, 8)
    amounts = amounts if kind or isinstance(amounts[0], str) else [float(amount) for amount in amounts]
    table = pa.table(of(2, lambda _: "a", amount=pa.array(amounts, kind)))
    pq.write_table(table, tmp_path / "o.parquet")
    for orders, asked in ((table, {"log_gaps": True}), (tmp_path / "o.parquet", {"grain": "day"})):
        if lost:
            with pytest.raises(ContractError, match=f"{lost} of 2 amounts would lose.*ten-thousandths.*smaller unit"):
                summarise(orders, **asked)
        else:
            last = summarise(orders, **asked)["monetary"][0].as_py()
            assert last == pytest.approx(float(amounts[1]), abs=5e-5)


def test_one_amount_in_a_thousand_may_be_next_to_nothing():
    amounts = [0.00003] + [5.0] * 1_999
    assert summarise(of(2_000, str) | {"amount": amounts}).num_rows == 2_000


def test_floating_amounts_add_up_as_their_decimals_do():
    cents = [Decimal(row * 7919 % 100_003).scaleb(-2) for row in range(400)]
    table = of(400, lambda row: str(row % 13))
    by_kind = [summarise(table | {"amount": amounts}) for amounts in (cents, [float(cent) for cent in cents])]
    assert by_kind[0].equals(by_kind[1])
    with pytest.raises(ContractError, match=r"1 of 3 rows have no amount that is a number.*1e14"):
        summarise(of(3, str) | {"amount": [1.0, 2.0, 2e14]})


@settings(max_examples=15, deadline=None)
@given(
    days=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 900)), min_size=1, max_size=40, unique=True),
    seed=st.integers(0, 2**32),
    size=st.sampled_from([1.0, 1e4, 9e9]),
    kind=st.sampled_from(["DOUBLE", "FLOAT", "DECIMAL(18,2)", "BIGINT", "VARCHAR"]),
)
def test_orders_of_one_a_day_have_the_same_summary_said_to_be_so_or_found_out(days, seed, size, kind):
    amounts = np.random.default_rng(seed).integers(5, 10_000, len(days)) * size / 1e4
    with Engine(threads=2) as engine:
        rows = {"customer": [who for who, _ in days], "day": [day for _, day in days], "amount": amounts}
        engine.put("given", pa.table(rows))
        engine.execute(
            "CREATE TABLE orders AS SELECT customer, DATE '2024-01-01' + CAST(day AS INTEGER) AS date, "
            f"CAST(amount AS {kind}) AS amount FROM given"
        )
        until = date(2026, 12, 31)
        said, found = (summarise("orders", engine=engine, grain=grain, as_of=until) for grain in ("day", "order"))
    assert said == found


def test_a_file_that_changed_is_read_anew(tmp_path):
    with Engine() as engine:
        for names in (["a"], ["b"], ["c", "d"], ["e"]):
            pq.write_table(pa.table(of(len(names), names.__getitem__)), tmp_path / "o.parquet")
            assert summarise(tmp_path / "o.parquet", engine=engine)["customer"].to_pylist() == names
