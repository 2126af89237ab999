"""Differences: from one list to another as a bridge of reasons, and the parties of every step."""

from typing import Any

import pandas as pd
import streamlit as st

from valuekit.dashboard import parts, words
from valuekit.dashboard.charts import bridges
from valuekit.dashboard.data import each, most
from valuekit.dashboard.pages.customers import members
from valuekit.dashboard.pages.customers.view import View, pick_definition
from valuekit.errors import UnknownNameError
from valuekit.snapshot.reconciliation import UNEXPLAINED, Reconciliation, reconcile

KINDS = {"team": "Teams' definitions", "system": "Systems"}
KEYS = {"team": ("first", "second"), "system": ("first_system", "second_system")}
BOTH = "both"


def render(view: View) -> None:
    """Let the reader choose two lists, and show what lies between them."""
    kind = "team"
    if len(view.names("system")) > 1:
        kind = parts.choice("Compare", KINDS, default="team", key="kind")
    names = view.names(kind)
    if len(names) < 2:
        parts.empty("There is only one list", "A comparison needs two definitions that count somebody.")
        return
    first, second = _choose(view, names, kind)
    if first == second:
        parts.empty("The two lists are the same", "Choose two different definitions to compare them.")
        return
    try:
        found = view.run.told(reconcile, first, second, view.month)
    except UnknownNameError:
        parts.empty("Nothing was reconciled at this date", "Choose another month end, or run again.")
        return
    _compare(view, found, names)


def _choose(view: View, names: dict[str, str], kind: str) -> tuple[str, str]:
    keys = list(names)
    starts = _contradiction(view) if kind == "team" else (keys[0], keys[1])
    labels = ("First list", "Second list")
    chosen = []
    for column, label, start, key in zip(st.columns(2), labels, starts, KEYS[kind], strict=True):
        with column:
            chosen.append(pick_definition(label, names, key=key, default=start))
    return chosen[0], chosen[1]


def _contradiction(view: View) -> tuple[str, str]:
    """Return the pair to begin with: the reported number and who uses the product, else the two first that count."""
    keys = view.teams()
    if "product" in keys[1:]:
        return keys[0], "product"
    keys += [k for k in view.names("team") if k not in keys]
    return keys[0], keys[1]


def _compare(view: View, found: Reconciliation, names: dict[str, str]) -> None:
    steps = _steps(found, names)
    options = _options(found, names, steps)
    control = f"cell_{found.first}_{found.second}"
    if st.session_state.get(control) not in options:
        st.session_state.pop(control, None)
    start = _largest(steps)
    _bridge(view, found, names, steps, chosen=str(st.session_state.get(control) or start), control=control)
    parts.section("Who they are", "Click a bar, or choose here." if view.latest else "")
    if view.latest:
        _cell(view, found, options, control, start)
    else:
        _side(view, found, names)


def _bridge(
    view: View, found: Reconciliation, names: dict[str, str], steps: pd.DataFrame, *, chosen: str, control: str
) -> None:
    one, other = words.count(found.first_size), words.count(found.second_size)
    apart = words.count(found.first_size + found.second_size - 2 * found.on_both)
    since = f" At the right: the change since {words.day(found.former_as_of)}." if found.former_as_of else ""
    parts.section(
        f"From {one} to {other}",
        f"{words.count(found.on_both)} parties are on both lists on {words.day(view.month)}, {apart} on one only, each"
        f" with the first reason that holds; {words.count(found.unexplained)} unexplained.{since}",
    )
    keys = list(steps.loc[steps["amount"] != 0, "key"])
    parts.clickable(
        bridges.bridge(steps, unit="Parties", chosen=chosen if chosen in keys else ""),
        f"From {names[found.first]}, {one}, to {names[found.second]}, {other}: {apart} parties are on one list only,"
        f" {words.count(found.unexplained)} of them unexplained.",
        key=f"bridge_{found.first}_{found.second}_{view.month}",
        control=control,
        options={key: key for key in keys if ":" in key},
    )
    if floor := bridges.begins_at(steps):
        parts.note(f"The bars begin at {words.count(floor)}, so that the steps can be seen.")


def _steps(found: Reconciliation, names: dict[str, str]) -> pd.DataFrame:
    """Make the steps of the bridge: the first list, whom it has alone, whom the other has alone, the second list."""
    rows = [_total(found, names, "first")]
    rows += [_step(c, -1) for c in found.side("only_first") if _told(c)]
    rows += [_step(c, 1) for c in found.side("only_second") if _told(c)]
    rows.append(_total(found, names, "second"))
    frame = pd.DataFrame(rows)
    twice = frame.groupby("name").cumcount().map(lambda n: " " * n)  # each bar needs a row of its own
    return frame.assign(name=frame["name"] + twice, amount=frame["amount"].astype(float))


def _told(cell: dict[str, Any]) -> bool:
    """Say whether a step is worth a row: it has parties, or had some, or is the one that is always shown."""
    return bool(cell["parties"] or cell["former"] or cell["reason"] == UNEXPLAINED)


def _total(found: Reconciliation, names: dict[str, str], place: str) -> dict[str, Any]:
    key, size = (found.first, found.first_size) if place == "first" else (found.second, found.second_size)
    both = found.side("both")
    former = _former(found, f"only_{place}", both)
    aside = "" if former is None else words.signed(size - former)
    return {
        "name": names[key], "key": key, "amount": size, "total": True, "colour": bridges.TOTAL,
        "text": words.count(size), "aside": aside, "meaning": "The whole list",
    }  # fmt: skip


def _former(found: Reconciliation, side: Any, both: list[dict[str, Any]]) -> int | None:
    """Return the size of a list at the month end before."""
    if found.former_as_of is None:
        return None
    return sum(int(c["former"] or 0) for c in [*both, *found.side(side)])


def _step(cell: dict[str, Any], sign: int) -> dict[str, Any]:
    mark = "-" if sign < 0 else "+"
    return {
        "name": f"{mark} {cell['label']}", "key": f"{cell['side']}:{cell['reason']}",
        "amount": sign * cell["parties"], "total": False, "colour": bridges.LOSS if sign < 0 else bridges.GAIN,
        "text": f"{mark}{cell['parties']:,}" if cell["parties"] else "0",
        "aside": "" if cell["change"] is None else words.signed(cell["change"]),
        "meaning": cell["sentence"] or "No reason holds",
    }  # fmt: skip


def _sides(found: Reconciliation, names: dict[str, str]) -> dict[str, str]:
    return {
        "only_first": f"Only in {names[found.first]}",
        BOTH: "On both lists",
        "only_second": f"Only in {names[found.second]}",
    }


def _options(found: Reconciliation, names: dict[str, str], steps: pd.DataFrame) -> dict[str, str]:
    """Name every cell that can be opened, with its size."""
    sides = _sides(found, names)
    cells = [s for s in each(steps) if not s.total and s.amount]
    told = {s.key: f"{sides[s.key.split(':')[0]]}: {s.name.strip()[2:]} · {words.count(abs(s.amount))}" for s in cells}
    return {**told, BOTH: f"{sides[BOTH]} · {words.count(found.on_both)}"}


def _largest(steps: pd.DataFrame) -> str:
    cells = steps[~steps["total"] & (steps["amount"] != 0)]
    return BOTH if cells.empty else str(most(cells.assign(size=cells["amount"].abs()), "size").key)


def _cell(view: View, found: Reconciliation, options: dict[str, str], control: str, start: str) -> None:
    """Let the reader choose a cell, and show its parties."""
    keys = list(options)
    key = str(
        st.selectbox(
            "Parties", keys, index=keys.index(start), format_func=options.__getitem__, key=control,
            label_visibility="collapsed",
        )
    )  # fmt: skip
    title, file = options[key].rsplit(" · ", 1)[0], f"{found.first}-{found.second}-{key.replace(':', '-')}"
    first, second = view.bit(found.first), view.bit(found.second)
    if key == BOTH:
        members.show(view, "side", title, file=file, has=first | second, lacks=0, month=view.month)
        return
    side, reason = key.split(":", 1)
    has, lacks, lacking = (first, second, found.second) if side == "only_first" else (second, first, found.first)
    bits = view.ask("reason_bits").set_index("reason")["bit"]
    wanted = {"has": has, "lacks": lacks, "explains": view.explains(lacking), "reason": int(bits.get(reason, 0))}
    members.show(view, "cell", title, file=file, **wanted)


def _side(view: View, found: Reconciliation, names: dict[str, str]) -> None:
    """Show the parties of a side at an earlier month end, for which single reasons are not kept."""
    sides = _sides(found, names)
    side = parts.choice("List", sides, default="only_first", key="side")
    first, second = view.bit(found.first), view.bit(found.second)
    has, lacks = {"only_first": (first, second), "only_second": (second, first), BOTH: (first | second, 0)}[side]
    title, file = f"{sides[side]} on {words.day(view.month)}", f"{found.first}-{found.second}-{side}"
    members.show(view, "side", title, file=file, has=has, lacks=lacks, month=view.month)
    parts.note(f"Which reason holds for a single party is kept for {words.day(view.months[0])}.")
