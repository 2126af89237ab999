"""What the definition document says, read from one snapshot and the sign-offs beside it."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from valuekit.config.sections import Lifecycle
from valuekit.engine import Engine
from valuekit.exports.definition_document.guide import guide
from valuekit.exports.definition_document.model import Cell, Document, Field, Grid, Part
try:
    from valuekit.lifecycle.policies import Policies, describe
except ImportError:
    Policies, describe = dict, lambda p: []
from valuekit.snapshot import Snapshot
from valuekit.snapshot.checklist import Line, checklist
from valuekit.snapshot.diagnosis import TEAMS, Answer, certain_answers, diagnose
from valuekit.snapshot.manifest import Manifest
from valuekit.tables.published import STAGES

Row = Mapping[str, Any]
TOP_REASONS = 3


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
        differences = _differences(definitions, _ask(engine, "differences", manifest))
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
            _definitions(definitions, before),
            stages,
            _settings(manifest),
            differences,
            _checklist(checklist(snapshot)),
            _questions(diagnose(snapshot)),
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


def _definitions(definitions: Sequence[Row], before: date | None) -> Part:
    teams, systems = ([d for d in definitions if d["kind"] == kind] for kind in ("team", "system"))
    then = f"At {before}" if before else "At the month end before"
    blocks: list[str | Grid] = [
        "Every definition counts the same parties by its own rule. A changed rule is another version, with another "
        "fingerprint; reports that were published keep theirs.",
        Grid("Definitions", _definition_fields(then), tuple(map(_definition_row, teams)), cards=True),
    ]
    if answers := [row for d in teams for row in _answers(d)]:
        fields = (Field("Definition", width=34), Field("Team", width=16), Field("Its own answer", width=60))
        blocks.append(Grid("What each team says", fields, tuple(answers)))
    if systems:
        fields = (Field("System", width=34), Field("Parties", "count", 12), Field(then, "count", 16), Field("Means", width=60))
        rows = tuple((d["label"], d["members"], d["members_before"], d["sentence"]) for d in systems)
        blocks.append(Grid("What each system knows", fields, rows))
    return Part("Definitions", "Definitions", tuple(blocks))


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
    known = not d["not_countable"]
    return (
        f"{d['label']} (headline)" if d["headline"] else d["label"],
        d["definition"],
        d["members"] if known else None,
        d["members_before"] if known else None,
        d["owner"],
        d["system"],
        d["sentence"],
        d["counts"],
        d["excludes"],
        d["status"],
        d["event_on"],
        d["predicate"],
        f"{d['version']} ({d['fingerprint']})" if d["fingerprint"] else str(d["version"]),
        d["members_with_internal"] if known else None,
        d["not_countable"],
    )


def _answers(d: Row) -> list[tuple[Cell, ...]]:
    given = json.loads(d["answers"]) if d["answers"] else {}
    return [(d["label"], team, answer) for team, answer in sorted(given.items())]


# --- stages and settings


def _stages(manifest: Manifest, now: Sequence[Row], then: Sequence[Row], before: date | None) -> Part:
    """Every way into a stage in words, and how many parties are there; ways that nobody took are told too."""
    counts = {(r["stage"], r["reason"]): r["parties"] for r in now}
    former = {(r["stage"], r["reason"]): r["parties"] for r in then}
    sentences: dict[tuple[str, str | None], list[str]] = {}
    for rule in manifest.stage_rules:
        sentences.setdefault((rule.stage, rule.reason), []).append(rule.sentence)
    known = {**sentences, **dict.fromkeys(counts), **dict.fromkeys(former)}
    order = sorted(known, key=lambda key: (STAGES.index(key[0]), key[1] or ""))
    rows = [
        (_words(stage), _words(reason), " Or: ".join(sentences.get((stage, reason), [])), counts.get((stage, reason), 0),
         former.get((stage, reason), 0) if before else None)
        for stage, reason in order
    ]  # fmt: skip
    total = ("All parties", None, "Every party is in exactly one stage", sum(counts.values()),
             sum(former.values()) if before else None)  # fmt: skip
    fields = (Field("Stage", width=24), Field("Reason", width=22), Field("Means", width=70), Field("Now", "count", 12),
              Field(f"At {before}" if before else "At the month end before", "count", 16))  # fmt: skip
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


# --- differences


def _differences(definitions: Sequence[Row], cells: Sequence[Row]) -> Part:
    """The headline against each team: who is only on one list, with the reasons of most of them; then every reason."""
    teams = [d for d in definitions if d["definition"] in TEAMS and not d["headline"] and not d["not_countable"]]
    compared = {d["definition"]: [c for c in cells if c["definition"] == d["definition"]] for d in teams}
    lead = "Each party that only one list has carries one reason, the first that applies, so reasons add up to the gap."
    overview = tuple(_difference(d, compared[d["definition"]]) for d in teams)
    every = tuple(
        (d["label"], _SIDES[c["side"]], c["label"], c["parties"])
        for d in teams
        for c in compared[d["definition"]]
        if c["side"] in _SIDES and (c["parties"] or c["reason"] == "unexplained")
    )
    grids = (
        Grid("Each team against the headline", _OVERVIEW, overview),
        Grid("Every reason, and what has none, also when it is 0", _EVERY, every),
    )
    return Part("Who differs", "Differences", (lead, *grids))


_SIDES = {"mine": "only in the headline", "theirs": "only in this list"}
_OVERVIEW = (
    Field("Compared with the headline", width=30),
    Field("Its number", "count", 12),
    Field("In both", "count", 12),
    Field("Only in the headline", "count", 12),
    Field("Mostly because", width=48),
    Field("Only in this list", "count", 12),
    Field("Mostly because of", width=48),
    Field("Unexplained", "count", 12),
)
_EVERY = (Field("Compared with the headline", width=30), Field("Side", width=12), Field("Reason", width=12),
          Field("Parties", "count", 12))  # fmt: skip


def _difference(d: Row, cells: Sequence[Row]) -> tuple[Cell, ...]:
    def total(side: str) -> int:
        return sum(c["parties"] for c in cells if c["side"] == side)

    unexplained = sum(c["parties"] for c in cells if c["reason"] == "unexplained")
    mine, theirs = total("mine"), total("theirs")
    return (d["label"], d["members"], total("both"), mine, _top(cells, "mine"), theirs, _top(cells, "theirs"),
            unexplained if cells else None)  # fmt: skip


def _top(cells: Sequence[Row], side: str) -> str:
    """The largest reasons of a side, with their numbers."""
    found = [c for c in cells if c["side"] == side and c["parties"]]
    named = [f"{c['label']} {c['parties']:,}" for c in found[:TOP_REASONS]]
    return ", ".join(named + (["others"] if len(found) > TOP_REASONS else []))


# --- checklist, questions


def _checklist(lines: Sequence[Line]) -> Part:
    fields = (
        Field("Item", width=34),
        Field("Key", "code", 24),
        Field("Owner", width=14),
        Field("State", width=16),
        Field("Found", width=34),
        Field("What to look at", width=60),
        Field("Signed by", width=20),
        Field("On (UTC)", width=24),
        Field("Note", width=40),
    )
    rows = tuple(
        (line.label, line.item, line.owner, line.state, line.finding, line.look_at,
         line.signed.by if line.signed else "not signed off", line.signed.at if line.signed else None,
         line.signed.note if line.signed else None)
        for line in lines
    )  # fmt: skip
    signed = sum(line.signed is not None for line in lines)
    lead = (
        f"{signed} of {len(lines)} items are signed off. Sign one with: valuekit sign-off SNAPSHOT KEY --by NAME. The "
        "signature stays with this run."
    )
    return Part("Reconciliation checklist", "Checklist", (lead, Grid("Once a month, item by item", fields, rows)))


def _questions(answers: Sequence[Answer]) -> Part:
    certain = certain_answers(answers)
    lead = (
        f"Four questions tell whether a company has one customer list. The data answer {certain} of {len(answers)} "
        "with certainty."
    )
    fields = (Field("Question", width=44), Field("Certain", width=10), Field("Answer", width=80))
    verdicts = tuple((a.question, "yes" if a.certain else "not yet", a.answer) for a in answers)
    counts = tuple((n.label, n.value, a.question) for a in answers for n in a.numbers if n.unit == "count")
    shares = tuple((n.label, n.value, a.question) for a in answers for n in a.numbers if n.unit == "share")
    label, question = Field("Number", width=44), Field("Question", width=80)
    grids = (
        Grid("The four questions", fields, verdicts),
        Grid("The counts behind the answers", (label, Field("Parties", "count", 12), question), counts),
        Grid("The rates behind the answers", (label, Field("Share", "share", 12), question), shares),
    )
    return Part("Four questions", "Questions", (lead, *grids))
