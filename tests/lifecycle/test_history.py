"""History at a month end is what a run as of that day finds on the same data."""

from datetime import date

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.lifecycle.described import described
from tests.lifecycle.test_properties import companies
from valuekit.engine import Engine
from valuekit.lifecycle import classify
from valuekit.sources import limit_to

FACTS_KEPT = "party_id, stage, reason, definitions, reasons, mrr"


def run_as_of(engine: Engine, day: date, **settings_) -> None:
    """Forget what was not known on a day, whose party is whose excepted, and classify again."""
    engine.execute(
        "CREATE OR REPLACE TABLE intake (table_name VARCHAR, source VARCHAR, rows_later BIGINT, rows_out BIGINT)"
    )
    limit_to(engine, day)
    engine.execute("DELETE FROM cash_months WHERE month > $day", {"day": day})
    engine.execute("DELETE FROM parties WHERE party_id NOT IN (SELECT party_id FROM records)")
    classify(engine, as_of=day, **settings_)


def at(engine: Engine, day: date) -> list[tuple]:
    return engine.rows(f"SELECT {FACTS_KEPT} FROM party_months WHERE as_of = $day ORDER BY party_id", {"day": day})


def assert_history_is_what_runs_found(engine: Engine, days: list[date], **settings_) -> None:
    for day in sorted(days, reverse=True):
        known = at(engine, day)
        run_as_of(engine, day, **settings_)
        assert at(engine, day) == known
        sql = "SELECT party_id, stage, reason FROM stages ORDER BY party_id"
        assert engine.rows(sql) == [row[:3] for row in known]


@settings(max_examples=8, deadline=None)
@for_all(companies, st.integers(1, 26))
def test_history_is_what_a_run_as_of_then_finds(company, months):
    engine = described(**company)
    days = [row[0] for row in engine.rows("SELECT as_of FROM month_ends ORDER BY number DESC")]
    assert_history_is_what_runs_found(engine, [days[min(months, len(days) - 1)]])
