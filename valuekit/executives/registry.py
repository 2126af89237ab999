"""The twelve definitions of the best customer: whose it is, what it says, what it needs, whom it can rank."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One executive's measure. Its number comes from the step `values` of `measures.sql`."""

    key: str
    requirement: str
    """Row of the product specification."""
    executive: str
    label: str
    sentence: str
    unit: str
    high_is_best: bool
    needs: tuple[str, ...]
    """Tables that must have rows; `a|b` is satisfied by either."""
    guard: str
    """The customers that it can rank, in words: those for whom the data are there."""
    step: str = ""

    @property
    def values(self) -> str:
        """Name of the step that gives the number of each customer."""
        return f"value_{self.step or self.key}"


_INNOVATION = (
    "Value of ideas accepted in the last 12 months, plus twelve times the MRR added in the year, plus the growth of "
    "orders over the year before"
)

MEASURES: tuple[Measure, ...] = (
    Measure(
        "low_support", "B1", "CCO", "Needs little support",
        "Support cost of the last 12 months per month with use or order; of equal ones, more revenue comes first",
        "reporting currency a month", False, ("costs", "usage|orders|payments"),
        "customers with activity in enough months, where support cost is in the books",
    ),
    Measure(
        "self_service", "B2", "CCO", "Helps itself",
        "Share of the needs for help in the last 12 months that the community or self-service solved",
        "share", True, ("tickets",),
        "customers with at least one need for help in the last 12 months",
    ),
    Measure(
        "fit", "B3", "CPO", "The product fits",
        "Mean of the share of its requirements that are met and the share of the features in use by anybody in the "
        "last 90 days that it used; where one of the two is not known, the other alone",
        "share", True, ("usage|ideas",),
        "customers with stated requirements, or all where use by feature is known",
    ),
    Measure(
        "innovation", "B4", "CPO", "Innovates and grows", _INNOVATION,
        "reporting currency", True, ("ideas|contracts|orders",), "all current customers",
    ),
    Measure(
        "buys_most_costs_least", "B5", "CPO", "Buys most, costs least",
        "Mean of its rank by revenue after refunds and its rank by the share of it that marketing, sales, support and "
        "incentives and other direct work cost, both over the last 12 months",
        "mean rank", False, ("costs", "payments|orders"),
        "customers with revenue and activity in enough of the last 12 months, where cost to serve is in the books",
    ),
    Measure(
        "advocacy", "B6", "CMO", "Brings new customers",
        "Revenue after refunds, to date, of the customers that it referred first, who bought after the referral and "
        "would not have joined anyway as far as known; their number breaks ties",
        "reporting currency", True, ("referrals",), "all current customers",
    ),
    Measure(
        "innovation_marketing", "B7", "CMO", "Innovates and grows", f"{_INNOVATION}: the number that the CPO uses",
        "reporting currency", True, ("ideas|contracts|orders",), "all current customers", step="innovation",
    ),
    Measure(
        "transactional", "B8", "CMO", "Buys without selling",
        "Sales cost of the last 12 months per payment or order; of equal ones, more revenue comes first",
        "reporting currency", False, ("costs", "payments|orders"),
        "customers who bought, with activity in enough of the last 12 months, where sales cost is in the books",
    ),
    Measure(
        "loyalty", "B9", "CRO", "Keeps coming back",
        "Share of its chances to come back that it took: contract terms that ended and were renewed or, without a "
        "contract, months after the first order with another order; lifetime value breaks ties",
        "share", True, ("contracts|orders",),
        "customers whose first term has ended, or whose first order was in an earlier month",
    ),
    Measure(
        "biggest_deals", "B10", "CRO", "Signs the biggest deals",
        "Largest won deal to date; the total of won deals breaks ties",
        "reporting currency", True, ("opportunities",), "customers with a won deal of known amount",
    ),
    Measure(
        "pays_on_time", "B11", "CFO", "Pays on time",
        "Share of the amount due in the last 12 months that was paid by its due day; unpaid is late; the mean days "
        "late, weighted by amount, break ties",
        "share", True, ("invoices", "payments"),
        "customers with an invoice due in the last 12 months whose payment is known or missing",
    ),
    Measure(
        "most_profitable", "B12", "CFO", "Most profitable",
        "Net cash of the last 12 months: revenue less all cost that it caused",
        "reporting currency", True, ("payments|orders|costs",), "all current customers",
    ),
)  # fmt: skip
"""In the order of the product specification."""

KEYS: tuple[str, ...] = tuple(m.key for m in MEASURES)
