from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from valuekit.simulate.broken import breakers, broken_rows
from valuekit.simulate.columns import nullable
from valuekit.tables import CANONICAL
from valuekit.tables.canonical import PAYMENTS, REFERRALS
from valuekit.tables.schema import Check, Table


def problems(table, row, seen, currencies):
    """What the declaration says against the row, without its SQL predicates."""
    found = {f"missing_{c.name}" for c in table if c.required and row[c.name] is None}
    found |= {f"unknown_{c.name}" for c in table if c.values and row[c.name] not in (*c.values, None)}
    if table.money and row["currency"] not in currencies:
        found.add("unknown_currency")
    if tuple(row[k] for k in table.key) in seen:
        found.add("duplicated_key")
    return found


@pytest.mark.parametrize("name", list(CANONICAL))
def test_every_kind_of_broken_row_is_there_and_only_a_few(company, name):
    table, kinds = CANONICAL[name], breakers(CANONICAL[name])
    rows = company.summary.rows[name]
    assert len(kinds) <= company.summary.broken[name] <= max(len(kinds), 0.0012 * rows)
    if name == "costs":
        return
    seen = {tuple(row[k] for k in table.key) for row in company.good(name)}
    found = set().union(*(problems(table, row, seen, ("EUR", "USD", "GBP", None)) for row in company.broken(name)))
    declared = {check.name for check in table.checks}
    assert found == set(kinds) - declared


@pytest.mark.parametrize("name", [n for n in CANONICAL if n != "costs"])
def test_good_rows_keep_the_declaration(company, name):
    table, seen = CANONICAL[name], set()
    for row in company.good(name):
        assert problems(table, row, seen, ("EUR", "USD", "GBP", None)) == set()
        seen.add(tuple(row[k] for k in table.key))


def test_checks_are_broken_on_purpose(company):
    broken = {name: company.broken(name) for name in CANONICAL}
    assert [r for r in broken["contracts"] if r["ends_on"] and r["ends_on"] < (r["starts_on"] or date.min)]
    assert [r for r in broken["contracts"] if r["term_months"] == 0]
    assert [r for r in broken["opportunities"] if r["status"] == "won" and r["closed_on"] is None]
    assert [r for r in broken["payments"] if r["kind"] == "payment" and r["amount"] == Decimal(-20)]
    assert [r for r in broken["payments"] if r["kind"] == "refund" and r["amount"] == Decimal(20)]
    assert [r for r in broken["tickets"] if r["minutes"] == Decimal(-7)]
    assert [r for r in broken["usage"] if r["events"] == 0]
    assert [r for r in broken["referrals"] if r["referrer"] == r["referred"]]
    assert [r for r in broken["fx_rates"] if r["rate"] == Decimal(-1)]
    assert [r for r in company.rows("costs") if r["month"] and r["month"].day != 1]


def test_the_truth_knows_nothing_of_broken_rows(company):
    known = {(r["system"], r["record"]) for r in company.truth("parties")}
    good = {(r["system"], r["record"]) for r in company.good("records")}
    assert known == good


def test_a_check_of_a_new_shape_must_be_taught():
    strange = Table("strange", "row", PAYMENTS.columns, checks=(Check("odd", "amount % 2 = 1", "amounts are odd"),))
    with pytest.raises(KeyError, match="way to break check"):
        breakers(strange)


@pytest.mark.parametrize(("rows", "broken"), [(1, 0), (19, 0), (50, 2), (500, 3)])
def test_a_small_table_has_so_few_broken_rows_that_a_run_goes_on(rows, broken):
    day = date(2026, 1, 5)
    good = [{"id": f"R{i}", "referrer": "A", "referred": "B", "referred_on": day, "system": "x"} for i in range(rows)]
    table = pa.Table.from_pylist(good, schema=nullable(REFERRALS))
    assert broken_rows(np.random.default_rng(1), REFERRALS, table, 0, 0.001).num_rows == broken
