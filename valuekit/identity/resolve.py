"""From records of many systems to one party each."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.engine.steps import quote
from valuekit.errors import CheckError, UnknownNameError
from valuekit.identity.components import Codes, Level, payers, spanning_forest, unite
from valuekit.tables import CANONICAL, Table

RULES = ("link", "billing_id", "tax_id", "email", "domain_name")
"""Exact keys, strongest first."""

SHARED_DOMAINS = ("gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "gmx.net", "web.de")
"""Domains of mail providers: they identify nobody."""

MOST_SHARED = 50
"""A value that more records have than this is no key, such as the address of a help desk."""

_PACKAGE = "valuekit.identity"


def resolve(engine: Engine, *, rules: Sequence[str] = RULES, shared_domains: Sequence[str] = SHARED_DOMAINS) -> None:
    """Merge the records of one party, and put its id beside every record that another table names.

    Records that share an exact key are one party, and so are records that a link of kind `same` joins. Two records with
    different billing ids are never joined by a key: a record between them goes to the one that the strongest rule ties
    it to. Nor are internal or test accounts joined to others by a key. Both kinds of pair go to `review_pairs`, and so
    does a value that more than 50 records share, which is not used. A link is a person's decision and joins them all.

    Reads `records` and `links`. Makes `parties`, `party_records`, `merge_log` and `review_pairs`; adds `party_id`
    (`<column>_party_id` where the column is not `record`) to every canonical table that names a record.
    A party's id comes from its oldest record, so it does not depend on the order of rows.

    Raises:
        UnknownNameError: a rule does not exist.
        CheckError: two parties have the same id.
    """
    for rule in rules:
        if rule not in RULES:
            raise UnknownNameError("identity rule", rule, RULES)
    strength = pa.table({"rule": pa.array(rules, pa.string()), "strength": pa.array(range(len(rules)), pa.int32())})
    engine.put("identity_rules", strength)
    engine.run(_PACKAGE, "keys.sql", {"shared_domains": list(shared_domains)})
    first = _first_records(engine, rules)
    engine.put("identity_parties", pa.table({"code": np.arange(len(first)), "first": first}))
    engine.run(_PACKAGE, "parties.sql", {"most_shared": MOST_SHARED})
    _log_merges(engine, first)
    _check_ids(engine)
    for table in CANONICAL.values():
        _add_party_ids(engine, table)
    engine.drop(*(f"identity_{t}" for t in ("rules", "records", "keys", "payers", "parties", "edges", "tree")))


def _first_records(engine: Engine, rules: Sequence[str]) -> Codes:
    """Return for each record, by age, the oldest record of its party."""
    billing = np.full(engine.count("identity_records"), engine.count("identity_records"))
    code, payer = _arrays(engine, "SELECT code, payer FROM identity_payers")
    billing[code] = payer
    links = _level(engine, "link")
    return unite(payers(billing, links), (_level(engine, rule) for rule in rules))


def _level(engine: Engine, rule: str) -> Level:
    usable = "rule = $rule AND (uses <= $most OR rule = 'link')"
    keys = _arrays(engine, f"SELECT code, hub FROM identity_keys WHERE {usable}", {"rule": rule, "most": MOST_SHARED})
    return Level(*keys)


def _log_merges(engine: Engine, first: Codes) -> None:
    low, high = _arrays(engine, "SELECT low, high FROM identity_edges ORDER BY strength, low, high")
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


def _add_party_ids(engine: Engine, table: Table) -> None:
    """Put party ids beside the columns that name a record; no row comes or goes."""
    if not table.parties:
        return
    ids = {column: "party_id" if column == "record" else f"{column}_party_id" for column in table.parties}
    present = [c for c in engine.columns(table.name) if c not in ids.values()]
    columns = [f"t.{quote(c)}" for c in present] + [f"p{i}.party_id AS {name}" for i, name in enumerate(ids.values())]
    joins = "\n".join(
        f"LEFT JOIN party_records AS p{i} ON p{i}.system = t.system AND p{i}.record = t.{quote(column)}"
        for i, column in enumerate(ids)
    )
    name = quote(table.name)
    engine.execute(f"CREATE OR REPLACE TABLE {name} AS\nSELECT {', '.join(columns)}\nFROM {name} AS t\n{joins}")
