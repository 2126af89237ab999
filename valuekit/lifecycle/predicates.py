"""Checked conditions over what is known of a party, and many conditions as the bits of one whole number."""

from collections.abc import Mapping, Sequence

from valuekit.engine import DatabaseError, Engine, Expression, first_line, literal, parse_expression, quote
from valuekit.engine.expressions import Constant
from valuekit.errors import ExpressionError
from valuekit.tables import PUBLISHED
from valuekit.tables.published import CUSTOMER_STAGES

MOST_BITS = 62
"""Conditions that fit into one whole number."""

_FACT_TYPES = {c.name: c.type for c in PUBLISHED["facts"]}
COLUMNS = {**_FACT_TYPES, "stage": "VARCHAR", "reason": "VARCHAR", "system_bits": "BIGINT"}
"""What a condition may name: the facts, the stage with its sub-reason, and the systems that know the party."""

CUSTOMER = f"stage IN ({', '.join(literal(stage) for stage in CUSTOMER_STAGES)})"
PAYING = (
    "((has_paid AND paid_until >= as_of - payment_grace_days)"
    " OR (has_ordered AND days_since_order <= order_active_days))"
)
"""A payment covers the date, with some grace; a recent order is paid for."""


def parse_conditions(
    engine: Engine, texts: Mapping[str, str], constants: Mapping[str, Constant]
) -> dict[str, Expression]:
    """Return conditions over `COLUMNS`, checked to be true or false, by the name that an error gives them.

    Raises `ExpressionError` for one that names what is not there, compares what cannot be compared, or is a number or
    a text.

    >>> parse_conditions(Engine(), {"definition rich": "net_cash > 0"}, {})["definition rich"].sql
    '("net_cash" > 0)'
    """
    parsed = {where: parse_expression(text, COLUMNS, constants, where=where) for where, text in texts.items()}
    for (where, condition), kind in zip(parsed.items(), _types(engine, parsed), strict=True):
        if kind != "BOOLEAN":
            raise ExpressionError(
                f"'{condition.text}' is a {kind}, not true or false.", where=where, next_step="Compare it: `... > 0`."
            )
    return parsed


def parse_days(engine: Engine, texts: Mapping[str, str], constants: Mapping[str, Constant]) -> dict[str, Expression]:
    """Return expressions over the facts, checked to be dates; raises `ExpressionError` for one that is none.

    >>> parse_days(Engine(), {"definition sales": "deals_won"}, {})
    Traceback (most recent call last):
    valuekit.errors.ExpressionError: definition sales: 'deals_won' is a BIGINT, not a date. Name a day, such as won_on.
    """
    parsed = {where: parse_expression(text, _FACT_TYPES, constants, where=where) for where, text in texts.items()}
    for (where, day), kind in zip(parsed.items(), _types(engine, parsed), strict=True):
        if kind != "DATE":
            raise ExpressionError(
                f"'{day.text}' is a {kind}, not a date.", where=where, next_step="Name a day, such as won_on."
            )
    return parsed


def _types(engine: Engine, parsed: Mapping[str, Expression]) -> list[str]:
    """The types that the engine finds: asked of typed columns without a row, so no table need be there."""
    if not parsed:
        return []
    columns = ", ".join(f"CAST(NULL AS {kind}) AS {quote(name)}" for name, kind in COLUMNS.items())
    asked = ", ".join(f"{e.sql} AS {quote(where)}" for where, e in parsed.items())
    sql = f"DESCRIBE SELECT {asked} FROM (SELECT {columns})"
    try:
        if sql not in _found:
            _found[sql] = [str(kind) for _, kind, *_ in engine.rows(sql)]
        return _found[sql]
    except DatabaseError as error:
        if len(parsed) > 1:  # one at a time, to name the one that does not work
            return [kind for where, e in parsed.items() for kind in _types(engine, {where: e})]
        ((where, broken),) = parsed.items()
        raise ExpressionError(f"'{broken.text}' does not work: {first_line(error)}.", where=where) from None


_found: dict[str, list[str]] = {}
"""The types by what was asked: no table has a say in them, and one run asks for the same rules again and again."""


def as_bits(name: str, conditions: Sequence[Expression]) -> Expression:
    """Return a BIGINT expression: the sum of the bits of the conditions that hold, the first of them bit 1.

    >>> as_bits("bits", [Expression("a", "(a)", frozenset("a"))]).sql
    'CAST(0 + CASE WHEN (a) THEN 1 ELSE 0 END AS BIGINT)'
    """
    terms = ["0", *(f"CASE WHEN {c.sql} THEN {1 << place} ELSE 0 END" for place, c in enumerate(conditions))]
    columns = frozenset().union(*(c.columns for c in conditions))
    return Expression(name, f"CAST({' + '.join(terms)} AS BIGINT)", columns)
