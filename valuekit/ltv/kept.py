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

STATED = 1.0
"""Missed bills that stand beside those of which two of one customer can be compared, ..."""

STATED_SHARE = 0.5
"""... and the share of the variance of these that is between customers."""

_LEAST = 0.001


def keep_shares(engine: Engine, as_of: date) -> float:
    """Add `kept` and its errors to `contract_lines`, and return the share that all customers under contract keep up.

    Reads `settled_bills`, `settled_states`, `settled_money`, `settled_parties`, `collection_rates`, `contract_runs`,
    `cash_months` and `facts`. Lost is what was credited, given back or written off of the bills of the last two years
    that were issued under contract, and what of those still open will not come. A customer's own share weighs n / (n +
    k): n its bills, k the variance of bills of one customer over that between customers. The latter is the covariance
    of two bills of one customer, of all pairs; as much as one missed bill, half of whose variance is between customers,
    is added to what is seen. As shares of `kept`, `kept_error` is the deviation of what is left between customers, and
    `kept_chance` that of one bill.

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
    """Return the variance of bills of one customer, and that between customers, which is the covariance of two of one.

    Who has one bill makes no pair, so a single bill that is missed does not say that its customer misses all.
    """
    bills, mean, squares, apart, pairs, covered = engine.rows(_MOMENTS)[0]
    if not bills:
        return 0.0, 0.0
    variance = max(squares / bills - mean**2, 0.0)
    if not variance:
        return 0.0, 0.0
    stated = STATED / variance
    share = min(max(((covered - apart) / variance + STATED_SHARE * stated) / (pairs + stated), 0.0), 1.0)
    return (1 - share) * variance, share * variance


_MOMENTS = """
    SELECT bills, mean, squares, squares - 2 * mean * shares + mean * mean * bills AS apart, paired - bills AS pairs,
        squared - 2 * mean * crossed + mean * mean * paired AS covered
    FROM (
        SELECT CAST(SUM(bills) AS DOUBLE) AS bills, CAST(SUM(shares) AS DOUBLE) AS shares,
            CAST(SUM(shares) AS DOUBLE) / SUM(bills) AS mean, CAST(SUM(squares) AS DOUBLE) AS squares,
            CAST(SUM(CAST(POWER(CAST(shares AS DOUBLE), 2) AS DECIMAL(38, 12))) AS DOUBLE) AS squared,
            CAST(SUM(shares * bills) AS DOUBLE) AS crossed, CAST(SUM(bills * bills) AS DOUBLE) AS paired
        FROM kept_bills
    )
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
