"""The definition document, opened again in each of its formats."""

import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.snapshot.published import copied
from tests.snapshot.published import told as published_once
from valuekit.errors import ConfigError
from valuekit.exports import export_definitions
from valuekit.exports.definition_document import Document, Field, Grid, Part, make_document
from valuekit.exports.definition_document.markdown import write_markdown
from valuekit.exports.definition_document.page import write_page
from valuekit.exports.definition_document.workbook import write_workbook
from valuekit.snapshot import Snapshot
from valuekit.snapshot.signoffs import sign_off

NAME = "Six <b>Parties</b> | =1+1"
CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def told(*statements: str, **changes) -> Snapshot:
    """The six parties under a name that looks like markup, with statements of one's own."""
    return published_once(*statements, company=NAME, **changes)


@cache
def told_document(*statements: str) -> Document:
    return make_document(told(*statements))


def grid(document: Document, caption: str) -> list[dict]:
    """A table of the document as rows by heading."""
    (found,) = (b for p in document.parts for b in p.blocks if isinstance(b, Grid) and b.caption.startswith(caption))
    return [dict(zip((f.name for f in found.fields), row, strict=True)) for row in found.rows]


class TestContent:
    def test_the_headline_stands_with_its_sentence_company_day_and_run(self):
        document = told_document()
        assert (document.headline, document.sentence) == ("2", "Current customers, as of 30 June 2026")
        assert document.about.startswith(f"{NAME}, as of 2026-06-30. Run 2026-06-30-")
        assert document.about.endswith("Money in EUR.")

    def test_a_definition_says_whom_it_counts_by_which_rule_and_how_many_now_and_before(self):
        sales = grid(told_document(), "Each definition in full")[2]
        assert sales == {
            "Definition": "Sales", "Key": "sales", "Now": 1, "At 2026-05-31": 2, "Owner": "Sales",
            "Source of truth": "billing", "Sentence": "Current customers, as of 30 June 2026",
            "Counts": "Whoever paid", "Does not count": "Trials | tests", "Status": "open",
            "Counts from": "first_paid_on", "Rule": "paid > 0", "Version": "2 (f4)",
            "If internal accounts were let in": 2, "Cannot be counted because": None,
        }  # fmt: skip

    def test_each_team_has_its_own_answer_beside_the_agreed_one(self):
        answers = grid(told_document(), "What each team says")
        assert answers[0] == {"Definition": "Customers", "Team": "Finance", "Its own answer": "Whoever <paid>"}

    def test_what_cannot_be_counted_has_no_number_but_a_why(self):
        missing = told_document("UPDATE definitions SET not_countable = 'no deals' WHERE definition = 'sales'")
        row = grid(missing, "Each definition")[2]
        assert (row["Now"], row["At 2026-05-31"], row["Cannot be counted because"]) == (None, None, "no deals")

    def test_stages_sum_to_all_parties_now_and_before(self):
        *stages, total = grid(told_document(), "Stages")
        assert sum(r["Now"] for r in stages) == total["Now"] == 6
        assert sum(r["At 2026-05-31"] for r in stages) == total["At 2026-05-31"] == 6
        active = next(r for r in stages if r["Stage"] == "Active")
        assert (active["Means"], active["Now"], active["At 2026-05-31"]) == (
            "Used the product in the last 14 days", 1, 3,
        )  # fmt: skip

    def test_ways_into_a_stage_that_nobody_here_can_take_are_left_out(self):
        ways = (
            "SELECT 2, 'lapsed_paying', NULL, 'Did not renew', 'TRUE', 'nothing is recorded in contracts'"
            " UNION ALL SELECT 3, 'active', NULL, 'Ordered', 'TRUE', 'nothing is recorded in orders'"
        )
        stages = grid(told_document(f"INSERT INTO stage_rules {ways}"), "Stages")
        assert "Lapsed paying" not in {r["Stage"] for r in stages}
        active = next(r for r in stages if r["Stage"] == "Active")
        assert active["Means"] == "Used the product in the last 14 days"

    def test_without_a_former_month_nothing_is_made_up(self):
        document = told_document("DELETE FROM stage_months", "DELETE FROM history")
        assert {r["At the month end before"] for r in grid(document, "Each definition")} == {None}
        assert {r["At the month end before"] for r in grid(document, "Stages")} == {None}

    def test_windows_come_from_the_run_and_policies_say_what_they_mean(self):
        document = told_document()
        windows = {r["Setting"]: r["Value"] for r in grid(document, "Windows")}
        assert (windows["active days"], windows["order churn days"]) == ("14", "365")
        policies = {r["Setting"]: r for r in grid(document, "Policies")}
        assert policies["same month"]["Value"] == "net"
        assert "counted in neither" in policies["same month"]["Means"]

    def test_policies_of_the_run_are_told(self):
        document = make_document(told(config={"lifecycle": {"movements": {"same_month": "gross"}}}))
        assert {r["Setting"]: r["Value"] for r in grid(document, "Policies")}["same month"] == "gross"

    def test_each_team_differs_in_both_directions_by_reasons_that_add_up(self):
        document = told_document()
        finance, sales = grid(document, "Each team against the headline")
        assert (finance["Its number"], finance["In both"], finance["Only in the headline"]) == (3, 2, 0)
        assert (finance["Only in this list"], finance["Mostly because of"]) == (1, "Left 1")
        assert (sales["Only in the headline"], sales["Mostly because"], sales["Unexplained"]) == (1, "Idle 1", 0)
        reasons = grid(document, "Every reason")
        assert {"Compared with the headline": "Sales", "Side": "only in this list", "Reason": "unexplained",
                "Parties": 0} in reasons  # fmt: skip

    def test_a_pair_that_was_published_in_the_other_order_is_turned_round(self):
        headline = "UPDATE definitions SET headline = (definition = 'sales')"
        (finance,) = grid(told_document(headline), "Each team")
        assert (finance["In both"], finance["Only in the headline"], finance["Only in this list"]) == (1, 0, 2)

    def test_the_checklist_shows_who_signed(self, tmp_path):
        snapshot = copied(told(), tmp_path)
        sign_off(snapshot, "rows_accepted", by="Ada", note="one test row", at=datetime(2026, 7, 2, 9, tzinfo=UTC))
        rows = {r["Key"]: r for r in grid(make_document(snapshot), "Once a month")}
        signed, other = rows["rows_accepted"], rows["checks_passed"]
        assert (signed["State"], signed["Found"]) == ("open", "rows set aside: 1")
        assert (signed["Signed by"], signed["On (UTC)"], signed["Note"]) == (
            "Ada", "2026-07-02 09:00", "one test row",
        )  # fmt: skip
        assert (other["State"], other["Signed by"]) == ("clear", "not signed off")

    def test_the_guide_names_only_definitions_that_exist(self):
        uses = grid(told_document(), "Which number to use")
        assert [(r["Use"], r["Now"]) for r in uses] == [("Customers", 2), ("Sales", 1), ("Finance", 3)]


class TestFiles:
    @pytest.mark.parametrize("kind", ["md", "html", "xlsx"])
    def test_the_same_snapshot_gives_the_same_bytes(self, tmp_path, kind):
        snapshot = told()
        for name in ("one", "two"):
            export_definitions(snapshot, tmp_path / name, kind)
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()

    def test_a_file_that_exists_is_kept_unless_told_otherwise(self, tmp_path):
        target = tmp_path / "d.md"
        target.write_text("mine")
        with pytest.raises(ConfigError, match="exists already"):
            export_definitions(told(), target)
        export_definitions(told(), target, overwrite=True)
        assert target.read_text("utf-8").startswith("# Who is a customer of")

    def test_text_goes_to_standard_output_and_a_workbook_does_not(self, capsys):
        export_definitions(told(), None, "html")
        assert capsys.readouterr().out.startswith("<!DOCTYPE html>")
        with pytest.raises(ConfigError, match="Name a file"):
            export_definitions(told(), None, "xlsx")


class Page(HTMLParser):
    """Collects tags, and complains about a tag that is not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


@pytest.fixture(scope="module")
def page():
    return Page(write_page(told_document()))


class TestPage:
    def test_it_loads_and_runs_nothing(self):
        text = write_page(told_document())
        assert not re.search(r"<(script|link|img|iframe|object)|\bsrc=|https?://|url\(|@import|\son\w+=", text)

    def test_a_name_cannot_become_markup(self, page):
        assert any(NAME in text for text in page.texts)
        assert page.count("b") == 0

    def test_tables_have_captions_and_headings_with_scope(self, page):
        assert page.count("table") == page.count("caption") > 5
        headings = [attributes for tag, attributes in page.tags if tag == "th"]
        assert {h.get("scope") for h in headings} == {"col", "row"}

    def test_it_has_a_language_a_title_one_first_heading_and_no_level_is_skipped(self, page):
        assert dict(page.tags)["html"]["lang"] == "en"
        assert page.count("h1") == page.count("main") == page.count("title") == 1
        levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
        assert all(below <= above + 1 for above, below in pairwise(levels))

    def test_every_link_of_the_contents_leads_somewhere_on_the_page(self, page):
        links = {a["href"] for tag, a in page.tags if tag == "a"}
        assert links == {f"#{a['id']}" for _, a in page.tags if "id" in a}


class TestMarkdown:
    def test_every_table_row_has_as_many_cells_as_its_heading(self):
        text = write_markdown(told_document())
        tables = [[line for line in block.splitlines() if line.startswith("|")] for block in text.split("\n\n")]
        tables = [rows for rows in tables if rows]
        assert len(tables) > 6
        for head, rule, *rows in tables:
            assert set(rule) <= set("|-: ")
            assert {cells(row) for row in (rule, *rows)} == {cells(head)}

    def test_pipes_and_markup_are_escaped(self):
        text = write_markdown(told_document())
        assert r"Trials \| tests" in text
        assert r"\<b\>Parties\</b\> \| =1+1" in text
        assert "<b>" not in text


def cells(row: str) -> int:
    """Cells of a pipe table's row: pipes that no backslash escapes."""
    return len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) - 1


def one_table(*rows: tuple, kind: str = "text") -> Document:
    fields = (Field("Name", width=10), Field("Value", kind, 10))
    part = Part("Part", "Sheet", ("Words", Grid("Caption", fields, rows)))
    return Document("T", "C", "EUR", date(2026, 6, 30), "r", "about", "1", "sentence", (part,))


@settings(max_examples=60, deadline=None)
@given(st.text(), st.text(), st.sampled_from(["text", "code"]))
def test_whatever_a_cell_says_the_markdown_table_stays_a_table_and_the_page_a_page(name, value, kind):
    document = one_table((name, value), kind=kind)
    table = [line for line in write_markdown(document).splitlines() if line.startswith("|")]
    assert [cells(row) for row in table] == [2, 2, 2]
    page = Page(write_page(document))
    assert {tag for tag, _ in page.tags} <= {
        "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "p", "strong", "nav", "ol", "li", "a",
        "main", "section", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "code",
    }  # fmt: skip


class Workbook:
    """The parts of an .xlsx file that the tests look at."""

    def __init__(self, path) -> None:
        with zipfile.ZipFile(path) as file:
            self.parts = {
                name: file.read(name).decode() for name in file.namelist() if name.endswith((".xml", ".rels"))
            }
        strings = ElementTree.fromstring(self.parts["xl/sharedStrings.xml"])
        self.strings = ["".join(t.text or "" for t in si.iter(f"{CELL}t")) for si in strings]
        book = ElementTree.fromstring(self.parts["xl/workbook.xml"])
        self.sheets = [s.get("name") for s in book.iter(f"{CELL}sheet")]

    def cells(self, sheet: str) -> dict[str, str | float]:
        """Values by cell: text for strings, numbers for numbers."""
        xml = ElementTree.fromstring(self.parts[f"xl/worksheets/sheet{self.sheets.index(sheet) + 1}.xml"])
        found = {}
        for cell in xml.iter(f"{CELL}c"):
            value = cell.find(f"{CELL}v")
            if value is not None:
                found[cell.get("r")] = self.strings[int(value.text)] if cell.get("t") == "s" else float(value.text)
        return found


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    file = tmp_path_factory.mktemp("book") / "d.xlsx"
    export_definitions(told(), file, "xlsx")
    return Workbook(file)


class TestWorkbook:
    def test_it_has_a_sheet_for_each_part_of_the_work(self, book):
        assert book.sheets == ["Definitions", "Stages", "Differences", "Checklist", "Questions", "Guide"]

    def test_numbers_are_numbers_and_no_text_is_a_formula_or_a_link(self, book):
        definitions = book.cells("Definitions")
        assert definitions["A7"] == "Customers (headline)"
        assert (definitions["C7"], definitions["D7"]) == (2.0, 3.0)
        everything = "".join(book.parts.values())
        assert "<f>" not in everything
        assert "<hyperlink " not in everything
        assert "relationships/hyperlink" not in everything
        assert any(NAME in text for text in book.strings)

    def test_the_heading_of_the_first_table_stays_in_sight_and_columns_are_wide_enough(self, book):
        for number in range(1, 7):
            xml = book.parts[f"xl/worksheets/sheet{number}.xml"]
            assert 'state="frozen"' in xml
            assert "customWidth" in xml

    def test_it_is_dated_by_its_as_of_date(self, book):
        assert "2026-06-30T00:00:00Z" in book.parts["docProps/core.xml"]

    def test_a_text_that_looks_like_a_formula_a_number_or_a_link_stays_a_text(self, tmp_path):
        texts = ("=1+1", "007", "https://example.org", "@cmd", "x" * 40_000)
        write_workbook(one_table(*((t, t) for t in texts)), tmp_path / "t.xlsx")
        found = Workbook(tmp_path / "t.xlsx")
        assert set(texts[:4]) <= set(found.strings)
        assert max(map(len, found.strings)) == 32_767

    def test_money_shares_days_and_what_is_not_known(self, tmp_path):
        document = replace(one_table(("a", Decimal("12.5")), ("b", None), kind="money"), currency="SEK")
        write_workbook(document, tmp_path / "t.xlsx")
        book = Workbook(tmp_path / "t.xlsx")
        assert 12.5 in book.cells("Sheet").values()
        assert "SEK" in book.parts["xl/styles.xml"]
        assert "SEK 12.50" in write_markdown(document)
        assert "| b | – |" in write_markdown(document)  # noqa: RUF001 - a dash, as in print


def test_the_document_is_json_safe_where_answers_are():
    answers = json.dumps({"Sales": "a 'quoted' | answer"}).replace("'", "''")
    document = told_document(f"UPDATE definitions SET answers = '{answers}' WHERE definition = 'sales'")
    assert grid(document, "What each team")[-1]["Its own answer"] == "a 'quoted' | answer"
