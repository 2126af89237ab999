"""Differences: from one list to another as a bridge of reasons, and the parties of every step."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from valuekit.dashboard import parts, words
from valuekit.dashboard.charts import bridges
from valuekit.dashboard.data import each
from valuekit.dashboard.pages.customers import members
from valuekit.dashboard.pages.customers.view import View

KINDS = {"team": "Teams' definitions", "system": "Systems"}
UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class Pair:
    """Two lists and the cells between them, at a month end and the one before."""

    first: str
    second: str
    names: dict[str, str]
    cells: pd.DataFrame
    former: pd.DataFrame

    def size(self, side: str) -> int:
        """Count the parties of a list: those on both, and those on it alone."""
        return int(self.cells.loc[self.cells["side"].isin(["both", side]), "parties"].sum())

    def side(self, side: str) -> str:
        """Say in words on which list a party is."""
        if side == "both":
            return "On both lists"
        return f"Only in {self.names[self.first if side == 'only_a' else self.second]}"


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
    pair = _pair(view, first, second, names)
    if pair is None:
        parts.empty("Nothing was reconciled at this date", "Choose another month end, or run again.")
        return
    _bridge(view, pair)


def _choose(view: View, names: dict[str, str], kind: str) -> tuple[str, str]:
    keys, columns = list(names), st.columns(2)
    start = _contradiction(view) if kind == "team" else (keys[0], keys[1])
    chosen = [
        str(
            column.selectbox(
                label, keys, index=keys.index(begin), format_func=names.__getitem__, key=key, bind="query-params"
            )
        )
        for column, label, begin, key in zip(
            columns, ("First list", "Second list"), start, _KEYS[kind], strict=True
        )
    ]  # fmt: skip
    return chosen[0], chosen[1]


_KEYS = {"team": ("first", "second"), "system": ("first_system", "second_system")}


def _contradiction(view: View) -> tuple[str, str]:
    """Return the pair to begin with: the reported number and who uses the product, else the two first that count."""
    keys = view.teams()
    if "product" in keys[1:]:
        return keys[0], "product"
    keys += [k for k in view.names("team") if k not in keys]
    return keys[0], keys[1]


def _pair(view: View, first: str, second: str, names: dict[str, str]) -> Pair | None:
    found = view.ask("gap", first=first, second=second, month=view.month, former=view.former or view.month)
    at = found["as_of"].dt.date
    cells, former = found[at == view.month], found[at == view.former]
    return None if cells.empty else Pair(first, second, names, cells, former)


def _bridge(view: View, pair: Pair) -> None:
    steps = _steps(view, pair)
    apart = int(pair.cells.loc[pair.cells["side"] != "both", "parties"].sum())
    first, second = pair.names[pair.first], pair.names[pair.second]
    one, other = pair.size("only_a"), pair.size("only_b")
    unexplained = int(pair.cells.loc[pair.cells["reason"] == UNEXPLAINED, "parties"].sum())
    parts.section(f"From {words.count(one)} to {words.count(other)}", _lead(view, pair, apart, unexplained))
    options = _options(steps)
    control = f"cell_{pair.first}_{pair.second}"
    if st.session_state.get(control) not in options:
        st.session_state.pop(control, None)
    start = _largest(steps)
    chosen = str(st.session_state.get(control) or start)
    floor = bridges.begins_at(steps)
    parts.clickable(
        bridges.bridge(steps, unit="Parties", chosen=chosen if chosen in set(steps["key"]) else ""),
        f"From {first}, {words.count(one)}, to {second}, {words.count(other)}: {words.count(apart)} parties are on one"
        f" list only, {words.count(unexplained)} of them unexplained.",
        key=f"bridge_{pair.first}_{pair.second}_{view.month}",
        control=control,
        options={key: key for key in options},
    )
    if floor:
        parts.note(f"The bars begin at {words.count(floor)}, so that the steps can be seen.")
    _who(view, pair, options, control, start)


def _lead(view: View, pair: Pair, apart: int, unexplained: int) -> str:
    both = int(pair.cells.loc[pair.cells["side"] == "both", "parties"].sum())
    since = f" At the right: the change since {words.day(view.former)}." if view.former else ""
    return (
        f"{words.count(both)} parties are on both lists on {words.day(view.month)}, {words.count(apart)} on one only,"
        f" each with the first reason that holds; {words.count(unexplained)} unexplained.{since}"
    )


def _steps(view: View, pair: Pair) -> pd.DataFrame:
    """Make the steps of the bridge: the first list, whom it has alone, whom the other has alone, the second list."""
    before = {(c.side, c.reason): int(c.parties) for c in each(pair.former)}
    size_before = pair.former.groupby("side")["parties"].sum()

    def aside(now: int, then: int) -> str:
        return words.signed(now - then) if len(pair.former) else ""

    def total(side: str, key: str) -> tuple[object, ...]:
        size, then = pair.size(side), int(size_before.reindex(["both", side], fill_value=0).sum())
        return pair.names[key], key, size, True, "total", words.count(size), aside(size, then), "The whole list"

    rows = [total("only_a", pair.first)]
    for side, sign, tone in (("only_a", -1, "loss"), ("only_b", 1, "gain")):
        for c in each(pair.cells[pair.cells["side"] == side]):
            if not c.parties and not before.get((side, c.reason)) and c.reason != UNEXPLAINED:
                continue
            change = aside(int(c.parties), before.get((side, c.reason), 0))
            name = f"{'−' if sign < 0 else '+'} {_reason(c)}"
            text = f"{sign * c.parties:+,}".replace("-", "−") if c.parties else "0"
            rows.append((name, f"{side}:{c.reason}", sign * int(c.parties), False, tone, text, change, _meaning(c)))
    rows.append(total("only_b", pair.second))
    columns = ["name", "key", "amount", "total", "tone", "text", "aside", "meaning"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(name=_unique(frame["name"]), amount=frame["amount"].astype(float))


def _unique(names: pd.Series) -> pd.Series:
    """Tell equal names apart: each bar needs a row of its own."""
    return names + names.groupby(names).cumcount().map(lambda n: " " * n)


def _reason(cell: object) -> str:
    label = getattr(cell, "label", None)
    return label if isinstance(label, str) else "Unexplained"


def _meaning(cell: object) -> str:
    sentence = getattr(cell, "sentence", None)
    return sentence if isinstance(sentence, str) else "No reason holds"


def _options(steps: pd.DataFrame) -> dict[str, str]:
    """Name every cell that can be opened, with its size."""
    options = {
        s.key: f"{s.name.strip()[2:]} · {words.count(abs(s.amount))}"
        for s in each(steps)
        if not s.total and s.amount
    }  # fmt: skip
    return {**options, "both": "On both lists"}


def _largest(steps: pd.DataFrame) -> str:
    cells = steps[~steps["total"] & (steps["amount"] != 0)]
    return "both" if cells.empty else str(cells.loc[cells["amount"].abs().idxmax(), "key"])


def _who(view: View, pair: Pair, options: dict[str, str], control: str, start: str) -> None:
    """Let the reader choose a cell, and show its parties; the reasons of single parties are known at the as-of date."""
    parts.section("Who they are", "Click a bar, or choose here.")
    if not view.latest:
        _sides(view, pair)
        return
    told = {k: v if k == "both" else f"{pair.side(k.split(':')[0])}: {v}" for k, v in options.items()}
    keys = list(told)
    key = str(
        st.selectbox(
            "Parties", keys, index=keys.index(start), format_func=told.__getitem__, key=control,
            label_visibility="collapsed",
        )
    )  # fmt: skip
    file = f"{pair.first}-{pair.second}-{key.replace(':', '-')}"
    a, b = view.bit(pair.first), view.bit(pair.second)
    if key == "both":
        members.show(view, "side", told[key], file=file, has=a | b, lacks=0, month=view.month)
        return
    side, reason = key.split(":", 1)
    has, lacks, lacking = (a, b, pair.second) if side == "only_a" else (b, a, pair.first)
    bits = pair.cells.loc[(pair.cells["side"] == side) & (pair.cells["reason"] == reason), "bit"]
    wanted = {"has": has, "lacks": lacks, "explains": view.explains(lacking), "reason": int(bits.iloc[0])}
    members.show(view, "cell", told[key].rsplit(" · ", 1)[0], file=file, **wanted)


def _sides(view: View, pair: Pair) -> None:
    sides = {s: pair.side(s) for s in ("only_a", "both", "only_b")}
    side = parts.choice("List", sides, default="only_a", key="side")
    a, b = view.bit(pair.first), view.bit(pair.second)
    has, lacks = {"only_a": (a, b), "only_b": (b, a), "both": (a | b, 0)}[side]
    title = f"{sides[side]} on {words.day(view.month)}"
    members.show(
        view, "side", title, file=f"{pair.first}-{pair.second}-{side}", has=has, lacks=lacks, month=view.month
    )
    parts.note(f"Which reason holds for a single party is kept for {words.day(view.months[0])}.")
