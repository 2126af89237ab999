"""The statement for controllers, opened again: its amounts are the snapshot's and its formulas give what they show."""

import csv
import io
from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.exports.workbooks import Workbook
from tests.six_parties import JUNE, put
from tests.snapshot.published import published
from valuekit.engine import Engine
from valuekit.errors import ConfigError, InputError
from valuekit.exports import export_statement, statement_workbook
from valuekit.exports.statement import sheets
from valuekit.snapshot import Snapshot, cash_bridge
from valuekit.snapshot.signoffs import sign_off
from valuekit.tables import PUBLISHED
from valuekit.tables.published import BOOK_LINES, CASH_LINES

MAY = date(2026, 5, 1)
LONG_AGO = date(2024, 2, 1)
PARTS = ("attributed", "unattributed", "unused_capacity", "unallocated", "eliminated")


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return published(tmp_path_factory.mktemp("others"))


@pytest.fixture
def told(other):
    """Give a company whose only money is what parties carry by month, and these rows of the books."""

    def tell(parties: dict[tuple[str, date], dict[str, Decimal]], books: list[dict]) -> Snapshot:
        with other.engine() as engine:
            for table in ("cash_months", "invoiced_months", "books", "pool_months", "receivables", "receivable_months"):
                engine.execute(f"DROP {'TABLE' if table in tables(engine) else 'VIEW'} {table}")
                engine.make_empty(PUBLISHED[table])
            for (party, month), lines in parties.items():
                put(
                    engine, "cash_months", {"party_id": party, "month": month, **lines, "net_cash": sum(lines.values())}
                )
            for row in books:
                put(engine, "books", row)
        return other

    return tell


def tables(engine: Engine) -> set[str]:
    return {row[0] for row in engine.rows("SELECT table_name FROM duckdb_tables()")}


@pytest.fixture(scope="module")
def six(tmp_path_factory):
    return published(
        tmp_path_factory.mktemp("runs"),
        cash_months=[{"party_id": "p1", "month": LONG_AGO, "revenue": Decimal("7.10"), "net_cash": Decimal("7.10")}],
        books=[{"month": LONG_AGO, "line": "revenue", "pool": "payments", "currency": "EUR", "tax": 1,
                "ledger_in_currency": 9, "ledger": Decimal("7.15"), "attributed": Decimal("7.10"),
                "eliminated": Decimal("0.05")}],
    )  # fmt: skip


@pytest.fixture(scope="module")
def workbook(six):
    return Workbook(statement_workbook(six))


def assert_formulas_give_what_they_show(workbook: Workbook) -> None:
    formulas = list(workbook.formulas())
    assert formulas
    wrong = [(s, r, c) for s, r, c in formulas if workbook.compute(s, c.formula) != c.number]
    assert not wrong


class TestCompany:
    def test_lines_by_month_lead_to_the_net_cash_of_customers_and_of_the_company(self, workbook):
        rows = workbook.rows("Company")
        assert rows["Revenue"] == [Decimal("7.10"), 1150, Decimal("1157.10")]
        assert rows["Gross margin"] == rows["Revenue"]
        assert rows["Cost to serve"] == [0, -350, -350]
        assert rows["Net cash of customers"] == [Decimal("7.10"), 800, Decimal("807.10")]
        assert [rows[k][1] for k in ("Unattributed", "Unused capacity", "Unallocated")] == [10, -50, 0]
        assert rows["Net cash of the company"] == [Decimal("7.10"), 760, Decimal("767.10")]
        assert rows["Eliminated"] == [Decimal("0.05"), 0, Decimal("0.05")]
        assert rows["Books (ledger)"] == rows["As the tie-out has it"] == [Decimal("7.15"), 760, Decimal("767.15")]
        assert (rows["Difference"], rows["Tax kept out"]) == ([0, 0, 0], [1, 0, 1])

    def test_every_total_is_a_formula_with_the_value_that_it_gives(self, workbook):
        cells = workbook.sheets["Company"]
        assert (cells["B7"].formula, cells["D5"].formula) == ("ROUND(SUM(B5:B6),4)", "ROUND(SUM(B5:C5),4)")
        assert_formulas_give_what_they_show(workbook)

    def test_a_statement_that_does_not_meet_the_books_shows_the_difference(self, told):
        line = {"month": JUNE, "line": "revenue", "pool": "x", "currency": "EUR", "ledger": 5, "attributed": 3}
        found = Workbook(statement_workbook(told({("p1", JUNE): {"revenue": Decimal(3)}}, [line])))
        assert found.rows("Company")["Difference"] == [-2, -2]
        assert found.table("Tie-out")[0]["Difference"] == 2
        assert found.rows("Read me")["Rows that do not close"] == [1]
        assert_formulas_give_what_they_show(found)

    def test_the_invoiced_view_leads_over_what_is_not_received_to_the_same_net_cash(self, six):
        found = Workbook(statement_workbook(six, view="invoiced", by="quarter", since=MAY))
        rows = found.rows("Company")
        assert [rows[k][0] for k in ("Invoiced", "Net invoiced of customers", "Received less billed")] == [
            1300, 950, -140,
        ]  # fmt: skip
        assert (rows["Net cash of the company"], rows["Difference"]) == ([760, 760], [0, 0])
        assert_formulas_give_what_they_show(found)


class TestTables:
    def test_customers_are_those_of_the_last_year_with_a_sum_that_follows_the_filter(self, workbook):
        rows = workbook.table("Customers")
        assert [(r["Party"], r["Name"], r["Net cash"]) for r in rows] == [
            ("p1", "Ada Ltd", 800), ("p3", "Cleo", 50), ("p2", "=Bob & Sons", -50),
        ]  # fmt: skip
        assert workbook.sheets["Customers"]["M3"].formula == "ROUND(SUBTOTAL(109,M5:M7),4)"
        assert workbook.sheets["Customers"]["M5"].formula == "ROUND(SUM(D5:L5),4)"
        assert workbook.rows("Customers")["Sum of the rows shown"][-1] == 800

    def test_a_name_like_a_formula_is_text(self, workbook):
        (name,) = (c for c in workbook.sheets["Customers"].values() if c.text == "=Bob & Sons")
        assert name.formula is None

    def test_names_that_would_break_the_file_are_kept_readable(self, six, tmp_path):
        names = ["<r><t>x</t></r>", "a\x01b", "@SUM(1)", "+1", "-1", 'quote"&<']
        more = [{"party_id": f"n{i}", "label": name, "name": name} for i, name in enumerate(names)]
        cash = [{"party_id": f"n{i}", "month": JUNE, "revenue": 1, "net_cash": 1} for i in range(len(names))]
        found = Workbook(statement_workbook(published(tmp_path, parties=more, cash_months=cash)))
        shown = [row["Name"] for row in found.table("Customers") if row["Party"].startswith("n")]
        assert shown == [" <r><t>x</t></r>", "a_x0001_b", "@SUM(1)", "+1", "-1", 'quote"&<']

    def test_the_tie_out_has_every_row_and_computes_its_difference(self, workbook):
        rows = workbook.table("Tie-out")
        assert [(r["Line"], r["Ledger"], r["Difference"]) for r in rows] == [
            ("revenue", Decimal("7.15"), 0), ("revenue", 1160, 0), ("support", -400, 0),
        ]  # fmt: skip
        assert workbook.sheets["Tie-out"]["M5"].formula == "ROUND(G5-H5-I5-J5-K5-L5,4)"
        assert workbook.rows("Tie-out")["Sum of the rows shown"][0] == Decimal("767.15")

    def test_a_difference_stands_out(self, workbook):
        assert "AND(ISNUMBER(M3),M3&lt;&gt;0)" in workbook.files["xl/worksheets/sheet4.xml"]

    def test_pools_and_the_bridge_end_where_the_books_do(self, six, workbook):
        assert [(r["Pool"], r["Cost"], r["Rate of a minute"]) for r in workbook.table("Pools")] == [
            ("helpdesk", -400, 5)
        ]
        bridge = workbook.rows("Bridge")
        assert {s.label: [s.amount] for s in cash_bridge(six)} == {k: v for k, v in bridge.items() if v}

    def test_sheets_keep_headings_in_sight_and_filter(self, workbook):
        sheet = workbook.files["xl/worksheets/sheet3.xml"]
        assert '<pane xSplit="2" ySplit="4"' in sheet
        assert '<autoFilter ref="A4:M7"/>' in sheet
        assert "&quot;€&quot;#,##0.00" in workbook.files["xl/styles.xml"]


class TestReadMe:
    def test_it_names_company_currency_day_run_and_the_meaning_of_every_line(self, six, workbook):
        cells = [cell.text for cell in workbook.sheets["Read me"].values()]
        assert {"Six Parties", "2026-06-30", six.manifest.run_id} <= set(cells)
        labels = [c.text for ref, c in workbook.sheets["Company"].items() if ref.startswith("A")][2:-3]
        assert set(labels) <= set(cells)

    def test_it_says_how_to_sign_and_who_did(self, tmp_path):
        snapshot = published(tmp_path)
        before = [c.text for c in Workbook(statement_workbook(snapshot)).sheets["Read me"].values()]
        assert f"valuekit sign-off {snapshot.path.name} books_tie_out --by NAME" in before
        sign_off(snapshot, "books_tie_out", by="=Carla", note="seen")
        after = [c.text or "" for c in Workbook(statement_workbook(snapshot)).sheets["Read me"].values()]
        assert any(text.startswith("by =Carla at ") for text in after)


class TestSmallCompanies:
    def test_a_company_without_money_has_readable_sheets(self, told):
        found = Workbook(statement_workbook(told({}, [])))
        assert list(found.sheets) == ["Read me", "Company", "Customers", "Tie-out"]
        assert found.rows("Company")["Net cash of the company"] == [0]
        assert_formulas_give_what_they_show(found)

    def test_one_customer_without_invoices_and_pools(self, told):
        line = {"month": JUNE, "line": "revenue", "pool": "orders", "currency": "EUR", "ledger": 3, "attributed": 3}
        found = Workbook(statement_workbook(told({("p1", JUNE): {"revenue": Decimal(3)}}, [line])))
        assert list(found.sheets) == ["Read me", "Company", "Customers", "Tie-out", "Bridge"]
        assert [row["Net cash"] for row in found.table("Customers")] == [3]
        assert_formulas_give_what_they_show(found)

    def test_a_snapshot_without_the_invoiced_view_says_so(self, tmp_path):
        old = published(tmp_path)
        del old.manifest.tables["invoiced_months"]
        with pytest.raises(InputError, match="has no table invoiced_months"):
            statement_workbook(old, view="invoiced")


class TestFiles:
    def test_the_same_snapshot_gives_the_same_bytes(self, six, tmp_path):
        one, two = tmp_path / "one.xlsx", tmp_path / "two.xlsx"
        assert [export_statement(six, file) for file in (one, two)] == [3, 3]
        assert one.read_bytes() == two.read_bytes() == statement_workbook(six)

    def test_more_customers_than_excel_holds_are_refused_and_parquet_is_named(self, six, tmp_path, monkeypatch):
        monkeypatch.setattr(sheets, "EXCEL_ROWS", 6)
        with pytest.raises(
            ConfigError, match=r"would have 3 rows, and a sheet of Excel holds 2.*\n?.*--format parquet"
        ):
            export_statement(six, tmp_path / "big.xlsx")
        assert list(tmp_path.iterdir()) == []

    def test_csv_has_every_customer_and_period(self, six, tmp_path):
        file = tmp_path / "statement.csv"
        assert export_statement(six, file, "csv", by="year") == 4
        rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
        assert [(r["period"], r["complete"], r["label"], r["net_cash"]) for r in rows] == [
            ("2024", "True", "Ada Ltd", "7.1000"), ("2026", "False", "Ada Ltd", "800.0000"),
            ("2026", "False", "'=Bob & Sons", "-50.0000"), ("2026", "False", "Cleo", "50.0000"),
        ]  # fmt: skip

    def test_parquet_keeps_money_exact_from_a_month_on(self, six, tmp_path):
        file = tmp_path / "statement.parquet"
        assert export_statement(six, file, "parquet", view="invoiced", since=MAY) == 2
        rows = pq.read_table(file).to_pylist()
        assert [(r["period"], r["party_id"], r["net_invoiced"]) for r in rows] == [
            ("2026-06", "p1", Decimal(1000)), ("2026-06", "p2", Decimal(-50)),
        ]  # fmt: skip

    def test_a_file_that_exists_is_kept(self, six, tmp_path):
        file = tmp_path / "statement.xlsx"
        file.write_text("mine")
        with pytest.raises(ConfigError, match="exists already"):
            export_statement(six, file)
        assert file.read_text() == "mine"


MONTHS = st.sampled_from([LONG_AGO, date(2025, 7, 1), date(2026, 1, 1), MAY, JUNE])
CENTS = st.integers(-(10**11), 10**11).map(lambda n: Decimal(n) / 100)
FINER = st.one_of(CENTS, st.integers(-99999, 99999).map(lambda n: Decimal(n) / 10_000))
CARRIED = st.dictionaries(
    st.tuples(st.sampled_from(["p1", "p2", "p3"]), MONTHS),
    st.dictionaries(st.sampled_from(CASH_LINES), FINER, min_size=1, max_size=9),
    max_size=8,
)
KEPT = st.dictionaries(
    st.tuples(MONTHS, st.sampled_from(BOOK_LINES)), st.tuples(FINER, FINER, FINER, FINER), max_size=6
)


def books_of(carried, kept) -> list[dict]:
    """Rows of the books that hold what parties carry, and what nobody carries."""
    attributed: dict[tuple[date, str], Decimal] = {}
    for (_, month), lines in carried.items():
        for line, amount in lines.items():
            place = month, "marketing" if line in ("acquisition", "retention") else line
            attributed[place] = attributed.get(place, Decimal(0)) + amount
    rows = []
    for month, line in attributed.keys() | kept.keys():
        parts = (attributed.get((month, line), Decimal(0)), *kept.get((month, line), (Decimal(0),) * 4))
        named = dict(zip(PARTS, parts, strict=True))
        rows.append({"month": month, "line": line, "pool": "x", "currency": "EUR", "ledger": sum(parts), **named})
    return rows


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(carried=CARRIED, kept=KEPT, by=st.sampled_from(["month", "quarter", "year"]))
def test_any_statement_has_totals_that_equal_the_snapshot(told, carried, kept, by):
    books = books_of(carried, kept)
    snapshot = told(carried, books)
    found = Workbook(statement_workbook(snapshot, by=by))
    assert_formulas_give_what_they_show(found)
    rows = found.rows("Company")
    net = snapshot.query("SELECT COALESCE(SUM(net_cash), 0) AS net FROM cash_months").to_pylist()[0]["net"]
    assert rows["Net cash of customers"][-1] == net
    assert rows["Net cash of the company"][-1] == sum(b["ledger"] - b["eliminated"] for b in books)
    assert set(rows["Difference"]) == {0}
    assert sum(row["Difference"] for row in found.table("Tie-out") if "Difference" in row) == 0
    year = snapshot.query("SELECT COALESCE(SUM(net_cash), 0) AS net FROM cash_months WHERE month > '2025-06-30'")
    assert found.rows("Customers")["Sum of the rows shown"][-1] == year.to_pylist()[0]["net"]
