"""A company in six files, from the files to the tie-out: tax, own units, three currencies, a rate that is missing."""

from datetime import date
from decimal import Decimal

import pytest

from pipelines.run import run
from valuekit.config import Config
from valuekit.snapshot import Snapshot, cash_bridge, tie_out

FILES = {
    "records": "record,name,role\nc1,Ada,\nc2,Bob,\nit,IT department,internal\n",
    "fx_rates": "currency,rate_on,rate\nUSD,2026-01-01,0.90\nUSD,2026-02-01,0.80\n",
    "contracts": "id,record,signed_on,starts_on,amount,currency,term_months\nk1,c1,2026-01-01,2026-01-01,1200,USD,12\n",
    "invoices": (
        "id,record,contract,issued_on,due_on,amount,tax,currency,status\n"
        "i1,c1,k1,2026-01-10,2026-02-10,119,19,USD,paid\n"
        "i2,c2,,2026-01-20,2026-02-20,50,,EUR,open\n"
    ),
    "payments": (
        "id,record,invoice,paid_on,amount,tax,currency,kind\n"
        "p1,c1,i1,2026-02-05,95.20,15.20,EUR,payment\n"
        "p2,c2,,2026-02-06,10,,USD,payment\n"
        "p3,c2,i2,2026-02-07,50,,CHF,payment\n"
        "p4,it,,2026-02-08,500,,EUR,payment\n"
    ),
    "costs": (
        "id,month,function,pool,amount,currency,supplier\n"
        "l1,2026-02-01,other,travel,30.01,EUR,\n"
        "l2,2026-02-01,other,software,500,EUR,it\n"
    ),
}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    for table, text in FILES.items():
        (folder / f"{table}.csv").write_text(text)
    config = Config.model_validate(
        {
            "company": {"name": "Six Files", "currency": "EUR", "fiscal_year_starts": 2},
            "as_of": date(2026, 2, 28),
            "sources": [{"table": table, "system": "erp", "file": f"{table}.csv"} for table in FILES],
            "quality": {"max_quarantined_share": 0.5},
        }
    )
    return Snapshot.open(run(config, base=folder, output=folder / "runs", track=False).path)


def test_the_tie_out_closes_and_names_the_currency_that_has_no_rate(snapshot):
    found = tie_out(snapshot)
    assert (found.open, found.eliminated) == (0, 0)
    assert found.kept_out == [{
        "table_name": "payments", "currency": "CHF", "why": "in CHF, without an exchange rate for their day", "rows": 1
    }]  # fmt: skip
    shown = {
        (r["line"], r["pool"], r["currency"]): (r["ledger"], r["eliminated"], r["tax"]) for r in found.rows.to_pylist()
    }
    assert shown == {
        ("revenue", "payments", "EUR"): (580, 500, Decimal("15.2")),
        ("revenue", "payments", "USD"): (8, 0, 0),
        ("other", "travel", "EUR"): (Decimal("-30.01"), 0, 0),
        ("other", "software", "EUR"): (-500, -500, 0),
    }


def test_a_contract_in_dollars_that_is_paid_in_euros_leaves_an_effect_of_rates(snapshot):
    """119 dollars at 0.90 are billed; 95.20 euros, which are 119 dollars at 0.80, settle them."""
    found = snapshot.query("SELECT SUM(received) AS received, SUM(fx) AS fx FROM receivable_months").to_pylist()
    assert found == [{"received": Decimal("95.2"), "fx": Decimal("-11.9")}]


def test_the_bridge_ends_where_the_books_do(snapshot):
    steps = {step.key: step.amount for step in cash_bridge(snapshot)}
    assert steps["invoiced"] == Decimal("157.1")  # 119 at 0.90 and 50
    assert steps["receivables"] == -50  # the francs have no rate, so that the invoice is still owed
    assert (steps["money_received"], steps["net_cash"]) == (88, Decimal("57.99"))
