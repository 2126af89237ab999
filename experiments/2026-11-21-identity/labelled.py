"""Companies and people of whom it is known which records are one: read into the canonical tables of an engine."""

import tempfile
from pathlib import Path

import pyarrow as pa

from valuekit.engine import Engine
from valuekit.simulate import simulate
from valuekit.tables import CANONICAL, accepted

_NAMES = "NULLIF(TRIM(CONCAT_WS(' ', TRIM(first_name), TRIM(surname))), '')"
_PERSONS = {
    "fake_1000_with_cluster.csv": f"""
        SELECT CAST(unique_id AS VARCHAR) AS record, CAST("cluster" AS VARCHAR) AS truth, {_NAMES} AS name, email, city,
            NULL AS postcode, TRY_CAST(dob AS DATE) AS born_on
        FROM read_csv($file, all_varchar = true)
    """,
    "historical_figures_with_errors_50k.parquet": f"""
        SELECT unique_id AS record, "cluster" AS truth, {_NAMES} AS name, NULL AS email, birth_place AS city,
            postcode_fake AS postcode, TRY_CAST(dob AS DATE) AS born_on
        FROM read_parquet($file)
    """,
}
PERSONS = tuple(_PERSONS)
"""Files of labelled persons that come with splink's documentation."""


def company(customers: int, seed: int) -> Engine:
    """Simulate a company; `truth` says who is who, each person by himself, as `resolve` counts by default."""
    engine = _engine()
    with tempfile.TemporaryDirectory() as folder:
        simulate(Path(folder), customers=customers, seed=seed)
        for name, key in (("records", "system, record"), ("links", "system, from_record, to_system, to_record, kind")):
            # Rows that the simulator broke on purpose, and that a run would set aside, are left out.
            whole = " AND ".join(f"{column} IS NOT NULL" for column in key.split(", "))
            once = f"QUALIFY ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY {key}) = 1"
            rows = f"SELECT * FROM read_parquet('{folder}/{name}.parquet') WHERE {whole} {once}"
            engine.execute(f"INSERT INTO {name} BY NAME {rows}")
        engine.execute(
            "CREATE TABLE truth AS SELECT system, record, true_person AS truth, planted "
            f"FROM read_parquet('{folder}/truth_parties.parquet')"
        )
    return engine


def persons(folder: Path, name: str, *, half: int | None = None) -> Engine:
    """Read one of the labelled files, or the half of its clusters with an even (0) or odd (1) hash."""
    engine = _engine()
    engine.execute(f"CREATE TABLE raw AS {_PERSONS[name]}", {"file": str(folder / name)})
    if half is not None:
        engine.execute(f"DELETE FROM raw WHERE CAST('0x' || LEFT(MD5(truth), 4) AS INTEGER) % 2 <> {half}")
    engine.execute("CREATE TABLE truth AS SELECT 'people' AS system, record, truth, NULL AS planted FROM raw")
    engine.execute(
        "INSERT INTO records BY NAME SELECT 'people' AS system, record, name, email, city, postcode, born_on, "
        "'person' AS kind FROM raw"
    )
    return engine


def _engine() -> Engine:
    engine = Engine(memory_limit="6GB")
    for table in CANONICAL.values():
        declared = accepted(table)
        engine.put(table.name, pa.Table.from_pylist([], pa.schema([f.with_nullable(True) for f in declared.arrow])))
    return engine
