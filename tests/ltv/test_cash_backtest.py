from datetime import date

import pyarrow as pa
import pytest

from valuekit.engine import Engine
from valuekit.ltv.cash_backtest import compare_cash, foretold_cash
from valuekit.tables import PUBLISHED

ORIGIN = date(2025, 6, 30)
LINES = ("revenue", "refunds", "cost_of_goods", "retention", "sales", "support", "incentives", "other")


def books(*months, records=(("ann", "1"), ("bob", "2"))):
    """An engine with cash months (party, month, revenue, support) and a record of each party."""
    engine = Engine(threads=1)
    for name in ("cube", "ltv", "cash_months", "party_records"):
        engine.make_empty(PUBLISHED[name])
    for party, month, revenue, support in months:
        lines = dict.fromkeys(LINES, 0.0) | {"revenue": revenue, "support": support}
        row = {"party_id": party, "month": month, **lines}
        names = ", ".join(row)
        engine.execute(f"INSERT INTO cash_months ({names}) VALUES ({', '.join('$' + n for n in row)})", row)
    for party, record in records:
        engine.execute(
            "INSERT INTO party_records (party_id, system, record) VALUES ($p, 'crm', $r)", {"p": party, "r": record}
        )
    return engine


@pytest.fixture
def foretold():
    with books(("ann", "2024-07-01", 90, -10), ("ann", "2025-06-01", 10, 0), ("bob", "2023-01-01", 7, 0)) as engine:
        for party, model in (("ann", "sbg"), ("bob", "mbg_nbd")):
            engine.execute("INSERT INTO ltv (party_id, model) VALUES ($p, $m)", {"p": party, "m": model})
        for party, stream, cash in (("ann", "revenue", 120), ("ann", "support", -20), ("ann", "advocacy", 99)):
            row = {"p": party, "s": stream, "c": cash}
            engine.execute("INSERT INTO cube (party_id, stream, year_1) VALUES ($p, $s, $c)", row)
        return foretold_cash(engine, ORIGIN)


def test_what_is_foretold_is_cash_of_the_next_year_beside_the_last(foretold):
    ann, bob = foretold.sort_by("record").to_pylist()
    assert (ann["record"], ann["has_contract"]) == ("1", True)
    assert (float(ann["revenue"]), float(ann["net_cash"])) == (120, 100)
    assert (float(ann["last_revenue"]), float(ann["last_net_cash"])) == (100, 90)
    assert (float(bob["revenue"]), float(bob["last_revenue"])) == (0, 0)


def test_it_is_judged_by_what_came_in_twelve_months(foretold):
    with books(("ann", "2025-06-01", 10, 0), ("ann", "2025-07-01", 60, 0), ("bob", "2026-06-01", 50, -5),
               ("bob", "2026-07-01", 1, 0)) as engine:  # fmt: skip
        rows = compare_cash(engine, foretold, ORIGIN)
    found = {(r["scope"], r["model"], r["target"]): r for r in rows}
    assert len(found) == len(rows) == 3 * 3 * 2
    assert (found["all", "model", "revenue"]["actual"], found["all", "model", "revenue"]["predicted"]) == (110, 120)
    assert found["all", "model", "net_cash"]["actual"] == 105
    assert found["contracts", "model", "revenue"]["bias"] == 1.0
    assert found["orders", "cohort_mean", "revenue"]["predicted"] == 0
    assert found["all", "last_period", "revenue"]["predicted"] == 100


def test_whose_contract_has_ended_is_no_buyer_and_each_model_of_renewals_is_of_contracts():
    models = {"a": "bdw", "b": "sbg+mbg_nbd", "c": "bdw+mbg_nbd", "d": "pareto_nbd", "e": "none", "f": "none"}
    records = tuple((name, name) for name in models)
    with books(records=records) as engine:
        for party, model in models.items():
            engine.execute("INSERT INTO ltv (party_id, model) VALUES ($p, $m)", {"p": party, "m": model})
        rows = compare_cash(engine, foretold_cash(engine, ORIGIN), ORIGIN)
    assert {r["scope"]: r["customers"] for r in rows} == {"all": 6, "contracts": 3, "orders": 1, "neither": 2}


def test_parties_that_have_merged_since_are_compared_as_one(foretold):
    with books(("both", "2025-09-01", 60, 0), records=(("both", "1"), ("both", "2"))) as engine:
        rows = compare_cash(engine, foretold, ORIGIN)
    assert {r["customers"] for r in rows} == {1.0}
    assert {r["scope"] for r in rows} == {"all", "contracts"}


def test_a_party_that_left_no_record_behind_is_left_out():
    with books() as engine:
        nobody = foretold_cash(engine, ORIGIN)
        assert isinstance(nobody, pa.Table)
        assert compare_cash(engine, nobody, ORIGIN) == []
