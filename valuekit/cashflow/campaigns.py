"""Campaign cost to those that the campaign touched: how much of each contact counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from valuekit.engine import Engine, Expression

PACKAGE = "valuekit.cashflow"

Model = Literal["first", "last", "linear", "time_decay", "position", "contacts"]


@dataclass(frozen=True)
class Attribution:
    """How the contacts of a party on its way to the first money share one whole.

    `first` and `last`: that contact alone; `linear`: all alike; `time_decay`: half as much for each `half_life_days`
    before the last one; `position`: 40% the first, 40% the last, 20% those between (two: half each). These five say who
    is to be thanked for the first money. `contacts` says what was spent on whom: each contact is a whole of its own.
    """

    model: Model = "linear"
    half_life_days: int = 7
    look_back_days: int = 365
    """Contacts longer before the first money do not count."""


LINEAR = Attribution()


def credit(engine: Engine, attribution: Attribution, months: Mapping[str, Expression]) -> None:
    """Make `cashflow_credits`: millionths of a whole by campaign, month of the contact and party.

    Reads: `engagements` with a campaign, `cashflow_parties`, and `costs`, whose campaigns alone are asked for. The
    contacts of a party up to the day of its first money are one path, which counts as one whole; so are all contacts of
    a party without money, and for a customer those of each later month. `months`: `month_slots` of the calendar.
    """
    parameters = {
        "model": attribution.model,
        "half_life": attribution.half_life_days,
        "look_back": attribution.look_back_days,
    }
    engine.run(PACKAGE, "campaigns.sql", parameters, **months)
