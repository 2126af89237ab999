"""The windows of the stages, the definitions, and how lists and months are compared."""

from typing import Literal

from pydantic import (
    Field,
)

from valuekit.config.basics import Days, Section


class DefinitionConfig(Section):
    """One team's definition of customer: a predicate over the facts and the stage.

    What is left out of a built-in definition stays as it is; a new definition needs all but `headline`.
    """

    label: str = Field(default="", description="Name for people")
    owner: str = Field(default="", description="Team that counts this way")
    system: str | None = Field(
        default=None, min_length=1, description="Source of truth; a metric without one is not valid"
    )
    sentence: str = Field(default="", description="What the number means, in one sentence")
    predicate: str = Field(default="", description="The rule: an expression over the facts and `stage`")
    event_on: str | None = Field(
        default=None, description="The day that makes a party count: an expression over the facts, such as won_on"
    )
    counts: str | None = Field(default=None, description="Whom it counts, in words")
    excludes: str | None = Field(default=None, description="Whom it does not count, in words")
    status: Literal["agreed", "open"] = Field(default="open", description="agreed, once the teams have agreed on it")
    answers: dict[str, str] = Field(default_factory=dict, description="Each team's own answer, by team")
    version: int = Field(default=1, ge=1, description="Raised by its owner with each change")
    headline: bool = Field(default=False, description="True for the one number that the company reports")


class ReasonConfig(Section):
    """A reason why one list counts a party and another does not; asked before the built-in ones, in this order."""

    label: str = Field(description="Name for people")
    sentence: str = Field(description="What it says about the party")
    predicate: str = Field(description="The rule: an expression over the facts and `stage`")
    asks: list[str] = Field(
        default_factory=list, description="It explains the absence from lists that rest on one of these facts; any"
    )


class Movements(Section):
    """How customers and monthly recurring revenue move from month to month, where the field has no standard."""

    mrr_rate: Literal["signing", "month_end"] = Field(
        default="signing",
        description="Exchange rate of recurring revenue: of the day of signature, or of each month end. "
        "With month_end, the change of rates has its own line",
    )
    second_subscription: Literal["expansion", "new_business"] = Field(
        default="expansion", description="What a further subscription of a customer counts as"
    )
    same_month: Literal["net", "gross"] = Field(
        default="net",
        description="Who joins and leaves between two month ends: not counted, or counted as new and as churned",
    )
    backdated: Literal["from_signature", "from_start"] = Field(
        default="from_signature",
        description="A contract signed after its start counts from the day of signature, so that past months stay, or "
        "from its start",
    )
    past_due_days: Days | None = Field(
        default=None,
        ge=0,
        description="Recurring revenue with an invoice overdue for more days counts as churned; default: it stays",
    )
    reactivation_days: Days | None = Field(
        default=None,
        ge=1,
        description="A return after more days counts as new; default: always as reactivated",
    )


class ManagedIn(Section):
    """A rule that says which system manages a customer."""

    system: str = Field(min_length=1, description="The system")
    when: str = Field(description="For which customers: an expression over the facts and `stage`")


Paying = Literal["paying", "not_paying", "trial"]


class Lifecycle(Section):
    """The windows of the stages, the definitions, and how they are reconciled."""

    active_days: Days = Field(default=30, ge=1, description="Used the product within so many days: active")
    order_active_days: Days = Field(default=90, ge=1, description="For orders: ordered within so many days: active")
    order_churn_days: Days = Field(default=365, ge=1, description="For orders: no order for more days: churned")
    churn_date: Literal["period_end", "notice"] = Field(
        default="period_end", description="A cancelled contract churns when its paid term ends, or on the day of notice"
    )
    lapsed_paying_days: Days = Field(
        default=45,
        ge=0,
        description="Paid within so many days, and after the last contract ended: lapsed, but paying",
    )
    payment_grace_days: Days = Field(
        default=15, ge=0, description="A payment counts for so many days after the term that it covers"
    )
    ending_soon_days: Days = Field(
        default=60,
        ge=1,
        description="A contract under notice that ends within so many days is about to churn",
    )
    timing_days: Days = Field(
        default=31,
        ge=0,
        description="What happened in one system within so many days may yet reach the other",
    )
    renewal_days: Days = Field(default=90, ge=1, description="Renewals due within so many days are listed")
    history_months: int = Field(
        default=36, ge=0, le=240, description="Month ends before the as-of date for which stages and counts are kept"
    )
    paying: str = Field(default="paying", description="Definition of those who pay, for payment churn")
    using: str = Field(default="using", description="Definition of those who use, for usage churn")
    internal: Literal["out", "in"] = Field(
        default="out", description="Whether internal and test accounts can be customers"
    )
    movements: Movements = Field(default=Movements(), description="How customers and recurring revenue move")
    reasons: dict[str, ReasonConfig] = Field(default_factory=dict, description="Further reasons, by key")
    statuses: dict[str, Paying] = Field(
        default_factory=dict, description="What the words of payment providers and people mean, beside the built-in map"
    )
    managed_in: list[ManagedIn] = Field(
        default_factory=list, description="Which system manages a customer: the first rule that holds"
    )
    serving_role: str = Field(default="provider", description="What the company calls the one that serves")
    relationship_types: dict[Literal["person", "organisation", "group", "nobody"], str] = Field(
        default_factory=dict,
        description="Type of a relationship by the kind of the party that serves (nobody: no record says who); "
        "default: person-person, person-process for organisations and groups, person-thing for nobody",
    )
    definitions: dict[str, DefinitionConfig] = Field(
        default_factory=dict, description="Further definitions, or changes to built-in ones, by key"
    )
