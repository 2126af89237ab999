"""What the pages may ask of a snapshot. No Streamlit here, and no SQL in the pages: each asks the steps beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from valuekit.cashflow.concentration import Concentration, quadrants, summary, whale_curve
from valuekit.engine import Engine, Expression, Step, load_steps, quote
from valuekit.engine.steps import Slot, compose, render
from valuekit.errors import EngineError, UnknownNameError, ValuekitError
from valuekit.executives import KEYS, borda
from valuekit.ltv import Discount, Horizon, ltv_sql
from valuekit.snapshot import Manifest
from valuekit.tables.published import HORIZON_YEARS

PAGES = "valuekit.dashboard.pages"
SHARED = "shared"
"""The `.sql` file whose steps every page may ask."""

BORROWED = {"customers/lists": [("valuekit.lifecycle", "members.sql")]}
"""By page: the `.sql` files of the domain whose scratch steps it reads, so that one rule has one place."""

Timing = Literal["mid_year", "end_of_year"]


@dataclass(frozen=True)
class Scenario:
    """Settings of the value model that can change after the run: they are linear in the value cube."""

    years: int = 3
    rate: float = 0.10
    timing: Timing = "mid_year"
    off: tuple[str, ...] = ()

    def __str__(self) -> str:
        years = f"{self.years} year{'s' if self.years > 1 else ''}"
        return f"{years} at {100 * self.rate:g}% a year, {self.timing.replace('_', '-')} discounting"

    @property
    def name(self) -> str:
        """A name for the table of its values.

        >>> Scenario(years=5, rate=0.085, off=("advocacy",)).name
        'value_5_0.085_mid_year_advocacy'
        """
        return "_".join(("value", str(self.years), f"{self.rate:g}", self.timing, *sorted(self.off)))

    @property
    def factors(self) -> list[float]:
        """The discount factor of every year of the cube, within the horizon or beyond it."""
        return self.discount.factors(Horizon(HORIZON_YEARS))

    @property
    def discount(self) -> Discount:
        """The rate and its timing."""
        return Discount(self.rate, self.timing)


@dataclass(frozen=True)
class Settings:
    """The settings of the run that the pages speak of."""

    value: Scenario = Scenario()
    top_n: int = 20
    weights: Mapping[str, float] = field(default_factory=dict)
    assumed_cost_of_goods: float | None = None
    paying: str = "paying"
    using: str = "using"
    same_month: str = "net"
    reactivation_days: int | None = None
    own_rates: tuple[float, ...] = ()
    """Discount rates of customers who do not have that of all."""


def settings(manifest: Manifest) -> Settings:
    """Read from the manifest's configuration what the pages need; what it does not state has its default."""
    config = manifest.config
    lifecycle = config.get("lifecycle", {})
    movements = lifecycle.get("movements", {})
    ltv = config.get("ltv", {})
    standard = Scenario()
    return Settings(
        value=Scenario(
            years=int(ltv.get("horizon_years", standard.years)),
            rate=float(ltv.get("discount_rate", standard.rate)),
            timing=ltv.get("timing", standard.timing),
            off=tuple(ltv.get("off", ())),
        ),
        top_n=int(config.get("executives", {}).get("top_n", Settings.top_n)),
        weights={key: float(weight) for key, weight in config.get("executives", {}).get("weights", {}).items()},
        assumed_cost_of_goods=config.get("cashflow", {}).get("assumed_cost_of_goods"),
        paying=lifecycle.get("paying", Settings.paying),
        using=lifecycle.get("using", Settings.using),
        same_month=movements.get("same_month", Settings.same_month),
        reactivation_days=movements.get("reactivation_days"),
        own_rates=tuple(rule["rate"] for rule in ltv.get("discount_rate_by", ())),
    )


def value_sql(scenario: Scenario) -> str:
    """Return the SELECT of every valued party's lifetime value under a scenario (`party_id`, `ltv`)."""
    return ltv_sql(Horizon(scenario.years), scenario.discount, scenario.off)


def consensus(engine: Engine, weights: Mapping[str, float], *, most: int) -> pd.DataFrame:
    """Return the consensus under other weights, best first: `party_id`, `score`, `measures`, `rank`.

    Measures without a weight here do not count.
    """
    found = plain(borda(engine, {**dict.fromkeys(KEYS, 0.0), **weights}, most=most))
    return found[found["rank"].notna()]


def whale(engine: Engine, since: date, *, recent: bool) -> tuple[Concentration, pd.DataFrame]:
    """Return where net cash of outside parties comes from, and the whale curve: of all, or of those since a day."""
    table, column = ("recent_cash", "net_cash_12m") if recent else ("external_cash", "net_cash")
    _make(engine, table, _sql("cashflow/whale", table, {}), {"since": since} if recent else None)
    return summary(engine, cash=table, column=column), plain(whale_curve(engine, cash=table, column=column, points=200))


def cost_to_serve(engine: Engine) -> pa.Table:
    """Return the four quadrants of margin and cost to serve of outside parties."""
    return quadrants(engine, cash=external_cash(engine))


def external_cash(engine: Engine) -> str:
    """Make the table of the cash of outside parties, and return its name: one's own units are nobody's customers."""
    _make(engine, "external_cash", _sql("cashflow/whale", "external_cash", {}))
    return "external_cash"


def ask(
    engine: Engine, page: str, step: str, parameters: Mapping[str, Any] | None = None, **slots: Slot
) -> pd.DataFrame:
    """Answer a question: run one step of `pages/<page>.sql`, or of the shared ones, and return its rows.

    Returns: money as float (exact to the cent below ten trillion, sums were made in DECIMAL), days as datetime.
    Raises: `EngineError` that names the step when the snapshot cannot answer.
    """
    sql = _composed(page, step, slots)
    try:
        return plain(engine.query(sql, parameters))
    except ValuekitError:
        raise
    except Exception as error:  # whatever the engine raises: a page shows one sentence, not a traceback
        reason = str(error).strip().splitlines()[0]
        raise EngineError(reason, where=f"{page}, {step}", next_step=_DAMAGED) from error


def listed(engine: Engine, step: str, page: str, of: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
    """Answer the shared question `step` (`parties` or `party_count`) for the parties that a page's step `of` names."""
    chosen = Expression("chosen", f"({_composed(page, of, {})})", frozenset())
    return ask(engine, SHARED, step, parameters, chosen=chosen)


def _composed(page: str, step: str, slots: Mapping[str, Slot]) -> str:
    """Return the SELECT of a page's step, with the scratch steps that it needs."""
    steps = _steps(page)
    if step not in steps:
        raise UnknownNameError("step", step, steps, where=page)
    return compose(steps[step], {name: s for name, s in steps.items() if s.scratch}, slots)


def prepare_values(engine: Engine, current: Sequence[str]) -> None:
    """Make the tables `valued` and `flows`, from which any scenario is quick; once for a run."""
    _make(engine, "valued", _sql("value/worth", "valued", {}), {"current": list(current)})
    _make(engine, "flows", _sql("value/worth", "flows", {}))


def make_values(engine: Engine, scenario: Scenario) -> str:
    """Make the table of every party's value under a scenario, beside its published value; return the table's name.

    Reads: `valued` and `flows`.
    """
    values = ltv_sql(
        Horizon(scenario.years), scenario.discount, scenario.off, cube="flows", parties="valued", party="place"
    )
    _make(
        engine,
        scenario.name,
        _sql("value/worth", "scenario", {"value": Expression("value", f"({values})", frozenset())}),
    )
    return scenario.name


def _make(engine: Engine, table: str, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
    engine.execute(f"CREATE OR REPLACE TABLE {quote(table)} AS {sql}", parameters)


def _sql(page: str, step: str, slots: Mapping[str, Slot]) -> str:
    return render(_steps(page)[step], slots)


def _steps(page: str) -> dict[str, Step]:
    files = [(PAGES, f"{SHARED}.sql"), *BORROWED.get(page, ()), (PAGES, f"{page}.sql")]
    return {s.name: s for package, file in files for s in load_steps(package, file)}


def each(frame: pd.DataFrame) -> Iterator[Any]:
    """Go over the rows of a small frame, with its columns as attributes."""
    yield from frame.itertuples(index=False)


def most(frame: pd.DataFrame, column: str) -> Any:
    """Return the first row with the largest value, with its columns as attributes."""
    return next(each(frame.sort_values(column, ascending=False, kind="stable").head(1)))


def plain(table: pa.Table) -> pd.DataFrame:
    """Turn Arrow into the pandas types that tables and charts show: decimals as numbers, dates as datetime."""
    frame: pd.DataFrame = pa.table([_number(c) for c in table.columns], names=table.column_names).to_pandas(
        date_as_object=False
    )
    scales = {f.name: f.type.scale for f in table.schema if pa.types.is_decimal(f.type) and f.type.scale}
    return frame.round(scales)  # the cast of a decimal may miss the nearest float by one unit in the last place


def _number(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_decimal(column.type):
        return column
    return column.cast(pa.float64() if column.type.scale else pa.int64())


_DAMAGED = "The snapshot may be damaged, or older than this version: run it again, or choose another run."
