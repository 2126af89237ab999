"""What a run publishes: immutable Parquet tables with a manifest, written as one transaction; and how to read it."""

from valuekit.snapshot.acquisition import Acquisition, acquisition
from valuekit.snapshot.cash_bridge import BridgeStep, cash_bridge
from valuekit.snapshot.checks import failed, make_checks
from valuekit.snapshot.commissions import commission_months, disagreeing_deals
from valuekit.snapshot.explain import Explanation, explain
from valuekit.snapshot.fingerprint import config_text, fingerprint_file, fingerprint_files, run_id
from valuekit.snapshot.growth import Comparison, Growth, Window, compare_growth, growth_members
from valuekit.snapshot.managed_in import managed_by
from valuekit.snapshot.manifest import CheckResult, Intake, Manifest, SourceFile, TableFile
from valuekit.snapshot.movements import movement_members
from valuekit.snapshot.paying_status import paying_matrix, stale_statuses
from valuekit.snapshot.publish import publish
from valuekit.snapshot.read import Snapshot
from valuekit.snapshot.reconciliation import Reconciliation, members, periods, reconcile
from valuekit.snapshot.renewals import renewal_months, renewals
from valuekit.snapshot.scratch import scratch_folder
from valuekit.snapshot.statement import statement
from valuekit.snapshot.summary import Summary, summarise
from valuekit.snapshot.tie_out import TieOut, tie_out
from valuekit.snapshot.units import UnitEconomics, unit_economics

__all__ = [
    "Acquisition",
    "BridgeStep",
    "CheckResult",
    "Comparison",
    "Explanation",
    "Growth",
    "Intake",
    "Manifest",
    "Reconciliation",
    "Snapshot",
    "SourceFile",
    "Summary",
    "TableFile",
    "TieOut",
    "UnitEconomics",
    "Window",
    "acquisition",
    "cash_bridge",
    "commission_months",
    "compare_growth",
    "config_text",
    "disagreeing_deals",
    "explain",
    "failed",
    "fingerprint_file",
    "fingerprint_files",
    "growth_members",
    "make_checks",
    "managed_by",
    "members",
    "movement_members",
    "paying_matrix",
    "periods",
    "publish",
    "reconcile",
    "renewal_months",
    "renewals",
    "run_id",
    "scratch_folder",
    "stale_statuses",
    "statement",
    "summarise",
    "tie_out",
    "unit_economics",
]
