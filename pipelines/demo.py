"""The built-in company: made up, run, shown."""
# ruff: noqa: PLC0415 - the simulator is loaded when it is used

from pathlib import Path
from typing import Literal

from rich.progress import Progress as Bar

from pipelines.jobs import DEMO, run_config
from pipelines.run import Outcome
from pipelines.streams import err

DATA = Path("data/demo")


def make_company(folder: Path, *, customers: int, seed: int, format: Literal["parquet", "csv"] = "parquet") -> None:  # noqa: A002 - a word of the trade
    """Simulate a company into a folder, with a progress bar on a terminal."""
    from valuekit.simulate import simulate

    console = err()
    with Bar(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(f"simulating {customers:,} customers", total=1.0)
        simulate(
            folder,
            customers=customers,
            seed=seed,
            format=format,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def run_demo(*, customers: int, seed: int) -> Outcome:
    """Simulate the built-in company into `data/demo` and run its configuration on it."""
    make_company(DATA, customers=customers, seed=seed)
    return run_config(DEMO, [f"paths.data={DATA.resolve()}"])
