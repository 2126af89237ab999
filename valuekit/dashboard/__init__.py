"""The front end: what a run found, for people. The only place that knows Streamlit."""

from valuekit.dashboard.router import main

__all__ = ["main"]
