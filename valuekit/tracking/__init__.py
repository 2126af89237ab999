"""The record of runs in MLflow: the only place that knows it, off the critical path, imported when first needed."""

from valuekit.tracking.record import TrackingResult, default_uri, push_pending, record

__all__ = ["TrackingResult", "default_uri", "push_pending", "record"]
