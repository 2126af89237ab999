"""From records of many systems to one party each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.engine.steps import quote
from valuekit.errors import CheckError, UnknownNameError
from valuekit.identity.apart import keep_apart
from valuekit.identity.components import Codes, Level, payers, spanning_forest, unite
from valuekit.identity.decisions import Decision, check_decisions
from valuekit.identity.matching import Matching, find_matches
from valuekit.identity.units import Unit, unit_of
from valuekit.tables import CANONICAL, PUBLISHED, Table

RULES = ("link", "billing_id", "tax_id", "email", "domain_name")
"""Exact keys, strongest first."""

SHARED_DOMAINS = ("gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "gmx.net", "web.de")
"""Domains of mail providers: they identify nobody."""

MOST_SHARED = 50
"""A value that more records have than this is no key, such as the address of a help desk."""

_PACKAGE = "valuekit.identity"
_MATCHING = Matching()
_SCRATCH = "identity_"
_RECORDS, _ALIASES = PUBLISHED["party_records"], PUBLISHED["party_aliases"]


@dataclass(frozen=True)
class Former:
    """Whose record was whose in a former run: the tables `party_records` and `party_aliases` that it published."""

    records: pa.Table
    aliases: pa.Table


NOTHING = Former(_RECORDS.empty(), _ALIASES.empty())
"""No former run."""


def resolve(
    engine: Engine,
    *,
    rules: Sequence[str] = RULES,
    shared_domains: Sequence[str] = SHARED_DOMAINS,
    matching: Matching = _MATCHING,
    decisions: Sequence[Decision] = (),
    former: Former = NOTHING,
    unit: Unit = "person",
) -> None:
    """Merge the records of one party, and put its id beside every record that another table names.

    Records that share an exact key are one party, and so are records that a link of kind `same` joins. What keys leave
    is compared by name, address, phone and the rest, and joined when it is likely enough to be one. Two records with
    different billing ids are never joined by a key or a match: a record between them goes to the one that the strongest
    rule ties it to. Nor are internal or test accounts joined to others. Both kinds of pair go to `review_pairs`, and so
    do pairs that are likely, but not enough, and values that more than 50 records share, which are not used. A link is
    a person's word and joins them all; a decision goes before everything, and may also keep records apart.

    Then parties are counted together as `unit` says. That says nothing of who is who: two payers may be in one unit.

    Reads `records` and `links`. Makes `parties`, `party_records`, `party_aliases`, `merge_log` and `review_pairs`; adds
    `party_id` (`<column>_party_id` where the column is not `record`) to every canonical table that names a record;
    decisions about unknown records go to `quarantine`, where there is one, as warnings.
    A party's id comes from its oldest record, so it does not depend on the order of rows, and stays as it was in
    `former`.

    Raises:
        UnknownNameError: a rule does not exist.
        ContractError: decisions contradict each other.
        CheckError: two parties have the same id.
    """
    check_decisions(decisions)
    list_keys(engine, rules=rules, shared_domains=shared_domains, decisions=decisions)
    first = _find_parties(engine, rules, list(shared_domains), matching)
    _put_parties(engine, first, unit_of(engine, first, unit))
    _put_former(engine, former)
    engine.run(_PACKAGE, "ids.sql")
    engine.run(_PACKAGE, "parties.sql", {"most_shared": MOST_SHARED})
    _log_merges(engine, first)
    _check_ids(engine)
    _warn_of_unknown(engine)
    present = engine.catalogue()
    for table in CANONICAL.values():
        _add_party_ids(engine, table, present)
    engine.drop(*(name for name in present if name.startswith(_SCRATCH)))


def list_keys(
    engine: Engine,
    *,
    rules: Sequence[str] = RULES,
    shared_domains: Sequence[str] = SHARED_DOMAINS,
    decisions: Sequence[Decision] = (),
) -> None:
    """Make the tables of records by age, of what they say, and of the exact keys that they share.

    Raises `UnknownNameError` when a rule does not exist.
    """
    for rule in rules:
        if rule not in RULES:
            raise UnknownNameError("identity rule", rule, RULES)
    ordered = ["decision", *rules]
    strength = {"rule": pa.array(ordered, pa.string()), "strength": pa.array(range(len(ordered)), pa.int32())}
    engine.put("identity_rules", pa.table(strength))
    engine.put("identity_decisions", _as_table(decisions))
    engine.run(_PACKAGE, "keys.sql", {"shared_domains": list(shared_domains)})


def _as_table(decisions: Sequence[Decision]) -> pa.Table:
    text, rows = pa.string(), [(d.decision, *d.record, *d.other, d.note, d.source) for d in decisions]
    names = ("decision", "system", "record", "to_system", "to_record", "note", "source")
    columns = {name: pa.array([row[i] for row in rows], text) for i, name in enumerate(names)}
    return pa.table({**columns, "row_number": pa.array([d.row for d in decisions], pa.int64())})


def _find_parties(engine: Engine, rules: Sequence[str], shared_domains: list[str], matching: Matching) -> Codes:
    """Return for each record, by age, the oldest record of its party: by keys, then by matches among what keys left."""
    exact = [_level(engine, rule) for rule in ("decision", *rules)]
    payer = _payers(engine)
    apart = _arrays(engine, "SELECT low, high FROM identity_decided WHERE decision = 'different' ORDER BY ALL")
    first = keep_apart(unite(payer, exact), payer, exact, *apart)
    _put_cores(engine, first)
    if not matching.enabled:
        _make_no_matches(engine)
        return first
    find_matches(engine, matching, shared_domains, MOST_SHARED)
    levels = [*exact, *_matches(engine)]
    first = keep_apart(unite(payer, levels), payer, levels, *apart)
    _put_cores(engine, first)
    return first


def _payers(engine: Engine) -> Codes:
    billing = np.full(engine.count("identity_records"), engine.count("identity_records"))
    code, payer = _arrays(engine, "SELECT code, payer FROM identity_payers")
    billing[code] = payer
    decided, linked = _level(engine, "decision"), _level(engine, "link")
    key = np.concatenate([decided.key, linked.key + len(billing)])
    return payers(billing, Level(np.concatenate([decided.record, linked.record]), key))


def _level(engine: Engine, rule: str) -> Level:
    usable = "rule = $rule AND (uses <= $most OR rule IN ('decision', 'link'))"
    keys = _arrays(engine, f"SELECT code, hub FROM identity_keys WHERE {usable}", {"rule": rule, "most": MOST_SHARED})
    return Level(*keys)


def _matches(engine: Engine) -> list[Level]:
    """Return the matches that join, the stronger ones first: a level for each bit of evidence."""
    low, high, bits = _arrays(
        engine,
        "SELECT low, high, CAST(FLOOR(weight) AS BIGINT) AS bits FROM identity_matches WHERE joins ORDER BY low, high",
    )
    number = np.arange(len(low))
    return [
        Level(np.concatenate([low[bits == b], high[bits == b]]), np.tile(number[: (bits == b).sum()], 2))
        for b in np.unique(bits)[::-1]
    ]


def _make_no_matches(engine: Engine) -> None:
    engine.run(_PACKAGE, "no_matches.sql")


def _put_cores(engine: Engine, first: Codes) -> None:
    engine.put("identity_cores", pa.table({"code": np.arange(len(first)), "first": first}))


def _put_parties(engine: Engine, core: Codes, first: Codes) -> None:
    engine.put("identity_parties", pa.table({"code": np.arange(len(core)), "core": core, "first": first}))


def _put_former(engine: Engine, former: Former) -> None:
    engine.put("identity_former", former.records.select(_RECORDS.names))
    engine.put("identity_former_aliases", former.aliases.select(_ALIASES.names))


def _log_merges(engine: Engine, first: Codes) -> None:
    low, high = _arrays(engine, "SELECT low, high FROM identity_edges ORDER BY strength, weight DESC, low, high")
    joined_to = spanning_forest(first, low, high)
    code = np.flatnonzero(joined_to < len(first))
    engine.put("identity_tree", pa.table({"code": code, "joined_to": joined_to[code]}))
    engine.run(_PACKAGE, "merge_log.sql")


def _arrays(engine: Engine, sql: str, parameters: dict[str, str | int] | None = None) -> list[Codes]:
    return [column.to_numpy().astype(np.int64, copy=False) for column in engine.query(sql, parameters).columns]


def _check_ids(engine: Engine) -> None:
    twice = engine.rows("SELECT party_id FROM parties GROUP BY party_id HAVING COUNT(*) > 1 ORDER BY party_id")
    if twice:
        raise CheckError(f"{len(twice)} party ids are not unique, such as {twice[0][0]}.", where="parties")


def _warn_of_unknown(engine: Engine) -> None:
    """A decision about a record that is not there does nothing; it is shown, and stops no run."""
    unknown = engine.query("SELECT * FROM identity_unknown ORDER BY source, row_number").to_pylist()
    if not unknown or not engine.has("quarantine"):
        return
    rows = [
        {
            "table_name": "decisions",
            "source": row.pop("source"),
            "row_number": row.pop("row_number"),
            "severity": "warn",
            "reasons": f"unknown record {row.pop('missing')}: the decision does nothing",
            "row_text": json.dumps(row, ensure_ascii=False),
        }
        for row in unknown
    ]
    engine.put("identity_warnings", pa.Table.from_pylist(rows, PUBLISHED["quarantine"].arrow))
    engine.execute("INSERT INTO quarantine BY NAME SELECT * FROM identity_warnings")


def _add_party_ids(engine: Engine, table: Table, present: Mapping[str, Sequence[str]]) -> None:
    """Put party ids beside the columns that name a record, of those present; no row comes or goes."""
    if not table.parties:
        return
    ids = {column: "party_id" if column == "record" else f"{column}_party_id" for column in table.parties}
    others = [c for c in present[table.name] if c not in ids.values()]
    columns = [f"t.{quote(c)}" for c in others] + [f"p{i}.party_id AS {name}" for i, name in enumerate(ids.values())]
    joins = "\n".join(
        f"LEFT JOIN party_records AS p{i} ON p{i}.system = t.system AND p{i}.record = t.{quote(column)}"
        for i, column in enumerate(ids)
    )
    name = quote(table.name)
    engine.execute(f"CREATE OR REPLACE TABLE {name} AS\nSELECT {', '.join(columns)}\nFROM {name} AS t\n{joins}")
