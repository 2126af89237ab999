"""Every page shows what the snapshot says, for every kind of company, and says what to do when it cannot."""

import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.conftest import Open, page_script
from tests.dashboard.reading import ask, cards, first, rows, short, text
from valuekit.dashboard.data import Scenario, value_sql
from valuekit.dashboard.pages.value import TABS
from valuekit.dashboard.router import PAGES
from valuekit.snapshot import Snapshot
from valuekit.snapshot.manifest import StageRule

CURRENT = "stage IN ('active', 'inactive')"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("company", ["subscription", "retailer"])
def test_every_page_opens_for_every_kind_of_company(
    page: str, company: str, open_page: Open, request: pytest.FixtureRequest
) -> None:
    snapshot = request.getfixturevalue(company)
    opened = open_page(page, snapshot)
    assert not opened.exception
    assert not opened.error
    assert opened.title[0].value == PAGES[page][0]
    assert f"{snapshot.manifest.company} · as of 30 June 2026 · all money in {snapshot.manifest.currency}" in text(
        opened
    )


def test_the_overview_shows_headline_cash_and_equity(open_page: Open, subscription: Snapshot) -> None:
    opened = open_page("overview", subscription)
    headline = ask(subscription, "SELECT members FROM definitions WHERE headline")
    assert f"{headline:,}" in text(opened)
    assert "Paid, current customers according to billing, as of 30 June 2026." in text(opened)
    equity = ask(subscription, f"SELECT SUM(ltv) FROM ltv JOIN stages USING (party_id) WHERE {CURRENT}")
    net = ask(subscription, "SELECT SUM(ledger - eliminated) FROM books WHERE month >= DATE '2025-07-01'")
    mrr = ask(subscription, 'SELECT MAX_BY("end", as_of) FROM mrr_months')
    assert cards(opened)["Customer equity"] == short(equity, subscription)
    assert cards(opened)["Company net cash, 12 months"] == short(net, subscription)
    assert cards(opened)["Monthly recurring revenue"] == short(mrr, subscription)


def test_the_overview_counts_every_stage_and_every_team(open_page: Open, subscription: Snapshot) -> None:
    said = text(open_page("overview", subscription))
    teams = (
        "SELECT owner || ': ' || label, members FROM definitions WHERE definition IN ('sales', 'marketing', 'product')"
    )
    teams = teams.replace("members", "sentence, members")
    for label, sentence, members in rows(subscription, teams):
        assert re.search(rf"{label}\s+{sentence}\s+{members:,}", said)
    active = ask(subscription, "SELECT COUNT(*) FROM stages WHERE stage = 'active'")
    assert re.search(rf"Active\s+{active}\s", said)


def test_layers_carry_the_rules_of_their_run(open_page: Open, subscription: Snapshot) -> None:
    said = text(open_page("overview", subscription))
    for rule in subscription.manifest.stage_rules:
        assert rule.sentence in said


def test_layers_leave_out_the_rules_that_the_company_cannot_meet(retailer: Snapshot) -> None:
    by_contract = StageRule(stage="active", reason=None, sentence="Under contract", not_countable="no contracts")
    by_order = StageRule(stage="active", reason=None, sentence="Ordered")
    manifest = retailer.manifest.model_copy(update={"stage_rules": [by_contract, by_order]})
    assert manifest.ways_into("active", None) == ["Ordered"]


def test_a_retailer_sees_no_recurring_revenue_and_what_cannot_be_counted(open_page: Open, retailer: Snapshot) -> None:
    opened = open_page("overview", retailer)
    assert "Monthly recurring revenue" not in cards(opened)
    assert re.search(r"not recorded\s+The company maps orders only", text(opened))


@pytest.mark.parametrize("period", ["recent", "all"])
def test_cash_flow_ties_to_the_books(period: str, open_page: Open, subscription: Snapshot) -> None:
    said = text(open_page("cash-flow", subscription, period=period))
    since = "2025-07-01" if period == "recent" else "1900-01-01"
    ledger = ask(subscription, f"SELECT SUM(ledger - eliminated) FROM books WHERE month >= DATE '{since}'")
    assert f"{ledger:,.2f}" in said


def test_loss_makers_are_counted(open_page: Open, subscription: Snapshot) -> None:
    losing = ask(subscription, "SELECT COUNT(*) FROM cash WHERE net_cash < 0")
    assert losing
    assert (
        cards(open_page("cash-flow", subscription, view="Who pays for whom", period="all"))["Loss makers"]
        == f"{losing:,}"
    )


def test_one_customer_is_found_by_name_and_its_months_add_up(open_page: Open, subscription: Snapshot) -> None:
    sql = "SELECT party_id, name, net_cash FROM cash JOIN parties USING (party_id) ORDER BY net_cash DESC LIMIT 1"
    party, name, net = rows(subscription, sql)[0]
    opened = open_page("cash-flow", subscription, view="One customer", customer_search=name.upper(), customer=party)
    assert round(opened.dataframe[-1].value["net_cash"].sum(), 2) == float(net)
    assert cards(opened)["Net cash, all months"] == short(net, subscription)


@pytest.mark.parametrize("sought", ["{record}", "{system} {record}", "{system}:{record}", "{party_id}"])
def test_one_customer_is_found_by_any_of_its_records(sought: str, open_page: Open, retailer: Snapshot) -> None:
    known = "party_records JOIN parties USING (party_id) JOIN cash USING (party_id)"
    sql = f"SELECT system, record, party_id, label FROM {known} ORDER BY record LIMIT 1"
    system, record, party, label = rows(retailer, sql)[0]
    text = sought.format(system=system, record=record, party_id=party)
    opened = open_page("cash-flow", retailer, view="One customer", customer_search=text)
    assert opened.selectbox(key="customer").options == [label]


def test_parties_without_a_name_are_called_by_system_and_record(open_page: Open, retailer: Snapshot) -> None:
    assert retailer.table("parties")["name"].isna().all()
    shown = open_page("segments", retailer).dataframe[-1].value["customer"]
    assert len(shown)
    assert shown.str.startswith("crm P").all()


def test_a_search_without_result_says_what_to_do(open_page: Open, subscription: Snapshot) -> None:
    assert "Try a shorter part of the name" in text(
        open_page("cash-flow", subscription, view="One customer", customer_search="no such name")
    )


def test_value_at_the_settings_of_the_run_is_the_published_value(open_page: Open, subscription: Snapshot) -> None:
    opened = open_page("lifetime-value", subscription)
    assert cards(opened)["Customer equity"] == cards(opened)["As published"]
    assert "The published value" in text(opened)


def test_sliders_recompute_from_the_cube(open_page: Open, subscription: Snapshot) -> None:
    on = ["revenue", "cost_of_goods", "marketing", "sales", "support", "incentives", "other"]
    opened = open_page("lifetime-value", subscription, horizon=5, rate=8.0, streams=on)
    scenario = Scenario(years=5, rate=0.08, off=("advocacy", "innovation"))
    sql = f"SELECT SUM(ltv) FROM ({value_sql(scenario)}) JOIN stages USING (party_id) WHERE {CURRENT}"
    assert cards(opened)["Customer equity"] == short(ask(subscription, sql), subscription)
    assert "more than published" in text(opened)


def test_all_streams_off_leaves_nothing(open_page: Open, subscription: Snapshot) -> None:
    opened = open_page("lifetime-value", subscription, streams=[])
    assert cards(opened)["Customer equity"] == "€0"
    assert "Switch at least one stream on" in text(opened)


def test_segments_cover_everybody_and_filters_narrow(open_page: Open, subscription: Snapshot) -> None:
    everybody = ask(subscription, "SELECT COUNT(*) FROM segments")
    assert f"{everybody:,}" in text(open_page("segments", subscription))
    opened = open_page("segments", subscription, tier=["Top"], stage=["active"])
    found = ask(subscription, "SELECT COUNT(*) FROM segments WHERE tier = 'Top' AND stage = 'active'")
    assert f"{found} parties, highest lifetime value first" in text(opened)
    assert len(opened.dataframe[-1].value) == found


def test_filters_that_fit_nobody_say_so(open_page: Open, subscription: Snapshot) -> None:
    assert "Nobody fits" in text(open_page("segments", subscription, name="no such name"))


def test_the_consensus_at_the_weights_of_the_run_is_the_published_one(open_page: Open, subscription: Snapshot) -> None:
    table = open_page("best-customers", subscription, view="All together").dataframe[0].value
    assert list(table["rank"]) == list(range(1, 21))
    assert list(table["rank_before"]) == list(table["rank"])


def test_weight_on_one_measure_alone_gives_its_ranking(open_page: Open, subscription: Snapshot) -> None:
    keys = first(subscription, "SELECT measure FROM measures WHERE not_rankable IS NULL")
    weights = {f"weight_{k}": 1.0 if k == "most_profitable" else 0.0 for k in keys}
    table = open_page("best-customers", subscription, view="All together", **weights).dataframe[0].value
    best = (
        "SELECT name FROM rankings JOIN parties USING (party_id) WHERE measure = 'most_profitable'"
        " ORDER BY rank LIMIT 20"
    )
    assert list(table["customer"]) == first(subscription, best)


def test_zero_weights_everywhere_say_what_to_do(open_page: Open, retailer: Snapshot) -> None:
    keys = first(retailer, "SELECT measure FROM measures WHERE not_rankable IS NULL")
    opened = open_page("best-customers", retailer, view="All together", **{f"weight_{k}": 0.0 for k in keys})
    assert "Give at least one measure a weight" in text(opened)


def test_measures_without_data_are_named_with_their_reason(open_page: Open, retailer: Snapshot) -> None:
    said = text(open_page("best-customers", retailer))
    for label, reason in rows(retailer, "SELECT label, not_rankable FROM measures WHERE not_rankable IS NOT NULL"):
        assert label in said
        assert reason in said


VIEWS = {
    "cash-flow": ("The company", "Who pays for whom", "Cost pools", "What if", "Receivables", "One customer"),
    "best-customers": ("Where they agree", "Two measures"),
    "lifetime-value": tuple(TABS),
    "customers": ("Differences", "Overlap", "Growth", "Churn", "Recurring revenue", "Stages"),
    "to-check": (),
}
"""By page: the tabs that show a chart; the others show lists."""


@pytest.mark.parametrize(("page", "view"), [(p, view) for p in PAGES for view in VIEWS.get(p, ("",))])
def test_every_chart_has_a_takeaway(page: str, view: str, open_page: Open, subscription: Snapshot) -> None:
    charts = open_page(page, subscription, **({"view": view} if view else {})).get("vega_lite_chart")
    assert charts
    for chart in charts:
        assert len(chart.proto.alt) > 20
        assert chart.proto.alt.endswith(".")


def test_without_a_run_the_app_says_how_to_make_one(open_page: Open, tmp_path: Path) -> None:
    opened = open_page("overview", tmp_path)
    assert opened.title[0].value == "No run to show yet"
    assert "make demo" in opened.code[0].value


def test_a_damaged_run_is_said_in_words(open_page: Open, subscription: Snapshot, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(subscription.path, broken)
    (broken / "books.parquet").unlink()
    opened = open_page("cash-flow", broken)
    assert not opened.exception
    assert "This run cannot be shown" in opened.error[0].value
    assert "books.parquet" in opened.error[0].value


@pytest.mark.parametrize("page", PAGES)
def test_a_file_that_is_no_parquet_is_said_in_words(
    page: str, open_page: Open, subscription: Snapshot, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(subscription.path, broken)
    (broken / "cube.parquet").write_bytes(b"damaged" * 100)
    opened = open_page(page, broken)
    assert not opened.exception
    assert "cube.parquet: is damaged" in opened.error[0].value
    assert "Run it again" in opened.error[0].value


def test_the_app_file_opens_the_overview(monkeypatch: pytest.MonkeyPatch, subscription: Snapshot) -> None:
    monkeypatch.setenv("VALUEKIT_SNAPSHOT", str(subscription.path))
    opened = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=30).run()
    assert not opened.exception
    assert opened.title[0].value == "Overview"


def test_a_link_names_its_run_and_opens_it_when_there_are_newer_ones(
    monkeypatch: pytest.MonkeyPatch, subscription: Snapshot, retailer: Snapshot, tmp_path: Path
) -> None:
    for snapshot in (subscription, retailer):
        shutil.copytree(snapshot.path, tmp_path / snapshot.path.name)
    monkeypatch.setenv("VALUEKIT_SNAPSHOT", str(tmp_path))
    for snapshot in (subscription, retailer):
        app = AppTest.from_function(page_script, default_timeout=30, kwargs={"page": "overview"})
        app.query_params["run"] = snapshot.manifest.run_id
        assert snapshot.manifest.company in text(app.run())
        assert app.query_params["run"] in (snapshot.manifest.run_id, [snapshot.manifest.run_id])


def test_a_link_to_a_run_that_is_gone_says_so(monkeypatch: pytest.MonkeyPatch, subscription: Snapshot) -> None:
    monkeypatch.setenv("VALUEKIT_SNAPSHOT", str(subscription.path))
    app = AppTest.from_function(page_script, default_timeout=30, kwargs={"page": "overview"})
    app.query_params["run"] = "2020-01-01-gone"
    assert "is not here" in app.run().warning[0].value
