"""Why one party is what it is: every number of a snapshot about it, with the rule behind it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from valuekit.engine import Engine, parse_expression
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.snapshot.manifest import StageRule
from valuekit.snapshot.read import Snapshot
from valuekit.snapshot.summary import Row, named_rows
from valuekit.tables import PUBLISHED
from valuekit.tables.published import CASH_LINES, HORIZON_YEARS, STREAMS


@dataclass(frozen=True)
class Explanation:
    """One party in one snapshot. Money is in `currency`; rows are dicts in the columns of the published tables."""

    party_id: str
    name: str | None
    label: str
    run_id: str
    currency: str
    as_of: str
    identity: Row
    former_ids: list[Row]
    records: list[Row]
    merges: list[Row]
    """How records came together: rule, evidence, and the probability where the rule is a likely match."""
    facts: Row
    evidence: list[Row]
    """Whatever is dated, in order of time: on, fact, meaning."""
    stage: Row
    """With the rule that fired, in words, and its predicate."""
    definitions: list[Row]
    """Who counts it; for those that do not, the first reason that can explain it."""
    history: list[Row]
    """Runs of month ends with one stage and one set of definitions; `joined` and `left` name those that changed."""
    mrr_movements: list[Row]
    cash: list[Row]
    value: Row | None
    streams: list[Row]
    segment: Row | None
    ranks: list[Row]
    consensus: Row | None


def explain(snapshot: Snapshot, party: str) -> Explanation:
    """Collect what a snapshot says of one party.

    `party` is a party id (also one of a former run), a record id (`record` or `system:record`), or a name or label that
    only one party has.
    Raises `UnknownNameError` with the most similar names, or `ConfigError` when several parties fit.
    """
    with snapshot.engine() as engine:
        found = {"party": find_party(engine, party)}

        def rows(step: str) -> list[Row]:
            return named_rows(engine, "explain.sql", step, found)

        identity, facts = rows("party")[0], rows("facts")[0]
        return Explanation(
            party_id=identity["party_id"],
            name=identity["name"],
            label=identity["label"],
            run_id=snapshot.manifest.run_id,
            currency=snapshot.manifest.currency,
            as_of=snapshot.manifest.as_of.isoformat(),
            identity=identity,
            former_ids=rows("former_ids"),
            records=rows("records"),
            merges=rows("merges"),
            facts=facts,
            evidence=_evidence(facts),
            stage=_stage(engine, rows("stage")[0], found, snapshot.manifest.stage_rules),
            definitions=rows("definitions"),
            history=_history(rows("history"), rows("lists")),
            mrr_movements=rows("mrr_movements"),
            cash=_statement(_first(rows("cash")) or {}),
            value=_value(_first(rows("value")), snapshot.manifest.config),
            streams=_streams(rows("streams")),
            segment=_first(rows("segment")),
            ranks=rows("ranks"),
            consensus=_first(rows("consensus")),
        )


def find_party(engine: Engine, name: str) -> str:
    """Return the id of the party that has, or had in a former run, this id; or this record or name."""
    former = ("by_former_id",) if engine.has("party_aliases") else ()  # old snapshots have none
    for step in ("by_id", *former, "by_record", "by_name"):
        found = [row["party_id"] for row in named_rows(engine, "explain.sql", step, {"name": name})]
        if len(found) == 1:
            return str(found[0])
        if found:
            raise ConfigError(
                f"'{name}' fits {len(found) if len(found) < 6 else 'more than 5'} parties: {', '.join(found[:5])}.",
                next_step="Name one of them by its id.",
            )
    alike = [row["known"] for row in named_rows(engine, "explain.sql", "alike", {"name": name})]
    raise UnknownNameError("party", name, alike, next_step=_search(engine, alike))


def _search(engine: Engine, alike: Sequence[str]) -> str:
    """Name those that are alike; where none is, say how parties are found: names at random would help nobody."""
    if alike:
        return f"Did you mean {' or '.join(repr(known) for known in alike)}?"
    record = "".join(f", such as {row['known']}" for row in named_rows(engine, "explain.sql", "some_record", {}))
    return f"Nothing is like it. A party is found by its name, its id, or one of its records{record}."


def _first(rows: list[Row]) -> Row | None:
    return rows[0] if rows else None


def _evidence(facts: Row) -> list[Row]:
    """The dated facts that are there, in order of time; of one day, in the order of the table."""
    dated = [(facts[c.name], c) for c in PUBLISHED["facts"] if c.type == "DATE" and c.name != "as_of"]
    known = [{"on": on, "fact": c.name, "meaning": c.meaning} for on, c in dated if on is not None]
    return sorted(known, key=lambda row: row["on"])


def _history(runs: list[Row], lists: list[Row]) -> list[Row]:
    """Each run with the definitions that began and ceased to count the party."""
    told, former = [], 0
    for run in runs:
        now = run.pop("definitions")
        first = run.pop("first_definitions")
        told.append(
            {
                **run,
                "joined": _named(lists, now & ~former),
                "left": _named(lists, former & ~now),
                "first_time": _named(lists, first),
            }
        )
        former = now
    return told


def _named(lists: list[Row], bits: int) -> list[str]:
    return [row["label"] for row in lists if row["bit"] & bits]


def _stage(engine: Engine, row: Row, party: Row, rules: Iterable[StageRule]) -> Row:
    """The stage with the rule that leads to it, as it stood in the run: the first that holds for the party.

    A rule that is the only way there has fired: it may ask what is no fact, such as whether use is recorded at all.
    """
    ways = [r for r in rules if (r.stage, r.reason) == (row["stage"], row["reason"])]
    fired = ways[0] if len(ways) == 1 else next((r for r in ways if _holds(engine, r.predicate, party)), None)
    return {**row, "rule": fired.sentence if fired else "", "predicate": fired.predicate if fired else ""}


def _holds(engine: Engine, predicate: str, party: Row) -> bool:
    checked = parse_expression(predicate, PUBLISHED["facts"].names, where="stage rules of the snapshot")
    return bool(engine.scalar(f"SELECT {checked.sql} FROM facts WHERE party_id = $party", party))


def _statement(cash: Row) -> list[Row]:
    """The cash statement from the top: one row per line, with net cash as the last."""
    nothing = Decimal(0)
    return [
        {"line": line, "last_12_months": cash.get(f"{line}_12m", nothing), "all_months": cash.get(line, nothing)}
        for line in (*CASH_LINES, "net_cash")
    ]


def _value(row: Row | None, config: dict[str, Any]) -> Row | None:
    ltv = config.get("ltv", {})
    return row and {**row, **{key: ltv.get(key) for key in ("horizon_years", "timing", "off")}}


def _streams(rows: list[Row]) -> list[Row]:
    years = [f"year_{y}" for y in range(1, HORIZON_YEARS + 1)]
    by_stream = {row["stream"]: {"stream": row["stream"], **{y: row[y] for y in years}} for row in rows}
    return [by_stream[stream] for stream in STREAMS if stream in by_stream]
