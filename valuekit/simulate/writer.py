"""Files: one per table, written batch by batch so that memory stays flat."""

from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from valuekit.simulate.columns import nullable
from valuekit.tables import CANONICAL, TRUTH

Format = Literal["parquet", "csv"]


class Writer:
    """Appends rows to `<table>.parquet` or `<table>.csv`; every declared table gets a file, an empty one too."""

    def __init__(self, folder: Path, kind: Format) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.rows: Counter[str] = Counter()
        schemas = {n: nullable(t) for n, t in CANONICAL.items()} | {n: t.arrow for n, t in TRUTH.items()}
        self._schemas = schemas
        self._files = {name: _open(folder / f"{name}.{kind}", schema) for name, schema in schemas.items()}

    def append(self, name: str, table: pa.Table) -> None:
        """Append rows to a table's file."""
        self.rows[name] += table.num_rows
        if table.num_rows:
            self._files[name].write_table(table.cast(self._schemas[name]))

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for file in self._files.values():
            file.close()


def _open(path: Path, schema: pa.Schema) -> Any:
    if path.suffix == ".csv":
        return pyarrow.csv.CSVWriter(path, schema)
    return pq.ParquetWriter(path, schema, compression="zstd", compression_level=1)
