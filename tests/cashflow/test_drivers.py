from datetime import date

import pytest

from tests.cashflow.given import given
from tests.engines import fresh_engine
from valuekit import cashflow
from valuekit.cashflow.drivers import plan
from valuekit.config import Driver
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.tables.canonical import COST_FUNCTIONS

RENT = {"month": date(2026, 1, 1), "function": "general", "pool": "rent", "amount": 1}
DESK = {"month": date(2026, 1, 1), "function": "support", "pool": "desk", "amount": 1}


@pytest.fixture
def engine():
    with fresh_engine() as engine:
        yield given(engine, costs=[RENT, DESK])


def test_the_configuration_knows_the_same_drivers():
    assert set(Driver.__args__) == set(cashflow.DRIVERS)


def test_every_cost_function_has_drivers():
    assert set(cashflow.DEFAULT_CHAINS) == set(COST_FUNCTIONS)


def test_a_configured_driver_stands_first_and_revenue_behind_it(engine):
    assert plan(engine, {"desk": "usage_events"}) == {"usage_events", "revenue", "none"}
    rows = engine.rows("SELECT driver, label FROM cashflow_chain WHERE pool = 'desk' ORDER BY position")
    expected = [("usage_events", "usage_events"), ("revenue", "revenue (fallback)"), ("none", "none (fallback)")]
    assert rows == expected


def test_an_unknown_driver_is_named_with_its_neighbour(engine):
    with pytest.raises(UnknownNameError, match=r"no driver 'ticket_minute'\. Did you mean 'ticket_minutes'"):
        plan(engine, {"desk": "ticket_minute"})


def test_general_cost_has_no_line_to_be_shared_out_to(engine):
    with pytest.raises(ConfigError, match=r"cashflow.pools.rent: pool 'rent' holds general cost"):
        plan(engine, {"rent": "revenue"})


def test_pools_that_the_ledger_does_not_have_can_be_listed(engine):
    assert cashflow.unknown_pools(engine, {"desk": "tickets", "dsek": "tickets"}) == ["dsek"]
