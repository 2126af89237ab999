"""Work on independent batches by all processors, its results in the order of the batches."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from valuekit.engine import default_threads

Batch = TypeVar("Batch")
Result = TypeVar("Result")


def in_order(work: Callable[[Batch], Result], batches: Iterable[Batch]) -> Iterator[Result]:
    """Yield what `work` makes of each batch, in their order; a batch more than there are threads is held at a time.

    Threads do: NumPy and SciPy let others work while they compute.

    >>> list(in_order(lambda n: n * n, [3, 1, 2]))
    [9, 1, 4]
    """
    threads = default_threads()
    with ThreadPoolExecutor(threads) as pool:
        begun: deque[Future[Result]] = deque()
        for batch in batches:
            begun.append(pool.submit(work, batch))
            if len(begun) > threads:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
