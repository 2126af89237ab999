"""One customer: its value with interval, what that rests on, and the cash that it is made of."""

from typing import Any

import altair as alt
import pandas as pd

from valuekit.dashboard import customer, parts, words
from valuekit.dashboard.charts import bars, ranges
from valuekit.dashboard.data import each
from valuekit.dashboard.pages.value.worth import discounted
from valuekit.dashboard.parts import Card
from valuekit.dashboard.run import Run

PAGE = "value/one"
LEVELS = (95, 80, 50)


def render(run: Run) -> None:
    """Show one customer, chosen by name."""
    parts.section("One customer", "What it is worth, between what and what, and on whose history that rests.")
    party = customer.choose(run, "cash", "valued")
    if party is None:
        return
    found = run.ask(PAGE, "value", party=party)
    if found.empty:
        parts.empty("It has no lifetime value", "Only who has paid more than it got back is valued.")
        return
    one = next(each(found))
    _cards(run, one)
    frame = pd.DataFrame(
        [{"level": f"{k} of 100", "low": getattr(one, f"low_{k}"), "high": getattr(one, f"high_{k}"), "ltv": one.ltv}
         for k in LEVELS]
    )  # fmt: skip
    parts.chart(
        ranges.fan(frame, run.currency),
        f"In 80 of 100 cases {one.customer} is worth {run.money(one.low_80)} to {run.money(one.high_80)}.",
    )
    if not one.low_50 <= one.ltv <= one.high_50:
        parts.note(
            "The mean lies outside what comes in half of the cases: either it stays and brings much, or it leaves and"
            " brings little, and few outcomes lie between."
        )
    _years(run, party)


def _cards(run: Run, one: Any) -> None:
    interval = f"{run.money(one.low_80)} to {run.money(one.high_80)} in 80 of 100 cases"
    rests = words.begin(f"Rests on {words.BASES.get(one.basis, one.basis)}").rstrip(".")
    parts.cards(
        [
            Card(
                "Lifetime value",
                run.money(one.ltv),
                f"{run.settings.value}, in {run.currency}. Exactly {run.money(one.ltv, exact=True)}.",
                interval,
            ),
            Card(
                "Still a customer",
                words.percent(one.p_alive),
                "Probability that it is still a customer at the as-of date",
                words.stage(one.stage),
            ),
            Card(
                "Weight of its own history",
                words.percent(one.own_weight),
                "In its expected purchases or renewals; with little history it is valued like its peers",
                f"{rests}; a stated prior stands for a fit" if one.by_prior else rests,
            ),
            Card(
                "Standard deviation",
                run.money(one.deviation),
                f"By chance and by errors of the models, in {run.currency}. Model: {one.model}",
                f"By errors of the models alone {run.money(one.deviation_by_parameters)}",
            ),
        ]
    )


def _years(run: Run, party: str) -> None:
    frame = discounted(run.settings.value, run.ask(PAGE, "years", party=party))
    if frame.empty:
        parts.note("No cash is expected of it.")
        return
    parts.section("Year by year", "Its expected cash, discounted, by stream; pale years lie beyond the horizon.")
    x = alt.X("when:O", title="Year after the as-of date", axis=alt.Axis(labelAngle=0, ticks=False))
    first = float(frame.loc[frame["when"] == 1, "amount"].sum())
    parts.chart(bars.stacked(frame, x, run.currency, words.LINES), f"The first year brings {run.money(first)}.")
