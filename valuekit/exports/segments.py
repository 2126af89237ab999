"""Value segments for the tools of the strategy team."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from valuekit.engine import Engine, Expression, literal, load_steps, quote
from valuekit.engine.steps import compose
from valuekit.errors import UnknownNameError
from valuekit.exports.files import atomic_file, write_csv
from valuekit.snapshot import Snapshot
from valuekit.tables.published import VALUED_STAGES

Format = Literal["csv", "parquet"]


def export_segments(
    snapshot: Snapshot,
    target: Path | None,
    format: Format = "csv",  # noqa: A002 - the word that every such tool uses
    *,
    tier: str | None = None,
    stage: str | None = None,
    bom: bool = True,
    overwrite: bool = False,
) -> int:
    """Write one row per party that paid more than it got back, the highest value first; return the number of rows.

    Columns: party_id, records (how many were merged), `<system>_records` per system (ids joined by `; `), name, label
    (the name, or else system and record), stage, tier, ltv, currency, net_cash_12m, mrr, as_of, run_id and
    tier_definition. Money is in the reporting currency.
    CSV is RFC 4180 in UTF-8 (with a byte-order mark for Excel when `bom`), and safe to open in a spreadsheet: text that
    looks like a formula is neutralised. `target` None writes CSV to standard output.
    Raises `UnknownNameError` for an unknown tier or stage, `ConfigError` when the file exists and not `overwrite`.
    """
    with snapshot.engine() as engine:
        tiers = [row[0] for row in engine.rows("SELECT tier FROM tiers ORDER BY tier_order")]
        _check("tier", tier, tiers)
        _check("stage", stage, VALUED_STAGES)
        parameters = {
            "tier": tier,
            "stage": stage,
            "currency": snapshot.manifest.currency,
            "as_of": snapshot.manifest.as_of,
            "run_id": snapshot.manifest.run_id,
        }
        reader = pa.RecordBatchReader.from_batches(*_stream(engine, parameters))
        if target is None:
            return write_csv(reader, reader.schema.names, sys.stdout)
        with atomic_file(target, overwrite=overwrite) as draft:
            return _write_parquet(reader, draft) if format == "parquet" else _write_csv(reader, draft, bom=bom)


def _check(kind: str, name: str | None, known: Iterable[str]) -> None:
    if name is not None and name not in known:
        raise UnknownNameError(kind, name, known)


def _stream(engine: Engine, parameters: Mapping[str, object]) -> tuple[pa.Schema, Iterable[pa.RecordBatch]]:
    *scratch, step = load_steps("valuekit.exports", "segments.sql")
    sql = compose(step, {s.name: s for s in scratch}, {"records": _record_columns(engine)})
    schema = engine.query(f"SELECT * FROM ({sql}) WHERE FALSE", parameters).schema
    return schema, engine.batches(sql, parameters)


def _record_columns(engine: Engine) -> Expression:
    """One column per system with the party's ids there."""
    systems = [row[0] for row in engine.rows("SELECT DISTINCT system FROM party_records ORDER BY system")]
    columns = [
        f"STRING_AGG(record, '; ' ORDER BY record) FILTER (WHERE system = {literal(s)}) AS {quote(f'{s}_records')}"
        for s in systems
    ]
    return Expression("", ", ".join(["COUNT(*) AS records", *columns]), frozenset({"system", "record"}))


def _write_csv(reader: pa.RecordBatchReader, path: Path, *, bom: bool) -> int:
    with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
        return write_csv(reader, reader.schema.names, file)


def _write_parquet(reader: pa.RecordBatchReader, path: Path) -> int:
    rows = 0
    with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows
