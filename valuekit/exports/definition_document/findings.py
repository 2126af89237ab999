"""What the document reports of one run: who differs from the headline, how the checklist stands, four questions."""

from collections.abc import Mapping, Sequence
from typing import Any

from valuekit.exports.definition_document.model import Cell, Field, Grid, Part
from valuekit.snapshot.checklist import Line
from valuekit.snapshot.diagnosis import Answer, certain_answers
from valuekit.tables.published import TEAMS

Row = Mapping[str, Any]
TOP_REASONS = 3


def differences_part(definitions: Sequence[Row], cells: Sequence[Row]) -> Part:
    """Return the headline against each team: who is only on one list, most of the reasons; then every reason."""
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


def checklist_part(lines: Sequence[Line]) -> Part:
    """Return the checklist of the reconciliation: owner, state, what to look at, and who has signed."""
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
        (line.label, line.item, line.owner, line.state, line.finding, line.look_at, *_signature(line)) for line in lines
    )
    signed = sum(line.signed is not None for line in lines)
    lead = (
        f"{signed} of {len(lines)} items are signed off. Sign one with: valuekit sign-off SNAPSHOT KEY --by NAME. The "
        "signature stays with this run."
    )
    return Part("Reconciliation checklist", "Checklist", (lead, Grid("Once a month, item by item", fields, rows)))


def _signature(line: Line) -> tuple[Cell, Cell, Cell]:
    """Who, when and what there is to say."""
    if line.signed is None:
        return "not signed off", None, None
    return line.signed.by, line.signed.at[:16].replace("T", " "), line.signed.note


def questions_part(answers: Sequence[Answer]) -> Part:
    """Return the four questions with their answers and the numbers behind them."""
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
