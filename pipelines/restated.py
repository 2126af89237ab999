"""What a newer run says differently of a month, for people."""

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from pipelines.report import grid
from valuekit.snapshot.restatements import CAUSES, Restatements
from valuekit.snapshot.summary import Row

MOST_MEMBERS = 30


def print_restatements(found: Restatements, console: Console) -> None:
    """Print each definition then and now with its causes, the stages, and what changed between the runs."""
    console.print(Text(f"{found.as_of}, told by {found.older} and by {found.newer}", style="bold"))
    if not found.changed:
        console.print("Both runs say the same of every party.")
    table = grid("definition", "then>", "now>", "change>", "because of")
    for one in found.definitions:
        change = "" if one.then is None or one.now is None else f"{one.now - one.then:+,}"
        causes = "; ".join(f"{_words(c.cause)} +{c.joined:,} -{c.went:,}" for c in one.changes)
        table.add_row(escape(one.label), _count(one.then), _count(one.now), change, causes)
    console.print(Padding(table, (1, 0, 0, 0), expand=False))
    _print_stages(found.stages, console)
    _print_inputs(found, console)
    used = [c for c in CAUSES if any(c == change.cause for one in found.definitions for change in one.changes)]
    for cause in used:
        console.print(Text(f"{_words(cause)}: {CAUSES[cause]}", style="dim"))


def _print_stages(stages: list[Row], console: Console) -> None:
    if not stages:
        return
    table = grid("stage then", "stage now", "because of", "parties>")
    for row in stages:
        words = (_words(row[k] or "not there") for k in ("stage_then", "stage_now", "cause"))
        table.add_row(*words, f"{row['parties']:,}")
    console.print(Padding(table, (1, 0, 0, 0), expand=False))


def _print_inputs(found: Restatements, console: Console) -> None:
    lines = [f"{s['file']} ({s['table']}, {s['system']}): {s['change']}" for s in found.sources]
    lines += [f"setting {name}: changed" for name in found.settings]
    console.print()
    for line in lines:
        console.print(Text(line))


def print_members(rows: list[Row], console: Console) -> None:
    """Print who joined or left a definition, and why; a long list is cut, and says so."""
    table = grid("", "party", "name", "stage then", "stage now", "because of")
    for row in rows[:MOST_MEMBERS]:
        sign, party = "joined" if row["joined"] else "went", row["now_id"] or row["then_id"]
        stages = (_words(row[k] or "not there") for k in ("stage_then", "stage_now"))
        table.add_row(sign, escape(party), escape(row["label"] or ""), *stages, _words(row["cause"]))
    console.print(table)
    if len(rows) > MOST_MEMBERS:
        console.print(f"{len(rows) - MOST_MEMBERS:,} more: use --json for all")


def _words(key: str) -> str:
    return key.replace("_", " ")


def _count(number: int | None) -> str:
    return "not defined" if number is None else f"{number:,}"
