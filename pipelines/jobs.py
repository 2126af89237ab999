"""Jobs that commands share: from the words of the command line to the functions of a run."""

from collections.abc import Sequence
from pathlib import Path

from pipelines.run import Outcome, run
from pipelines.streams import Steps
from valuekit.config import builtin_config, load_config


def config_path(name: str) -> Path:
    """Return the path of a configuration: a file, or the name of one that comes with valuekit."""
    path = Path(name)
    is_name = path.suffix == "" and len(path.parts) == 1 and not path.exists()
    return builtin_config(name) if is_name else path


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
    path = config_path(name)
    config = load_config(path, overrides)
    with Steps(silent=silent) as steps:
        return run(
            config,
            base=path.parent,
            output=output,
            progress=steps,
            debug=debug,
            track=track,
            require_tracking=required,
        )
