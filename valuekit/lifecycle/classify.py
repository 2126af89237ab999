"""From dated facts to one stage per party, and to every team's count: at a date, and at all month ends before it."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from valuekit.engine import Engine
from valuekit.lifecycle.definitions import Definition, definition_bits, put_definition_rules, settle_definitions
from valuekit.lifecycle.lists import reconcile_lists
from valuekit.lifecycle.months import Period, cluster, make_facts, make_history, make_month_ends, make_party_systems
from valuekit.lifecycle.movements import PAYING, USING, move
from valuekit.lifecycle.policies import Policies
from valuekit.lifecycle.presets import BUILTIN
from valuekit.lifecycle.reasons import REASONS, Reason, reason_bits
from valuekit.lifecycle.stages import RULES, Rules, put_stage_rules, without_internal_rule
from valuekit.lifecycle.windows import Windows

_DEFAULT = Windows()
_AS_USUAL = Policies()


def classify(
    engine: Engine,
    *,
    as_of: date,
    windows: Windows = _DEFAULT,
    definitions: Sequence[Definition] = BUILTIN,
    reasons: Sequence[Reason] = REASONS,
    history_months: int = 36,
    internal: Literal["out", "in"] = "out",
    paying: str = PAYING,
    using: str = USING,
    policies: Policies = _AS_USUAL,
) -> None:
    """Say in which stage each party is and which definition counts it, at each month end, and how that moves.

    Reads, makes and raises what `count` does; then the movements between the month ends (see `movements`), by
    `policies` and the definitions `paying` and `using`.
    """
    count(
        engine, as_of=as_of, windows=windows, definitions=definitions, reasons=reasons, history_months=history_months,
        internal=internal,
    )  # fmt: skip
    move(engine, paying=paying, using=using, policies=policies, constants=windows.constants)


def count(
    engine: Engine,
    *,
    as_of: date,
    windows: Windows = _DEFAULT,
    definitions: Sequence[Definition] = BUILTIN,
    reasons: Sequence[Reason] = REASONS,
    history_months: int = 36,
    internal: Literal["out", "in"] = "out",
) -> None:
    """Say in which stage each party is and which definition counts it: at a date, and at the month ends before it.

    And of any two definitions, why one counts a party and the other does not.

    Reads the canonical tables with their party ids, limited to what was known at `as_of`; `parties`; `cash_months`; the
    settlement of the invoices at `as_of` (see `cashflow.settle`).
    Makes `facts` (one row per party), `stages` (one row per party), `definitions`, `reasons`, `party_lists`,
    `memberships`; `history`, `stage_months` and `reconciliation`, over `history_months`
    month ends and the date itself. Beside them `month_ends`, `party_months` and `running_terms` (see `months`),
    `contract_terms` (signed terms as they run at the date), `party_systems`, `stage_rules`, and what the lists are made
    of (see `lists`). With `internal="in"`, internal and test accounts are staged and counted like others.

    Raises:
        ExpressionError: a predicate uses what is not there or not allowed.
        ConfigError: a definition has no system, is there twice, or not exactly one is the headline; too many reasons.
    """
    with_internal, constants = internal == "in", windows.constants
    period, rules = stage(engine, as_of=as_of, windows=windows, history_months=history_months, internal=internal)
    definitions = settle_definitions(engine, definitions)
    counted = definition_bits(engine, definitions, constants, with_internal=with_internal)
    explained = reason_bits(engine, reasons, constants)
    make_history(engine, period, rule=rules.rule, definition_bits=counted, reason_bits=explained)
    put_definition_rules(engine, as_of, constants, definitions, reasons, with_internal=with_internal)
    reconcile_lists(engine, as_of, rule=rules.rule, definition_bits=counted)


def stage(
    engine: Engine,
    *,
    as_of: date,
    windows: Windows = _DEFAULT,
    history_months: int = 36,
    internal: Literal["out", "in"] = "out",
) -> tuple[Period, Rules]:
    """Say in which stage each party is at a date: the first part of `count`, for whoever asks no more.

    Reads as `count` does. Makes `facts`, `stages`, `stage_rules`, `contract_terms`, `party_systems` and
    `month_ends`.

    Returns the month ends that the rest of `count` goes through, and the SQL of the rules.
    """
    cluster(engine)
    make_party_systems(engine)
    period = Period(make_month_ends(engine, as_of, history_months), windows.churn_date)
    rules = put_stage_rules(engine, windows.constants, without_internal_rule() if internal == "in" else RULES)
    make_facts(engine, period)
    engine.run("valuekit.lifecycle", "stages.sql", rule=rules.rule, since=rules.since)
    return period, rules
