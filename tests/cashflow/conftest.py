"""An empty engine for each test of cash flow."""

from collections.abc import Iterator

import pytest

from tests.cashflow.given import fresh
from valuekit.engine import Engine


@pytest.fixture
def engine() -> Iterator[Engine]:
    with fresh() as engine:
        yield engine
