"""The simulated company: batches of parties, one ledger, one folder of files."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from valuekit.errors import ConfigError
from valuekit.simulate.broken import broken_rows
from valuekit.simulate.clock import Clock
from valuekit.simulate.draws import Rng
from valuekit.simulate.exchange import Exchange
from valuekit.simulate.faults import refused_rows
from valuekit.simulate.ledger import Ledger
from valuekit.simulate.life import Life
from valuekit.simulate.parties import BATCH
from valuekit.simulate.settings import Settings, Summary
from valuekit.simulate.writer import Format, Writer
from valuekit.tables import CANONICAL

Progress = Callable[[int, int], None]


def simulate(
    out: Path,
    *,
    customers: int = 2000,
    seed: int = 7,
    settings: Settings = Settings(),  # noqa: B008 - frozen
    format: Format = "parquet",  # noqa: A002 - the word that people use
    progress: Progress | None = None,
) -> Summary:
    """Write a subscription software company with planted truth.

    Args:
        out: Folder for the files: one per canonical table and per truth table, and `simulation.json`.
        customers: Parties that ever sign or pay; prospects, served parties, suppliers and internal accounts come on
            top.
        seed: The same seed, number and settings give the same bytes.
        settings: Rates of the company.
        format: `parquet` or `csv`.
        progress: Called with (buyers done, buyers in all) after each batch.

    Returns:
        What was written: rows and planted bad rows by table.

    Raises:
        ConfigError: `customers` is not positive, or `format` is unknown.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     simulate(Path(folder), customers=30).rows["truth_rates"]
    30
    """
    if customers < 1:
        raise ConfigError(f"customers is {customers}.", next_step="Ask for at least one.")
    if format not in ("parquet", "csv"):
        raise ConfigError(f"format is '{format}'.", next_step="Known: parquet, csv.")
    company = _Company(seed, settings)
    with Writer(out, format) as writer:
        for batch, first in enumerate(range(0, customers, BATCH)):
            company.write(writer, batch, min(BATCH, customers - first))
            if progress:
                progress(min(first + BATCH, customers), customers)
        company.close(writer)
    summary = Summary(
        str(out), settings.data_end, seed, customers, dict(sorted(writer.rows.items())), company.broken, settings
    )
    _write_json(out / "simulation.json", summary, company.ledger)
    return summary


def _write_json(path: Path, summary: Summary, ledger: Ledger) -> None:
    text = {
        "seed": summary.seed,
        "customers": summary.customers,
        "data_end": summary.data_end.isoformat(),
        "rows": summary.rows,
        "broken": summary.broken,
        "ledger": ledger.totals(),
        "settings": summary.settings.as_json(),
    }
    path.write_text(json.dumps(text, indent=2) + "\n", encoding="utf-8")


class _Company:
    """What all batches share: the clock, the rates of exchange, the ledger."""

    def __init__(self, seed: int, settings: Settings) -> None:
        self._seed, self._settings = seed, settings
        self._clock = Clock(settings.data_end, settings.months)
        self._exchange = Exchange(seed, self._clock, settings)
        self.ledger = Ledger(self._clock, settings, seed)
        self.broken = dict.fromkeys(CANONICAL, 0)

    def write(self, writer: Writer, batch: int, buyers: int) -> None:
        """Simulate a batch and append its rows."""
        rng = np.random.default_rng(np.random.SeedSequence(self._seed, spawn_key=(1, batch)))
        life = Life(rng, self._clock, self._settings, self._exchange, batch, buyers)
        for name, table in life.tables():
            writer.append(name, table)
            self._break(writer, rng, batch, name, table)
        self.ledger.add(life.caused, life.named)

    def close(self, writer: Writer) -> None:
        """Append what the company has once."""
        rates = self._exchange.table()
        rng = np.random.default_rng(np.random.SeedSequence(self._seed, spawn_key=(2, 1)))
        writer.append("fx_rates", rates)
        self._break(writer, rng, 0, "fx_rates", rates)
        writer.append("costs", self.ledger.pool_rows(self._exchange.codes[0]))

    def _break(self, writer: Writer, rng: Rng, batch: int, name: str, good: pa.Table) -> None:
        if name in CANONICAL:
            bad = broken_rows(rng, CANONICAL[name], good, batch, self._settings.broken)
            writer.append(name, bad)
            self.broken[name] += bad.num_rows
            if name == "contracts":
                writer.append("truth_contract_issues", refused_rows(bad))
