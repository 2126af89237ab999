"""The canonical input tables: what a company's systems are read into. All optional except `records`.

Dates are dates. Amounts are DECIMAL in the row's own currency. `record` is the id of the party record that the row
speaks of, in the same `system`.
"""

from valuekit.money import MONEY, RATE
from valuekit.tables.schema import Check, Column, Table

MINUTES = "DECIMAL(12,2)"

CONTRACT_KINDS = ("new", "renewal", "change")
COST_FUNCTIONS = ("cost_of_goods", "marketing", "sales", "support", "incentives", "other", "general")


def _system() -> Column:
    return Column("system", "VARCHAR", "System that the row comes from", required=True)


def _id(of: str) -> Column:
    return Column("id", "VARCHAR", f"The {of}'s id in that system", required=True)


def _record(*, required: bool = False) -> Column:
    meaning = "Id of the party record in that system" + ("" if required else "; missing means unattributed")
    return Column("record", "VARCHAR", meaning, required=required)


def _day(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name, "DATE", meaning, unit="date", required=required)


def _amount(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name, MONEY, meaning, unit="currency", required=required, money=True)


def _currency(*, required: bool = True) -> Column:
    return Column("currency", "VARCHAR", "ISO 4217 code of the row's amounts", required=required)


def _tax() -> Column:
    return _amount("tax", "Tax inside the amount, which is nobody's revenue; missing means that the amount has none")


_TAX_IS_PART = Check(
    "tax_is_part", "tax BETWEEN LEAST(amount, 0) AND GREATEST(amount, 0)", "tax is a part of the amount, of its sign"
)


def _recorded() -> Column:
    return _day("recorded_on", "Day the system recorded the row; missing means on the day it happened")


def _not_negative(column: str, what: str) -> Check:
    return Check(f"{column}_not_negative", f"{column} >= 0", f"{what} is not negative")


def _in_order(first: str, last: str, what: str) -> Check:
    return Check(f"{last}_not_before_{first}", f"{last} >= {first}", what)


RECORDS = Table(
    "records",
    "party record in a system",
    (
        _system(),
        _record(required=True),
        Column("name", "VARCHAR", "Name of the person or organisation"),
        Column("email", "VARCHAR", "E-mail address"),
        Column("domain", "VARCHAR", "Internet domain"),
        Column("phone", "VARCHAR", "Telephone number"),
        Column("tax_id", "VARCHAR", "Tax or company registration number"),
        Column("city", "VARCHAR", "Town of its address"),
        Column("postcode", "VARCHAR", "Postal code of its address"),
        _day("born_on", "Day of birth of a person"),
        Column("billing_id", "VARCHAR", "Id of the paying account at the payment provider"),
        Column("kind", "VARCHAR", "What the party is", values=("person", "organisation", "group")),
        Column(
            "role",
            "VARCHAR",
            "What the party is to the company; missing means buyer",
            values=("buyer", "served", "supplier", "partner", "internal", "test"),
        ),
        Column("parent", "VARCHAR", "Record of the parent organisation in the same system"),
        _day("created_on", "Day the record was created"),
        _recorded(),
    ),
    key=("system", "record"),
    parties=("record",),
)

LINKS = Table(
    "links",
    "known relation between two records",
    (
        _system(),
        Column("from_record", "VARCHAR", "First record, in `system`", required=True),
        Column("to_system", "VARCHAR", "System of the second record", required=True),
        Column("to_record", "VARCHAR", "Second record", required=True),
        Column(
            "kind",
            "VARCHAR",
            "`same`: one party. `parent`: the second owns the first. `serves`: the first serves the second",
            required=True,
            values=("same", "parent", "serves"),
        ),
        _recorded(),
    ),
    key=("system", "from_record", "to_system", "to_record", "kind"),
)

ENGAGEMENTS = Table(
    "engagements",
    "marketing contact",
    (
        _system(),
        _id("contact"),
        _record(),
        _day("engaged_on", "Day of the contact", required=True),
        Column(
            "kind",
            "VARCHAR",
            "Kind of contact",
            required=True,
            values=("campaign", "download", "trial_start", "trial_end", "event"),
        ),
        Column("campaign", "VARCHAR", "Campaign that it belongs to"),
        _recorded(),
    ),
    key=("system", "id"),
    parties=("record",),
)

OPPORTUNITIES = Table(
    "opportunities",
    "deal",
    (
        _system(),
        _id("deal"),
        _record(),
        _day("opened_on", "Day the deal was opened"),
        _day("closed_on", "Day the deal was won or lost"),
        Column("status", "VARCHAR", "State of the deal", required=True, values=("open", "won", "lost")),
        _amount("amount", "Value of the deal"),
        _currency(required=False),
        Column("owner", "VARCHAR", "Salesperson"),
        _recorded(),
    ),
    key=("system", "id"),
    checks=(
        _in_order("opened_on", "closed_on", "a deal does not close before it opens"),
        Check("closed_has_date", "status = 'open' OR closed_on IS NOT NULL", "a won or lost deal has its closing day"),
    ),
    parties=("record",),
)

CONTRACTS = Table(
    "contracts",
    "contract term (a renewal or a changed price is a new row)",
    (
        _system(),
        _id("contract term"),
        _record(),
        _day("signed_on", "Day of signature; missing means not signed"),
        _day("starts_on", "First day of the term", required=True),
        _day("ends_on", "Last day of the term; missing means open-ended"),
        _day("cancelled_on", "Day the customer gave notice"),
        Column("auto_renew", "BOOLEAN", "True when the contract goes on after `ends_on` unless cancelled"),
        _amount("amount", "Price of one whole term, without tax", required=True),
        _currency(),
        Column("term_months", "INTEGER", "Length of one term", unit="months", required=True),
        Column("kind", "VARCHAR", "Why the row exists", values=CONTRACT_KINDS),
        _recorded(),
    ),
    key=("system", "id"),
    checks=(
        _in_order("starts_on", "ends_on", "a contract does not end before it starts"),
        Check("term_positive", "term_months > 0", "a term has at least one month"),
        _not_negative("amount", "a contract's price"),
    ),
    parties=("record",),
)

INVOICES = Table(
    "invoices",
    "invoice",
    (
        _system(),
        _id("invoice"),
        _record(),
        Column("contract", "VARCHAR", "Contract term that is billed"),
        _day("issued_on", "Day of the invoice", required=True),
        _day("due_on", "Day by which it should be paid"),
        _amount("amount", "Amount billed, with the tax that `tax` states", required=True),
        _currency(),
        _tax(),
        Column("status", "VARCHAR", "State", required=True, values=("open", "paid", "void", "uncollectible")),
        _recorded(),
    ),
    key=("system", "id"),
    checks=(_in_order("issued_on", "due_on", "an invoice is not due before it is issued"), _TAX_IS_PART),
    parties=("record",),
)

PAYMENTS = Table(
    "payments",
    "movement of money",
    (
        _system(),
        _id("payment"),
        _record(),
        Column("invoice", "VARCHAR", "Invoice that is paid"),
        _day("paid_on", "Day the money moved", required=True),
        _amount("amount", "Amount moved; refunds and chargebacks are negative", required=True),
        _currency(),
        _tax(),
        Column(
            "kind", "VARCHAR", "Kind of movement", required=True, values=("payment", "refund", "chargeback", "credit")
        ),
        _recorded(),
    ),
    key=("system", "id"),
    checks=(
        Check("payment_not_negative", "kind <> 'payment' OR amount >= 0", "a payment is not negative"),
        Check("refund_not_positive", "kind = 'payment' OR amount <= 0", "a refund or chargeback is not positive"),
        _TAX_IS_PART,
    ),
    parties=("record",),
)

ORDERS = Table(
    "orders",
    "purchase without contract",
    (
        _system(),
        _id("order"),
        _record(),
        _day("ordered_on", "Day of the order", required=True),
        _amount("amount", "Amount of the order; returns are negative", required=True),
        _currency(),
        _tax(),
        _amount("cost_of_goods", "Cost of the goods sold; negative when they come back"),
        Column("returns_order", "VARCHAR", "Order that this one returns"),
        _recorded(),
    ),
    key=("system", "id"),
    checks=(Check("return_not_positive", "returns_order IS NULL OR amount <= 0", "returns are negative"), _TAX_IS_PART),
    parties=("record",),
)

USAGE = Table(
    "usage",
    "use of a feature on a day",
    (
        _system(),
        _record(required=True),
        _day("used_on", "Day of use", required=True),
        Column("feature", "VARCHAR", "Feature used", required=True),
        Column("events", "BIGINT", "How often", unit="events", required=True),
        _recorded(),
    ),
    key=("system", "record", "used_on", "feature"),
    checks=(Check("events_positive", "events > 0", "use has at least one event"),),
    parties=("record",),
)

TICKETS = Table(
    "tickets",
    "need for help",
    (
        _system(),
        _id("ticket"),
        _record(),
        _day("opened_on", "Day it was opened", required=True),
        _day("closed_on", "Day it was solved"),
        Column("channel", "VARCHAR", "Who helped", required=True, values=("agent", "community", "self_service")),
        Column("minutes", MINUTES, "Work by the support team", unit="minutes"),
        _recorded(),
    ),
    key=("system", "id"),
    checks=(
        _in_order("opened_on", "closed_on", "a ticket does not close before it opens"),
        _not_negative("minutes", "work"),
    ),
    parties=("record",),
)

ACTIVITIES = Table(
    "activities",
    "piece of work done for a party",
    (
        _system(),
        _id("piece of work"),
        _record(),
        _day("done_on", "Day of the work", required=True),
        Column("function", "VARCHAR", "Who worked", required=True, values=("marketing", "sales", "support")),
        Column("activity", "VARCHAR", "What was done", required=True),
        Column("minutes", MINUTES, "Time it took", unit="minutes"),
        _amount("direct_cost", "Money spent on this party alone; part of the ledger's pool for the function"),
        _currency(required=False),
        _recorded(),
    ),
    key=("system", "id"),
    checks=(_not_negative("minutes", "time"), _not_negative("direct_cost", "direct cost")),
    parties=("record",),
)

COSTS = Table(
    "costs",
    "line of the cost ledger",
    (
        _system(),
        _id("ledger line"),
        _day(
            "month",
            "The month it belongs to, by its name: its first day, also where months are made of weeks",
            required=True,
        ),
        Column("function", "VARCHAR", "What the cost is for", required=True, values=COST_FUNCTIONS),
        Column("pool", "VARCHAR", "Cost pool", required=True),
        _amount("amount", "Cost; positive is money spent", required=True),
        _currency(),
        Column("practical_capacity_minutes", MINUTES, "Time the pool could work in the month", unit="minutes"),
        Column("record", "VARCHAR", "Party that the cost is for, when direct"),
        Column("campaign", "VARCHAR", "Campaign that the cost is for, as `engagements` names it"),
        Column("supplier", "VARCHAR", "Record of the party that was paid, where it is known"),
        _recorded(),
    ),
    key=("system", "id"),
    checks=(
        Check("month_is_first_day", "month = DATE_TRUNC('month', month)", "a ledger month is its first day"),
        _not_negative("practical_capacity_minutes", "capacity"),
    ),
    parties=("record", "supplier"),
)

REFERRALS = Table(
    "referrals",
    "referral of one party by another",
    (
        _system(),
        _id("referral"),
        Column("referrer", "VARCHAR", "Record that recommended", required=True),
        Column("referred", "VARCHAR", "Record that was recommended", required=True),
        _day("referred_on", "Day of the referral", required=True),
        Column("would_have_joined_anyway", "BOOLEAN", "True when the referral made no difference, as far as known"),
        _recorded(),
    ),
    key=("system", "id"),
    checks=(Check("not_self", "referrer <> referred", "nobody refers himself"),),
    parties=("referrer", "referred"),
)

IDEAS = Table(
    "ideas",
    "contributed idea or stated requirement",
    (
        _system(),
        _id("idea"),
        _record(),
        _day("submitted_on", "Day it was submitted", required=True),
        Column("kind", "VARCHAR", "An `idea` for the product or a `requirement` of the party", required=True,
               values=("idea", "requirement")),
        Column("status", "VARCHAR", "State; requirements are met or unmet, ideas accepted or rejected", required=True,
               values=("open", "accepted", "rejected", "met", "unmet")),
        _amount("value_estimate", "Estimated value of an accepted idea"),
        _currency(required=False),
        _recorded(),
    ),
    key=("system", "id"),
    parties=("record",),
)  # fmt: skip

STATUSES = Table(
    "statuses",
    "paying status of a record, by a payment provider or set by hand",
    (
        _system(),
        _record(required=True),
        Column("status", "VARCHAR", "Status in the words of its origin", required=True),
        _day("updated_on", "Day it was set", required=True),
        Column("origin", "VARCHAR", "Who set it", required=True, values=("provider", "manual")),
        _recorded(),
    ),
    key=("system", "record", "origin", "updated_on"),
    parties=("record",),
)

FX_RATES = Table(
    "fx_rates",
    "currency and date",
    (
        Column("currency", "VARCHAR", "ISO 4217 code", required=True),
        _day("rate_on", "Day from which the rate holds, until the next", required=True),
        Column("rate", RATE, "Units of the reporting currency for one unit of `currency`", required=True),
    ),
    key=("currency", "rate_on"),
    checks=(Check("rate_positive", "rate > 0", "a rate is positive"),),
)

CANONICAL: dict[str, Table] = {
    t.name: t
    for t in (
        RECORDS, LINKS, ENGAGEMENTS, OPPORTUNITIES, CONTRACTS, INVOICES, PAYMENTS, ORDERS,
        USAGE, TICKETS, ACTIVITIES, COSTS, REFERRALS, IDEAS, STATUSES, FX_RATES,
    )
}  # fmt: skip


def accepted(table: Table) -> Table:
    """Return the declaration of the table as the domain reads it.

    Each amount gains `reporting_<column>` in the reporting currency, at the rate of the row's date.

    >>> accepted(PAYMENTS).names[-2:]
    ['reporting_amount', 'reporting_tax']
    """
    return table.plus(
        *(Column(f"reporting_{c}", MONEY, f"`{c}` in the reporting currency", unit="reporting currency")
          for c in table.money)
    )  # fmt: skip


def event_date(table: Table) -> str | None:
    """Return the column that dates a row: nothing later than `as_of` may enter a fact.

    >>> event_date(PAYMENTS), event_date(FX_RATES), event_date(RECORDS)
    ('paid_on', 'rate_on', 'created_on')
    """
    return _EVENT_DATES.get(table.name)


_EVENT_DATES = {
    "records": "created_on",
    "engagements": "engaged_on",
    "opportunities": "opened_on",
    "contracts": "signed_on",
    "invoices": "issued_on",
    "payments": "paid_on",
    "orders": "ordered_on",
    "usage": "used_on",
    "tickets": "opened_on",
    "activities": "done_on",
    "costs": "month",
    "referrals": "referred_on",
    "ideas": "submitted_on",
    "statuses": "updated_on",
    "fx_rates": "rate_on",
}
