"""The sections of a configuration, each a type with its defaults, limits and meaning."""

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from valuekit.config.products import PRODUCTS, exports_of
from valuekit.errors import UnknownNameError
from valuekit.tables import CANONICAL
from valuekit.tables.published import STREAMS

Share = Annotated[float, Field(ge=0, le=1)]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 12, 31))]
"""A day that data can have."""
MOST_DAYS = 36_525
"""No window is longer than a century."""
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code, such as EUR")]


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Company(Section):
    """Whose data these are."""

    name: str = Field(description="Name shown beside every number")
    currency: Currency = Field(description="Reporting currency")


class ColumnMap(Section):
    """Where one canonical column comes from, when it is more than a renamed column: one of the first four."""

    column: str | None = Field(default=None, description="Source column")
    any_of: list[str] | None = Field(
        default=None, min_length=1, description="The first of these columns that the source has; none: empty"
    )
    constant: str | int | float | bool | date | None = Field(
        default=None, description="The same value in every row; null leaves the column empty"
    )
    expression: str | None = Field(
        default=None,
        description="SQL expression over source columns (allow-listed functions); `_row` is the row's number in its "
        "file; {A|B} is the first of the columns A and B that the source has, or empty. Columns of text files are "
        "text: cast them to calculate. Where it fails, it gives nothing",
    )
    format: str | None = Field(default=None, description="Date format, such as %d.%m.%Y; default: the source's")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = sum(value is not None for value in (self.column, self.any_of, self.constant, self.expression))
        empty_column = given == 0 and "constant" in self.model_fields_set
        if given != 1 and not empty_column:
            raise ValueError("expected exactly one of column, any_of, constant and expression")
        return self


def _kind_of_mapping(value: Any) -> str:
    return "name" if isinstance(value, str) else "mapping"


Mapping = Annotated[
    Annotated[str, Tag("name")] | Annotated[ColumnMap, Tag("mapping")],
    Discriminator(_kind_of_mapping),
]


class Source(Section):
    """One file, or one table or query of a database file, mapped to a canonical table."""

    table: str = Field(description="Canonical table that the rows become")
    system: str = Field(
        min_length=1,
        description="Name of the system, as in definitions and reports; a `system` column of the rows goes first",
    )
    file: str | None = Field(
        default=None,
        description="Path (relative to this configuration), pattern such as orders-*.csv, or "
        "package:<package>/<path> for a file in an installed Python package; {name} stands for an entry of `paths`",
    )
    format: Literal["csv", "parquet", "whitespace"] | None = Field(default=None, description="Default: by file ending")
    database: str | None = Field(
        default=None, description="DuckDB or SQLite file, instead of `file`; opened for reading only"
    )
    query: str | None = Field(default=None, description="SELECT, or the name of a table, in that database")
    delimiter: str | None = Field(
        default=None, min_length=1, max_length=1, description="CSV separator, one character; default: detected"
    )
    encoding: str = Field(default="utf-8", description="utf-8, utf-16, latin-1 or another that Python knows")
    header: bool | list[str] = Field(
        default=True,
        description="false when the file has no header (its columns are column_1, column_2 ...), or their names",
    )
    decimal: Literal[".", ","] = Field(
        default=".", description="Decimal separator of numbers in text; the other one may stand between thousands"
    )
    date_format: str = Field(
        default="%Y-%m-%d", description="Format of dates in text; ISO dates and timestamps are always understood"
    )
    null_values: list[str] = Field(
        default_factory=lambda: [""], description="Texts that mean missing, after blanks around them are removed"
    )
    columns: dict[str, Mapping] = Field(
        default_factory=dict, description="Canonical column: source column or mapping; same names need no entry"
    )
    where: str | None = Field(
        default=None,
        description="Keep only rows for which this expression over source columns is true. The others are not part "
        "of the input: they are counted neither as read nor as quarantined",
    )
    collapse_by: list[str] = Field(
        default_factory=list,
        description="Canonical columns whose equal rows (of one system and currency) become one: amounts, minutes "
        "and events are summed, of the rest the least is kept",
    )

    @field_validator("table")
    @classmethod
    def _known_table(cls, table: str) -> str:
        return _known("canonical table", table, CANONICAL)

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str) -> str:
        try:
            "".encode(encoding)
        except LookupError:  # such as base64, which is known, but encodes no text
            raise UnknownNameError("encoding", encoding, ("utf-8", "utf-16", "latin-1", "cp1252")) from None
        return encoding

    @field_validator("columns", "collapse_by")
    @classmethod
    def _known_columns(cls, columns: Any, info: ValidationInfo) -> Any:
        table = CANONICAL.get(info.data.get("table", ""))
        if table:
            for name in columns:
                _known(f"column of {table.name}", name, table.names)
        return columns

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.file is None) == (self.database is None):
            raise ValueError("expected either `file` or `database`")
        if (self.database is None) != (self.query is None):
            raise ValueError("expected `database` together with `query` (a SELECT or the name of a table)")
        return self


def _known(kind: str, name: str, names: Collection[str]) -> str:
    if name not in names:
        raise UnknownNameError(kind, name, names)
    return name


class Product(Section):
    """The standard exports of a product, which need no mapping: name the files."""

    product: str = Field(description="stripe, salesforce, hubspot or zendesk")
    system: str = Field(default="", description="Name of the system in definitions and reports; default: the product's")
    files: dict[str, str] = Field(
        min_length=1, description="Path by export, such as customers or deals; patterns and {name} as in a source"
    )
    currency: Currency | None = Field(
        default=None, description="Currency of amounts where the export states none; default: the company's"
    )
    columns: dict[str, dict[str, Mapping]] = Field(
        default_factory=dict, description="By export: columns mapped otherwise, such as to fields of your own"
    )
    delimiter: str | None = Field(default=None, min_length=1, max_length=1, description="As in a source")
    encoding: str = Field(default="utf-8", description="As in a source")
    date_format: str = Field(default="%Y-%m-%d", description="As in a source")

    @field_validator("product")
    @classmethod
    def _known_product(cls, product: str) -> str:
        return _known("product", product.lower(), PRODUCTS)

    @field_validator("files", "columns")
    @classmethod
    def _known_exports(cls, exports: Any, info: ValidationInfo) -> Any:
        if known := info.data.get("product"):
            for name in exports:
                _known(f"export of {known}", name, exports_of(known))
        return exports

    def sources(self, currency: str) -> list[Source]:
        """Return the sources that the files are; amounts without currency are in the one given."""
        texts = {"currency": "'" + (self.currency or currency) + "'"}
        layout = {"delimiter": self.delimiter, "encoding": self.encoding, "date_format": self.date_format}
        return [
            self._source(name, entry, {"file": file, **layout})
            for name, file in self.files.items()
            for entry in exports_of(self.product, texts)[name]
        ]

    def _source(self, export: str, entry: dict[str, Any], layout: dict[str, Any]) -> Source:
        table = CANONICAL[entry["table"]]
        own = {name: m for name, m in self.columns.get(export, {}).items() if name in table.names}
        columns = {**entry["columns"], **own}
        return Source(**{**entry, **layout, "system": self.system or self.product, "columns": columns})


class Quality(Section):
    """When bad rows stop the run."""

    max_quarantined_share: Share = Field(default=0.05, description="Per table; above it the run stops")


class Matching(Section):
    """How likely two records must be one party, by the agreement of name, address, phone and the rest."""

    enabled: bool = Field(default=True, description="False: exact keys, links and decisions alone")
    join_above: Share = Field(default=0.98, description="Records at least as likely one party are joined")
    review_above: Share = Field(default=0.60, description="Those between this and `join_above` go to `review_pairs`")

    @model_validator(mode="after")
    def _review_before_joining(self) -> Self:
        if self.review_above > self.join_above:
            raise ValueError(f"expected `review_above` ({self.review_above}) to be at most `join_above`")
        return self


class Identity(Section):
    """How records become parties."""

    rules: list[Literal["email", "tax_id", "billing_id", "domain_name", "link"]] = Field(
        default=["link", "billing_id", "tax_id", "email", "domain_name"], description="Exact keys, strongest first"
    )
    shared_domains: list[str] = Field(
        default=["gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "gmx.net", "web.de"],
        description="Domains of mail providers: they identify nobody",
    )
    matching: Matching = Field(default=Matching(), description="Likely matches, beyond the exact keys")
    decisions: str | None = Field(
        default=None,
        description="CSV that people edit (decision, system, record, to_system, to_record, and by, on, why): pairs of "
        "records that are the `same` party, or `different`, whatever rules say. Path as in `sources`",
    )
    unit: Literal["person", "account", "parent", "group"] = Field(
        default="account",
        description="What is counted. person: every person and organisation. account: people who do not pay themselves "
        "belong to the organisation that they are recorded under. parent: all people do, and organisations that own "
        "none belong to the one that owns them. group: everybody belongs to the one at the top",
    )
    keep_ids: bool = Field(
        default=True, description="A party keeps the id that it had in the newest snapshot of the output folder"
    )


class DefinitionConfig(Section):
    """One team's definition of customer: a predicate over the facts and the stage.

    What is left out of a built-in definition stays as it is; a new definition needs all but `headline`.
    """

    label: str = Field(default="", description="Name for people")
    owner: str = Field(default="", description="Team that counts this way")
    system: str = Field(default="", min_length=1, description="Source of truth; a metric without one is not valid")
    sentence: str = Field(default="", description="What the number means, in one sentence")
    predicate: str = Field(default="", description="The rule: an expression over the facts and `stage`")
    event_on: str | None = Field(
        default=None, description="The day that makes a party count: an expression over the facts, such as won_on"
    )
    counts: str | None = Field(default=None, description="Whom it counts, in words")
    excludes: str | None = Field(default=None, description="Whom it does not count, in words")
    status: Literal["agreed", "open"] = Field(default="agreed", description="Whether the teams agree on it")
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
    past_due_days: int | None = Field(
        default=None,
        ge=0,
        le=MOST_DAYS,
        description="Recurring revenue with an invoice overdue for more days counts as churned; default: it stays",
    )
    reactivation_days: int | None = Field(
        default=None,
        ge=1,
        le=MOST_DAYS,
        description="A return after more days counts as new; default: always as reactivated",
    )


class ManagedIn(Section):
    """A rule that says which system manages a customer."""

    system: str = Field(min_length=1, description="The system")
    when: str = Field(description="For which customers: an expression over the facts and `stage`")


Paying = Literal["paying", "not_paying", "trial"]


class Lifecycle(Section):
    """The windows of the stages, the definitions, and how they are reconciled."""

    active_days: int = Field(default=30, ge=1, le=MOST_DAYS, description="Used the product within so many days: active")
    order_active_days: int = Field(
        default=90, ge=1, le=MOST_DAYS, description="For orders: ordered within so many days: active"
    )
    order_churn_days: int = Field(
        default=365, ge=1, le=MOST_DAYS, description="For orders: no order for more days: churned"
    )
    churn_date: Literal["period_end", "notice"] = Field(
        default="period_end", description="A cancelled contract churns when its paid term ends, or on the day of notice"
    )
    lapsed_paying_days: int = Field(
        default=45,
        ge=0,
        le=MOST_DAYS,
        description="Paid within so many days, and after the last contract ended: lapsed, but paying",
    )
    payment_grace_days: int = Field(
        default=15, ge=0, le=MOST_DAYS, description="A payment counts for so many days after the term that it covers"
    )
    ending_soon_days: int = Field(
        default=60,
        ge=1,
        le=MOST_DAYS,
        description="A contract under notice that ends within so many days is about to churn",
    )
    timing_days: int = Field(
        default=31,
        ge=0,
        le=MOST_DAYS,
        description="What happened in one system within so many days may yet reach the other",
    )
    renewal_days: int = Field(default=90, ge=1, le=MOST_DAYS, description="Renewals due within so many days are listed")
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

    horizon_years: int = Field(default=3, ge=1, le=10, description="Years after the as-of date that count")
    discount_rate: float = Field(default=0.10, ge=0, le=1, description="Per year")
    timing: Literal["mid_year", "end_of_year"] = Field(
        default="mid_year", description="When in a year its cash is thought to come, for discounting"
    )
    off: list[Literal[STREAMS]] = Field(default_factory=list, description="Streams left out")  # type: ignore[valid-type]
    time_unit: Literal["day", "week", "month"] = Field(default="week", description="Unit of the purchase models")
    purchase_model: Literal["mbg_nbd", "bg_nbd", "lifetimes_mbg_nbd", "lifetimes_bg_nbd"] = Field(
        default="mbg_nbd", description="Model of repeat orders; `lifetimes_` fits it with that package"
    )


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
