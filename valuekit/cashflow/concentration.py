"""Concentration: how few parties bring the profit, and how many take some of it back (the whale curve)."""

from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

from valuekit.engine import Engine, Expression, parse_expression

PACKAGE = "valuekit.cashflow"
FILE = "concentration.sql"

MOST_POINTS = 400
"""Points of a whale curve: more than a screen shows, few enough to send."""

MARGIN_LINES = ("revenue", "refunds", "cost_of_goods")
"""Lines of the net margin before cost to serve; every other line is cost to serve."""

SERVING_LINES = ("acquisition", "retention", "sales", "support", "incentives", "other")

REASONS = {
    "no_parties": "there are no parties",
    "one_party": "one party alone is neither spread nor concentrated",
    "no_money": "all parties have nothing",
}
"""Why there is no index of concentration, by word."""


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
    whole_parties: int | None
    """The best parties that together bring the whole total; the others, taken together, add nothing."""
    break_even_parties: int | None
    """Parties with which the curve is back at zero behind its peak; None where it never comes back."""
    top_decile_parties: int
    """The best tenth of the parties, rounded up."""
    top_decile: Decimal
    """What the best tenth brings."""
    spread: float
    """Half the sum of the differences between all pairs of parties, both ways."""

    @property
    def loss_makers_share(self) -> float | None:
        """Share of the parties that have a loss."""
        return self._of_parties(self.loss_makers)

    @property
    def peak_share(self) -> float | None:
        """The peak as a share of the total: 1.5 means that a third of the peak is lost again."""
        return self._of_total(self.peak)

    @property
    def eroded(self) -> Decimal:
        """Profit that the parties with a loss take back: peak - total."""
        return -self.losses

    @property
    def eroded_share(self) -> float | None:
        """Share of the peak that is taken back; more than 1 where the total is negative, None without a peak."""
        return float(self.eroded) / float(self.peak) if self.peak > 0 else None

    @property
    def whole_share(self) -> float | None:
        """Share of the parties that bring the whole total; None where the total is not above zero."""
        return self._of_parties(self.whole_parties)

    @property
    def break_even_share(self) -> float | None:
        """Share of the parties at which the curve breaks even again; None where it stays above zero."""
        return self._of_parties(self.break_even_parties)

    @property
    def top_decile_share(self) -> float | None:
        """What the best tenth brings as a share of the total."""
        return self._of_total(self.top_decile)

    @property
    def index_name(self) -> str | None:
        """`gini` where nobody has a loss, otherwise `signed_gini`; None where neither is defined."""
        if self.index_reason:
            return None
        return "signed_gini" if self.loss_makers else "gini"

    @property
    def index_reason(self) -> str | None:
        """Why there is no index: a word of `REASONS`."""
        if self.parties < 2:
            return "one_party" if self.parties else "no_parties"
        return None if self.peak or self.losses else "no_money"

    @property
    def index(self) -> float | None:
        """How unequal parties are: 0 all alike; the Gini index where nobody has a loss.

        The sum of |x - y| over all pairs, divided by 2 n times the total. With losses this could exceed 1, so the
        signed index divides by 2 (n - 1) times what profits and losses are worth together; it is 1 where one party has
        all profit and another all loss.

        Reference: Raffinetti, Siletti and Vernizzi (2015), On the Gini coefficient normalization when attributes with
        negative values are considered, Statistical Methods and Applications 24(3).
        """
        if self.index_name is None:
            return None
        if self.index_name == "gini":
            return self.spread / (self.parties * float(self.total))
        return self.spread / ((self.parties - 1) * float(self.peak - self.losses))

    def _of_parties(self, count: int | None) -> float | None:
        return count / self.parties if self.parties and count is not None else None

    def _of_total(self, money: Decimal) -> float | None:
        return float(money) / float(self.total) if self.total > 0 else None


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


def quadrants(engine: Engine, *, cash: str = "cash", suffix: str = "_12m") -> pa.Table:
    """Return parties by net margin before cost to serve and by cost to serve, each above its median or not.

    Reads: the table or view `cash`, one row per party, with the lines of the statement, each with the `suffix`: `_12m`,
    or empty for all months; parties with neither margin nor cost to serve are left out. The margin is revenue, refunds
    and cost of goods; cost to serve is every other line, as a positive amount. The border is the median, of two middle
    values the lower; a party on it counts as low.

    Returns: four rows, in each the `quadrant` (passive: high margin, low cost; carriage trade: both high; bargain
    basement: both low; aggressive: low margin, high cost), `high_margin`, `high_cost`, `parties`, `margin`,
    `cost_to_serve`, `net_cash`, how many lie `on_border`, and the two borders, missing without parties.

    Reference: Shapiro, Rangan, Moriarty and Ross (1987), Manage customers for profits (not just sales), Harvard
    Business Review 65(5).
    """
    margin, served = _sum(MARGIN_LINES, suffix), _sum(SERVING_LINES, suffix)
    cost = Expression("served", f"-({served.sql})", served.columns)
    return engine.ask(PACKAGE, FILE, "quadrants", cash=cash, margin=margin, served=cost)


def _sum(lines: tuple[str, ...], suffix: str) -> Expression:
    names = [f"{line}{suffix}" for line in lines]
    return parse_expression(" + ".join(names), names)
