from decimal import Decimal

from tests.snapshot.published import published
from valuekit.snapshot import managed_by


def test_each_system_shows_its_customers_and_those_that_it_has_no_record_of(tmp_path):
    rows = [
        {"party_id": "p1", "system": "billing", "rule": "mrr >= 100"},
        {"party_id": "p2", "system": "billing", "rule": "otherwise"},
    ]
    found = [tuple(row.values()) for row in managed_by(published(tmp_path, managed_in=rows)).to_pylist()]
    assert found == [
        ("billing", "mrr >= 100", 1, Decimal(100), Decimal(2400), 0),
        ("billing", "otherwise", 1, Decimal(0), Decimal(-90), 1),
    ]
