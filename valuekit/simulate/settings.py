"""What the simulated company is like: every rate in one place, each with its meaning."""

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from valuekit.calendar import month_end
from valuekit.errors import ConfigError


@dataclass(frozen=True)
class Archetype:
    """A kind of buyer. Rates are per month under contract unless said otherwise."""

    name: str
    share: float
    """Share of all buyers."""
    price: float
    """Median price a month, in units of the buyer's currency."""
    spread: float
    """Standard deviation of the logarithm of the price."""
    annual: float
    """Share with annual contracts; the others pay by the month."""
    sales_led: float
    """Share sold by a salesperson, with a deal in the CRM; the others serve themselves."""
    use: float
    """Mean probability of using the product in a month."""
    tickets: float
    """Tickets a month."""
    agent: float
    """Share of tickets that an agent of the support team solves."""
    community: float
    """Share of tickets that the community solves; the rest is self-service."""
    minutes: float
    """Mean minutes of an agent for a ticket."""
    reviews: float = 0.0
    """Minutes of account management by sales, and again of success work by support, a quarter."""
    licence: float = 0.0
    """Cost of bought-in licences as a share of the price."""
    incentive: float = 0.0
    """Cash-back and retention gifts as a share of the price."""
    ideas: float = 0.004
    """Ideas a month."""
    advocacy: float = 1.0
    """Weight in the draw of who refers a new customer."""


ARCHETYPES = (
    Archetype("starter", 0.27, 45, 0.35, 0.08, 0.36, 0.85, 0.12, 0.40, 0.10, 16),
    Archetype("standard", 0.42, 220, 0.50, 0.36, 0.87, 0.88, 0.30, 0.65, 0.10, 28),
    Archetype("enterprise", 0.06, 1700, 0.45, 0.95, 1.00, 0.94, 1.40, 0.80, 0.05, 36, reviews=170),
    Archetype("heavy_service", 0.06, 320, 0.30, 0.50, 0.92, 0.92, 6.50, 0.95, 0.02, 62, reviews=40, incentive=0.14),
    Archetype("volume_buyer", 0.025, 2300, 0.35, 0.70, 1.00, 0.92, 0.50, 0.80, 0.05, 30, reviews=60, licence=0.84),
    Archetype("community_helper", 0.05, 150, 0.40, 0.30, 0.80, 0.95, 0.90, 0.08, 0.57, 20, advocacy=6.0),
    Archetype("idea_giver", 0.045, 260, 0.45, 0.45, 0.90, 0.95, 0.40, 0.50, 0.25, 25, ideas=0.22, advocacy=3.0),
    Archetype("dormant", 0.07, 140, 0.45, 0.45, 0.85, 0.06, 0.04, 0.70, 0.00, 20),
)


@dataclass(frozen=True)
class Settings:
    """Rates of the simulated company.

    Shares are of buyers unless said otherwise. The defaults give four team counts that contradict each other in about
    the proportion marketing 750, finance 620, sales 500, product 480.
    """

    # --- the window
    data_end: date = date(2026, 6, 30)
    """Last day of the data; the end of a month."""
    months: int = 36
    """Months of history up to the data end."""
    growth: float = 0.01
    """How much more buyers start in each month, as a share of the first month's."""
    archetypes: tuple[Archetype, ...] = ARCHETYPES

    # --- parties beside the buyers, as a share of their number
    prospects: float = 0.22
    """Parties that engage and never buy."""
    prospects_on_trial: float = 0.80
    """Share of prospects that start a trial; they use the product and do not pay."""
    contacts: float = 0.06
    """Parties that are known by name only."""
    people: float = 0.22
    """Share of organisations in the CRM that have people recorded under them: one to three."""
    served: float = 0.06
    """Parties that are served with the product: they use it and never pay."""
    served_by_company: float = 0.15
    """Share of the served whom the company serves itself; a buyer serves the others."""
    suppliers: float = 0.02
    """Parties that only sell to the company."""
    internal: float = 0.004
    """Accounts of the company itself."""
    tests: float = 0.004
    """Test accounts, with a contract and a payment of one euro."""

    # --- how buyers buy
    engaged: float = 0.83
    """Buyers with a marketing contact."""
    trial_first: float = 0.35
    """Buyers that try before they buy."""
    persons: float = 0.05
    """Buyers that are persons with a mailbox at a shared provider."""
    supplier_buyers: float = 0.012
    """Buyers that also sell to the company."""
    signed_unpaid: float = 0.03
    """Buyers that sign and never pay."""
    without_contract: float = 0.015
    """Buyers that pay though nobody recorded a contract."""
    fully_refunded: float = 0.012
    """Buyers whose only payment is refunded in full."""
    second_subscriptions: float = 0.04
    """Buyers under contract that take a second, monthly subscription beside the first."""
    subsidiaries: float = 0.015
    """Buyers whose parent organisation is another buyer."""
    currencies: tuple[tuple[str, float], ...] = (("EUR", 0.66), ("USD", 0.20), ("GBP", 0.14))
    """Currencies of contracts and their shares; the first is the reporting currency."""

    # --- contracts
    annual_renewal: tuple[float, float] = (5.2, 1.2)
    """Beta distribution of the probability that a buyer renews an annual contract."""
    monthly_renewal: tuple[float, float] = (19.0, 0.48)
    """Beta distribution of the probability that a buyer keeps a monthly contract for another month."""
    annual_change: float = 0.30
    """Probability that the price changes when an annual contract is renewed."""
    monthly_change: float = 0.015
    """Probability that the price of a monthly contract changes in a month."""
    upgrades: float = 0.75
    """Share of price changes that go up."""
    cancelled: float = 0.6
    """Share of ended contracts for which the customer gave notice; the others lapse."""
    reactivated: float = 0.10
    """Share of ended customers that come back with a new contract."""
    pays_after_lapse: float = 0.30
    """Share of lapsed annual customers that keep paying by the month without contract."""
    at_once: float = 0.4
    """Share of cancelled contracts of a single month that end on a day within it."""
    signed_late: float = 0.006
    """Share of first contracts that were signed weeks after they had started."""
    recorded_late: float = 0.006
    """Share of contract terms recorded months after they were signed."""

    # --- faults in the contract register; none of them changes what the contract really is
    overlaps: float = 0.012
    """Share of renewals that are written down twice: two terms run at once."""
    gaps: float = 0.015
    """Share of renewals that are written to start days after the term before has ended."""
    endless: float = 0.006
    """Share of annual terms without a last day."""
    drafts: float = 0.08
    """Share of annual terms that lapsed in the last year for which a renewal was drafted and never signed."""
    orphans: float = 0.0006
    """Rows that name no customer, as a share of annual terms."""

    # --- money
    late_payers: float = 0.22
    """Buyers that pay weeks after the due date."""
    uncollectible: float = 0.003
    """Share of invoices that are never paid, for no reason that is known."""
    void_invoices: float = 0.002
    """Share of invoices that are issued twice, the second one void."""
    refunds: float = 0.004
    chargebacks: float = 0.0015
    credits: float = 0.003
    """Shares of payments that are followed by a refund, a chargeback or a credit."""
    booked_later: float = 0.015
    """Share of payments, deals and days of use that are recorded in a later month."""
    returns_booked_later: float = 0.3
    """The same of refunds, chargebacks and credits."""
    suppliers_named: float = 0.6
    """Share of hosting, campaigns and travel for which the ledger names the supplier."""
    orders: float = 0.01
    """One-off purchases (training days) a month under contract."""
    tax: tuple[tuple[str, float], ...] = ()
    """Rate of the tax on top of the price, by currency of the buyer; prices and truth are without it."""

    # --- use, service, community
    features: int = 8
    never_onboarded: float = 0.02
    """Buyers that never use what they bought."""
    decline: float = 0.45
    """What is left of the probability of use in the last two months before a contract ends."""
    referred: float = 0.07
    """Buyers that another buyer referred."""
    joined_anyway: float = 0.30
    """Share of referrals that made no difference."""

    # --- mess in the records
    duplicates_typo: float = 0.02
    """Parties with a second CRM record whose name is misspelt and which shares no exact key."""
    duplicates_exact: float = 0.02
    """Parties with a second lead that shares the e-mail address."""
    two_billing_ids: float = 0.006
    """Buyers with two accounts at the payment provider."""
    other_contact: float = 0.24
    """Share of records with another e-mail address, joined by domain and name."""
    unmatched: float = 0.012
    """Share of records, beside a party's first, that share no exact key with the others."""
    linked: float = 0.012
    """Share of records, beside a party's first, that only a link of kind `same` joins."""
    missing_record: float = 0.004
    """Share of events whose record is missing; for payments a quarter of it."""
    missing_minutes: float = 0.01
    """Share of agent tickets whose minutes nobody wrote down."""
    stale_status: float = 0.30
    """Share of manual paying statuses that nobody changed when the customer left."""
    unknown_status: float = 0.002
    """Share of the provider's statuses that say a word of its own making."""
    broken: float = 0.001
    """Share of rows that break the contract of their table; at least one of each kind."""

    # --- what the company pays, in euro cents
    support_minute: int = 80
    sales_minute: int = 105
    marketing_minute: int = 75
    """Cost of a minute in the first year; wages rise by `wage_growth` a year."""
    wage_growth: float = 0.03
    utilisation: float = 0.92
    """Share of the practical capacity of a team that is used before another person is hired."""
    minutes_per_person: int = 8400
    """Practical capacity of a person in a month."""
    event_cost: int = 7
    """Hosting, for one event of use."""
    events_per_price: float = 0.45
    """Events on a day of use, for one unit of monthly price."""
    payment_fee: float = 0.02
    """Share of a payment that the provider keeps."""
    engagement_costs: tuple[tuple[str, int], ...] = (
        ("campaign", 5200), ("download", 2900), ("trial_start", 3600), ("trial_end", 0), ("event", 33000),
    )  # fmt: skip
    """What one marketing contact of each kind costs."""
    office_per_person: int = 250000
    """General cost a month for each person of the teams."""
    campaigns_named: bool = False
    """Whether each contact that costs belongs to a campaign, and the ledger has a line for each campaign and month."""
    hosting_elasticity: float = 1.0
    """By how many percent hosting costs more when its events are one percent more; above 0 and up to 1. An event costs
    `event_cost` in the month with the most of them; what parties caused is planted at that price."""
    hosting_noise: float = 0.0
    """Standard deviation of the logarithm of a month's hosting cost, beside its volume."""

    def __post_init__(self) -> None:
        if not 0 < self.hosting_elasticity <= 1:
            what = f"hosting_elasticity is {self.hosting_elasticity}: expected above 0 and up to 1."
            raise ConfigError(what, where="settings", next_step="At 1, hosting costs in proportion to its events.")
        if self.data_end != month_end(self.data_end) or self.months < 1:
            what = f"a window of {self.months} months to {self.data_end} is not whole months."
            raise ConfigError(what, where="settings", next_step="End it on the last day of a month.")

    def as_json(self) -> dict[str, Any]:
        """Return the settings as they are written beside the data."""
        return {**asdict(self), "data_end": self.data_end.isoformat()}


@dataclass(frozen=True)
class Summary:
    """What a simulation wrote."""

    folder: str
    data_end: date
    seed: int
    customers: int
    rows: dict[str, int]
    """Rows of each table, broken ones included."""
    broken: dict[str, int]
    """Rows of each canonical table that break its contract on purpose."""
    settings: Settings = field(repr=False)
