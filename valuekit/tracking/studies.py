"""One MLflow run per study: what was asked with which settings, and what was measured."""
# ruff: noqa: PLC0415 - mlflow costs two seconds that only a study pays

from collections.abc import Mapping
from pathlib import Path

from valuekit.tracking.quiet import quiet, settings
from valuekit.tracking.runs import PATIENCE, default_uri, experiment_id

EXPERIMENT = "studies"


def record_study(
    name: str, parameters: Mapping[str, object], measured: Mapping[str, float], *, folder: Path = Path("runs")
) -> str:
    """Record a study in the SQLite file of a folder and return the id of its MLflow run.

    Unlike a batch run, a study that cannot be recorded fails: nobody waits for it at night.
    """
    folder.mkdir(parents=True, exist_ok=True)
    uri = default_uri(folder)
    with settings(PATIENCE), quiet():
        import mlflow

        before = mlflow.get_tracking_uri()
        mlflow.set_tracking_uri(uri)
        try:
            where = experiment_id(mlflow, uri, EXPERIMENT, folder)
            with mlflow.start_run(experiment_id=where, run_name=name) as run:
                mlflow.log_params(dict(parameters))
                mlflow.log_metrics(dict(measured))
            return str(run.info.run_id)
        finally:
            mlflow.set_tracking_uri(before)
