"""What bills and payments say of contracts that renew by themselves: for how long silence means nothing."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from valuekit.engine import Engine
from valuekit.ltv.models.observations import Array, read_columns

LATE_DAYS = 31
"""A bill or a payment may be late by so many days, as a signature may."""

USUALLY = 0.95
"""It may be late by more where so many of a company's bills and payments are."""


@dataclass(frozen=True)
class Silence:
    """When a customer is silent, and how often one is who stays.

    `grace` days after a term without bill or payment it is. `by_stayers` is the share of terms, followed by another
    bill or payment, after which one was: as much as one such term is added to those seen, and one that was not.
    `until` is the day of the last bill or payment of anybody; missing where none is on record, and nobody is silent.
    All of this is of customers with contracts that renew by themselves.
    """

    grace: int
    by_stayers: float
    until: date | None


def find_silence(engine: Engine, as_of: date) -> Silence:
    """Make `last_money` (party_id, last_on: the day of its last bill or payment), and say when silence means something.

    Both of customers whose contracts renew by themselves. Reads `contracts`, `invoices` (but for void and uncollectible
    ones) and `payments`; a payment of a bill that is on record is as old as the bill.
    """
    engine.run("valuekit.ltv", "contract_money.sql", {"as_of": as_of})
    names = ("term_months", "late", "gaps")
    rows = read_columns(engine.query(f"SELECT {', '.join(names)} FROM money_gaps"), names)
    engine.drop("money_days", "money_gaps")
    return _silence(rows, engine.scalar("SELECT MAX(last_on) FROM last_money"))


def _silence(rows: dict[str, Array], until: date | None) -> Silence:
    """Whoever was silent for a whole term more was not late but left out a term."""
    late, gaps = rows["late"], rows["gaps"]
    skipped = late >= rows["term_months"] * 30
    order = np.argsort(late[~skipped], kind="stable")
    days, counts = late[~skipped][order], gaps[~skipped][order].cumsum()
    usual = days[np.searchsorted(counts, USUALLY * counts[-1])] if len(days) else 0.0
    grace = max(LATE_DAYS, int(usual))
    return Silence(grace, float((gaps[late > grace].sum() + 1) / (gaps.sum() + 2)), until)
