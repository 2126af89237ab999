import json
import re
from pathlib import Path

import pytest

from pipelines import cli, jobs
from pipelines.cli import run_command
from pipelines.run import run
from tests.pipelines.test_run import CONFIG, STAND_IN
from valuekit import __version__
from valuekit.errors import ConfigError, EngineError, InputError


@pytest.fixture
def company(tmp_path, monkeypatch):
    """A folder to work in, with a company whose domain steps are stand-ins; returns what the run was asked."""
    (tmp_path / "payments.csv").write_text("id,amount\n1,5\n")
    monkeypatch.chdir(tmp_path)
    asked = {}

    def run_config(name, overrides, *, output, track, required, debug, silent):
        asked.update(name=name, overrides=overrides, track=track, required=required, debug=debug, silent=silent)
        return run(CONFIG, base=tmp_path, output=output, steps=STAND_IN, track=track, debug=debug)

    monkeypatch.setattr(jobs, "run_config", run_config)
    return asked


@pytest.fixture
def failing(monkeypatch):
    """Make the run fail with an error."""

    def set_error(error):
        def fail(*_, **__):
            raise error

        monkeypatch.setattr(jobs, "run_config", fail)

    return set_error


class TestRun:
    def test_prints_the_summary_and_what_to_type_next(self, company, capsys):
        assert run_command(["run", "company.yaml", "--out", "runs"]) == 0
        out = capsys.readouterr().out
        assert out.startswith("2: Current customers, as of 30 June 2026\n")
        for line in (
            "active 1 · inactive 1 · churned 1",
            "Customer equity €2,310.00",
            "valuekit app runs/2026-06-30-",
            "valuekit explain runs/2026-06-30-",
            "passed  cube equals ltv",
        ):
            assert line in out
        assert re.search(r"the books +€760.00", out)

    def test_what_to_type_next_is_quoted_for_the_shell(self, company, capsys):
        assert run_command(["run", "my company.yaml", "--out", "my runs"]) == 0
        out = capsys.readouterr().out
        assert "valuekit app 'my runs/2026-06-30-" in out
        assert "valuekit run 'my company.yaml' --set" in out

    def test_says_so_when_the_result_was_there_already(self, company, capsys):
        run_command(["run", "company.yaml", "--out", "runs"])
        run_command(["run", "company.yaml", "--out", "runs"])
        assert "(already published, identical)" in capsys.readouterr().out

    def test_json_is_one_object_with_everything(self, company, capsys):
        assert run_command(["run", "company.yaml", "--out", "runs", "--json"]) == 0
        captured = capsys.readouterr()
        assert captured.err == ""
        found = json.loads(captured.out)
        assert found["schema"] == "valuekit.run/1"
        assert found["run_id"] == Path(found["snapshot"]).name
        assert found["as_of"] == "2026-06-30"
        rows = {"in": 4, "accepted": 3, "quarantined": 1, "warned": 0, "later": 0, "out": 3}
        assert found["rows"]["payments"] == rows
        assert found["definitions"] == {"customers": 2, "finance": 3, "sales": 1}
        assert found["stages"]["active"] == 1
        assert found["customers"] == 2
        assert found["totals"]["customer_equity"] == 2310
        assert found["currency"] == "EUR"
        assert all(c["passed"] for c in found["checks"])
        assert set(found["seconds"]) == {"fingerprint", "fill", "checks", "publish"}
        assert found["tracking"] is None

    def test_options_reach_the_run(self, company):
        arguments = ["--as-of", "2026-05-31", "--set", "ltv.horizon_years=5", "--set", "company.name=X"]
        run_command(["run", "c.yaml", "--out", "runs", *arguments, "--no-tracking", "--require-tracking", "--debug"])
        assert company == {
            "name": "c.yaml", "overrides": ["ltv.horizon_years=5", "company.name=X", "as_of=2026-05-31"],
            "track": False, "required": True, "debug": True, "silent": False,
        }  # fmt: skip
        run_command(["run", "c.yaml", "--out", "runs"])
        assert company["track"] is None


class TestErrors:
    @pytest.mark.parametrize(
        ("error", "code"),
        [(ConfigError("a key is wrong."), 2), (InputError("cannot be read."), 4), (EngineError("is missing."), 5)],
    )
    def test_a_known_error_is_one_message_and_its_exit_code(self, failing, capsys, error, code):
        failing(error)
        assert run_command(["run", "c.yaml"]) == code
        captured = capsys.readouterr()
        assert (captured.out, captured.err) == ("", f"error: {error}\n")

    def test_errors_are_json_too(self, failing, capsys):
        failing(InputError("cannot be read.", where="a.csv", next_step="Check the path."))
        assert run_command(["run", "c.yaml", "--json"]) == 4
        captured = capsys.readouterr()
        assert captured.err == ""
        assert json.loads(captured.out)["error"] == {
            "type": "InputError", "message": "a.csv: cannot be read. Check the path.", "what": "cannot be read.",
            "where": "a.csv", "next_step": "Check the path.", "exit_code": 4,
        }  # fmt: skip

    def test_anything_else_is_a_bug_with_its_traceback_in_a_file(self, failing, capsys, tmp_path, monkeypatch):
        monkeypatch.setattr(cli.tempfile, "tempdir", str(tmp_path))
        failing(ZeroDivisionError("oh"))
        assert run_command(["run", "c.yaml"]) == 1
        message = capsys.readouterr().err
        assert message.count("\n") == 1
        assert "this is a bug in valuekit (ZeroDivisionError)" in message
        log = re.search(r"report it with (\S+)", message)[1]
        assert "Traceback" in Path(log).read_text()

    def test_an_interrupt_is_130(self, failing, capsys):
        failing(KeyboardInterrupt())
        assert run_command(["run", "c.yaml"]) == 130
        assert "interrupted" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("error", "words"),
        [(PermissionError(13, "Permission denied", "/data/runs"), "/data/runs: Permission denied"),
         (FileExistsError(17, "File exists", "/data/runs"), "/data/runs: File exists"),
         (FileNotFoundError(2, "No such file or directory", "/proc/x"), "/proc/x: No such file"),
         (OSError(36, "File name too long", "/data/xxx"), "/data/xxx: File name too long"),
         (OSError(28, "No space left on device"), "No space left on device")],
    )  # fmt: skip
    def test_a_place_that_cannot_be_used_is_no_bug(self, failing, capsys, error, words):
        failing(error)
        assert run_command(["run", "c.yaml"]) == 4
        assert words in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["rnu"], "No such command 'rnu'"),
            (["run"], "Missing argument 'CONFIG'"),
            (["run", "c.yaml", "--as-of", "yesterday"], "yesterday"),
            (["run", "c.yaml", "--nonsense"], "No such option"),
            (["export", "segments", "x", "--format", "xlsx"], "xlsx"),
            (["simulate", "x", "--customers", "0"], "--customers"),
        ],
    )
    def test_wrong_usage_is_2_and_names_the_help(self, capsys, arguments, words):
        assert run_command(arguments) == 2
        message = capsys.readouterr().err
        assert words in message
        assert "--help" in message

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["value", "x", "--by", "region"], "'--by': 'region' is not one of 'tier', 'stage', 'cohort'. See `"),
            (["value", "x", "--discount", "10%"], "'--discount': it is no number. Write 10% as 0.10. See `"),
            (["backtest", "demo", "--origins", "0"], "'--origins': it must be 1 or more. See `"),
            (["backtest", "demo", "--origins", "1.5"], "'--origins': it is no whole number. See `"),
            (["app", "x", "--port", "70000"], "'--port': it must be 65535 or less. See `"),
            (["value", "x", "--nonsense"], "No such option: --nonsense. See `"),
        ],
    )
    def test_wrong_usage_is_told_in_sentences(self, capsys, arguments, told):
        assert run_command(arguments) == 2
        message = capsys.readouterr().err
        assert told in message
        assert "Input" not in message
        assert "Value error" not in message

    def test_a_group_of_commands_alone_prints_its_help_and_nothing_else(self, capsys):
        assert run_command(["export"]) == 2
        captured = capsys.readouterr()
        assert "segments" in captured.out
        assert captured.err == ""

    def test_a_missing_snapshot_is_4(self, tmp_path, capsys):
        assert run_command(["explain", str(tmp_path), "x"]) == 4
        assert "holds no snapshot" in capsys.readouterr().err


class TestSnapshotCommands:
    @pytest.fixture
    def runs(self, run, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        return run

    def test_export_writes_a_file_and_prints_its_path(self, runs, capsys):
        assert run_command(["export", "segments", runs]) == 0
        captured = capsys.readouterr()
        path = Path(captured.out.strip())
        assert path.read_text("utf-8-sig").startswith("party_id,")
        assert captured.err == "3 parties\n"
        assert run_command(["export", "segments", runs]) == 2
        assert run_command(["export", "segments", runs, "--force"]) == 0

    def test_export_to_standard_output_is_nothing_but_data(self, runs, capsys):
        assert run_command(["export", "segments", runs, "--out", "-", "--tier", "Top"]) == 0
        captured = capsys.readouterr()
        assert [line.split(",")[0] for line in captured.out.splitlines()] == ["party_id", "p1"]

    def test_export_of_parquet(self, runs):
        assert run_command(["export", "segments", runs, "--format", "parquet", "--out", "s.parquet"]) == 0
        assert Path("s.parquet").read_bytes()[:4] == b"PAR1"

    def test_parquet_does_not_go_to_standard_output(self, runs, capsys):
        assert run_command(["export", "segments", runs, "--format", "parquet", "--out", "-"]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "Name a file" in captured.err

    def test_explain_tells_the_whole_story(self, runs, capsys):
        assert run_command(["explain", runs, "Ada Ltd"]) == 0
        out = capsys.readouterr().out
        for words in (
            "Ada Ltd (p1), as of 2026-06-30",
            "billing:b1  crm:c1     email ada@ada.example",
            "active since 2026-06-01. Used the product in the last 14 days",
            "€2,400.00 over 3 years",
            "Top: tier 1 by lifetime value",
            "no ideas are mapped",
        ):
            assert words in out

    def test_explain_of_a_party_that_never_paid(self, runs, capsys):
        assert run_command(["explain", runs, "Dora"]) == 0
        assert capsys.readouterr().out.count("none: it has not paid, or got everything back") == 2

    def test_explain_as_json(self, runs, capsys):
        assert run_command(["explain", runs, "p2", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["cash"][-1] == {"line": "net_cash", "last_12_months": -50.0, "all_months": -50.0}

    def test_an_unknown_party_is_2_with_a_suggestion(self, runs, capsys):
        assert run_command(["explain", runs, "Ada Limited"]) == 2
        assert "Did you mean 'Ada Ltd'" in capsys.readouterr().err


def test_version_and_help(capsys):
    assert run_command(["--version"]) == 0
    assert capsys.readouterr().out == f"valuekit {__version__}\n"
    assert run_command(["--help"]) == 0
    assert "explain" in capsys.readouterr().out


def test_nothing_waits_to_be_pushed(tmp_path, capsys):
    assert run_command(["track", "push", str(tmp_path)]) == 0
    assert "0 pushed, 0 still waiting" in capsys.readouterr().err
    assert run_command(["track", "push", str(tmp_path / "nowhere")]) == 4
    assert "nowhere: does not exist" in capsys.readouterr().err


def test_main_leaves_with_the_exit_code():
    with pytest.raises(SystemExit) as left:
        cli.main(["--version"])
    assert left.value.code == 0
