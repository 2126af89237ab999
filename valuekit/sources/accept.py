"""From checked rows to the canonical table: lines summed into one, keys unique, amounts converted, all counted."""

from collections.abc import Iterable, Sequence

from valuekit.config import Source
from valuekit.engine import Engine, Expression, literal, quote
from valuekit.errors import CheckError
from valuekit.money import MONEY
from valuekit.sources.dates import day_of
from valuekit.sources.files import without_folders
from valuekit.sources.raw import Raw
from valuekit.tables import CANONICAL, Column, Table, accepted

_PACKAGE = "valuekit.sources"
_ADDS_UP = ("minutes", "events")

_PLACE = "_file * 1000000000000 + _row"
"""Orders rows as they stand in their files: the engine may store the row groups of a file in another order."""


def accept(engine: Engine, source: Source, raws: Sequence[Raw], *, currency: str, name: str) -> None:
    """Move the rows of `read_checked` into the canonical table and the quarantine, and note the counts in `intake`.

    Reads: `read_checked` (see `checked_select`, plus `_file`, the raw table's number), `records`, `fx_rates`.
    Raises: `CheckError` when a row is lost or counted twice, which would be a fault of valuekit.
    """
    table = CANONICAL[source.table]
    rows, lines = _collapse(engine, table, source.collapse_by)
    engine.run(_PACKAGE, "accept.sql", {"currency": currency}, rows=rows, lines=lines, **_slots(table, rows))
    before = engine.count(table.name)
    _insert(engine, table, rows, currency)
    _set_aside(engine, table, raws, name)
    _note(engine, table, name, rows_out=engine.count(table.name) - before, rows=rows)


def _collapse(engine: Engine, table: Table, collapse_by: Sequence[str]) -> tuple[str, str]:
    """Return the names of the tables of rows and of lines; without `collapse_by` each line is a row."""
    if not collapse_by:
        rows = f"SELECT {_PLACE} AS _id, 1 AS _lines, * FROM read_checked WHERE _reasons IS NULL"
        engine.execute(f"CREATE OR REPLACE VIEW read_plain AS {rows}")
        return "read_plain", "read_plain"
    implied = [c for c in ("system", "currency") if c in table.names and c not in collapse_by]
    grouped = _sql(quote(c) for c in [*collapse_by, *implied])
    engine.run(_PACKAGE, "collapse.sql", grouped=grouped, summed=_sql(_one(c) for c in table))
    return "read_collapsed", "read_lines"


def _one(column: Column) -> str:
    sums = column.money or column.unit in _ADDS_UP
    one = f"CAST(SUM({quote(column.name)}) AS {column.type})" if sums else f"MIN({quote(column.name)})"
    return f"{one} AS {quote(column.name)}"


def _slots(table: Table, rows: str) -> dict[str, str | Expression]:
    has_amount = " OR ".join(f"{quote(c)} IS NOT NULL" for c in table.money)
    overflow = " OR ".join(f"({quote(c)} IS NOT NULL AND {_converted(c)} IS NULL)" for c in table.money)
    taken = f"the key ({', '.join(table.key)}) is taken by an earlier row"
    return {
        "target": table.name,
        "key": _sql(quote(c) for c in table.key),
        "same_key": _sql((f"r.{quote(c)} = t.{quote(c)}" for c in table.key), " AND "),
        "duplicate": _sql([literal(taken)]),
        "day": _sql([day_of(table)]),
        "currency": _sql(["currency" if table.money else "CAST(NULL AS VARCHAR)"]),
        "foreign": _sql([f"currency <> $currency AND ({has_amount})" if table.money else "FALSE"]),
        "unconverted": _sql([f"({overflow})" if table.money else "FALSE"]),
        "unknown": _sql([_unknown_records(table, rows)]),
    }


def _sql(parts: Iterable[str], separator: str = ", ") -> Expression:
    """Wrap SQL that is made of declared names for a slot of a step."""
    return Expression("", separator.join(parts), frozenset())


def _unknown_records(table: Table, rows: str) -> str:
    selects = [
        f"SELECT r._id, {literal(f'unknown record: no row of records has this {column}')} AS reason "
        f"FROM {rows} AS r ANTI JOIN records AS k ON k.system = r.{quote(system)} AND k.record = r.{quote(column)} "
        f"WHERE r.{quote(column)} IS NOT NULL"
        for column, system in _named_records(table)
    ]
    return " UNION ALL ".join(selects) or "SELECT 0 AS _id, '' AS reason WHERE FALSE"


def _named_records(table: Table) -> list[tuple[str, str]]:
    """The columns that name a record, each with the column that names its system."""
    if table.name == "links":
        return [("from_record", "system"), ("to_record", "to_system")]
    return [(column, "system") for column in (table.parties if table.name != "records" else ())]


def _converted(column: str) -> str:
    # Widened first: the engine multiplies two DECIMAL(18) in 64 bits, which ten million at a rate of 1 overflows.
    return f"TRY_CAST(ROUND(CAST({quote(column)} AS DECIMAL(20,4)) * rates.rate, 2) AS {MONEY})"


def _insert(engine: Engine, table: Table, rows: str, currency: str) -> None:
    """Append the accepted rows; amounts in the reporting currency pass as they are."""
    columns = [f"r.{quote(c)}" for c in table.names]
    columns += [f"CASE WHEN r.currency <> $currency THEN {_converted(c)} ELSE {quote(c)} END" for c in table.money]
    joined = (
        f"LEFT JOIN read_rates AS rates ON rate_currency = r.currency AND rate_day IS NOT DISTINCT FROM {day_of(table)}"
        if table.money
        else ""
    )
    engine.execute(
        f"INSERT INTO {quote(table.name)} ({', '.join(quote(c) for c in accepted(table).names)}) "
        f"SELECT {', '.join(columns)} FROM {quote(rows)} AS r {joined} ANTI JOIN read_refused USING (_id)",
        {"currency": currency},
    )


def _set_aside(engine: Engine, table: Table, raws: Sequence[Raw], name: str) -> None:
    for number, raw in enumerate(raws):
        place = without_folders(raw.place) if len(raws) > 1 else name
        fields = ", ".join(f"{literal(c)}: CAST({quote(c)} AS VARCHAR)" for c in raw.types)
        text = f"CASE WHEN raw._line IS NULL THEN TO_JSON({{{fields}}}) ELSE TO_JSON({{'line': raw._line}}) END"
        engine.execute(
            f"INSERT INTO quarantine SELECT $table, $place, found._row, found.severity, found.reasons, {text} "
            f"FROM read_found AS found JOIN {quote(raw.table)} AS raw ON raw._row = found._row "
            f"WHERE found._file = $number",
            {"table": table.name, "place": place, "number": number},
        )


def _note(engine: Engine, table: Table, name: str, *, rows_out: int, rows: str) -> None:
    """Write the line of `intake`, once read = accepted + quarantined is shown from what was really written."""
    read = engine.count("read_checked")
    taken = engine.scalar(f"SELECT COALESCE(SUM(_lines), 0) FROM {quote(rows)} ANTI JOIN read_refused USING (_id)")
    found = dict(engine.rows("SELECT severity, COUNT(*) FROM read_found GROUP BY severity"))
    quarantined, warned = found.get("quarantine", 0), found.get("warn", 0)
    if read != taken + quarantined or (rows == "read_plain" and rows_out != taken):
        raise CheckError(
            f"{read} rows were read, but {taken} accepted ({rows_out} written) and {quarantined} quarantined.",
            where=f"{table.name} from {name}",
            next_step="This is a fault of valuekit: please report it with the source's configuration.",
        )
    engine.execute(
        "INSERT INTO intake VALUES ($table, $name, $read, $taken, $quarantined, $warned, 0, $rows_out)",
        {"table": table.name, "name": name, "read": read, "taken": taken, "quarantined": quarantined,
         "warned": warned, "rows_out": rows_out},
    )  # fmt: skip
