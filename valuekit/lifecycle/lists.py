"""Everybody's lists at the date described, and any two lists reconciled at every month end."""

from datetime import date

from valuekit.engine import Engine, Expression

_PACKAGE = "valuekit.lifecycle"


def reconcile_lists(engine: Engine, as_of: date, *, rule: Expression, definition_bits: Expression) -> None:
    """Count the members of each definition, and say why any two of one kind differ.

    Reads `facts`, `stages`, `stage_rules`, `definition_rules`, `reasons` and `party_months` (party_id, as_of,
    definitions and reasons as sums of bits; the last of its dates is `as_of`). `rule` numbers the stage rule that holds
    for a row of `facts`; `definition_bits` are the definitions behind `definition_rules`.

    Makes `definitions`, `party_lists`, `memberships` and `reconciliation`; beside them `internal_as_others` and
    `list_patterns`.
    """
    engine.run(_PACKAGE, "internal.sql", rule=rule, definition_bits=definition_bits)
    engine.run(_PACKAGE, "definitions.sql", {"as_of": as_of})
    engine.run(_PACKAGE, "reconciliation.sql")
