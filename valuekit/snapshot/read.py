"""The read side of a snapshot: the manifest, and a view for every table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from valuekit.engine import DatabaseError, Engine, quote
from valuekit.errors import InputError, UnknownNameError
from valuekit.snapshot.manifest import FILE, Manifest, read_manifest
from valuekit.tables import PUBLISHED

if TYPE_CHECKING:  # pandas costs half a second that a command without tables need not pay
    import pandas as pd


class Snapshot:
    """One published run.

    Safe to share between threads: every question takes its own cursor.

    Example:
        snapshot = Snapshot.open("runs")
        snapshot.manifest.headline
        snapshot.table("segments", ["party_id", "tier", "ltv"])
        snapshot.query("SELECT stage, COUNT(*) AS parties FROM stages GROUP BY stage ORDER BY stage")
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path, self.manifest = path, manifest
        self._engine: Engine | None = None
        self._lock = Lock()

    @classmethod
    def open(cls, path: str | Path) -> "Snapshot":
        """Open a snapshot, or the newest one of a folder of snapshots.

        Raises `InputError` when nothing is there, when the snapshot is incomplete, or when a newer valuekit wrote it.
        """
        path = Path(path)
        if (path / FILE).is_file() or any(path.glob("*.parquet")):
            return cls(path, read_manifest(path))
        found = cls.list(path)
        if not found:
            raise _no_snapshot(path)
        return found[0]

    @classmethod
    def list(cls, folder: str | Path) -> "list[Snapshot]":
        """Return the complete snapshots of a folder and its subfolders (one per company), the newest first.

        Work in progress, in hidden folders, is not seen. A snapshot whose manifest is damaged, or of a newer valuekit,
        does not hide the others; where there are no others, its `InputError` is raised.
        """
        folder = Path(folder)
        found = [f.parent for depth in ("*", "*/*") for f in folder.glob(f"{depth}/{FILE}")]
        visible = [f for f in found if not any(p.startswith(".") for p in f.relative_to(folder).parts)]
        snapshots, broken = [], []
        for path in visible:
            try:
                snapshots.append(cls(path, read_manifest(path)))
            except InputError as error:
                broken.append(error)
        if broken and not snapshots:
            raise broken[0]
        return sorted(snapshots, key=lambda s: (s.manifest.created_at, s.manifest.run_id), reverse=True)

    @property
    def models(self) -> dict[str, str]:
        """The fitted models as JSON, by name; raises `InputError` for a file that is no text."""
        return {f.stem: _text(f) for f in sorted((self.path / "models").glob("*.json"))}

    def engine(self) -> Engine:
        """Return a new door to an engine that has a view for every table; close it after use."""
        with self._lock:
            if self._engine is None:
                self._engine = self._with_views()
            return self._engine.cursor()

    def _with_views(self) -> Engine:
        engine = Engine()
        for name in self.manifest.tables:
            path = self.path / f"{name}.parquet"
            if not path.is_file():
                raise InputError("is missing from the snapshot.", where=str(path), next_step="Run it again.")
            try:
                engine.view_parquet(name, path)
            except DatabaseError:
                raise InputError(
                    "is damaged: it is no Parquet file.", where=str(path), next_step="Run it again."
                ) from None
        return engine

    def table(self, name: str, columns: Sequence[str] | None = None, *, exact: bool = False) -> "pd.DataFrame":
        """Return a published table, ordered by its key.

        Money comes as float (exact to the cent below ten trillion), or as `Decimal` when `exact`; days as datetime.
        Raises `UnknownNameError` for a table or column that is not there.
        """
        if name not in self.manifest.tables:
            raise UnknownNameError("table", name, self.manifest.tables, where=self.manifest.run_id)
        names = PUBLISHED[name].names
        for column in columns or ():
            if column not in names:
                raise UnknownNameError(f"column of {name}", column, names)
        order = ", ".join(quote(c) for c in PUBLISHED[name].key or names)
        wanted = ", ".join(quote(c) for c in columns or names)
        found = self.query(f"SELECT {wanted} FROM {quote(name)} ORDER BY {order}")
        frame: pd.DataFrame = (found if exact else _plain(found)).to_pandas(date_as_object=False)
        return frame

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """Run a SELECT over the tables, with `$name` parameters, and return an Arrow table; money is exact."""
        with self.engine() as engine:
            return engine.query(sql, parameters)

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            if self._engine is not None:
                self._engine.close()
                self._engine = None

    def __repr__(self) -> str:
        return f"Snapshot({self.manifest.company}, {self.manifest.run_id})"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError("is damaged: it is no UTF-8 text.", where=str(path), next_step="Run it again.") from None


def _no_snapshot(path: Path) -> InputError:
    if path.is_file():
        advice = f"Name the folder of the snapshot{f': {path.parent}' if path.name == FILE else ''}."
        return InputError("is a file; a snapshot is a folder.", where=str(path), next_step=advice)
    reason = "holds no snapshot." if path.is_dir() else "does not exist."
    return InputError(reason, where=str(path), next_step="Make one with `valuekit run` or `valuekit demo`.")


def _plain(table: pa.Table) -> pa.Table:
    """Decimals as floats: the numbers that pandas is quick with."""
    columns = [pc.cast(c, pa.float64()) if pa.types.is_decimal(c.type) else c for c in table.columns]
    return pa.table(columns, names=table.column_names)
