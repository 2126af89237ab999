"""Everybody's lists at the date described, and any two of them reconciled at every month end."""

from collections.abc import Mapping, Sequence
from datetime import date

from valuekit.engine import Engine, Expression, parse_expression
from valuekit.engine.expressions import Constant
from valuekit.lifecycle.definitions import Definition, definition_bits, rule_table
from valuekit.lifecycle.reasons import Reason, reason_table
from valuekit.lifecycle.stages import FACTS, RULES
from valuekit.lifecycle.wording import words


def reconcile_lists(
    engine: Engine,
    as_of: date,
    constants: Mapping[str, Constant],
    definitions: Sequence[Definition],
    reasons: Sequence[Reason],
) -> None:
    """Say which definition counts which party, and why two of them differ.

    Reads `facts`, `stages`, `party_months` (party_id, as_of, definitions, reasons: sums of bits, as
    `definition_bits` and `reason_bits` give them for the same definitions and reasons).
    Makes `definitions`, `reasons`, `party_lists`, `memberships`, `definition_differences` and `reconciliation`; beside
    them `definition_rules`, `definition_patterns`, `internal_as_others` and `list_patterns`.

    Raises:
        ExpressionError: a predicate or `event_on` uses what is not there, or is of the wrong type.
        UnknownNameError: a sentence has a placeholder that is none.
    """
    engine.put("definition_rules", rule_table(engine, as_of, constants, definitions, reasons))
    engine.put("reasons", reason_table(reasons, words(as_of, constants)))
    bits = definition_bits(engine, definitions, constants)
    engine.run("valuekit.lifecycle", "internal.sql", rule=_first_rule(constants), definitions=bits)
    engine.run("valuekit.lifecycle", "definitions.sql", {"as_of": as_of})
    engine.run("valuekit.lifecycle", "reconciliation.sql")


def _first_rule(constants: Mapping[str, Constant]) -> Expression:
    """Number of the first stage rule that holds."""
    rules = [parse_expression(r.predicate, FACTS, constants, where="stage rules").sql for r in RULES]
    branches = " ".join(f"WHEN {rule} THEN {number}" for number, rule in enumerate(rules, start=1))
    return Expression("rule", f"(CASE {branches} END)", frozenset(FACTS))
