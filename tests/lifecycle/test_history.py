"""History at a month end is what a run as of that day finds on the same data."""

from datetime import date, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from pipelines import steps
from pipelines.steps import Work
from tests.lifecycle.described import AS_OF, described, resolved, settled
from tests.lifecycle.test_properties import companies, past, records, refunds_are_negative, rows
from valuekit.config import builtin_config, load_config
from valuekit.engine import Engine, Step
from valuekit.lifecycle import Definition, count
from valuekit.lifecycle.months import PARTY_MONTHS, RUNNING_TERMS, Period, fact_steps, recorded_families
from valuekit.simulate import simulate
from valuekit.sources import limit_to
from valuekit.tables import PUBLISHED

FACTS_KEPT = "party_id, stage, reason, definitions, reasons, mrr"


_NOTHING_TAKEN_IN = (
    "CREATE OR REPLACE TABLE intake (table_name VARCHAR, source VARCHAR, rows_later BIGINT, rows_out BIGINT)"
)


def run_as_of(engine: Engine, day: date, seen_to: date | None = None, **settings_) -> None:
    """Forget what was not known on a day, whose party is whose excepted, and count again."""
    engine.execute(_NOTHING_TAKEN_IN)
    limit_to(engine, day, seen_to=seen_to)
    engine.execute("DELETE FROM cash_months WHERE month > $day", {"day": day})
    engine.execute("DELETE FROM parties WHERE party_id NOT IN (SELECT party_id FROM records)")
    settled(engine, day)
    count(engine, as_of=day, **settings_)


def at(engine: Engine, day: date) -> list[tuple]:
    return engine.rows(f"SELECT {FACTS_KEPT} FROM party_months WHERE as_of = $day ORDER BY party_id", {"day": day})


def assert_history_is_what_runs_found(engine: Engine, days: list[date], **settings_) -> None:
    for day in sorted(days, reverse=True):
        known = at(engine, day)
        run_as_of(engine, day, **settings_)
        assert at(engine, day) == known
        sql = "SELECT party_id, stage, reason FROM stages ORDER BY party_id"
        assert engine.rows(sql) == [row[:3] for row in known]


def with_due_day(invoices: list[dict]) -> list[dict]:
    """An invoice that was never due, or so many days after it was issued."""
    days = [(i, i.pop("open_days")) for i in invoices]
    return [{**i, "due_on": None if d is None else i["issued_on"] + timedelta(days=d)} for i, d in days]


some_id = st.none() | st.sampled_from([str(n) for n in range(1, 7)])
bills = st.fixed_dictionaries(
    {
        "invoices": rows(contract=some_id, issued_on=past, open_days=st.none() | st.integers(0, 60),
                         amount=st.integers(0, 90), status=st.sampled_from(["open", "paid", "void"])).map(with_due_day),
        "payments": rows(invoice=some_id, paid_on=past, amount=st.sampled_from([-90, -30, 0, 30, 60, 90]),
                         currency=st.sampled_from(["EUR", "USD"])).map(refunds_are_negative),
    }
)  # fmt: skip
joined = st.dictionaries(records, st.none() | past).map(
    lambda days: [{"record": r, "created_on": d} for r, d in days.items()]
)
cash = rows(month=past, net_cash=st.integers(-90, 90), support=st.integers(-90, 0))


@settings(max_examples=6, deadline=None)
@for_all(companies, bills, joined, cash, st.integers(1, 26))
def test_history_is_what_a_run_as_of_then_finds(company, bills, joined, cash, months):
    engine = resolved(
        **{**company, **bills, "records": list({r["record"]: r for r in company["records"] + joined}.values())}
    )
    settled(engine)
    ids = dict(engine.rows("SELECT record, party_id FROM party_records"))
    for row in cash:
        engine.execute(_ADD_CASH, {**row, "month": row["month"].replace(day=1), "record": ids.get(row["record"])})
    count(engine, as_of=AS_OF)
    ends = [row[0] for row in engine.rows("SELECT as_of FROM month_ends ORDER BY number")]
    day = ends[max(0, len(ends) - 1 - months)]
    parameters = Period(tuple(ends), "period_end").all | {"first_party": "", "last_party": "~"}
    engine.run_steps(fact_steps_only(engine), parameters)
    known = engine.rows("SELECT * FROM facts_then WHERE as_of = $day ORDER BY party_id", {"day": day})
    assert_history_is_what_runs_found(engine, [day])
    assert engine.rows("SELECT * FROM facts ORDER BY party_id") == known


_ADD_CASH = """
    INSERT INTO cash_months BY NAME SELECT *, 0 AS revenue, 0 AS refunds, 0 AS cost_of_goods, 0 AS acquisition,
        0 AS retention, 0 AS sales, 0 AS incentives, 0 AS other
    FROM (SELECT $record AS party_id, $month AS month, $support AS support, $net_cash AS net_cash)
    WHERE party_id IS NOT NULL
"""


def fact_steps_only(engine: Engine) -> list[Step]:
    """The steps that lead to the facts at all month ends, and these kept as a table."""
    kept = Step("facts_then", "SELECT * FROM _facts", "test")
    return [*(s for s in fact_steps("described.sql", recorded_families(engine)) if s.scratch), kept]


def test_history_of_a_simulated_company_is_what_runs_as_of_then_find(tmp_path):
    """Every table, with duplicates of customers, refunds and notices: nothing is known before its day."""
    simulate(tmp_path, customers=300, seed=5)
    config = load_config(builtin_config("demo"), [f"paths.data={tmp_path}", "quality.max_quarantined_share=0.5"])
    with Engine(threads=1) as engine:
        work = Work(engine, config, tmp_path)
        for step in (steps.read, steps.resolve, steps.compute_cash, steps.classify):
            step(work)
        assert_history_is_what_runs_found(engine, [date(2026, 3, 31), date(2025, 2, 28)], seen_to=work.as_of)


def test_history_joins_months_in_which_nothing_changes():
    """L5: a later purchase finds the party as it was: it counted once, and does not count for the first time again."""
    definitions = [Definition("buyers", "Buyers", "Sales", "crm", "Buyers", "orders > 0 AND stage = 'active'", True)]
    orders = [{"record": "ann", "ordered_on": day, "amount": 5} for day in ("2025-12-31", "2026-05-10")]
    engine = described(records=[{"record": "ann", "created_on": "2025-11-05"}], orders=orders, definitions=definitions)
    assert engine.rows("""
        SELECT CAST(from_end AS VARCHAR), CAST(until_end AS VARCHAR), stage, definitions & 1, former_stage,
            former_definitions & 1, first_definitions & 1
        FROM history ORDER BY from_end
    """) == [
        ("2025-11-30", "2025-11-30", "contact", 0, None, 0, 0),
        ("2025-12-31", "2026-03-31", "active", 1, "contact", 0, 1),
        ("2026-04-30", "2026-04-30", "inactive", 0, "active", 1, 0),
        ("2026-05-31", "2026-06-30", "active", 1, "inactive", 0, 0),
    ]


def test_history_unrolled_is_party_months():
    engine = described(orders=[{"record": "ann", "ordered_on": "2025-12-31", "amount": 5}])
    unrolled = """
        SELECT h.party_id, m.as_of, h.stage, h.reason, h.definitions
        FROM history AS h JOIN month_ends AS m ON m.as_of BETWEEN h.from_end AND h.until_end ORDER BY ALL
    """
    whole = engine.rows("SELECT party_id, as_of, stage, reason, definitions FROM party_months ORDER BY ALL")
    assert engine.rows(unrolled) == whole != []
    counted = dict(engine.rows("SELECT as_of, SUM(parties) FROM stage_months GROUP BY as_of"))
    assert counted == dict(engine.rows("SELECT as_of, COUNT(*) FROM party_months GROUP BY as_of"))


@pytest.mark.parametrize("table", [PARTY_MONTHS, RUNNING_TERMS, PUBLISHED["history"], PUBLISHED["stage_months"]])
def test_the_columns_are_those_declared(table):
    engine = described(records=[{"record": "ann"}])
    assert [row[:2] for row in engine.rows(f"DESCRIBE {table.name}")] == [(c.name, c.type) for c in table]
