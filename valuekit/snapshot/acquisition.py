"""What it costs to win a customer, how soon that comes back, and how it compares with what the customer is worth."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import Any, Literal, get_args

from valuekit.calendar import add_months, month_start
from valuekit.engine import Engine
from valuekit.errors import UnknownNameError
from valuekit.money import to_cents
from valuekit.snapshot.read import Snapshot
from valuekit.snapshot.summary import named_rows

FILE = "acquisition.sql"
By = Literal["tier", "channel", "campaign"]


@dataclass(frozen=True)
class Acquisition:
    """The customers of one group that were won in the period. Money in the reporting currency, costs above zero."""

    name: str
    won: int
    cost: Decimal
    """Marketing and sales for these customers, until the month of their first money."""
    cost_of_the_lost: Decimal | None
    """Marketing and sales in the period for leads that have not bought. By tier an equal part for each customer won."""
    leads_lost: int | None
    """None by tier: a lead has none."""
    contribution: Decimal
    """What these customers brought up to the as-of date, after every cost but that of winning them."""
    value_ahead: Decimal
    """Their lifetime value at the as-of date, which lies ahead."""
    curve: tuple[Decimal, ...] = ()
    """What a customer has brought by the end of each month of its life, the first included, as far as observed."""

    def total_cost(self, *, lost: bool = False) -> Decimal:
        """Return the cost of winning these customers; `lost` adds that of the leads that did not buy."""
        return self.cost + (self.cost_of_the_lost or Decimal(0) if lost else Decimal(0))

    def cac(self, *, lost: bool = False) -> Decimal | None:
        """Return the cost of winning one customer, to the cent; None without customers."""
        return to_cents(self.total_cost(lost=lost) / self.won) if self.won else None

    def ltv_to_cac(self, *, lost: bool = False) -> float | None:
        """Return what these customers brought and are expected to bring, over the cost of winning them."""
        cost = self.total_cost(lost=lost)
        return float((self.contribution + self.value_ahead) / cost) if self.won and cost > 0 else None

    def payback_months(self, *, lost: bool = False) -> int | None:
        """Return the month of life in which the mean customer has paid back its cost; None if not within those seen.

        >>> rows = Acquisition("x", 1, Decimal(30), None, 0, Decimal(40), Decimal(0), (Decimal(20), Decimal(40)))
        >>> rows.payback_months(), rows.cac(), rows.ltv_to_cac()
        (2, Decimal('30.00'), 1.3333333333333333)
        """
        cac = self.cac(lost=lost)
        if cac is None:
            return None
        return next((age for age, brought in enumerate(self.curve, start=1) if brought >= cac), None)


def acquisition(snapshot: Snapshot, by: By = "channel", *, months: int = 12) -> list[Acquisition]:
    """Return cost, payback and value of the customers won in the last months, by group; the last row holds all.

    Whom the numerator pays for is whom the denominator counts: buyers outside the company whose first money came in the
    calendar month of the as-of date or the `months` - 1 before. A tier is that of today; channel and campaign are those
    of the first contact. Payback is in cash: a year that is paid in advance pays back at once. Where the run spread the
    cost of the lost, it stands in `cost` already. Reads `parties`, `channels`, `segments`, `cash_months` and `ltv`.
    Raises `UnknownNameError` for another `by`.

    Example:
        for row in acquisition(Snapshot.open("runs"), "tier"):
            print(row.name, row.cac(), row.cac(lost=True), row.payback_months())
    """
    with snapshot.engine() as engine:
        return acquired(engine, snapshot.manifest.as_of, by, months)


def acquired(engine: Engine, as_of: date, by: str, months: int) -> list[Acquisition]:
    """Return the same from the published tables in an engine."""
    if by not in get_args(By):
        raise UnknownNameError("grouping of acquisition", by, get_args(By))
    asked = {"by": by, "since": month_start(add_months(as_of, 1 - months))}
    curves: dict[str, list[Decimal]] = {}
    for row in named_rows(engine, FILE, "curve", asked):
        _extend(curves.setdefault(row["name"], []), row)
    found = named_rows(engine, FILE, "groups", asked)
    return [Acquisition(**row, curve=tuple(accumulate(curves.get(row["name"], ())))) for row in found]


def _extend(curve: list[Decimal], row: dict[str, Any]) -> None:
    """Months of life in which nobody had any cash bring nothing."""
    curve += [Decimal(0)] * (row["age"] - len(curve)) + [row["contribution"]]
