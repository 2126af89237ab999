"""What a run publishes: immutable Parquet tables with a manifest, written as one transaction; and how to read it."""

from valuekit.snapshot.checks import failed, make_checks
from valuekit.snapshot.explain import Explanation, explain
from valuekit.snapshot.fingerprint import config_text, fingerprint_files, run_id
from valuekit.snapshot.growth import Comparison, Growth, Window, compare_growth, growth_members
from valuekit.snapshot.manifest import CheckResult, Intake, Manifest, SourceFile, TableFile
from valuekit.snapshot.movements import movement_members
from valuekit.snapshot.publish import publish
from valuekit.snapshot.read import Snapshot
from valuekit.snapshot.scratch import scratch_folder
from valuekit.snapshot.summary import Summary, summarise
from valuekit.snapshot.units import UnitEconomics, unit_economics

__all__ = [
    "CheckResult",
    "Comparison",
    "Explanation",
    "Growth",
    "Intake",
    "Manifest",
    "Snapshot",
    "SourceFile",
    "Summary",
    "TableFile",
    "UnitEconomics",
    "Window",
    "compare_growth",
    "config_text",
    "explain",
    "failed",
    "fingerprint_files",
    "growth_members",
    "make_checks",
    "movement_members",
    "publish",
    "run_id",
    "scratch_folder",
    "summarise",
    "unit_economics",
]
