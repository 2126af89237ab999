"""The record of runs in MLflow: the only place that knows it, off the critical path, imported when first needed."""

from valuekit.tracking.runs import TrackingResult, default_uri, push_pending, record
from valuekit.tracking.studies import record_study

__all__ = ["TrackingResult", "default_uri", "push_pending", "record", "record_study"]
