"""Time lifetime value against its peers in one run, each part in a process of its own, with the memory that it took.

python -m tests.bench.ltv                        # a million customers
python -m tests.bench.ltv 100000 --only summary
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context

from pipelines.run import peak_memory_mb
from tests.bench.timing import HEAD, Line

PARTS = ("models", "pareto", "summary", "cube")


def measure(part: str, count: int) -> tuple[list[Line], float]:
    """Return the lines of a part, and the most memory that its process held, in MiB."""
    return import_module(f"tests.bench.ltv_{part}").lines(count), peak_memory_mb()


def main() -> None:
    """Measure one size and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("customers", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--only", choices=PARTS, help="this part alone")
    arguments = parser.parse_args()
    sys.stdout.write(HEAD + "\n")
    for part in [arguments.only] if arguments.only else PARTS:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            lines, memory = pool.submit(measure, part, arguments.customers).result()
        sys.stdout.write(
            "".join(f"{line}\n" for line in lines) + f"{f'({part}: peak memory, MiB)':46}{memory:20,.0f}\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
