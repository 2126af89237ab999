"""What the statement says: the company by period, its parties over the last year, each amount as published."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from valuekit.calendar import By, Period
from valuekit.engine import Engine, Expression, load_steps, quote
from valuekit.engine.steps import compose
from valuekit.snapshot import Snapshot, statement
from valuekit.snapshot.movements import need_tables
from valuekit.snapshot.statement import LINES, View, fiscal_calendar

PACKAGE, FILE = "valuekit.exports.statement", "statement.sql"
Row = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """Which statement: its periods, what it counts, and its first month (None: all of them)."""

    by: By = "month"
    view: View = "cash"
    since: date | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of a party, without their sum."""
        return LINES[self.view][:-1]


@dataclass(frozen=True)
class Line:
    """A line of the company: amounts as published, or a total of the lines that it names. One amount per period."""

    key: str
    label: str
    of: tuple[str, ...] = ()
    """Keys of the lines above that it adds up, a minus before what it takes off; empty: as published."""


_CASH = (
    Line("revenue", "Revenue"), Line("refunds", "Refunds"), Line("net_revenue", "Net revenue", ("revenue", "refunds")),
)  # fmt: skip
_INVOICED = (
    Line("invoiced", "Invoiced"), Line("credited", "Credited"), Line("written_off", "Written off"),
    Line("net_revenue", "Net billed", ("invoiced", "credited", "written_off")),
)  # fmt: skip
_SERVING = ("acquisition", "retention", "sales", "support", "incentives", "other")
_MARGINS = (
    Line("cost_of_goods", "Cost of goods"),
    Line("gross_margin", "Gross margin", ("net_revenue", "cost_of_goods")),
    *(Line(line, line.capitalize()) for line in _SERVING),
    Line("cost_to_serve", "Cost to serve", _SERVING),
)
_REST = (
    Line("unused_capacity", "Unused capacity"),
    Line("unallocated", "Unallocated"),
)
_LEDGER = (
    Line("eliminated", "Eliminated"),
    Line("books", "Books (ledger)", ("company", "eliminated")),
)

COMPANY_LINES: dict[View, tuple[Line, ...]] = {
    "cash": (
        *_CASH, *_MARGINS,
        Line("customers", "Net cash of customers", ("gross_margin", "cost_to_serve")),
        Line("unattributed", "Unattributed"), *_REST,
        Line("company", "Net cash of the company", ("customers", "unattributed", "unused_capacity", "unallocated")),
        *_LEDGER,
    ),
    "invoiced": (
        *_INVOICED, *_MARGINS,
        Line("customers", "Net invoiced of customers", ("gross_margin", "cost_to_serve")),
        Line("received", "Money received"),
        Line("waiting", "Received less billed", ("received", "-net_revenue")),
        Line("unattributed_cost", "Unattributed cost"), *_REST,
        Line("company", "Net cash of the company",
             ("customers", "waiting", "unattributed_cost", "unused_capacity", "unallocated")),
        *_LEDGER,
    ),
}  # fmt: skip
"""The company from the top, by view."""


@dataclass(frozen=True)
class Company:
    """The company by period: `amounts` has, for each line by its key, one amount per period."""

    periods: tuple[Period, ...]
    lines: tuple[Line, ...]
    amounts: Mapping[str, Sequence[Decimal]]
    ledger: Sequence[Decimal]
    """The ledger as the books have it, beside the line `books`, which is added up from the lines above."""
    tax: Sequence[Decimal]


def company(snapshot: Snapshot, choice: Choice) -> Company:
    """Return the company by period; reads `books` and `cash_months`, or `invoiced_months` for the invoiced view."""
    carried = statement(snapshot, by="month", view=choice.view)
    with snapshot.engine() as engine:
        books = engine.ask(PACKAGE, FILE, "books_by_month").to_pylist()
    months: dict[date, Row] = {}
    for month, row in [*((r["month"], r) for r in carried), *((r["month"], r) for r in books)]:
        if choice.since is None or month >= choice.since:
            months.setdefault(month, {}).update(row)
    periods: dict[Period, list[Row]] = {}
    for month, period in fiscal_calendar(snapshot).periods(sorted(months), choice.by):
        periods.setdefault(period, []).append(months[month])
    lines = COMPANY_LINES[choice.view]
    amounts: dict[str, list[Decimal]] = {}
    for line in lines:
        amounts[line.key] = _added(line, amounts, len(periods)) if line.of else _sums(periods.values(), line.key)
    ledger, tax = (_sums(periods.values(), key) for key in ("ledger", "tax"))
    return Company(tuple(periods), lines, amounts, ledger, tax)


def _sums(periods: Iterable[Sequence[Row]], key: str) -> list[Decimal]:
    return [sum((row.get(key, Decimal(0)) for row in rows), Decimal(0)) for rows in periods]


def _added(line: Line, amounts: Mapping[str, Sequence[Decimal]], periods: int) -> list[Decimal]:
    signed = [(-1 if part[0] == "-" else 1, amounts[part.removeprefix("-")]) for part in line.of]
    return [sum((sign * column[i] for sign, column in signed), Decimal(0)) for i in range(periods)]


def customer_sums(snapshot: Snapshot, choice: Choice) -> Row:
    """Return the number of parties with money in the last 12 months (`rows`), and the sums of their lines."""
    with snapshot.engine() as engine:
        sums: Row = engine.ask(PACKAGE, FILE, "customer_sums", _year(snapshot), **_slots(choice)).to_pylist()[0]
        return sums


def customers(snapshot: Snapshot, choice: Choice) -> Iterator[Row]:
    """Yield each party with money in the last 12 months: id, label, stage, lines and their sum `net`; largest first."""
    with snapshot.engine() as engine:
        for batch in engine.batches(_sql("customers", choice), _year(snapshot), rows=20_000):
            yield from batch.to_pylist()


def party_periods(snapshot: Snapshot, engine: Engine, choice: Choice) -> pa.RecordBatchReader:
    """Return every party and period with money, as a stream of the engine."""
    need_tables(snapshot, (f"{choice.view}_months",))
    manifest = snapshot.manifest
    found = [
        row[0] for row in engine.rows(f"SELECT DISTINCT month FROM {quote(f'{choice.view}_months')} ORDER BY month")
    ]
    months = [month for month in found if choice.since is None or month >= choice.since]
    periods = [period for _, period in fiscal_calendar(snapshot).periods(months, choice.by)]
    parameters = {
        "months": months,
        "names": [p.name for p in periods],
        "firsts": [p.first for p in periods],
        "lasts": [p.last for p in periods],
        "as_of": manifest.as_of,
        "currency": manifest.currency,
        "run_id": manifest.run_id,
    }
    sql = _sql("party_periods", choice)
    schema = engine.query(f"SELECT * FROM ({sql}) WHERE FALSE", parameters).schema
    return pa.RecordBatchReader.from_batches(schema, engine.batches(sql, parameters))


def _year(snapshot: Snapshot) -> Row:
    return {"year": fiscal_calendar(snapshot).year_to(snapshot.manifest.as_of)}


def _sql(step: str, choice: Choice) -> str:
    steps = {s.name: s for s in load_steps(PACKAGE, FILE)}
    return compose(steps[step], {n: s for n, s in steps.items() if s.scratch}, _slots(choice))


def _slots(choice: Choice) -> dict[str, str | Expression]:
    """The lines as columns of SQL; `net` is added up from them, so that a row always closes in itself."""
    summed = [f"CAST(SUM({line}) AS DECIMAL(18, 4)) AS {line}" for line in choice.lines]
    net = f"CAST(SUM({' + '.join(choice.lines)}) AS DECIMAL(18, 4)) AS net"
    totals = [f"CAST(COALESCE(SUM({c}), 0) AS DECIMAL(18, 4)) AS {c}" for c in (*choice.lines, "net")]
    return {
        "months": f"{choice.view}_months",
        "net": LINES[choice.view][-1],
        "summed": Expression("", ", ".join([*summed, net]), frozenset(choice.lines)),
        "totals": Expression("", ", ".join(totals), frozenset(choice.lines)),
    }
