import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.run import DEBUG_FILE, run
from pipelines.steps import STEPS, Step, Work, check, read
from tests.six_parties import AS_OF, CUBE_VALUE, filled
from valuekit.config import Company, Config, EngineConfig, Quality, Source, Tracking
from valuekit.engine import Engine
from valuekit.errors import CheckError, ConfigError, ContractError, EngineError, InputError
from valuekit.snapshot import Snapshot, fingerprint_files

ROOT = Path(__file__).parents[2]
SOURCE = Source(table="payments", system="billing", file="payments.csv")
CONFIG = Config(
    company=Company(name="Six Parties", currency="EUR"),
    sources=[SOURCE],
    as_of=AS_OF,
    quality=Quality(max_quarantined_share=0.5),
    engine=EngineConfig(memory_limit="1GB", threads=1),
    tracking=Tracking(enabled=False),
)


def read_fingerprint(work: Work) -> None:
    work.sources = fingerprint_files([(SOURCE, work.base / "payments.csv")])


def make_tables(work: Work) -> None:
    filled(work.engine).drop("checks")
    work.cube_value = CUBE_VALUE
    work.models = {"renewals": '{"model": "none"}'}


STAND_IN = (Step("fingerprint", "hashing", read_fingerprint), Step("fill", "filling", make_tables), STEPS[-1])


@pytest.fixture
def base(tmp_path):
    folder = tmp_path / "company"
    folder.mkdir()
    (folder / "payments.csv").write_text("id,amount\n1,5\n")
    return folder


@pytest.fixture
def output(tmp_path):
    return tmp_path / "runs"


def test_the_steps_come_in_the_order_in_which_the_data_flow():
    assert [s.name for s in STEPS] == [
        "fingerprint", "sources", "identity", "cashflow", "lifecycle", "registers", "ltv", "segments", "executives",
        "checks",
    ]  # fmt: skip
    assert STEPS[-1].do is check


def test_a_run_publishes_a_snapshot_with_all_that_it_found(base, output):
    outcome = run(CONFIG, base=base, output=output, steps=STAND_IN)
    manifest = Snapshot.open(output).manifest
    assert outcome.path == output / manifest.run_id
    assert (manifest.company, manifest.currency, manifest.as_of) == ("Six Parties", "EUR", AS_OF)
    assert manifest.definitions == {"customers": 2, "finance": 3, "sales": 1}
    assert manifest.totals["customer_equity"] == Decimal(2310)
    assert manifest.intake["payments"].rows_in == 4
    assert all(c.passed for c in manifest.checks)
    assert manifest.sources[0].size == 14
    assert manifest.config["ltv"]["horizon_years"] == 3
    assert manifest.peak_memory_mb > 10
    assert set(manifest.seconds) == {"fingerprint", "fill", "checks"}
    assert set(outcome.manifest.seconds) == {"fingerprint", "fill", "checks", "publish"}
    assert outcome.snapshot.models == {"renewals": '{"model": "none"}'}
    assert (outcome.reused, outcome.tracking) == (False, None)


def test_progress_is_told_step_by_step(base, output):
    heard = []
    run(CONFIG, base=base, output=output, steps=STAND_IN, progress=lambda *step: heard.append(step))
    assert [(name, number, steps) for name, _, number, steps in heard] == [
        ("fingerprint", 1, 4), ("fill", 2, 4), ("checks", 3, 4), ("publish", 4, 4),
    ]  # fmt: skip


def test_a_rerun_finds_its_result_published_and_keeps_the_bytes(base, output):
    first = run(CONFIG, base=base, output=output, steps=STAND_IN)
    before = {f: f.read_bytes() for f in first.path.rglob("*") if f.is_file()}
    again = run(CONFIG, base=base, output=output, steps=STAND_IN)
    assert again.reused
    assert again.path == first.path
    assert {f: f.read_bytes() for f in first.path.rglob("*") if f.is_file()} == before
    assert [f.name for f in output.iterdir()] == [first.path.name]


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"engine": EngineConfig(memory_limit="2GB")}, True),
        ({"tracking": Tracking(enabled=False, experiment="other")}, True),
        ({"quality": Quality(max_quarantined_share=0.6)}, False),
        ({"company": Company(name="Renamed", currency="EUR")}, False),
    ],
)
def test_only_what_decides_the_result_names_the_run(base, output, changes, same):
    first = run(CONFIG, base=base, output=output, steps=STAND_IN)
    second = run(CONFIG.model_copy(update=changes), base=base, output=output, steps=STAND_IN)
    assert (first.path == second.path) is same


def test_changed_input_is_another_run(base, output):
    first = run(CONFIG, base=base, output=output, steps=STAND_IN)
    (base / "payments.csv").write_text("id,amount\n1,6\n")
    assert run(CONFIG, base=base, output=output, steps=STAND_IN).path != first.path


def test_a_failed_check_publishes_nothing(base, output):
    strict = CONFIG.model_copy(update={"quality": Quality(max_quarantined_share=0.1)})
    with pytest.raises(CheckError, match=r"few_rows_are_quarantined: expected at most 10.0%.* got payments: 1 of 4"):
        run(strict, base=base, output=output, steps=STAND_IN)
    assert list(output.iterdir()) == []


def test_a_folder_that_no_database_can_lie_in_is_refused_before_the_work(base, output):
    with pytest.raises(ConfigError, match=r"below `\?`.*Name another folder"):
        run(CONFIG, base=base, output=output / "which?")
    assert not output.exists()


def test_a_step_that_fails_leaves_no_trace_and_former_snapshots_stand(base, output):
    former = run(CONFIG, base=base, output=output, steps=STAND_IN).path

    def fail(_: Work) -> None:
        raise InputError("cannot be read.", where="payments.csv")

    with pytest.raises(InputError):
        run(CONFIG, base=base, output=output, steps=(*STAND_IN[:2], Step("fail", "failing", fail)))
    assert list(output.iterdir()) == [former]


def test_a_company_without_records_is_told_what_to_map():
    with Engine() as engine, pytest.raises(ConfigError, match=r"no source gives `records`.*Map a table of customers"):
        read(Work(engine, CONFIG, Path()))


def test_data_without_a_date_need_one():
    with Engine() as engine, pytest.raises(ContractError, match=r"no dated row.*--as-of"):
        _ = Work(engine, CONFIG.model_copy(update={"as_of": None}), Path()).as_of


def test_debug_keeps_every_table_of_the_run(base, output):
    run(CONFIG, base=base, output=output, steps=STAND_IN, debug=True)
    run(CONFIG, base=base, output=output, steps=STAND_IN, debug=True)
    with Engine(output / DEBUG_FILE, read_only=True) as engine:
        assert engine.count("parties") == 6
        assert engine.has("_books_total")


def test_debug_keeps_the_tables_of_a_run_that_fails(base, output):
    strict = CONFIG.model_copy(update={"quality": Quality(max_quarantined_share=0.1)})
    with pytest.raises(CheckError):
        run(strict, base=base, output=output, steps=STAND_IN, debug=True)
    with Engine(output / DEBUG_FILE, read_only=True) as engine:
        assert engine.scalar("SELECT COUNT(*) FROM checks WHERE NOT passed") == 1


def test_a_dead_tracking_server_does_not_stop_the_run(base, output):
    tracked = CONFIG.model_copy(update={"tracking": Tracking(uri="http://127.0.0.1:9")})
    outcome = run(tracked, base=base, output=output, steps=STAND_IN)
    assert outcome.tracking
    assert not outcome.tracking.recorded
    assert Snapshot.open(output).path == outcome.path
    with pytest.raises(EngineError, match=r"published but not recorded"):
        run(tracked, base=base, output=output, steps=STAND_IN, require_tracking=True)


def test_tracking_can_be_switched_off_for_one_run(base, output):
    tracked = CONFIG.model_copy(update={"tracking": Tracking(uri="http://127.0.0.1:9")})
    assert run(tracked, base=base, output=output, steps=STAND_IN, track=False).tracking is None


KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines.run import run
from tests.pipelines.test_run import CONFIG, STAND_IN

def progress(name, *_):
    if name == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)

run(CONFIG, base=Path(sys.argv[1]), output=Path(sys.argv[2]), steps=STAND_IN, progress=progress)
"""


@pytest.mark.parametrize("step", ["checks", "publish"])
def test_a_run_that_is_killed_leaves_the_former_snapshot_and_its_leftovers_are_swept(base, output, step):
    former = run(CONFIG, base=base, output=output, steps=STAND_IN).path
    command = [sys.executable, "-c", KILLED, str(base), str(output), step]
    dead = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT, check=False)
    assert dead.returncode == -signal.SIGKILL
    assert [s.path for s in Snapshot.list(output)] == [former]
    assert len(list(output.glob(".partial-*"))) == 1
    run(CONFIG, base=base, output=output, steps=STAND_IN)
    assert list(output.iterdir()) == [former]
