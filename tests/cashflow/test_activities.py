from decimal import Decimal

import pytest

from tests.cashflow.allocated import FEB, JAN, compute, cost, line, notes, pool, run, ticket
from tests.cashflow.given import given
from valuekit.cashflow import Activity, Extra, Pool
from valuekit.errors import ConfigError, ExpressionError, UnknownNameError

ANSWER = Activity("tickets", "10")


def timed(engine, activity, rows, costs=None, **more):
    """Run with one pool whose driver is one activity."""
    pools = {"desk": Pool(activities=("answer",), **more)}
    return compute(engine, pools, {"answer": activity}, {"costs": costs or [cost(100)], **rows})


# --- Kaplan and Anderson (2004), Time-driven activity-based costing, Harvard Business Review 82(11)

CUSTOMERS = 7
ORDERS, INQUIRIES, CHECKS = 49_000, 1_400, 2_500
EQUATIONS = {
    "order": Activity("orders", "8"),
    "inquiry": Activity("activities", "44", when="activity = 'inquiry'"),
    "credit check": Activity("activities", "50", when="activity = 'credit check'"),
}


def kaplan_and_anderson(engine):
    given(engine, costs=[cost(560_000, "sales", "orders desk")], parties=[{"party_id": f"c{i}"} for i in range(7)])
    engine.execute(f"""INSERT INTO orders BY NAME SELECT 'shop' AS system, 'EUR' AS currency, i AS id,
        'c' || i % {CUSTOMERS} AS party_id, DATE '{JAN}' AS ordered_on, 1 AS reporting_amount
        FROM range({ORDERS}) AS r(i)""")
    for activity, count in (("inquiry", INQUIRIES), ("credit check", CHECKS)):
        engine.execute(f"""INSERT INTO activities BY NAME SELECT 'crm' AS system, '{activity}' || i AS id,
            'sales' AS function, '{activity}' AS activity, 'c' || i % {CUSTOMERS} AS party_id,
            DATE '{JAN}' AS done_on FROM range({count}) AS r(i)""")
    desk = Pool(activities=tuple(EQUATIONS), capacity_minutes=Decimal(700_000))
    return run(engine, {"orders desk": desk}, EQUATIONS)


def rows_of(customer, count):
    return len(range(customer, count, CUSTOMERS))


def test_kaplan_and_anderson_to_the_cent(engine):
    kaplan_and_anderson(engine)
    expected = {
        f"c{i}": -0.80 * (8 * rows_of(i, ORDERS) + 44 * rows_of(i, INQUIRIES) + 50 * rows_of(i, CHECKS))
        for i in range(CUSTOMERS)
    }
    assert line(engine, "sales") == pytest.approx(expected, abs=0.001)
    assert sum(line(engine, "sales").values()) == pytest.approx(-462_880, abs=0.001)
    assert engine.rows("SELECT driver, attributed, unused_capacity FROM books WHERE line = 'sales'") == [
        ("activity_time", -462_880, -97_120)
    ]


def test_kaplan_and_anderson_as_a_pool(engine):
    kaplan_and_anderson(engine)
    assert pool(engine, "orders desk", "driver", "quality", "fallback", "units") == (
        "activity_time", "time equation", False, 578_600,
    )  # fmt: skip
    columns = ("capacity_minutes", "minutes_used", "rate_per_minute", "unused_minutes", "unused_cost")
    assert pool(engine, "orders desk", *columns) == (700_000, 578_600, 0.80, 121_400, -97_120)


# --- equations


def test_extra_minutes_where_their_condition_holds(engine):
    order = Activity("orders", "5", extra=(Extra("15", "amount > 100"), Extra("10 * 2", "amount > 1000")))
    orders = [
        {"party": p, "ordered_on": JAN, "amount": amount} for p, amount in zip("abc", (50, 500, 5000), strict=True)
    ]
    timed(engine, order, {"orders": orders}, [cost(65)])
    assert line(engine, "support") == {"a": -5, "b": -20, "c": -40}


def test_a_condition_on_what_is_missing_adds_nothing(engine):
    order = Activity("orders", "5", extra=(Extra("15", "cost_of_goods > 1"),))
    timed(engine, order, {"orders": [{"party": "a", "ordered_on": JAN, "amount": 9}]})
    assert pool(engine, "desk", "minutes_used") == (5,)


def test_minutes_may_be_an_expression_over_the_columns(engine):
    use = [{"party": "a", "used_on": JAN, "events": 3}, {"party": "b", "used_on": JAN, "events": 1}]
    timed(engine, Activity("usage", "2.5 * events"), {"usage": use})
    assert line(engine, "support") == {"a": -75, "b": -25}


def test_only_rows_for_which_the_condition_holds_are_the_activity(engine):
    tickets = [ticket("a"), ticket("b", channel="community")]
    timed(engine, Activity("tickets", "10", when="channel = 'agent'"), {"tickets": tickets})
    assert line(engine, "support") == {"a": -100}


def test_work_may_fall_on_another_day_of_the_row(engine):
    deal = {"party": "a", "opened_on": JAN, "closed_on": FEB, "status": "won", "amount": 5}
    activity = Activity("opportunities", "60", on="closed_on")
    timed(engine, activity, {"opportunities": [deal]}, [cost(9, month=FEB)])
    assert line(engine, "support", month=FEB) == {"a": -9}


def test_several_activities_of_a_pool_add_up_and_pools_keep_theirs_apart(engine):
    pools = {"desk": Pool(activities=("answer", "visit")), "shop": Pool(activities=("visit",))}
    activities = {"answer": ANSWER, "visit": Activity("activities", "minutes")}
    visit = {"party": "b", "done_on": JAN, "function": "sales", "minutes": 30}
    rows = {"tickets": [ticket("a")], "activities": [visit], "costs": [cost(40), cost(8, "sales", "shop")]}
    compute(engine, pools, activities, rows)
    assert (line(engine, "support"), line(engine, "sales")) == ({"a": -10, "b": -30}, {"b": -8})


# --- capacity


def test_the_ledgers_capacity_goes_before_the_configured_one(engine):
    costs = [cost(100, practical_capacity_minutes=50), cost(100, month=FEB)]
    tickets = [ticket("a", JAN), ticket("a", FEB)]
    timed(engine, ANSWER, {"tickets": tickets}, costs, capacity_minutes=Decimal(20))
    assert pool(engine, "desk", "capacity_minutes", "unused_cost") == (50, -80)
    assert pool(engine, "desk", "capacity_minutes", "unused_cost", month=FEB) == (20, -50)


def test_a_configured_capacity_serves_measured_minutes_too(engine):
    rows = {"tickets": [ticket("a", minutes=30)], "costs": [cost(100)]}
    compute(engine, {"desk": Pool(capacity_minutes=Decimal(60))}, rows=rows)
    assert pool(engine, "desk", "driver", "quality", "unused_cost") == ("ticket_minutes", "measured time", -50)


def test_beyond_capacity_a_minute_costs_what_was_used(engine):
    timed(engine, ANSWER, {"tickets": [ticket("a")] * 4}, capacity_minutes=Decimal(32))
    columns = ("rate_per_minute", "unused_minutes", "unused_cost", "over_capacity_minutes")
    assert pool(engine, "desk", *columns) == (2.5, 0, 0, 8)


def test_an_activity_without_a_row_falls_back(engine):
    payments = [{"party": "a", "paid_on": JAN, "amount": 1}]
    timed(engine, ANSWER, {"payments": payments}, capacity_minutes=Decimal(32))
    assert pool(engine, "desk", "driver", "quality", "fallback", "unused_cost") == ("revenue", "revenue", True, 0)


def test_a_month_without_the_activity_is_unused_capacity(engine):
    timed(engine, ANSWER, {"tickets": [ticket("a", FEB)]}, capacity_minutes=Decimal(32))
    assert pool(engine, "desk", "minutes_used", "unused_cost") == (0, -100)


# --- what cannot be timed, and what cannot be read


def test_rows_that_take_no_time_are_counted(engine):
    tickets = [ticket("a", minutes=30), ticket("b"), ticket("c", minutes=5)]
    timed(engine, Activity("tickets", "minutes - 10"), {"tickets": tickets})
    assert line(engine, "support") == {"a": -100}
    assert notes(engine, "activity_not_timed") == {
        "answer": "2 row(s) of 'answer' take no time: 0 without opened_on, 1 without minutes, 1 below zero minutes."
    }


@pytest.mark.parametrize(
    ("activity", "error", "message"),
    [
        (Activity("tikets", "1"), UnknownNameError, r"cashflow.activities.answer: .*'tikets'.* Did you mean 'tickets'"),
        (Activity("tickets", "1", on="done_on"), UnknownNameError, "no day of tickets 'done_on'"),
        (Activity("tickets", "minuts"), ExpressionError, r"answer.minutes: .* Did you mean 'minutes'"),
        (Activity("tickets", "channel"), ExpressionError, "answer.minutes: 'channel' is a VARCHAR, not a number"),
        (Activity("tickets", "1", when="minutes"), ExpressionError, "answer.when: 'minutes' is a DECIMAL.*not true or"),
        (Activity("tickets", "1", when="minutes > opened_on"), ExpressionError, "answer.when: .* does not work"),
        (Activity("tickets", "1", when="exists (select 1)"), ExpressionError, "not allowed"),
        (Activity("tickets", "1", extra=(Extra("x", "TRUE"),)), ExpressionError, r"answer.extra\[0\].minutes: 'x'"),
        (Activity("tickets", "1", extra=(Extra("1", "2"),)), ExpressionError, r"answer.extra\[0\].when: '2' is a"),
    ],
)  # fmt: skip
def test_a_wrong_equation_says_where_it_is_wrong(engine, activity, error, message):
    with pytest.raises(error, match=message):
        timed(engine, activity, {})


def test_a_pool_names_activities_that_there_are(engine):
    with pytest.raises(UnknownNameError, match=r"cashflow.pools.desk.activities: .*'anser'.* Did you mean 'answer'"):
        compute(engine, {"desk": Pool(activities=("anser",))}, {"answer": ANSWER})


def test_general_cost_has_no_line_to_be_shared_out_to(engine):
    rows = {"costs": [cost(1, "general", "rent")]}
    with pytest.raises(ConfigError, match="pool 'rent' holds general cost"):
        compute(engine, {"rent": Pool(activities=("answer",))}, {"answer": ANSWER}, rows)
