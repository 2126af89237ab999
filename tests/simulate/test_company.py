import hashlib
import json
from datetime import date
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from valuekit.config import Config
from valuekit.errors import ConfigError
from valuekit.simulate import Settings, company, simulate
from valuekit.tables import CANONICAL, TRUTH, event_date

EVENT_TABLES = [n for n, t in CANONICAL.items() if event_date(t) and n not in ("costs", "fx_rates")]


def fingerprints(folder: Path) -> dict[str, str]:
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        simulate(tmp_path / name, customers=120, seed=5)
    assert fingerprints(tmp_path / "a") == fingerprints(tmp_path / "b")


def test_another_seed_gives_another_company(tmp_path):
    for seed in (5, 6):
        simulate(tmp_path / str(seed), customers=120, seed=seed)
    one, other = (fingerprints(tmp_path / str(seed)) for seed in (5, 6))
    assert one.keys() == other.keys()
    assert all(one[name] != other[name] for name in one)


@pytest.mark.parametrize("name", [*CANONICAL, *TRUTH])
def test_files_have_the_declared_columns_and_types(small, name):
    declared = {**CANONICAL, **TRUTH}[name].arrow
    written = pq.read_schema(small.folder / f"{name}.parquet")
    assert written.names == declared.names
    assert written.types == declared.types


@pytest.mark.parametrize("name", list(TRUTH))
def test_truth_is_never_missing_where_it_is_declared_to_be_there(small, name):
    written = small[name]
    assert written.schema.equals(TRUTH[name].arrow)
    assert [c.name for c in TRUTH[name] if c.required and written[c.name].null_count] == []


@pytest.mark.parametrize("name", list(TRUTH))
def test_truth_has_one_row_for_each_key(small, name):
    keys = [tuple(row[k] for k in TRUTH[name].key) for row in small[name].to_pylist()]
    assert len(keys) == len(set(keys))


def test_the_summary_counts_the_rows_that_are_in_the_files(small):
    assert small.summary.rows == {n: small[n].num_rows for n in sorted({**CANONICAL, **TRUTH})}
    told = json.loads((small.folder / "simulation.json").read_text())
    assert told["rows"] == small.summary.rows
    assert (told["seed"], told["customers"], told["data_end"]) == (3, 300, "2026-06-30")


def test_customers_are_the_parties_that_ever_sign_or_pay(small):
    buyers = {row["true_party"] for row in small.truth("rates")}
    party = {(r["system"], r["record"]): r["true_party"] for r in small.truth("parties") if r["planted"] != "test"}
    signed = {party[r["system"], r["record"]] for r in small.good("contracts") if (r["system"], r["record"]) in party}
    paid = {party.get((r["system"], r["record"])) for r in small.good("payments")} - {None}
    assert len(buyers) == 300
    assert signed | paid <= buyers
    assert len(signed | paid) >= 0.98 * 300


def test_nothing_happens_before_the_window_or_after_the_data_end(small):
    for table in EVENT_TABLES:
        days = [row[event_date(CANONICAL[table])] for row in small.good(table)]
        assert date(2023, 7, 1) <= min(filter(None, days)), table
        assert max(filter(None, days)) <= date(2026, 6, 30), table
        assert table == "contracts" or None not in days


@pytest.mark.parametrize("table", [t for t in EVENT_TABLES if "record" in CANONICAL[t].names and t != "records"])
def test_events_name_a_record_that_exists_by_then(company, table):
    created = {(r["system"], r["record"]): r["created_on"] for r in company.good("records")}
    day = event_date(CANONICAL[table])
    rows = [row for row in company.good(table) if row["record"]]
    assert rows
    assert all(created[row["system"], row["record"]] <= (row[day] or row["starts_on"]) for row in rows)


def test_a_batch_depends_on_the_seed_and_its_place_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(company, "BATCH", 150)
    simulate(tmp_path / "one", customers=150, seed=4)
    simulate(tmp_path / "two", customers=190, seed=4)
    for name in ("payments", "truth_parties", "usage"):
        one, two = (pq.read_table(tmp_path / f / f"{name}.parquet") for f in ("one", "two"))
        assert two.slice(0, one.num_rows).equals(one)
        assert two.num_rows > one.num_rows


def test_batches_share_no_party_and_no_record(tmp_path, monkeypatch):
    monkeypatch.setattr(company, "BATCH", 100)
    done: list[tuple[int, int]] = []
    simulate(tmp_path, customers=250, progress=lambda n, of: done.append((n, of)))
    assert done == [(100, 250), (200, 250), (250, 250)]
    records = pq.read_table(tmp_path / "truth_parties.parquet").to_pylist()
    assert len({(r["system"], r["record"]) for r in records}) == len(records)
    assert pq.read_table(tmp_path / "truth_rates.parquet")["true_party"].unique().to_pylist().__len__() == 250


def test_csv_holds_the_same_rows(tmp_path):
    summary = simulate(tmp_path / "csv", customers=40, format="csv")
    simulate(tmp_path / "parquet", customers=40)
    for name, count in summary.rows.items():
        read = pyarrow.csv.read_csv(tmp_path / "csv" / f"{name}.csv")
        assert read.num_rows == count
        assert read.column_names == pq.read_schema(tmp_path / "parquet" / f"{name}.parquet").names


def test_a_company_of_one_customer_is_a_company(tmp_path):
    assert simulate(tmp_path, customers=1).rows["truth_rates"] == 1


def test_the_window_follows_the_settings(tmp_path):
    settings = Settings(data_end=date(2025, 2, 28), months=14)
    simulate(tmp_path, customers=60, settings=settings)
    months = pq.read_table(tmp_path / "truth_stages.parquet")["as_of"].to_pylist()
    assert (min(months), max(months)) == (date(2024, 1, 31), date(2025, 2, 28))


@pytest.mark.parametrize("wrong", [{"customers": 0}, {"format": "xlsx"}])
def test_impossible_wishes_are_refused(tmp_path, wrong):
    with pytest.raises(ConfigError):
        simulate(tmp_path, **wrong)


def test_the_demo_configuration_names_every_canonical_table():
    text = (Path(__file__).parents[2] / "configs" / "demo.yaml").read_text(encoding="utf-8")
    config = Config.model_validate(YAML(typ="safe").load(text))
    assert sorted(s.table for s in config.sources) == sorted(CANONICAL)
    assert all(s.file == f"{{data}}/{s.table}.parquet" for s in config.sources)
    assert config.as_of == Settings().data_end
    assert config.company.currency == Settings().currencies[0][0]


@pytest.mark.parametrize("wrong", [{"data_end": date(2026, 6, 29)}, {"months": 0}])
def test_a_window_is_whole_months(wrong):
    with pytest.raises(ConfigError, match="whole months"):
        Settings(**wrong)


def test_a_company_can_be_a_month_old(tmp_path):
    assert simulate(tmp_path, customers=50, settings=Settings(months=1)).rows["truth_rates"] == 50
