"""The configuration as a whole, and its smaller sections; each a type with its defaults, limits and meaning."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import (
    Field,
    model_validator,
)

from valuekit.config.basics import Company, Day, Days, Section, Share
from valuekit.config.cashflow import Cashflow
from valuekit.config.identity import Identity
from valuekit.config.lifecycle import Lifecycle
from valuekit.config.sources import Product, Source
from valuekit.tables.published import STREAMS


class Quality(Section):
    """When bad rows stop the run."""

    max_quarantined_share: Share = Field(default=0.05, description="Per table; above it the run stops")


class RateBy(Section):
    """A discount rate for some customers."""

    where: str = Field(description="Condition over `facts` and `stage`")
    rate: float = Field(ge=0, le=1, description="Per year")


class Ltv(Section):
    """The value model."""

    horizon_years: int = Field(default=3, ge=1, le=10, description="Years after the as-of date that count")
    discount_rate: float = Field(default=0.10, ge=0, le=1, description="Per year")
    discount_rate_monthly: float | None = Field(
        default=None, ge=0, le=0.05, description="Per month, compounding, in place of `discount_rate`: 0.01 is 12.68 %"
    )
    discount_rate_by: list[RateBy] = Field(
        default_factory=list,
        description="Yearly rates of some customers: the first `where` that holds; else, and for advocacy, that of all",
    )
    timing: Literal["mid_year", "end_of_year"] = Field(
        default="mid_year", description="When in a year its cash is thought to come, for discounting"
    )
    off: list[Literal[STREAMS]] = Field(default_factory=list, description="Streams left out")  # type: ignore[valid-type]
    time_unit: Literal["day", "week", "month"] = Field(default="week", description="Unit of the purchase models")
    purchase_model: Literal[
        "mbg_nbd",
        "bg_nbd",
        "pareto_nbd",
        "mbg_cnbd_k",
        "bg_cnbd_k",
        "lifetimes_mbg_nbd",
        "lifetimes_bg_nbd",
        "lifetimes_pareto_nbd",
        "select",
    ] = Field(
        default="mbg_nbd",
        description="Model of repeat orders; `_cnbd_k`: customers buy regularly; `lifetimes_`: fitted by that package; "
        "`select`: the best in backtests",
    )
    unmatched_returns: Literal["reduce", "last_order", "ignore"] = Field(
        default="reduce",
        description="What returns of unknown orders reduce: what repeat orders were worth, the last order, or nothing",
    )
    renewal_model: Literal["bic", "sbg", "bdw"] = Field(
        default="bic",
        description="Model of renewals: shifted-beta-geometric, beta-discrete-Weibull, or the better of both by BIC",
    )
    renewal_segments: list[str] = Field(
        default_factory=list,
        description="Expressions over `facts` and `cohort` (year of the first contract): equal values share a curve. "
        "What tells who has left is refused",
    )
    expansion: bool = Field(default=True, description="Prices of those who stay go on changing as they did")
    receivables: bool = Field(
        default=True, description="What is billed and not yet received counts in the first year, as often as such was"
    )
    uncontracted: bool = Field(
        default=True,
        description="Who has left pays on as those before did, and money of parties without contract or order goes on",
    )
    referral_half_life_days: Days = Field(
        default=730, ge=1, description="A referrer is credited half of what the referred brings, so long after it"
    )
    new_customers_a_month: float | None = Field(
        default=None, ge=0, le=1e9, description="Expected; with `acquisition_cost`, customer equity counts them too"
    )
    acquisition_cost: float | None = Field(
        default=None, ge=0, le=1e12, description="What winning a new customer costs, in the reporting currency"
    )

    @model_validator(mode="before")
    @classmethod
    def _monthly_is_yearly(cls, given: Any) -> Any:
        """Readers of a configuration need the yearly rate alone."""
        monthly = given.get("discount_rate_monthly") if isinstance(given, dict) else None
        if not isinstance(monthly, int | float):
            return given
        yearly = (1 + monthly) ** 12 - 1
        if given.get("discount_rate", yearly) != yearly:
            raise ValueError("expected `discount_rate` or `discount_rate_monthly`, not both")
        return {**given, "discount_rate": yearly}

    @model_validator(mode="after")
    def _acquisition_is_whole(self) -> Self:
        if (self.new_customers_a_month is None) != (self.acquisition_cost is None):
            raise ValueError("expected `new_customers_a_month` and `acquisition_cost` together, or neither")
        return self


class Tier(Section):
    """A value tier, from the top: the next `share` of the parties that are left by value."""

    name: str = Field(description="Name of the tier")
    share: Share = Field(description="Share of all valued parties with a positive value")


class Segments(Section):
    """The value tiers; parties beyond the shares fall into `rest`, parties without positive value into `none`."""

    tiers: list[Tier] = Field(
        default_factory=lambda: [
            Tier(name="Top", share=0.05),
            Tier(name="High", share=0.15),
            Tier(name="Middle", share=0.30),
        ],
        description="From the highest",
    )
    rest: str = Field(default="Low", description="Name of the tier of those that are left")
    none: str = Field(default="No value", description="Name of the tier of those without a positive value")


class Executives(Section):
    """The comparison of executives."""

    top_n: int = Field(default=20, ge=1, description="How many of each executive's best are compared")
    weights: dict[str, float] = Field(default_factory=dict, description="By measure; missing means 1")
    minimum_active_months: int = Field(
        default=3, ge=0, description="Measures where low is best rank only customers with activity in so many months"
    )


class EngineConfig(Section):
    """The machine."""

    memory_limit: str = Field(
        default="8GB", pattern=r"(?i)^\d+(\.\d+)? ?[KMGT]i?B$", description="Beyond it, work spills to disk"
    )
    threads: int | None = Field(default=None, ge=1, description="Default: all processors")
    temp_folder: Path | None = Field(default=None, description="Where work spills to; default: the system's choice")


class Tracking(Section):
    """The record of runs."""

    uri: str | None = Field(default=None, description="MLflow server; default: a SQLite file beside the snapshots")
    experiment: str | None = Field(default=None, description="Default: the company's name")
    enabled: bool = Field(default=True, description="false leaves no record of runs in MLflow")


class Config(Section):
    """Everything that a run needs to know."""

    company: Company = Field(description="Whose data these are")
    paths: dict[str, str] = Field(
        default_factory=dict, description="Names for paths: {log} in a source's `file` or `database` stands for `log`"
    )
    products: list[Product] = Field(
        default_factory=list, description="Standard exports of Stripe, Salesforce, HubSpot and Zendesk, mapped already"
    )
    sources: list[Source] = Field(default_factory=list, description="Where the other rows come from, with mappings")
    as_of: Day | None = Field(default=None, description="Default: the last date in the data")
    known_on: Day | None = Field(default=None, description="Only what was recorded by then; default: everything")
    output: Path = Field(default=Path("runs"), description="Folder for snapshots, relative to the working folder")
    quality: Quality = Field(default=Quality(), description="When bad rows stop the run")
    identity: Identity = Field(default=Identity(), description="How records become parties")
    lifecycle: Lifecycle = Field(default=Lifecycle(), description="Windows of the stages, and the definitions")
    cashflow: Cashflow = Field(default=Cashflow(), description="How cost is shared out")
    ltv: Ltv = Field(default=Ltv(), description="The value model")
    segments: Segments = Field(default=Segments(), description="The value tiers")
    executives: Executives = Field(default=Executives(), description="The comparison of executives")
    engine: EngineConfig = Field(default=EngineConfig(), description="The machine")
    tracking: Tracking = Field(default=Tracking(), description="The record of runs")

    @model_validator(mode="after")
    def _some_source(self) -> Self:
        if not (self.products or self.sources):
            raise ValueError("expected `sources` or `products`: nothing says where the rows come from")
        return self

    @property
    def all_sources(self) -> list[Source]:
        """The sources, and those that the products' files are."""
        return [*self.sources, *(s for product in self.products for s in product.sources(self.company.currency))]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a configuration file, for editors that complete and check while one types.

    >>> json_schema()["title"], json_schema()["properties"]["as_of"]["description"]
    ('valuekit configuration', 'Default: the last date in the data')
    """
    schema = Config.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "valuekit configuration"}
