"""The lifecycle stages: predicates over the facts in order of priority; the first that holds names the stage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from valuekit.engine import Engine, Expression, parse_expression
from valuekit.engine.expressions import Constant
from valuekit.lifecycle.evidence import not_countable, recorded_tables
from valuekit.tables import PUBLISHED

FACTS = PUBLISHED["facts"].names

COLUMNS = (*FACTS, "system_bits", "use_recorded")
"""What predicates read: the facts, the systems that have a record of the party (a sum of bits of `party_systems`), and
whether anybody's use of the product was on record."""

_NEVER_BOUGHT = "NOT (has_contract OR has_paid OR has_ordered)"
_UNDER_CONTRACT = "has_contract AND (contract_ends_on IS NULL OR contract_ends_on >= as_of)"
_CUSTOMER_BY_CONTRACT = f"{_UNDER_CONTRACT} AND has_paid"
_CUSTOMER_BY_ORDERS = "has_ordered AND days_since_order <= order_churn_days"
_CONTRACT_PASSED = "contract_ends_on < as_of AND has_paid"
_AFTER_LAST_TERM = "contract_ends_on + 1"
_AFTER_LAST_TERM_OR_ORDER = (
    f"GREATEST({_AFTER_LAST_TERM}, CASE WHEN has_ordered THEN last_ordered_on + order_churn_days + 1 END)"
)


@dataclass(frozen=True)
class StageRule:
    """One way into a stage: why, in words and as a predicate over the facts, and since when."""

    stage: str
    reason: str | None
    sentence: str
    predicate: str
    since: str = "NULL"
    """Day the party entered the stage, as an expression over the facts; NULL where they do not tell."""


RULES: tuple[StageRule, ...] = (
    StageRule("internal", None, "Internal or test account", "is_internal", "created_on"),
    StageRule("served", None, "Served without buying or paying", f"role = 'served' AND {_NEVER_BOUGHT}", "created_on"),
    StageRule(
        "supplier",
        None,
        "Supplier or partner that has never bought",
        f"role IN ('supplier', 'partner') AND {_NEVER_BOUGHT}",
        "created_on",
    ),
    StageRule(
        "active",
        None,
        "Under contract, paid, and used the product in the last {active_days} days",
        f"{_CUSTOMER_BY_CONTRACT} AND days_since_use <= active_days",
    ),
    StageRule(
        "inactive",
        "use_not_recorded",
        "Under contract and paid; the company records no use of its product",
        f"{_CUSTOMER_BY_CONTRACT} AND NOT use_recorded",
        "GREATEST(signed_on, first_paid_on)",
    ),
    StageRule(
        "inactive",
        "onboarding",
        "Under contract and paid, and has not used the product since the contract started",
        f"{_CUSTOMER_BY_CONTRACT} AND days_since_use IS NULL",
        "GREATEST(signed_on, first_paid_on)",
    ),
    StageRule(
        "inactive",
        "no_recent_use",
        "Under contract and paid, and has not used the product in the last {active_days} days",
        _CUSTOMER_BY_CONTRACT,
        "last_used_in_contract_on + active_days + 1",
    ),
    StageRule(
        "active",
        None,
        "Ordered in the last {order_active_days} days: an order is contract and payment at once",
        f"{_CUSTOMER_BY_ORDERS} AND days_since_order <= order_active_days",
    ),
    StageRule(
        "inactive",
        "no_recent_order",
        "Ordered in the last {order_churn_days} days, but not in the last {order_active_days}",
        _CUSTOMER_BY_ORDERS,
        "last_ordered_on + order_active_days + 1",
    ),
    StageRule(
        "signed_unpaid",
        "starts_later",
        "Signed a contract that has not started, and has paid nothing",
        f"{_UNDER_CONTRACT} AND NOT contract_current",
        "signed_on",
    ),
    StageRule("signed_unpaid", None, "Under contract, and has paid nothing", _UNDER_CONTRACT, "signed_on"),
    StageRule(
        "lapsed_paying",
        None,
        "The last contract has ended, and a payment came after it in the last {lapsed_paying_days} days",
        f"{_CONTRACT_PASSED} AND last_paid_on > contract_ends_on AND last_paid_on >= as_of - lapsed_paying_days",
        _AFTER_LAST_TERM,
    ),
    StageRule(
        "churned",
        "cancelled",
        "Was a customer and gave notice",
        f"{_CONTRACT_PASSED} AND cancelled_on IS NOT NULL",
        _AFTER_LAST_TERM_OR_ORDER,
    ),
    StageRule("churned", "lapsed", "Was a customer and did not renew", _CONTRACT_PASSED, _AFTER_LAST_TERM_OR_ORDER),
    StageRule(
        "churned",
        "no_recent_order",
        "Has not ordered in the last {order_churn_days} days",
        "has_ordered",
        "last_ordered_on + order_churn_days + 1",
    ),
    StageRule(
        "paid_without_contract",
        None,
        "Paid, without a contract or an order on record: for the exception list",
        "has_paid",
        "first_paid_on",
    ),
    StageRule(
        "prospect",
        "never_paid",
        "Had a contract and never paid, or was refunded in full",
        "has_contract",
        _AFTER_LAST_TERM,
    ),
    StageRule(
        "prospect",
        "returned_everything",
        "Ordered and sent everything back",
        "first_ordered_on IS NOT NULL OR ordered < 0",
    ),
    StageRule("prospect", "won_not_signed", "Deal won, nothing signed or paid", "won_on IS NOT NULL", "won_on"),
    StageRule(
        "prospect",
        "trial",
        "Started a trial or uses the product, and has not bought",
        "trial_started_on IS NOT NULL OR first_used_on IS NOT NULL",
        "LEAST(trial_started_on, first_used_on)",
    ),
    StageRule(
        "prospect",
        "engaged",
        "Marketing contact or a deal, and has not bought",
        "engaged_on IS NOT NULL OR opened_on IS NOT NULL",
        "LEAST(engaged_on, opened_on)",
    ),
    StageRule("contact", None, "Known, and nothing else", "TRUE", "created_on"),
)
"""In order of priority. Contracts come before orders, so that one party has one stage; but whoever still counts as a
customer by orders stays one when a contract is unpaid or has ended."""


@dataclass(frozen=True)
class Rules:
    """The stage rules as SQL over the facts: the number of the first that holds, and the day of its `since`."""

    rule: Expression
    since: Expression


def without_internal_rule(rules: Sequence[StageRule] = RULES) -> tuple[StageRule, ...]:
    """Return the rules by which internal and test accounts are staged like others."""
    return tuple(r for r in rules if r.stage != "internal")


def put_stage_rules(engine: Engine, constants: Mapping[str, Constant], rules: Sequence[StageRule] = RULES) -> Rules:
    """Make `stage_rules`, the rules by number, and return their SQL.

    Reads whether the canonical tables have rows: `not_countable` says why nobody can come into a stage by a rule, so
    that its sentence is left out wherever the company is told its stages.
    """
    predicates = {n: _parse(r.predicate, constants) for n, r in enumerate(rules, start=1)}
    recorded = recorded_tables(engine)
    empty = {n: not_countable(engine, p, recorded) for n, p in predicates.items()}
    engine.put("stage_rules", _rule_table(rules, predicates, empty, constants))
    since = {n: _parse(r.since, constants) for n, r in enumerate(rules, start=1)}
    return Rules(_case(predicates), _case_of(since))


def _parse(text: str, constants: Mapping[str, Constant]) -> Expression:
    return parse_expression(text, COLUMNS, constants, where="stage rules")


def _case(predicates: Mapping[int, Expression]) -> Expression:
    """Number of the first predicate that holds."""
    branches = " ".join(f"WHEN {p.sql} THEN {n}" for n, p in predicates.items())
    return Expression("rule", f"(CASE {branches} END)", _read_by(predicates.values()))


def _case_of(values: Mapping[int, Expression]) -> Expression:
    """Value that belongs to the rule."""
    branches = " ".join(f"WHEN {n} THEN CAST({v.sql} AS DATE)" for n, v in values.items())
    return Expression("since", f"(CASE rule {branches} END)", _read_by(values.values()))


def _read_by(expressions: Iterable[Expression]) -> frozenset[str]:
    return frozenset().union(*(e.columns for e in expressions))


def _rule_table(
    rules: Sequence[StageRule],
    predicates: Mapping[int, Expression],
    empty: Mapping[int, str | None],
    constants: Mapping[str, Constant],
) -> pa.Table:
    rows = [
        {
            "rule": n,
            "stage": r.stage,
            "reason": r.reason,
            "sentence": r.sentence.format(**constants),
            "predicate": predicates[n].sql,
            "not_countable": empty[n],
        }
        for n, r in enumerate(rules, start=1)
    ]
    texts = [(name, pa.string()) for name in ("stage", "reason", "sentence", "predicate", "not_countable")]
    return pa.Table.from_pylist(rows, pa.schema([("rule", pa.int32()), *texts]))
