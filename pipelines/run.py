"""The batch run: configuration in, published snapshot and tracking record out."""

import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version

from pipelines.steps import STEPS, Step, Work
from valuekit import __version__
from valuekit.config import Config
from valuekit.engine import Engine
from valuekit.errors import ConfigError
from valuekit.snapshot import Manifest, Snapshot, Summary, config_text, publish, scratch_folder, summarise
from valuekit.snapshot.fingerprint import text_sha256
from valuekit.tracking import TrackingResult, record

Progress = Callable[[str, str, int, int], None]
"""Hears of each step as it begins: its name, what it does, its number, how many there are."""

DEBUG_FILE = "debug.duckdb"


@dataclass(frozen=True)
class Outcome:
    """What a run leaves. `manifest` speaks of this run, also when its result was published before (`reused`)."""

    path: Path
    manifest: Manifest
    summary: Summary
    reused: bool
    tracking: TrackingResult | None

    @property
    def snapshot(self) -> Snapshot:
        """The published snapshot."""
        return Snapshot.open(self.path)


def run(
    config: Config,
    *,
    base: Path = Path(),
    output: Path | None = None,
    steps: Sequence[Step] = STEPS,
    progress: Progress = lambda *_: None,
    debug: bool = False,
    track: bool | None = None,
    require_tracking: bool = False,
) -> Outcome:
    """Run all steps on a company and publish the result.

    Reads: the sources of the configuration; their paths are relative to `base`, the folder of its file. `output` is the
    folder of snapshots, by default the configuration's; `track` says whether MLflow keeps a record, by default as
    configured. `debug` keeps every table of the run, scratch ones too, in `debug.duckdb` there.
    Returns what was published. Raises a `ValuekitError` when the input is unreadable or breaks its contract, or when a
    check fails; then nothing is published, and former snapshots stand.
    """
    folder = output or config.output
    _check_folder(folder)
    with scratch_folder(folder) as scratch, _engine(config, scratch, folder / DEBUG_FILE if debug else None) as engine:
        work = Work(engine, config, base, folder)
        seconds = _do(work, steps, progress)
        started = time.perf_counter()
        progress("publish", "publishing the snapshot", len(steps) + 1, len(steps) + 1)
        summary = summarise(engine)
        manifest = _manifest(work, summary, seconds)
        text = config_text(manifest.config)
        path = publish(engine, folder, manifest=manifest, models=work.models, config_text=text)
    seconds = {**seconds, "publish": round(time.perf_counter() - started, 3)}
    wanted = config.tracking.enabled if track is None else track
    return _outcome(path, manifest, summary, seconds, track=wanted, required=require_tracking)


def _check_folder(folder: Path) -> None:
    if "?" in str(folder.absolute()):  # what follows it would be lost from the name of the engine's log
        raise ConfigError("a database cannot lie below `?`.", where=str(folder), next_step="Name another folder.")


@contextmanager
def _engine(config: Config, scratch: Path, debug_file: Path | None) -> Iterator[Engine]:
    settings = config.engine
    if debug_file:
        debug_file.unlink(missing_ok=True)
    with Engine(
        debug_file or scratch / "run.duckdb",
        memory_limit=settings.memory_limit,
        threads=settings.threads,
        temp_folder=settings.temp_folder or scratch / "spill",
        keep_scratch=debug_file is not None,
    ) as engine:
        yield engine


def _do(work: Work, steps: Sequence[Step], progress: Progress) -> dict[str, float]:
    seconds = {}
    for number, step in enumerate(steps, start=1):
        progress(step.name, step.words, number, len(steps) + 1)
        start = time.perf_counter()
        step.do(work)
        seconds[step.name] = round(time.perf_counter() - start, 3)
    return seconds


def _manifest(work: Work, summary: Summary, seconds: dict[str, float]) -> Manifest:
    config = work.config.model_dump(mode="json")
    return Manifest(
        company=work.config.company.name,
        currency=work.config.company.currency,
        as_of=work.as_of,
        known_on=work.config.known_on,
        created_at=datetime.now(UTC),
        versions={"valuekit": __version__, "python": python_version(), "duckdb": version("duckdb")},
        config_sha256=text_sha256(config_text(config)),
        config=config,
        sources=work.sources,
        intake=summary.intake,
        definitions={row["definition"]: row["members"] for row in summary.definitions},
        stages=summary.stages,
        stage_rules=summary.stage_rules,
        totals=summary.totals,
        headline=summary.headline,
        checks=work.checks,
        seconds=seconds,
        peak_memory_mb=peak_memory_mb(),
    )


def _outcome(
    path: Path, manifest: Manifest, summary: Summary, seconds: dict[str, float], *, track: bool, required: bool
) -> Outcome:
    published = Snapshot.open(path).manifest
    reused = published.created_at != manifest.created_at
    this_run = manifest.model_copy(
        update={
            "run_id": published.run_id,
            "tables": published.tables,
            "seconds": seconds,
            "peak_memory_mb": peak_memory_mb(),
        }
    )
    tracking = None
    if track:
        settings = Config.model_validate(manifest.config).tracking
        tracking = record(
            this_run, path, uri=settings.uri, experiment=settings.experiment, reused=reused, required=required
        )
    return Outcome(path, this_run, summary, reused, tracking)


def peak_memory_mb() -> float:
    """Return the most memory that this process ever held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1)
