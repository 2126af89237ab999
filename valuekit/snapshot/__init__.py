"""What a run publishes: immutable Parquet tables with a manifest, written as one transaction; and how to read it."""

from valuekit.snapshot.checks import failed, make_checks
from valuekit.snapshot.explain import Explanation, explain
from valuekit.snapshot.fingerprint import config_text, fingerprint_file, fingerprint_files, run_id
from valuekit.snapshot.manifest import CheckResult, Intake, Manifest, SourceFile, TableFile
from valuekit.snapshot.publish import publish
from valuekit.snapshot.read import Snapshot
from valuekit.snapshot.scratch import scratch_folder
from valuekit.snapshot.summary import Summary, summarise

__all__ = [
    "CheckResult",
    "Explanation",
    "Intake",
    "Manifest",
    "Snapshot",
    "SourceFile",
    "Summary",
    "TableFile",
    "config_text",
    "explain",
    "failed",
    "fingerprint_file",
    "fingerprint_files",
    "make_checks",
    "publish",
    "run_id",
    "scratch_folder",
    "summarise",
]
