"""Evidence: why one customer is in its stage, who counts it and who does not, and which records it is made of."""

from datetime import date
from typing import Any

import streamlit as st

from valuekit.dashboard import parts, theme, words
from valuekit.dashboard.run import Run
from valuekit.snapshot.explain import Explanation, explain

Row = dict[str, Any]


def show(run: Run, party: str) -> None:
    """Show what a run knows of one party, each part where the reader opens it."""
    found = run.told(explain, party)
    with st.expander("Who counts it, and who does not"):
        _lists(found)
    with st.expander("Its life: stages by month end"):
        _life(found)
    with st.expander("What is known, by date"):
        rows = [(words.day(e["on"]), words.begin(e["meaning"]).rstrip(".")) for e in found.evidence]
        parts.listing(["Day", "What happened"], rows)
    with st.expander(f"Its records: {words.count(len(found.records))}"):
        _records(found)


def _lists(found: Explanation) -> None:
    parts.note(f"Rule of its stage: {words.begin(found.stage['rule'])}" if found.stage["rule"] else "")
    rows = [
        (
            words.definition(d["owner"], d["label"], headline=bool(d["headline"]) or not d["owner"]),
            "counts it" if d["counted"] else "does not",
            "" if d["counted"] else str(d["why_not"]),
        )
        for d in found.definitions
    ]
    colours = [theme.ACCENT if d["counted"] else theme.QUIET for d in found.definitions]
    parts.listing(["Definition", "This customer", "First reason why not"], rows, colours=colours)


def _life(found: Explanation) -> None:
    if not found.history:
        parts.note("No months were published.")
        return
    rows = [
        (
            words.stage_and_reason(run["stage"], run["reason"]),
            _span(run["from_end"], run["until_end"]),
            _changes(run),
        )
        for run in reversed(found.history)
    ]
    colours = [theme.STAGES[run["stage"]] for run in reversed(found.history)]
    parts.listing(["Stage", "At the month ends", "Lists that began or ceased to count it"], rows, colours=colours)


def _span(first: date, last: date) -> str:
    return words.day(first) if first == last else f"{words.day(first)} to {words.day(last)}"


def _changes(run: Row) -> str:
    """Name the lists that it joined and left."""
    joined = f"+ {', '.join(run['joined'])}" if run["joined"] else ""
    left = f"- {', '.join(run['left'])}" if run["left"] else ""
    return "\n".join(t for t in (joined, left) if t)


def _records(found: Explanation) -> None:
    merged = {(m["system"], m["record"]): m for m in found.merges}
    rows = []
    for record in found.records:
        merge = merged.get((record["system"], record["record"]))
        why = f"{words.human(merge['rule'])}: {merge['evidence']}" if merge else ""
        likely = f"\n{words.percent(merge['probability'])} likely" if merge and merge["probability"] else ""
        rows.append((f"{record['system']} {record['record']}", why + likely))
    parts.listing(["Record", "Joined by"], rows)
