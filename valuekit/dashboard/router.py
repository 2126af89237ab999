"""The way in: which run is shown, which page, and what happens when something is wrong."""

from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path

import streamlit as st

from valuekit.dashboard import parts, words
from valuekit.dashboard.pages import best, cashflow, customers, overview, segments, to_check, value
from valuekit.dashboard.run import Run, find, folder
from valuekit.engine import DatabaseError, first_line
from valuekit.errors import ValuekitError
from valuekit.snapshot import Manifest

STATIC = Path(__file__).with_name("static")
Page = Callable[[Run], None]

PAGES: dict[str, tuple[str, str, Page]] = {
    "overview": ("Overview", ":material/space_dashboard:", overview.render),
    "customers": ("Customers", ":material/groups:", customers.render),
    "to-check": ("To check", ":material/checklist:", to_check.render),
    "cash-flow": ("Cash flow", ":material/payments:", cashflow.render),
    "lifetime-value": ("Lifetime value", ":material/trending_up:", value.render),
    "segments": ("Segments", ":material/donut_small:", segments.render),
    "best-customers": ("Best customers", ":material/military_tech:", best.render),
}


def main() -> None:
    """Show the app: the newest run of the snapshot folder, on the page that the address names."""
    st.set_page_config(page_title="valuekit", page_icon=STATIC / "icon.svg", layout="wide", initial_sidebar_state=300)
    st.logo(STATIC / "logo.svg", size="large", icon_image=STATIC / "icon.svg")
    pages = [
        st.Page(partial(show, name), title=title, icon=icon, url_path=name, default=name == "overview")
        for name, (title, icon, _) in PAGES.items()
    ]
    st.navigation(pages, expanded=True).run()


def show(name: str) -> None:
    """Show one page of the chosen run; what the user can mend is said in words, without a traceback."""
    st.html(STATIC / "style.css")
    try:
        run = _choose()
        if run is not None:
            PAGES[name][2](run)
    except ValuekitError as error:
        st.error(f"**This run cannot be shown.** {error}")
    except DatabaseError as error:
        st.error(f"**This run cannot be shown.** {first_line(error)}. Run it again, or choose another run.")


def _choose() -> Run | None:
    place = folder()
    runs = find(place)
    if not runs:
        _welcome(place)
        return None
    manifests = {m.run_id: m for _, m in runs}
    chosen = _which(manifests)
    run = Run(next(p for p, m in runs if m.run_id == chosen), manifests[chosen])
    _about(run)
    return run


def _which(manifests: dict[str, Manifest]) -> str:
    """Let the reader choose the run. It stands in the address, so that a link shows the same run for ever."""
    linked, runs = st.query_params.get("run"), list(manifests)
    if linked and linked not in runs:
        st.warning(f"The run '{linked}' of this link is not here. The newest run is shown instead.")
    if st.session_state.get("run") not in runs:  # the first sight of a page: the widget begins where the reader was
        st.session_state["run"] = next(r for r in (linked, st.session_state.get("last_run"), runs[0]) if r in runs)
    labels = {r: f"{m.as_of:%d %b %Y} · {m.company}" for r, m in manifests.items()}
    twice = len(set(labels.values())) < len(labels)
    chosen = st.sidebar.selectbox(
        "Run",
        runs,
        key="run",
        format_func=lambda r: f"{labels[r]} · {r.removeprefix(str(manifests[r].as_of))[1:]}" if twice else labels[r],
    )
    st.session_state["last_run"] = st.query_params["run"] = str(chosen)
    return str(chosen)


def _about(run: Run) -> None:
    manifest = run.manifest
    facts = {
        "Company": manifest.company,
        "As of": words.day(manifest.as_of),
        "Known on": words.day(manifest.known_on) if manifest.known_on else "all records",
        "Currency": manifest.currency,
        "Horizon": f"{run.settings.value.years} years at {100 * run.settings.value.rate:g}%",
        "Published": words.day(manifest.created_at.date()),
        "Run": manifest.run_id,
    }
    body = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items())
    st.sidebar.html(f'<dl class="vk-run">{body}</dl>')


def _welcome(place: Path) -> None:
    st.title("No run to show yet", anchor=False)
    parts.note(
        f"There is no published snapshot in '{place}'. Make one from the built-in company, or from your own data:"
    )
    st.code("make demo\nvaluekit run configs/your-company.yaml", language="bash")
    parts.note("Then reload this page. To look elsewhere, set VALUEKIT_SNAPSHOT to the folder or the snapshot.")
