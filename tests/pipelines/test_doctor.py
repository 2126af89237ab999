import json

import pytest
from packaging.requirements import Requirement

from pipelines import doctor
from pipelines.cli import run_command
from pipelines.doctor import Finding, examine


def test_every_finding_that_is_not_ok_says_what_to_do():
    findings = examine()
    assert {"Python", "Memory", "Processors", "Temporary space", "Chromium", "Java"} <= {f.subject for f in findings}
    assert all(f.advice for f in findings if f.verdict != "ok")


def test_a_missing_package_fails_with_the_command_that_installs_it():
    found = doctor._package(Requirement("no-such-package-here>=1"))
    assert (found.verdict, found.found) == ("fail", "missing")
    assert "pip install 'no-such-package-here>=1'" in found.advice


def test_a_package_of_another_version_fails():
    assert doctor._package(Requirement("duckdb>=99")).verdict == "fail"
    assert doctor._package(Requirement("duckdb>=1")).verdict == "ok"


def test_doctor_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run_command(["doctor"])
    assert list(tmp_path.iterdir()) == []
    assert "Python" in capsys.readouterr().out


@pytest.mark.parametrize(("verdict", "code"), [("ok", 0), ("warn", 0), ("fail", 5)])
def test_only_a_failure_changes_the_exit_code(monkeypatch, capsys, verdict, code):
    monkeypatch.setattr(doctor, "examine", lambda: [Finding("Memory", verdict, "1 GiB", "Buy more.")])
    assert run_command(["doctor", "--json"]) == code
    assert json.loads(capsys.readouterr().out)[0]["verdict"] == verdict


def test_memory_is_what_the_container_allows():
    assert (doctor.memory_bytes() or 0) > 1 << 28
