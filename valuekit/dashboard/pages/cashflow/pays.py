"""Who pays for whom: the whale curve and its parties, how concentrated profit is, cost to serve, and scale."""

from typing import Any

import pandas as pd
import streamlit as st

from valuekit.cashflow.concentration import REASONS, Concentration
from valuekit.dashboard import parts, words
from valuekit.dashboard.charts import curves
from valuekit.dashboard.data import each
from valuekit.dashboard.pages.cashflow import good, scale
from valuekit.dashboard.pages.cashflow.period import PERIODS, choose
from valuekit.dashboard.pages.customers import members
from valuekit.dashboard.run import Run

WHALE = "cashflow/whale"
INDEX = {"gini": "Gini index", "signed_gini": "Signed Gini index"}
LOSING, WINNING = "losing", "winning"
CONTROL = "whale_group"


def render(run: Run) -> None:
    """Show the whale curve with its parties, then the quadrants, the signs of cash and profit, and scale."""
    since = choose(run)
    recent = since == run.last_12_months
    found, curve = run.whale(recent=recent)
    if not found.parties:
        parts.empty("Nobody has cash in this period", "Choose all months, or map payments, orders or costs.")
        return
    wanted = {"since": since, "recent": recent}
    _curve(run, found, curve, wanted)
    _concentration(run, found)
    good.quadrants_of(run)
    good.signs(run)
    scale.show(run)


def _curve(run: Run, found: Concentration, curve: pd.DataFrame, wanted: dict[str, Any]) -> None:
    parts.section(
        "How profit gathers",
        "Parties in the order of their net cash, most profitable first; the curve adds them up. Where it falls, parties"
        " cost more than they bring in. The dashed line is what remains. Click a part of it to see who stands there.",
    )
    _cards(run, found)
    tenths = run.ask(WHALE, "tenths", **wanted)
    tenths = tenths.assign(key=tenths["tenth"].astype(str), name=tenths["tenth"].map(_tenth))
    groups = _groups(run, found, tenths)
    if st.session_state.get(CONTROL) not in groups:
        st.session_state.pop(CONTROL, None)
    chosen = str(st.session_state.get(CONTROL) or next(iter(groups)))
    parts.clickable(
        curves.whale(curve, run.currency, tenths, chosen),
        f"Profitable customers add up to {run.money(found.peak)};"
        f" {words.count(found.loss_makers)} loss makers bring it down to {run.money(found.total)}.",
        key=f"whale_{wanted['recent']}",
        control=CONTROL,
        options={key: key for key in tenths["key"]},
    )
    _members(run, groups, wanted)


def _cards(run: Run, found: Concentration) -> None:
    parts.cards(
        [
            parts.Card(
                "Parties with cash",
                words.count(found.parties),
                f"Outside parties with any cash in the period, as of {words.day(run.as_of)}",
                f"{words.count(found.peak_parties)} with a profit",
            ),
            parts.Card(
                "Net cash at the peak",
                run.money(found.peak),
                f"Sum over parties with positive net cash, in {run.currency}."
                f" Exactly {run.money(found.peak, exact=True)}.",
                _of_total(found),
            ),
            parts.Card(
                "Loss makers",
                words.count(found.loss_makers),
                "Parties whose net cash in the period is below zero",
                f"{words.share(found.loss_makers, found.parties)} of parties with cash",
            ),
            parts.Card(
                "What they take away",
                run.money(found.losses),
                f"Sum of their net cash, in {run.currency}. Exactly {run.money(found.losses, exact=True)}.",
                _eroded(found),
            ),
        ]
    )


def _of_total(found: Concentration) -> str:
    if found.peak_share is None:
        return "No share: the final net cash is not above zero"
    return f"{words.percent(found.peak_share)} of the final net cash"


def _eroded(found: Concentration) -> str:
    if found.eroded_share is None:
        return "No share: nobody brings a profit"
    return f"{words.percent(found.eroded_share)} of the peak is eroded"


def _tenth(number: int) -> str:
    """Name a tenth of the parties.

    >>> _tenth(1), _tenth(2), _tenth(10)
    ('Best tenth', '2nd tenth', 'Last tenth')
    """
    if number in (1, 10):
        return "Best tenth" if number == 1 else "Last tenth"
    return f"{number}{ {2: 'nd', 3: 'rd'}.get(number, 'th') } tenth"


def _groups(run: Run, found: Concentration, tenths: pd.DataFrame) -> dict[str, str]:
    """Name the parts of the curve that hold somebody: the loss makers first, because that is where to look."""
    groups = {}
    if found.loss_makers:
        groups[LOSING] = f"Loss makers · {words.count(found.loss_makers)} · {run.money(found.losses)}"
    if found.peak_parties:
        groups[WINNING] = f"Parties with a profit · {words.count(found.peak_parties)} · {run.money(found.peak)}"
    return groups | {t.key: f"{t.name} · {words.count(t.parties)} · {run.money(t.net)}" for t in each(tenths)}


def _members(run: Run, groups: dict[str, str], wanted: dict[str, Any]) -> None:
    chosen = str(st.selectbox("Who they are", list(groups), format_func=groups.__getitem__, key=CONTROL))
    title = groups[chosen].split(" · ")[0]
    of = chosen if chosen in (LOSING, WINNING) else "tenth"
    tenth = {} if of == chosen else {"tenth": int(chosen)}
    label = f"Net cash, {PERIODS['recent' if wanted['recent'] else 'all'].lower()}"
    members.listed(run, WHALE, of, title, file=f"whale-{chosen}", amount=label, **wanted, **tenth)


def _concentration(run: Run, found: Concentration) -> None:
    parts.section("How concentrated it is", "The same curve in numbers; where one is not defined, a word says why.")
    parts.listing(["Measure", "Value", "What it says"], _measures(run, found), numbers=(1,))


def _measures(run: Run, found: Concentration) -> list[tuple[str, str, str]]:
    return [
        (
            "Parties that bring the whole total",
            _parties(found.whole_parties, found.parties),
            "The best parties; the others, taken together, add nothing."
            if found.whole_parties is not None
            else "Not defined: the total is not above zero.",
        ),
        (
            "What the best tenth brings",
            words.percent(found.top_decile_share),
            f"{run.money(found.top_decile)} of {words.count(found.top_decile_parties)} parties"
            + ("." if found.top_decile_share is not None else "; no share of a total that is not above zero."),
        ),
        (
            "Where the curve breaks even again",
            _parties(found.break_even_parties, found.parties),
            "Behind its peak the curve is back at zero there."
            if found.break_even_parties is not None
            else "Not defined: it never comes back to zero.",
        ),
        (_index_name(found), "-" if found.index is None else f"{found.index:.3f}", _index(found)),
    ]


def _parties(count: int | None, of: int) -> str:
    return "-" if count is None else f"{words.count(count)} ({words.share(count, of)})"


def _index_name(found: Concentration) -> str:
    return INDEX[found.index_name] if found.index_name else "Index of concentration"


def _index(found: Concentration) -> str:
    if found.index_reason:
        return f"Not defined: {REASONS[found.index_reason]}."
    if found.index_name == "gini":
        return "0: all parties bring the same; near 1: one brings all. Nobody has a loss."
    return "0: all alike; 1: one party has all profit and another all loss. Signed, because somebody has a loss."
