"""Every kind of source gives the same table."""

import gzip
import sqlite3
import sys
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

EXPECTED = [
    {"id": "007", "record": "c1", "ordered_on": date(2024, 1, 31), "amount": Decimal("12.50"), "currency": "EUR"},
    {"id": "008", "record": None, "ordered_on": date(2024, 2, 1), "amount": Decimal("-3.00"), "currency": "EUR"},
]
CSV = "id,record,ordered_on,amount,currency\n007,c1,2024-01-31,12.50,EUR\n008,,2024-02-01,-3,EUR\n"
SQL = """
    CREATE TABLE orders (id TEXT, record TEXT, ordered_on TEXT, amount REAL, currency TEXT);
    INSERT INTO orders VALUES ('007', 'c1', '2024-01-31', 12.5, 'EUR'), ('008', NULL, '2024-02-01', -3, 'EUR');
"""


def csv(intake):
    intake.write("orders.csv", CSV)
    return {"file": "orders.csv"}


def csv_with_broken_line_elsewhere(intake):
    intake.write("orders.csv", CSV + "x\n")
    return {"file": "orders.csv"}


def semicolons_and_commas(intake):
    text = CSV.replace(",", ";").replace(".", ",").replace("2024-01-31", "31.01.2024").replace("2024-02-01", "1.2.2024")
    intake.write("orders.csv", text)
    return {"file": "orders.csv", "decimal": ",", "date_format": "%d.%m.%Y"}


def utf_16(intake):
    intake.write("orders.txt", CSV.replace(",", "\t").encode("utf-16"))
    return {"file": "orders.txt", "encoding": "utf-16"}


def utf_16_big_endian(intake):
    intake.write("orders.csv", b"\xfe\xff" + CSV.encode("utf-16-be"))
    return {"file": "orders.csv"}


def packed_csv(intake):
    intake.write("orders.csv.gz", gzip.compress(CSV.encode()))
    return {"file": "orders.csv.gz"}


def without_header(intake):
    intake.write("orders.csv", CSV.split("\n", 1)[1])
    return {"file": "orders.csv", "header": ["id", "record", "ordered_on", "amount", "currency"]}


def two_files_of_a_pattern(intake):
    head, first, second, _ = CSV.split("\n")
    intake.write("orders-1.csv", f"{head}\n{first}\n")
    intake.write("orders-2.csv", f"{head}\n{second}\n")
    return {"file": "orders-*.csv"}


def parquet(intake):
    rows = [row | {"ordered_on": datetime.fromisoformat(f"{row['ordered_on']} 23:59")} for row in EXPECTED]
    pq.write_table(pa.Table.from_pylist(rows), intake.folder / "orders.parquet")
    return {"file": "orders.parquet"}


def duckdb_table(intake):
    with duckdb.connect(str(intake.folder / "shop.duckdb")) as shop:
        shop.execute(SQL)
    return {"database": "shop.duckdb", "query": "orders"}


def duckdb_query(intake):
    duckdb_table(intake)
    return {"database": "shop.duckdb", "query": "SELECT * FROM main.orders ORDER BY id;"}


def sqlite_table(intake):
    shop = sqlite3.connect(intake.folder / "shop.db")
    shop.executescript(SQL)
    shop.close()
    return {"database": "shop.db", "query": "orders"}


def sqlite_query(intake):
    sqlite_table(intake)
    return {"database": "shop.db", "query": "SELECT *, amount AS amount2 FROM orders -- all of them"}


def sqlite_with_decimal_comma(intake):
    return sqlite_table(intake) | {"decimal": ","}


KINDS = [
    csv, csv_with_broken_line_elsewhere, semicolons_and_commas, utf_16, utf_16_big_endian, packed_csv, without_header,
    two_files_of_a_pattern, parquet, duckdb_table, duckdb_query, sqlite_table, sqlite_query, sqlite_with_decimal_comma,
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=[k.__name__ for k in KINDS])
def test_the_same_orders_come_from_every_kind_of_source(kind, intake):
    intake.add("orders", **kind(intake))
    intake.read()
    assert intake.rows("SELECT id, record, ordered_on, amount, currency FROM orders ORDER BY id") == EXPECTED


def test_the_quarantine_names_the_file_that_a_pattern_found_and_the_row_in_it(intake):
    intake.write("orders-1.csv", CSV)
    intake.write("orders-2.csv", CSV)
    intake.add("orders", file="orders-*.csv")
    intake.read()
    assert [(row["source"], row["row_number"]) for row in intake.quarantine] == [
        ("orders-2.csv", 1),
        ("orders-2.csv", 2),
    ]
    assert intake.counts == {"orders-*.csv": (4, 2, 2)}


def test_a_file_inside_a_package_is_found_without_importing_the_package(intake, tmp_path, monkeypatch):
    package = tmp_path / "shoplog"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    (package / "orders.csv").write_text(CSV)
    monkeypatch.syspath_prepend(tmp_path)
    intake.add("orders", file="package:shoplog/orders.csv")
    intake.read()
    assert intake.counts == {"package:shoplog/orders.csv": (2, 2, 0)}
    assert "shoplog" not in sys.modules


def test_a_column_of_the_source_may_be_called_as_valuekits_own(intake):
    intake.write("orders.csv", CSV.replace("record", "_row"))
    intake.add("orders", file="orders.csv", columns={"record": "_row_2"})
    intake.read()
    assert intake.column("orders", "record") == ["c1", None]


def test_a_file_with_a_header_and_no_rows_is_an_empty_table(intake):
    intake.read_text("id,record,ordered_on,amount,currency\n", "orders")
    assert intake.counts == {"orders.csv": (0, 0, 0)}


def test_an_empty_database_table_is_an_empty_table(intake):
    intake.add("orders", **duckdb_table(intake) | {"query": "SELECT * FROM orders WHERE FALSE"})
    intake.add("orders", **sqlite_table(intake) | {"query": "SELECT * FROM orders WHERE 1 = 0"})
    intake.read()
    assert list(intake.counts.values()) == [(0, 0, 0), (0, 0, 0)]


def test_the_database_is_left_as_it_was(intake):
    settings = duckdb_table(intake)
    before = (intake.folder / "shop.duckdb").read_bytes()
    intake.add("orders", **settings)
    intake.read()
    assert (intake.folder / "shop.duckdb").read_bytes() == before
    assert sorted(p.name for p in intake.folder.iterdir()) == ["shop.duckdb"]
