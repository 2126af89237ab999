from types import SimpleNamespace

import pytest

from pipelines.report import _strangers
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
