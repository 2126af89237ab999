"""People's decisions on which records are one party: a file that they edit."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from valuekit.errors import ContractError, InputError, did_you_mean

COLUMNS = ("decision", "system", "record", "to_system", "to_record")
"""Columns of the file that must be there; `by`, `on` and `why` may be."""

WORDS = ("same", "different")

Record = tuple[str, str]


@dataclass(frozen=True)
class Decision:
    """What a person decided of two records, given as (system, record)."""

    decision: Literal["same", "different"]
    record: Record
    other: Record
    note: str = ""
    """Who decided, when and why, in words."""
    row: int = 0
    """Row of the file; the first row of data is 1."""
    source: str = "decisions"
    """Name of the file."""

    @property
    def pair(self) -> tuple[Record, Record]:
        """The two records in an order that does not depend on which was named first."""
        return (self.record, self.other) if self.record <= self.other else (self.other, self.record)


def read_decisions(path: Path) -> list[Decision]:
    """Read the decisions file: CSV with `decision` (same or different), `system`, `record`, `to_system`, `to_record`.

    Optional columns `by`, `on` and `why` go into the merge log. Decisions hold for every date. Semicolons may part the
    columns, as some spreadsheets write them, and rows without content are passed over.

    Raises:
        InputError: the file cannot be read.
        ContractError: a column is missing, a word is unknown, or decisions contradict each other.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            file.seek(0)
            delimiter = max(",;", key=header.count)
            reader = csv.DictReader(file, skipinitialspace=True, delimiter=delimiter)
            _check_columns(reader.fieldnames or (), path)
            rows = [(number, row) for number, row in enumerate(reader, start=1) if any(map(_is_filled, row.values()))]
            decisions = [_decision(row, number, path) for number, row in rows]
    except FileNotFoundError:
        advice = "Make it, with the columns " + ", ".join(COLUMNS) + ", or take `identity.decisions` out."
        raise InputError("there is no such file of decisions.", where=str(path), next_step=advice) from None
    except (UnicodeDecodeError, csv.Error):
        raise InputError("is no CSV in UTF-8.", where=str(path), next_step="Save it as CSV in UTF-8.") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}.", where=str(path)) from None
    check_decisions(decisions, str(path))
    return decisions


def _check_columns(found: Sequence[str], path: Path) -> None:
    for column in COLUMNS:
        if column not in found:
            advice = did_you_mean(column, found) if found else f"Its columns are {', '.join(COLUMNS)}."
            raise ContractError(f"has no column '{column}'.", where=str(path), next_step=advice)


def _is_filled(value: str | list[str] | None) -> bool:
    return any(v.strip() for v in (value if isinstance(value, list) else [value or ""]))


def _decision(row: dict[str, str | None], number: int, path: Path) -> Decision:
    values = {name: (row.get(name) or "").strip() for name in (*COLUMNS, "by", "on", "why")}
    where = f"{path} row {number}"
    word = values["decision"].lower()
    if word not in WORDS:
        raise ContractError(f"'{values['decision']}' is no decision.", where=where, next_step=did_you_mean(word, WORDS))
    if empty := next((c for c in COLUMNS if not values[c]), None):
        raise ContractError(f"`{empty}` is empty.", where=where, next_step="Name both records with their systems.")
    record, other = (values["system"], values["record"]), (values["to_system"], values["to_record"])
    if record == other:
        raise ContractError(f"names {_words(record)} twice.", where=where, next_step="Name two records.")
    note = ", ".join(f"{name} {values[name]}" for name in ("by", "on") if values[name])
    note = ": ".join(part for part in (note, values["why"]) if part)
    return Decision("same" if word == "same" else "different", record, other, note, number, path.name)


def check_decisions(decisions: Sequence[Decision], where: str = "decisions") -> None:
    """Raise `ContractError` when two records are the same by some decisions, and different by another."""
    group = _groups(d.pair for d in decisions if d.decision == "same")
    for decision in decisions:
        one, other = decision.pair
        if decision.decision == "different" and one in group and group[one] == group.get(other):
            raise ContractError(
                f"row {decision.row} says that {_words(one)} and {_words(other)} are different, "
                "other rows that they are the same.",
                where=where,
                next_step="Take one of these decisions out.",
            )


def _groups(pairs: Iterable[tuple[Record, Record]]) -> dict[Record, int]:
    """Number the groups of records that pairs join, directly or through others."""
    joined = list(pairs)
    number = {record: i for i, record in enumerate(sorted({r for pair in joined for r in pair}))}
    if not number:
        return {}
    a, b = (np.array([number[pair[side]] for pair in joined]) for side in (0, 1))
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(number), len(number)))
    labels = connected_components(graph, directed=False)[1]
    return {record: int(labels[i]) for record, i in number.items()}


def _words(record: Record) -> str:
    return f"{record[0]} {record[1]}"
