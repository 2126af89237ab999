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


def test_batches_of_a_step_are_its_rows(engine):
    step = ("valuekit.cashflow", "concentration.sql", "summary")
    batches = engine.ask_batches(*step, cash="cash", net="net_cash")
    assert [row for batch in batches for row in batch.to_pylist()] == engine.ask(
        *step, cash="cash", net="net_cash"
    ).to_pylist()


def test_tables_are_stored_as_they_are_within_a_block_and_not_after(engine):
    setting = "SELECT current_setting('force_compression')"
    usual = engine.scalar(setting)
    with engine.uncompressed():
        assert engine.scalar(setting) == "uncompressed"
    assert engine.scalar(setting) == usual != "uncompressed"


def test_an_unknown_step_is_named_with_its_neighbour(engine):
    with pytest.raises(UnknownNameError, match=r"there is no step 'sumary'\. Did you mean 'summary'"):
        engine.ask("valuekit.cashflow", "concentration.sql", "sumary", cash="cash", net="net_cash")
