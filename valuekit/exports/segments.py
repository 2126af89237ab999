"""Value segments for the tools of the strategy team."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from valuekit.engine import Engine, Expression, literal, load_steps, quote
from valuekit.engine.steps import compose
from valuekit.errors import UnknownNameError
from valuekit.exports.files import TableFormat, atomic_file, write_csv, write_table
from valuekit.snapshot import Snapshot
from valuekit.snapshot.movements import need_tables
from valuekit.tables.published import VALUED_STAGES


def export_segments(
    snapshot: Snapshot,
    target: Path | None,
    format: TableFormat = "csv",  # noqa: A002 - the word that every such tool uses
    *,
    tier: str | None = None,
    stage: str | None = None,
    bom: bool = True,
    overwrite: bool = False,
) -> int:
    """Write one row per party that paid more than it got back, the highest value first; return the number of rows.

    Columns: party_id, records (how many were merged), `<system>_records` per system (ids joined by `; `), name, label
    (the name, or else system and record), stage, tier, ltv, ltv_low_80 and ltv_high_80 (ends of its 80 %
    interval), ltv_basis (own, pooled or prior: on whose history it rests) and ltv_own_weight (of its own, 0 to 1),
    currency, net_cash_12m, mrr, as_of, run_id and tier_definition. Money is in the reporting currency.
    CSV is RFC 4180 in UTF-8 (with a byte-order mark for Excel when `bom`), and safe to open in a spreadsheet: text that
    looks like a formula is neutralised. `target` None writes CSV to standard output.
    Raises `UnknownNameError` for an unknown tier or stage, `ConfigError` when the file exists and not `overwrite`,
    `InputError` when an earlier valuekit published the snapshot, without intervals.
    """
    need_tables(snapshot, ("ltv_intervals",))
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
            return write_table(reader, draft, format, bom=bom)


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
