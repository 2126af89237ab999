"""The definitions that every company starts with: the headline, the four teams, and further presets."""

from dataclasses import replace

from valuekit.lifecycle.definitions import Definition
from valuekit.lifecycle.predicates import CUSTOMER, PAYING

_OUTSIDE = "stage <> 'supplier'"
_SIGNED_AND_PAID_ON = "CASE WHEN has_contract AND has_paid THEN GREATEST(signed_on, first_paid_on) END"
_BECAME_CUSTOMER_ON = f"LEAST({_SIGNED_AND_PAID_ON}, first_ordered_on)"
"""Signature and payment together make a customer: the later day counts. An order is both."""
_FIRST_MONEY_ON = "LEAST(first_paid_on, first_ordered_on)"

_PRESETS = (
    Definition(
        "paid_current", "Customers", "Finance", "billing",
        "Paid, current customers according to {system}, as of {as_of}", CUSTOMER, headline=True,
        event_on=_BECAME_CUSTOMER_ON,
        counts="Signed and paid, and the contract runs; or ordered in the last {order_churn_days} days. In use or not",
        excludes="Trials, unpaid or refunded contracts, payments without contract, and whoever left",
    ),
    Definition(
        "sales", "Bought", "Sales", "crm",
        "Parties with a deal won or an order placed by {as_of}, in use or not, according to {system}",
        "won_on IS NOT NULL OR first_ordered_on IS NOT NULL",
        event_on="LEAST(won_on, first_ordered_on)",
        counts="Every deal won and every order, since the data begin; also those who left, or never paid",
        excludes="Customers who bought by themselves, without a deal",
    ),
    Definition(
        "marketing", "Engaged", "Marketing", "marketing",
        "Parties that answered a campaign, downloaded something or started a trial by {as_of}, according to {system}",
        f"engaged_on IS NOT NULL AND {_OUTSIDE}",
        event_on="engaged_on",
        counts="Whoever has had one marketing contact, customer or not",
        excludes="Customers whom no campaign ever reached; suppliers and partners",
    ),
    Definition(
        "finance", "Signed and paid", "Finance", "billing",
        "Parties that signed a contract or ordered, and whose payments by {as_of} exceed their refunds, "
        "according to {system}",
        "(has_contract AND has_paid) OR has_ordered",
        event_on=_BECAME_CUSTOMER_ON,
        counts="A contract and money received for it, or an order kept; also those who left",
        excludes="Contracts unpaid or refunded in full, and payments without contract",
    ),
    Definition(
        "product", "Used in the calendar month", "Product", "product",
        "Parties that used the product, trials too, from {month_to_date}, according to {system}",
        f"used_this_month AND {_OUTSIDE}",
        event_on="first_used_on",
        counts="One use in the calendar month of the date, trials and served parties too",
        excludes="Customers who did not use it in this month, though perhaps in the last 30 days",
    ),
    Definition(
        "interest", "Showed interest", "Marketing", "marketing",
        "Parties with a marketing contact, a trial, a deal or use of the product by {as_of}, according to {system}",
        f"COALESCE(engaged_on, trial_started_on, opened_on, first_used_on) IS NOT NULL AND {_OUTSIDE}",
        event_on="LEAST(engaged_on, trial_started_on, opened_on, first_used_on)",
        counts="Any sign of interest: a marketing contact, a trial, a deal, won or not, or use",
        excludes="Parties that are merely known; suppliers and partners",
    ),
    Definition(
        "signed", "Signed a contract", "Sales", "contracts",
        "Parties that signed a contract by {as_of}, paid or not, according to {system}", "has_contract",
        event_on="signed_on",
        counts="Every signature since the data begin; also contracts that ended, start later or are unpaid",
        excludes="Orders without a contract",
    ),
    Definition(
        "first_payment", "Made a payment", "Finance", "billing",
        "Parties that paid or ordered by {as_of} and were not refunded in full, contract or not, according to {system}",
        "has_paid OR has_ordered",
        event_on=_FIRST_MONEY_ON,
        counts="Money received and kept, with a contract or without; also from those who left",
        excludes="Whoever was refunded in full",
    ),
    Definition(
        "paying_30_days", "Paying for more than 30 days", "Finance", "billing",
        "Current customers whose first payment or order lies more than 30 days before {as_of}, according to {system}",
        f"{CUSTOMER} AND LEAST(first_paid_on, first_ordered_on) < as_of - 30",
        event_on=f"{_FIRST_MONEY_ON} + 31",
        counts="Current customers past their first 30 days",
        excludes="Current customers in their first 30 days",
    ),
    Definition(
        "used_this_month", "Customers who used it in the calendar month", "Product", "product",
        "Current customers that used the product from {month_to_date}, according to {system}",
        f"used_this_month AND {CUSTOMER}",
        event_on="first_used_on",
        counts="Current customers with one use in the calendar month of the date",
        excludes="Trials and served parties; customers without use in this month",
    ),
    Definition(
        "used_30_days", "Used in the last 30 days", "Product", "product",
        "Parties that used the product, trials too, in the 30 days to {as_of}, according to {system}",
        f"last_used_on >= as_of - 30 AND {_OUTSIDE}",
        event_on="first_used_on",
        counts="One use in the last 30 days, whatever month it was in, trials and served parties too",
        excludes="Customers without use in the last 30 days",
    ),
    Definition(
        "net_cash_positive", "Customers by cash", "Finance", "ledger",
        "External parties that have brought in more cash than they cost, all months to {as_of}, according to {system}",
        "net_cash > 0",
        event_on=_FIRST_MONEY_ON,
        counts="External parties with net cash above zero over all months; also those who left",
        excludes="Customers who cost more than they bring in, whatever they pay",
    ),
    Definition(
        "paying", "Paying", "Finance", "billing",
        "Parties whose payments cover {as_of}, with {payment_grace_days} days of grace, or that ordered in the last "
        "{order_active_days} days, according to {system}",
        PAYING,
        event_on=_FIRST_MONEY_ON,
        counts="Parties whose last payment still covers the date, with a contract or without; recent orders",
        excludes="Customers whose payment is late, and trials",
    ),
    Definition(
        "using", "Bought and uses", "Product", "product",
        "Parties that bought and used the product in the {active_days} days to {as_of}, according to {system}",
        "(has_contract OR has_paid OR has_ordered) AND last_used_on >= as_of - active_days",
        event_on="first_used_on",
        counts="Use in the last {active_days} days by whoever signed, paid or ordered; also those who left and use on",
        excludes="Trials, served parties, and buyers without recent use",
    ),
    Definition(
        "using_not_paying", "Using, not paying", "Product", "product",
        "Parties that used the product in the {active_days} days to {as_of} and do not pay for it: trials and others, "
        "according to {system}",
        f"last_used_on >= as_of - active_days AND NOT {PAYING} AND {_OUTSIDE}",
        event_on="first_used_on",
        counts="Trials, served parties, late payers and those who left, as long as they use it",
        excludes="Everybody whose payments cover the date, and everybody without recent use",
    ),
)  # fmt: skip

BUILTIN: tuple[Definition, ...] = tuple(replace(d, system_is_role=True) for d in _PRESETS)
"""The headline, the four teams, and further presets. An order is contract and payment at once. The systems are roles:
where the data know no system of that name, the only one that holds its table plays the part."""
