"""All sources of a company into the engine, in the order in which they need each other."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from valuekit.config import Source
from valuekit.engine import DatabaseError, Engine, Expression, first_line, literal, quote
from valuekit.errors import ConfigError, ContractError, EngineError, InputError, MemoryLimitError
from valuekit.sources.accept import accept
from valuekit.sources.contract import checked_select
from valuekit.sources.files import label
from valuekit.sources.mapping import MappedSource, map_source, types_of
from valuekit.sources.raw import Raw, read_raw
from valuekit.tables import CANONICAL, PUBLISHED, accepted

Progress = Callable[[str], None]

_PREFIX = "read_"
_FIRST = ("fx_rates", "records")
"""Amounts need rates, and every row is compared with the records."""


def read(
    engine: Engine,
    sources: Sequence[Source],
    *,
    currency: str,
    base: Path,
    max_quarantined_share: float,
    progress: Progress | None = None,
) -> None:
    """Read every source into its canonical table.

    Makes all canonical tables in the form of `accepted(table)`, empty where nothing is mapped to them; `intake`, one
    row per source, where rows read = accepted + quarantined; and `quarantine`, one row per input row that breaks the
    contract (`severity` quarantine: set aside) or gives a warning (accepted: its record is unknown, or it has an
    amount without currency, which is taken for the reporting currency).

    Args:
        engine: Where the tables are made.
        sources: In any order; several may feed one table. Of rows with the same key the first is kept.
        currency: Reporting currency; amounts in others are converted at the latest rate on or before the row's day
            and rounded to the cent.
        base: Folder that relative paths start from: that of the configuration file.
        max_quarantined_share: Above this share of a table's rows the run stops.
        progress: Called with a line of text before each source.

    Raises:
        InputError: A file or database cannot be read.
        ConfigError: A mapping does not fit its source; `UnknownNameError` for a column that is not there.
        ContractError: Too many rows of a table are set aside.
    """
    for table in CANONICAL.values():
        engine.make_empty(accepted(table))
    for name in ("intake", "quarantine"):
        engine.make_empty(PUBLISHED[name])
    for table_name, group in groupby(_in_order(sources), key=lambda pair: pair[0].table):
        for source, name in group:
            if progress:
                progress(f"{table_name} from {name}")
            _read_source(engine, source, name, currency, base)
        _stop_if_bad(engine, table_name, max_quarantined_share)


def _in_order(sources: Sequence[Source]) -> Iterator[tuple[Source, str]]:
    """Yield the sources by table, each with a name of its own: a second source on one file gets a number."""
    order = {t: n for n, t in enumerate([*_FIRST, *CANONICAL])} | {t: n for n, t in enumerate(_FIRST)}
    seen: Counter[tuple[str, str]] = Counter()
    for source in sorted(sources, key=lambda s: order[s.table]):
        key = source.table, label(source)
        seen[key] += 1
        yield source, label(source) + (f" ({seen[key]})" if seen[key] > 1 else "")


def _read_source(engine: Engine, source: Source, name: str, currency: str, base: Path) -> None:
    _tidy(engine)
    try:
        raws = read_raw(engine, source, base, f"{_PREFIX}raw")
        checked = " UNION ALL ".join(_checked(engine, source, raw, n) for n, raw in enumerate(raws))
        _check(engine, checked, name)
        accept(engine, source, raws, currency=currency, name=name)
    finally:
        _tidy(engine)


def _check(engine: Engine, checked: str, name: str) -> None:
    try:
        engine.run("valuekit.sources", "check.sql", checked=Expression("", checked, frozenset()))
    except MemoryLimitError:
        raise
    except EngineError as error:  # such as a Parquet file whose pages are damaged
        raise InputError(f"cannot be read to its end: {error.what}.", where=name, next_step=_UNREADABLE) from None


def _checked(engine: Engine, source: Source, raw: Raw, number: int) -> str:
    mapped = map_source(source, raw)
    try:
        described = {name: kind for name, kind, *_ in engine.rows(f"DESCRIBE {mapped.select}")}
        _check_condition(engine, source, mapped)
        select = checked_select(source, mapped.select, types_of(described), mapped.formats)
        engine.rows(f"DESCRIBE {select}")
    except DatabaseError as error:
        what = f"the mapping to {source.table} does not work: {first_line(error)}."
        raise ConfigError(what, where=raw.place, next_step=_MISFIT) from None
    return f"SELECT {number} AS _file, * FROM ({select})"


def _check_condition(engine: Engine, source: Source, mapped: MappedSource) -> None:
    if not mapped.where:
        return
    kind = engine.rows(f"DESCRIBE {mapped.condition}")[0][1]
    if kind != "BOOLEAN":
        what = f"`where: {source.where}` gives {kind}, which is neither true nor false."
        raise ConfigError(what, where=mapped.raw.place, next_step="Compare it with something, such as `kind = 'sale'`.")


def _tidy(engine: Engine) -> None:
    """Drop the tables that reading one source needs."""
    views = engine.rows(f"SELECT view_name FROM duckdb_views() WHERE starts_with(view_name, {literal(_PREFIX)})")
    for (view,) in views:
        engine.execute(f"DROP VIEW IF EXISTS {quote(view)}")
    tables = engine.rows(f"SELECT table_name FROM duckdb_tables() WHERE starts_with(table_name, {literal(_PREFIX)})")
    engine.drop(*(table for (table,) in tables))


def _stop_if_bad(engine: Engine, table: str, allowed: float) -> None:
    rows, bad = engine.rows(
        "SELECT SUM(rows_in), SUM(rows_quarantined) FROM intake WHERE table_name = $table", {"table": table}
    )[0]
    if not bad or bad / rows <= allowed:
        return
    examples = "".join(
        f"\n  {count:,} x {reason}, for example {place} row {row}: {text}"
        for reason, count, place, row, text in _top_reasons(engine, table)
    )
    raise ContractError(
        f"{bad:,} of {rows:,} rows break the contract ({bad / rows:.1%}, allowed {allowed:.1%}):{examples}\n",
        where=table,
        next_step="Mend the export or its mapping (`columns`, `date_format`, `decimal`, `encoding`), or raise "
        "`quality.max_quarantined_share`.",
    )


def _top_reasons(engine: Engine, table: str) -> list[tuple[str, int, str, int, str]]:
    """Return the three most frequent reasons: how often, and the first row of each."""
    return engine.rows(
        """
        WITH reasons AS (
            SELECT UNNEST(STRING_SPLIT(reasons, '; ')) AS reason, source, row_number, row_text
            FROM quarantine WHERE table_name = $table AND severity = 'quarantine'
        )
        SELECT reason, COUNT(*) AS n, MIN_BY(source, (source, row_number)), MIN_BY(row_number, (source, row_number)),
               LEFT(MIN_BY(row_text, (source, row_number)), 200)
        FROM reasons GROUP BY reason ORDER BY n DESC, reason LIMIT 3
        """,
        {"table": table},
    )


_UNREADABLE = "Write the file again; if that does not help, look at the mapping of its columns."
_MISFIT = "Check its expressions and formats; columns of text files are text: cast them to calculate."
