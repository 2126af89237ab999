from datetime import date

import pytest

from tests.company import given
from valuekit.engine import Engine
from valuekit.identity import resolve
from valuekit.lifecycle import classify
from valuekit.lifecycle.evidence import FACT_TABLES
from valuekit.tables import CANONICAL, PUBLISHED


def test_every_fact_and_table_that_is_named_exists():
    assert set(FACT_TABLES) <= set(PUBLISHED["facts"].names)
    assert {t for tables in FACT_TABLES.values() for t in tables} <= set(CANONICAL)


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("marketing", "nothing is recorded in engagements"),
        ("product", "nothing is recorded in usage"),
        ("sales", None),
        ("finance", None),
        ("paid_current", None),
    ],
)
def test_a_shop_that_keeps_orders_alone_does_not_count_what_it_does_not_record(definition, reason):
    with Engine() as engine:
        given(
            engine,
            records=[{"system": "shop", "record": "a"}],
            orders=[{"system": "shop", "id": "1", "record": "a", "ordered_on": date(2026, 6, 1), "amount": 10}],
        )
        resolve(engine)
        classify(engine, as_of=date(2026, 6, 30))
        sql = "SELECT not_countable FROM definitions WHERE definition = $definition"
        assert engine.scalar(sql, {"definition": definition}) == reason
