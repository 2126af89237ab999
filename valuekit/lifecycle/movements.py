"""How the count of every definition moves from month to month, and who stops paying or using."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyarrow as pa

from valuekit.engine import DatabaseError, Engine, Expression, first_line, parse_expression
from valuekit.engine.expressions import Constant
from valuekit.errors import ExpressionError, UnknownNameError
from valuekit.lifecycle.mrr import move_mrr
from valuekit.lifecycle.policies import Policies
from valuekit.tables import PUBLISHED

PACKAGE = "valuekit.lifecycle"

PAYING, USING = "paying", "using"
"""Keys of the definitions behind payment churn and usage churn."""

_DEFAULT = Policies()
_NO_CONSTANTS: Mapping[str, Constant] = {}
_KNOWN_OF_BRIEF = (
    "as_of", "has_contract", "contract_current", "signed_on", "contract_starts_on", "contract_ends_on", "mrr",
    "is_internal", "has_paid", "stage",
)  # fmt: skip
"""What the contract alone tells of a party that joined and left between two month ends."""


def move(
    engine: Engine,
    *,
    paying: str = PAYING,
    using: str = USING,
    policies: Policies = _DEFAULT,
    constants: Mapping[str, Constant] = _NO_CONSTANTS,
) -> None:
    """Say how customers and monthly recurring revenue move from each month end to the next.

    Reads `month_ends`, `party_months` and `history` (memberships at every month end), `definitions`, `facts`, `stages`,
    `running_terms`, `contract_terms`, `contracts`, `invoices`, `payments` and `fx_rates`. `paying` and `using` name the
    definitions behind payment churn and usage churn; one that is not there, or can count nobody, leaves its numbers
    empty, and without both `paying_and_using` has no row. `constants` are names that rules of the definitions may use.
    Makes `customer_movements`, `joined_and_left`, `paying_and_using`, `mrr_movements` and `mrr_months`. The first month
    end is the opening balance: it has no row.

    Whoever was a member before the first month end only, and returns, counts as new: the history does not know it.
    Recurring revenue knows it from the contracts.

    Raises:
        UnknownNameError: `paying` or `using` is not the default, and no definition has that name.
        ExpressionError: an event date is no date over the facts.
    """
    rows = engine.query(
        "SELECT definition, bit, predicate, event_on, not_countable FROM definitions ORDER BY bit"
    ).to_pylist()
    bits = {row["definition"]: 0 if row["not_countable"] else row["bit"] for row in rows}
    parameters = {
        **policies.parameters,
        "paying_bit": _bit_of(paying, bits, PAYING),
        "using_bit": _bit_of(using, bits, USING),
        "opening": engine.scalar("SELECT MIN(as_of) FROM month_ends"),
    }
    _find_brief(engine, rows, parameters, constants)
    _count_customers(engine, rows, parameters, constants)
    move_mrr(engine, policies)


def _bit_of(definition: str, bits: Mapping[str, int], default: str) -> int:
    if definition not in bits and definition != default:
        raise UnknownNameError("definition", definition, bits, where=f"lifecycle.{default}")
    return bits.get(definition, 0)


def _count_customers(
    engine: Engine, rows: list[dict[str, Any]], parameters: Mapping[str, Any], constants: Mapping[str, Constant]
) -> None:
    def moved(row: dict[str, Any]) -> pa.Table:
        return engine.ask(PACKAGE, "members.sql", "counted", {**parameters, **row})

    def acquired(row: dict[str, Any]) -> pa.Table:
        event_on = _day(engine, row, constants)
        return engine.ask(PACKAGE, "members.sql", "acquired", {**parameters, **row}, event_on=event_on)

    engine.put("counted_movements", _by_definition(rows, moved, _MOVED))
    engine.put("counted_acquired", _by_definition([r for r in rows if r["event_on"]], acquired, _ACQUIRED))
    engine.run(PACKAGE, "movements.sql", parameters)


_MOVED = pa.schema(
    [("as_of", pa.date32())]
    + [(n, pa.int64()) for n in ("new", "reactivated", "churned", "churned_of_begin", "new_using")]
)
_ACQUIRED = pa.schema([("as_of", pa.date32()), ("acquired", pa.int64())])
_BRIEF = pa.schema([("party_id", pa.string())] + [(n, pa.date32()) for n in ("as_of", "joined_on", "left_on")])


def _by_definition(
    rows: Iterable[dict[str, Any]], ask: Callable[[dict[str, Any]], pa.Table], schema: pa.Schema
) -> pa.Table:
    """The answers for each definition, under each other. One question per definition keeps memory flat."""
    key = pa.field("definition", pa.string())
    found = [
        table.append_column(key, pa.array([row["definition"]] * table.num_rows, pa.string()))
        for row in rows
        for table in [ask(row).cast(schema)]
    ]
    return pa.concat_tables(found) if found else schema.append(key).empty_table()


def _day(engine: Engine, row: Mapping[str, Any], constants: Mapping[str, Constant]) -> Expression:
    """Check the event date of a definition: an expression over the facts that is a date."""
    text, where = row["event_on"], f"definition {row['definition']}"
    parsed = parse_expression(text, PUBLISHED["facts"].names, constants, where=where)
    try:
        ((_, kind, *_),) = engine.rows(f"DESCRIBE SELECT {parsed.sql} FROM facts")
    except DatabaseError as error:
        raise ExpressionError(f"'{text}' does not work: {first_line(error)}.", where=where) from None
    if kind not in ("DATE", "TIMESTAMP"):
        raise ExpressionError(f"'{text}' is a {kind}, not a date.", where=where, next_step="Name a day, as in won_on.")
    return parsed


def _find_brief(
    engine: Engine, rows: list[dict[str, Any]], parameters: Mapping[str, Any], constants: Mapping[str, Constant]
) -> None:
    """Find who joined and left between two month ends, for the definitions that ask no more than the contract tells."""
    engine.run(PACKAGE, "brief.sql", parameters)
    answerable = {row["definition"]: parsed for row in rows if (parsed := _told_by_contract(row, constants))}

    def joined(row: dict[str, Any]) -> pa.Table:
        return engine.ask(PACKAGE, "members.sql", "brief_joins", row, predicate=answerable[row["definition"]])

    brief = _by_definition([r for r in rows if r["definition"] in answerable], joined, _BRIEF)
    engine.put("joined_and_left", brief)


def _told_by_contract(row: Mapping[str, Any], constants: Mapping[str, Constant]) -> Expression | None:
    """The rule of a definition, when it needs nothing that only other systems know."""
    try:
        return parse_expression(row["predicate"], _KNOWN_OF_BRIEF, constants)
    except ExpressionError:
        return None
