from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.cashflow.given import published
from valuekit.cashflow.what_if import COST_LINES, WhatIf, ask_company, ask_parties, rates_of_pools
from valuekit.engine import Engine
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.tables.published import CASH_LINES

ADA = {"revenue": 1000, "refunds": -50, "cost_of_goods": -400, "support": -300, "sales": -200, "incentives": -20}


@pytest.fixture
def engine():
    with Engine() as engine:
        yield engine


def company(engine, **parties):
    rows = [
        {"party_id": party, "net_cash_12m": sum(lines.values()), **{f"{k}_12m": v for k, v in lines.items()}}
        for party, lines in parties.items()
    ]
    return published(engine, cash=rows)


@pytest.mark.parametrize(
    ("change", "then"),
    [
        (WhatIf(), 30),
        (WhatIf(price=0.1), 125),
        (WhatIf(volume=0.5), 295),
        (WhatIf(minutes=-1), 330),
        (WhatIf(rates={"sales": 0.5, "cost_of_goods": -0.25}), 30),
        (WhatIf(price=-1, volume=1), -1340),
        (WhatIf(minutes=0.5, rates={"support": -0.5}), 105),
    ],
)
def test_each_change_moves_its_lines(engine, change, then):
    assert ask_parties(company(engine, ada=ADA), change)["net_cash_then"].to_pylist() == [then]


def test_the_company_says_who_changes_sides(engine):
    company(engine, ada=ADA, bob={"revenue": 10, "sales": -11}, eve={"revenue": 10, "support": -1})
    assert ask_company(engine, WhatIf(price=0.2, minutes=9)) == {
        "parties": 3, "net_cash": 38, "net_cash_then": -2477, "positive": 2, "positive_then": 2,
        "tipped_up": 1, "tipped_down": 1,
    }  # fmt: skip


def test_all_months_can_be_asked_for_too(engine):
    published(engine, cash=[{"party_id": "a", "revenue": 10, "net_cash": 10}])
    assert ask_company(engine, WhatIf(price=0.5), suffix="")["net_cash_then"] == 15


def test_wrong_changes_are_told():
    with pytest.raises(UnknownNameError, match="no line of cost 'revenue'"):
        WhatIf(rates={"revenue": 1}).factors()
    with pytest.raises(ConfigError, match=r"minutes: -1\.5 is no change"):
        WhatIf(minutes=-1.5).factors()


def test_a_change_of_a_pool_moves_its_line_by_its_weight(engine):
    month = date(2026, 6, 1)
    books = [
        {"month": month, "line": "support", "pool": "desk", "driver": "", "attributed": -300},
        {"month": month, "line": "support", "pool": "reviews", "driver": "", "attributed": -100},
        {"month": month, "line": "marketing", "pool": "ads", "driver": "", "attributed": -100},
        {"month": date(2024, 6, 1), "line": "support", "pool": "reviews", "driver": "", "attributed": -9999},
    ]
    published(engine, books=books)
    changed = rates_of_pools(engine, {"desk": 0.4, "ads": -0.5}, as_of=date(2026, 6, 30))
    assert changed == {"support": pytest.approx(0.3), "acquisition": -0.5, "retention": -0.5}
    with pytest.raises(UnknownNameError, match="Did you mean 'desk'"):
        rates_of_pools(engine, {"desks": 1}, as_of=date(2026, 6, 30))


AMOUNT = st.integers(-(10**9), 10**9).map(lambda n: Decimal(n) / 10_000)


@settings(max_examples=8, deadline=None)
@for_all(st.lists(st.tuples(*[AMOUNT] * len(CASH_LINES)), max_size=6))
def test_without_a_change_everything_is_as_published(rows):
    with Engine(threads=1) as engine:
        company(engine, **{f"p{n}": dict(zip(CASH_LINES, row, strict=True)) for n, row in enumerate(rows)})
        found = ask_parties(engine, WhatIf(rates=dict.fromkeys(COST_LINES, 0.0)))
        assert found["net_cash_then"] == found["net_cash"]
        total = ask_company(engine, WhatIf())
        assert total["net_cash_then"] == total["net_cash"] == sum(sum(row) for row in rows)
