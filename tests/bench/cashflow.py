"""Time the cash flow alone: statement, scale, break-even and receivables of a made-up company over 24 months.

python -m tests.bench.cashflow                   # a million customers, 20 million payments and invoices
python -m tests.bench.cashflow 100000 --json
"""

import argparse
import json
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from pipelines.run import peak_memory_mb
from valuekit import cashflow
from valuekit.engine import Engine
from valuekit.tables import CANONICAL, PUBLISHED, accepted

AS_OF = date(2026, 6, 30)
MEMORY = "4GB"

# Each customer has 20 invoices in 24 months; most are paid on time, some late, in parts or never. Remainders
# of products with primes stand for chance: the same company every time.
COMPANY = {
    "bills": """
        CREATE TEMP TABLE bills AS
        SELECT 'P' || LEFT(MD5(CAST(n AS VARCHAR)), 15) AS party_id, n * 20 + m AS k, n * 31 + m * 17 AS luck,
          DATE '2024-07-05' + CAST(m * 36 + n % 20 AS INTEGER) AS day
        FROM RANGE($parties) AS r(n), RANGE(20) AS s(m)
    """,
    "parties": "SELECT DISTINCT party_id, party_id AS label, 'buyer' AS role, FALSE AS is_supplier, 1 AS records, "
    "'' AS systems, FALSE AS in_review FROM bills",
    "fx_rates": "SELECT 'USD' AS currency, DATE '2024-01-01' AS rate_on, 0.9 AS rate",
    "invoices": """
        SELECT party_id, 'billing' AS system, 'i' || k AS id, day AS issued_on, day + 14 AS due_on, 119 AS amount,
          119 AS reporting_amount, 19 AS tax, 19 AS reporting_tax, 'EUR' AS currency,
          CASE WHEN luck % 97 = 1 THEN 'uncollectible' WHEN luck % 53 = 2 THEN 'open' ELSE 'paid' END AS status
        FROM bills WHERE day <= $as_of
    """,
    "payments": """
        SELECT party_id, 'billing' AS system, 'p' || k AS id, 'i' || k AS invoice,
          day + CAST(luck % 29 AS INTEGER) AS paid_on,
          CASE WHEN luck % 41 = 3 THEN 50 ELSE 119 END AS amount,
          CASE WHEN luck % 41 = 3 THEN 50 ELSE 119 END AS reporting_amount, 19 AS tax, 19 AS reporting_tax,
          'EUR' AS currency, 'payment' AS kind
        FROM bills WHERE luck % 97 <> 1 AND luck % 53 <> 2 AND day + CAST(luck % 29 AS INTEGER) <= $as_of
    """,
    "tickets": """
        SELECT party_id, 'desk' AS system, 't' || k AS id, day AS opened_on, 'agent' AS channel,
          5 + luck % 30 AS minutes
        FROM bills WHERE luck % 4 = 0 AND day <= $as_of
    """,
    "costs": """
        SELECT 'erp' AS system, 'c' || m || f AS id, CAST(DATE '2024-07-01' + m * INTERVAL 1 MONTH AS DATE) AS month,
          f AS function, f || ' team' AS pool, 10000 + 37 * m AS amount, 10000 + 37 * m AS reporting_amount,
          'EUR' AS currency
        FROM RANGE(24) AS r(m), UNNEST(['support', 'sales', 'marketing', 'other', 'general']) AS u(f)
    """,
}

STEPS = {
    "statement": lambda engine: cashflow.compute(engine, as_of=AS_OF, pools={"support team": "ticket_minutes"}),
    "scale": lambda engine: cashflow.measure_scale(engine, as_of=AS_OF, elasticities={"support team": 0.7}),
    "break-even": lambda engine: cashflow.find_break_even(engine, as_of=AS_OF),
    "receivables": lambda engine: cashflow.follow_receivables(engine, as_of=AS_OF),
}


def make_company(engine: Engine, parties: int) -> None:
    """Make the canonical tables, with party ids, and `parties`."""
    engine.make_empty(PUBLISHED["parties"])
    for table in CANONICAL.values():
        engine.make_empty(accepted(table))
        for column in table.parties:
            party = "party_id" if column == "record" else f"{column}_party_id"
            engine.execute(f"ALTER TABLE {table.name} ADD COLUMN {party} VARCHAR")
    for name, sql in COMPANY.items():
        filled = sql if "CREATE" in sql else f"INSERT INTO {name} BY NAME {sql}"
        engine.execute(filled, {k: v for k, v in {"parties": parties, "as_of": AS_OF}.items() if f"${k}" in filled})
    engine.execute("DROP TABLE bills")


def measure(parties: int, folder: Path) -> dict[str, float]:
    """Return seconds and processor seconds by step, the peak memory in MiB, and how many rows there were."""
    found: dict[str, float] = {}
    with Engine(folder / "run.duckdb", memory_limit=MEMORY, temp_folder=folder / "spill") as engine:
        make_company(engine, parties)
        for name, step in STEPS.items():
            start, cpu = time.perf_counter(), time.process_time()
            step(engine)
            found[name] = time.perf_counter() - start
            found[f"{name}: processor"] = time.process_time() - cpu
        tables = ("payments", "invoices", "tickets", "cash_months", "receivable_months")
        counts = {f"rows of {name}": engine.count(name) for name in tables}
    return {**found, "memory, MiB": peak_memory_mb(), **counts}


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
