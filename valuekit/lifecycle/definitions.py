"""The teams' definitions of customer: predicates over the facts and the stage, each with its owner and its sentence."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import pyarrow as pa

from valuekit.calendar import month_start
from valuekit.engine import DatabaseError, Engine, Expression, first_line, parse_expression
from valuekit.engine.expressions import Constant
from valuekit.errors import ConfigError, ExpressionError, UnknownNameError
from valuekit.lifecycle.evidence import FACT_TABLES, not_countable
from valuekit.lifecycle.stages import COLUMNS
from valuekit.tables.published import CUSTOMER_STAGES

MOST_DEFINITIONS = 62
"""A party's memberships are bits of one whole number."""


@dataclass(frozen=True)
class Definition:
    """One team's definition of customer.

    `predicate` is an expression over the columns of `facts`, `stage` and `reason`; windows may be named in it
    (`active_days`). A predicate that does not speak of `is_internal` leaves internal and test accounts out.
    `label` and `sentence` may use `{as_of}`, `{month_to_date}`, `{system}` and the windows.
    """

    key: str
    label: str
    owner: str
    system: str
    sentence: str
    predicate: str
    headline: bool = False


_CUSTOMER = f"stage IN ({', '.join(repr(s) for s in CUSTOMER_STAGES)})"
_OUTSIDE = "stage <> 'supplier'"

BUILTIN: tuple[Definition, ...] = (
    Definition(
        "paid_current", "Customers", "Finance", "billing",
        "Paid, current customers according to {system}, as of {as_of}", _CUSTOMER, headline=True,
    ),
    Definition(
        "sales", "Bought", "Sales", "crm",
        "Parties with a deal won or an order placed by {as_of}, in use or not, according to {system}",
        "won_on IS NOT NULL OR first_ordered_on IS NOT NULL",
    ),
    Definition(
        "marketing", "Engaged", "Marketing", "marketing",
        "Parties that answered a campaign, downloaded something or started a trial by {as_of}, according to {system}",
        f"engaged_on IS NOT NULL AND {_OUTSIDE}",
    ),
    Definition(
        "finance", "Signed and paid", "Finance", "billing",
        "Parties that signed a contract or ordered, and whose payments by {as_of} exceed their refunds, "
        "according to {system}",
        "(has_contract AND has_paid) OR has_ordered",
    ),
    Definition(
        "product", "Used in the calendar month", "Product", "product",
        "Parties that used the product, trials too, from {month_to_date}, according to {system}",
        f"used_this_month AND {_OUTSIDE}",
    ),
    Definition(
        "interest", "Showed interest", "Marketing", "marketing",
        "Parties with a marketing contact, a trial, a deal or use of the product by {as_of}, according to {system}",
        f"COALESCE(engaged_on, trial_started_on, opened_on, first_used_on) IS NOT NULL AND {_OUTSIDE}",
    ),
    Definition(
        "signed", "Signed a contract", "Sales", "contracts",
        "Parties that signed a contract by {as_of}, paid or not, according to {system}", "has_contract",
    ),
    Definition(
        "first_payment", "Made a payment", "Finance", "billing",
        "Parties that paid or ordered by {as_of} and were not refunded in full, contract or not, according to {system}",
        "has_paid OR has_ordered",
    ),
    Definition(
        "paying_30_days", "Paying for more than 30 days", "Finance", "billing",
        "Current customers whose first payment or order lies more than 30 days before {as_of}, according to {system}",
        f"{_CUSTOMER} AND LEAST(first_paid_on, first_ordered_on) < as_of - 30",
    ),
    Definition(
        "used_this_month", "Customers who used it in the calendar month", "Product", "product",
        "Current customers that used the product from {month_to_date}, according to {system}",
        f"used_this_month AND {_CUSTOMER}",
    ),
    Definition(
        "used_30_days", "Used in the last 30 days", "Product", "product",
        "Parties that used the product, trials too, in the 30 days to {as_of}, according to {system}",
        f"last_used_on >= as_of - 30 AND {_OUTSIDE}",
    ),
    Definition(
        "net_cash_positive", "Customers by cash", "Finance", "ledger",
        "External parties that have brought in more cash than they cost, all months to {as_of}, according to {system}",
        "net_cash > 0",
    ),
)  # fmt: skip
"""The headline, the four teams, and further presets. An order is contract and payment at once."""


@dataclass(frozen=True)
class Headline:
    """The one number that the company reports, and what it means."""

    number: int
    sentence: str


def headline(rows: Iterable[Mapping[str, Any]]) -> Headline:
    """Return the headline number from rows of the `definitions` table.

    >>> headline([{"headline": True, "members": 620, "sentence": "Paid, current customers, as of 30 June 2026"}])
    Headline(number=620, sentence='Paid, current customers, as of 30 June 2026')
    """
    for row in rows:
        if row["headline"]:
            return Headline(row["members"], row["sentence"])
    raise ConfigError("no definition is the headline.", next_step="Set headline: true on one definition.")


def merge_definitions(builtin: Sequence[Definition], extra: Mapping[str, Mapping[str, Any]]) -> tuple[Definition, ...]:
    """Return the built-in definitions with fields overridden, and further ones behind them, by key.

    A new headline takes the place of the former.

    >>> [d.key for d in merge_definitions(BUILTIN[:1], {"vip": dict(
    ...     label="VIP", owner="Sales", system="crm", sentence="Big deals", predicate="won_amount > 1000")})]
    ['paid_current', 'vip']
    """
    merged = {d.key: d for d in builtin}
    for key, given in extra.items():
        merged[key] = _overridden(merged.get(key), key, given)
    chosen = {key for key, given in extra.items() if given.get("headline")}
    former = {d.key for d in builtin if d.headline}
    return tuple(replace(d, headline=d.key in (chosen or former)) for d in merged.values())


def _overridden(former: Definition | None, key: str, given: Mapping[str, Any]) -> Definition:
    where, known = f"definition {key}", [f.name for f in fields(Definition) if f.name != "key"]
    for name in given:
        if name not in known:
            raise UnknownNameError("field", name, known, where=where)
    if former:
        return replace(former, **given)
    missing = [name for name in known if name not in given and name != "headline"]
    if missing:
        raise ConfigError(f"needs {', '.join(missing)}.", where=where)
    return Definition(key, **given)


def count_definitions(
    engine: Engine,
    as_of: date,
    constants: Mapping[str, Constant],
    definitions: Sequence[Definition],
    *,
    with_internal: bool = False,
) -> Expression:
    """Say which definition counts which party; return the bits of the definitions, see `definition_bits`.

    Reads `facts` and `stages`; makes `definitions`, `memberships`, `definition_differences`, and `definition_rules`
    and `definition_patterns` on the way. `with_internal` lets internal and test accounts in.
    """
    _check(definitions)
    recorded = [table for table in {t for tables in FACT_TABLES.values() for t in tables} if engine.count(table)]
    rules = []
    for place, definition in enumerate(definitions):
        predicate = _predicate(engine, definition, constants, with_internal)
        row = _rule_row(definition, 1 << place, predicate.text, _words(as_of, constants))
        rules.append({**row, "not_countable": not_countable(predicate.columns, recorded)})
    engine.put("definition_rules", pa.Table.from_pylist(rules, _RULE_SCHEMA))
    bits = definition_bits(engine, definitions, constants, with_internal=with_internal)
    engine.run("valuekit.lifecycle", "definitions.sql", bits=bits)
    return bits


def definition_bits(
    engine: Engine,
    definitions: Sequence[Definition],
    constants: Mapping[str, Constant],
    *,
    with_internal: bool = False,
) -> Expression:
    """Return the sum of the bits of the definitions that count a party, over its facts, its stage and its reason."""
    predicates = [_predicate(engine, d, constants, with_internal) for d in definitions]
    bits = " + ".join(["0", *(f"CASE WHEN {p.sql} THEN {1 << place} ELSE 0 END" for place, p in enumerate(predicates))])
    return Expression("bits", f"CAST({bits} AS BIGINT)", frozenset().union(*(p.columns for p in predicates)))


_RULE_SCHEMA = pa.schema(
    [("bit", pa.int64())]
    + [
        (name, pa.string())
        for name in ("definition", "label", "owner", "system", "sentence", "predicate", "not_countable")
    ]
    + [("headline", pa.bool_())]
)


def _check(definitions: Sequence[Definition]) -> None:
    keys = [d.key for d in definitions]
    for d in definitions:
        if keys.count(d.key) > 1:
            raise ConfigError("is there twice.", where=f"definition {d.key}")
        if not d.system.strip():
            raise ConfigError("has no system.", where=f"definition {d.key}", next_step="Name its source of truth.")
    if len(keys) > MOST_DEFINITIONS:
        raise ConfigError(f"there are {len(keys)} definitions; {MOST_DEFINITIONS} are the most.")
    chosen = [d.key for d in definitions if d.headline]
    if len(chosen) != 1:
        named = ", ".join(chosen) or "none"
        raise ConfigError(f"one definition must be the headline; {named} is.", next_step="Set headline: true on one.")


def _predicate(
    engine: Engine, definition: Definition, constants: Mapping[str, Constant], with_internal: bool
) -> Expression:
    """Check the predicate; without a word about internal accounts, it leaves them out."""

    def parse(text: str) -> Expression:
        return parse_expression(text, [*COLUMNS, "stage", "reason"], constants, where=f"definition {definition.key}")

    predicate = parse(definition.predicate)
    _check_truth(engine, predicate, f"definition {definition.key}")
    if with_internal or "is_internal" in predicate.columns:
        return predicate
    return parse(f"({definition.predicate}) AND NOT is_internal")


def _check_truth(engine: Engine, predicate: Expression, where: str) -> None:
    """Raise when a predicate compares what cannot be compared, or is a number or a text instead of true or false."""
    try:
        ((_, kind, *_),) = engine.rows(f"DESCRIBE SELECT {predicate.sql} FROM facts JOIN stages USING (party_id)")
    except DatabaseError as error:
        raise ExpressionError(f"'{predicate.text}' does not work: {first_line(error)}.", where=where) from None
    if kind != "BOOLEAN":
        raise ExpressionError(
            f"'{predicate.text}' is a {kind}, not true or false.", where=where, next_step="Compare it: `... > 0`."
        )


def _rule_row(definition: Definition, bit: int, predicate: str, words: Mapping[str, str]) -> dict[str, Any]:
    words = {**words, "system": definition.system}
    return {
        "bit": bit,
        "definition": definition.key,
        "label": _fill(definition.label, words, definition.key),
        "owner": definition.owner,
        "system": definition.system,
        "sentence": _fill(definition.sentence, words, definition.key),
        "predicate": predicate,
        "headline": definition.headline,
    }


def _words(as_of: date, constants: Mapping[str, Constant]) -> dict[str, str]:
    """What a sentence may name: the date, the calendar month so far, the windows."""
    so_far = f"{month_start(as_of).day} to {_long(as_of)}"
    return {"as_of": _long(as_of), "month_to_date": so_far} | {k: str(v) for k, v in constants.items()}


def _long(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def _fill(text: str, words: Mapping[str, str], key: str) -> str:
    def word(match: re.Match[str]) -> str:
        if match[1] not in words:
            raise UnknownNameError("placeholder", match[1], words, where=f"definition {key}")
        return words[match[1]]

    return re.sub(r"\{(\w+)\}", word, text)
