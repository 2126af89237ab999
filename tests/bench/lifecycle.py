"""Time the lifecycle alone: stages and memberships of a made-up company at 36 month ends, in one pass.

python -m tests.bench.lifecycle                  # a million parties, about 20 million payments
python -m tests.bench.lifecycle 100000 --json
"""

import argparse
import json
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from pipelines.run import peak_memory_mb
from valuekit.cashflow import settle
from valuekit.engine import Engine
from valuekit.lifecycle import classify
from valuekit.tables import CANONICAL, PUBLISHED, accepted

AS_OF = date(2026, 6, 30)
MEMORY = "4GB"

# Of ten parties two are leads, four subscribe by the month, three by the year, one orders. Remainders of products with
# primes stand for chance: the same company every time.
COMPANY = {
    "people": """
        CREATE TEMP TABLE people AS
        SELECT
          'P' || LEFT(MD5(CAST(n AS VARCHAR)), 15) AS party_id, 'r' || n AS record, n % 10 AS sort,
          DATE '2021-07-01' + CAST(n * 7919 % 1400 AS INTEGER) AS since,
          CASE WHEN n * 31 % 100 < 30 THEN 3 + CAST(n * 104729 % 36 AS INTEGER) END AS stays
        FROM RANGE($parties) AS r(n)
    """,
    "months": """
        CREATE TEMP TABLE months AS
        SELECT party_id, record, sort, m, CAST(since + m * INTERVAL 1 MONTH AS DATE) AS day
        FROM people, RANGE(60) AS r(m)
        WHERE sort BETWEEN 2 AND 8 AND m < COALESCE(stays, 99) AND since + m * INTERVAL 1 MONTH <= $as_of
    """,
    "records": """
        SELECT party_id, 'crm' AS system, record, CASE WHEN sort = 0 THEN 'served' END AS role, since AS created_on
        FROM people
        UNION ALL BY NAME
        SELECT party_id, 'billing' AS system, record, since + 9 AS created_on FROM people WHERE sort BETWEEN 2 AND 8
    """,
    "parties": "SELECT party_id, record AS label, 'buyer' AS role, FALSE AS is_supplier, 1 AS records, '' AS systems, "
    "FALSE AS in_review FROM people",
    "engagements": """
        SELECT party_id, 'marketing' AS system, 'e' || record AS id, since + 1 AS engaged_on, 'trial_start' AS kind
        FROM people WHERE sort <> 9
    """,
    "opportunities": """
        SELECT
          party_id, 'crm' AS system, 'd' || record AS id, since + 2 AS opened_on, since + 20 AS closed_on,
          'won' AS status, 100 AS reporting_amount
        FROM people WHERE sort BETWEEN 2 AND 8 AND since + 20 <= $as_of
    """,
    "contracts": """
        SELECT
          party_id, 'billing' AS system, 'm' || record AS id, since AS signed_on, since AS starts_on,
          CAST(since + INTERVAL 1 MONTH AS DATE) - 1 AS ends_on, 1 AS term_months, TRUE AS auto_renew, 'new' AS kind,
          CAST(since + stays * INTERVAL 1 MONTH AS DATE) - 5 AS cancelled_on, 10 AS amount, 10 AS reporting_amount,
          'EUR' AS currency
        FROM people WHERE sort BETWEEN 2 AND 5
        UNION ALL BY NAME
        SELECT
          party_id, 'billing' AS system, 'y' || record || '-' || m AS id, day - 10 AS signed_on, day AS starts_on,
          CAST(day + INTERVAL 1 YEAR AS DATE) - 1 AS ends_on, 12 AS term_months, FALSE AS auto_renew,
          CASE WHEN m = 0 THEN 'new' ELSE 'renewal' END AS kind, 1200 + m AS amount, 1200 + m AS reporting_amount,
          'EUR' AS currency
        FROM months WHERE sort BETWEEN 6 AND 8 AND m % 12 = 0
    """,
    "invoices": """
        SELECT
          party_id, 'billing' AS system, 'i' || record || '-' || m AS id,
          CASE WHEN sort <= 5 THEN 'm' || record ELSE 'y' || record || '-' || m // 12 * 12 END AS contract,
          day AS issued_on, day + 14 AS due_on, 10 AS reporting_amount,
          CASE WHEN m % 37 = 5 THEN 'open' ELSE 'paid' END AS status
        FROM months
    """,
    "payments": """
        SELECT
          party_id, 'billing' AS system, 'p' || record || '-' || m AS id, 'i' || record || '-' || m AS invoice,
          day + 3 AS paid_on, 10 AS amount, 10 AS reporting_amount, 'EUR' AS currency, 'payment' AS kind
        FROM months WHERE day + 3 <= $as_of AND m % 37 <> 5
        UNION ALL BY NAME
        SELECT
          party_id, 'billing' AS system, 'f' || record || '-' || m AS id, 'i' || record || '-' || m AS invoice,
          day + 30 AS paid_on, -10 AS amount, -10 AS reporting_amount, 'EUR' AS currency, 'refund' AS kind
        FROM months WHERE day + 30 <= $as_of AND m = 11 AND DAY(day) % 10 = 0
    """,
    "orders": """
        SELECT
          party_id, 'shop' AS system, 'o' || record || '-' || m AS id, since + CAST(m * 101 AS INTEGER) AS ordered_on,
          30 AS amount, 30 AS reporting_amount, 'EUR' AS currency
        FROM people, RANGE(12) AS r(m) WHERE sort = 9 AND since + CAST(m * 101 AS INTEGER) <= $as_of
    """,
    "usage": """
        SELECT party_id, 'product' AS system, record, day + 9 AS used_on, 'app' AS feature, 5 AS events
        FROM months WHERE m > 0 AND m % 11 <> 7 AND day + 9 <= $as_of
    """,
    "cash_months": """
        SELECT
          party_id, CAST(DATE_TRUNC('month', day) AS DATE) AS month, 10 AS revenue, 0 AS refunds, 0 AS cost_of_goods,
          0 AS acquisition, 0 AS retention, 0 AS sales, -2 AS support, 0 AS incentives, 0 AS other, 8 AS net_cash
        FROM months
    """,
}


def make_company(engine: Engine, parties: int) -> None:
    """Make the canonical tables, with party ids, and `parties` and `cash_months`."""
    for table in (*map(accepted, CANONICAL.values()), PUBLISHED["parties"], PUBLISHED["cash_months"]):
        engine.make_empty(table)
        if "party_id" not in table.names:
            engine.execute(f"ALTER TABLE {table.name} ADD COLUMN party_id VARCHAR")
    for name, sql in COMPANY.items():
        filled = sql if "CREATE" in sql else f"INSERT INTO {name} BY NAME {sql}"
        engine.execute(filled, {"parties": parties, "as_of": AS_OF})
    engine.execute("DROP TABLE people; DROP TABLE months")


def measure(parties: int, folder: Path) -> dict[str, float]:
    """Return seconds, the peak memory in MiB, and how many rows there were."""
    with Engine(folder / "run.duckdb", memory_limit=MEMORY, temp_folder=folder / "spill") as engine:
        make_company(engine, parties)
        settle(engine, as_of=AS_OF)
        start, cpu = time.perf_counter(), time.process_time()
        classify(engine, as_of=AS_OF)
        seconds = time.perf_counter() - start
        cpu = time.process_time() - cpu
        counts = {f"rows of {name}": engine.count(name) for name in ("payments", "usage", "party_months", "history")}
    found = {"seconds": seconds, "processor seconds": cpu, "memory, MiB": peak_memory_mb()}
    return {**found, **counts}


def main() -> None:
    """Measure one size and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parties", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="where the data go while it runs")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        found = measure(arguments.parties, Path(folder))
    lines = (
        json.dumps(found) if arguments.json else "\n".join(f"{name:32}{value:16,.1f}" for name, value in found.items())
    )
    sys.stdout.write(lines + "\n")


if __name__ == "__main__":
    main()
