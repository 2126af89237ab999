"""Source columns, constants and expressions become canonical columns."""

from datetime import date
from decimal import Decimal

import pytest

from valuekit.errors import UnknownNameError

ORDERS = "no,who,day,total\n1, c1 ,2024-01-31,10\n2,c2,2024-02-01,20\n3,NA,2024-02-02,30\n"
COLUMNS = {"id": "no", "record": "who", "ordered_on": "day", "amount": "total", "currency": {"constant": "EUR"}}


def test_columns_are_renamed_and_constants_stand_in_every_row(intake):
    intake.read_text(ORDERS, "orders", columns=COLUMNS)
    assert intake.rows("SELECT system, id, ordered_on, amount, currency FROM orders WHERE id = '1'") == [
        {"system": "shop", "id": "1", "ordered_on": date(2024, 1, 31), "amount": Decimal(10), "currency": "EUR"}
    ]


def test_blanks_around_text_go_and_null_values_are_missing(intake):
    intake.read_text(ORDERS, "orders", columns=COLUMNS, null_values=["", "NA"])
    assert intake.column("orders", "record") == ["c1", "c2", None]


def test_columns_of_the_same_name_need_no_entry_whatever_their_case(intake):
    intake.read_text("ID,Record,ORDERED_ON,Amount,currency\n1,c1,2024-01-31,10,EUR\n", "orders")
    assert intake.column("orders", "record") == ["c1"]


def test_a_constant_null_leaves_out_a_column_of_the_same_name(intake):
    settings = {"columns": {"record": {"constant": None}}}
    intake.read_text("id,record,ordered_on,amount,currency\n1,c1,2024-01-31,10,EUR\n", "orders", **settings)
    assert intake.column("orders", "record") == [None]


@pytest.mark.parametrize(
    ("constant", "column", "expected"),
    [("c9", "record", "c9"), (12, "record", "12"), (1.5, "cost_of_goods", Decimal("1.5")),
     (date(2024, 1, 1), "recorded_on", date(2024, 1, 1)), ("2024-01-01", "recorded_on", date(2024, 1, 1))],
)  # fmt: skip
def test_constants_of_every_type_become_the_type_of_their_column(constant, column, expected, intake):
    intake.read_text(ORDERS, "orders", columns=COLUMNS | {column: {"constant": constant}}, decimal=".")
    assert set(intake.column("orders", column)) == {expected}


def test_an_expression_calculates_from_source_columns(intake):
    cost = {"expression": "CAST(total AS DECIMAL(18,2)) * 0.4"}
    intake.read_text(ORDERS, "orders", columns=COLUMNS | {"cost_of_goods": cost})
    assert intake.column("orders", "cost_of_goods") == [Decimal(4), Decimal(8), Decimal(12)]


def test_an_expression_renames_values(intake):
    kind = {"expression": "CASE WHEN starts_with(no, '3') THEN 'refund' ELSE 'payment' END"}
    columns = {"id": "no", "paid_on": "day", "currency": {"constant": "EUR"}, "kind": kind,
               "amount": {"expression": "CASE WHEN no = '3' THEN '-' || total ELSE total END"}}  # fmt: skip
    intake.read_text(ORDERS, "payments", columns=columns)
    assert intake.column("payments", "kind") == ["payment", "payment", "refund"]


def test_the_row_number_can_be_an_id(intake):
    intake.read_text(ORDERS, "orders", columns=COLUMNS | {"id": "_row"})
    assert intake.column("orders", "id") == ["1", "2", "3"]
    assert intake.counts == {"orders.csv": (3, 3, 0)}


def test_rows_that_the_filter_drops_are_not_part_of_the_input(intake):
    intake.read_text(ORDERS, "orders", columns=COLUMNS, null_values=["NA"], where="who IS NOT NULL AND no <> '2'")
    assert intake.column("orders", "id") == ["1"]
    assert intake.counts == {"orders.csv": (1, 1, 0)}


def test_row_numbers_count_the_rows_that_the_filter_drops(intake):
    columns = COLUMNS | {"amount": {"expression": "CASE WHEN no = '3' THEN 'x' ELSE total END"}}
    intake.read_text(ORDERS, "orders", columns=columns, where="no <> '1'")
    assert [number for number, _ in intake.reasons] == [3]


def test_a_broken_line_is_quarantined_whatever_the_filter_says(intake):
    intake.read_text(ORDERS + "4,c4\n", "orders", columns=COLUMNS, where="no = '1'")
    assert intake.counts == {"orders.csv": (2, 1, 1)}


def test_the_system_of_a_row_goes_before_the_system_of_the_source(intake):
    intake.read_text("system,record\ncrm,a\n,b\n", "records")
    assert intake.column("records", "system") == ["crm", "shop"]


def test_a_misspelt_source_column_is_named_with_its_file(intake):
    with pytest.raises(UnknownNameError, match=r"orders\.csv: there is no source column 'totl'. Did you mean 'total'?"):
        intake.read_text(ORDERS, "orders", columns=COLUMNS | {"amount": "totl"})


def test_an_expression_cannot_smuggle_sql_through_a_text(intake):
    columns = COLUMNS | {"record": {"constant": "x'); DROP TABLE orders; --"}}
    intake.read_text(ORDERS, "orders", columns=columns, null_values=["'"])
    assert set(intake.column("orders", "record")) == {"x'); DROP TABLE orders; --"}
