"""Overlap: which combinations of lists the parties are on."""

from functools import reduce

import pandas as pd
import streamlit as st

from valuekit.dashboard import parts, words
from valuekit.dashboard.charts.upset import alt_text, upset
from valuekit.dashboard.data import each
from valuekit.dashboard.pages.customers import members
from valuekit.dashboard.pages.customers.view import View

SHOWN = 15
"""Combinations with a column of their own; the others share the last."""
REST = "rest"


def render(view: View) -> None:
    """Let the reader choose the lists, and show their combinations, the largest first."""
    names = view.names()
    chosen = st.multiselect(
        "Lists",
        list(names),
        default=view.teams() if len(view.teams()) > 1 else list(names)[:5],
        format_func=names.__getitem__,
        key="lists",
        bind="query-params",
        max_selections=8,
        placeholder="Choose two to eight lists",
    )
    if len(chosen) < 2:
        parts.empty("Nothing to combine", "Choose at least two lists.")
        return
    bits = {key: view.bit(key) for key in chosen}
    found = view.ask("patterns", mask=reduce(int.__or__, bits.values()), month=view.month)
    if found.empty:
        parts.empty("Nobody is on these lists", "Choose other lists, or another month end.")
        return
    _picture(view, found, bits, names)


def _picture(view: View, found: pd.DataFrame, bits: dict[str, int], names: dict[str, str]) -> None:
    sizes = _sizes(found, bits, names)
    frame = _columns(found, bits, names, list(sizes["name"]))
    options = {c.key: f"{c.label} · {words.count(c.parties)}" for c in each(frame) if c.key != REST}
    control = "combination"
    if st.session_state.get(control) not in options:
        st.session_state.pop(control, None)
    chosen = str(st.session_state.get(control) or next(iter(options)))
    parts.note(
        f"Each column is one combination on {words.day(view.month)}: dark dots say on which lists its parties are, the"
        " bar how many. A party is in exactly one column. At the left: the size of each list."
        + (f" The last column: {len(found) - SHOWN} other combinations." if len(found) > SHOWN else "")
    )
    with parts.roomy("overlap"):
        parts.clickable(
            upset(frame, sizes, chosen=chosen),
            alt_text(frame, list(bits)),
            key=f"upset_{'_'.join(bits)}_{view.month}",
            control=control,
            options={key: key for key in options},
        )
    with st.expander("The same as a table"):
        rows = [(c.label, words.count(c.parties), words.share(c.parties, found["parties"].sum())) for c in each(frame)]
        parts.listing(["On exactly these lists", "Parties", "Share"], rows, numbers=(1, 2))
    parts.section("Who they are", "Click a bar, or choose here.")
    key = str(
        st.selectbox(
            "Combination", list(options), format_func=options.__getitem__, key=control, label_visibility="collapsed"
        )
    )
    pattern, mask = int(key), reduce(int.__or__, bits.values())
    title = options[key].rsplit(" · ", 1)[0]
    members.show(view, "side", title, file=f"combination-{key}", has=pattern, lacks=mask & ~pattern, month=view.month)


def _sizes(found: pd.DataFrame, bits: dict[str, int], names: dict[str, str]) -> pd.DataFrame:
    """Return the size of every list, the largest first."""
    rows = [(names[k], int(found.loc[(found["pattern"] & b) != 0, "parties"].sum())) for k, b in bits.items()]
    return pd.DataFrame(rows, columns=["name", "parties"]).sort_values("parties", ascending=False, kind="stable")


def _columns(found: pd.DataFrame, bits: dict[str, int], names: dict[str, str], order: list[str]) -> pd.DataFrame:
    """Return a column for each of the largest combinations, and one for all others."""

    def on(pattern: int) -> tuple[str, ...]:
        return tuple(sorted((names[k] for k, b in bits.items() if pattern & b), key=order.index))

    rows = [
        (str(c.pattern), int(c.parties), on(c.pattern), _label(on(c.pattern), len(bits)))
        for c in each(found.head(SHOWN))
    ]  # fmt: skip
    rest = found.iloc[SHOWN:]
    if len(rest):
        rows.append((REST, int(rest["parties"].sum()), (), f"{len(rest)} other combinations"))
    return pd.DataFrame(rows, columns=["key", "parties", "bits", "label"])


def _label(on: tuple[str, ...], lists: int) -> str:
    if len(on) == lists:
        return f"All {lists} lists"
    return f"Only {on[0]}" if len(on) == 1 else " + ".join(on)
