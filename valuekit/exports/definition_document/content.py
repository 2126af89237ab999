"""What the definition document says, read from one snapshot and the sign-offs beside it."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from valuekit.config import Lifecycle
from valuekit.engine import Engine
from valuekit.exports.definition_document.findings import checklist_part, differences_part, questions_part
from valuekit.exports.definition_document.guide import guide
from valuekit.exports.definition_document.model import Cell, Document, Field, Grid, Part
from valuekit.lifecycle.policies import Policies, describe
from valuekit.snapshot import Snapshot
from valuekit.snapshot.checklist import checklist
from valuekit.snapshot.diagnosis import diagnose
from valuekit.snapshot.manifest import Manifest
from valuekit.tables.published import STAGES

Row = Mapping[str, Any]


def make_document(snapshot: Snapshot) -> Document:
    """Return the definition document of a snapshot, ready to be written in any format.

    Reads `definitions`, `history`, `stages`, `stage_months`, `reconciliation`, whatever the checklist and the four
    questions read, the settings in the manifest, and the sign-offs. The same snapshot with the same sign-offs gives
    the same document.
    """
    manifest = snapshot.manifest
    with snapshot.engine() as engine:
        definitions = _ask(engine, "definitions", manifest)
        before = _ask(engine, "former_end", manifest)[0]["as_of"]
        differences = differences_part(definitions, _ask(engine, "differences", manifest))
        stages = _stages(manifest, _ask(engine, "stages", manifest), _ask(engine, "stages_before", manifest), before)
    headline = next((d for d in definitions if d["headline"]), None)
    number, sentence = _headline(manifest, headline)
    return Document(
        title=f"Who is a customer of {manifest.company}",
        company=manifest.company,
        currency=manifest.currency,
        as_of=manifest.as_of,
        run_id=manifest.run_id,
        about=_about(manifest),
        headline=number,
        sentence=sentence,
        parts=(
            _glance(definitions, before),
            _definitions(definitions, before),
            stages,
            _settings(manifest),
            differences,
            checklist_part(checklist(snapshot)),
            questions_part(diagnose(snapshot)),
            *guide(definitions),
        ),
    )


def _ask(engine: Engine, step: str, manifest: Manifest) -> list[Row]:
    package = "valuekit.exports.definition_document"
    rows: list[Row] = engine.ask(package, "content.sql", step, {"as_of": manifest.as_of}).to_pylist()
    return rows


def _about(manifest: Manifest) -> str:
    known = f", as known on {manifest.known_on}" if manifest.known_on else ""
    return f"{manifest.company}, as of {manifest.as_of}{known}. Run {manifest.run_id}. Money in {manifest.currency}."


def _headline(manifest: Manifest, headline: Row | None) -> tuple[str, str]:
    if headline is None:
        number, _, sentence = manifest.headline.partition(": ")
        return number, sentence
    return f"{headline['members']:,}", headline["sentence"]


# --- definitions


def _glance(definitions: Sequence[Row], before: date | None) -> Part:
    """The counts side by side: what a meeting looks at."""
    fields = (
        Field("Definition"),
        Field("Now", "count"),
        Field(_at(before), "count"),
        Field("Owner"),
        Field("Source of truth"),
        Field("Status"),
    )
    teams = [d for d in definitions if d["kind"] == "team"]
    rows = tuple((_name(d), *_counts(d), d["owner"], d["system"], d["status"]) for d in teams)
    lead = (
        "One list of parties, and what each definition counts of it. None of these numbers is wrong; each has a name."
    )
    return Part("At a glance", None, (lead, Grid("Every definition, counted over the same parties", fields, rows)))


def _at(before: date | None) -> str:
    return f"At {before}" if before else "At the month end before"


def _name(d: Row) -> str:
    return f"{d['label']} (headline)" if d["headline"] else str(d["label"])


def _counts(d: Row) -> tuple[Cell, Cell]:
    """Now and at the month end before; nothing where the definition can count nobody."""
    return (None, None) if d["not_countable"] else (d["members"], d["members_before"])


def _definitions(definitions: Sequence[Row], before: date | None) -> Part:
    teams, systems = ([d for d in definitions if d["kind"] == kind] for kind in ("team", "system"))
    then = _at(before)
    blocks: list[str | Grid] = [
        _VERSIONS,
        Grid("Each definition in full", _definition_fields(then), tuple(map(_definition_row, teams)), cards=True),
    ]
    if answers := tuple(row for d in teams for row in _answers(d)):
        blocks.append(Grid("What each team says", _ANSWER, answers))
    if systems:
        known = tuple((d["label"], d["members"], d["members_before"], d["sentence"]) for d in systems)
        blocks.append(Grid("What each system knows", _system_fields(then), known))
    return Part("Definitions", "Definitions", tuple(blocks))


_ANSWER = (Field("Definition", width=34), Field("Team", width=16), Field("Its own answer", width=60))


def _system_fields(then: str) -> tuple[Field, ...]:
    return (
        Field("System", width=34),
        Field("Parties", "count", 12),
        Field(then, "count", 16),
        Field("Means", width=60),
    )


_VERSIONS = (
    "Every definition counts the same parties by its own rule. A changed rule is another version, with another "
    "fingerprint; reports that were published keep theirs."
)


def _definition_fields(then: str) -> tuple[Field, ...]:
    return (
        Field("Definition", width=30),
        Field("Key", "code", 16),
        Field("Now", "count", 10),
        Field(then, "count", 14),
        Field("Owner", width=14),
        Field("Source of truth", width=16),
        Field("Sentence", width=48),
        Field("Counts", width=40),
        Field("Does not count", width=40),
        Field("Status", width=10),
        Field("Counts from", "code", 26),
        Field("Rule", "code", 44),
        Field("Version", width=18),
        Field("If internal accounts were let in", "count", 14),
        Field("Cannot be counted because", width=28),
    )


def _definition_row(d: Row) -> tuple[Cell, ...]:
    return (
        _name(d),
        d["definition"],
        *_counts(d),
        d["owner"],
        d["system"],
        d["sentence"],
        d["counts"],
        d["excludes"],
        d["status"],
        d["event_on"],
        d["predicate"],
        f"{d['version']} ({d['fingerprint']})" if d["fingerprint"] else str(d["version"]),
        None if d["not_countable"] else d["members_with_internal"],
        d["not_countable"],
    )


def _answers(d: Row) -> list[tuple[Cell, ...]]:
    given = json.loads(d["answers"]) if d["answers"] else {}
    return [(d["label"], team, answer) for team, answer in sorted(given.items())]


# --- stages and settings


def _stages(manifest: Manifest, now: Sequence[Row], then: Sequence[Row], before: date | None) -> Part:
    """Every way into a stage in words, and how many parties are there.

    Ways that nobody took are told too; those that nobody of this company can take are not.
    """
    counts = {(r["stage"], r["reason"]): r["parties"] for r in now}
    former = {(r["stage"], r["reason"]): r["parties"] for r in then}
    ways = {(r.stage, r.reason): manifest.ways_into(r.stage, r.reason) for r in manifest.stage_rules}
    sentences = {key: told for key, told in ways.items() if told}
    known = {**sentences, **dict.fromkeys(counts), **dict.fromkeys(former)}
    order = sorted(known, key=lambda key: (STAGES.index(key[0]), key[1] or ""))
    rows = [
        (_words(stage), _words(reason), " Or: ".join(sentences.get((stage, reason), [])),
         counts.get((stage, reason), 0), former.get((stage, reason), 0) if before else None)
        for stage, reason in order
    ]  # fmt: skip
    total = ("All parties", None, "Every party is in exactly one stage", sum(counts.values()),
             sum(former.values()) if before else None)  # fmt: skip
    fields = (Field("Stage", width=24), Field("Reason", width=22), Field("Means", width=70), Field("Now", "count", 12),
              Field(_at(before), "count", 16))  # fmt: skip
    lead = "Customers are the active and the inactive. The first rule that applies decides, in the order of the run."
    return Part("Stages", "Stages", (lead, Grid("Stages", fields, (*rows, total))))


def _words(key: str | None) -> str | None:
    return key.replace("_", " ").capitalize() if key else None


def _settings(manifest: Manifest) -> Part:
    """Windows from the configuration of the run, and the policies of movements with what they mean."""
    given = manifest.config.get("lifecycle", {})
    windows = tuple(
        (name.replace("_", " "), str(given.get(name, field.default)), field.description or "")
        for name, field in Lifecycle.model_fields.items()
        if isinstance(field.default, str | int)
    )
    fields = (Field("Setting", width=24), Field("Value", width=22), Field("Means", width=70))
    policies = tuple(
        (rule.setting.replace("_", " "), rule.value.replace("_", " "), rule.sentence)
        for rule in describe(Policies(**given.get("movements", {})))
    )
    grids = (Grid("Windows", fields, windows), Grid("Policies of movements", fields, policies))
    return Part("Windows and policies", "Stages", grids)
