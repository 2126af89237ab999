"""Which one system manages each current customer: rules over the facts, the first that holds."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from valuekit.engine import DatabaseError, Engine, Expression, first_line, parse_expression, quote
from valuekit.engine.expressions import Constant
from valuekit.errors import ConfigError, ExpressionError, UnknownNameError
from valuekit.tables import PUBLISHED
from valuekit.tables.published import CUSTOMER_STAGES

Rule = tuple[str, str]
"""A system, and the customers that it manages: an expression over the facts, `stage` and `reason`."""

OTHERWISE = "otherwise"
"""The rule of the customers that are left."""

_PACKAGE, _FILE = "valuekit.registers", "managed_in.sql"
_COLUMNS = [*PUBLISHED["facts"].names, "stage", "reason"]
_MONEY_TABLES = ("payments", "orders", "invoices", "contracts", "party_records")
_RULES = pa.schema([("number", pa.int32()), ("system", pa.string()), ("rule", pa.string())])


def assign_systems(engine: Engine, rules: Sequence[Rule], constants: Mapping[str, Constant]) -> None:
    """Make `managed_in`: each current customer has the system of the first rule that holds for it.

    Customers for whom no rule holds are managed where their payments are. Without rules, those of at least the middle
    monthly recurring revenue (where nobody has any: value of deals won) are managed where the deals are.

    Reads `facts`, `stages`, `party_records` and the tables of deals and money. `constants` are the windows by name.

    Raises:
        UnknownNameError: a rule names a system that no record has.
        ExpressionError: a rule uses what is not there, or is not true or false.
    """
    known = [row[0] for row in engine.rows("SELECT DISTINCT system FROM party_records ORDER BY system")]
    for system, when in rules:
        if system not in known:
            raise UnknownNameError("system", system, known, where=f"lifecycle.managed_in: {when}")
    rest = _home(engine, _MONEY_TABLES)
    chosen = list(rules) or _default_rules(engine)
    predicates = [_predicate(engine, when, constants) for _, when in chosen]
    rows = [*((system, when) for system, when in chosen), (rest, OTHERWISE)]
    table = [{"number": n, "system": system, "rule": rule} for n, (system, rule) in enumerate(rows, start=1)]
    engine.put("managing_rules", pa.Table.from_pylist(table, _RULES))
    engine.run(_PACKAGE, _FILE, {"customer_stages": list(CUSTOMER_STAGES)}, measure="mrr", number=_first(predicates))
    engine.drop("managing_rules", "middle_value")


def _default_rules(engine: Engine) -> list[Rule]:
    """High-value customers where the deals are; none where the company keeps no deals."""
    deals = _home(engine, ("opportunities",))
    for measure in ("mrr", "won_amount"):
        found = engine.ask(
            _PACKAGE, _FILE, "middle_value", {"customer_stages": list(CUSTOMER_STAGES)}, measure=measure
        ).to_pylist()
        if deals and found:
            return [(deals, f"{measure} >= {found[0]['value']}")]
    return []


def _home(engine: Engine, tables: Sequence[str]) -> str:
    """Return the system with most rows in the first of the tables that has any."""
    for table in tables:
        system = engine.scalar(
            f"SELECT system FROM {quote(table)} WHERE party_id IS NOT NULL "
            "GROUP BY system ORDER BY COUNT(*) DESC, system LIMIT 1"
        )
        if system is not None:
            return str(system)
    return ""


def _predicate(engine: Engine, when: str, constants: Mapping[str, Constant]) -> Expression:
    where = "lifecycle.managed_in"
    predicate = parse_expression(when, _COLUMNS, constants, where=where)
    try:
        answer = engine.query(f"SELECT {predicate.sql} AS holds FROM facts JOIN stages USING (party_id) WHERE FALSE")
    except DatabaseError as error:
        raise ExpressionError(f"'{when}' does not work: {first_line(error)}.", where=where) from None
    if answer.schema.field("holds").type != pa.bool_():
        raise ConfigError(f"'{when}' is not true or false.", where=where, next_step="Compare it: `... > 0`.")
    return predicate


def _first(predicates: Sequence[Expression]) -> Expression:
    """Number of the first predicate that holds; one more than there are when none does."""
    branches = "".join(f" WHEN {p.sql} THEN {n}" for n, p in enumerate(predicates, start=1))
    last = len(predicates) + 1
    return Expression("number", f"CASE{branches} ELSE {last} END" if branches else str(last), frozenset(_COLUMNS))
