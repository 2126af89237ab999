"""The value cube with 90 % intervals: buyers and subscribers of a made-up company, models fitted, all streams."""

import tempfile
from datetime import date
from pathlib import Path

from tests.bench.timing import Line, spend
from valuekit.engine import Engine
from valuekit.ltv import ValueRules, value
from valuekit.tables import CANONICAL, PUBLISHED, Column, accepted

AS_OF = date(2026, 6, 30)
MEMORY = "2GB"

# Seven in ten buy by orders, the rest subscribe. Remainders of products with primes stand for chance: pace, end and
# spend differ from customer to customer, the same every time.
COMPANY = {
    "people": """
        CREATE TEMP TABLE people AS
        SELECT n, 'P' || LPAD(CAST(n AS VARCHAR), 8, '0') AS party_id, n % 10 < 7 AS buys,
          CAST(30 + n * 7919 % 1065 AS INTEGER) AS age, 20 + n * 104729 % 97 * (n * 31 % 89) / 12 AS gap,
          LEAST(n * 15485863 % 1000, n * 32452843 % 1000) / 100 AS stays, 10 + n * 611953 % 90 AS spends,
          CASE WHEN n % 3 = 0 THEN 12 ELSE 1 END AS term
        FROM RANGE($parties) AS r(n)
    """,
    "orders": """
        SELECT 'shop' AS system, party_id || '-' || k AS id, party_id,
          DATE '2026-06-30' - CAST(age - k * gap AS INTEGER) AS ordered_on,
          CAST(spends + (n * 31 + k * 17) % 40 AS DECIMAL(18,4)) AS reporting_amount
        FROM people, RANGE(12) AS r(k) WHERE buys AND k <= stays AND k * gap < age
    """,
    "contracts": """
        SELECT 'crm' AS system, party_id AS id, party_id, DATE '2026-06-30' - age AS signed_on,
          DATE '2026-06-30' - age AS starts_on,
          CASE WHEN stays * 120 < age THEN DATE '2026-06-30' - CAST(age - stays * 120 - 1 AS INTEGER) END AS ends_on,
          spends * term AS reporting_amount, term AS term_months, 'new' AS kind
        FROM people WHERE NOT buys
    """,
    "stages": """
        SELECT party_id, CASE WHEN buys OR stays * 120 >= age THEN 'active' ELSE 'churned' END AS stage FROM people
    """,
    "facts": """
        SELECT party_id, DATE '2026-06-30' - age AS first_paid_on, NOT buys AS has_contract,
          CASE WHEN buys THEN 0 ELSE spends END AS mrr FROM people
    """,
    "cash_months": """
        SELECT party_id, CAST(DATE_TRUNC('month', DATE '2026-06-30' - CAST(m * 31 AS INTEGER)) AS DATE) AS month,
          spends AS revenue,
          0 AS refunds, -spends / 4 AS cost_of_goods, 0 AS acquisition, 0 AS retention, 0 AS sales,
          -(n * 31 + m * 7) % 9 AS support, 0 AS incentives, 0 AS other, 0 AS net_cash
        FROM people, RANGE(1, 12, 4) AS r(m) WHERE m * 31 < age
    """,
    "settled_bills": """
        CREATE TABLE settled_bills AS
        SELECT n * 40 + m AS bill, party_id, DATE '2026-06-30' - CAST(age - m * term * 30 AS INTEGER) AS issued_on,
          1 AS sign, CAST(spends * term * 10000 AS BIGINT) AS worth, CAST(0 AS BIGINT) AS taxed,
          CAST(n * 7919 % 28 AS INTEGER) AS waits
        FROM people, RANGE(40) AS r(m) WHERE NOT buys AND m * term * 30 < LEAST(age, stays * 120)
    """,
    "settled_states": """
        CREATE TABLE settled_states AS
        SELECT bill, issued_on AS day,
          CASE WHEN issued_on + waits <= DATE '2026-06-30' THEN issued_on + waits END AS next_day,
          CAST(0 AS BIGINT) AS received, CAST(0 AS BIGINT) AS credited, CAST(0 AS BIGINT) AS written_off, worth AS open,
          CAST(0 AS BIGINT) AS disputed, TRUE AS is_owed, FALSE AS is_unknown
        FROM settled_bills
        UNION ALL
        SELECT bill, issued_on + waits, NULL, worth, 0, 0, 0, 0, FALSE, FALSE FROM settled_bills
        WHERE issued_on + waits <= DATE '2026-06-30'
    """,
    "settled_money": """
        CREATE TABLE settled_money AS
        SELECT CAST(SUBSTR(party_id, 2) AS INTEGER) AS n, bill, issued_on + waits AS paid_on, 'payment' AS kind,
          worth AS money
        FROM settled_bills WHERE issued_on + waits <= DATE '2026-06-30'
    """,
    "settled_parties": "CREATE TABLE settled_parties AS SELECT CAST(n AS INTEGER) AS n, party_id FROM people",
}


def make_company(engine: Engine, parties: int) -> None:
    """Make the canonical tables, with party ids, and `facts`, `stages` and `cash_months`."""
    for table in CANONICAL.values():
        names = ("referrer_party_id", "referred_party_id") if table.name == "referrals" else ("party_id",)
        engine.make_empty(accepted(table).plus(*(Column(name, "VARCHAR", "Party") for name in names)))
    for name in ("facts", "stages", "cash_months"):
        engine.make_empty(PUBLISHED[name])
    for name, sql in COMPANY.items():
        filled = sql if "CREATE" in sql else f"INSERT INTO {name} BY NAME {sql}"
        engine.execute(filled, {"parties": parties})
    engine.execute("DROP TABLE people")


def lines(count: int) -> list[Line]:
    """Value everybody, with intervals, in an engine with a bound on its memory."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Engine(Path(folder) / "run.duckdb", memory_limit=MEMORY, temp_folder=Path(folder) / "spill") as engine,
    ):
        make_company(engine, count)
        took = spend(lambda: value(engine, as_of=AS_OF, rules=ValueRules(levels=(0.90,))))
    return [Line("value cube with 90 % intervals", took, within=30)]
