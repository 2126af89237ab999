"""Jobs that commands share: from the words of the command line to the functions of a run."""

from collections.abc import Sequence
from pathlib import Path

from pipelines.run import Outcome, run
from pipelines.streams import Steps
from valuekit.config import Config, builtin_config, load_config
from valuekit.errors import InputError

DEMO = "demo"
"""The configuration of the built-in company, whose data are made up."""


def config_path(name: str) -> Path:
    """Return the path of a configuration: a file, or the name of one that comes with valuekit; no folder is one."""
    path = Path(name)
    is_name = path.suffix == "" and len(path.parts) == 1 and not path.is_file()
    return builtin_config(name) if is_name else path


def load_company(name: str, overrides: Sequence[str]) -> tuple[Config, Path]:
    """Load a configuration by its file or name; returns it, and the folder that its files are relative to.

    Raises `InputError` where the built-in company has not been made up yet.
    """
    path = config_path(name)
    config = load_config(path, overrides)
    data = path.parent / config.paths.get("data", "")
    if name == DEMO and not data.exists():
        advice = (
            "`valuekit demo` makes one up and runs it; or `valuekit simulate FOLDER`, "
            "then name that folder: --set paths.data=FOLDER."
        )
        raise InputError("there are no data of the built-in company.", where=str(data), next_step=advice)
    return config, path.parent


def run_config(
    name: str,
    overrides: Sequence[str] = (),
    *,
    output: Path | None = None,
    track: bool | None = None,
    required: bool = False,
    debug: bool = False,
    silent: bool = False,
) -> Outcome:
    """Load a configuration and run it, telling the progress on standard error unless `silent`."""
    config, base = load_company(name, overrides)
    with Steps(silent=silent) as steps:
        return run(
            config,
            base=base,
            output=output,
            progress=steps,
            debug=debug,
            track=track,
            require_tracking=required,
        )
