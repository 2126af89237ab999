"""What a run publishes: immutable Parquet tables with a manifest, written as one transaction; and how to read it."""

from valuekit.snapshot.checks import failed, make_checks
from valuekit.snapshot.commissions import commission_months, disagreeing_deals
from valuekit.snapshot.explain import Explanation, explain
from valuekit.snapshot.fingerprint import config_text, fingerprint_files, run_id
from valuekit.snapshot.managed_in import managed_by
from valuekit.snapshot.manifest import CheckResult, Intake, Manifest, SourceFile, TableFile
from valuekit.snapshot.paying_status import paying_matrix, stale_statuses
from valuekit.snapshot.publish import publish
from valuekit.snapshot.read import Snapshot
from valuekit.snapshot.reconciliation import Reconciliation, members, periods, reconcile
from valuekit.snapshot.renewals import renewal_months, renewals
from valuekit.snapshot.scratch import scratch_folder
from valuekit.snapshot.summary import Summary, summarise

__all__ = [
    "CheckResult",
    "Explanation",
    "Intake",
    "Manifest",
    "Reconciliation",
    "Snapshot",
    "SourceFile",
    "Summary",
    "TableFile",
    "commission_months",
    "config_text",
    "disagreeing_deals",
    "explain",
    "failed",
    "fingerprint_files",
    "make_checks",
    "managed_by",
    "members",
    "paying_matrix",
    "periods",
    "publish",
    "reconcile",
    "renewal_months",
    "renewals",
    "run_id",
    "scratch_folder",
    "stale_statuses",
    "summarise",
]
