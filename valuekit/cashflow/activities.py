"""Time equations: how many minutes a piece of work takes, from what its row says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from valuekit.engine import DatabaseError, Engine, Expression, first_line, parse_expression
from valuekit.errors import ExpressionError, UnknownNameError
from valuekit.tables.canonical import CANONICAL, accepted, event_date

PACKAGE = "valuekit.cashflow"
FILE = "times.sql"

TIMED = ("tickets", "activities", "orders", "engagements", "opportunities", "contracts", "invoices", "usage")
"""Tables whose rows are work for a party."""

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")


@dataclass(frozen=True)
class Extra:
    """Minutes that some of the rows take beside the base."""

    minutes: str
    when: str


@dataclass(frozen=True)
class Activity:
    """A time equation: the rows of a table that are this work, and their minutes as expressions over its columns."""

    of: str
    minutes: str
    when: str = "TRUE"
    extra: tuple[Extra, ...] = ()
    on: str | None = None
    """Column with the day of the work; by default the day that dates the table's rows."""


@dataclass(frozen=True)
class Equation:
    """A checked time equation, and what a look at its rows found."""

    name: str
    of: str
    on: str
    when: Expression
    minutes: Expression
    without_day: int = 0
    without_minutes: int = 0
    below_zero: int = 0
    keeps_time: bool = False
    """Some row takes time: a month without one is a month without work."""

    @property
    def slots(self) -> dict[str, str | Expression]:
        """What the steps of `times.sql` are filled with."""
        return {"table": self.of, "day": self.on, "when": self.when, "minutes": self.minutes}


def check_activity(engine: Engine, name: str, activity: Activity) -> Equation:
    """Check a time equation against its table and count the rows that it cannot time.

    Minutes are the base plus, for each extra whose condition holds, the extra ones: Kaplan and Anderson (2004). A row
    whose minutes are missing or below zero takes none, and one without a day falls into no month; both are counted.

    Reads: the canonical table that it names. Raises: `UnknownNameError` for a table or day column that there is not,
    `ExpressionError` for a condition that is not true or false, or minutes that are no number.
    """
    where = f"cashflow.activities.{name}"
    if activity.of not in TIMED:
        raise UnknownNameError("table of work", activity.of, TIMED, where=where)
    when = _checked(engine, activity.of, activity.when, f"{where}.when", boolean=True)
    equation = Equation(name, activity.of, _day(activity, where), when, _minutes(engine, activity, where))
    found = engine.ask(PACKAGE, FILE, "_survey", None, **equation.slots).to_pylist()[0]
    return Equation(name, equation.of, equation.on, equation.when, equation.minutes, **found)


def _day(activity: Activity, where: str) -> str:
    table = CANONICAL[activity.of]
    days = [c.name for c in table if c.type == "DATE"]
    on = activity.on or event_date(table) or ""
    if on not in days:
        raise UnknownNameError(f"day of {activity.of}", on, days, where=f"{where}.on")
    return on


def _minutes(engine: Engine, activity: Activity, where: str) -> Expression:
    """Base plus extras as one expression, of checked parts."""
    base = _checked(engine, activity.of, activity.minutes, f"{where}.minutes")
    parts, columns = [base.sql], base.columns
    for place, extra in enumerate(activity.extra):
        minutes = _checked(engine, activity.of, extra.minutes, f"{where}.extra[{place}].minutes")
        when = _checked(engine, activity.of, extra.when, f"{where}.extra[{place}].when", boolean=True)
        parts.append(f"CASE WHEN {when.sql} THEN {minutes.sql} ELSE 0 END")
        columns |= minutes.columns | when.columns
    return Expression(activity.minutes, f"({' + '.join(parts)})", columns)


def _checked(engine: Engine, table: str, text: str, where: str, *, boolean: bool = False) -> Expression:
    expression = parse_expression(text, accepted(CANONICAL[table]).names, where=where)
    try:
        kind = str(engine.rows(f"DESCRIBE SELECT {expression.sql} FROM {table}")[0][1])
    except DatabaseError as error:
        raise ExpressionError(f"'{text}' does not work: {first_line(error)}.", where=where) from None
    if boolean and kind != "BOOLEAN":
        advice = "Compare it: `... > 0`."
        raise ExpressionError(f"'{text}' is a {kind}, not true or false.", where=where, next_step=advice)
    if not boolean and not kind.startswith(NUMBERS):
        advice = "Give minutes, such as 8 or `5 + 2 * events`."
        raise ExpressionError(f"'{text}' is a {kind}, not a number.", where=where, next_step=advice)
    return expression


def measure(
    engine: Engine,
    work: Mapping[str, tuple[Equation, ...]],
    window: Mapping[str, object],
    months: Mapping[str, Expression],
) -> list[str]:
    """Make `cashflow_times`: hundredths of a minute by pool, month and party, in the months of the window.

    `work` names the equations of each pool, `months` are the `month_slots` of the calendar.
    Returns the tables that it made.
    """
    engine.execute("CREATE OR REPLACE TABLE cashflow_times (pool VARCHAR, month DATE, n BIGINT, units HUGEINT)")
    for pool, equation in _pairs(work):
        engine.run(PACKAGE, FILE, {**window, "pool": pool}, **equation.slots, **months)
        engine.execute("INSERT INTO cashflow_times SELECT * FROM cashflow_time")
    engine.drop("cashflow_time")
    return ["cashflow_times"]


def _pairs(work: Mapping[str, tuple[Equation, ...]]) -> Iterator[tuple[str, Equation]]:
    return ((pool, equation) for pool, equations in work.items() for equation in equations)
