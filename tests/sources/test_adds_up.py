"""Whatever the damage: rows in = accepted + quarantined, and money in = money accepted."""

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engines import fresh_engine
from tests.sources.conftest import Intake

# Text without line ends, separators and quotes: damage of the layout comes from `broken_line` alone, so that the
# number of rows is known. Anything else may stand in a field.
field = st.text(
    st.characters(exclude_characters=',"\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029', codec="utf-8"), max_size=12
)
good_row = st.builds(
    lambda n, who, day, cents, kind: [f"p{n}", who, day, f"{-cents if kind else cents}e-2", "EUR", kind or "payment"],
    st.integers(0, 30), st.sampled_from(["c1", "c2", ""]), st.sampled_from(["2024-01-31", "2023-12-01"]),
    st.integers(0, 10**9), st.sampled_from(["", "refund", "credit"]),
)  # fmt: skip
damaged_row = st.tuples(good_row, st.integers(0, 5), field).map(lambda t: [*t[0][: t[1]], t[2], *t[0][t[1] + 1 :]])
line = st.one_of(good_row.map(",".join), good_row.map(",".join), damaged_row.map(",".join)).map(str.encode)
broken_line = st.sampled_from([b"p1", b"a,b,c", b"1,2,3,4,5,6,7,8", b"\xff,\xfe,,,,", b'"x"y,,,,,', b"p,\xc3,1,2,3,4"])
HEADER = b"id,record,paid_on,amount,currency,kind"

quick = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


def read(lines: list[bytes], **options: object) -> tuple[tuple[int, int, int], list[dict[str, object]], int]:
    with TemporaryDirectory() as folder:
        intake = Intake(fresh_engine(), Path(folder))
        intake.read_text(b"\n".join([HEADER, *lines, b""]), **options)
        return next(iter(intake.counts.values())), intake.rows("FROM payments"), len(intake.quarantine)


@quick
@given(st.lists(st.one_of(line, line, broken_line), max_size=30))
def test_every_line_is_accepted_or_quarantined(lines):
    (rows_in, accepted, quarantined), rows, set_aside = read(lines)
    assert rows_in == len(lines)
    assert rows_in == accepted + quarantined
    assert (accepted, quarantined) == (len(rows), set_aside)


@quick
@given(st.lists(good_row, max_size=30))
def test_money_of_sound_rows_is_neither_lost_nor_made(rows):
    first = {row[0]: row for row in reversed(rows)}  # of equal ids the first row counts
    _, accepted, _ = read([",".join(row).encode() for row in rows])
    assert sum((row["reporting_amount"] for row in accepted), Decimal(0)) == sum(
        Decimal(row[3]) for row in first.values()
    )


@quick
@given(st.lists(good_row, max_size=30))
def test_lines_that_become_one_row_keep_their_sum(rows):
    own_id = {"expression": "id || '-' || COALESCE(record, '') || '-' || kind"}
    lines = [",".join(row).encode() for row in rows]
    (rows_in, accepted, quarantined), payments, _ = read(lines, columns={"id": own_id}, collapse_by=["id"])
    assert (rows_in, accepted, quarantined) == (len(rows), len(rows), 0)
    assert len(payments) == len({(row[0], row[1], row[5]) for row in rows})
    assert sum((row["reporting_amount"] for row in payments), Decimal(0)) == sum(Decimal(row[3]) for row in rows)
