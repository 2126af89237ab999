import os
from pathlib import Path

import pytest

from pipelines import front_end
from valuekit.errors import EngineError


def test_streamlit_is_told_the_app_the_port_and_the_snapshot():
    assert front_end.arguments(Path("app.py"), Path("runs"), port=9000, headless=True) == [
        "run", "app.py", "--server.port=9000", "--server.headless=true", "--", "runs",
    ]  # fmt: skip


def test_the_settings_lie_beside_the_app():
    settings = (front_end.app_file().parent / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    for setting in ("gatherUsageStats = false", 'showErrorDetails = "none"', 'toolbarMode = "minimal"', "[theme.dark]"):
        assert setting in settings


@pytest.mark.parametrize(("left", "code"), [(None, 0), (KeyboardInterrupt(), 0), (SystemExit(3), 3)])
def test_the_snapshot_reaches_the_app_and_the_exit_code_comes_back(left, code, monkeypatch, tmp_path):
    asked = {}

    def main(arguments, **_):
        asked.update(arguments=arguments, snapshot=os.environ["VALUEKIT_SNAPSHOT"])
        if left:
            raise left

    monkeypatch.setenv("VALUEKIT_SNAPSHOT", "elsewhere")
    monkeypatch.setattr("streamlit.web.cli.main", main)
    assert front_end.serve(tmp_path, port=8501, headless=False) == code
    assert asked["snapshot"] == asked["arguments"][-1] == str(tmp_path)


def test_a_missing_app_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(front_end, "files", lambda _: tmp_path / "valuekit")
    with pytest.raises(EngineError, match=r"no app.py"):
        front_end.app_file()
    (tmp_path / "app.py").touch()
    assert front_end.app_file() == tmp_path / "app.py"
