"""What a bench measures and how it is shown: seconds, seconds of the processor, and how both compare with a peer."""

import contextlib
import io
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Spent:
    """Seconds that passed, and those that the processors worked: on a shared machine the latter say more."""

    seconds: float
    cpu: float


@dataclass(frozen=True)
class Line:
    """One line of a bench: what it took, what the peer took in the same run, and what is asked for.

    `faster`: at least so many times as fast as the peer; `slower`: at most so many times as long; `within`: seconds.
    """

    name: str
    ours: Spent
    peer: Spent | None = None
    faster: float | None = None
    slower: float | None = None
    within: float | None = None

    def __str__(self) -> str:
        """Show the goal, and both kinds of seconds and ratios."""
        goal = f">= {self.faster:g} x" if self.faster else f"<= {self.slower:g} x" if self.slower else ""
        goal = f"< {self.within:g} s" if self.within else goal
        numbers = [self.ours.seconds, self.ours.cpu]
        numbers += [self.peer.seconds, self.peer.cpu, *self.ratios] if self.peer else []
        return f"{self.name:46}{goal:>10}" + "".join(f"{number:10.2f}" for number in numbers)

    @property
    def ratios(self) -> tuple[float, ...]:
        """Of seconds and of processor seconds: how many times as fast, or as long where that is asked for."""
        if self.peer is None:
            return ()
        pairs = (self.peer.seconds, self.ours.seconds), (self.peer.cpu, self.ours.cpu)
        return tuple(ours / peer if self.slower else peer / ours for peer, ours in pairs)


HEAD = f"{'':46}{'goal':>10}" + "".join(f"{name:>10}" for name in ("s", "CPU s", "peer s", "CPU s", "ratio", "of CPU"))


def spend(work: Callable[[], object], repeats: int = 1) -> Spent:
    """Return the best of a few runs; a peer's warnings and prints are not shown."""
    runs = []
    for _ in range(repeats):
        with quiet():
            start, cpu = time.perf_counter(), time.process_time()
            work()
            runs.append(Spent(time.perf_counter() - start, time.process_time() - cpu))
    return min(runs, key=lambda run: run.seconds)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings and prints of a peer to itself."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
