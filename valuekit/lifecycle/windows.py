"""The windows of the stages: how recent is recent. Every boundary is stated here, once."""

from dataclasses import dataclass, fields

from valuekit.engine.expressions import Constant
from valuekit.errors import ConfigError

CHURN_DATES = ("period_end", "notice")


@dataclass(frozen=True)
class Windows:
    """How many days back still count, the last of them included; and when a cancelled contract churns.

    >>> Windows(active_days=14).constants["active_days"]
    14
    >>> Windows(churn_date="never")
    Traceback (most recent call last):
    valuekit.errors.ConfigError: churn_date 'never' is none of period_end, notice.
    """

    active_days: int = 30
    """Used the product within so many days: active. Day -30 counts, day -31 does not."""
    order_active_days: int = 90
    """Ordered within so many days: active."""
    order_churn_days: int = 365
    """No order for more days than this: churned."""
    lapsed_paying_days: int = 45
    """Paid within so many days, and after the last contract ended: lapsed, but paying."""
    payment_grace_days: int = 15
    """A payment counts for so many days after the term that it covers."""
    ending_soon_days: int = 60
    """A contract under notice that ends within so many days is about to churn."""
    timing_days: int = 31
    """What happened in one system within so many days may yet reach the other."""
    churn_date: str = "period_end"
    """A cancelled contract ends with its paid term (`period_end`), or on the day of notice (`notice`)."""

    def __post_init__(self) -> None:
        if self.churn_date not in CHURN_DATES:
            raise ConfigError(f"churn_date '{self.churn_date}' is none of {', '.join(CHURN_DATES)}.")
        negative = [f.name for f in fields(self) if f.name.endswith("_days") and getattr(self, f.name) < 0]
        if negative:
            raise ConfigError(f"{negative[0]} is negative.", next_step="Give a number of days, 0 or more.")

    @property
    def constants(self) -> dict[str, Constant]:
        """The windows by name, as predicates use them."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name.endswith("_days")}
