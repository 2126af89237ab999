"""The explanation of one party, for people."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.report import grid, money
from valuekit.snapshot import Explanation
from valuekit.tables import PUBLISHED
from valuekit.tables.published import HORIZON_YEARS


def print_explanation(party: Explanation, console: Console) -> None:
    """Print why a party is what it is: identity, stage, definitions, cash, value, segment, ranks."""
    console.print(Text(f"{party.label} ({party.party_id}), as of {party.as_of}", style="bold"))
    console.print(f"Snapshot {party.run_id}, money in {party.currency}\n")
    for title, part in _parts(party):
        console.print(Text(title, style="bold"))
        console.print(Padding(part, (0, 0, 1, 2), expand=False))


def _parts(party: Explanation) -> Iterator[tuple[str, RenderableType]]:
    yield "Who it is", _identity(party)
    yield "Stage", _stage(party)
    yield "What happened, in order of time", _evidence(party)
    yield "What else is known of it", _facts(party)
    yield "Who counts it as a customer", _definitions(party)
    if party.history:
        yield "Its stages, month end by month end", _history(party)
    if party.mrr_movements:
        yield "How its recurring revenue moved", _recurring(party)
    yield "Net cash", _cash(party)
    yield "Lifetime value", _value(party)
    if party.streams:
        yield "Expected cash by year, not discounted", _streams(party)
    yield "Segment", _segment(party)
    yield "Executives", _ranks(party)


def _identity(party: Explanation) -> RenderableType:
    table = grid("record", "joined to", "because of")
    joined = {(m["system"], m["record"]): m for m in party.merges}
    for row in party.records:
        merge = joined.get((row["system"], row["record"]))
        to = f"{merge['to_system']}:{merge['to_record']}" if merge else ""
        why = f"{merge['rule']} {merge['evidence']}{_likely(merge)}" if merge else ""
        table.add_row(*map(escape, (f"{row['system']}:{row['record']}", to, why)))
    former = ", ".join(f"{row['former_id']} ({row['reason']})" for row in party.former_ids)
    return Group(table, Text(f"formerly {former}")) if former else table


def _likely(merge: dict[str, Any]) -> str:
    return "" if merge["probability"] is None else f", probability {merge['probability']:.3f}"


def _stage(party: Explanation) -> Text:
    stage = party.stage
    words = str(stage["stage"]).replace("_", " ")
    reason = f" ({str(stage['reason']).replace('_', ' ')})" if stage["reason"] else ""
    since = f" since {stage['since']}" if stage["since"] else ""
    rule = f". {stage['rule']}" if stage["rule"] else ""
    return Text(f"{words}{reason}{since}{rule}")


def _evidence(party: Explanation) -> Table:
    table = grid("", "", "")
    for row in party.evidence:
        table.add_row(
            str(row["on"]), row["fact"].removesuffix("_on").replace("_", " "), f"[dim]{escape(row['meaning'])}[/]"
        )
    return table


def _facts(party: Explanation) -> Table:
    """What is known beside the dated facts; what is zero, false or missing is left out."""
    table = grid("", "", "")
    for column in PUBLISHED["facts"]:
        value = party.facts[column.name]
        if column.type != "DATE" and column.name != "party_id" and value not in (None, 0, False):
            shown = money(value, party.currency) if column.unit == "reporting currency" else _plain(value)
            table.add_row(column.name.replace("_", " "), escape(shown), f"[dim]{escape(column.meaning)}[/]")
    return table


def _definitions(party: Explanation) -> Table:
    table = grid("", "definition", "owner", "source of truth", "rule, or why not")
    for row in party.definitions:
        mark = "[green]counted[/]" if row["counted"] else "[dim]not counted[/]"
        because = f"{row['why_not']}: {row['because']}" if row["because"] else row["why_not"]
        words = (row["label"], row["owner"], row["system"], row["predicate"] if row["counted"] else because)
        table.add_row(mark, *map(escape, words))
    return table


def _history(party: Explanation) -> Table:
    table = grid("from", "until", "stage", "counted by now", "and no longer by")
    for row in party.history:
        reason = f" ({row['reason'].replace('_', ' ')})" if row["reason"] else ""
        stage = row["stage"].replace("_", " ") + reason
        joined, left = ", ".join(row["joined"]), ", ".join(row["left"])
        table.add_row(str(row["from_end"]), str(row["until_end"]), *map(escape, (stage, joined, left)))
    return table


def _recurring(party: Explanation) -> Table:
    table = grid("month", "movement", "change>")
    for row in party.mrr_movements:
        table.add_row(str(row["as_of"]), row["movement"].replace("_", " "), money(row["amount"], party.currency))
    return table


def _cash(party: Explanation) -> Table:
    table = grid("", "last 12 months>", "all months>")
    for row in party.cash:
        amounts = (money(row[k], party.currency) for k in ("last_12_months", "all_months"))
        table.add_row(row["line"].replace("_", " "), *amounts, style="bold" if row["line"] == "net_cash" else "")
    return table


def _value(party: Explanation) -> Text:
    value = party.value
    if value is None:
        return Text("none: it has not paid, or got everything back")
    rate = "" if value["discount_rate"] is None else f", discounted at {100 * value['discount_rate']:g}% a year"
    alive = "" if value["p_alive"] is None else f", still a customer with probability {value['p_alive']:.2f}"
    own = "" if value["own_weight"] is None else f" (own history weighs {100 * value['own_weight']:.0f}%)"
    amount, years = money(value["ltv"], party.currency), value["horizon_years"]
    return Text(f"{amount} over {years} years{rate}; {value['basis']} basis{own}{alive}; model {value['model']}")


def _streams(party: Explanation) -> Table:
    years = min((party.value or {}).get("horizon_years") or HORIZON_YEARS, HORIZON_YEARS)
    table = grid("stream", *(f"year {y}>" for y in range(1, years + 1)))
    for row in party.streams:
        amounts = (money(row[f"year_{y}"], party.currency) for y in range(1, years + 1))
        table.add_row(row["stream"].replace("_", " "), *amounts)
    return table


def _segment(party: Explanation) -> Text:
    segment = party.segment
    return Text(f"{segment['tier']}: {segment['rule']}" if segment else "none: it has not paid, or got everything back")


def _ranks(party: Explanation) -> Table:
    table = grid("", "measure", "rank>", "of>", "value>", "unit")
    for row in party.ranks:
        if row["rank"] is None:
            why = row["not_rankable"] or "this party is not ranked"
            table.add_row(row["executive"], escape(row["label"]), "", "", "", f"[dim]{escape(why)}[/]")
        else:
            numbers = (f"{row['rank']:,.10g}", f"{row['ranked']:,}", f"{row['value']:,.2f}")
            table.add_row(row["executive"], escape(row["label"]), *numbers, escape(row["unit"]))
    if party.consensus and party.consensus["rank"] is not None:
        consensus = party.consensus
        table.add_row("CEO", "Consensus", f"{consensus['rank']:,}", "", f"{consensus['score']:.2f}", "score")
    return table


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else "yes" if value is True else str(value)
