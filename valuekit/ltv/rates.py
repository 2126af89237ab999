"""Whose cash is discounted at which yearly rate."""

from collections.abc import Sequence

from valuekit.engine import Engine, Expression
from valuekit.lifecycle.predicates import parse_conditions
from valuekit.ltv.rules import ValueRules


def assign_rates(engine: Engine, rules: ValueRules) -> None:
    """Make `party_rates`: per party the number of its rule in `rules.discounts`, and its yearly rate.

    Reads `facts` and `stages`. Raises `ExpressionError` for a rule that cannot be computed or is no condition.
    """
    texts = {f"ltv.discount_rate_by {i}": rule.where for i, rule in enumerate(rules.rates_by, start=1)}
    conditions = parse_conditions(engine, texts, {}).values()
    chosen = "".join(f" WHEN {condition.sql} THEN {i}" for i, condition in enumerate(conditions, start=1))
    rates = by_rate([repr(discount.annual_rate) for discount in rules.discounts], "rate")
    engine.run(
        "valuekit.ltv", "rates.sql", rate=_sql(f"CASE{chosen} ELSE 0 END" if chosen else "0"), annual_rate=_sql(rates)
    )


def by_rate(values: Sequence[str], column: str) -> str:
    """Return SQL of the value that belongs to a rule's number: the first is that of number 0.

    >>> by_rate(["0.1"], "rate"), by_rate(["0.1", "0.2"], "r.rate")
    ('0.1', '(CASE r.rate WHEN 1 THEN 0.2 ELSE 0.1 END)')
    """
    others = "".join(f" WHEN {i} THEN {value}" for i, value in enumerate(values[1:], start=1))
    return f"(CASE {column}{others} ELSE {values[0]} END)" if others else values[0]


def _sql(text: str) -> Expression:
    return Expression(text, text, frozenset())
