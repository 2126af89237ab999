"""Growth: customers who came, came back and went, by any definition; and two growth figures side by side."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
import streamlit as st

from valuekit.dashboard import parts, theme, words
from valuekit.dashboard.charts import bridges, months
from valuekit.dashboard.data import each, most
from valuekit.dashboard.pages.customers import members
from valuekit.dashboard.pages.customers.view import View, month_name, pick_definition, pick_month
from valuekit.snapshot.growth import Comparison, Growth, Window, compare_growth

KINDS = ("new", "reactivated", "churned")
YEAR = 12


def render(view: View) -> None:
    """Show the bridge of customers over some months, its months, acquisitions and two growths."""
    left, right = st.columns([3, 2])
    with left:
        definition = pick_definition("Definition", view.names(), key="counted_by", default=view.teams()[0])
    with right:
        since = pick_since(view, key="since")
    found = view.ask("movements", definition=definition)
    span = within(found, since, view.month)
    if span.empty:
        parts.empty("No month lies between the two dates", "Choose an earlier month to begin with.")
        return
    _bridge(view, definition, since, span)
    _months(span)
    _acquired(view)
    _two(view)


def pick_since(view: View, *, key: str) -> date:
    """Let the reader choose the month end that the movements begin at."""
    earlier = {m: c for m, c in view.complete.items() if m < view.month} or {view.month: True}
    return pick_month("Since", earlier, key=key, default=YEAR - 1)


def within(found: pd.DataFrame, since: date, until: date) -> pd.DataFrame:
    """Keep the months after one month end and up to another."""
    at = found["as_of"].dt.date
    span: pd.DataFrame = found[(at > since) & (at <= until)]
    return span


@dataclass(frozen=True)
class _Sums:
    begin: int
    end: int
    moved: dict[str, int]
    new_using: int | None
    """None where no use is recorded."""


def _sums(span: pd.DataFrame) -> _Sums:
    """Add up the movements of the months; the first begin and the last end are balances, never added."""
    moved = {k: int(span[k].sum()) for k in KINDS}
    using = int(span["new_using"].sum()) if span["new_using"].notna().any() else None
    return _Sums(int(span["begin"].iloc[0]), int(span["end"].iloc[-1]), moved, using)


def _used(sums: _Sums) -> str:
    if sums.new_using is None or not sums.moved["new"]:
        return ""
    new, using = words.count(sums.moved["new"]), words.count(sums.new_using)
    return f" Of {new} new ones, {using} used the product at the end of their first month."


def _bridge(view: View, definition: str, since: date, span: pd.DataFrame) -> None:
    sums, name = _sums(span), view.names()[definition]
    growth = words.percent(sums.end / sums.begin - 1) if sums.begin else "-"
    parts.section(
        f"From {words.count(sums.begin)} to {words.count(sums.end)}",
        f"{name}, {words.day(since)} to {month_name(view.month, view.complete)}: {growth}." + _used(sums),
    )
    rows: list[tuple[object, ...]] = [
        (words.day(since), "begin", sums.begin, True, bridges.TOTAL, words.count(sums.begin), f"On the list on {since}")
    ]
    for kind, count in sums.moved.items():
        sign = -1 if kind == "churned" else 1
        text = f"{sign * count:+,}"
        rows.append((words.MOVEMENTS[kind], kind, sign * count, False, theme.MOVEMENTS[kind], text, MEANINGS[kind]))
    rows.append(
        (f"{words.day(view.month)} ", "end", sums.end, True, bridges.TOTAL, words.count(sums.end), "On the list")
    )
    steps = pd.DataFrame(rows, columns=["name", "key", "amount", "total", "colour", "text", "meaning"])
    steps = steps.assign(aside="", amount=steps["amount"].astype(float))
    options = {k: f"{words.MOVEMENTS[k]} · {words.count(n)}" for k, n in sums.moved.items()}
    parts.clickable(
        bridges.bridge(steps, unit="Parties"),
        f"{words.count(sums.begin)} plus {words.count(sums.moved['new'])} new plus"
        f" {words.count(sums.moved['reactivated'])} reactivated minus {words.count(sums.moved['churned'])} churned is"
        f" {words.count(sums.end)}.",
        key=f"moves_{definition}_{since}_{view.month}",
        control="moved",
        options={k: k for k in options},
    )
    if floor := bridges.begins_at(steps):
        parts.note(f"The bars begin at {words.count(floor)}, so that the steps can be seen.")
    kind = parts.choice("Who", options, default="new", key="moved")
    settings = view.run.settings
    policies = {"same_month": settings.same_month, "reactivation_days": settings.reactivation_days}
    wanted = {"asked": [definition], "using_bit": view.bit(settings.using), "since": since, "until": view.month}
    file = f"{definition}-{kind}"
    members.show(
        view, "moved", words.MOVEMENTS[kind], file=file, movement=kind, **wanted, **policies
    )  # fmt: skip


MEANINGS = {
    "new": "On the list for the first time",
    "reactivated": "On the list again",
    "churned": "No longer on the list",
}


def _months(span: pd.DataFrame) -> None:
    parts.section("Month by month", "Movements of each month; switch them on and off.")
    kinds = switches(KINDS, key="kinds")
    if not kinds:
        parts.empty("Every movement is off", "Switch at least one on.")
        return
    signed = span.assign(churned=-span["churned"])
    tall = months.tall(signed, kinds)
    best = most(span.assign(net=span["end"] - span["begin"]), "net")
    parts.chart(
        months.stacked(tall, theme.MOVEMENTS, words.MOVEMENTS, unit="Parties"),
        f"The strongest month ended on {words.day(best.as_of.date())}: {words.signed(best.net)}.",
    )
    rows = [
        (
            words.day(m.as_of.date()) + ("" if m.complete else "\nstill running"),
            *(words.count(v) for v in (m.begin, m.new, m.reactivated, m.churned, m.end)),
            words.percent(m.churn_rate),
            words.percent(m.growth_rate),
        )
        for m in each(span.iloc[::-1])
    ]
    with st.expander("The same as a table"):
        headers = ["Month end", "Begin", "New", "Reactivated", "Churned", "End", "Churn", "Growth"]
        parts.listing(headers, rows, numbers=range(1, len(headers)))


def switches(kinds: tuple[str, ...], *, key: str) -> list[str]:
    """Let the reader switch movements on and off."""
    return st.pills(
        "Movements",
        list(kinds),
        selection_mode="multi",
        default=list(kinds),
        format_func=words.MOVEMENTS.__getitem__,
        key=key,
        bind="query-params",
        label_visibility="collapsed",
    )


def _acquired(view: View) -> None:
    """Answer how many were acquired in the month: one number for every definition, each by its own event."""
    found = view.ask("acquired", month=view.month)
    if found.empty:
        return
    parts.section(
        "How many did we acquire?",
        f"In the month to {month_name(view.month, view.complete)}: by the day of its own event, and by who was on the"
        " list for the first time at the month end.",
    )
    numbers = {m.definition: m for m in each(found)}
    rows = []
    for key, name in view.names("team").items():
        if key in numbers:
            event = view.countable.loc[key, "event_on"]
            told = (
                (words.event(event), words.count(numbers[key].acquired))
                if isinstance(event, str)
                else ("no event", "-")
            )
            rows.append((name, *told, words.count(numbers[key].new)))
    parts.listing(["Definition", "Its event", "Acquired by event", "New at month end"], rows, numbers=(2, 3))


SIDES = ("first", "second")


def _two(view: View) -> None:
    """Put two growth figures side by side, each with its own definition and months, and the parties between them."""
    if len(view.months) < 2 or len(view.names()) < 2:
        return
    parts.section(
        "Two growth figures from one company",
        "Each with its own definition and its own months: both can be right. Only the two ends are compared: who came"
        " and left in between is in neither. Below: what the same parties do under each.",
    )
    teams = view.teams()
    starts = (teams[0], "product" if "product" in teams[1:] else list(view.names())[-1])
    columns = st.columns(2, gap="large")
    windows = []
    for side, start, column in zip(SIDES, starts, columns, strict=True):
        with column:
            windows.append(_window(view, side, start))
    first, second = windows
    if first is None or second is None:
        parts.empty("The months are in the wrong order", "Choose an earlier month to begin with.")
        return
    found = view.run.told(compare_growth, first, second)
    for figure, column in zip((found.a, found.b), columns, strict=True):
        with column:
            parts.cards([_figure(figure)])
    _moves(found)


def _window(view: View, side: str, start: str) -> Window | None:
    """Let the reader choose a definition and its months; nothing when they are in the wrong order."""
    definition = pick_definition(f"{side.capitalize()} definition", view.names(), key=f"growth_{side}", default=start)
    left, right = st.columns(2)
    with left:
        since = pick_month("From", view.complete, key=f"{side}_from", default=min(YEAR, len(view.months) - 1))
    with right:
        until = pick_month("To", view.complete, key=f"{side}_to")
    return Window(definition, since, until) if since < until else None


def _figure(one: Growth) -> parts.Card:
    rate = "-" if one.rate is None else f"{100 * one.rate:+.1f}%"
    context = (
        f"{words.count(one.begin)} + {words.count(one.joined)} joined - {words.count(one.left)} left ="
        f" {words.count(one.end)}"
    )
    return parts.Card(one.label, rate, one.sentence, context)


MOVES = {"joined": "joined", "left": "left", "stayed": "stayed", "outside": "is on neither end"}


def _moves(found: Comparison) -> None:
    """Count what the parties do under the first figure by what they do under the second."""
    parts.note(f"Down: by the first figure, {found.a.label}. Across: by the second, {found.b.label}.")
    rows = [
        (f"{word.capitalize()} by the first", *(words.count(found.counted([a], [b])) for b in MOVES))
        for a, word in MOVES.items()
    ]
    headers = ["", *(f"{word} by the second" for word in MOVES.values())]
    parts.listing([h[:1].upper() + h[1:] for h in headers], rows, numbers=range(1, len(headers)))
