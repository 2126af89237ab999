"""From dated facts to one stage per party, and to every team's count."""

from collections.abc import Sequence
from datetime import date

from valuekit.engine import Engine
from valuekit.lifecycle.definitions import Definition, definition_bits, settle_definitions
from valuekit.lifecycle.lists import reconcile_lists
from valuekit.lifecycle.presets import BUILTIN
from valuekit.lifecycle.reasons import REASONS, Reason, reason_bits
from valuekit.lifecycle.stages import classify_stages
from valuekit.lifecycle.windows import Windows
from valuekit.tables import PUBLISHED

_DEFAULT = Windows()


def classify(
    engine: Engine,
    *,
    as_of: date,
    windows: Windows = _DEFAULT,
    definitions: Sequence[Definition] = BUILTIN,
    reasons: Sequence[Reason] = REASONS,
) -> None:
    """Say in which stage each party is at a date, and which definition counts it.

    Reads the canonical tables with their party ids, limited to what was known at `as_of`; `parties`; `cash`.
    Makes `facts` (one row per party), `stages` (one row per party), `definitions`, `memberships` and
    `definition_differences`; beside them `contract_terms` (signed terms as they run), `stage_rules`,
    `definition_rules` and `definition_patterns`.

    Raises:
        ExpressionError: a predicate uses what is not there or not allowed.
        ConfigError: a definition has no system, is there twice, or not exactly one is the headline.
    """
    dated = {"as_of": as_of, "churn_date": windows.churn_date}
    engine.run("valuekit.lifecycle", "contracts.sql", dated)
    engine.run("valuekit.lifecycle", "facts.sql", dated)
    constants = windows.constants | {"use_recorded": engine.count("usage") > 0}
    classify_stages(engine, constants)
    engine.execute(
        "CREATE OR REPLACE TABLE party_systems AS SELECT system, CAST(1 << (ROW_NUMBER() OVER (ORDER BY system) - 1) AS BIGINT) AS bit FROM (SELECT DISTINCT system FROM party_records)"
    )
    definitions = settle_definitions(engine, definitions)
    _one_month(engine, constants, definitions, reasons)
    reconcile_lists(engine, as_of, constants, definitions, reasons)
    for name in _LATER:
        engine.make_empty(PUBLISHED[name])


_LATER = (
    "party_aliases", "history", "stage_months", "customer_movements", "paying_and_using", "mrr_movements",
    "mrr_months",
)  # fmt: skip


def _one_month(engine, constants, definitions, reasons):
    a, b = definition_bits(engine, definitions, constants), reason_bits(engine, reasons, constants)
    engine.execute(f"""CREATE OR REPLACE TABLE party_months AS SELECT party_id, as_of, stage, reason, {a.sql} AS definitions, {b.sql} AS reasons, mrr
        FROM facts JOIN stages USING (party_id) JOIN (SELECT party_id, BIT_OR(bit) AS system_bits FROM party_records JOIN party_systems USING (system) GROUP BY party_id) USING (party_id)""")
