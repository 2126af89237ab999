"""Checked conditions over what is known of a party, and many conditions as the bits of one whole number."""

from collections.abc import Mapping, Sequence

from valuekit.engine import DatabaseError, Engine, Expression, first_line, literal, parse_expression, quote
from valuekit.engine.expressions import Constant
from valuekit.errors import ExpressionError
from valuekit.tables import PUBLISHED
from valuekit.tables.published import CUSTOMER_STAGES

MOST_BITS = 62
"""Conditions that fit into one whole number."""

_TYPES = {c.name: c.type for c in PUBLISHED["facts"]}
COLUMNS = {**_TYPES, "stage": "VARCHAR", "reason": "VARCHAR", "system_bits": "BIGINT"}
"""What a condition may name: the facts, the stage with its sub-reason, and the systems that know the party."""

CUSTOMER = f"stage IN ({', '.join(literal(stage) for stage in CUSTOMER_STAGES)})"
PAYING = (
    "((has_paid AND paid_until >= as_of - payment_grace_days)"
    " OR (has_ordered AND days_since_order <= order_active_days))"
)
"""A payment covers the date, with some grace; a recent order is paid for."""


def parse_condition(engine: Engine, text: str, constants: Mapping[str, Constant], where: str) -> Expression:
    """Return a condition over `COLUMNS`, checked to be true or false.

    Raises `ExpressionError` when it names what is not there, compares what cannot be compared, or is a number or text.

    >>> parse_condition(Engine(), "net_cash > 0", {}, "definition rich").sql
    '("net_cash" > 0)'
    """
    parsed = parse_expression(text, COLUMNS, constants, where=where)
    if (kind := _type_of(engine, parsed, where)) != "BOOLEAN":
        raise ExpressionError(
            f"'{text}' is a {kind}, not true or false.", where=where, next_step="Compare it: `... > 0`."
        )
    return parsed


def parse_day(engine: Engine, text: str, constants: Mapping[str, Constant], where: str) -> Expression:
    """Return an expression over the facts, checked to be a date; raises `ExpressionError` when it is none.

    >>> parse_day(Engine(), "deals_won", {}, "definition sales")
    Traceback (most recent call last):
    valuekit.errors.ExpressionError: definition sales: 'deals_won' is a BIGINT, not a date. Name a day, such as won_on.
    """
    parsed = parse_expression(text, _TYPES, constants, where=where)
    if (kind := _type_of(engine, parsed, where)) != "DATE":
        raise ExpressionError(
            f"'{text}' is a {kind}, not a date.", where=where, next_step="Name a day, such as won_on."
        )
    return parsed


def _type_of(engine: Engine, parsed: Expression, where: str) -> str:
    """The type that the engine finds: asked of typed columns without a row, so no table need be there."""
    columns = ", ".join(f"CAST(NULL AS {kind}) AS {quote(name)}" for name, kind in COLUMNS.items())
    try:
        ((_, kind, *_),) = engine.rows(f"DESCRIBE SELECT {parsed.sql} FROM (SELECT {columns})")
    except DatabaseError as error:
        raise ExpressionError(f"'{parsed.text}' does not work: {first_line(error)}.", where=where) from None
    return str(kind)


def as_bits(name: str, conditions: Sequence[Expression]) -> Expression:
    """Return a BIGINT expression: the sum of the bits of the conditions that hold, the first of them bit 1.

    >>> as_bits("bits", [Expression("a", "(a)", frozenset("a"))]).sql
    'CAST(0 + CASE WHEN (a) THEN 1 ELSE 0 END AS BIGINT)'
    """
    terms = ["0", *(f"CASE WHEN {c.sql} THEN {1 << place} ELSE 0 END" for place, c in enumerate(conditions))]
    columns = frozenset().union(*(c.columns for c in conditions))
    return Expression(name, f"CAST({' + '.join(terms)} AS BIGINT)", columns)
