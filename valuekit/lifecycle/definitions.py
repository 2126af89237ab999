"""A team's definition of customer: a predicate over facts and stage, with owner, sentence and source of truth."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from hashlib import sha256
from typing import Any, Literal

import pyarrow as pa

from valuekit.engine import Engine, Expression
from valuekit.engine.expressions import Constant
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.lifecycle.evidence import FACT_TABLES, facts_held_by, not_countable, source_of_truth, systems_by_table
from valuekit.lifecycle.predicates import MOST_BITS, as_bits, parse_conditions, parse_days
from valuekit.lifecycle.reasons import NO_FACT, NOT_COUNTABLE, Reason, bits_that_explain, reason_table
from valuekit.lifecycle.stages import RULES
from valuekit.lifecycle.wording import fill, words


@dataclass(frozen=True)
class Definition:
    """One team's definition of customer, or all parties that one system knows.

    `predicate` is an expression over the columns of `facts`, `stage`, `reason` and `system_bits`; windows may be named
    in it (`active_days`). A team's predicate that does not speak of `is_internal` leaves internal and test accounts
    out. `event_on` is the day that makes a party count, over the facts. `label`, `sentence`, `counts` and `excludes`
    may use `{as_of}`, `{month_to_date}`, `{system}` and the windows.
    """

    key: str
    label: str
    owner: str
    system: str
    """Source of truth."""
    sentence: str
    predicate: str
    headline: bool = False
    event_on: str | None = None
    counts: str | None = None
    """Whom it counts, in words."""
    excludes: str | None = None
    status: str = "open"
    answers: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Each team's own answer, by team."""
    version: int = 1
    kind: Literal["team", "system"] = "team"
    system_is_role: bool = False
    """`system` is what built-in definitions call it: it gives way to the name that the data use."""


_GIVEN = [f.name for f in fields(Definition) if f.name not in ("key", "kind", "system_is_role")]
_NEEDED = ("label", "owner", "system", "sentence", "predicate")


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

    >>> [d.key for d in merge_definitions([], {"vip": dict(
    ...     label="VIP", owner="Sales", system="crm", sentence="Big deals", predicate="won_amount > 1000")})]
    ['vip']
    """
    merged = {d.key: d for d in builtin}
    for key, given in extra.items():
        merged[key] = _overridden(merged.get(key), key, given)
    chosen = {key for key, given in extra.items() if given.get("headline")}
    former = {d.key for d in builtin if d.headline}
    return tuple(replace(d, headline=d.key in (chosen or former)) for d in merged.values())


def _overridden(former: Definition | None, key: str, given: Mapping[str, Any]) -> Definition:
    where = f"definition {key}"
    for name in given:
        if name not in _GIVEN:
            raise UnknownNameError("field", name, _GIVEN, where=where)
    if former:
        return replace(former, **{"system_is_role": former.system_is_role and "system" not in given, **given})
    missing = [name for name in _NEEDED if not given.get(name)]
    if missing:
        raise ConfigError(f"needs {', '.join(missing)}.", where=where)
    return Definition(key, **given)


def settle_definitions(engine: Engine, definitions: Sequence[Definition]) -> tuple[Definition, ...]:
    """Return the definitions that a run counts by: sources of truth as the data name them, and a list per system.

    Reads the canonical tables (their systems) and, when it is there, `party_systems` (system, bit).
    Raises `ConfigError` when a definition has no system, is there twice, or not exactly one is the headline.
    """
    _check(definitions)
    systems = systems_by_table(engine)
    settled = [
        replace(d, system=source_of_truth(d.system, systems), system_is_role=False) if d.system_is_role else d
        for d in definitions
    ]
    known = engine.rows("SELECT system, bit FROM party_systems ORDER BY bit") if engine.has("party_systems") else []
    settled += [_system_list(system, bit) for system, bit in known]
    _check_keys(settled)  # a team's definition may have the key of a system's list
    if len(settled) > MOST_BITS:
        counted = f"{len(settled)} definitions" + (f", {len(known)} of them lists of systems" if known else "")
        raise ConfigError(f"there are {counted}; {MOST_BITS} are the most.", next_step="Leave some out.")
    return tuple(settled)


def _system_list(system: str, bit: int) -> Definition:
    return Definition(
        f"known_in_{system}",
        "Known in {system}",
        "",
        system,
        "All parties that {system} had a record of by {as_of}",
        f"(system_bits & {bit}) <> 0",
        event_on="created_on",
        counts="Every party with a record in {system}, customer or not; internal and test accounts too",
        excludes="Parties that {system} does not know",
        kind="system",
    )


def _check(definitions: Sequence[Definition]) -> None:
    _check_keys(definitions)
    for d in definitions:
        where = f"definition {d.key}"
        if not (d.system or "").strip():
            raise ConfigError("has no system.", where=where, next_step="Name its source of truth.")
        if d.status not in ("agreed", "open"):
            raise ConfigError(f"has the status '{d.status}'.", where=where, next_step="Say agreed or open.")
    chosen = [d.key for d in definitions if d.headline]
    if len(chosen) != 1:
        named = ", ".join(chosen) or "none"
        raise ConfigError(f"one definition must be the headline; {named} is.", next_step="Set headline: true on one.")


def _check_keys(definitions: Sequence[Definition]) -> None:
    keys = [d.key for d in definitions]
    for d in definitions:
        if not d.key.strip():
            raise ConfigError(f"definition {d.label} has an empty key.", next_step="Give it a short name, such as vip.")
        if keys.count(d.key) > 1:
            where = f"definition {d.key}"
            raise ConfigError("is there twice.", where=where, next_step="Choose another key for one of the two.")


def definition_bits(
    engine: Engine,
    definitions: Sequence[Definition],
    constants: Mapping[str, Constant],
    *,
    with_internal: bool = False,
) -> Expression:
    """Return a BIGINT expression: the sum of the bits of the definitions that count a party.

    Reads the columns of `facts`, `stage`, `reason` and `system_bits` (the sum of the bits in `party_systems` of the
    systems that know the party) of whatever row it is placed over; the bit of a definition is 2 to the power of its
    place. `definitions` are those of `settle_definitions`. `with_internal` lets internal and test accounts in.
    Raises `ExpressionError` for a predicate that uses what is not there, or is not true or false.
    """
    return as_bits("definitions", _conditions(engine, definitions, constants, with_internal))


def _conditions(
    engine: Engine, definitions: Sequence[Definition], constants: Mapping[str, Constant], with_internal: bool
) -> list[Expression]:
    """Check the predicates; without a word about internal accounts, a team's leaves them out."""
    given = parse_conditions(engine, {f"definition {d.key}": d.predicate for d in definitions}, constants)
    return [
        c if with_internal or d.kind == "system" or "is_internal" in c.columns else _outside(c)
        for d, c in zip(definitions, given.values(), strict=True)
    ]


def _outside(condition: Expression) -> Expression:
    text, sql = f"({condition.text}) AND NOT is_internal", f'({condition.sql} AND NOT "is_internal")'
    return Expression(text, sql, condition.columns | {"is_internal"})


def put_definition_rules(
    engine: Engine,
    as_of: date,
    constants: Mapping[str, Constant],
    definitions: Sequence[Definition],
    reasons: Sequence[Reason],
    *,
    with_internal: bool = False,
) -> None:
    """Make `definition_rules` (rows of `definitions`, before anybody is counted) and `reasons`.

    Raises `ExpressionError` for an `event_on` that is no date, `UnknownNameError` for a placeholder that is none.
    """
    conditions = _conditions(engine, definitions, constants, with_internal)
    dated = {f"event_on of definition {d.key}": d.event_on for d in definitions if d.event_on}
    parse_days(engine, dated, constants)
    systems, known = systems_by_table(engine), words(as_of, constants)
    rows = [
        {"bit": 1 << place, **_described(d, known), **_ruled(engine, d, c, constants, systems, reasons)}
        for place, (d, c) in enumerate(zip(definitions, conditions, strict=True))
    ]
    engine.put("definition_rules", pa.Table.from_pylist(rows, _RULE_SCHEMA))
    engine.put("reasons", reason_table(reasons, known))


_TEXTS = (
    "definition", "label", "owner", "system", "sentence", "predicate", "event_on", "counts", "excludes", "status",
    "answers", "fingerprint", "kind", "not_countable",
)  # fmt: skip
_NUMBERS = ("bit", "version", "reason_bits")
_RULE_SCHEMA = pa.schema(
    [(name, pa.int64()) for name in _NUMBERS] + [(name, pa.string()) for name in _TEXTS] + [("headline", pa.bool_())]
)


def _described(definition: Definition, known: Mapping[str, str]) -> dict[str, Any]:
    """What people wrote of it, with the words filled in."""
    known = {**known, "system": definition.system}
    where = f"definition {definition.key}"
    told = {name: getattr(definition, name) for name in ("label", "sentence", "counts", "excludes")}
    return {
        "definition": definition.key,
        **{name: text and fill(text, known, where) for name, text in told.items()},
        **{name: getattr(definition, name) for name in ("owner", "system", "status", "version", "kind", "headline")},
        "answers": json.dumps(dict(definition.answers), ensure_ascii=False) if definition.answers else None,
    }


def _ruled(
    engine: Engine,
    definition: Definition,
    condition: Expression,
    constants: Mapping[str, Constant],
    systems: Mapping[str, Collection[str]],
    reasons: Sequence[Reason],
) -> dict[str, Any]:
    """What follows from its rule: whether it can count, which reasons explain an absence, its fingerprint."""
    recorded = [table for table in {t for tables in FACT_TABLES.values() for t in tables} if systems.get(table)]
    empty = not_countable(engine, condition, recorded)
    rests_on = {NOT_COUNTABLE} if empty else {*condition.columns, *_held(definition, systems)}
    return {
        "predicate": condition.text,
        "event_on": definition.event_on,
        "not_countable": empty,
        "reason_bits": bits_that_explain(reasons, rests_on),
        "fingerprint": _fingerprint(condition, definition.event_on, constants),
    }


def _held(definition: Definition, systems: Mapping[str, Collection[str]]) -> set[str]:
    """A system's list rests on the facts that come from it."""
    if definition.kind == "team":
        return set()
    return facts_held_by(definition.system, systems) or {NO_FACT}


def _fingerprint(condition: Expression, event_on: str | None, constants: Mapping[str, Constant]) -> str:
    """A changed rule, or a changed window that it uses, gives another one; what the data hold is no part of it."""
    staged = {"stage", "reason"} & condition.columns
    texts = [condition.text, event_on or "", *(r.predicate for r in RULES if staged)]
    named = set(re.findall(r"\w+", " ".join(texts)))
    windows = {n: v for n, v in constants.items() if n in named and not isinstance(v, bool)}
    return sha256(json.dumps([texts, windows], sort_keys=True).encode()).hexdigest()[:12]
