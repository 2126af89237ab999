"""Unit economics on one definition: whom the numerator sums up is whom the denominator counts."""

from dataclasses import dataclass
from decimal import Decimal

from valuekit.errors import UnknownNameError
from valuekit.money import to_cents
from valuekit.snapshot.read import Snapshot
from valuekit.snapshot.summary import named_rows

FILE = "units.sql"


@dataclass(frozen=True)
class UnitEconomics:
    """Totals of the members of one definition, in the reporting currency, and what they are per member."""

    definition: str
    label: str
    owner: str
    system: str
    members: int
    net_cash_12m: Decimal
    """Net cash of the last 12 months."""
    cost_to_serve_12m: Decimal
    """Marketing, sales, support, incentives and other direct cost of the last 12 months, above zero when they cost."""
    ltv: Decimal
    """Lifetime value at the horizon and discount rate of the run; parties without one count as 0."""
    mrr: Decimal
    """Monthly recurring revenue at the as-of date."""
    headline_label: str
    headline_members: int

    def per_member(self, total: str) -> Decimal | None:
        """Return one of the totals per member, to the cent; None without members.

        `total` is net_cash_12m, cost_to_serve_12m, ltv or mrr (the revenue per account, ARPA).
        """
        if total not in TOTALS:
            raise UnknownNameError("total", total, TOTALS)
        return to_cents(getattr(self, total) / self.members) if self.members else None

    @property
    def sentence(self) -> str:
        """Say what one unit is, and that another definition has another."""
        unit = (
            f"One unit is one of {self.members:,} members of '{self.label}' ({self.owner}, according to {self.system})"
        )
        if self.members == self.headline_members and self.label == self.headline_label:
            return f"{unit}: the headline. Another definition sums up other parties and divides by their number."
        return (
            f"{unit}; of the headline '{self.headline_label}' there are {self.headline_members:,}. Numerator and "
            "denominator are both of these members."
        )


TOTALS = ("net_cash_12m", "cost_to_serve_12m", "ltv", "mrr")


def unit_economics(snapshot: Snapshot, definition: str) -> UnitEconomics:
    """Sum up the members of a definition: cash, cost to serve, lifetime value and recurring revenue.

    Reads `party_lists`, `definitions`, `facts`, `cash` and `ltv` of the snapshot.
    Raises `UnknownNameError`.

    Example:
        units = unit_economics(Snapshot.open("runs"), "paid_current")
        units.per_member("ltv"), units.sentence
    """
    with snapshot.engine() as engine:
        named = named_rows(engine, FILE, "definition", {"definition": definition})
        if not named:
            known = [row[0] for row in engine.rows("SELECT definition FROM definitions ORDER BY definition")]
            raise UnknownNameError("definition", definition, known)
        headline = named_rows(engine, FILE, "headline")[0]
        totals = named_rows(engine, FILE, "totals", {"definition": definition})[0]
        return UnitEconomics(
            **{**named[0], **totals}, headline_label=headline["label"], headline_members=headline["members"]
        )
