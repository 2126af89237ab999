"""A tiny company whose files each test writes itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engines import fresh_engine
from valuekit import sources
from valuekit.config import Source
from valuekit.engine import Engine
from valuekit.tables import CANONICAL

Row = dict[str, Any]


class Intake:
    """Writes files, reads them through `sources.read`, and shows what came out."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        self.sources: list[Source] = []

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def add(self, table: str = "payments", **settings: Any) -> Source:
        source = Source(table=table, **{"system": "shop", **settings})
        self.sources.append(source)
        return source

    def read(self, *, allowed: float = 1.0, currency: str = "EUR", **options: Any) -> None:
        sources.read(
            self.engine,
            self.sources,
            currency=currency,
            base=self.folder,
            max_quarantined_share=allowed,
            **options,
        )

    def read_text(self, content: str | bytes, table: str = "payments", **settings: Any) -> None:
        """Read one file of that content into a table; bad rows do not stop the run."""
        name = settings.pop("name", f"{table}.csv")
        self.write(name, content)
        self.add(table, file=name, **settings)
        self.read()

    def rows(self, query: str) -> list[Row]:
        return self.engine.query(query).to_pylist()

    def column(self, table: str, column: str) -> list[Any]:
        """The values of a column, in the order of the table's key."""
        key = ", ".join(CANONICAL[table].key)
        return [row[column] for row in self.rows(f"SELECT {column} FROM {table} ORDER BY {key}")]

    def found(self, severity: str) -> list[Row]:
        ordered = "ORDER BY table_name, source, row_number"
        return self.rows(f"SELECT * FROM quarantine WHERE severity = '{severity}' {ordered}")

    @property
    def quarantine(self) -> list[Row]:
        return self.found("quarantine")

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return [(row["row_number"], row["reasons"]) for row in self.found("quarantine")]

    @property
    def warnings(self) -> list[tuple[int, str]]:
        return [(row["row_number"], row["reasons"]) for row in self.found("warn")]

    @property
    def counts(self) -> dict[str, tuple[int, int, int]]:
        """Rows in, accepted and quarantined by source."""
        shown = ("rows_in", "rows_accepted", "rows_quarantined")
        return {r["source"]: tuple(r[c] for c in shown) for r in self.rows("FROM intake")}


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    return Intake(fresh_engine(), tmp_path)


@pytest.fixture
def payments() -> Callable[..., str]:
    """Payments as CSV: rows given as text, below the header that the table has by itself."""

    def text(*rows: str) -> str:
        return "\n".join(["id,record,paid_on,amount,currency,kind", *rows]) + "\n"

    return text
