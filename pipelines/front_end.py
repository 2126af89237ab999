"""Starting the front end: Streamlit, in this process, on the snapshot that was asked for."""

import os
from importlib import import_module
from importlib.resources import files
from pathlib import Path

from valuekit.errors import EngineError

FIRST_NEEDED = ("altair", "valuekit.snapshot", "valuekit.cashflow", "valuekit.executives", "valuekit.ltv")
"""Loaded before the first visitor comes, who would otherwise wait for them."""


def arguments(app: Path, snapshot: Path, *, port: int, headless: bool) -> list[str]:
    """Return what Streamlit is told; everything else stands in `.streamlit/config.toml` beside the app."""
    flags = [f"--server.port={port}", f"--server.headless={str(headless).lower()}"]
    return ["run", str(app), *flags, "--", str(snapshot)]


def app_file() -> Path:
    """Return `app.py`: of the source tree, or as it lies in an installed package; its settings lie beside it."""
    package = Path(str(files("valuekit")))
    for place in (package.parent / "app.py", package / "dashboard" / "app.py"):
        if place.is_file():
            return place
    raise EngineError("the front end is not installed: there is no app.py.", next_step="Install valuekit again.")


def serve(snapshot: Path, *, port: int, headless: bool) -> int:
    """Serve the front end until it is stopped; return its exit code."""
    app, place = app_file(), snapshot.absolute()
    streamlit = import_module("streamlit.web.cli").main
    for name in FIRST_NEEDED:
        import_module(name)
    os.environ["VALUEKIT_SNAPSHOT"] = str(place)
    try:
        streamlit(arguments(app, place, port=port, headless=headless), prog_name="streamlit", standalone_mode=False)
    except KeyboardInterrupt:
        return 0
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 1
    return 0
