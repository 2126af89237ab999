"""Statement, bridge and tie-out of a published snapshot, on six parties that one can check by eye."""

from datetime import date
from decimal import Decimal

import pytest

from tests.six_parties import JUNE
from tests.snapshot.published import published
from valuekit.errors import UnknownNameError
from valuekit.snapshot import cash_bridge, statement, tie_out
from valuekit.snapshot.checklist import checklist

MAY = date(2026, 5, 1)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    more = {"party_id": "p1", "month": MAY, "revenue": 7, "net_cash": 7}
    lost = {"table_name": "payments", "source": "p.csv", "row_number": 9, "severity": "quarantine", "row_text": "{}"}
    return published(
        tmp_path_factory.mktemp("runs"),
        cash_months=[more],
        quarantine=[
            lost | {"reasons": "no exchange rate of USD on or before the day of the row"},
            lost | {"reasons": "unknown currency XXX: no exchange rate at all", "row_number": 10},
            lost | {"table_name": "tickets", "reasons": "channel is missing"},
        ],
    )


def steps(found):
    return [(s.key, int(s.amount)) for s in found]


def test_the_bridge_leads_from_billed_over_received_to_net_cash(snapshot):
    assert steps(cash_bridge(snapshot)) == [
        ("invoiced", 1300), ("receivables", -200), ("received", 1100), ("on_account", 60), ("money_received", 1160),
        ("support", -400), ("net_cash", 760),
    ]  # fmt: skip


def test_the_bridge_of_later_months_is_empty_and_still_has_its_totals(snapshot):
    assert steps(cash_bridge(snapshot, date(2026, 7, 1))) == [
        ("invoiced", 0), ("received", 0), ("money_received", 0), ("net_cash", 0),
    ]  # fmt: skip


def test_the_tie_out_has_every_row_of_the_books_and_sums_that_add_up(snapshot):
    found = tie_out(snapshot)
    assert (found.rows.num_rows, found.open, found.eliminated) == (2, 0, 0)
    assert [(s["line"], int(s["ledger"]), int(s["attributed"])) for s in found.sums] == [
        ("revenue", 1160, 1150), ("support", -400, -350), (None, 760, 800),
    ]  # fmt: skip


def test_the_tie_out_names_what_is_kept_out_and_why(snapshot):
    found = {(row["currency"], row["why"]): row["rows"] for row in tie_out(snapshot).kept_out}
    assert found == {
        ("", "a payment is not negative"): 1,
        ("USD", "in USD, without an exchange rate for their day"): 1,
        ("XXX", "in XXX, without an exchange rate for their day"): 1,
    }


def test_the_tie_out_does_not_trust_the_published_difference(tmp_path):
    open_row = {"month": JUNE, "line": "other", "pool": "x", "currency": "EUR", "ledger": -5, "attributed": -4}
    found = tie_out(published(tmp_path, books=[open_row]))
    assert (found.open, found.sums[-1]["difference"]) == (1, Decimal(-1))


def test_the_tie_out_after_the_last_month_is_empty(snapshot):
    found = tie_out(snapshot, date(2026, 7, 1))
    assert (found.rows.num_rows, found.sums, found.eliminated) == (0, [], 0)


def test_the_checklist_asks_for_the_tie_out_and_for_receivables(snapshot):
    lines = {line.item: line for line in checklist(snapshot)}
    assert (lines["books_tie_out"].state, lines["books_tie_out"].total) == ("clear", 2)
    assert (lines["receivables_close"].state, lines["receivables_close"].total) == ("clear", 4)


def test_a_receivable_that_does_not_close_is_open_on_the_checklist(tmp_path):
    broken = published(tmp_path, receivable_months=[{"party_id": "p4", "month": JUNE, "end": 3}])
    assert {line.item: line.open for line in checklist(broken)}["receivables_close"] == 1


@pytest.mark.parametrize(
    ("by", "expected"),
    [("month", [("2026-05", 7, True), ("2026-06", 800, True)]), ("quarter", [("2026 Q2", 807, True)]),
     ("year", [("2026", 807, False)])],
)  # fmt: skip
def test_the_statement_of_all_parties_by_period(snapshot, by, expected):
    found = statement(snapshot, by=by)
    assert [(row["period"], int(row["net_cash"]), row["complete"]) for row in found] == expected


def test_the_statement_of_one_party_as_invoiced(snapshot):
    (row,) = statement(snapshot, "Ada Ltd", view="invoiced")
    assert (row["invoiced"], row["support"], row["net_invoiced"]) == (1200, -200, 1000)


def test_a_fiscal_year_that_begins_in_june_parts_may_from_june(tmp_path):
    told = published(tmp_path, cash_months=[{"party_id": "p1", "month": MAY, "revenue": 7, "net_cash": 7}])
    told.manifest.config["company"] = {"fiscal_year_starts": 6}
    found = [(row["period"], int(row["net_cash"])) for row in statement(told, by="quarter")]
    assert found == [("FY2026 Q4", 7), ("FY2027 Q1", 800)]


def test_months_of_weeks_have_their_own_days_under_the_names_of_the_books(tmp_path):
    told = published(tmp_path, cash_months=[{"party_id": "p1", "month": MAY, "revenue": 7, "net_cash": 7}])
    weeks = {"pattern": "4-5-4", "year_ends_on": "saturday", "year_ends": "nearest"}
    told.manifest.config["company"] = {"fiscal_year_starts": 2, "fiscal_year_named": "start", "fiscal_weeks": weeks}
    found = [(row["period"], row["month"], str(row["first"]), str(row["last"])) for row in statement(told)]
    assert found == [
        ("2026-05", MAY, "2026-05-03", "2026-05-30"), ("2026-06", JUNE, "2026-05-31", "2026-07-04"),
    ]  # fmt: skip
    assert [row["period"] for row in statement(told, by="quarter")] == ["FY2026 Q2"]


def test_a_party_that_is_not_there_is_named(snapshot):
    with pytest.raises(UnknownNameError, match="no party 'Adda Ltd'"):
        statement(snapshot, "Adda Ltd")
