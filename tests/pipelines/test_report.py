import io
import re
from decimal import Decimal
from types import SimpleNamespace

import pytest
from rich.console import Console

from pipelines.report import _books, _cash, _strangers, _value
from pipelines.worth import print_equity, print_value
from tests.snapshot.published import published

WARNED = {"source": "zahlungen.csv", "severity": "warn", "row_text": "{}"}
UNKNOWN = "unknown record: no row of records has this record"


@pytest.mark.parametrize(("accepted", "told"), [(3, ["payments: 2 rows belong to nobody"]), (4, [])])
def test_a_table_most_of_whose_rows_belong_to_nobody_is_told_with_what_to_do(tmp_path, accepted, told):
    rows = [{"table_name": "payments", "row_number": n, "reasons": UNKNOWN, **WARNED} for n in (7, 3)]
    intake = {"payments": SimpleNamespace(rows_accepted=accepted)}
    outcome = SimpleNamespace(snapshot=published(tmp_path, quarantine=rows), manifest=SimpleNamespace(intake=intake))
    lines = list(_strangers(outcome))
    assert [line.split(",")[0] for line in lines] == told
    assert all("zahlungen.csv row 3" in line and "give the source that `system`" in line for line in lines)


# each part rounded by itself: 793,793.70, 2,412,662.05 and 124.25 are a cent more than their sum
PARTS = {"Top": "2412662.0473", "Middle": "124.2460", "Low": "793793.6951"}
MANIFEST = SimpleNamespace(currency="EUR", config={}, totals={})


def printed(draw):
    console = Console(width=200, record=True, file=io.StringIO())
    draw(console)
    return console.export_text()


def amounts(line):
    return [Decimal(found.replace("€", "").replace(",", "")) for found in re.findall(r"-?€[\d,]+\.\d\d", line)]


def first_amounts(text):
    """The first amount of each line that has any, by the first word of the line."""
    return {line.split()[0]: amounts(line)[0] for line in text.splitlines() if amounts(line)}


def test_tiers_are_the_same_to_the_cent_in_a_run_and_in_its_values_and_add_up_to_the_company():
    tiers = [
        {"tier": n, "parties": 1, "ltv": Decimal(a), "net_cash_12m": Decimal(a), "rule": ""} for n, a in PARTS.items()
    ]
    run = first_amounts(printed(lambda out: out.print(_value(SimpleNamespace(tiers=tiers), MANIFEST))))
    del run["Customer"]
    shared = dict.fromkeys(("low_80", "high_80", "low_95", "high_95", "deviation_by_parameters"))
    groups = [{"scope": "tier", "name": t["tier"], "parties": 1, "ltv": t["ltv"], **shared} for t in tiers]
    company = {"scope": "company", "name": "all", "parties": 3, "ltv": sum(t["ltv"] for t in tiers), **shared}
    found = {
        "horizon_years": 3,
        "discount_rate": 0.1,
        "by": "tier",
        "groups": [*groups, company],
        "about": [],
        "note": "",
    }
    worth = first_amounts(printed(lambda out: print_value(found, SimpleNamespace(manifest=MANIFEST), out)))
    assert worth.pop("company") == sum(run.values()) == Decimal("3206579.99")
    assert worth == run


def test_customer_equity_is_the_same_to_the_cent_in_a_run_and_in_its_parts():
    parts = {"current": "286096.3460", "other": "1000.3460", "future": "7.0010", "total": "287103.6930"}
    found = {"parts": [{"part": p, "parties": 1, "value": Decimal(v), "each": None} for p, v in parts.items()]}
    shown = first_amounts(printed(lambda out: print_equity(found, SimpleNamespace(manifest=MANIFEST), out)))
    manifest = SimpleNamespace(currency="EUR", config={}, totals={"customer_equity": Decimal(parts["current"])})
    run = first_amounts(printed(lambda out: out.print(_value(SimpleNamespace(tiers=[]), manifest))))
    assert shown["current"] == run["Customer"] == Decimal("286096.35")
    assert shown.pop("all") == sum(shown.values()) == Decimal("287103.69")


def test_lines_of_cash_and_of_the_books_add_up_to_their_totals_to_the_cent():
    third = Decimal("33.3340")
    lines = {"revenue": third, "refunds": -third / 2, "support": third, "net_cash": third * 3 / 2}
    shown = first_amounts(printed(lambda out: out.print(_cash(SimpleNamespace(cash_12m=lines), "EUR"))))
    assert shown.pop("carried") == sum(shown.values()) == Decimal("50.00")
    stored = {"attributed": third, "unattributed": third, "unused_capacity": third, "unallocated": Decimal(0)}
    manifest = SimpleNamespace(currency="EUR", totals={**stored, "eliminated": third, "books": third * 4})
    text = printed(lambda out: out.print(_books(manifest)))
    *parts, company, inside, books = (amounts(line)[0] for line in text.splitlines() if amounts(line))
    assert company == sum(parts) == Decimal("100.00")
    assert books == company + inside == Decimal("133.34")
