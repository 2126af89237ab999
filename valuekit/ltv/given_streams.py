"""Advocacy and innovation: what customers bring beside their own money, as streams of their own."""

from datetime import date

from valuekit.calendar import add_months
from valuekit.engine import Engine
from valuekit.ltv.years import each_year


def add_given_streams(engine: Engine, as_of: date, half_life_days: float) -> None:
    """Add the streams `advocacy` and `innovation` to `cube`; both are estimates.

    Reads `cube`, `futures`, `facts`, `referrals` and `ideas` (accepted form, with party ids).

    - Advocacy moves value and makes none. Of the cash that a referred customer is expected to bring, less its cost, its
      referrer is credited a share, one half after `half_life_days` since the referral and halving again after each
      further half-life, at the middle of each year. The referred customer has the same amount with the other sign, so
      the company's total of every year stays what it was. Both sides are discounted at the rate of all, whatever their
      own, so that the total value stays what it was, too. Streams beside a customer's own money are not passed on.
    - Innovation is the estimated value of the ideas of the last 12 months, in year 1: of accepted ones in full, of open
      ones times the share of decided ideas that were accepted.
    - After the tenth year neither brings anything.
    """
    credit = "CAST(GREATEST(n.year_#, 0) * POWER(0.5, ((CAST($as_of AS DATE) - r.referred_on) + 365.25 * (# - 0.5))"
    engine.run(
        "valuekit.ltv",
        "given_streams.sql",
        {"as_of": as_of, "year_ago": add_months(as_of, -12), "half_life": half_life_days},
        net=each_year("SUM(year_#) AS year_#"),
        moved=each_year(credit + " / $half_life) AS DECIMAL(18,4)) AS year_#"),
        received=each_year("year_#"),
        given=each_year("-year_# AS year_#"),
        sums=each_year("CAST(SUM(year_#) AS DECIMAL(18,4)) AS year_#"),
        first_year=each_year("CASE WHEN # = 1 THEN year_1 ELSE 0 END AS year_#"),
        not_zero=each_year("year_# <> 0", between=" OR "),
    )
    engine.execute("INSERT INTO cube SELECT * FROM given_streams")
    engine.drop("given_streams")
