"""Proof that the statement meets the books: what parties carry is what the ledger says they carry."""

from valuekit.cashflow.lost import TheLost
from valuekit.engine import Engine, literal
from valuekit.errors import CheckError
from valuekit.tables.published import BOOK_LINES, CASH_LINES, MARKETING_LINES


def check_books(engine: Engine, the_lost: TheLost = "apart") -> None:
    """Prove that `books`, `cash_months` and `cash` say the same; raise `CheckError` with the first place where not.

    Where the cost of the lost is spread, sales work for them stands among acquisition: both lines together are proved.
    """
    wrong = engine.rows("SELECT month, line, pool, currency, difference FROM books WHERE difference <> 0 ORDER BY ALL")
    if wrong:
        month, line, pool, currency, difference = wrong[0]
        _fail(len(wrong), f"{line} of pool {pool} in {month:%Y-%m}, {currency}, differs by {difference}")
    for lines, shown in (_SPREAD if the_lost == "spread" else _APART).items():
        named = ", ".join(literal(line) for line in lines)
        books = engine.scalar(f"SELECT COALESCE(SUM(attributed), 0) FROM books WHERE line IN ({named})")
        for table in ("cash_months", "cash"):
            carried = engine.scalar(f'SELECT COALESCE(SUM({" + ".join(shown)}), 0) FROM "{table}"')
            if carried != books:
                _fail(1, f"{' and '.join(lines)} is {carried} in {table} and {books} in the books")


_APART = {(line,): (line,) for line in BOOK_LINES if line in CASH_LINES} | {("marketing",): MARKETING_LINES}
"""Lines of the statement by line of the books."""

_SELLING = ("marketing", "sales")
_SPREAD = {lines: shown for lines, shown in _APART.items() if lines[0] not in _SELLING} | {
    _SELLING: (*MARKETING_LINES, "sales")
}


def _fail(places: int, example: str) -> None:
    raise CheckError(
        f"the cash statement does not meet the books in {places} place(s): {example}.",
        where="cashflow",
        next_step="This is a fault of valuekit, not of the data: please report it with the table `books`.",
    )
