"""One small company, simulated once for all tests; none of them writes to it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from valuekit.calendar import add_months
from valuekit.simulate import Summary, simulate


def mended(row: dict[str, Any], fault: str | None) -> dict[str, Any]:
    """The contract term as it is: twelve months."""
    if fault == "missing_end":
        return {**row, "ends_on": add_months(row["starts_on"], 12) - timedelta(days=1)}
    if fault == "gap":
        return {**row, "starts_on": add_months(row["ends_on"] + timedelta(days=1), -12)}
    return row


class Company:
    """The files of a simulated company, read when asked for."""

    def __init__(self, folder: Path, summary: Summary) -> None:
        self.folder, self.summary = folder, summary
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def __getitem__(self, table: str) -> pa.Table:
        return pq.read_table(self.folder / f"{table}.parquet")

    def rows(self, table: str) -> list[dict[str, Any]]:
        if table not in self._rows:
            self._rows[table] = self[table].to_pylist()
        return self._rows[table]

    def good(self, table: str) -> list[dict[str, Any]]:
        """Rows without the broken ones, which stand behind the good ones."""
        rows = self.rows(table)
        return rows[: len(rows) - self.summary.broken[table]]

    def broken(self, table: str) -> list[dict[str, Any]]:
        """The broken rows."""
        rows = self.rows(table)
        return rows[len(rows) - self.summary.broken[table] :]

    def contracts(self) -> list[dict[str, Any]]:
        """Contracts as they really are: the good rows without the faults that the register alone has."""
        faults = {r["contract"]: r["issue"] for r in self.truth("contract_issues") if r["issue"] != "backdated"}
        untrue = ("overlap", "not_signed", "no_party")
        rows = [row for row in self.good("contracts") if faults.get(row["id"]) not in untrue]
        return [mended(row, faults.get(row["id"])) for row in rows]

    def truth(self, table: str) -> list[dict[str, Any]]:
        return self.rows(f"truth_{table}")

    def ledger(self) -> list[dict[str, Any]]:
        """The ledger without its broken rows, which stand between the direct lines and the pools."""
        seen: set[tuple[str, str]] = set()
        lines = []
        for row in self.rows("costs"):
            key = (row["system"], row["id"])
            if key not in seen and not row["id"].startswith("X"):
                lines.append(row)
            seen.add(key)
        return lines


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("company")
    return Company(folder, simulate(folder, customers=2000, seed=7))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("small")
    return Company(folder, simulate(folder, customers=300, seed=3))
