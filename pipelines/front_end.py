"""Starting the front end: streamlit on the snapshot that was asked for."""

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from valuekit.errors import EngineError


def command(app: Path, snapshot: Path, *, port: int, headless: bool) -> list[str]:
    """Return the command that serves the front end."""
    options = {
        "server.port": port,
        "server.headless": str(headless).lower(),
        "browser.gatherUsageStats": "false",
        "client.showErrorDetails": "none",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "streamlit", "run", str(app), *flags, "--", str(snapshot)]


def app_file() -> Path:
    """Return `app.py`: of the source tree, or as it lies in an installed package."""
    package = Path(str(files("valuekit")))
    for place in (package.parent / "app.py", package / "dashboard" / "app.py"):
        if place.is_file():
            return place
    raise EngineError("the front end is not installed: there is no app.py.", next_step="Install valuekit again.")


def serve(snapshot: Path, *, port: int, headless: bool) -> int:
    """Serve the front end until it is stopped; return its exit code."""
    environment = {**os.environ, "VALUEKIT_SNAPSHOT": str(snapshot.absolute())}
    try:
        return subprocess.run(  # noqa: S603 - our own interpreter
            command(app_file(), snapshot.absolute(), port=port, headless=headless), env=environment, check=False
        ).returncode
    except KeyboardInterrupt:
        return 0
