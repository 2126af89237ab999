"""The app in a real browser: every page paints, shows a number of the snapshot, and fetches nothing from elsewhere."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from urllib.parse import urlencode

import pytest

from valuekit.dashboard import theme
from valuekit.dashboard.pages.cashflow import TABS
from valuekit.dashboard.pages.value import TABS as VALUE_TABS
from valuekit.dashboard.router import PAGES
from valuekit.money import show
from valuekit.snapshot import Snapshot
from valuekit.snapshot.reconciliation import reconcile

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

OpenTab = Callable[..., "playwright.Page"]

ROOT = Path(__file__).parents[2]
CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run"]  # fmt: skip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: `make browser` installs it"),
]

PAGE_COLOUR = {base: f"rgb{tuple(bytes.fromhex(colour[1:]))}" for base, colour in theme.PAGE.items()}

NUMBERS = {
    "overview": "SELECT members FROM definitions WHERE headline",
    "customers": "SELECT members FROM definitions WHERE headline",
    "to-check": "SELECT COUNT(*) FROM renewals",
    "cash-flow": "SELECT SUM(ledger - eliminated) FROM books WHERE month >= DATE '2025-07-01'",
    "lifetime-value": "SELECT SUM(ltv) FROM ltv JOIN stages USING (party_id) WHERE stage IN ('active', 'inactive')",
    "segments": "SELECT COUNT(*) FROM segments",
    "best-customers": (
        "SELECT COUNT(*) FROM rankings AS a JOIN rankings AS b USING (party_id) WHERE a.measure = 'most_profitable'"
        " AND b.measure = 'loyalty' AND a.rank <= 20 AND b.rank <= 20"
    ),
}
"""By page: a number that must be on it."""

YEAR = "month >= DATE '2025-07-01'"
CASH_VIEWS = {
    "The company": f"SELECT FORMAT('{{:,.2f}}', SUM(ledger - eliminated)) FROM books WHERE {YEAR}",
    "Who pays for whom": "SELECT FORMAT('{:,}', COUNT(*)) FROM cash JOIN stages USING (party_id)"
    " WHERE stage <> 'internal' AND net_cash_12m < 0",
    "Cost pools": "SELECT FORMAT('{:,.2f}', -SUM(cost)) FROM pool_months WHERE month = DATE '2026-06-01'",
    "What if": f"SELECT FORMAT('{{:,.2f}}', -SUM(unused_capacity)) FROM books WHERE {YEAR}",
    "Receivables": "SELECT FORMAT('{:,.2f}', MAX_BY(open, as_of)) FROM receivables",
    "Tie-out": f"SELECT FORMAT('All {{:,}} rows', COUNT(*)) FROM books WHERE {YEAR}",
    "One customer": "SELECT 'Where its balance tips'",
}
"""By view of the page Cash flow: what must be on it."""

VALUE_VIEWS = {
    "Value": "SELECT FORMAT('{:,}', parties) || ' current customers' FROM value_sums WHERE name = 'current'",
    "Intervals": "SELECT FORMAT('{:,.0f}', ltv) FROM value_sums WHERE scope = 'tier' AND name = 'Top'",
    "What moves it": "SELECT FORMAT('{:,.0f}', value) FROM customer_equity WHERE part = 'total'",
    "Models": "SELECT FORMAT('{:,.1f}', bic) FROM value_models WHERE NOT stated",
    "One customer": "SELECT 'in 80 of 100 cases'",
}
"""By view of the page Lifetime value: what must be on it."""

TWO = {"view": "Two measures", "from": "CFO · Most profitable", "to": "CRO · Keeps coming back"}
ADDRESSES = {"overview": "", "best-customers": f"best-customers?{urlencode(TWO)}"}
"""Where that number stands, where the name of the page does not lead to it."""

LISTS = ("customers", "to-check")
"""Pages that open with cards or lists; their charts are a tab away."""

BACKGROUND = "getComputedStyle(document.querySelector('.stApp') ?? document.body).backgroundColor"
CHART = "[data-testid='stVegaLiteChart'] svg, [data-testid='stVegaLiteChart'] canvas"


@pytest.fixture(scope="module")
def address(subscription: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the app on a free port, from a folder without settings: those beside the app apply."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("app") / "log"
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(ROOT / "app.py"),
        "--server.port",
        str(port),
        "--server.address",
        "127.0.0.1",
    ]
    environment = {**os.environ, "VALUEKIT_SNAPSHOT": str(subscription.path)}
    with (
        log.open("w") as out,
        subprocess.Popen(command, cwd=log.parent, env=environment, stdout=out, stderr=out) as app,
    ):
        try:
            _wait_for(port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            app.terminate()


def _wait_for(port: int, log: Path) -> None:
    for _ in range(240):
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.25)
    pytest.fail(f"the app did not start: {log.read_text()}")


@pytest.fixture(scope="module")
def context() -> Iterator["playwright.BrowserContext"]:
    """Open the system's chromium; what one tab has fetched of the app's code, all have."""
    with playwright.sync_playwright() as driver, driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS) as opened:
        yield opened.new_context(reduced_motion="reduce")


@pytest.fixture
def open_tab(context: "playwright.BrowserContext") -> Iterator[OpenTab]:
    """Open a tab of a width, a height and a base (light or dark)."""

    def opened(width: int, height: int, base: str = "light") -> "playwright.Page":
        tab = context.new_page()
        tab.set_viewport_size({"width": width, "height": height})
        tab.emulate_media(color_scheme=base, reduced_motion="reduce")
        return tab

    yield opened
    for tab in context.pages:
        tab.close()


def expected(page: str, snapshot: Snapshot) -> str:
    with snapshot.engine() as engine:
        number = engine.scalar(NUMBERS[page])
    if page == "cash-flow":
        return f"{number:,.2f}"
    if page == "best-customers":
        return f"{number:,} on both lists"
    return show(number, snapshot.manifest.currency, short=True) if page == "lifetime-value" else f"{number:,}"


@pytest.mark.parametrize("page", PAGES)
def test_each_page_paints_and_shows_the_number_of_the_snapshot_by_day_and_by_night(
    page: str, address: str, open_tab: OpenTab, subscription: Snapshot, tmp_path: Path
) -> None:
    tab = open_tab(1440, 900)
    asked: set[str] = set()
    tab.on("request", lambda request: asked.add(request.url))
    tab.goto(f"{address}/{ADDRESSES.get(page, page)}")
    for base, colour in PAGE_COLOUR.items():
        tab.emulate_media(color_scheme=base)
        tab.wait_for_function(f"{BACKGROUND} === '{colour}'", timeout=60_000)
        tab.get_by_role("heading", level=1, name=PAGES[page][0]).wait_for(timeout=60_000)
        tab.get_by_text(expected(page, subscription), exact=False).first.wait_for(timeout=60_000)
        if page not in LISTS:
            tab.locator(CHART).first.wait_for(timeout=60_000)
        assert tab.locator(".stException").count() == 0
        picture = tmp_path / f"{page}-{base}.png"
        tab.screenshot(path=picture)
        assert picture.stat().st_size > 20_000
    assert asked
    assert {url for url in asked if not url.startswith((address, "data:", "blob:"))} == set()


def test_every_view_of_the_cash_flow_shows_its_number_on_a_narrow_screen(
    address: str, open_tab: OpenTab, subscription: Snapshot
) -> None:
    with subscription.engine() as engine:
        said = {view: engine.scalar(sql) for view, sql in CASH_VIEWS.items()}
    assert set(said) == set(TABS)
    _assert_views("cash-flow", said, address, open_tab)


def _assert_views(page: str, said: dict[str, str], address: str, open_tab: OpenTab) -> None:
    tab = open_tab(420, 900, "dark")
    for view, number in said.items():
        tab.goto(f"{address}/{page}?{urlencode({'view': view})}")
        tab.get_by_text(number, exact=False).first.wait_for(timeout=60_000)
        assert tab.locator(".stException").count() == 0, view
        assert tab.evaluate(BACKGROUND) == PAGE_COLOUR["dark"]
        main = tab.locator("[data-testid='stMain']")
        assert main.evaluate("e => e.scrollWidth <= e.clientWidth"), f"{view} is wider than the screen"


def test_every_view_of_the_lifetime_value_shows_its_number_on_a_narrow_screen(
    address: str, open_tab: OpenTab, subscription: Snapshot
) -> None:
    with subscription.engine() as engine:
        said = {view: engine.scalar(sql) for view, sql in VALUE_VIEWS.items()}
    assert set(said) == set(VALUE_TABS)
    _assert_views("lifetime-value", said, address, open_tab)


def test_no_table_of_the_intervals_is_wider_than_a_narrow_screen_and_others_fade_where_more_is(
    address: str, open_tab: OpenTab
) -> None:
    tab = open_tab(420, 900)
    tab.goto(f"{address}/lifetime-value?{urlencode({'view': 'Intervals'})}")
    tab.get_by_text("By a stated prior: the data were too few").wait_for(timeout=60_000)
    widths = tab.locator(".vk-scroll").evaluate_all("all => all.map(e => [e.scrollWidth, e.clientWidth])")
    assert len(widths) == 2
    assert [found for found in widths if found[0] > found[1]] == []
    tab.goto(f"{address}/cash-flow?{urlencode({'view': 'Tie-out'})}")
    wide = tab.locator(".vk-scroll", has_text="Carried by customers").first
    wide.wait_for(timeout=60_000)
    fade = "e => getComputedStyle(e).getPropertyValue('--vk-more').trim()"
    assert wide.evaluate(fade) == "3rem"
    wide.evaluate("e => { e.scrollLeft = e.scrollWidth }")
    tab.wait_for_timeout(300)
    assert wide.evaluate(fade) in ("", "0px")


def test_a_click_on_a_row_of_the_bridge_names_its_parties(
    address: str, open_tab: OpenTab, subscription: Snapshot
) -> None:
    found = reconcile(subscription, "headline", "product")
    place, cell = min(enumerate(found.side("only_first")), key=lambda c: c[1]["parties"] or 10**9)
    tab = open_tab(1440, 1400)
    tab.goto(f"{address}/customers?{urlencode({'view': 'Differences'})}")
    chart = tab.locator(CHART).first
    chart.wait_for(timeout=60_000)
    tab.wait_for_timeout(1000)
    room = chart.bounding_box()
    assert room
    chart.click(position={"x": 0.7 * room["width"], "y": 5 + 30 * (place + 1.5)})
    told = f"Only in Customers: {cell['label']}. {cell['parties']} parties"
    tab.get_by_text(told, exact=False).first.wait_for(timeout=30_000)
