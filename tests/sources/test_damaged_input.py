"""Damaged input gives a clear message or a quarantined row, and never another exception.

Each case writes its damage itself. `stops` cases: the run cannot go on, the message says where and what to do.
`sets aside` cases: the run goes on, the row is in the quarantine with its number and the reason.
"""

import gzip
import sqlite3
from collections.abc import Callable
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from valuekit.errors import ConfigError, ContractError, InputError, UnknownNameError

GOOD = "p1,c1,2024-01-31,10.00,EUR,payment"
HEADER = "id,record,paid_on,amount,currency,kind"


def csv(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


# --- damage that stops the run: (what is written and configured, error, words of the message)


def missing_file(intake: Any) -> dict[str, Any]:
    intake.write("payment.csv", csv(GOOD))
    return {"file": "payments.csv"}


def missing_folder(intake: Any) -> dict[str, Any]:
    return {"file": "exports/payments.csv"}


def pattern_without_match(intake: Any) -> dict[str, Any]:
    return {"file": "payments-*.csv"}


def folder_instead_of_file(intake: Any) -> dict[str, Any]:
    (intake.folder / "payments.csv").mkdir()
    return {"file": "payments.csv"}


def empty_file(intake: Any) -> dict[str, Any]:
    intake.write("payments.csv", b"")
    return {"file": "payments.csv"}


def only_blank_lines(intake: Any) -> dict[str, Any]:
    intake.write("payments.csv", "\n \n\n")
    return {"file": "payments.csv"}


def parquet_called_csv(intake: Any) -> dict[str, Any]:
    intake.write("payments.csv", b"PAR1" + bytes(20))
    return {"file": "payments.csv"}


def spreadsheet(intake: Any) -> dict[str, Any]:
    intake.write("payments.xlsx", b"PK\x03\x04" + bytes(20))
    return {"file": "payments.xlsx"}


def where_that_is_no_condition(intake: Any) -> dict[str, Any]:
    intake.write("payments.csv", csv(GOOD))
    return {"file": "payments.csv", "where": "amount"}


def binary_file_called_csv(intake: Any) -> dict[str, Any]:
    intake.write("payments.csv", bytes(range(128, 256)) * 20)
    return {"file": "payments.csv"}


def spreadsheet_called_csv(intake: Any) -> dict[str, Any]:
    intake.write("payments.csv", b"PK\x03\x04\x14\x00\x06\x00\x08\x00" + b"\x00" * 50)
    return {"file": "payments.csv"}


def utf_16_declared_wrongly(intake: Any) -> dict[str, Any]:
    intake.write("payments.csv", csv(GOOD))
    return {"file": "payments.csv", "encoding": "utf-16"}


def broken_gzip(intake: Any) -> dict[str, Any]:
    intake.write("payments.csv.gz", gzip.compress(csv(GOOD).encode())[:-12])
    return {"file": "payments.csv.gz"}


def no_parquet(intake: Any) -> dict[str, Any]:
    intake.write("payments.parquet", csv(GOOD))
    return {"file": "payments.parquet"}


def empty_parquet(intake: Any) -> dict[str, Any]:
    intake.write("payments.parquet", b"")
    return {"file": "payments.parquet"}


def parquet_cut_off(intake: Any) -> dict[str, Any]:
    path = intake.folder / "payments.parquet"
    pq.write_table(pa.table({"id": ["p1"] * 1000}), path)
    path.write_bytes(path.read_bytes()[:200])
    return {"file": "payments.parquet"}


def parquet_with_damaged_pages(intake: Any) -> dict[str, Any]:
    path = intake.folder / "payments.parquet"
    words = HEADER.split(",")
    columns = {w: [f"{w}{i}" for i in range(5000)] for w in words}
    pq.write_table(pa.table(columns), path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[100:4000] = bytes(3900)
    path.write_bytes(content)
    return {"file": "payments.parquet"}


def unknown_ending(intake: Any) -> dict[str, Any]:
    intake.write("payments.dat", b"PK")
    return {"file": "payments.dat"}


def package_not_installed(intake: Any) -> dict[str, Any]:
    return {"file": "package:no_such_package/payments.csv"}


def missing_database(intake: Any) -> dict[str, Any]:
    return {"database": "shop.duckdb", "query": "payments"}


def text_called_database(intake: Any) -> dict[str, Any]:
    intake.write("shop.duckdb", csv(GOOD) * 200)
    return {"database": "shop.duckdb", "query": "payments"}


def missing_table_in_duckdb(intake: Any) -> dict[str, Any]:
    with duckdb.connect(str(intake.folder / "shop.duckdb")) as shop:
        shop.execute("CREATE TABLE payments (id INTEGER)")
    return {"database": "shop.duckdb", "query": "payment"}


def missing_table_in_sqlite(intake: Any) -> dict[str, Any]:
    with sqlite3.connect(intake.folder / "shop.db") as shop:
        shop.execute("CREATE TABLE payments (id INTEGER)")
    shop.close()
    return {"database": "shop.db", "query": "payment"}


def wrong_query_in_duckdb(intake: Any) -> dict[str, Any]:
    missing_table_in_duckdb(intake)
    return {"database": "shop.duckdb", "query": "SELECT amuont FROM payments"}


def wrong_query_in_sqlite(intake: Any) -> dict[str, Any]:
    missing_table_in_sqlite(intake)
    return {"database": "shop.db", "query": "SELECT amuont FROM payments"}


def statement_that_is_no_select(intake: Any) -> dict[str, Any]:
    missing_table_in_duckdb(intake)
    return {"database": "shop.duckdb", "query": "DROP TABLE payments"}


def locked_sqlite(intake: Any) -> dict[str, Any]:
    missing_table_in_sqlite(intake)
    intake.lock = sqlite3.connect(intake.folder / "shop.db")
    intake.lock.execute("BEGIN EXCLUSIVE")
    return {"database": "shop.db", "query": "payments"}


def damaged_sqlite(intake: Any) -> dict[str, Any]:
    intake.write("shop.db", b"SQLite format 3\0" + b"\xff" * 5000)
    return {"database": "shop.db", "query": "payments"}


def misspelt_source_column(intake: Any) -> dict[str, Any]:
    intake.write("payments.csv", csv(GOOD))
    return {"file": "payments.csv", "columns": {"record": "recrod"}}


def unmapped_required_column(intake: Any) -> dict[str, Any]:
    intake.write("payments.csv", "id,paid_on,amount,kind\np1,2024-01-31,10,payment\n")
    return {"file": "payments.csv"}


def misspelt_column_in_expression(intake: Any) -> dict[str, Any]:
    intake.write("payments.csv", csv(GOOD))
    return {"file": "payments.csv", "columns": {"amount": {"expression": "amuont * 2"}}}


def forbidden_expression(intake: Any) -> dict[str, Any]:
    intake.write("payments.csv", csv(GOOD))
    return {"file": "payments.csv", "where": "id IN (SELECT 1)"}


def text_multiplied(intake: Any) -> dict[str, Any]:
    intake.write("payments.csv", csv(GOOD))
    return {"file": "payments.csv", "columns": {"amount": {"expression": "amount * amount"}}}


def date_format_that_is_none(intake: Any) -> dict[str, Any]:
    intake.write("payments.csv", csv(GOOD))
    return {"file": "payments.csv", "date_format": "%Q"}


STOPS: list[tuple[Callable[[Any], dict[str, Any]], type[Exception], str]] = [
    (missing_file, InputError, "payments.csv: there is no such file. In that folder: payment.csv."),
    (missing_folder, InputError, "does not exist either"),
    (pattern_without_match, InputError, "no file matches the pattern"),
    (folder_instead_of_file, InputError, "is a folder, not a file"),
    (empty_file, InputError, "is empty. Export it again"),
    (only_blank_lines, InputError, "is empty. Export it again"),
    (binary_file_called_csv, InputError, "is no text in utf-8: line 1 does not decode. Set `encoding`"),
    (utf_16_declared_wrongly, InputError, "is no text in utf-16"),
    (broken_gzip, InputError, "is no whole gzip file"),
    (no_parquet, InputError, "is no readable Parquet file"),
    (empty_parquet, InputError, "is empty"),
    (parquet_cut_off, InputError, "is no readable Parquet file"),
    (parquet_with_damaged_pages, InputError, "cannot be read to its end"),
    (unknown_ending, ConfigError, "Set `format`"),
    (package_not_installed, InputError, "the package 'no_such_package' is not installed"),
    (missing_database, InputError, "there is no such database file"),
    (text_called_database, InputError, "must be a DuckDB or SQLite file"),
    (missing_table_in_duckdb, InputError, "there is no table 'payment'. Did you mean 'payments'?"),
    (missing_table_in_sqlite, InputError, "there is no table 'payment'. Did you mean 'payments'?"),
    (wrong_query_in_duckdb, InputError, "amuont"),
    (wrong_query_in_sqlite, InputError, "no such column: amuont"),
    (statement_that_is_no_select, InputError, "`query` is one SELECT"),
    (locked_sqlite, InputError, "Close the program that writes to it"),
    (damaged_sqlite, InputError, "shop.db"),
    (misspelt_source_column, UnknownNameError, "there is no source column 'recrod'. Did you mean 'record'?"),
    (unmapped_required_column, ConfigError, "payments needs the column 'currency'"),
    (misspelt_column_in_expression, ConfigError, "Did you mean 'amount'?"),
    (forbidden_expression, ConfigError, "not allowed in an expression"),
    (text_multiplied, ConfigError, "cast them to calculate"),
    (date_format_that_is_none, ConfigError, "format"),
    (parquet_called_csv, InputError, "Set `format: parquet`"),
    (spreadsheet_called_csv, InputError, "Save the sheet as CSV"),
    (spreadsheet, ConfigError, "Save the sheet as CSV"),
    (where_that_is_no_condition, ConfigError, "`where: amount` gives VARCHAR, which is neither true nor false"),
]


@pytest.mark.parametrize(("damage", "error", "words"), STOPS, ids=[case[0].__name__ for case in STOPS])
def test_the_message_says_what_where_and_what_to_do(damage, error, words, intake):
    settings = damage(intake)
    intake.add(**settings)
    with pytest.raises(error) as caught:
        intake.read()
    place = settings.get("file") or settings["database"]
    assert words in str(caught.value)
    assert place.removeprefix("package:").split("*")[0] in str(caught.value)
    assert not intake.rows("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'read!_%' ESCAPE '!'")
    if hasattr(intake, "lock"):
        intake.lock.close()


# --- damage that costs a row: (row or file, settings, number of the row, reason)

ASIDE: dict[str, tuple[str | bytes, dict[str, Any], int, str]] = {
    "too few columns": (csv(GOOD, "p2,c1,2024-01-31"), {}, 2, "the line has 3 fields, expected 6"),
    "too many columns": (csv(GOOD, "p2,c1,2024-01-31,1,000,EUR,payment"), {}, 2, "the line has 7 fields, expected 6"),
    "a quote that never closes": (
        csv(GOOD, '"p2,c1,2024-01-31,1,EUR,payment', "p3,c1,2024-01-31,1,EUR,payment"), {}, 2,
        "a quote is opened and not closed",
    ),
    "a quote in the wrong place": (
        csv(GOOD, '"p"2,c1,2024-01-31,1,EUR,payment'), {}, 2, "a quote stands where none may be",
    ),
    "bytes that do not decode": (
        csv(GOOD).encode() + b"p2,\xff\xfe,2024-01-31,1,EUR,payment\n", {}, 2, "the line does not decode as utf-8",
    ),
    "latin-1 read as utf-8": (
        csv(GOOD, "p2,müller,2024-01-31,1,EUR,payment").encode("latin-1"), {}, 2, "the line does not decode as utf-8",
    ),
    "a missing id": (csv(GOOD, ",c1,2024-01-31,1,EUR,payment"), {}, 2, "id is missing"),
    "a missing amount": (csv(GOOD, "p2,c1,2024-01-31,,EUR,payment"), {}, 2, "amount is missing"),
    "a row of nothing": (
        csv(GOOD, ",,,,,"), {}, 2,
        "id is missing; paid_on is missing; amount is missing; currency is missing; kind is missing",
    ),
    "a date that is none": (
        csv(GOOD, "p2,c1,2024-02-30,1,EUR,payment"), {}, 2, "paid_on is not a date in the format %Y-%m-%d",
    ),
    "a date in another format": (
        csv(GOOD, "p2,c1,31/01/2024,1,EUR,payment"), {}, 2, "paid_on is not a date in the format %Y-%m-%d",
    ),
    "a date of the Middle Ages": (
        csv(GOOD, "p2,c1,0214-01-31,1,EUR,payment"), {}, 2, "paid_on is before 1900-01-01 or after 2200-12-31",
    ),
    "a date of the year 9999": (
        csv(GOOD, "p2,c1,9999-12-31,1,EUR,payment"), {}, 2, "paid_on is before 1900-01-01 or after 2200-12-31",
    ),
    "an amount in words": (
        csv(GOOD, "p2,c1,2024-01-31,ten,EUR,payment"), {}, 2, "amount is not a number within DECIMAL(18,4)",
    ),
    "an amount that is not a number": (
        csv(GOOD, "p2,c1,2024-01-31,NaN,EUR,payment"), {}, 2, "amount is not a number within DECIMAL(18,4)",
    ),
    "an infinite amount": (
        csv(GOOD, "p2,c1,2024-01-31,-inf,EUR,payment"), {}, 2, "amount is not a number within DECIMAL(18,4)",
    ),
    "an amount too large": (
        csv(GOOD, "p2,c1,2024-01-31,1e20,EUR,payment"), {}, 2, "amount is not a number within DECIMAL(18,4)",
    ),
    "a decimal comma where a point is expected": (
        csv(GOOD, 'p2,c1,2024-01-31,"1,5",EUR,payment'), {}, 2, "amount is not a number within DECIMAL(18,4)",
    ),
    "a value outside the set": (
        csv(GOOD, "p2,c1,2024-01-31,1,EUR,gift"), {}, 2, "kind is not one of payment, refund, chargeback, credit",
    ),
    "a negative payment": (
        csv(GOOD, "p2,c1,2024-01-31,-1,EUR,payment"), {}, 2, "broken rule: a payment is not negative",
    ),
    "a positive refund": (
        csv(GOOD, "p2,c1,2024-01-31,1,EUR,refund"), {}, 2, "broken rule: a refund or chargeback is not positive",
    ),
    "a duplicated key": (csv(GOOD, GOOD), {}, 2, "the key (system, id) is taken by an earlier row"),
    "a currency without rate": (
        csv(GOOD, "p2,c1,2024-01-31,1,XXX,payment"), {}, 2, "unknown currency XXX: no exchange rate at all",
    ),
    "a currency that is no code": (
        csv(GOOD, "p2,c1,2024-01-31,1,Euro,payment"), {}, 2, "unknown currency EURO: no exchange rate at all",
    ),
    "an expression that fails": (
        csv(GOOD, "p2,c1,2024-01-31,x,EUR,payment"),
        {"columns": {"amount": {"expression": "CAST(amount AS DECIMAL(10,2)) * 2"}}}, 2, "amount is missing",
    ),
    "a fraction where a whole number is expected": (
        "record,used_on,feature,events\nc1,2024-01-31,search,1\nc1,2024-01-30,search,1.5\n", {"table": "usage"}, 2,
        "events is not a whole number (BIGINT)",
    ),
    "a truth value that is none": (
        ("id,record,starts_on,amount,currency,term_months,auto_renew\nk1,c1,2024-01-01,1,EUR,12,yes\n"
        "k2,c1,2024-01-01,1,EUR,12,perhaps\n"), {"table": "contracts"}, 2, "auto_renew is not true or false",
    ),
    "an end before the start": (
        ("id,record,starts_on,ends_on,amount,currency,term_months\nk1,c1,2024-01-01,2024-12-31,1,EUR,12\n"
        "k2,c1,2024-01-01,2023-12-31,1,EUR,12\n"), {"table": "contracts"}, 2,
        "broken rule: a contract does not end before it starts",
    ),
    "a line of blank-separated text that is short": (
        " id day amount\n 00001 19970101 11.77\n 00002 19970101\n",
        {"table": "orders", "format": "whitespace", "date_format": "%Y%m%d",
         "columns": {"ordered_on": "day", "currency": {"constant": "EUR"}}}, 2, "the line has 2 fields, expected 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", ASIDE)
def test_one_bad_row_costs_one_row(damage, intake):
    content, settings, number, reason = ASIDE[damage]
    settings = {"table": "payments", **settings}
    intake.read_text(content, **settings)
    assert intake.reasons == [(number, reason)]
    (rows_in, accepted, quarantined) = next(iter(intake.counts.values()))
    assert (accepted, quarantined) == (rows_in - 1, 1)
    assert intake.engine.count(settings["table"]) == accepted >= 1


def test_the_quarantined_row_can_be_read_as_it_stood_in_the_file(intake, payments):
    intake.read_text(payments(GOOD, 'p2,"Big, Co",2024-01-31, ten ,EUR,payment', 'p3,"x'))
    texts = [row["row_text"] for row in intake.quarantine]
    assert texts == [
        '{"id":"p2","record":"Big, Co","paid_on":"2024-01-31","amount":" ten ","currency":"EUR","kind":"payment"}',
        '{"line":"p3,\\"x"}',
    ]


def test_too_many_bad_rows_stop_the_run_with_their_reasons(intake, payments):
    bad = [f"p{i},c1,31.01.2024,1,EUR,payment" for i in range(2, 5)]
    intake.write("payments.csv", payments(GOOD, *bad, "p9,c1,2024-01-31,ten,EUR,payment"))
    intake.add(file="payments.csv")
    with pytest.raises(ContractError) as caught:
        intake.read(allowed=0.5)
    message = str(caught.value)
    assert "payments: 4 of 5 rows break the contract (80.0%, allowed 50.0%)" in message
    assert "3 x paid_on is not a date in the format %Y-%m-%d, for example payments.csv row 2" in message
    assert "1 x amount is not a number within DECIMAL(18,4), for example payments.csv row 5" in message
    assert "quality.max_quarantined_share" in message


def test_a_share_that_is_allowed_lets_the_run_go_on(intake, payments):
    intake.write("payments.csv", payments(GOOD, "p2,c1,2024-01-31,ten,EUR,payment"))
    intake.add(file="payments.csv")
    intake.read(allowed=0.5)
    assert intake.counts == {"payments.csv": (2, 1, 1)}
