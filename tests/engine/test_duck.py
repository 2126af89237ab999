import hashlib
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.six_parties import CUBE_VALUE, fill
from valuekit.engine import DatabaseError, Engine, duck, literal, write_table
from valuekit.engine.steps import parse_steps
from valuekit.errors import EngineError, MemoryLimitError, UnknownNameError
from valuekit.tables import PUBLISHED, Column, Table

SMALL = Table("small", "thing", (Column("id", "VARCHAR", "Id", required=True), Column("n", "BIGINT", "N")), key=("id",))


@pytest.fixture
def engine():
    with Engine() as engine:
        yield engine


def test_parameters_are_bound_and_never_pasted(engine):
    assert engine.scalar("SELECT $x", {"x": "'; DROP TABLE t; --"}) == "'; DROP TABLE t; --"


def test_parameters_that_a_statement_does_not_use_are_left_out(engine):
    assert engine.rows("SELECT $a", {"a": 1, "b": 2}) == [(1,)]


def test_steps_make_their_tables_and_scratch_steps_make_none(engine):
    steps = parse_steps("-- step: _one\nSELECT $x AS x\n-- step: two\nSELECT x + 1 AS y FROM _one", "t.sql")
    assert engine.run_steps(steps, {"x": 1}) == ["two"]
    assert engine.rows("SELECT * FROM two") == [(2,)]
    assert not engine.has("_one")
    assert engine.seconds.keys() == {"two"}


@pytest.mark.parametrize("keep_scratch", [False, True])
def test_work_in_groups_adds_to_the_tables_by_the_names_of_columns(monkeypatch, keep_scratch):
    texts = {"a": "SELECT n, n + 1 AS next FROM _n", "b": "SELECT n + 1 AS next, n FROM _n"}
    steps = {
        file: parse_steps(f"-- step: _n\nSELECT $n AS n\n-- step: t\n{text}", file) for file, text in texts.items()
    }
    monkeypatch.setattr(duck, "load_steps", lambda _, file: steps[file])
    with Engine(keep_scratch=keep_scratch) as engine:
        engine.add("package", "a", {"n": 1})
        engine.add("package", "b", {"n": 5})
        assert engine.rows("SELECT n, next FROM t ORDER BY n") == [(1, 2), (5, 6)]
        engine.run("package", "a", {"n": 7})
        assert engine.rows("SELECT n, next FROM t") == [(7, 8)]


def test_an_error_in_a_step_names_file_and_step(engine):
    with pytest.raises(EngineError, match=r"valuekit.snapshot/checks.sql step checks"):
        engine.run("valuekit.snapshot", "checks.sql", {}, cube_value="nothing")


def test_debug_mode_keeps_each_scratch_step(tmp_path):
    with Engine(tmp_path / "debug.duckdb", keep_scratch=True) as engine:
        fill(engine)
        engine.execute(f"CREATE TABLE cube_value AS {CUBE_VALUE}")
        parameters = {"customer_stages": ["active", "inactive"], "max_quarantined_share": 0.5}
        engine.run("valuekit.snapshot", "checks.sql", parameters, cube_value="cube_value")
        assert engine.has("_books_total")
        assert engine.has("checks")


def test_arrow_comes_in_and_goes_out(engine):
    table = pa.table({"x": [1, 2], "money": pa.array([Decimal("1.5000"), None], pa.decimal128(18, 4))})
    engine.put("t", table)
    assert engine.query("SELECT * FROM t ORDER BY x").cast(table.schema) == table
    engine.put_batches("u", iter(table.to_batches()), table.schema)
    assert engine.count("u") == 2
    assert sum(b.num_rows for b in engine.batches("SELECT * FROM t", rows=1)) == 2


def test_a_table_is_replaced_and_dropped(engine):
    engine.put("t", pa.table({"x": [1]}))
    engine.put("t", pa.table({"y": [1, 2]}))
    assert (engine.columns("t"), engine.count("t")) == (["y"], 2)
    engine.drop("t", "never_there")
    assert not engine.has("t")


def test_views_count_as_tables(engine):
    engine.execute("CREATE VIEW v AS SELECT 1 AS x")
    assert engine.has("v")
    assert not engine.has("w")


@pytest.mark.parametrize("table", PUBLISHED.values(), ids=PUBLISHED)
def test_an_empty_table_has_the_declared_types(engine, table):
    engine.make_empty(table)
    assert engine.query(f"SELECT * FROM {table.name}").schema.types == table.arrow.types


def test_a_declared_table_is_written_in_its_columns_and_ordered_by_its_key(engine, tmp_path):
    engine.execute(
        "CREATE TABLE small AS SELECT 'extra' AS z, n::INTEGER AS n, id FROM (VALUES ('b', 1), ('a', 2)) t(id, n)"
    )
    assert write_table(engine, SMALL, tmp_path / "small.parquet") == 2
    read = pq.read_table(tmp_path / "small.parquet")
    assert read.to_pydict() == {"id": ["a", "b"], "n": [2, 1]}
    assert read.schema.field("n").type == pa.int64()


def test_a_column_that_is_missing_is_told(engine, tmp_path):
    engine.execute("CREATE TABLE small AS SELECT 'a' AS idd, 1 AS n")
    with pytest.raises(UnknownNameError, match=r"no column of small 'id'"):
        write_table(engine, SMALL, tmp_path / "small.parquet")


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(50)))
def test_the_same_rows_in_any_order_give_the_same_bytes(tmp_path_factory, order):
    folder = tmp_path_factory.mktemp("bytes")
    digests = set()
    for name, ids in (("a", range(50)), ("b", order)):
        with Engine() as engine:
            engine.put("small", pa.table({"id": [f"{i:03}" for i in ids], "n": list(ids)}))
            write_table(engine, SMALL, folder / name)
        digests.add(hashlib.sha256((folder / name).read_bytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_number_of_threads_does_not_change_the_bytes(tmp_path, threads):
    def written(count: int) -> bytes:
        with Engine(threads=count) as engine:
            engine.execute(
                "CREATE TABLE small AS SELECT printf('%07d', (i * 7919) % 300007) AS id, i AS n FROM range(300007) t(i)"
            )
            write_table(engine, SMALL, tmp_path / "t.parquet")
        return (tmp_path / "t.parquet").read_bytes()

    assert written(threads) == written(2)


def test_cursors_share_the_tables_and_work_in_threads(engine):
    engine.execute("CREATE TABLE t AS SELECT * FROM range(1000) r(x)")

    def total(_: int) -> int:
        with engine.cursor() as cursor:
            return int(cursor.scalar("SELECT SUM(x) FROM t"))

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(total, range(20))) == {499500}
    assert engine.count("t") == 1000


def test_a_statement_that_runs_again_reads_what_there_is_then(engine):
    """Statements are parsed once; tables, and the types of parameters, are looked up whenever one runs."""
    text = "SELECT x, $p AS p FROM t ORDER BY ALL"
    for x, p in ((1, "a"), ("b", 2), (None, None)):
        engine.put("t", pa.table({"x": [x]}))
        assert engine.rows(text, {"p": p}) == [(x, p)]
        assert engine.query(text, {"p": p}).to_pylist() == [{"x": x, "p": p}]
    with Engine() as other:
        other.execute("CREATE TABLE t AS SELECT 1.5::DOUBLE AS x")
        assert other.rows(text, {"p": 0}) == [(1.5, 0)]
        other.drop("t")
        assert not other.has("t")
        with pytest.raises(DatabaseError, match="t does not exist"):
            other.rows(text, {"p": 0})
    assert engine.has("t")


def test_few_statements_are_kept(engine):
    for i in range(duck._MOST_PARSED + 10):
        engine.execute(f"SELECT {i}")
    assert len(duck._PARSED) <= duck._MOST_PARSED
    assert engine.scalar("SELECT 7") == 7


def test_a_database_that_cannot_be_opened_is_told(tmp_path):
    (tmp_path / "broken.duckdb").write_text("this is no database")
    with pytest.raises(EngineError, match=r"broken.duckdb"):
        Engine(tmp_path / "broken.duckdb")


def test_too_little_memory_is_told_with_the_setting():
    with Engine(memory_limit="1MB", threads=1) as engine, pytest.raises(MemoryLimitError, match=r"engine.memory_limit"):
        engine.execute("CREATE TABLE t AS SELECT i, i::VARCHAR AS s FROM range(1000000) AS r(i)")


@pytest.mark.parametrize("ask", ["query", "batches", "rows"])
def test_too_little_memory_for_what_is_asked_for_is_told(ask):
    sorted_rows = "SELECT i::VARCHAR AS i FROM range(1000000) AS r(i) ORDER BY HASH(i)"
    with Engine(memory_limit="1MB", threads=1) as engine, pytest.raises(MemoryLimitError, match=r"engine.memory_limit"):
        list(getattr(engine, ask)(sorted_rows))


def test_too_little_memory_for_a_table_is_told():
    with Engine(memory_limit="1KB") as engine, pytest.raises(MemoryLimitError, match=r"engine.memory_limit"):
        engine.put("t", pa.table({"x": ["a"] * 200_000}))


def test_settings_reach_the_engine(tmp_path):
    with Engine(memory_limit="500MB", threads=1, temp_folder=tmp_path / "spill") as engine:
        assert engine.scalar("SELECT current_setting('threads')") == 1
        assert engine.scalar("SELECT current_setting('temp_directory')") == str(tmp_path / "spill")


def test_literals_cannot_be_escaped(engine):
    assert engine.scalar(f"SELECT {literal(chr(39) + '; DROP TABLE t; --')}") == "'; DROP TABLE t; --"
