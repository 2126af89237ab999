"""One MLflow run per batch. A server that is down costs seconds: the record is kept and pushed later."""
# ruff: noqa: PLC0415 - mlflow costs two seconds that only a run pays

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import Any
from urllib.parse import urlsplit

from valuekit.errors import EngineError
from valuekit.snapshot import Manifest
from valuekit.tracking.page import flat, metrics, summary_page
from valuekit.tracking.quiet import quiet, settings

fcntl: Any = None
with suppress(ImportError):  # Windows has no flock
    import fcntl

PENDING = ".tracking"
_SCORING = Path(__file__).with_name("scoring.py")
_BATCH = 100
PATIENCE = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
"""Without these, a dead server blocks for four minutes; and what we count is nobody else's business."""


@dataclass(frozen=True)
class TrackingResult:
    """What became of a run's record. `problem` is empty when MLflow has it; else `pending` is the file that waits."""

    uri: str
    experiment: str
    mlflow_run: str = ""
    problem: str = ""
    pending: Path | None = None
    pushed_before: int = 0
    """Records of former runs that were pushed on this occasion."""
    seconds: float = 0.0

    @property
    def recorded(self) -> bool:
        """True when MLflow has the run."""
        return bool(self.mlflow_run)


def default_uri(folder: Path) -> str:
    """Return the address of the SQLite file beside the snapshots.

    >>> default_uri(Path("/runs"))
    'sqlite:////runs/mlflow.db'
    """
    return f"sqlite:///{folder.absolute()}/mlflow.db"


def record(
    manifest: Manifest,
    snapshot: Path,
    *,
    uri: str | None = None,
    experiment: str | None = None,
    reused: bool = False,
    required: bool = False,
) -> TrackingResult:
    """Record a run in MLflow: parameters, counts, totals, timings, checks, configuration, summary and models.

    `uri` is the tracking server; by default a SQLite file beside the snapshots. `experiment` is by default the
    company's name. `reused` says that the run found its result published already.
    Never raises for a server that fails, unless `required`: then `EngineError`. The record is kept in `.tracking`
    beside the snapshot until it is pushed, and records kept from former runs are pushed along.
    """
    start = time.perf_counter()
    with _one_at_a_time(snapshot.parent):
        kept = _keep(
            manifest, snapshot, uri or default_uri(snapshot.parent), experiment or manifest.company, reused=reused
        )
        result = _push(kept)
        if result.recorded:
            others = [f for f in sorted(kept.parent.glob("*.json")) if f != kept and _content(f)["uri"] == result.uri]
            result = replace(result, pushed_before=sum(_push(file).recorded for file in others))
    if required and not result.recorded:
        raise EngineError(
            f"the run was published but not recorded: {result.problem}",
            where=str(snapshot),
            next_step=f"When the server is back, run `valuekit track push {quote(str(snapshot.parent))}`.",
        )
    return replace(result, uri=shown(result.uri), seconds=time.perf_counter() - start)


def push_pending(folder: Path) -> list[TrackingResult]:
    """Push every record that waits beside the snapshots of a folder; return what became of each."""
    with _one_at_a_time(folder):
        return [replace(r, uri=shown(r.uri)) for r in map(_push, sorted((folder / PENDING).glob("*.json")))]


def shown(uri: str) -> str:
    """Return an address without the password in it.

    >>> shown("https://ann:secret@mlflow.example/x"), shown("sqlite:////runs/mlflow.db")
    ('https://***@mlflow.example/x', 'sqlite:////runs/mlflow.db')
    """
    return re.sub(r"//[^/@]+@", "//***@", uri)


def _keep(manifest: Manifest, snapshot: Path, uri: str, experiment: str, *, reused: bool) -> Path:
    """Write the record to the folder of records that wait: whatever happens next, it is not lost."""
    folder = snapshot.parent / PENDING
    folder.mkdir(exist_ok=True)
    file = folder / f"{snapshot.name}-{manifest.created_at:%Y%m%dT%H%M%S%f}.json"
    content = {"uri": uri, "experiment": experiment, "snapshot": snapshot.name, "reused": reused}
    draft = file.with_suffix(".tmp")
    draft.write_text(json.dumps({**content, "manifest": manifest.model_dump(mode="json")}), encoding="utf-8")
    return draft.replace(file)


def _content(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def _push(file: Path) -> TrackingResult:
    """Push one record; on success it no longer waits."""
    content = _content(file)
    result = TrackingResult(content["uri"], content["experiment"])
    snapshot = file.parent.parent / content["snapshot"]
    try:
        with settings(PATIENCE), quiet():
            run = _log(content, snapshot)
    except Exception as error:  # whatever a server or its client does must not harm the run
        return replace(result, problem=_reason(error), pending=file)
    file.unlink()
    return replace(result, mlflow_run=run)


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait for other runs beside the same snapshots: two would break a new local file, or push one record twice."""
    if fcntl is None or not folder.is_dir():
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _reason(error: Exception) -> str:
    first = (str(error).strip().splitlines() or [""])[0][:300]
    return f"{type(error).__name__}: {shown(first)}"


def _log(content: dict[str, Any], snapshot: Path) -> str:
    """Write everything to MLflow and return the id of its run."""
    import mlflow

    before = mlflow.get_tracking_uri()
    manifest = Manifest.model_validate(content["manifest"])
    mlflow.set_tracking_uri(content["uri"])
    try:
        where = experiment_id(mlflow, content["uri"], content["experiment"], snapshot.parent)
        with mlflow.start_run(experiment_id=where, run_name=snapshot.name, tags=_tags(content, manifest)) as run:
            _log_numbers(mlflow, manifest)
            _log_input(mlflow, manifest)
            mlflow.log_dict(manifest.model_dump(mode="json"), "manifest.json")
            mlflow.log_dict(manifest.config, "config.json")
            mlflow.log_text(summary_page(manifest, reused=content["reused"]), "summary.md")
            _log_models(mlflow, snapshot / "models", manifest)
        return str(run.info.run_id)
    finally:
        mlflow.set_tracking_uri(before)


def experiment_id(mlflow: Any, uri: str, name: str, folder: Path) -> str:
    """Return the id of an experiment, made when it is new; a local one keeps its artifacts in the folder."""
    found = mlflow.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    local = urlsplit(uri).scheme == "sqlite"
    return str(mlflow.create_experiment(name, (folder.absolute() / "mlartifacts").as_uri() if local else None))


def _tags(content: dict[str, Any], manifest: Manifest) -> dict[str, str]:
    return {
        "run_id": manifest.run_id or content["snapshot"],
        "snapshot": content["snapshot"],
        "snapshot_reused": str(content["reused"]).lower(),
        "company": manifest.company,
        "currency": manifest.currency,
        "as_of": manifest.as_of.isoformat(),
        "config_sha256": manifest.config_sha256,
        "checks": "passed" if all(c.passed for c in manifest.checks) else "failed",
        **{f"version.{name}": version for name, version in manifest.versions.items()},
    }


def _log_numbers(mlflow: Any, manifest: Manifest) -> None:
    parameters = list(flat({k: v for k, v in manifest.config.items() if k not in ("sources", "tracking")}).items())
    for i in range(0, len(parameters), _BATCH):
        mlflow.log_params(dict(parameters[i : i + _BATCH]))
    mlflow.log_metrics(metrics(manifest))


def _log_input(mlflow: Any, manifest: Manifest) -> None:
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    dataset: Any = MetaDataset
    source = CodeDatasetSource(tags={s.file: s.sha256 for s in manifest.sources})
    fingerprint = manifest.fingerprint[:32]
    mlflow.log_input(dataset(source=source, name=manifest.company, digest=fingerprint), context="scoring")


def _log_models(mlflow: Any, models: Path, manifest: Manifest) -> None:
    if any(models.glob("*.json")):
        mlflow.pyfunc.log_model(
            name="value_models",
            python_model=str(_SCORING),
            artifacts={"models": str(models)},
            pip_requirements=[f"valuekit=={manifest.versions['valuekit']}"],
        )
