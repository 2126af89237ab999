import csv
import io
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.snapshot.published import told
from valuekit.errors import ConfigError, InputError, UnknownNameError
from valuekit.exports import export_segments
from valuekit.exports.files import RISKY, atomic_file, neutralise, write_csv


@pytest.fixture
def snapshot():
    return told()


def rows_of(path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def test_one_row_per_valued_party_the_highest_value_first(snapshot, tmp_path):
    target = tmp_path / "segments.csv"
    assert export_segments(snapshot, target) == 3
    rows = rows_of(target)
    assert [(r["party_id"], r["tier"], r["ltv"]) for r in rows] == [
        ("p1", "Top", "2400.0000"), ("p3", "Low", "30.0000"), ("p2", "No value", "-90.0000"),
    ]  # fmt: skip


def test_a_row_carries_its_ids_in_every_system_and_what_its_words_mean(snapshot, tmp_path):
    export_segments(snapshot, tmp_path / "s.csv")
    assert rows_of(tmp_path / "s.csv")[0] == {
        "party_id": "p1", "records": "2", "billing_records": "b1", "crm_records": "c1", "name": "Ada Ltd",
        "label": "Ada Ltd",
        "stage": "active", "tier": "Top", "ltv": "2400.0000",
        "ltv_low_80": "2320.0000", "ltv_high_80": "2480.0000", "ltv_basis": "own", "ltv_own_weight": "0.8",
        "currency": "EUR", "net_cash_12m": "1000.0000",
        "mrr": "0.0000", "as_of": "2026-06-30", "run_id": snapshot.manifest.run_id,
        "tier_definition": "tier 1 by lifetime value",
    }  # fmt: skip


def test_csv_is_rfc_4180_in_utf_8_with_a_mark_for_excel(snapshot, tmp_path):
    export_segments(snapshot, tmp_path / "with.csv")
    export_segments(snapshot, tmp_path / "without.csv", bom=False)
    marked, plain = (tmp_path / "with.csv").read_bytes(), (tmp_path / "without.csv").read_bytes()
    assert marked == b"\xef\xbb\xbf" + plain
    assert plain.count(b"\r\n") == 4
    assert plain.endswith(b"\r\n")


def test_names_that_look_like_formulas_are_harmless_and_negative_numbers_stay_numbers(snapshot, tmp_path):
    export_segments(snapshot, tmp_path / "s.csv")
    bob = rows_of(tmp_path / "s.csv")[2]
    assert (bob["name"], bob["ltv"]) == ("'=Bob & Sons", "-90.0000")


def test_a_tier_and_a_stage_can_be_chosen(snapshot, tmp_path):
    assert export_segments(snapshot, tmp_path / "top.csv", tier="Top") == 1
    assert export_segments(snapshot, tmp_path / "churned.csv", stage="churned") == 1
    assert export_segments(snapshot, tmp_path / "none.csv", tier="Top", stage="churned") == 0
    assert rows_of(tmp_path / "none.csv") == []
    assert (tmp_path / "none.csv").read_text(encoding="utf-8-sig").startswith("party_id,")


def test_unknown_tiers_and_stages_are_refused(snapshot, tmp_path):
    with pytest.raises(UnknownNameError, match=r"no tier 'Topp'. Did you mean 'Top'"):
        export_segments(snapshot, tmp_path / "s.csv", tier="Topp")
    with pytest.raises(UnknownNameError, match=r"no stage 'prospect'"):
        export_segments(snapshot, tmp_path / "s.csv", stage="prospect")
    assert list(tmp_path.iterdir()) == []


def test_parquet_is_typed_and_its_text_is_as_it_was(snapshot, tmp_path):
    export_segments(snapshot, tmp_path / "s.parquet", "parquet")
    table = pq.read_table(tmp_path / "s.parquet")
    assert table.schema.field("ltv").type == pa.decimal128(18, 4)
    assert table.schema.field("as_of").type == pa.date32()
    assert table.column("as_of")[0].as_py() == date(2026, 6, 30)
    assert table.column("ltv").to_pylist() == [Decimal(2400), Decimal(30), Decimal(-90)]
    assert table.column("name").to_pylist() == ["Ada Ltd", "Cleo", "=Bob & Sons"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_same_export_twice_gives_the_same_bytes(snapshot, tmp_path, kind):
    for name in ("one", "two"):
        export_segments(snapshot, tmp_path / name, kind)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_file_that_exists_is_kept_unless_told_otherwise(snapshot, tmp_path):
    target = tmp_path / "s.csv"
    target.write_text("mine")
    with pytest.raises(ConfigError, match=r"exists already.*--force"):
        export_segments(snapshot, target)
    assert target.read_text() == "mine"
    export_segments(snapshot, target, overwrite=True)
    assert len(rows_of(target)) == 3


def test_a_missing_folder_is_told(snapshot, tmp_path):
    with pytest.raises(InputError, match=r"is no folder"):
        export_segments(snapshot, tmp_path / "nowhere" / "s.csv")


def test_standard_output_gets_csv(snapshot, capsys):
    assert export_segments(snapshot, None) == 3
    assert capsys.readouterr().out.count("\n") == 4


def test_a_failure_leaves_the_old_file_and_no_draft(tmp_path):
    target = tmp_path / "s.csv"
    target.write_text("old")

    def write_half() -> None:
        with atomic_file(target, overwrite=True) as draft:
            draft.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert [f.name for f in tmp_path.iterdir()] == ["s.csv"]
    assert target.read_text() == "old"


@given(st.text())
def test_no_text_can_start_a_formula_and_none_is_lost(text):
    safe = neutralise(text)
    assert safe == text or safe == "'" + text
    assert not safe or safe[0] not in RISKY


@given(st.lists(st.tuples(st.text(), st.integers(-(10**9), 10**9)), max_size=5))
def test_whatever_is_written_is_read_back(rows):
    batch = pa.record_batch(
        {"text": pa.array([t for t, _ in rows], pa.string()), "n": pa.array([n for _, n in rows], pa.int64())}
    )
    file = io.StringIO(newline="")
    assert write_csv([batch], ["text", "n"], file) == len(rows)
    file.seek(0)
    _, *found = csv.reader(file)
    assert found == [[neutralise(t), str(n)] for t, n in rows]
