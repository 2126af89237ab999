from datetime import date

import pytest

from tests.company import given
from tests.engines import fresh_engine
from tests.lifecycle.described import settled
from valuekit.engine import parse_expression
from valuekit.lifecycle import count
from valuekit.lifecycle.evidence import FACT_TABLES, not_countable
from valuekit.tables import CANONICAL, PUBLISHED


def test_every_fact_and_table_that_is_named_exists():
    assert set(FACT_TABLES) <= set(PUBLISHED["facts"].names)
    assert {t for tables in FACT_TABLES.values() for t in tables} <= set(CANONICAL)


@pytest.fixture(scope="module")
def shop():
    with fresh_engine() as engine:
        given(
            engine,
            alone=True,
            records=[{"system": "shop", "record": "a"}],
            orders=[{"system": "shop", "id": "1", "record": "a", "ordered_on": date(2026, 6, 1), "amount": 10}],
        )
        settled(engine)
        count(engine, as_of=date(2026, 6, 30))
        yield engine


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("marketing", "nothing is recorded in engagements"),
        ("product", "nothing is recorded in usage"),
        ("sales", None),
        ("finance", None),
        ("using", "nothing is recorded in usage"),
        ("using_not_paying", "nothing is recorded in usage"),
        ("used_this_month", "nothing is recorded in usage"),
        ("paying", None),
        ("paid_current", None),
    ],
)
def test_a_shop_that_keeps_orders_alone_does_not_count_what_it_does_not_record(shop, definition, reason):
    sql = "SELECT not_countable FROM definitions WHERE definition = $definition"
    assert shop.scalar(sql, {"definition": definition}) == reason


@pytest.mark.parametrize(
    "rule",
    ["has_ordered AND NOT has_contract", "has_ordered AND deals_won = 0", "has_ordered AND last_used_on IS NULL"],
)
def test_a_condition_that_holds_without_any_row_keeps_nobody_out(rule):
    with fresh_engine() as engine:
        assert not_countable(engine, parse_expression(rule, PUBLISHED["facts"].names), ["orders"]) is None
