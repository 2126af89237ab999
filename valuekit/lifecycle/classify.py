"""From dated facts to one stage per party, and to every team's count: at a date, and at all month ends before it."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from valuekit.engine import Engine, Expression
from valuekit.lifecycle.definitions import BUILTIN, Definition, count_definitions
from valuekit.lifecycle.months import Period, make_facts, make_history, make_month_ends, make_party_systems
from valuekit.lifecycle.stages import RULES, put_stage_rules, without_internal_rule
from valuekit.lifecycle.windows import Windows
from valuekit.tables import PUBLISHED

_DEFAULT = Windows()
_NO_REASONS = Expression("reasons", "CAST(0 AS BIGINT)", frozenset())


def classify(
    engine: Engine,
    *,
    as_of: date,
    windows: Windows = _DEFAULT,
    definitions: Sequence[Definition] = BUILTIN,
    history_months: int = 36,
    internal: Literal["out", "in"] = "out",
) -> None:
    """Say in which stage each party is and which definition counts it: at a date, and at the month ends before it.

    Reads the canonical tables with their party ids, limited to what was known at `as_of`; `parties`; `cash_months`.
    Makes `facts` (one row per party), `stages` (one row per party), `definitions`, `memberships` and
    `definition_differences`; `history` and `stage_months`, over `history_months` month ends and the date itself. Beside
    them `month_ends`, `party_months` and `running_terms` (see `months`), `contract_terms` (signed terms as they run at
    the date), `party_systems`, `stage_rules`, `definition_rules` and `definition_patterns`.

    With `internal="in"`, internal and test accounts are staged and counted like others.

    Raises:
        ExpressionError: a predicate uses what is not there or not allowed.
        ConfigError: a definition has no system, is there twice, or not exactly one is the headline.
    """
    with_internal = internal == "in"
    make_party_systems(engine)
    period = Period(make_month_ends(engine, as_of, history_months), windows.churn_date)
    rules = put_stage_rules(engine, windows.constants, without_internal_rule() if with_internal else RULES)
    make_facts(engine, period)
    engine.run("valuekit.lifecycle", "stages.sql", rule=rules.rule, since=rules.since)
    bits = count_definitions(engine, as_of, windows.constants, definitions, with_internal=with_internal)
    make_history(engine, period, rule=rules.rule, definition_bits=bits, reason_bits=_NO_REASONS)
    for name in _LATER:
        engine.make_empty(PUBLISHED[name])


_LATER = (
    "party_aliases", "party_lists", "reasons", "reconciliation", "customer_movements",
    "paying_and_using", "mrr_movements", "mrr_months", "contract_issues", "renewals", "status_words", "paying_status",
    "managed_in", "commissions", "relationships", "trade", "cash_and_profit",
)  # fmt: skip
