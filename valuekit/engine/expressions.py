"""Expressions from config: parsed, checked against an allow list, and only then SQL."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from valuekit.errors import ExpressionError, did_you_mean

DIALECT = "duckdb"

FUNCTIONS = {
    "abs", "cast", "try_cast", "ceil", "coalesce", "concat", "date_trunc", "floor", "greatest", "if", "least",
    "left", "length", "lower", "ltrim", "nullif", "regexp_replace", "regexp_extract", "replace", "right", "round",
    "rtrim", "split_part", "starts_with", "substr", "substring", "trim", "upper", "year", "month", "day", "extract",
}  # fmt: skip
"""Functions that an expression may call."""

_OPERATORS = (
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.Paren, exp.DPipe,
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Is, exp.Like, exp.ILike,
    exp.And, exp.Or, exp.Not, exp.Case, exp.If, exp.Null, exp.Boolean, exp.Literal, exp.Interval, exp.Var,
    exp.Column, exp.Identifier, exp.DataType, exp.DataTypeParam, exp.Cast, exp.TryCast, exp.Tuple, exp.Coalesce,
    exp.TimestampTrunc, exp.DateTrunc, exp.BitwiseAnd,
)  # fmt: skip

Constant = int | float | str | bool | date


@dataclass(frozen=True)
class Expression:
    """A checked expression: `sql` is safe to place in a step; `columns` are the columns that it reads."""

    text: str
    sql: str
    columns: frozenset[str]


def parse_expression(
    text: str, columns: Collection[str], constants: Mapping[str, Constant] | None = None, *, where: str = ""
) -> Expression:
    """Check an expression over the given columns and return its SQL.

    Reads: column names (case does not matter), literals, comparison, arithmetic, AND/OR/NOT, CASE, IN, BETWEEN, LIKE
    and the functions in `FUNCTIONS`; `constants` are names replaced by their value.
    Raises `ExpressionError` for anything else: subqueries, other functions, unknown columns, several statements.

    >>> parse_expression("days_since_use <= active_days", ["days_since_use"], {"active_days": 30}).sql
    '("days_since_use" <= 30)'
    >>> parse_expression("amuont > 0", ["amount"])
    Traceback (most recent call last):
    valuekit.errors.ExpressionError: 'amuont > 0' uses 'amuont', which is no column here. Did you mean 'amount'?
    """
    given = tuple((name, type(value), value) for name, value in (constants or {}).items())  # True is no 1
    return _parsed(text, tuple(columns), given, where)


@lru_cache(maxsize=2_000)
def _parsed(
    text: str, columns: tuple[str, ...], given: tuple[tuple[str, type, Constant], ...], where: str
) -> Expression:
    """Parsing is slow, and one run asks for the same rules over the same columns again and again."""
    constants = {name: value for name, _, value in given}
    try:
        trees = sqlglot.parse(text, read=DIALECT)
    except (SqlglotError, RecursionError) as error:
        raise ExpressionError(f"'{text}' is not an expression.", where=where, next_step=_first_line(error)) from None
    if len(trees) != 1 or trees[0] is None:
        raise ExpressionError(f"'{text}' is not one expression.", where=where)
    known = {c.lower(): c for c in columns}
    used: set[str] = set()

    def check(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column):
            return _column(node, text, known, constants, used, where)
        _check_allowed(node, text, where)
        return node

    tree = trees[0].transform(check)
    sql = tree.sql(dialect=DIALECT)
    return Expression(text, f"({sql})", frozenset(used))


@lru_cache(maxsize=2_000)
def conditions_in(condition: Expression) -> tuple[Expression, ...]:
    """Return the conditions that must all hold for a checked one to hold: what AND joins, however deep.

    >>> columns = ["paid", "used_on", "stage"]
    >>> [c.sql for c in conditions_in(parse_expression("(paid OR stage = 0) AND used_on > 1", columns))]
    ['("paid" OR "stage" = 0)', '("used_on" > 1)']
    """
    parts = _joined_by_and(sqlglot.parse_one(condition.sql, read=DIALECT))
    return tuple(
        Expression(condition.text, f"({p.sql(dialect=DIALECT)})", frozenset(c.name for c in p.find_all(exp.Column)))
        for p in parts
    )


def _joined_by_and(node: exp.Expr) -> Iterator[exp.Expr]:
    inner = node.unnest()
    if isinstance(inner, exp.And):
        yield from _joined_by_and(inner.left)
        yield from _joined_by_and(inner.right)
    else:
        yield inner


def _column(
    node: exp.Column,
    text: str,
    known: Mapping[str, str],
    constants: Mapping[str, Constant],
    used: set[str],
    where: str,
) -> exp.Expr:
    name = node.name
    if not node.table and name in constants:
        return _literal(constants[name])
    if node.table or name.lower() not in known:
        advice = did_you_mean(name, [*known.values(), *constants])
        raise ExpressionError(f"'{text}' uses '{node.sql()}', which is no column here.", where=where, next_step=advice)
    used.add(known[name.lower()])
    return exp.column(exp.to_identifier(known[name.lower()], quoted=True))


def _check_allowed(node: exp.Expr, text: str, where: str) -> None:
    if isinstance(node, _OPERATORS):
        return
    if isinstance(node, exp.Func):
        names = [n.lower() for n in ([node.name] if node.key == "anonymous" else node.sql_names())]
        if FUNCTIONS & set(names):
            return
        name = names[0]
        raise ExpressionError(
            f"'{text}' calls {name}(), which is not allowed.", where=where, next_step=did_you_mean(name, FUNCTIONS)
        )
    raise ExpressionError(
        f"'{text}' uses {node.key.upper()}, which is not allowed in an expression.",
        where=where,
        next_step="Use columns, literals, comparisons, arithmetic, CASE and the documented functions.",
    )


def _literal(value: Constant) -> exp.Expr:
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "date")
    return exp.convert(value)


def _first_line(error: Exception) -> str:
    """The parser's words, without the names of its own classes."""
    first = str(error).splitlines()[0].split("\x1b")[0]
    return re.sub(r"Required keyword: '\w+' missing for <class '[^']*'>", "Something is missing", first)
