import pytest

from valuekit.engine import Engine
from valuekit.errors import UnknownNameError


@pytest.fixture
def engine():
    with Engine() as engine:
        engine.execute("CREATE TABLE cash AS SELECT 'a' AS party_id, 2.5::DECIMAL(18,4) AS net_cash")
        yield engine


def test_one_step_of_a_file_is_a_query_that_leaves_no_table(engine):
    found = engine.ask("valuekit.cashflow", "concentration.sql", "summary", cash="cash", net="net_cash")
    assert found["parties"].to_pylist() == [1]
    assert not engine.has("summary")


def test_an_unknown_step_is_named_with_its_neighbour(engine):
    with pytest.raises(UnknownNameError, match=r"there is no step 'sumary'\. Did you mean 'summary'"):
        engine.ask("valuekit.cashflow", "concentration.sql", "sumary", cash="cash", net="net_cash")
