"""One engine for many tests: to open one takes longer than most of what a test asks of it."""

import weakref
from functools import cache
from itertools import count

from valuekit.engine import Engine

_NUMBERS = count(1)


def fresh_engine() -> Engine:
    """Return a door to an empty database of its own, which goes when the door is forgotten.

    For code that opens no further `cursor()`: that one would look at another database. Settings are shared.

    >>> one, two = fresh_engine(), fresh_engine()
    >>> one.execute("CREATE TABLE t AS SELECT 1 AS x")
    >>> one.has("t"), two.has("t")
    (True, False)
    """
    name = f"fresh_{next(_NUMBERS)}"
    engine = _shared().cursor()
    engine.execute(f"ATTACH ':memory:' AS {name}; USE {name}")
    weakref.finalize(engine, _forget, name)
    return engine


def _forget(name: str) -> None:
    _shared().execute(f"DETACH {name}")


@cache
def _shared() -> Engine:
    return Engine(threads=1)
