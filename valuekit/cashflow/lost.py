"""What the leads cost that never bought: their own, or part of what it took to win the others."""

from decimal import Decimal
from typing import Literal

from valuekit.engine import Engine

PACKAGE = "valuekit.cashflow"

TheLost = Literal["apart", "spread"]


def spread_the_lost(engine: Engine) -> Decimal:
    """Move acquisition and sales cost of buyers that never bought, in `cashflow_months`, to those won.

    It goes in equal parts to the parties won in the same month, or else in the next month with any, and stands among
    their acquisition in the month of the cost, so that every month still meets the books. What is not divisible goes by
    largest remainders, ties to the lower party id. With nobody won later it stays where it is. Supply, partners and
    internal parties are no leads, and keep their cost.

    Reads: `cashflow_months`, `cashflow_parties`, `parties`. Returns what was moved.
    """
    engine.run(PACKAGE, "lost.sql")
    engine.execute("CREATE OR REPLACE TABLE cashflow_months AS SELECT * FROM cashflow_spread")
    moved = Decimal(engine.scalar("SELECT COALESCE(SUM(amount), 0) FROM cashflow_moved"))
    engine.drop("cashflow_spread", "cashflow_moved")
    return moved
