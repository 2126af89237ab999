"""Lifetime value and the segments by it."""

from valuekit.tables.published.columns import count, day, money, number, party, text, yes
from valuekit.tables.published.vocabulary import HORIZON_YEARS, STREAMS, VALUE_NOTES
from valuekit.tables.schema import Column, Table

EXPECTED_COST = Table(
    "expected_cost",
    "valued party and function that is in the books",
    (
        party(),
        text("function", "marketing (that keeps), sales, support, incentives, other, or goods (of contracts)"),
        money("monthly", "Expected cash of a month of the next year, while it is a customer; cost is negative"),
        money(
            "low", "Dear end of the 80 % interval of that mean month; missing where too few can tell", required=False
        ),
        money("high", "Cheap end of it", required=False),
        money(
            "own",
            "Its own mean month, of the last 12, with what follows the money at its recurring revenue; missing without "
            "a month after the first payment",
            required=False,
        ),
        money("peer", "What customers like it cost a month"),
        number("own_weight", "Weight of its own months", "share"),
        text("basis", "own: its history decides; pooled: its peers do; prior: its peers alone"),
        text(
            "model",
            "glm: peers by a model of contract, stage, size, tenure and use. mean: by kind, a head and by its size",
        ),
    ),
    key=("party_id", "function"),
)


COST_MODELS = Table(
    "cost_models",
    "function whose cost is expected",
    (
        text("function", "marketing, sales, support, incentives, other or goods"),
        text("model", "glm or mean"),
        text("note", "Why no model was fitted; empty for a model"),
        count("customers", "Customers that it learnt from"),
        count("with_cost", "Of these, with any cost in the last 12 months"),
        count("cells", "Cells of like customers"),
        number("monthly", "Mean cash of a customer's month", "reporting currency"),
        number(
            "own_months", "Own months that weigh as much as the peers of a mean customer; missing: none do", "months"
        ),
        number("between", "Squared coefficient of variation between like customers"),
        number("dispersion", "Variance of a month over its mean to the power of 1.5; missing where stated"),
    ),
    key=("function",),
)


CUBE = Table(
    "cube",
    "party and stream that is not zero",
    (
        party(),
        Column("stream", "VARCHAR", "Stream of cash", required=True, values=STREAMS),
        *(money(f"year_{y}", f"Expected cash in year {y} after the as-of date, not discounted")
          for y in range(1, HORIZON_YEARS + 1)),
        money(
            "later", "Expected cash of orders and contracts after these years, at today's value and the party's rate; "
            "missing without a rate",
            required=False,
        ),
    ),
    key=("party_id", "stream"),
)  # fmt: skip


LTV = Table(
    "ltv",
    "party that has paid more than it got back",
    (
        party(),
        text("model", "Model behind the value"),
        text("basis", "own: its history decides; pooled: shared with its peers; prior: its peers alone"),
        number(
            "own_weight",
            "Weight of its own history: in its renewals, or half in its purchases and half in what it spends; money "
            "that comes as others brought it after they had left counts 0",
            "share",
        ),
        number("p_alive", "Probability that it is still a customer", "probability"),
        money("ltv", "Expected discounted cash at the run's horizon and the party's discount rate"),
        money(
            "ltv_infinite",
            "The same over all the future: ten years, then `later`; missing without a rate",
            required=False,
        ),
        number("discount_rate", "Yearly rate at which its cash is discounted; advocacy at that of all", "share"),
    ),
    key=("party_id",),
)


def _interval_columns() -> tuple[Column, ...]:
    return (
        money("deviation_by_parameters", "Standard deviation by what is not known of the models' parameters"),
        money("deviation", "Standard deviation in all: by parameters, and by chance"),
        *(
            money(f"{side}_{level}", f"{words} end of the {level} % interval")
            for level in (50, 80, 95)
            for side, words in (("low", "Low"), ("high", "High"))
        ),
    )


LTV_INTERVALS = Table(
    "ltv_intervals",
    "party that has paid more than it got back",
    (
        party(),
        *_interval_columns(),
        yes("by_prior", "True where a stated prior stands for a fit, and its stated error widens the interval"),
    ),
    key=("party_id",),
)


VALUE_SUMS = Table(
    "value_sums",
    "scope and group of valued parties",
    (
        text("scope", "company, customers, stage, tier, or cohort: the year of the first money"),
        text(
            "name",
            "The stage, tier or year; `all` for the company; of customers, `current` (active or inactive) or `other`",
        ),
        count("parties", "Parties in it"),
        money("ltv", "Their lifetime value"),
        *_interval_columns(),
    ),
    key=("scope", "name"),
)


VALUE_SENSITIVITY = Table(
    "value_sensitivity",
    "lever and change",
    (
        text("lever", "retention, margin, discount_rate or, where future acquisition is stated, acquisition_cost"),
        number("change", "How much it is moved", "share of itself"),
        money("value", "Customer equity with the change: all values, and future acquisition where stated"),
        money("difference", "Less what it is without"),
        number(
            "elasticity",
            "Share by which value changes, over the share by which the lever does: mean of both sides of the change; "
            "missing where customer equity is not above 0",
        ),
    ),
    key=("lever", "change"),
)


CUSTOMER_EQUITY = Table(
    "customer_equity",
    "part of customer equity",
    (
        text(
            "part",
            "current: customers today, active or inactive. other: others who are valued, if any. future: who is yet to "
            "be won, less what winning costs. total: all of them",
        ),
        number("parties", "Parties in it; for future ones, as many as are stated", "count"),
        money("value", "Discounted value"),
        money("each", "Value of a new customer from its start, before what winning it costs", required=False),
    ),
    key=("part",),
)


COLLECTION_RATES = Table(
    "collection_rates",
    "kind of customer and age of an open bill",
    (
        yes("in_force", "A contract of the customer was in force on the day"),
        count("age_days", "Days since it was issued, at least: 15 to a row"),
        count("bills", "Bills that were open at such an age, half a year ago and more"),
        number("share", "Share of them that comes; never more than of younger ones", "share"),
    ),
    key=("in_force", "age_days"),
)


BUYERS = Table(
    "buyers",
    "party that has bought without contract, as the models of purchases know it",
    (
        party(),
        day("first_bought_on", "Day of its first purchase: one that was not returned whole"),
        count("recency_days", "Days from there to its last purchase"),
        count("purchases", "Days with a purchase; a day of which everything was returned is none"),
        money("first_amount", "What the first purchase was worth, less what of it was returned"),
        money("repeat_amount", "What all others were worth, less returns"),
    ),
    key=("party_id",),
)


VALUE_MODELS = Table(
    "value_models",
    "model behind the values",
    (
        text("model", "What it is for, such as orders.purchases or contracts.renewals.12m"),
        text("kind", "Name of the estimator in `valuekit.ltv.models`"),
        text("unit", "Unit of its time: day, week or month, or the length of a term; empty where it has none"),
        yes("stated", "True where a stated prior stands for a fit"),
        text("note", "Why it was chosen, or why it is stated; empty where there is nothing to say"),
        day("since", "First day of what it learnt from"),
        day("until", "Last day of it"),
        number("observations", "Customers, or runs of contract terms, that it learnt from", "count"),
        number("log_likelihood", "Log-likelihood at its maximum"),
        number("aic", "Akaike's information criterion; lower is better"),
        number("bic", "Bayesian information criterion; lower is better"),
        number("starts", "Starts that the search climbed from", "count"),
        number("agreeing", "Of these, how many ended at the same height", "count"),
        number("gradient", "Steepest slope that is left by a (log) parameter; 0 at a maximum"),
        number("condition", "Condition number of the curvature; missing where the data do not identify the parameters"),
        text("at_bound", "Parameters that ran to a bound: the data do not limit them"),
        number("spearman", "Rank correlation of how often and for how much customers buy; of spend alone"),
        number("spearman_p", "Its two-sided p-value: small where spend depends on frequency", "probability"),
    ),
    key=("model",),
)


MODEL_PARAMETERS = Table(
    "model_parameters",
    "model and parameter",
    (
        text("model", "Model, as in value_models"),
        text("parameter", "Name of the parameter, as in its paper"),
        count("position", "Place among the parameters of the model"),
        Column("estimate", "DOUBLE", "Its value", required=True),
        number("standard_error", "Its standard error; missing where it is stated, or not identified by the data"),
    ),
    key=("model", "parameter"),
)


RETENTION_CHECKS = Table(
    "retention_checks",
    "model of renewals and renewal that somebody met",
    (
        text("model", "Model, as in value_models"),
        Column("renewal", "DOUBLE", "Which renewal, counted from the start", unit="terms", required=True),
        Column("at_risk", "DOUBLE", "Customers who came up for it", unit="count", required=True),
        Column("kaplan_meier", "DOUBLE", "Share who survive it, assuming no model", unit="share", required=True),
        Column("lower", "DOUBLE", "Low end of its 95 % band (Greenwood)", unit="share", required=True),
        Column("upper", "DOUBLE", "High end of it", unit="share", required=True),
        Column("expected", "DOUBLE", "Share who survive it by the model", unit="share", required=True),
    ),
    key=("model", "renewal"),
)


NOTES_ON_VALUE = Table(
    "value_notes",
    "remark on the lifetime value",
    (
        Column("note", "VARCHAR", "Kind of remark", required=True, values=VALUE_NOTES),
        text("message", "What there is to know, and what to do"),
        Column("parties", "BIGINT", "Customers that it is about", unit="count"),
        money("mrr", "What a month of their contracts costs", required=False),
        number("mrr_share", "The same, of all contracts in force", "share"),
        money("ltv", "Their lifetime value", required=False),
        number("ltv_share", "The same, of all lifetime value", "share"),
        Column("days", "BIGINT", "Days of grace, or without data", unit="count"),
    ),
    key=("note",),
)


SEGMENTS = Table(
    "segments",
    "party that has paid more than it got back",
    (
        party(),
        text("stage", "Lifecycle stage"),
        text("tier", "Value tier"),
        Column("tier_order", "INTEGER", "1 is the highest tier", required=True),
        money("ltv", "Lifetime value at the run's horizon and discount rate"),
        money("net_cash_12m", "Net cash in the last 12 months"),
        money("mrr", "Monthly recurring revenue"),
    ),
    key=("party_id",),
)


TIERS = Table(
    "tiers",
    "value tier",
    (
        text("tier", "Name"),
        Column("tier_order", "INTEGER", "1 is the highest", required=True),
        text("rule", "Which parties it holds, in words with its cut points"),
        money("lowest_ltv", "Lowest value in it", required=False),
        money("highest_ltv", "Highest value in it", required=False),
        count("parties", "Parties in it"),
        money("ltv", "Their lifetime value"),
        money("net_cash_12m", "Their net cash in the last 12 months"),
    ),
    key=("tier",),
)
