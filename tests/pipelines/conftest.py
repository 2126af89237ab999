"""A published run of the six parties, and commands on it."""

import pytest

from pipelines.cli import run_command
from tests.engines import fresh_engine
from tests.six_parties import filled, manifest
from valuekit.snapshot import publish


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    with fresh_engine() as engine:
        filled(engine)
        folder = tmp_path_factory.mktemp("runs")
        return str(publish(engine, folder, manifest=manifest(engine), models={}, config_text=""))


@pytest.fixture
def says(capsys, run):
    """Run a command on it that succeeds, and return what it printed."""

    def say(command, *options):
        assert run_command([command, run, *options]) == 0
        return capsys.readouterr().out

    return say
