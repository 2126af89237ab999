"""How the count of every definition moves from month to month, and who stops paying or using."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import pyarrow as pa

from valuekit.engine import Engine, Expression, literal, parse_expression
from valuekit.engine.expressions import Constant
from valuekit.engine.steps import Slot
from valuekit.errors import ExpressionError, UnknownNameError
from valuekit.lifecycle.months import MONTHS_AT_ONCE
from valuekit.lifecycle.mrr import move_mrr
from valuekit.lifecycle.policies import Policies
from valuekit.lifecycle.predicates import parse_days

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
    engine.run(PACKAGE, "brief.sql", parameters)
    ask = partial(_by_definition, engine, parameters)
    told = {row["definition"]: parsed for row in rows if (parsed := _told_by_contract(row, constants))}
    engine.put("joined_and_left", ask("joined_and_left", _BRIEF, told, predicate=_case(told)))
    engine.put("counted_movements", ask("counted", _MOVED, bits))
    dated = _days({row["definition"]: row["event_on"] for row in rows if row["event_on"]}, engine, constants)
    engine.put("counted_acquired", ask("acquired", _ACQUIRED, dated, event_on=_case(dated)))
    engine.run(PACKAGE, "movements.sql", parameters)
    move_mrr(engine, policies)


def _bit_of(definition: str, bits: Mapping[str, int], default: str) -> int:
    if definition not in bits and definition != default:
        raise UnknownNameError("definition", definition, bits, where=f"lifecycle.{default}")
    return bits.get(definition, 0)


_KEY = ("definition", pa.string())
_MOVED = pa.schema(
    [_KEY, ("as_of", pa.date32())]
    + [(n, pa.int64()) for n in ("new", "reactivated", "churned", "churned_of_begin", "new_using")]
)
_ACQUIRED = pa.schema([_KEY, ("as_of", pa.date32()), ("acquired", pa.int64())])
_BRIEF = pa.schema([_KEY, ("party_id", pa.string())] + [(n, pa.date32()) for n in ("as_of", "joined_on", "left_on")])


def _by_definition(
    engine: Engine, parameters: Mapping[str, Any], step: str, schema: pa.Schema, asked: Iterable[str], **slots: Slot
) -> pa.Table:
    """The answers to a step of `members.sql`, for so many definitions at a time that memory stays flat."""
    at_once, names = max(1, MONTHS_AT_ONCE // max(1, engine.count("history"))), list(asked)
    found = [
        engine.ask(PACKAGE, "members.sql", step, {**parameters, "asked": names[i : i + at_once]}, **slots)
        for i in range(0, len(names), at_once)
    ]
    return pa.concat_tables([schema.empty_table(), *(table.select(schema.names).cast(schema) for table in found)])


def _case(expressions: Mapping[str, Expression]) -> Expression:
    """One expression over the definitions asked for: in each row, that of its definition."""
    cases = " ".join(f"WHEN {literal(definition)} THEN {e.sql}" for definition, e in expressions.items())
    columns: frozenset[str] = frozenset().union(*(e.columns for e in expressions.values()))
    return Expression("by definition", f"CASE a.definition {cases} END", columns)


def _days(texts: Mapping[str, str], engine: Engine, constants: Mapping[str, Constant]) -> dict[str, Expression]:
    """The event dates, checked, by definition."""
    checked = parse_days(engine, {f"definition {d}": text for d, text in texts.items()}, constants)
    return dict(zip(texts, checked.values(), strict=True))


def _told_by_contract(row: Mapping[str, Any], constants: Mapping[str, Constant]) -> Expression | None:
    """The rule of a definition, when it needs nothing that only other systems know."""
    try:
        return parse_expression(row["predicate"], _KNOWN_OF_BRIEF, constants)
    except ExpressionError:
        return None
