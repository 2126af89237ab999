from pathlib import Path

import pytest

from pipelines import front_end
from valuekit.errors import EngineError


def test_the_front_end_is_served_without_telemetry_and_without_traces():
    command = front_end.command(Path("app.py"), Path("runs"), port=9000, headless=True)
    assert command[1:5] == ["-m", "streamlit", "run", "app.py"]
    assert {
        "--server.port=9000",
        "--server.headless=true",
        "--browser.gatherUsageStats=false",
        "--client.showErrorDetails=none",
    } <= set(command)
    assert command[-2:] == ["--", "runs"]


def test_the_snapshot_reaches_the_app(monkeypatch, tmp_path):
    asked = {}

    class Done:
        returncode = 3

    def run(command, *, env, check):
        asked.update(command=command, env=env)
        return Done

    monkeypatch.setattr(front_end.subprocess, "run", run)
    monkeypatch.setattr(front_end, "app_file", lambda: tmp_path / "app.py")
    assert front_end.serve(tmp_path, port=8501, headless=False) == 3
    assert asked["env"]["VALUEKIT_SNAPSHOT"] == str(tmp_path)


def test_a_missing_app_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(front_end, "files", lambda _: tmp_path / "valuekit")
    with pytest.raises(EngineError, match=r"no app.py"):
        front_end.app_file()
    (tmp_path / "app.py").touch()
    assert front_end.app_file() == tmp_path / "app.py"
