"""The lists that people work through."""

from valuekit.tables.published.columns import count, day, money, party, text, yes
from valuekit.tables.schema import Column, Table

CONTRACT_ISSUES = Table(
    "contract_issues",
    "contract term and what is wrong with it",
    (
        Column("party_id", "VARCHAR", "Party; missing when its record is unknown or the row was set aside"),
        text("system", "System"),
        text("contract", "Contract term"),
        text(
            "issue",
            "overlap, gap, end_before_start, missing_end, not_signed, backdated, no_price, no_party, "
            "cancelled_after_end, or set_aside: a row that is no contract for another reason",
        ),
        text("detail", "What is wrong, with the days"),
    ),
    key=("system", "contract", "issue"),
)


RENEWALS = Table(
    "renewals",
    "contract term that ends soon after the as-of date",
    (
        party(),
        text("system", "System"),
        text("contract", "Contract term"),
        Column("renews_on", "DATE", "First day after the term", unit="date", required=True),
        count("days_left", "Days from the as-of date"),
        yes("auto_renew", "It goes on unless the customer gives notice"),
        yes("notice_given", "The customer gave notice: it ends"),
        money("mrr", "Monthly recurring revenue of the term"),
    ),
    key=("system", "contract"),
)


STATUS_WORDS = Table(
    "status_words",
    "word of a payment provider, or of people, for who pays",
    (
        text("origin", "provider or manual"),
        text("status", "The word, as it was read"),
        text("meaning", "paying, not_paying, trial or unknown"),
        count("rows", "Rows that say it"),
        count("parties", "Parties whose latest status it is"),
    ),
    key=("origin", "status"),
)


PAYING_STATUS = Table(
    "paying_status",
    "party that somebody gave a paying status, or that pays",
    (
        party(),
        text("manual", "By hand: paying, not_paying, trial or unknown", required=False),
        day("manual_on", "Day it was set by hand"),
        text("provider", "By the payment provider: paying, not_paying, trial or unknown", required=False),
        day("provider_on", "Day the provider set it"),
        text("derived", "By payments, contracts and orders: paying or not_paying"),
        yes("stale", "Set by hand before the last event that changed whether it pays, and wrong now"),
        day("wrong_since", "Day of that event; missing unless stale"),
    ),
    key=("party_id",),
)


MANAGED_IN = Table(
    "managed_in",
    "current customer",
    (
        party(),
        text("system", "The one system that manages it"),
        text("rule", "The rule that says so"),
    ),
    key=("party_id",),
)


COMMISSIONS = Table(
    "commissions",
    "deal won: the day that earns the commission, under each rule",
    (
        text("system", "System"),
        text("deal", "Deal"),
        Column("party_id", "VARCHAR", "Party; missing when its record is unknown"),
        text("owner", "Salesperson", required=False),
        money("amount", "Value of the deal"),
        day("signed", "Under the rule `contract signed`"),
        day("first_payment", "Under the rule `first payment received`"),
        day("active_use", "Under the rule `customer uses it`"),
        yes("rules_disagree", "Due under one rule and not under another at the as-of date, or in another month"),
    ),
    key=("system", "deal"),
)


RELATIONSHIPS = Table(
    "relationships",
    "party that serves another without selling to it",
    (
        Column("party_id", "VARCHAR", "Served party", required=True),
        Column("served_by", "VARCHAR", "Serving party; missing when the company itself serves"),
        text("kind", "Type of relationship, as configured, such as person-person"),
        text("serving_role", "What the company calls the one that serves"),
        text("aim", "money: the served also buys. mission: it does not"),
    ),
)


TRADE = Table(
    "trade",
    "party that the company buys from",
    (
        party(),
        money("received", "Money received from it, refunds subtracted"),
        money("paid", "Money paid to it, negative"),
        money("net", "received + paid"),
        yes("is_customer", "It is a current customer too"),
    ),
    key=("party_id",),
)


CASH_AND_PROFIT = Table(
    "cash_and_profit",
    "sign of net cash and sign of profit, of current customers over 12 months",
    (
        yes("cash_positive", "Net cash of the last 12 months above zero: a customer by cash"),
        yes("profitable", "Profit of the last 12 months above zero"),
        text("label", "Name of the cell"),
        count("parties", "Customers in the cell"),
        money("net_cash_12m", "Their net cash"),
        money("profit_12m", "Their profit"),
    ),
    key=("cash_positive", "profitable"),
)


CASH_SPELLS = Table(
    "cash_spells",
    "external party with cash, a bill or an order",
    (
        party(),
        day("cash_positive_since", "First month from which on its net cash of twelve months is above zero to this day"),
        count("cash_positive_months", "Months since then, both counted; 0 for no customer by cash"),
        day("profitable_since", "First month from which on its profit of twelve months is above zero to this day"),
        count("profitable_months", "Months since then, both counted; 0 for one that is not profitable"),
    ),
    key=("party_id",),
)


CASH_AND_PROFIT_MONTHS = Table(
    "cash_and_profit_months",
    "month end, sign of net cash and sign of profit over twelve months, of the customers of then",
    (
        Column("as_of", "DATE", "Month end, or the as-of date", unit="date", required=True),
        yes("complete", "False for a month that is still running at the as-of date"),
        yes("cash_positive", "Net cash of the twelve months above zero: a customer by cash"),
        yes("profitable", "Profit of the twelve months above zero"),
        count("parties", "Customers in the cell"),
    ),
    key=("as_of", "cash_positive", "profitable"),
)
