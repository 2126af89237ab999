"""How cost is shared out: pools, time equations, campaigns and the cost of those that never bought."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from valuekit.config.basics import Days, Section, Share
from valuekit.errors import UnknownNameError

Driver = Literal[
    "ticket_minutes", "tickets", "activity_minutes", "direct_cost", "engagements", "usage_events", "orders", "revenue",
    "won_deals", "equal", "none",
]  # fmt: skip

Minutes = Annotated[float, Field(ge=0, le=1_000_000)] | str
Work = Literal[
    "tickets", "activities", "orders", "engagements", "opportunities", "contracts", "invoices", "usage",
]  # fmt: skip


class ExtraMinutes(Section):
    """Minutes that some of an activity's rows take beside the base."""

    minutes: Minutes = Field(description="Extra minutes: a number, or an expression over the columns of `of`")
    when: str = Field(description="For which rows: an expression over the columns of `of`")


class ActivityConfig(Section):
    """A time equation: which rows of a table are this work, and how long each takes."""

    of: Work = Field(description="Canonical table whose rows are the work")
    when: str = Field(default="TRUE", description="Which of its rows: an expression over its columns")
    minutes: Minutes = Field(description="Minutes of each: a number, or an expression over the columns of `of`")
    extra: list[ExtraMinutes] = Field(default_factory=list, description="Added where their condition holds")
    on: str | None = Field(default=None, description="Day of the work, a column of `of`; default: the day of the row")


class Pool(Section):
    """How the cost of one pool is shared out."""

    driver: Driver | None = Field(default=None, description="`none`: not shared out, shown as unallocated")
    activities: list[str] = Field(
        default_factory=list, description="Time equations whose minutes share it out, instead of a driver"
    )
    capacity_minutes: Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2)] | None = Field(
        default=None, description="Practical capacity of a month in which the ledger states none"
    )

    @model_validator(mode="after")
    def _one_driver(self) -> Self:
        if self.driver and self.activities:
            raise ValueError(
                "expected `driver` or `activities`, not both: the minutes of the activities are the driver"
            )
        if not (self.driver or self.activities or self.capacity_minutes):
            raise ValueError("expected `driver`, `activities` or `capacity_minutes`")
        return self


class Cashflow(Section):
    """How cost is shared out."""

    pools: dict[str, Pool] = Field(default_factory=dict, description="By pool name; otherwise by the pool's function")
    activities: dict[str, ActivityConfig] = Field(default_factory=dict, description="Time equations by name")
    scale: dict[str, Annotated[float, Field(ge=0, le=2)]] = Field(
        default_factory=dict,
        description="By pool name: percent of cost by percent of volume; otherwise estimated from the pool's months",
    )
    assumed_cost_of_goods: Share | None = Field(
        default=None, description="Cost of goods as a share of revenue where the data have none; stated beside results"
    )
    attribution: Literal["first", "last", "linear", "time_decay", "position", "contacts"] = Field(
        default="linear", description="Which of a party's contacts up to its first money carry a campaign's cost"
    )
    attribution_half_life_days: Days = Field(
        default=7, ge=1, description="time_decay: a contact counts half for so many days before the last one"
    )
    attribution_look_back_days: Days = Field(
        default=365, ge=1, description="Contacts longer before the first money do not count"
    )
    acquisition_cost_of_the_lost: Literal["apart", "spread"] = Field(
        default="apart",
        description="Acquisition and sales cost of leads that never bought: theirs, or spread over those won",
    )

    credit_sales_days: int = Field(
        default=90, ge=1, le=366, description="Days of invoices that days sales outstanding rest on"
    )

    @model_validator(mode="after")
    def _activities_are_there(self) -> Self:
        for pool in self.pools.values():
            for name in pool.activities:
                if name not in self.activities:
                    raise UnknownNameError("activity", name, self.activities)
        return self
