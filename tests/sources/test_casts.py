"""What is read becomes the declared type, or nothing at all."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def amount(intake: Any, text: str, **settings: Any) -> Any:
    intake.read_text(f"id|ordered_on|amount|currency\n1|2024-01-31|{text}|EUR\n", "orders", **settings)
    return (intake.column("orders", "amount") or [None])[0]


def ordered_on(intake: Any, text: str, **settings: Any) -> Any:
    intake.read_text(f"id|ordered_on|amount|currency\n1|{text}|10|EUR\n", "orders", **settings)
    return (intake.column("orders", "ordered_on") or [None])[0]


def from_parquet(intake: Any, **columns: Any) -> dict[str, Any]:
    table = {"id": ["1"], "ordered_on": [date(2024, 1, 31)], "amount": [10], "currency": ["EUR"], **columns}
    pq.write_table(pa.table(table), intake.folder / "orders.parquet")
    intake.add("orders", file="orders.parquet")
    intake.read()
    return (intake.rows("FROM orders") or [{}])[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12.5", "12.5"), ("-0.0001", "-0.0001"), ("1,234", "1234"), ("1,234,567.89", "1234567.89"), ("1 234.5", "1234.5"),
     ("1\u00a0234", "1234"), ("1'234.50", "1234.5"), ("+7", "7"), ("1e3", "1000"), ("0.00005", "0.0001")],
)  # fmt: skip
def test_numbers_with_a_decimal_point(text, expected, intake):
    assert amount(intake, text) == Decimal(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12,5", "12.5"), ("1.234", "1234"), ("1.234.567,89", "1234567.89"), ("1 234,5", "1234.5"), ("-3", "-3")],
)
def test_numbers_with_a_decimal_comma(text, expected, intake):
    assert amount(intake, text, decimal=",") == Decimal(expected)


@pytest.mark.parametrize(
    ("text", "decimal"),
    [("1,5", "."), ("12,34.5", "."), ("1.5", ","), ("1,234,567", ","), ("1.234.56", "."), ("12 EUR", "."), ("--1", "."),
     ("inf", "."), ("nan", ","), ("123456789012345", ".")],
)  # fmt: skip
def test_a_number_that_could_be_read_two_ways_is_not_read(text, decimal, intake):
    assert amount(intake, text, decimal=decimal) is None
    assert intake.reasons == [(1, "amount is not a number within DECIMAL(18,4)")]


@pytest.mark.parametrize(
    ("text", "date_format"),
    [("2024-01-31", "%Y-%m-%d"), ("31.01.2024", "%d.%m.%Y"), ("20240131", "%Y%m%d"), ("01/31/24", "%m/%d/%y"),
     ("2024-01-31 23:59:59", "%Y-%m-%d"), ("2024-01-31T10:00", "%d.%m.%Y"), ("2024-01-31T23:59:59Z", "%d.%m.%Y"),
     ("2024-02-01T01:30:00+02:00", "%Y-%m-%d"), ("31.01.2024 18:30", "%d.%m.%Y %H:%M")],
)  # fmt: skip
def test_dates_and_timestamps_become_the_day_in_utc(text, date_format, intake):
    assert ordered_on(intake, text, date_format=date_format) == date(2024, 1, 31)


def test_one_column_may_have_a_date_format_of_its_own(intake):
    columns = {"ordered_on": {"column": "ordered_on", "format": "%d/%m/%Y"}}
    assert ordered_on(intake, "31/01/2024", date_format="%Y%m%d", columns=columns) == date(2024, 1, 31)


def test_ids_keep_their_leading_zeros(intake):
    intake.read_text("id,ordered_on,amount,currency\n007,2024-01-31,10,EUR\n", "orders")
    assert intake.column("orders", "id") == ["007"]


def test_ids_that_a_tool_made_floats_are_whole_again(intake):
    assert from_parquet(intake, record=[17850.0])["record"] == "17850"


def test_typed_columns_pass_without_text(intake):
    row = from_parquet(
        intake,
        ordered_on=[datetime.fromisoformat("2024-01-31 23:59")],
        amount=[Decimal("1.2345")],
        cost_of_goods=[0.1 + 0.2],
    )
    assert (row["ordered_on"], row["amount"], row["cost_of_goods"]) == (
        date(2024, 1, 31), Decimal("1.2345"), Decimal("0.3"))  # fmt: skip


def test_a_timestamp_with_time_zone_is_dated_in_utc(intake):
    zoned = pa.array([datetime.fromisoformat("2024-02-01 00:30")], pa.timestamp("us", "Europe/Berlin"))
    assert from_parquet(intake, ordered_on=zoned)["ordered_on"] == date(2024, 2, 1)


def test_dates_written_as_numbers_follow_the_format(intake):
    pq.write_table(
        pa.table({"id": ["1"], "ordered_on": [20240131], "amount": [1], "currency": ["EUR"]}),
        intake.folder / "o.parquet",
    )
    intake.add("orders", file="o.parquet", date_format="%Y%m%d")
    intake.read()
    assert intake.column("orders", "ordered_on") == [date(2024, 1, 31)]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_floats_that_are_no_amount_are_set_aside(value, intake):
    assert from_parquet(intake, amount=[value]) == {}
    assert intake.reasons == [(1, "amount is not a number within DECIMAL(18,4)")]


@pytest.mark.parametrize(
    ("text", "expected"), [("yes", True), ("T", True), ("1", True), ("no", False), ("FALSE", False)]
)
def test_truth_values_in_words(text, expected, intake):
    header = "id,record,starts_on,amount,currency,term_months,auto_renew"
    intake.read_text(f"{header}\nk1,c1,2024-01-01,1,EUR,12.0,{text}\n", "contracts")
    assert intake.rows("SELECT auto_renew, term_months FROM contracts") == [{"auto_renew": expected, "term_months": 12}]


def test_sets_and_currencies_do_not_mind_capitals(intake):
    intake.read_text("id,paid_on,amount,currency,kind\n1,2024-01-31,1,eur,Payment\n")
    assert intake.rows("SELECT currency, kind FROM payments") == [{"currency": "EUR", "kind": "payment"}]
