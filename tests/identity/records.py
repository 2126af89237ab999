"""Tiny companies to resolve; the letters are the record ids."""

from functools import cache

from hypothesis import strategies as st

from tests.company import given
from tests.engines import fresh_engine
from valuekit.engine import Engine
from valuekit.identity import NOTHING, RULES, Decision, Former, Matching, resolve

KEYS_ALONE = Matching(enabled=False)


def resolved(
    *records: dict,
    links=(),
    rules=RULES,
    shared_domains=("gmail.com",),
    matching=KEYS_ALONE,
    decisions=(),
    former=NOTHING,
    unit="person",
    engine=None,
    **tables,
) -> Engine:
    """Resolve a tiny company, by keys alone unless `matching` says otherwise; in its own engine unless one is given."""
    engine = given(engine or fresh_engine(), records=records, links=links, **tables)
    resolve(
        engine,
        rules=rules,
        shared_domains=shared_domains,
        matching=matching,
        decisions=decisions,
        former=former,
        unit=unit,
    )
    return engine


def parties(*records: dict, **more) -> list[str]:
    """The records of each party, such as `a b`."""
    return together(resolved(*records, engine=one_engine(), **more))


@cache
def one_engine() -> Engine:
    """Return the engine of those who have read all that they want of a company when the next one comes."""
    return Engine(threads=1)


def together(engine: Engine) -> list[str]:
    sql = "SELECT STRING_AGG(record, ' ' ORDER BY record) FROM party_records GROUP BY party_id ORDER BY 1"
    return [row[0] for row in engine.rows(sql)]


def review(engine: Engine) -> list[tuple]:
    return engine.rows("SELECT record, to_record, rule, reason FROM review_pairs ORDER BY ALL")


def ids(engine: Engine) -> dict[str, str]:
    """The party of each record."""
    return dict(engine.rows("SELECT record, party_id FROM party_records"))


def former(engine: Engine) -> Former:
    """What a run leaves for the next one."""
    return Former(engine.query("SELECT * FROM party_records"), engine.query("SELECT * FROM party_aliases"))


def a(**columns) -> dict:
    return {"record": "a", **columns}


def b(**columns) -> dict:
    return {"record": "b", **columns}


def c(**columns) -> dict:
    return {"record": "c", **columns}


def d(**columns) -> dict:
    return {"record": "d", **columns}


def same(from_record: str, to_record: str) -> dict:
    return {"from_record": from_record, "to_record": to_record, "kind": "same"}


def parent(child: str, owner: str) -> dict:
    return {"from_record": child, "to_record": owner, "kind": "parent"}


def are(decision: str, one: str, other: str, note: str = "") -> Decision:
    return Decision(decision, ("crm", one), ("crm", other), note, 1)


few = st.none() | st.sampled_from(["1", "2", "3"])


@st.composite
def companies(draw):
    """Up to 10 records over few values, so that keys meet."""
    return [
        {
            "record": f"r{i}",
            "email": (v := draw(few)) and f"{v}@y.com",
            "tax_id": (v := draw(few)) and f"DE{v}000",
            "billing_id": draw(st.none() | st.none() | few),
        }
        for i in range(draw(st.integers(2, 10)))
    ]
