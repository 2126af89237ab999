"""What share of the price of its contracts a customer pays in the end, and does not get back."""

from datetime import date

from valuekit.calendar import add_months
from valuekit.engine import Engine
from valuekit.ltv.collection import DAYS

PACKAGE = "valuekit.ltv"

MONTHS = 24
"""Months of bills from which it is told."""

NAMED = 0.9
"""Share of payments that must name their bill; where fewer do, nobody knows which bills are paid."""

_LEAST = 0.001


def keep_shares(engine: Engine, as_of: date) -> float:
    """Add `kept` and its errors to `contract_lines`, and return the share that all customers under contract keep up.

    Reads `settled_bills`, `settled_states`, `settled_money`, `settled_parties`, `collection_rates`, `contract_runs`,
    `cash_months` and `facts`. Lost is what was credited, given back or written off of the bills of the last two years
    that were issued under contract, and what of those still open will not come. A customer's own share weighs n / (n +
    k): n its bills, k the variance of bills of one customer over that between customers, by the moments of an analysis
    of variance. As shares of `kept`, `kept_error` is the deviation of what is left between customers, and `kept_chance`
    that of one bill.

    Where less than `NAMED` of the payments name a bill, or none was issued, all keep what was not refunded of the
    receipts of the last twelve months.

    Reference: Buhlmann and Straub (1970), Glaubwurdigkeit fur Schadensatze.
    """
    engine.run(PACKAGE, "kept.sql", {"as_of": as_of, "days": DAYS, "months": MONTHS})
    named = engine.scalar("SELECT named FROM kept_money")
    if not (named or 0) >= NAMED:
        engine.execute("DELETE FROM kept_bills")
    lost = engine.scalar("SELECT CAST(SUM(lost) AS DOUBLE) / CAST(SUM(worth) AS DOUBLE) FROM kept_bills")
    kept = _not_refunded(engine, as_of) if lost is None else min(max(1 - lost, 0.0), 1.0)
    within, between = _variances(engine)
    weigh = within / between if between else 1e12
    known = {"all_keep": kept, "all_weigh": weigh, "within": within, "between": between, "least": _LEAST}
    engine.run(PACKAGE, "kept_lines.sql", known)
    engine.drop("kept_bills", "kept_money")
    return kept


def _variances(engine: Engine) -> tuple[float, float]:
    """Return the variance of bills of one customer, and that between customers; 0 where too few can tell."""
    customers, bills, mean, apart, among, squared = engine.rows(_MOMENTS)[0]
    if customers < 2 or bills == customers:
        return 0.0, 0.0
    within = max(float(apart), 0.0) / (bills - customers)
    return within, max(float(among) - bills * mean**2 - (customers - 1) * within, 0.0) / (bills - squared / bills)


_MOMENTS = """
    SELECT COUNT(*), CAST(SUM(bills) AS DOUBLE), CAST(SUM(shares) AS DOUBLE) / SUM(bills),
        SUM(squares - CAST(POWER(CAST(shares AS DOUBLE), 2) / bills AS DECIMAL(38, 12))),
        SUM(CAST(POWER(CAST(shares AS DOUBLE), 2) / bills AS DECIMAL(38, 12))), CAST(SUM(bills * bills) AS DOUBLE)
    FROM kept_bills
"""
"""Sums of decimals, which are the same in whatever order they are added."""


def _not_refunded(engine: Engine, as_of: date) -> float:
    """Share of contract customers' receipts of the last 12 months that they did not get back."""
    received, kept = engine.rows(
        "SELECT SUM(m.revenue), SUM(m.revenue + m.refunds) FROM cash_months AS m "
        "JOIN facts AS f ON f.party_id = m.party_id WHERE f.has_contract AND m.month > $first AND m.month <= $last",
        {"first": add_months(as_of, -12), "last": as_of},
    )[0]
    return min(max(float(kept) / float(received), 0.0), 1.0) if received else 1.0
