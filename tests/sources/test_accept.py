"""Rows beside other rows: keys, exchange rates, known records, lines that become one, counts that add up."""

from datetime import date
from decimal import Decimal

RATES = "currency,rate_on,rate\nUSD,2024-01-01,0.90\nUSD,2024-02-01,0.95\nJPY,2024-01-01,0.0061\n"


def test_of_rows_with_one_key_the_first_is_kept(intake, payments):
    rows = ("p1,c1,2024-01-31,10,EUR,payment", "p1,c2,2024-01-31,20,EUR,payment", "p1,c3,2024-01-31,30,EUR,payment")
    intake.read_text(payments(*rows))
    assert intake.column("payments", "record") == ["c1"]
    assert intake.reasons == [(n, "the key (system, id) is taken by an earlier row") for n in (2, 3)]


def test_a_row_that_is_bad_by_itself_takes_no_key(intake, payments):
    intake.read_text(payments("p1,c1,2024-01-31,ten,EUR,payment", "p1,c2,2024-01-31,20,EUR,payment"))
    assert intake.column("payments", "record") == ["c2"]


def test_a_key_is_taken_across_sources_in_the_order_of_the_configuration(intake, payments):
    intake.write("a.csv", payments("p1,c1,2024-01-31,10,EUR,payment"))
    intake.write("b.csv", payments("p1,c2,2024-01-31,20,EUR,payment", "p2,c2,2024-01-31,20,EUR,payment"))
    intake.add(file="b.csv")
    intake.add(file="a.csv")
    intake.read()
    assert intake.column("payments", "record") == ["c2", "c2"]
    assert intake.counts == {"b.csv": (2, 2, 0), "a.csv": (1, 0, 1)}


def test_one_id_in_two_systems_is_two_rows(intake, payments):
    intake.write("a.csv", payments("p1,c1,2024-01-31,10,EUR,payment"))
    intake.add(file="a.csv", system="shop")
    intake.add(file="a.csv", system="bank")
    intake.read()
    assert intake.column("payments", "system") == ["bank", "shop"]
    assert intake.counts == {"a.csv": (1, 1, 0), "a.csv (2)": (1, 1, 0)}


def test_amounts_are_converted_at_the_latest_rate_on_or_before_their_day(intake, payments):
    intake.write("fx.csv", RATES)
    intake.write("payments.csv", payments(
        "p1,c1,2024-01-01,10,USD,payment", "p2,c1,2024-01-31,10,USD,payment", "p3,c1,2024-02-01,10,USD,payment",
        "p4,c1,2024-12-31,100,JPY,payment", "p5,c1,2024-12-31,-100,JPY,refund", "p6,c1,2023-12-31,0.0001,EUR,payment",
    ))  # fmt: skip
    intake.add(file="payments.csv")
    intake.add("fx_rates", file="fx.csv")  # whatever the order of the configuration
    intake.read()
    expected = ["9.00", "9.00", "9.50", "0.61", "-0.61", "0.0001"]
    assert intake.column("payments", "reporting_amount") == [Decimal(e) for e in expected]
    assert intake.column("payments", "amount")[3] == Decimal(100)


def test_half_a_cent_rounds_away_from_zero(intake, payments):
    intake.write("fx.csv", "currency,rate_on,rate\nUSD,2024-01-01,0.5\n")
    intake.add("fx_rates", file="fx.csv")
    intake.read_text(payments("p1,c1,2024-01-31,0.01,USD,payment", "p2,c1,2024-01-31,-0.01,USD,refund"))
    assert intake.column("payments", "reporting_amount") == [Decimal("0.01"), Decimal("-0.01")]


def test_a_row_before_the_first_rate_is_not_guessed(intake, payments):
    intake.write("fx.csv", RATES)
    intake.add("fx_rates", file="fx.csv")
    intake.read_text(payments("p1,c1,2023-12-31,10,USD,payment", "p2,c1,2023-12-31,10,CHF,payment"))
    assert intake.reasons == [
        (1, "no exchange rate of USD on or before the day of the row"),
        (2, "unknown currency CHF: no exchange rate at all"),
    ]


def test_an_amount_that_grows_too_large_by_its_rate_is_set_aside(intake, payments):
    intake.write("fx.csv", "currency,rate_on,rate\nUSD,2024-01-01,1000000\n")
    intake.add("fx_rates", file="fx.csv")
    intake.read_text(payments("p1,c1,2024-01-31,99999999999999,USD,payment"))
    assert intake.reasons == [(1, "too large an amount once converted")]


def test_large_amounts_convert_exactly(intake, payments):
    intake.write("fx.csv", "currency,rate_on,rate\nUSD,2024-01-01,1.12345678\n")
    intake.add("fx_rates", file="fx.csv")
    intake.read_text(payments("p1,c1,2024-01-31,20000000000.01,USD,payment"))
    assert intake.column("payments", "reporting_amount") == [Decimal("22469135600.01")]  # 20000000000.01 * 1.12345678


def test_a_rate_that_is_not_positive_is_no_rate(intake):
    intake.read_text("currency,rate_on,rate\nUSD,2024-01-01,0\n", "fx_rates")
    assert intake.reasons == [(1, "broken rule: a rate is positive")]


def test_an_amount_without_currency_counts_in_the_reporting_currency_with_a_warning(intake):
    intake.read_text(
        "id,opened_on,status,amount,currency\nd1,2024-01-31,open,10,\nd2,2024-01-31,open,,\n", "opportunities"
    )
    assert intake.column("opportunities", "reporting_amount") == [Decimal(10), None]
    assert intake.warnings == [(1, "no currency: taken for the reporting currency")]
    assert intake.counts == {"opportunities.csv": (2, 2, 0)}


def test_a_deal_without_amount_needs_no_rate(intake):
    intake.read_text("id,opened_on,status,amount,currency\nd1,2024-01-31,open,,USD\n", "opportunities")
    assert intake.counts == {"opportunities.csv": (1, 1, 0)}


def test_a_deal_without_opening_day_is_converted_at_the_day_it_closed(intake):
    intake.write("fx.csv", RATES)
    intake.add("fx_rates", file="fx.csv")
    intake.read_text("id,closed_on,status,amount,currency\nd1,2024-02-15,won,10,USD\n", "opportunities")
    assert intake.column("opportunities", "reporting_amount") == [Decimal("9.50")]


def test_a_row_of_an_unknown_record_is_accepted_with_a_warning(intake, payments):
    intake.write("records.csv", "record\nc1\n")
    intake.add("records", file="records.csv")
    rows = ("p1,c1,2024-01-31,1,EUR,payment", "p2,c9,2024-01-31,1,EUR,payment", "p3,,2024-01-31,1,EUR,payment")
    intake.read_text(payments(*rows))
    assert intake.warnings == [(2, "unknown record: no row of records has this record")]
    assert intake.counts["payments.csv"] == (3, 3, 0)
    assert intake.rows("SELECT rows_warned FROM intake WHERE table_name = 'payments'") == [{"rows_warned": 1}]


def test_a_record_of_another_system_is_not_known_in_this_one(intake, payments):
    intake.write("records.csv", "system,record\ncrm,c1\n")
    intake.add("records", file="records.csv")
    intake.read_text(payments("p1,c1,2024-01-31,1,EUR,payment"))
    assert [number for number, _ in intake.warnings] == [1]


def test_both_sides_of_a_link_are_looked_up_in_their_own_systems(intake):
    intake.write("records.csv", "system,record\ncrm,c1\nbilling,b1\n")
    intake.add("records", file="records.csv")
    rows = ("crm,c1,billing,b1,same", "crm,b1,billing,b1,same", "crm,c1,crm,b1,same")
    intake.read_text("\n".join(("system,from_record,to_system,to_record,kind", *rows)) + "\n", "links")
    assert intake.warnings == [
        (2, "unknown record: no row of records has this from_record"),
        (3, "unknown record: no row of records has this to_record"),
    ]


def test_both_sides_of_a_referral_are_looked_up(intake):
    intake.read_text("id,referrer,referred,referred_on\nr1,c1,c2,2024-01-31\n", "referrals")
    assert intake.warnings == [
        (1, "unknown record: no row of records has this referred; unknown record: no row of records has this referrer")
    ]


LINES = (
    "order,who,day,total,cost,currency\nA,c1,2024-01-31,10,4,EUR\nB,c2,2024-02-01,5,,EUR\nA,c1,2024-01-30,2.5,1,EUR\n"
)
LINE_COLUMNS = {"id": "order", "record": "who", "ordered_on": "day", "amount": "total", "cost_of_goods": "cost"}


def test_lines_become_one_order_with_the_sum_of_amounts_and_the_least_of_the_rest(intake):
    intake.read_text(LINES, "orders", columns=LINE_COLUMNS, collapse_by=["id", "record"])
    assert intake.rows("SELECT id, ordered_on, amount, cost_of_goods, reporting_amount FROM orders ORDER BY id") == [
        {"id": "A", "ordered_on": date(2024, 1, 30), "amount": Decimal("12.5"), "cost_of_goods": Decimal(5),
         "reporting_amount": Decimal("12.5")},
        {"id": "B", "ordered_on": date(2024, 2, 1), "amount": Decimal(5), "cost_of_goods": None,
         "reporting_amount": Decimal(5)},
    ]  # fmt: skip
    assert intake.rows("SELECT rows_in, rows_accepted, rows_out FROM intake") == [
        {"rows_in": 3, "rows_accepted": 3, "rows_out": 2}
    ]


def test_lines_of_one_order_in_two_files_are_one_order(intake):
    intake.write("lines-1.csv", LINES)
    intake.write("lines-2.csv", LINES)
    intake.add("orders", file="lines-*.csv", columns=LINE_COLUMNS, collapse_by=["id", "record"])
    intake.read()
    assert intake.column("orders", "amount") == [Decimal(25), Decimal(10)]


def test_lines_of_one_order_in_another_currency_are_set_aside_instead_of_added_up(intake):
    intake.write("fx.csv", RATES)
    intake.add("fx_rates", file="fx.csv")
    intake.read_text(
        LINES + "A,c1,2024-02-02,7,,USD\nA,c1,2024-02-02,8,,USD\n", "orders",
        columns=LINE_COLUMNS, collapse_by=["id", "record"],
    )  # fmt: skip
    assert intake.column("orders", "amount") == [Decimal("12.5"), Decimal(5)]
    assert intake.reasons == [(n, "the key (system, id) is taken by an earlier row") for n in (4, 5)]
    assert intake.counts["orders.csv"] == (5, 3, 2)


def test_events_and_minutes_are_summed_too(intake):
    lines = "record,used_on,feature,events\nc1,2024-01-31,search,2\nc1,2024-01-31,search,3\n"
    intake.read_text(lines, "usage", collapse_by=["record", "used_on", "feature"])
    assert intake.column("usage", "events") == [5]


def test_every_table_exists_and_is_empty_where_nothing_is_mapped(intake, payments):
    intake.read_text(payments())
    assert intake.rows("SELECT COUNT(*) AS n FROM contracts") == [{"n": 0}]
    assert intake.engine.columns("contracts")[-1] == "reporting_amount"


def test_progress_tells_each_source_rates_and_records_first(intake, payments):
    for table, content in (("payments", payments()), ("records", "record\n"), ("fx_rates", RATES)):
        intake.write(f"{table}.csv", content)
        intake.add(table, file=f"{table}.csv")
    told: list[str] = []
    intake.read(progress=told.append)
    assert told == ["fx_rates from fx_rates.csv", "records from records.csv", "payments from payments.csv"]


def test_reading_twice_gives_the_same_tables(intake, payments):
    intake.read_text(payments("p1,c1,2024-01-31,ten,EUR,payment", "p2,c2,2024-01-31,20,EUR,payment"))
    first = (intake.rows("FROM payments"), intake.rows("FROM intake"), intake.quarantine)
    intake.read()
    assert first == (intake.rows("FROM payments"), intake.rows("FROM intake"), intake.quarantine)
