"""Nothing later than the two clocks is left."""

from datetime import date

import pytest

from valuekit import sources
from valuekit.errors import InputError

HEADERS = {
    "payments": "id,paid_on,recorded_on,amount,currency,kind",
    "records": "record,created_on,recorded_on",
    "opportunities": "id,opened_on,closed_on,status",
    "tickets": "id,opened_on,closed_on,channel",
    "contracts": "id,signed_on,starts_on,ends_on,cancelled_on,recorded_on,amount,currency,term_months",
    "links": "from_record,to_system,to_record,kind,recorded_on",
    "invoices": "id,issued_on,due_on,amount,currency,status",
    "fx_rates": "currency,rate_on,rate",
    "costs": "id,month,function,pool,amount,currency",
}
AS_OF = date(2024, 6, 30)


def given(intake, **tables: list[str]) -> None:
    for table, rows in tables.items():
        intake.write(f"{table}.csv", "\n".join([HEADERS[table], *rows]) + "\n")
        intake.add(table, file=f"{table}.csv")
    intake.read(allowed=0)


def test_what_happens_on_the_as_of_date_counts_and_the_next_day_does_not(intake):
    given(intake, payments=["p1,2024-06-30,,1,EUR,payment", "p2,2024-07-01,,1,EUR,payment"])
    sources.limit_to(intake.engine, AS_OF)
    assert intake.column("payments", "id") == ["p1"]
    assert intake.rows("SELECT rows_accepted, rows_later, rows_out FROM intake") == [
        {"rows_accepted": 2, "rows_later": 1, "rows_out": 1}
    ]


def test_what_was_recorded_later_was_not_known(intake):
    rows = [
        "p1,2024-05-01,2024-07-01,1,EUR,payment",
        "p2,2024-05-01,2024-06-30,1,EUR,payment",
        "p3,2024-05-01,,1,EUR,payment",
    ]
    given(intake, payments=rows)
    sources.limit_to(intake.engine, AS_OF)
    assert intake.column("payments", "id") == ["p1", "p2", "p3"]
    sources.limit_to(intake.engine, AS_OF, known_on=AS_OF)
    assert intake.column("payments", "id") == ["p2", "p3"]


def test_a_row_without_recording_day_was_recorded_when_it_happened(intake):
    given(intake, payments=["p1,2024-05-01,,1,EUR,payment", "p2,2024-06-01,,1,EUR,payment"])
    sources.limit_to(intake.engine, AS_OF, known_on=date(2024, 5, 31))
    assert intake.column("payments", "id") == ["p1"]


def test_records_created_later_go_and_undated_records_stay(intake):
    given(intake, records=["r1,2024-07-01,", "r2,,", "r3,2024-01-01,", "r4,,2024-07-01"])
    sources.limit_to(intake.engine, AS_OF)
    assert intake.column("records", "record") == ["r2", "r3"]


def test_deals_closed_later_are_still_open(intake):
    given(intake, opportunities=["d1,2024-01-01,2024-07-01,won", "d2,2024-01-01,2024-06-30,lost"])
    sources.limit_to(intake.engine, AS_OF)
    assert intake.rows("SELECT id, closed_on, status FROM opportunities ORDER BY id") == [
        {"id": "d1", "closed_on": None, "status": "open"},
        {"id": "d2", "closed_on": date(2024, 6, 30), "status": "lost"},
    ]


def test_a_deal_without_opening_day_is_dated_by_its_closing_day(intake):
    given(intake, opportunities=["d1,,2024-07-01,won", "d2,,2024-06-30,won", "d3,,,open"])
    sources.limit_to(intake.engine, AS_OF)
    assert intake.column("opportunities", "id") == ["d2", "d3"]


def test_tickets_solved_later_are_not_solved(intake):
    given(intake, tickets=["t1,2024-06-01,2024-07-01,agent"])
    sources.limit_to(intake.engine, AS_OF)
    assert intake.column("tickets", "closed_on") == [None]


def test_a_notice_given_later_is_not_known_but_the_agreed_end_is(intake):
    given(intake, contracts=["k1,2024-01-01,2024-01-01,2024-12-31,2024-07-15,,120,EUR,12"])
    sources.limit_to(intake.engine, AS_OF)
    assert intake.rows("SELECT ends_on, cancelled_on FROM contracts") == [
        {"ends_on": date(2024, 12, 31), "cancelled_on": None}
    ]


def test_the_end_of_a_row_that_ran_on_is_not_known_before_it_came_or_was_agreed_on(intake):
    rows = [
        "ran,2024-01-01,2024-01-01,2024-09-30,,,10,EUR,1",
        "agreed,2024-01-01,2024-01-01,2024-12-31,,,120,EUR,12",
        "noticed,2024-01-01,2024-01-01,2024-09-30,2024-06-30,,10,EUR,1",
        "noticed_later,2024-01-01,2024-01-01,2024-09-30,2024-07-01,,10,EUR,1",
        "over,2024-01-01,2024-01-01,2024-06-30,,,10,EUR,1",
        "ahead,2024-01-01,2024-01-01,2025-12-31,,,10,EUR,1",
    ]
    given(intake, contracts=rows)
    sources.limit_to(intake.engine, AS_OF, seen_to=date(2024, 12, 31))
    ends = dict(intake.engine.rows("SELECT id, ends_on FROM contracts"))
    assert {name for name, day in ends.items() if day is None} == {"ran", "noticed_later"}


def test_the_end_of_a_row_that_ran_on_is_known_once_the_next_is_signed(intake):
    for name, signed in (("known", "2024-06-30"), ("later", "2024-07-01")):
        rows = [f"{name}1,2024-01-01,2024-01-01,2024-08-31,,,10,EUR,1", f"{name}2,{signed},2024-09-01,,,,12,EUR,1"]
        lines = [HEADERS["contracts"] + ",record", *(f"{row},{name}" for row in rows)]
        intake.write(f"{name}.csv", "\n".join(lines) + "\n")
        intake.add("contracts", file=f"{name}.csv")
    intake.read(allowed=0)
    sources.limit_to(intake.engine, AS_OF, seen_to=date(2024, 12, 31))
    ends = dict(intake.engine.rows("SELECT id, ends_on FROM contracts"))
    assert ends == {"known1": date(2024, 8, 31), "known2": None, "later1": None}


def test_a_signed_contract_that_starts_later_is_known(intake):
    given(intake, contracts=["k1,2024-06-01,2024-08-01,,,,120,EUR,12", "k2,2024-07-01,2024-06-01,,,,120,EUR,12"])
    sources.limit_to(intake.engine, AS_OF)
    assert intake.column("contracts", "id") == ["k1"]


def test_a_contract_without_signature_is_dated_by_its_recording_then_by_its_start(intake):
    rows = ["k1,,2024-08-01,,,,120,EUR,12", "k2,,2024-08-01,,,2024-06-01,120,EUR,12", "k3,,2024-06-01,,,,120,EUR,12"]
    given(intake, contracts=rows)
    sources.limit_to(intake.engine, AS_OF)
    assert intake.column("contracts", "id") == ["k2", "k3"]


def test_links_are_limited_by_the_second_clock_alone(intake):
    given(intake, links=["a,crm,b,same,2024-07-01", "a,crm,c,same,"])
    sources.limit_to(intake.engine, AS_OF)
    assert intake.engine.count("links") == 2
    sources.limit_to(intake.engine, AS_OF, known_on=AS_OF)
    assert intake.column("links", "to_record") == ["c"]


def test_exchange_rates_and_invoice_statuses_stay(intake):
    given(intake, fx_rates=["USD,2024-12-31,0.9"], invoices=["i1,2024-06-30,2024-07-30,10,EUR,paid"])
    sources.limit_to(intake.engine, AS_OF)
    assert intake.engine.count("fx_rates") == 1
    assert intake.column("invoices", "status") == ["paid"]


def test_rows_later_are_counted_by_the_source_that_they_come_from(intake):
    for name, days in (("a", ("2024-06-01", "2024-07-01", "2024-08-01")), ("b", ("2024-08-01", "2024-06-02"))):
        rows = [f"{name}{i},{day},,1,EUR,payment" for i, day in enumerate(days)]
        intake.write(f"{name}.csv", "\n".join([HEADERS["payments"], *rows]) + "\n")
        intake.add("payments", file=f"{name}.csv")
    intake.read()
    sources.limit_to(intake.engine, date(2024, 7, 15))
    sources.limit_to(intake.engine, date(2024, 6, 15))
    assert intake.rows("SELECT source, rows_later, rows_out FROM intake ORDER BY source") == [
        {"source": "a.csv", "rows_later": 2, "rows_out": 1},
        {"source": "b.csv", "rows_later": 1, "rows_out": 1},
    ]


def test_the_latest_event_is_the_last_day_on_which_anything_happened(intake):
    given(
        intake,
        payments=["p1,2024-05-01,2024-09-09,1,EUR,payment"],
        contracts=["k1,2024-06-02,2025-01-01,2025-12-31,,,120,EUR,12", "k2,,2026-01-01,,,,120,EUR,12"],
        fx_rates=["USD,2024-12-31,0.9"],
        costs=["x1,2024-12-01,sales,team,10,EUR"],
    )
    assert sources.latest_event(intake.engine) == date(2024, 6, 2)


def test_without_any_date_the_as_of_date_must_be_given(intake):
    given(intake, records=["r1,,"])
    with pytest.raises(InputError, match="Set `as_of`"):
        sources.latest_event(intake.engine)
