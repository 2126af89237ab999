"""Restated: what another run of the same company said of the same month end, and why it was another number."""

from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st

from valuekit.dashboard import parts, words
from valuekit.dashboard.pages.customers.view import View
from valuekit.errors import ConfigError
from valuekit.snapshot import Manifest, Snapshot
from valuekit.snapshot.restatements import CAUSES, Restated, Restatements, restatements


def render(view: View) -> None:
    """Let the reader choose another run, and show which counts it tells differently."""
    others = {m.run_id: (path, m) for path, m in view.run.others()}
    if not others:
        return
    parts.section(
        "What other runs said",
        "A published number stays. A run with more records, other rules or a later date may say another one of the"
        " same month end: here is what changed, and why.",
    )
    chosen: str | None = st.selectbox(
        "Other run",
        list(others),
        index=None,
        format_func=lambda r: _name(others[r][1]),
        key="other",
        bind="query-params",
        placeholder="Choose a run to compare with",
        label_visibility="collapsed",
    )
    if chosen is not None:
        _compare(view, *others[chosen])


def _name(manifest: Manifest) -> str:
    known = f", known on {words.day(manifest.known_on)}" if manifest.known_on else ""
    return f"{manifest.run_id}: as of {words.day(manifest.as_of)}{known}, published {manifest.created_at:%d %b %Y}"


def _compare(view: View, path: Path, other: Manifest) -> None:
    try:
        found = view.run.told(_between, str(path), view.month)
    except ConfigError as error:
        parts.empty("The two runs cannot be compared", str(error))
        return
    changed = [d for d in found.definitions if d.changes]
    parts.note(
        f"{words.day(found.as_of)}, first in {found.older}, then in {found.newer}."
        f" {words.count(len(changed))} of {words.count(len(found.definitions))} definitions changed;"
        f" {words.count(sum(int(s['parties']) for s in found.stages))} parties are in another stage."
    )
    if changed:
        rows = [_row(d) for d in changed]
        parts.listing(["Definition", "First", "Then", "Why"], rows, numbers=(1, 2))
    st.code(f"valuekit restatements {_paths(view, path, found)}", language="bash")


def _between(snapshot: Snapshot, other: str, month: date) -> Restatements:
    """Compare two runs, the older with the newer."""
    second = Snapshot.open(other)
    try:
        older, newer = sorted((snapshot, second), key=lambda s: (s.manifest.created_at, s.manifest.run_id))
        return restatements(older, newer, month)
    finally:
        second.close()


def _row(one: Restated) -> tuple[str, str, str, str]:
    why = [f"{CAUSES.get(c.cause, words.human(c.cause))}: {_both_ways(c)}" for c in one.changes]
    return one.label, _count(one.then), _count(one.now), "\n".join([why[0], " · ".join(why[1:])]).strip()


def _both_ways(change: Any) -> str:
    """Say how many a definition gained and lost by one cause."""
    gained = [f"+{words.count(change.joined)}"] if change.joined else []
    return " ".join(gained + ([f"-{words.count(change.went)}"] if change.went else []))


def _count(number: int | None) -> str:
    return "-" if number is None else words.count(number)


def _paths(view: View, other: Path, found: Restatements) -> str:
    paths = (view.run.path, other)
    return " ".join(str(p) for p in (paths if view.run.manifest.run_id == found.older else reversed(paths)))
