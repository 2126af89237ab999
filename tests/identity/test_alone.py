"""The short way of the tests to parties: where no two records share a key, it is what `resolve` finds."""

from tests.company import given
from tests.lifecycle.described import BY_KEYS
from valuekit.engine import Engine
from valuekit.identity import resolve
from valuekit.tables import CANONICAL

COMPANY = {
    "records": [
        {"record": "ann", "name": "Ann", "created_on": "2025-02-01"},
        {"record": "ann", "system": "shop", "role": "served"},
        {"record": "us", "role": "internal", "kind": "organisation"},
        {"record": "mill", "system": "erp", "role": "supplier", "city": "Ghent"},
    ],
    "payments": [{"record": "ann", "paid_on": "2026-01-10", "amount": 5}, {"record": "ann", "system": "erp"}],
    "orders": [{"record": "ann", "system": "shop", "ordered_on": "2026-01-10", "amount": 5}],
    "referrals": [{"referrer": "us", "referred": "ann", "referred_on": "2026-01-10"}],
}


def test_records_alone_are_the_parties_that_resolve_finds():
    short, long = given(Engine(threads=1), alone=True, **COMPANY), given(Engine(threads=1), **COMPANY)
    resolve(long, matching=BY_KEYS)
    for table in ("parties", "party_records", *CANONICAL):
        columns = sorted(long.columns(table))
        assert sorted(short.columns(table)) == columns
        rows = f"SELECT {', '.join(columns)} FROM {table} ORDER BY ALL"
        assert short.rows(rows) == long.rows(rows), table
