"""The steps of a run, in the order in which the data flow. Each reads and makes tables of the engine."""
# ruff: noqa: PLC0415 - a step loads its domain when it runs: the models alone cost a second

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.calendar import FiscalCalendar
from valuekit.config import ActivityConfig, Config, Source
from valuekit.engine import Engine
from valuekit.errors import ConfigError, ContractError, EngineError, InputError
from valuekit.snapshot import Snapshot, SourceFile, failed, fingerprint_file, fingerprint_files, make_checks
from valuekit.snapshot.manifest import CheckResult

if TYPE_CHECKING:
    from valuekit.cashflow import Activity
    from valuekit.identity import Former


@dataclass
class Work:
    """What passes from step to step beside the tables."""

    engine: Engine
    config: Config
    base: Path
    """Folder that paths in the configuration are relative to."""
    output: Path | None = None
    """Folder of snapshots, where there may be former ones."""
    sources: list[SourceFile] = field(default_factory=list)
    models: dict[str, str] = field(default_factory=dict)
    """Fitted models as JSON."""
    cube_value: str = ""
    """SELECT of `party_id` and `ltv` from the cube at the run's horizon, discount and streams."""
    checks: list[CheckResult] = field(default_factory=list)

    @property
    def as_of(self) -> date:
        """The date described; known once the sources are read."""
        if self.config.as_of is None:
            raise ContractError("the data hold no dated row.", next_step="Map a table with dates, or state --as-of.")
        return self.config.as_of

    @property
    def calendar(self) -> FiscalCalendar:
        """The company's fiscal calendar."""
        return FiscalCalendar.of(self.config.company.model_dump())


@dataclass(frozen=True)
class Step:
    """One step: its name in reports, what it does in words, and the function."""

    name: str
    words: str
    do: Callable[[Work], None]


def fingerprint(work: Work) -> None:
    """Hash the input files."""
    from valuekit.identity.decisions import read_decisions
    from valuekit.sources.files import find_database, find_files

    def paths(source: Source) -> list[Path]:
        return find_files(source, work.base) if source.file else [find_database(source, work.base)]

    work.sources = fingerprint_files((s, path) for s in work.config.all_sources for path in paths(s))
    if decisions := _decisions_file(work):
        read_decisions(decisions)  # a mistake in them is said before the work
        work.sources.append(fingerprint_file(decisions, table="decisions", system="people"))


def read(work: Work) -> None:
    """Read the company's systems into the canonical tables, as known at the as-of date."""
    from valuekit import sources

    config = work.config
    if all(source.table != "records" for source in config.all_sources):
        raise ConfigError("no source gives `records`: nothing could belong to a party.", next_step=_RECORDS_ADVICE)
    sources.read(
        work.engine,
        config.all_sources,
        currency=config.company.currency,
        base=work.base,
        max_quarantined_share=config.quality.max_quarantined_share,
    )
    work.config = config.model_copy(update={"as_of": config.as_of or sources.latest_event(work.engine)})
    sources.refuse_before_data(work.engine, work.as_of)
    sources.limit_to(work.engine, work.as_of, config.known_on, seen_to=sources.last_day(work.engine))


def resolve(work: Work) -> None:
    """Find out which records are one party."""
    from valuekit import identity
    from valuekit.sources.late import find_late_records

    settings, decisions = work.config.identity, _decisions_file(work)
    identity.resolve(
        work.engine,
        rules=settings.rules,
        shared_domains=settings.shared_domains,
        matching=identity.Matching(**settings.matching.model_dump()),
        decisions=identity.read_decisions(decisions) if decisions else (),
        former=_former(work) if settings.keep_ids else identity.NOTHING,
        unit=settings.unit,
    )
    find_late_records(work.engine)


def _decisions_file(work: Work) -> Path | None:
    decisions = work.config.identity.decisions
    return work.base / decisions if decisions else None


def _former(work: Work) -> "Former":
    """Whose record was whose in the newest whole snapshot of this company."""
    from valuekit.identity import NOTHING, Former

    for snapshot in _snapshots(work.output) if work.output else []:
        if snapshot.manifest.company != work.config.company.name:
            continue
        try:
            records = snapshot.query("SELECT * FROM party_records ORDER BY system, record")
            known = "party_aliases" in snapshot.manifest.tables
            aliases = snapshot.query("SELECT * FROM party_aliases ORDER BY former_id") if known else NOTHING.aliases
            return Former(records, aliases)
        except (InputError, EngineError):
            continue  # a damaged one names nobody; the next may
        finally:
            snapshot.close()
    return NOTHING


def _snapshots(folder: Path) -> list[Snapshot]:
    try:
        return Snapshot.list(folder)
    except InputError:  # all are damaged
        return []


def compute_cash(work: Work) -> None:
    """Compute each party's net cash flow."""
    from valuekit import cashflow

    settings, share = work.config.cashflow, work.config.cashflow.assumed_cost_of_goods
    calendar = work.calendar
    cashflow.compute(
        work.engine,
        as_of=work.as_of,
        pools={
            name: cashflow.Pool(p.driver, tuple(p.activities), p.capacity_minutes) for name, p in settings.pools.items()
        },
        activities={name: _activity(activity) for name, activity in settings.activities.items()},
        attribution=cashflow.Attribution(
            settings.attribution, settings.attribution_half_life_days, settings.attribution_look_back_days
        ),
        the_lost=settings.acquisition_cost_of_the_lost,
        assumed_cost_of_goods=None if share is None else Decimal(str(share)),
        calendar=calendar,
    )
    cashflow.measure_scale(work.engine, as_of=work.as_of, elasticities=settings.scale, calendar=calendar)
    cashflow.find_break_even(work.engine, as_of=work.as_of, calendar=calendar)
    cashflow.follow_receivables(work.engine, as_of=work.as_of, sales_days=settings.credit_sales_days, calendar=calendar)


def _activity(stated: ActivityConfig) -> "Activity":
    from valuekit.cashflow import Activity, Extra

    extra = tuple(Extra(str(e.minutes), e.when) for e in stated.extra)
    return Activity(stated.of, str(stated.minutes), stated.when, extra, stated.on)


def classify(work: Work) -> None:
    """Put each party in its stage, and count by every definition."""
    from valuekit import lifecycle

    settings = work.config.lifecycle
    changes = {key: d.model_dump(exclude_unset=True) for key, d in settings.definitions.items()}
    reasons = {key: r.model_dump() for key, r in settings.reasons.items()}
    lifecycle.classify(
        work.engine,
        as_of=work.as_of,
        windows=lifecycle.Windows(
            active_days=settings.active_days,
            order_active_days=settings.order_active_days,
            order_churn_days=settings.order_churn_days,
            lapsed_paying_days=settings.lapsed_paying_days,
            payment_grace_days=settings.payment_grace_days,
            ending_soon_days=settings.ending_soon_days,
            timing_days=settings.timing_days,
            churn_date=settings.churn_date,
        ),
        definitions=lifecycle.merge_definitions(lifecycle.BUILTIN, changes),
        reasons=lifecycle.merge_reasons(lifecycle.REASONS, reasons),
        history_months=settings.history_months,
        internal=settings.internal,
        paying=settings.paying,
        using=settings.using,
        policies=lifecycle.Policies(**settings.movements.model_dump()),
    )


def draw_up_registers(work: Work) -> None:
    """Draw up the lists that people work through."""
    from valuekit import registers

    settings = work.config.lifecycle
    windows = ("active_days", "order_churn_days", "lapsed_paying_days", "ending_soon_days")
    registers.draw_up(
        work.engine,
        as_of=work.as_of,
        renewal_days=settings.renewal_days,
        timing_days=settings.timing_days,
        payment_grace_days=settings.payment_grace_days,
        order_active_days=settings.order_active_days,
        statuses=settings.statuses,
        managed_in=[(rule.system, rule.when) for rule in settings.managed_in],
        constants={name: getattr(settings, name) for name in windows},
        serving_role=settings.serving_role,
        relationship_types={str(kind): name for kind, name in settings.relationship_types.items()},
        contract_columns=[_contract_columns(s) for s in work.config.all_sources if s.table == "contracts"],
    )
    registers.follow_cash_and_profit(work.engine, as_of=work.as_of)


def _contract_columns(source: Source) -> dict[str, str]:
    """Where a source has the id and the days of a contract, as far as they are columns of it."""
    mapped = {name: source.columns.get(name, name) for name in ("id", "starts_on", "ends_on")}
    columns = {name: m if isinstance(m, str) else m.column for name, m in mapped.items()}
    return {"system": source.system} | {name: column for name, column in columns.items() if column}


def value(work: Work) -> None:
    """Fit the value models and fill the value cube."""
    from valuekit import ltv
    from valuekit.ltv.cube import ltv_sql

    settings = work.config.ltv
    won, cost = settings.new_customers_a_month, settings.acquisition_cost
    rules = ltv.ValueRules(
        horizon=ltv.Horizon(settings.horizon_years),
        discount=ltv.Discount(settings.discount_rate, settings.timing),
        rates_by=tuple(ltv.RateRule(rule.where, rule.rate) for rule in settings.discount_rate_by),
        off=settings.off,
        time_unit=settings.time_unit,
        purchase_model=settings.purchase_model,
        renewal_model=settings.renewal_model,
        renewal_segments=settings.renewal_segments,
        expansion=settings.expansion,
        receivables=settings.receivables,
        uncontracted=settings.uncontracted,
        unmatched_returns=settings.unmatched_returns,
        half_life_days=settings.referral_half_life_days,
        acquisition=None if won is None or cost is None else ltv.Acquisition(won, cost),
    )
    models = ltv.value(work.engine, as_of=work.as_of, rules=rules)
    work.models = {model.name: model.to_json() for model in models}
    work.cube_value = ltv_sql(rules.horizon, rules.discount, rules.off, own=rules.own)


def segment(work: Work) -> None:
    """Put each valued party in its tier, and share out the scale by stage and by tier."""
    from valuekit import cashflow, ltv, segments

    settings = work.config.segments
    tiers = [(tier.name, tier.share) for tier in settings.tiers]
    segments.assign(work.engine, tiers=tiers, rest=settings.rest, none=settings.none)
    groupings = {"stage": "stages", "tier": "segments"}
    cashflow.share_scale(work.engine, as_of=work.as_of, groupings=groupings, calendar=work.calendar)
    ltv.sum_up(work.engine)


def compare(work: Work) -> None:
    """Rank customers by every executive's measure."""
    from valuekit import executives

    settings = work.config.executives
    executives.compare(
        work.engine,
        as_of=work.as_of,
        weights=settings.weights,
        top_n=settings.top_n,
        minimum_active_months=settings.minimum_active_months,
    )


def check(work: Work) -> None:
    """Prove the results; raises `CheckError` when one does not hold."""
    work.checks = make_checks(
        work.engine,
        cube_value=work.cube_value,
        max_quarantined_share=work.config.quality.max_quarantined_share,
    )
    if error := failed(work.checks):
        raise error


_RECORDS_ADVICE = "Map a table of customers; where there is none, make one from orders as configs/cdnow.yaml does."

STEPS = (
    Step("fingerprint", "hashing the input", fingerprint),
    Step("sources", "reading the systems", read),
    Step("identity", "finding the parties", resolve),
    Step("cashflow", "computing net cash", compute_cash),
    Step("lifecycle", "classifying the parties", classify),
    Step("registers", "drawing up the registers", draw_up_registers),
    Step("ltv", "valuing the customers", value),
    Step("segments", "assigning the tiers", segment),
    Step("executives", "ranking the customers", compare),
    Step("checks", "checking the results", check),
)
