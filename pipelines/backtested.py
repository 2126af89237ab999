"""Backtests of a configuration: its past, valued as it was known then, against what came."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from pipelines.jobs import load_company
from pipelines.report import grid, print_wide
from pipelines.steps import STEPS, Work
from valuekit.calendar import add_months, as_day, month_end
from valuekit.config import Config
from valuekit.engine import Engine
from valuekit.errors import ConfigError
from valuekit.exports.files import atomic_file
from valuekit.ltv import backtest_contracts, select
from valuekit.ltv.backtest import Backtest, backtest_lines, candidates
from valuekit.ltv.cash_backtest import compare_cash, foretold_cash
from valuekit.ltv.contract_backtest import ContractBacktest
from valuekit.ltv.origins import in_command
from valuekit.ltv.purchases import view_lines
from valuekit.sources import first_day

Tell = Callable[[str], None]
Origins = int | Sequence[date]

_SHOWN = {"bias": "+.1%", "wmae": ".3f", "rmse": ",.3f", "spearman": ".3f", "gini": ".3f", "top_decile": ".1%",
          "coverage": ".1%"}  # fmt: skip


def backtest_config(
    name: str, overrides: Sequence[str], *, origins: int | Sequence[str], days: int, whole: bool, tell: Tell,
    charts: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Backtest the orders and contracts of a company, and with `whole` its value, at several origins; publish nothing.

    `origins` are days of the past, or how many of them; the value is foretold from the ends of their months.
    `charts` is a file (.html, .svg, .png or .json) for the charts of the best models at the last origin. Raises
    `ConfigError` for another kind of file, or where there is nothing to draw, and the refusal where nothing could be
    judged at all; where a part could, the result says of the other why not.
    Returns `orders` (scores, deciles and choice; None without orders), `contracts` (scores, deciles, tracking and a
    note where they could not be judged; None without contracts) and `cash` (scores by origin, scope, model).
    """
    if charts and charts.suffix not in CHART_FILES:
        raise ConfigError("is no file for charts.", where=str(charts), next_step=f"End its name in {_ENDINGS}.")
    days_given: Origins = origins if isinstance(origins, int) else sorted({*map(as_day, origins)})
    config, base = load_company(name, overrides)
    with _engine(config) as engine:
        work = Work(engine, config, base)
        tell("reading the books as they are known today")
        _do(work, until="cashflow")
        found: dict[str, Any] = {"as_of": work.as_of, "orders": None, "contracts": None, "cash": []}
        tested: list[Backtest | ContractBacktest | ConfigError] = []
        if engine.count("orders"):
            tell("foretelling orders")
            found["orders"], of_orders = _orders(engine, config, days_given, days)
            tested.append(of_orders)
        if engine.count("contracts"):
            tell("foretelling renewals of contracts")
            found["contracts"], of_contracts = _contracts(engine, config, work.as_of, days_given, days)
            tested.append(of_contracts)
        judged = [one for one in tested if not isinstance(one, ConfigError)]
        if not (judged or whole):
            raise next((one for one in tested if isinstance(one, ConfigError)), _nothing_to_judge(name))
        if charts:
            _draw(judged, charts)
        first = first_day(engine)
        for origin in _month_ends(work.as_of, days_given) if whole else ():
            if first is None or origin < first:
                continue  # nobody was there yet
            tell(f"valuing the company as of {origin}")
            found["cash"] += compare_cash(engine, _valued(config, work, origin), origin)
    return found


def _nothing_to_judge(name: str) -> ConfigError:
    advice = "Map orders or contracts, or value the company at each origin: --whole."
    return ConfigError("has neither orders nor contracts to foretell.", where=name, next_step=advice)


def _orders(
    engine: Engine, config: Config, origins: Origins, days: int
) -> tuple[dict[str, Any], Backtest | ConfigError]:
    unit, returns = config.ltv.time_unit, config.ltv.unmatched_returns
    view_lines(engine)
    try:
        tested: Backtest = backtest_lines(
            engine, origins=origins, days=days, candidates=candidates(unit=unit), unit=unit, unmatched_returns=returns
        )
    except ConfigError as error:
        refused = _refused(error)
        return {"scores": [], "deciles": [], "choice": str(refused)}, refused
    finally:
        engine.execute("DROP VIEW order_lines")
    chosen = str(select(tested))
    return {"scores": tested.scores.to_pylist(), "deciles": tested.deciles.to_pylist(), "choice": chosen}, tested


def _contracts(
    engine: Engine, config: Config, as_of: date, origins: Origins, days: int
) -> tuple[dict[str, Any], ContractBacktest | ConfigError]:
    signed = engine.query(_SIGNED)
    try:
        tested: ContractBacktest = backtest_contracts(
            signed,
            as_of=as_of,
            origins=origins,
            months=max(round(days / _MONTH), 1),
            models=(config.ltv.renewal_model,),
            customer="party_id",
            price="reporting_amount",
        )
    except ConfigError as error:
        refused = _refused(error)
        return {"scores": [], "deciles": [], "tracking": [], "note": str(refused)}, refused
    tables = {name: getattr(tested, name).to_pylist() for name in ("scores", "deciles", "tracking")}
    return tables | {"note": ""}, tested


def _refused(error: ConfigError) -> ConfigError:
    """Say what to do in words of the command."""
    return ConfigError(error.what, where=error.where, next_step=in_command(error.next_step))


_SIGNED = """SELECT party_id, signed_on, starts_on, ends_on, cancelled_on, term_months, kind, reporting_amount
FROM contracts WHERE signed_on IS NOT NULL AND party_id IS NOT NULL ORDER BY party_id, system, id"""
_MONTH = 30.4375
"""Days of a month, in the mean."""


def _draw(backtests: Sequence[Backtest | ContractBacktest], file: Path) -> None:
    drawn = [tested.plot() for tested in backtests]
    if not drawn:
        raise ConfigError("draws backtests of orders and contracts, and there is none.", where="--charts")
    with atomic_file(file, overwrite=True) as draft:
        CHART_FILES[file.suffix](drawn[0] if len(drawn) == 1 else drawn[0] & drawn[1], str(draft))


CHART_FILES: dict[str, Callable[[Any, str], None]] = {
    ".html": lambda chart, path: chart.save(path, format="html", inline=True),  # opens without a network
    ".svg": lambda chart, path: chart.save(path, format="svg"),
    ".png": lambda chart, path: chart.save(path, format="png", scale_factor=2),
    ".json": lambda chart, path: chart.save(path, format="json"),
}
"""How a chart (altair) is written, by the ending of its file."""
_ENDINGS = f"{', '.join(list(CHART_FILES)[:-1])} or {list(CHART_FILES)[-1]}"


def _valued(config: Config, today: Work, origin: date) -> Any:
    """Value the company as it was known at an origin, in an engine of its own."""
    then = config.model_copy(update={"as_of": origin})
    with _engine(then) as engine:
        _do(Work(engine, then, today.base), until="ltv")
        return foretold_cash(engine, origin)


def _month_ends(as_of: date, origins: Origins) -> list[date]:
    if isinstance(origins, int):
        return [month_end(add_months(as_of.replace(day=1), -12 * back)) for back in range(origins, 0, -1)]
    ends = sorted({month_end(day) for day in origins})
    if add_months(ends[-1].replace(day=1), 12) > as_of.replace(day=1):
        raise ConfigError(
            f"the books up to {as_of} do not hold twelve months after {ends[-1]}.",
            where="backtest",
            next_step="Name earlier days (--at), or leave out --whole.",
        )
    return ends


def _do(work: Work, *, until: str) -> None:
    for step in STEPS:
        step.do(work)
        if step.name == until:
            return


def _engine(config: Config) -> Engine:
    settings = config.engine
    return Engine(memory_limit=settings.memory_limit, threads=settings.threads, temp_folder=settings.temp_folder)


def print_backtest(found: Mapping[str, Any], console: Console) -> None:
    """Print the scores of orders, contracts and cash, and which model of purchases is best by how much."""
    if found["orders"]:
        console.print(Text("Orders: what was foretold against what came", style="bold"))
        if found["orders"]["scores"]:
            print_wide(_table(found["orders"]["scores"], ("origin", "model", "target")), console)
        console.print(found["orders"]["choice"] + "\n")
    if found["contracts"]:
        console.print(Text("Contracts: renewals, and who stayed, against what came", style="bold"))
        if found["contracts"]["scores"]:
            shown = [r for r in found["contracts"]["scores"] if r["scope"] == "all" or r["target"] == "renewals"]
            print_wide(_table(shown, ("origin", "scope", "model", "target")), console)
        console.print(found["contracts"]["note"])
    if found["cash"]:
        console.print(Text("Cash of the twelve months after the origin", style="bold"))
        print_wide(_table(found["cash"], ("origin", "scope", "model", "target")), console)


def _table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Any:
    table = grid(*names, "of>", *(f"{name.replace('top_decile', 'top 10%')}>" for name in _SHOWN))
    for row in rows:
        numbers = ["" if row.get(n) is None else format(row[n], shown) for n, shown in _SHOWN.items()]
        count = "" if row.get("customers") is None else f"{row['customers']:,.0f}"
        table.add_row(*(str(row[name]) for name in names), count, *numbers)
    return table
