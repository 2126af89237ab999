"""What a page says, and what its snapshot holds: read side by side in the tests of the pages."""

import re
from html import unescape
from typing import Any

from streamlit.testing.v1 import AppTest

from valuekit.money import show
from valuekit.snapshot import Snapshot


def ask(snapshot: Snapshot, sql: str) -> Any:
    """The first value."""
    with snapshot.engine() as engine:
        return engine.scalar(sql)


def rows(snapshot: Snapshot, sql: str) -> list[tuple[Any, ...]]:
    with snapshot.engine() as engine:
        return engine.rows(sql)


def first(snapshot: Snapshot, sql: str) -> list[Any]:
    """The first column."""
    return [row[0] for row in rows(snapshot, sql)]


def text(page: AppTest) -> str:
    """Everything that a page says in its own words, tags taken out."""
    said = [str(e.proto.body) for e in page.get("html")] + [m.value for m in page.markdown]
    said += [h.value for h in page.header]
    return unescape(re.sub(r"<[^>]+>", " ", " ".join(said)))


def cards(page: AppTest) -> dict[str, str]:
    return {m.label: m.value.replace("\\", "") for m in page.metric}


def short(amount: object, snapshot: Snapshot) -> str:
    return show(amount, snapshot.manifest.currency, short=True)


def takeaways(page: AppTest) -> list[str]:
    """What a screen reader says of the charts."""
    return [chart.proto.alt for chart in page.get("vega_lite_chart")]
