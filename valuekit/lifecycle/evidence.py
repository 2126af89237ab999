"""Which tables a fact rests on, and which systems hold them.

A definition over tables that the company does not keep is not 0, it is not known.
"""

from collections.abc import Collection, Mapping

from valuekit.engine import Engine, Expression, conditions_in, literal, quote
from valuekit.tables import CANONICAL, PUBLISHED

FACT_TABLES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("engaged_on", "trial_started_on"), ("engagements",)),
    **dict.fromkeys(("opened_on", "won_on", "last_won_on", "deals_won", "won_amount"), ("opportunities",)),
    **dict.fromkeys(
        ("signed_on", "contract_starts_on", "contract_ends_on", "cancelled_on", "has_contract", "contract_current",
         "mrr", "term_months"),
        ("contracts",),
    ),
    **dict.fromkeys(("first_paid_on", "last_paid_on", "paid", "has_paid", "paid_until"), ("payments",)),
    **dict.fromkeys(("invoiced", "overdue"), ("invoices",)),
    **dict.fromkeys(
        ("first_ordered_on", "last_ordered_on", "orders", "ordered", "has_ordered", "days_since_order"), ("orders",)
    ),
    **dict.fromkeys(
        ("first_used_on", "last_used_on", "last_used_in_contract_on", "days_since_use", "used_this_month"), ("usage",)
    ),
}  # fmt: skip
"""Facts that need a table; the others rest on the records or on several tables."""


def not_countable(engine: Engine, condition: Expression, recorded: Collection[str]) -> str | None:
    """Say why a definition or a stage rule holds for nobody: a condition of it rests only on tables without rows.

    One that holds where nothing is recorded, such as `NOT has_contract` or `deals_won = 0`, keeps nobody out.

    >>> from valuekit.engine import parse_expression
    >>> facts = ["won_on", "first_ordered_on", "last_used_on", "has_contract"]
    >>> used = parse_expression("first_ordered_on IS NOT NULL AND last_used_on IS NOT NULL", facts)
    >>> not_countable(Engine(), used, recorded=["orders"])
    'nothing is recorded in usage'
    >>> bought = parse_expression("(won_on IS NOT NULL OR first_ordered_on IS NOT NULL) AND NOT has_contract", facts)
    >>> not_countable(Engine(), bought, recorded=["orders"]) is None
    True
    """
    for part in conditions_in(condition):
        tables = {table for fact in part.columns - {"as_of"} for table in FACT_TABLES.get(fact, ("",))}
        if tables and not tables & {*recorded, ""} and not _holds_without_rows(engine, part):
            return f"nothing is recorded in {' or '.join(sorted(tables))}"
    return None


_TABLES = frozenset(table for tables in FACT_TABLES.values() for table in tables)


def recorded_tables(engine: Engine, among: Collection[str] = _TABLES) -> set[str]:
    """Return the tables that have a row: of those of `FACT_TABLES`, or of others."""
    asked = (f"SELECT {literal(name)} WHERE EXISTS (FROM {quote(name)})" for name in sorted(among))
    return {name for (name,) in engine.rows(" UNION ALL ".join(asked))}


def _holds_without_rows(engine: Engine, condition: Expression) -> bool:
    """Ask the engine whether a condition holds for a party of which the tables know nothing."""
    known = PUBLISHED["facts"]
    facts = (known[name] for name in sorted(condition.columns))
    nothing = (
        f"CAST({'0' if f.required and f.type != 'DATE' else 'NULL'} AS {f.type}) AS {quote(f.name)}" for f in facts
    )
    sql = f"SELECT {condition.sql} FROM (SELECT {', '.join(nothing)})"
    if sql not in _held:
        _held[sql] = bool(engine.scalar(sql))
    return _held[sql]


_held: dict[str, bool] = {}
"""Which conditions hold then: no table has a say in it, and one run asks for the same rules again and again."""


SYSTEM_TABLES: dict[str, tuple[str, ...]] = {
    "crm": ("opportunities", "orders"),
    "marketing": ("engagements",),
    "contracts": ("contracts",),
    "billing": ("payments", "orders"),
    "product": ("usage",),
    "ledger": ("costs", "payments", "orders"),
}
"""The systems that built-in definitions name, and the table behind each: the first one that has rows."""


def systems_by_table(engine: Engine) -> dict[str, list[str]]:
    """Return the systems that have rows in each canonical table, in order of name."""
    named = [name for name, table in CANONICAL.items() if "system" in table.names]
    asked = (f"SELECT {literal(name)} AS name, system FROM {quote(name)}" for name in named)
    found = f"SELECT name, LIST(DISTINCT system ORDER BY system) FROM ({' UNION ALL '.join(asked)}) GROUP BY name"
    return dict(engine.rows(found))


def source_of_truth(name: str, systems: Mapping[str, Collection[str]]) -> str:
    """Return the system that plays the part of a built-in name: itself, or the only one that holds its table.

    >>> source_of_truth("billing", {"orders": ["shop"], "payments": []})
    'shop'
    >>> source_of_truth("billing", {"orders": ["shop"], "payments": ["billing"]})
    'billing'
    >>> source_of_truth("billing", {"payments": ["stripe", "adyen"]})
    'billing'
    """
    if any(name in known for known in systems.values()):
        return name
    holders = next((systems[table] for table in SYSTEM_TABLES.get(name, ()) if systems.get(table)), ())
    return next(iter(holders)) if len(holders) == 1 else name


def facts_held_by(system: str, systems: Mapping[str, Collection[str]]) -> set[str]:
    """Return the facts that rest on tables in which a system has rows.

    >>> sorted(facts_held_by("erp", {"invoices": ["erp"], "usage": ["app"]}))
    ['invoiced', 'overdue']
    """
    return {fact for fact, tables in FACT_TABLES.items() if any(system in systems.get(t, ()) for t in tables)}
