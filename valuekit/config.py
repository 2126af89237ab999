"""The configuration of one company: typed here at the edge, gone inside. Domain functions take arguments."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from valuekit.tables.published import STREAMS

Share = Annotated[float, Field(ge=0, le=1)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code, such as EUR")]


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Company(Section):
    """Whose data these are."""

    name: str = Field(description="Name shown beside every number")
    currency: Currency = Field(description="Reporting currency")


class ColumnMap(Section):
    """Where one canonical column comes from, when it is more than a renamed column."""

    column: str | None = Field(default=None, description="Source column")
    constant: str | int | float | bool | None = Field(default=None, description="The same value in every row")
    expression: str | None = Field(default=None, description="SQL expression over source columns (allow-listed)")
    format: str | None = Field(default=None, description="Date format, such as %d.%m.%Y")


class Source(Section):
    """One file, or one table or query of a database file, mapped to a canonical table."""

    table: str = Field(description="Canonical table that the rows become")
    system: str = Field(description="Name of the system, as in definitions and reports")
    file: str | None = Field(
        default=None, description="Path (relative to this configuration), pattern, or package:<package>/<path>"
    )
    format: Literal["csv", "parquet", "whitespace"] | None = Field(default=None, description="Default: by file ending")
    database: str | None = Field(default=None, description="DuckDB or SQLite file, instead of `file`")
    query: str | None = Field(default=None, description="SELECT, or the name of a table, in that database")
    delimiter: str | None = Field(default=None, description="CSV separator; default: detected")
    encoding: str = Field(default="utf-8", description="utf-8, utf-16 or latin-1")
    header: bool | list[str] = Field(default=True, description="false or a list of names when the file has no header")
    decimal: Literal[".", ","] = Field(default=".", description="Decimal separator of numbers in text")
    date_format: str = Field(default="%Y-%m-%d", description="Format of dates in text")
    null_values: list[str] = Field(default_factory=lambda: [""], description="Texts that mean missing")
    columns: dict[str, str | ColumnMap] = Field(
        default_factory=dict, description="Canonical column: source column or mapping; same names need no entry"
    )
    where: str | None = Field(default=None, description="Keep only rows for which this expression is true")
    collapse_by: list[str] = Field(
        default_factory=list,
        description="Canonical columns whose equal rows are one: amounts are summed, of the rest the least is kept",
    )


class Quality(Section):
    """When bad rows stop the run."""

    max_quarantined_share: Share = Field(default=0.05, description="Per table; above it the run stops")


class Identity(Section):
    """How records become parties."""

    rules: list[Literal["email", "tax_id", "billing_id", "domain_name", "link"]] = Field(
        default=["link", "billing_id", "tax_id", "email", "domain_name"], description="Exact keys, strongest first"
    )
    shared_domains: list[str] = Field(
        default=["gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "gmx.net", "web.de"],
        description="Domains of mail providers: they identify nobody",
    )


class DefinitionConfig(Section):
    """One team's definition of customer: a predicate over the facts and the stage."""

    label: str
    owner: str
    system: str = Field(min_length=1, description="Source of truth; a metric without one is not valid")
    sentence: str
    predicate: str
    headline: bool = False


class Lifecycle(Section):
    """The windows of the stages, and the definitions."""

    active_days: int = Field(default=30, ge=1, description="Used the product within so many days: active")
    order_active_days: int = Field(default=90, ge=1, description="For orders: ordered within so many days: active")
    order_churn_days: int = Field(default=365, ge=1, description="For orders: no order for more days: churned")
    churn_date: Literal["period_end", "notice"] = Field(
        default="period_end", description="A cancelled contract churns when its paid term ends, or on the day of notice"
    )
    definitions: dict[str, DefinitionConfig] = Field(
        default_factory=dict, description="Added to, or instead of, the built-in definitions of the same key"
    )


Driver = Literal[
    "ticket_minutes", "tickets", "activity_minutes", "direct_cost", "engagements", "usage_events", "orders", "revenue",
    "equal", "none",
]  # fmt: skip


class Pool(Section):
    """How the cost of one pool is shared out."""

    driver: Driver = Field(description="`none`: not shared out, shown as unallocated")


class Cashflow(Section):
    """How cost is shared out."""

    pools: dict[str, Pool] = Field(default_factory=dict, description="By pool name; otherwise by the pool's function")
    assumed_cost_of_goods: Share | None = Field(
        default=None, description="Cost of goods as a share of revenue where the data have none; stated beside results"
    )


class Ltv(Section):
    """The value model."""

    horizon_years: int = Field(default=3, ge=1, le=10)
    discount_rate: float = Field(default=0.10, ge=0, le=1, description="Per year")
    timing: Literal["mid_year", "end_of_year"] = "mid_year"
    off: list[Literal[STREAMS]] = Field(default_factory=list, description="Streams left out")  # type: ignore[valid-type]
    time_unit: Literal["day", "week", "month"] = Field(default="week", description="Unit of the purchase models")
    purchase_model: Literal["mbg_nbd", "bg_nbd", "lifetimes_mbg_nbd", "lifetimes_bg_nbd"] = "mbg_nbd"


class Tier(Section):
    """A value tier, from the top: the next `share` of the parties that are left by value."""

    name: str
    share: Share = Field(description="Share of all valued parties with a positive value")


class Segments(Section):
    """The value tiers; parties beyond the shares fall into `rest`, parties without positive value into `none`."""

    tiers: list[Tier] = Field(
        default_factory=lambda: [
            Tier(name="Top", share=0.05),
            Tier(name="High", share=0.15),
            Tier(name="Middle", share=0.30),
        ]
    )
    rest: str = "Low"
    none: str = "No value"


class Executives(Section):
    """The comparison of executives."""

    top_n: int = Field(default=20, ge=1)
    weights: dict[str, float] = Field(default_factory=dict, description="By measure; missing means 1")
    minimum_active_months: int = Field(
        default=3, ge=0, description="Measures where low is best rank only customers with activity in so many months"
    )


class EngineConfig(Section):
    """The machine."""

    memory_limit: str = Field(default="8GB", description="Beyond it, work spills to disk")
    threads: int | None = Field(default=None, ge=1)
    temp_folder: Path | None = None


class Tracking(Section):
    """The record of runs."""

    uri: str | None = Field(default=None, description="MLflow server; default: a SQLite file beside the snapshots")
    experiment: str | None = Field(default=None, description="Default: the company's name")
    enabled: bool = True


class Config(Section):
    """Everything that a run needs to know."""

    company: Company
    sources: list[Source] = Field(min_length=1)
    as_of: date | None = Field(default=None, description="Default: the last date in the data")
    known_on: date | None = Field(default=None, description="Only what was recorded by then; default: everything")
    output: Path = Field(default=Path("runs"), description="Folder for snapshots, relative to the working folder")
    quality: Quality = Quality()
    identity: Identity = Identity()
    lifecycle: Lifecycle = Lifecycle()
    cashflow: Cashflow = Cashflow()
    ltv: Ltv = Ltv()
    segments: Segments = Segments()
    executives: Executives = Executives()
    engine: EngineConfig = EngineConfig()
    tracking: Tracking = Tracking()
