"""Recurring revenue: from one month end to another by kind of movement, with the standard rates."""

from datetime import date

import pandas as pd

from valuekit.dashboard import parts, theme, words
from valuekit.dashboard.charts import bridges, months
from valuekit.dashboard.data import each
from valuekit.dashboard.pages.customers import members
from valuekit.dashboard.pages.customers.growth import pick_since, switches, within
from valuekit.dashboard.pages.customers.view import View, month_name
from valuekit.dashboard.run import Run
from valuekit.tables.published import MRR_KINDS

ORDER = ("new_business", "expansion", "reactivation", "contraction", "churn", "fx")


def render(view: View) -> None:
    """Show the bridge of recurring revenue over some months, its months, its rates, and who moved."""
    found = view.ask("recurring")
    if not found[["begin", "end"]].any(axis=None):
        parts.empty(
            "There is no recurring revenue", "It comes from contracts: map `contracts` in the configuration, and run."
        )
        return
    since = pick_since(view, key="since_mrr")
    span = within(found, since, view.month)
    if span.empty:
        parts.empty("No month lies between the two dates", "Choose an earlier month to begin with.")
        return
    _bridge(view, since, span)
    _months(view.run, span)
    _rates(view.run, span)


def _bridge(view: View, since: date, span: pd.DataFrame) -> None:
    run, begin, end = view.run, float(span["begin"].iloc[0]), float(span["end"].iloc[-1])
    moved = {k: float(span[k].sum()) for k in ORDER}
    parts.section(
        f"From {run.money(begin)} to {run.money(end)} a month",
        f"Monthly recurring revenue, {words.day(since)} to {month_name(view.month, view.complete)}, in {run.currency}."
        " Of signed contracts that run, paid or not, without internal and test accounts. The first and the last bar are"
        " balances of their day; only movements add up over months.",
    )
    rows: list[tuple[object, ...]] = [
        (words.day(since), "begin", begin, True, bridges.TOTAL, run.money(begin), "A balance")
    ]
    shown = {k: v for k, v in moved.items() if v or k != "fx"}
    for kind, amount in shown.items():
        text = words.change(amount, run.currency)
        rows.append((words.MOVEMENTS[kind], kind, amount, False, theme.MOVEMENTS[kind], text, MEAN[kind]))
    rows.append((f"{words.day(view.month)} ", "end", end, True, bridges.TOTAL, run.money(end), "A balance"))
    steps = pd.DataFrame(rows, columns=["name", "key", "amount", "total", "colour", "text", "meaning"]).assign(aside="")
    options = {k: f"{words.MOVEMENTS[k]} · {words.change(v, run.currency)}" for k, v in shown.items() if v}
    parts.clickable(
        bridges.bridge(steps, unit=run.currency, number=",.2f"),
        f"Recurring revenue went from {run.money(begin)} to {run.money(end)} a month; the largest movement was"
        f" {words.MOVEMENTS[max(moved, key=lambda k: abs(moved[k]))].lower()}.",
        key=f"mrr_{since}_{view.month}",
        control="mrr_moved",
        options={k: k for k in options},
    )
    if floor := bridges.begins_at(steps):
        parts.note(f"The bars begin at {run.money(floor)}, so that the steps can be seen.")
    without_rate = float(span["end_without_rate"].iloc[-1])
    if without_rate:
        parts.note(f"{run.money(without_rate)} of it is at the rate of signature: the month end has no rate.")
    if not options:
        return
    kind = parts.choice("Who", options, default=next(iter(options)), key="mrr_moved")
    wanted = {"since": since, "until": view.month, "movement": kind}
    members.show(view, "recurring", words.MOVEMENTS[kind], file=f"mrr-{kind}", **wanted)


MEAN = {
    "new_business": "Recurring revenue of parties that had none before",
    "expansion": "More than the month before",
    "reactivation": "Recurring revenue again after none",
    "contraction": "Less than the month before",
    "churn": "No recurring revenue any more",
    "fx": "The same price at another exchange rate",
}


def _months(run: Run, span: pd.DataFrame) -> None:
    parts.section("Month by month", f"Movements of each month, in {run.currency}; switch them on and off.")
    kinds = switches(tuple(k for k in ORDER if k in MRR_KINDS and span[k].any()), key="mrr_kinds")
    if not kinds:
        parts.empty("Every movement is off", "Switch at least one on.")
        return
    net = float(span["end"].iloc[-1] - span["begin"].iloc[0])
    parts.chart(
        months.stacked(months.tall(span, kinds), theme.MOVEMENTS, words.MOVEMENTS, unit=run.currency, number=",.2f"),
        f"All months together changed recurring revenue by {words.change(net, run.currency)}.",
    )


RATES = {
    "logo_churn_rate": "Logo churn",
    "gross_churn_rate": "Gross MRR churn",
    "net_churn_rate": "Net MRR churn",
    "grr": "GRR",
    "nrr": "NRR",
    "annual_churn_rate": "Logo churn, annualised",
}


def _rates(run: Run, span: pd.DataFrame) -> None:
    parts.section(
        "Rates",
        "Of the month before. Accounts: parties with recurring revenue; it may be signed and not paid yet. GRR and NRR:"
        " gross and net revenue retention. Quick ratio: gains / losses. Annualised: 1 - (1 - rate)^12. MRR and ARPA,"
        " the average per account, are balances: never added up.",
    )
    rows = [
        (
            words.day(m.as_of.date()) + ("" if m.complete else "\nstill running"),
            run.money(m.end),
            words.count(m.customers_end),
            run.money(m.arpa) if m.arpa == m.arpa else "-",
            *(words.percent(getattr(m, rate)) for rate in RATES),
            f"{m.quick_ratio:.1f}" if m.quick_ratio == m.quick_ratio else "-",
        )
        for m in each(span.iloc[::-1])
    ]
    headers = ["Month end", "MRR", "Accounts", "ARPA", *RATES.values(), "Quick ratio"]
    parts.listing(headers, rows, numbers=range(1, len(headers)))
