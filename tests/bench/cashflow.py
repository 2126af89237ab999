"""Time the cash flow alone: statement, scale, break-even, what if and receivables of a made-up company over 24 months.

python -m tests.bench.cashflow                   # 100 thousand, and a million customers with 20 million payments
python -m tests.bench.cashflow 10000 50000 --json

Beside them a peer: the same payments by pandas, cost shared out by revenue, what is overdue by one merge.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from rich.console import Console

from pipelines.run import peak_memory_mb
from tests.bench.run import ROOT, growth, table
from valuekit import cashflow
from valuekit.cashflow.what_if import WhatIf, ask_books, ask_parties
from valuekit.engine import Engine
from valuekit.tables import CANONICAL, PUBLISHED, accepted

AS_OF = date(2026, 6, 30)
MEMORY = "4GB"
SIZES = (100_000, 1_000_000)
PEER = 20_000
"""Customers that the peer works on: it holds all rows in memory."""

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

CHANGE = WhatIf(price=0.05, volume=0.2, minutes={"support team": -0.1}, rates={"sales team": 0.1})

STEPS = {
    "statement": lambda engine: cashflow.compute(engine, as_of=AS_OF, pools={"support team": "ticket_minutes"}),
    "scale": lambda engine: cashflow.measure_scale(engine, as_of=AS_OF, elasticities={"support team": 0.7}),
    "break-even": lambda engine: cashflow.find_break_even(engine, as_of=AS_OF),
    "what if, parties": lambda engine: ask_parties(engine, CHANGE),
    "what if, books": lambda engine: ask_books(engine, CHANGE, as_of=AS_OF),
    "receivables": lambda engine: cashflow.follow_receivables(engine, as_of=AS_OF),
}


def make_company(engine: Engine, parties: int) -> None:
    """Make the canonical tables, with party ids, and `parties`."""
    engine.make_empty(PUBLISHED["parties"])
    for canonical in CANONICAL.values():
        engine.make_empty(accepted(canonical))
        for column in canonical.parties:
            party = "party_id" if column == "record" else f"{column}_party_id"
            engine.execute(f"ALTER TABLE {canonical.name} ADD COLUMN {party} VARCHAR")
    for name, sql in COMPANY.items():
        filled = sql if "CREATE" in sql else f"INSERT INTO {name} BY NAME {sql}"
        engine.execute(filled, {k: v for k, v in {"parties": parties, "as_of": AS_OF}.items() if f"${k}" in filled})
    engine.execute("DROP TABLE bills")


def measure(parties: int, folder: Path) -> dict[str, float]:
    """Return seconds, processor seconds and peak memory by step, their ratio to the peer, and how many rows there were.

    The making of the company is in none of them.
    """
    found: dict[str, float] = {}
    with Engine(folder / "run.duckdb", memory_limit=MEMORY, temp_folder=folder / "spill") as engine:
        make_company(engine, parties)
        for name, step in STEPS.items():
            start, cpu = time.perf_counter(), time.process_time()
            step(engine)
            found[name] = time.perf_counter() - start
            found[f"{name}: processor"] = time.process_time() - cpu
            found[f"{name}: memory so far, MiB"] = peak_memory_mb()
        tables = ("payments", "invoices", "tickets", "cash_months", "receivable_months")
        counts = {f"rows of {name}": float(engine.count(name)) for name in tables}
    processor = sum(found[f"{name}: processor"] for name in STEPS)
    found |= {"in all": sum(found[name] for name in STEPS), "in all: processor": processor}
    found["in all: microseconds of a processor a payment"] = 1e6 * processor / counts["rows of payments"]
    peer = pandas_peer(min(parties, PEER))
    found["peer: microseconds of a processor a payment"] = peer
    return {**found, "cash flow / peer": found["in all: microseconds of a processor a payment"] / peer, **counts}


def pandas_peer(parties: int) -> float:
    """Return microseconds of a processor a payment for what a careful analyst would write in pandas.

    Revenue by party and month; each pool's cost by share of revenue, rounded; what of each invoice is paid, and by
    party what is overdue. No tie-out, no other driver, no history of what was owed, no scale, and floats for money.
    """
    import pandas as pd  # noqa: PLC0415 - the cash flow must not be measured with it

    with Engine() as engine:
        make_company(engine, parties)
        read = {
            "payments": "party_id, invoice, paid_on, CAST(reporting_amount - reporting_tax AS DOUBLE) AS revenue, "
            "CAST(reporting_amount AS DOUBLE) AS amount",
            "invoices": "party_id, id AS invoice, due_on, CAST(reporting_amount AS DOUBLE) AS billed, status",
            "costs": "month, pool, CAST(reporting_amount AS DOUBLE) AS cost",
        }
        payments, invoices, costs = (
            engine.query(f"SELECT {columns} FROM {name}").to_pandas(date_as_object=False)
            for name, columns in read.items()
        )
    cpu = time.process_time()
    payments["month"] = payments["paid_on"].dt.to_period("M").dt.to_timestamp()
    months = payments.groupby(["party_id", "month"], as_index=False)["revenue"].sum()
    months["share"] = months["revenue"] / months.groupby("month")["revenue"].transform("sum")
    carried = months.merge(costs, on="month")
    carried["carried"] = (carried["cost"] * carried["share"]).round(2)
    wide = carried.pivot_table(index=["party_id", "month"], columns="pool", values="carried", aggfunc="sum")
    statement = months.set_index(["party_id", "month"]).join(wide)
    statement["net_cash"] = statement["revenue"] - statement[list(wide.columns)].sum(axis=1)
    paid = payments.groupby("invoice", as_index=False)["amount"].sum()
    owed = invoices.merge(paid, on="invoice", how="left").fillna({"amount": 0.0})
    late = owed[(owed["status"] == "open") & (owed["due_on"] < pd.Timestamp(AS_OF))]
    overdue = (late["billed"] - late["amount"]).groupby(late["party_id"]).sum()
    cpu = time.process_time() - cpu
    assert len(statement)
    assert len(overdue)
    return 1e6 * cpu / len(payments)


def main() -> None:
    """Measure each size in a process of its own, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", type=int, nargs="*", default=list(SIZES), help="numbers of customers")
    parser.add_argument("--folder", type=Path, default=None, help="where the data go while it runs")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.alone:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            sys.stdout.write(json.dumps(measure(arguments.sizes[0], Path(folder))))
        return
    runs = [_measure_apart(size, arguments.folder) for size in arguments.sizes]
    result = {"sizes": arguments.sizes, "runs": runs, "growth": growth(arguments.sizes, runs)}
    if arguments.json:
        sys.stdout.write(json.dumps(result, indent=1) + "\n")
    else:
        Console(width=110).print(table(result))


def _measure_apart(size: int, folder: Path | None) -> dict[str, float]:
    """Measure one size in a process of its own: the peak of memory is that of this size."""
    command = [sys.executable, "-m", "tests.bench.cashflow", str(size), "--alone"]
    command += ["--folder", str(folder)] if folder else []
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
