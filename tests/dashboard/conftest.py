"""One published snapshot of each kind of company, made once, and pages run on it without a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.fake_snapshot import write_snapshot
from valuekit.snapshot import Snapshot

Open = Callable[..., AppTest]
View = Callable[[str], AppTest]


@pytest.fixture(scope="session")
def subscription(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """A company with contracts, payments, usage, tickets and costs."""
    yield from _published(tmp_path_factory.mktemp("subscription"), retailer=False)


@pytest.fixture(scope="session")
def retailer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """A company that maps orders only: no names, no contracts, no tickets."""
    yield from _published(tmp_path_factory.mktemp("retailer"), retailer=True)


def _published(folder: Path, *, retailer: bool) -> Iterator[Snapshot]:
    snapshot = Snapshot.open(write_snapshot(folder, retailer=retailer))
    yield snapshot
    snapshot.close()


@pytest.fixture(scope="session", autouse=True)
def _let_go_of_runs() -> Iterator[None]:
    """Close what the caches of the app hold open, before the interpreter ends."""
    yield
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def open_page() -> Open:
    """Run a page on a snapshot (or folder), with widgets set by key: once for all who read the same."""
    ran: dict[str, AppTest] = {}

    def opened(page: str, where: Snapshot | Path, **widgets: object) -> AppTest:
        path = where.path if isinstance(where, Snapshot) else where
        asked = repr((page, path, sorted(widgets.items())))
        if asked not in ran:
            ran[asked] = _run(page, path, widgets)
        return ran[asked]

    return opened


@pytest.fixture(scope="session")
def cash_view(open_page: Open, subscription: Snapshot) -> View:
    """Views of the page Cash flow as they open first."""
    return lambda view: open_page("cash-flow", subscription, view=view)


def _run(page: str, path: Path, widgets: dict[str, object]) -> AppTest:
    test = AppTest.from_function(page_script, default_timeout=30, kwargs={"page": page})
    for key, value in widgets.items():
        test.session_state[key] = value
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VALUEKIT_SNAPSHOT", str(path))
        return test.run()


def page_script(page: str) -> None:
    from valuekit.dashboard.router import show  # noqa: PLC0415 - Streamlit runs the body of this function alone

    show(page)
