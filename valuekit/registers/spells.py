"""Customers by cash and by profit over time: since when, for how long, and how many at each month end."""

from collections.abc import Iterator
from datetime import date

from valuekit.engine import Engine, load_steps
from valuekit.tables import PUBLISHED
from valuekit.tables.published import CUSTOMER_STAGES

PARTIES_AT_ONCE = 200_000
"""Parties that are worked on at once: bounds the memory, does not change a result."""

_PACKAGE = "valuekit.registers"


def follow_cash_and_profit(engine: Engine, *, as_of: date) -> None:
    """Make `cash_spells` and `cash_and_profit_months`.

    A party is a customer by cash at a month end when its net cash of the twelve months up to then is above zero, and
    profitable when its profit is: the facts `net_cash_12m` and `profit_12m`, at every month end. Recurring revenue
    does not count as cash. A spell is the current run of such months, from its first month on. Internal parties have
    none, and only those that are current customers at a month end are counted in its cells.

    Reads: `cash_months`, `invoices`, `orders`, `stages`, `history`, `stage_months` and `cash_and_profit`.
    """
    engine.make_empty(PUBLISHED["cash_spells"])
    engine.execute("""CREATE OR REPLACE TABLE all_spell_moves
        (cash_positive BOOLEAN, profitable BOOLEAN, number BIGINT, parties HUGEINT)""")
    steps = (*load_steps("valuekit.lifecycle", "profit_months.sql"), *load_steps(_PACKAGE, "spells.sql"))
    for first, last in _groups(engine):
        group = {"as_of": as_of, "first_party": first, "last_party": last, "customer_stages": list(CUSTOMER_STAGES)}
        engine.run_steps(steps, group)
        engine.execute("INSERT INTO cash_spells SELECT * FROM spells")
        engine.execute("INSERT INTO all_spell_moves SELECT * FROM spell_moves")
    engine.run(_PACKAGE, "spell_months.sql")
    engine.drop("all_spell_moves", "spell_years", "spells", "spell_moves")


def _groups(engine: Engine) -> Iterator[tuple[str, str]]:
    """Yield the first and the last id of each group of parties."""
    yield from engine.rows(
        """SELECT MIN(party_id), MAX(party_id)
        FROM (SELECT party_id, (ROW_NUMBER() OVER (ORDER BY party_id) - 1) // $size AS number FROM stages)
        GROUP BY number ORDER BY number""",
        {"size": PARTIES_AT_ONCE},
    )
