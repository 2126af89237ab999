"""The pages of docs/ that come from code: tables, commands, the schema of the configuration.

Run it as `python -m pipelines.reference docs`.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from pipelines.cli import app
from valuekit.config import json_schema
from valuekit.tables import CANONICAL, PUBLISHED, TRUTH, Table, accepted

_TABLES_HEAD = """# Tables

Every table that valuekit reads or publishes: what one row is, and each column's type, unit and meaning.
This page is written by `make docs` from `valuekit/tables/`.
"""

_COMMANDS_HEAD = """# Commands

Data go to standard output, progress and messages to standard error. Exit codes: 0 ok, 1 bug, 2 usage or configuration,
3 contract broken, 4 input unreadable, 5 engine unavailable, 6 check failed.
This page is written by `make docs` from the commands themselves.
"""


def tables_page() -> str:
    """Describe all tables in Markdown."""
    parts = {
        "Read: the canonical tables": {n: accepted(t) for n, t in CANONICAL.items()},
        "Published: the tables of a snapshot": PUBLISHED,
        "Planted: what the simulator knows": TRUTH,
    }
    return "\n".join([_TABLES_HEAD, *(_part(title, tables) for title, tables in parts.items())])


def commands_page() -> str:
    """Describe all commands in Markdown."""
    return "\n".join([_COMMANDS_HEAD, *_commands(typer.main.get_command(app), "valuekit")])


def pages() -> dict[str, str]:
    """Return every page that comes from code, by file name."""
    schema = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    return {"tables.md": tables_page(), "commands.md": commands_page(), "config.schema.json": schema}


def write(folder: Path) -> list[Path]:
    """Write the pages into a folder and return their paths."""
    written = []
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
        written.append(folder / name)
    return written


def _part(title: str, tables: Mapping[str, Table]) -> str:
    return "\n".join([f"## {title}", "", *(table.markdown() for table in tables.values())])


def _commands(command: Any, path: str) -> Iterator[str]:
    if hasattr(command, "commands"):
        for name, below in sorted(command.commands.items()):
            yield from _commands(below, f"{path} {name}")
        return
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    yield f"## `{' '.join([path, *(_metavar(a) for a in arguments)])}`\n\n{command.help}\n"
    rows = [f"| `{_metavar(a)}` | {getattr(a, 'help', '') or ''} |" for a in arguments]
    rows += [f"| {_flags(o)} | {o.help or ''}{_default(o)} |" for o in options]
    yield "\n".join(["| | |", "|---|---|", *rows, ""])


def _metavar(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _flags(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    metavar = (option.metavar or "").replace("|", r"\|")  # a bar would end the cell
    return f"{names} {metavar}".rstrip()


def _default(option: Any) -> str:
    default = getattr(option.default, "value", option.default)
    plain = not callable(default) and default not in (None, False, True, [], (), "") and "--help" not in option.opts
    return f" Default: {default}." if plain else ""


if __name__ == "__main__":
    for made in write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs")):
        typer.echo(made)
