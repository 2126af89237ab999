"""The rules of a valuation: every choice that a company can make, with its default."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from valuekit.ltv import renewals
from valuekit.ltv.acquisition import Acquisition
from valuekit.ltv.discounting import Discount, Horizon, RateRule
from valuekit.ltv.quantiles import LEVELS
from valuekit.ltv.summary import Unmatched

_THREE_YEARS, _TENTH = Horizon(3), Discount(0.10)


@dataclass(frozen=True)
class ValueRules:
    """How `value` values customers.

    `discount` is that of all customers for whom no rule of `rates_by` holds; of these the first that holds counts. The
    other fields are explained where they are used: `value` and its parts.

    >>> ValueRules(rates_by=(RateRule("mrr < 100", 0.15),)).discounts
    [Discount(annual_rate=0.1, timing='mid_year'), Discount(annual_rate=0.15, timing='mid_year')]
    """

    horizon: Horizon = _THREE_YEARS
    discount: Discount = _TENTH
    rates_by: Sequence[RateRule] = ()
    off: Sequence[str] = ()
    """Streams that the column `ltv` leaves out."""
    time_unit: str = "week"
    purchase_model: str = "mbg_nbd"
    unmatched_returns: Unmatched = "reduce"
    renewal_model: renewals.Choice = "bic"
    renewal_segments: Sequence[str] = ()
    expansion: bool = True
    receivables: bool = True
    uncontracted: bool = True
    half_life_days: float = 730
    acquisition: Acquisition | None = None
    levels: Sequence[float] = LEVELS

    @property
    def discounts(self) -> list[Discount]:
        """The discount of all, then that of each rule, by its number."""
        return [self.discount, *(replace(self.discount, annual_rate=rule.rate) for rule in self.rates_by)]

    @property
    def own(self) -> Mapping[float, Discount]:
        """Discounts of customers with a rate of their own, by that rate: for `ltv_sql`."""
        return {discount.annual_rate: discount for discount in self.discounts[1:]}


DEFAULT = ValueRules()
