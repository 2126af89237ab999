"""The views of the page Lifetime value show what the snapshot holds, with their intervals."""

import re
import shutil
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.conftest import Open, page_script
from tests.dashboard.reading import cards, rows, short, takeaways, text
from valuekit.dashboard.pages.value import NEEDED, TABS
from valuekit.snapshot import Snapshot
from valuekit.snapshot.manifest import FILE, read_manifest

PAGE = "lifetime-value"
CURRENT = "FROM value_sums WHERE scope = 'customers' AND name = 'current'"


@pytest.mark.parametrize("level", [50, 80, 95])
def test_customer_equity_stands_with_its_interval(level: int, open_page: Open, subscription: Snapshot) -> None:
    opened = open_page(PAGE, subscription, view="Intervals", level=str(level))
    value, low, high = rows(subscription, f"SELECT ltv, low_{level}, high_{level} {CURRENT}")[0]
    shown = cards(opened)
    assert shown["Customer equity"] == short(value, subscription)
    assert (shown["Low end"], shown["High end"]) == (short(low, subscription), short(high, subscription))


def test_the_published_value_says_how_sure_it_is(open_page: Open, subscription: Snapshot) -> None:
    low, high = rows(subscription, f"SELECT low_80, high_80 {CURRENT}")[0]
    said = text(open_page(PAGE, subscription))
    assert f"{short(low, subscription)} to {short(high, subscription)} in 80 of 100 cases" in said


@pytest.mark.parametrize("scope", ["tier", "stage", "cohort"])
def test_every_group_is_listed_with_both_ends(scope: str, open_page: Open, subscription: Snapshot) -> None:
    said = text(open_page(PAGE, subscription, view="Intervals", by=scope))
    for low, high in rows(subscription, f"SELECT low_80, high_80 FROM value_sums WHERE scope = '{scope}'"):
        assert f"{low:,.0f}" in said
        assert f"{high:,.0f}" in said


def test_thin_history_is_counted_by_what_values_rest_on(open_page: Open, subscription: Snapshot) -> None:
    said = text(open_page(PAGE, subscription, view="Intervals"))
    for parties, value in rows(subscription, "SELECT COUNT(*), SUM(ltv) FROM ltv GROUP BY basis"):
        assert f"{parties:,}" in said
        assert f"{value:,.0f}" in said


def test_the_parts_of_customer_equity_add_up(open_page: Open, subscription: Snapshot) -> None:
    opened = open_page(PAGE, subscription, view="What moves it")
    total = rows(subscription, "SELECT value FROM customer_equity WHERE part = 'total'")[0][0]
    parts = rows(subscription, "SELECT ltv FROM value_sums WHERE scope = 'customers'")
    assert sum(p[0] for p in parts) == total
    assert f"{total:,.0f}" in text(opened)
    assert "Margin moves it most" in takeaways(opened)[0]


def test_models_show_parameters_errors_and_who_is_stated(open_page: Open, subscription: Snapshot) -> None:
    opened = open_page(PAGE, subscription, view="Models")
    said = text(opened)
    for part in ("alpha 0.8 ± 0.1", "-404.3", "812.6", "3 of 3", "Yes (condition 86)", "stated, not fitted"):
        assert part in said
    assert "68.0% are expected to be left, 69.0% were seen" in takeaways(opened)[0]
    assert "outside the band at 0 of 2 renewals" in said


def test_one_customer_has_its_interval_and_basis(open_page: Open, subscription: Snapshot) -> None:
    sql = """SELECT party_id, label, ltv, low_80, high_80 FROM ltv JOIN ltv_intervals USING (party_id)
        JOIN parties USING (party_id) ORDER BY ltv DESC LIMIT 1"""
    party, name, value, low, high = rows(subscription, sql)[0]
    opened = open_page(PAGE, subscription, view="One customer", valued_search=name, valued=party)
    assert cards(opened)["Lifetime value"] == short(value, subscription)
    assert f"{short(low, subscription)} to {short(high, subscription)} in 80 of 100 cases" in text(opened)


def test_horizons_are_compared_when_asked_for(open_page: Open, subscription: Snapshot) -> None:
    said = text(open_page(PAGE, subscription, ranks=True))
    best = min(100, rows(subscription, "SELECT COUNT(*) FROM ltv")[0][0])
    assert f"{best} of {best}" in said
    assert "10 years" in said


def test_a_run_of_an_earlier_version_says_what_to_do(open_page: Open, subscription: Snapshot, tmp_path: Path) -> None:
    older = tmp_path / "older"
    shutil.copytree(subscription.path, older)
    manifest = read_manifest(older)
    gone = {table for tables in NEEDED.values() for table in tables}
    kept = {name: found for name, found in manifest.tables.items() if name not in gone}
    (older / FILE).write_text(manifest.model_copy(update={"tables": kept}).model_dump_json(), encoding="utf-8")
    for view in TABS:
        opened = open_page(PAGE, older, view=view)
        assert not opened.exception
        assert not opened.error
        assert ("Run it again to see this view" in text(opened)) == (view in NEEDED)


def test_what_the_values_rest_on_that_the_data_do_not_bear_out_stands_above_them(
    open_page: Open, subscription: Snapshot, tmp_path: Path
) -> None:
    noted = tmp_path / "noted"
    shutil.copytree(subscription.path, noted)
    place = noted / "value_notes.parquet"
    notes = pq.read_table(place)
    row = {"note": "data_end_early", "message": "data end 40 days before $ today."}
    schema = pa.schema([field.with_nullable(True) for field in notes.schema])
    pq.write_table(pa.Table.from_pylist([row], schema=schema), place)
    said = [warning.value for warning in open_page(PAGE, noted).warning]
    assert said == ["Data end 40 days before \\$ today."]
    assert not open_page(PAGE, subscription).warning


def test_an_address_with_a_view_that_there_is_not_says_which_one_is_shown(
    subscription: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VALUEKIT_SNAPSHOT", str(subscription.path))
    opened = AppTest.from_function(page_script, default_timeout=30, kwargs={"page": PAGE})
    opened.query_params["view"] = "Cohorts"
    said = " ".join(text(opened.run()).split())
    assert f"no view Cohorts on this page: this is {next(iter(TABS))}" in said


def table_column(page: AppTest, header: str, column: int) -> list[int]:
    """Numbers of a column of the first table with a header."""
    body = next(str(e.proto.body) for e in page.get("html") if f">{header}<" in str(e.proto.body))
    cells = [re.findall(r"<td[^>]*><span>([^<]*)", row) for row in body.split("<tr")[2:]]
    return [int(row[column].replace(",", "")) for row in cells]


@pytest.mark.parametrize("scope", ["tier", "stage", "cohort"])
def test_parts_are_rounded_so_that_they_add_up_to_what_other_views_show(
    scope: str, open_page: Open, subscription: Snapshot, tmp_path: Path
) -> None:
    # alone, each group above 0 would be rounded up
    uneven = tmp_path / "uneven"
    shutil.copytree(subscription.path, uneven)
    place = uneven / "value_sums.parquet"
    sums = pq.read_table(place)
    values = pa.array(
        [Decimal(int(value)) + Decimal("0.6") for value in sums["ltv"].to_pylist()], sums.schema.field("ltv").type
    )
    pq.write_table(sums.set_column(sums.schema.get_field_index("ltv"), sums.schema.field("ltv"), values), place)
    exact = [value for value, of in zip(values.to_pylist(), sums["scope"].to_pylist(), strict=True) if of == scope]
    shown = table_column(open_page(PAGE, uneven, view="Intervals", by=scope), "Variance by the models", 2)
    assert len(shown) == len(exact) > 1
    assert sum(shown) == sum(exact).quantize(Decimal(1), ROUND_HALF_UP)


def test_current_customers_are_rounded_as_customer_equity_is_where_its_parts_are_shown(
    open_page: Open, subscription: Snapshot, tmp_path: Path
) -> None:
    uneven = tmp_path / "uneven"
    shutil.copytree(subscription.path, uneven)
    stored = {"current": "1000.5", "other": "200.5", "total": "1201"}
    place = uneven / "customer_equity.parquet"
    found = pq.read_table(place)
    of = zip(found["part"].to_pylist(), found["value"].to_pylist(), strict=True)
    field = found.schema.field("value")
    values = pa.array([Decimal(stored.get(name, value)) for name, value in of], field.type)
    pq.write_table(found.set_column(found.schema.get_field_index("value"), field, values), place)
    current, *others, total = table_column(open_page(PAGE, uneven, view="What moves it"), "Part", 2)
    assert (current, total) == (1001, 1201)
    assert current + sum(others) == total
