"""An empty engine for each test of cash flow."""

from collections.abc import Iterator

import pytest

from tests.engines import fresh_engine
from valuekit.engine import Engine


@pytest.fixture
def engine() -> Iterator[Engine]:
    with fresh_engine() as engine:
        yield engine
