"""Time the simulator and the run at several sizes: seconds per step, peak memory, and how they grow.

python -m tests.bench.run                  # 10 thousand, 100 thousand and a million customers
python -m tests.bench.run 2000 20000 --json
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
SIZES = (10_000, 100_000, 1_000_000)
COMMAND = "from pipelines.cli import main; main()"


def main() -> None:
    """Measure each size in processes of its own, and print a table."""
    arguments = _arguments()
    console = Console(stderr=True)
    found = []
    for size in arguments.sizes:
        console.print(f"{size:,} customers", style="dim")
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            found.append(measure(size, Path(folder), arguments.seed))
    result = {"sizes": arguments.sizes, "runs": found, "growth": growth(arguments.sizes, found)}
    if arguments.json:
        sys.stdout.write(json.dumps(result, indent=1) + "\n")
    else:
        Console(width=110).print(table(result))


def measure(customers: int, folder: Path, seed: int) -> dict[str, float]:
    """Simulate and run one size; return seconds per step, memory in MiB, and megabytes on the disk."""
    start = time.perf_counter()
    _, simulated_mb = call(["simulate", str(folder / "data"), "--customers", str(customers), "--seed", str(seed)])
    simulated = time.perf_counter() - start
    settings = ["--set", f"paths.data={folder / 'data'}", "--no-tracking", "--json"]
    start = time.perf_counter()
    printed, run_mb = call(["run", "demo", "--out", str(folder / "runs"), *settings])
    wall = time.perf_counter() - start
    outcome = json.loads(printed)
    return {
        "simulate": simulated,
        **outcome["seconds"],
        "run in all": wall,
        "simulate: memory, MiB": simulated_mb,
        "run: memory, MiB": run_mb,
        "input, MB": size_of(folder / "data"),
        "snapshot, MB": size_of(folder / "runs"),
        **lifecycle(customers, folder),
    }


def lifecycle(parties: int, folder: Path) -> dict[str, float]:
    """Measure the lifecycle alone, on a company of so many parties with 36 month ends, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.lifecycle", str(parties), "--folder", str(folder), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {f"36 month ends: {name}": value for name, value in json.loads(done.stdout).items()}


def call(arguments: list[str]) -> tuple[str, float]:
    """Run a command in a process that waits for it alone; return its output and its peak memory in MiB."""
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reader)
        os._exit(_child(arguments, writer))
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as pipe:
        answer = json.loads(pipe.read() or "{}")
    os.waitpid(process, 0)
    if answer.get("code", 1) != 0:
        sys.exit(f"valuekit {' '.join(arguments)} failed:\n{answer.get('out', '')}{answer.get('err', '')}")
    return answer["out"], answer["memory"]


def _child(arguments: list[str], writer: int) -> int:
    """RUSAGE_CHILDREN is the maximum over all children so far: only a process with one child measures that child."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    with os.fdopen(writer, "w", encoding="utf-8") as pipe:
        json.dump({"code": done.returncode, "out": done.stdout, "err": done.stderr[-2000:], "memory": memory}, pipe)
    return 0


def growth(sizes: list[int], runs: list[dict[str, float]]) -> dict[str, float | None]:
    """Return the slope of each number against customers in log-log: 1 is linear, below 1 is better than that."""
    return {name: slope(sizes, [run[name] for run in runs]) for name in runs[0]}


def slope(sizes: list[int], values: list[float]) -> float | None:
    """Return the least-squares slope of log(value) on log(size); None where it cannot be told.

    >>> slope([10, 100, 1000], [3.0, 30.0, 300.0])
    1.0
    """
    points = [(math.log(s), math.log(v)) for s, v in zip(sizes, values, strict=True) if v > 0]
    if len(points) < 2:
        return None
    x_mean, y_mean = (sum(column) / len(points) for column in zip(*points, strict=True))
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    return round(sum((x - x_mean) * (y - y_mean) for x, y in points) / spread, 3) if spread else None


def size_of(folder: Path) -> float:
    """Return the size of all files below a folder in MB."""
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6


def table(result: dict) -> Table:
    """Lay the numbers out: one row per step, one column per size."""
    made = Table("seconds, unless said otherwise", *(f"{s:,}" for s in result["sizes"]), "growth exponent", box=None)
    for column in made.columns[1:]:
        column.justify = "right"
    for name, exponent in result["growth"].items():
        cells = [f"{run[name]:,.1f}" for run in result["runs"]]
        made.add_row(name, *cells, "" if exponent is None else f"{exponent:.2f}")
    return made


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", type=int, nargs="*", default=list(SIZES), help="numbers of customers")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path, default=None, help="where the data go while it runs")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
