"""A manifest as tracking shows it: flat parameters, numbers, and one page to read."""

import re
from collections.abc import Mapping
from typing import Any

from valuekit.money import show
from valuekit.snapshot import Manifest

_LONGEST = 500


def flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Flatten nested settings to `a.b = text`; what is empty is left out.

    >>> flat({"ltv": {"horizon_years": 3, "off": []}, "as_of": None})
    {'ltv.horizon_years': '3'}
    """
    found: dict[str, str] = {}
    for key, value in config.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            found |= flat(value, f"{name}.")
        elif value not in (None, [], ""):
            found[_name(name)] = str(value)[:_LONGEST]
    return found


def metrics(manifest: Manifest) -> dict[str, float]:
    """Return every number of a run: rows, counts, totals, checks (1 passed, 0 failed), seconds, memory."""
    numbers: dict[str, float] = {"peak_memory_mb": manifest.peak_memory_mb}
    for table, rows in manifest.intake.items():
        numbers |= {f"rows.{table}.{k.removeprefix('rows_')}": v for k, v in rows.model_dump().items()}
    numbers |= {f"definition.{k}": v for k, v in manifest.definitions.items()}
    numbers |= {f"stage.{k}": v for k, v in manifest.stages.items()}
    numbers |= {f"total.{k}": float(v) for k, v in manifest.totals.items()}
    numbers |= {f"check.{c.check_name}": float(c.passed) for c in manifest.checks}
    numbers |= {f"seconds.{k}": v for k, v in manifest.seconds.items()}
    return {_name(k): float(v) for k, v in numbers.items()}


def summary_page(manifest: Manifest, *, reused: bool = False) -> str:
    """Write the run on one Markdown page."""
    lines = [f"# {manifest.company}, as of {manifest.as_of}", "", f"**{manifest.headline}**", ""]
    lines += [f"Snapshot `{manifest.run_id}`{' (published before, identical)' if reused else ''}.", ""]
    lines += _table("Definition", "Parties", {k: f"{v:,}" for k, v in manifest.definitions.items()})
    lines += _table("Stage", "Parties", {k: f"{v:,}" for k, v in manifest.stages.items()})
    lines += _table("Total", manifest.currency, {k: show(v, manifest.currency) for k, v in manifest.totals.items()})
    rows = {k: f"{v.rows_in:,} / {v.rows_accepted:,} / {v.rows_quarantined:,}" for k, v in manifest.intake.items()}
    lines += _table("Table", "Rows in / accepted / quarantined", rows)
    lines += _table("Check", "Result", {c.check_name: "passed" if c.passed else c.actual for c in manifest.checks})
    lines += _table("Step", "Seconds", {k: f"{v:.2f}" for k, v in manifest.seconds.items()})
    return "\n".join(lines)


def _table(left: str, right: str, rows: Mapping[str, str]) -> list[str]:
    cells = [f"| {k.replace('_', ' ')} | {v} |" for k, v in rows.items()]
    return [f"| {left} | {right} |", "|---|---:|", *cells, ""] if cells else []


def _name(text: str) -> str:
    """Keep what MLflow allows in a name."""
    return re.sub(r"[^\w\-. /]", "_", text)
