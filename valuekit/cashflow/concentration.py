"""Concentration: how few parties bring the profit, and how many take some of it back (the whale curve)."""

from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

from valuekit.engine import Engine

PACKAGE = "valuekit.cashflow"
FILE = "concentration.sql"

MOST_POINTS = 400
"""Points of a whale curve: more than a screen shows, few enough to send."""


@dataclass(frozen=True)
class Concentration:
    """Where profit comes from. Money in the reporting currency; shares between 0 and 1, None where undefined."""

    parties: int
    total: Decimal
    peak_parties: int
    """Parties with a profit: the curve rises up to them."""
    peak: Decimal
    """What they bring together, before the others take it back."""
    loss_makers: int
    losses: Decimal
    """What the parties with a loss cost, zero or less; peak + losses = total."""

    @property
    def loss_makers_share(self) -> float | None:
        """Share of the parties that have a loss."""
        return self.loss_makers / self.parties if self.parties else None

    @property
    def peak_share(self) -> float | None:
        """The peak as a share of the total: 1.5 means that a third of the peak is lost again."""
        return float(self.peak) / float(self.total) if self.total > 0 else None


def summary(engine: Engine, *, cash: str = "cash", column: str = "net_cash") -> Concentration:
    """Sum up where profit comes from.

    Reads: the table or view `cash`, one row per party, with `party_id` and the money `column`, such as `net_cash_12m`.
    """
    row = engine.ask(PACKAGE, FILE, "summary", cash=cash, net=column).to_pylist()[0]
    return Concentration(**row)


def whale_curve(engine: Engine, *, cash: str = "cash", column: str = "net_cash", points: int = MOST_POINTS) -> pa.Table:
    """Return the cumulative curve, from the most to the least profitable party, sampled to at most `points` rows.

    Reads: the table or view `cash`, one row per party, with `party_id` and the money `column`. Equal parties stand in
    the order of their ids. Needs at least four points: the origin, the peak, the end and one between.

    Returns: `parties` (count so far), `parties_share`, `cumulative` (money) and `cumulative_share` of the total; the
    last is missing when the total is not above zero, where a share would mean nothing.
    """
    spaced = max(points, 4) - 3
    return engine.ask(PACKAGE, FILE, "whale_curve", {"spaced": spaced}, cash=cash, net=column)
