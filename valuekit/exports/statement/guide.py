"""The first sheet: what the workbook is about, what each line means, how it ties, and who signs."""

from collections.abc import Iterator

from valuekit.exports.statement.content import Choice, Company
from valuekit.exports.statement.sheets import HEAD, Book
from valuekit.exports.statement.ties import difference_cells
from valuekit.exports.workbooks import plain_text
from valuekit.snapshot import Snapshot, TieOut
from valuekit.snapshot.checklist import checklist

SIGN_OFF = "books_tie_out"

MEANINGS = {
    "revenue": "Payments received and orders of zero or more, without tax.",
    "refunds": "Refunds, chargebacks, credits and returned orders, without tax.",
    "net_revenue": "What is left of the lines above.",
    "invoiced": "Invoices of the period without tax, void ones left out, and orders.",
    "credited": "Claims given up by refund or credit, and returned orders.",
    "written_off": "Claims on uncollectible invoices.",
    "cost_of_goods": "What the goods and services that were sold cost.",
    "gross_margin": "Net revenue (or what was billed, net) less cost of goods.",
    "acquisition": "Marketing for a party up to the month of its first money.",
    "retention": "Marketing after that month.",
    "sales": "Sales work and commissions.",
    "support": "Support, shared out by what causes it.",
    "incentives": "Discount schemes, bonuses and gifts that are paid out.",
    "other": "Other cost that a party causes.",
    "cost_to_serve": "Acquisition to other: the cost of winning and keeping customers.",
    "customers": "Gross margin and cost to serve of all parties; leads that never bought carry their own cost.",
    "received": "Revenue and refunds as they moved, of parties known and unknown.",
    "waiting": "Money received less what was billed: the step from the invoiced view to cash.",
    "unattributed": "Money of parties that are not known, and the cost of what they used.",
    "unattributed_cost": "Cost of what parties that are not known used.",
    "unused_capacity": "Cost of capacity that nobody used; it is never charged to customers.",
    "unallocated": "Cost that is not shared out, such as general cost, and parts of a cent.",
    "company": "Everything but what moved inside the enterprise: the last step of the bridge.",
    "eliminated": "What one's own units and test accounts move. Zero where both sides of a charge are booked.",
    "books": "Net cash of the company and eliminated: the ledger, without tax.",
}
"""Each line of the sheet Company."""

_TIES = (
    "By month, line, pool, currency: ledger = attributed + unattributed + unused capacity + unallocated + eliminated.",
    "Ledger + tax kept out is what was paid in or paid back.",
    "Bold cells on other sheets, net amounts and differences are formulas over cells of this workbook.",
    "Amounts are those of the run. Where its input has parts of a cent, cells keep them and show cents.",
)


def write_guide(book: Book, snapshot: Snapshot, choice: Choice, told: Company, tie: TieOut) -> None:
    """Write the sheet Read me."""
    sheet = book.sheet("Read me", f"Statement of {snapshot.manifest.company}", "For controllers. Read this page first.")
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 110)
    row = HEAD - 1
    for heading, lines in _parts(snapshot, choice, told, tie):
        sheet.write_string(row, 0, heading, book.head)
        sheet.write_blank(row, 1, None, book.head)
        for below, (name, value) in enumerate(lines, row + 1):
            sheet.write_string(below, 0, plain_text(name), book.bold)
            if isinstance(value, int):
                sheet.write_formula(below, 1, _open_rows(tie), book.left, value)
            else:
                sheet.write_string(below, 1, plain_text(value), book.wrap)
        row += len(lines) + 2


def _parts(
    snapshot: Snapshot, choice: Choice, told: Company, tie: TieOut
) -> Iterator[tuple[str, list[tuple[str, str | int]]]]:
    manifest = snapshot.manifest
    yield (
        "What it is",
        [
            ("Company", manifest.company),
            ("Currency", f"{manifest.currency}; amounts in other currencies at the latest rate on or before their day"),
            ("As of", f"{manifest.as_of}"),
            ("Run", manifest.run_id),
            ("View", "cash: money that moved" if choice.view == "cash" else "invoiced: what was billed"),
            ("Periods", _periods(choice, told, snapshot)),
        ],
    )
    yield (
        "How it ties",
        [
            *(("", text) for text in _TIES),
            ("Rows that do not close", tie.open),
            *(("Kept out of the books", text) for text in _kept_out(tie)),
        ],
    )
    yield "Who signs", list(_signing(snapshot))
    yield "Lines of the sheet Company", [(line.label, MEANINGS[line.key]) for line in told.lines]


def _periods(choice: Choice, told: Company, snapshot: Snapshot) -> str:
    if not told.periods:
        return "no money in the months that were asked for"
    text = f"by {choice.by}, {told.periods[0].name} to {told.periods[-1].name}"
    running = " (not over yet)" if told.periods[-1].last > snapshot.manifest.as_of else ""
    return f"{text}{running}, money from {choice.since} on" if choice.since else f"{text}{running}"


def _open_rows(tie: TieOut) -> str:
    """Count the rows of the tie-out whose difference is not zero."""
    cells = difference_cells(tie.rows.num_rows)
    return f'=COUNTIF({cells},">0")+COUNTIF({cells},"<0")'


def _kept_out(tie: TieOut) -> Iterator[str]:
    for row in tie.kept_out:
        yield f"{row['table_name']}: {row['rows']:,} row(s): {row['why']}"


def _signing(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    (line,) = (found for found in checklist(snapshot) if found.item == SIGN_OFF)
    yield "Item of the checklist", f"{line.label} ({line.item})"
    yield "Owner", line.owner or "nobody is named"
    yield "State", f"{line.state}: {line.finding}"
    if line.signed:
        yield "Signed", f"by {line.signed.by} at {line.signed.at}. {line.signed.note}".strip()
    else:
        yield "Not signed yet", f"valuekit sign-off {snapshot.path.name} {SIGN_OFF} --by NAME"
