"""The analysis of the cash statement, for people and programs: scale, break-even and concentration."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from pipelines.report import grid, money
from valuekit.cashflow import explain_break_even, explain_scale
from valuekit.cashflow.break_even import REASONS as TIPPING
from valuekit.cashflow.concentration import REASONS as NO_INDEX
from valuekit.cashflow.concentration import Concentration, quadrants, summary
from valuekit.cashflow.unit_costs import REASONS as NO_SCALE
from valuekit.errors import InputError, UnknownNameError
from valuekit.snapshot import Snapshot

Row = dict[str, Any]

_CURVES = "SELECT * FROM scale_curves ORDER BY cost_12m DESC, function, pool"
_GROUPS = "SELECT * FROM scale_groups ORDER BY grouping, scale_effect_12m DESC, member"
_TOTALS = """SELECT COALESCE(SUM(standalone_12m), 0) AS standalone_12m,
    COALESCE(SUM(scale_credit_12m), 0) AS scale_credit_12m, COALESCE(SUM(with_scale_12m), 0) AS with_scale_12m,
    COUNT(*) FILTER (WHERE standalone_12m <= 0 AND with_scale_12m > 0) AS paid_by_scale FROM scale_effects"""
_EFFECTS = """SELECT e.*, p.label FROM scale_effects AS e JOIN parties AS p USING (party_id)
    WHERE CASE WHEN $party IS NULL THEN scale_credit_12m <> 0 ELSE party_id = $party END
    ORDER BY standalone_12m <= 0 AND with_scale_12m > 0 DESC, scale_credit_12m DESC, party_id LIMIT $top"""
_TIPS = """SELECT b.*, p.label FROM break_even AS b LEFT JOIN parties AS p USING (party_id)
    WHERE party_id IS NOT NULL
        AND CASE WHEN $party IS NULL THEN net_cash_12m < 0 AND price_change IS NOT NULL ELSE party_id = $party END
    ORDER BY price_change, party_id LIMIT $top"""
_ENTERPRISE = "SELECT * FROM break_even WHERE party_id IS NULL"


def scale_object(snapshot: Snapshot, *, party: str | None, top: int) -> Row:
    """Return curves, totals, groups and the parties of most scale as one JSON object."""
    _need(snapshot, "scale_curves", "scale_effects", "scale_groups")
    curves = _rows(snapshot, _CURVES)
    by_pool = {curve["pool"]: curve for curve in curves}
    parties = _rows(snapshot, _EFFECTS, {"party": party, "top": top})
    _found(snapshot, party, parties)
    currency = snapshot.manifest.currency
    refused = {curve["pool"]: curve["reason"] for curve in curves if curve["elasticity"] is None}
    told = [
        p | {"sentence": explain_scale(p, by_pool.get(p["main_pool"]), name=p["label"], currency=currency,
                                       refused=refused)}
        for p in parties
    ]  # fmt: skip
    total = _rows(snapshot, _TOTALS)[0]
    facts = _facts(snapshot, "scale") | {"curves": curves, "total": total}
    return facts | {"groups": _rows(snapshot, _GROUPS), "parties": told}


def print_scale(found: Row, console: Console) -> None:
    """Print the pools' curves, what scale moves, and a sentence for each party."""
    _title(console, "What scale is worth, last 12 months", found)
    table = grid("pool", "volume", "cost>", "unit cost>", "cost by volume>", "interval>", "months>", "", "residual>")
    for c in found["curves"]:
        interval = "" if c["low"] is None else f"{c['low']:.2f} to {c['high']:.2f}"
        used = "" if c["elasticity"] is None else f"{c['elasticity']:.2f}%"
        word = c["reason"] or c["basis"]
        unit = "" if c["unit_cost"] is None else f"{c['unit_cost']:,.4f}"
        cost, residual = (money(c[n], found["currency"]) for n in ("cost_12m", "residual_12m"))
        table.add_row(escape(c["pool"]), c["driver"].replace("_", " "), cost, unit, used, interval, str(c["months"]),
                      word, residual)  # fmt: skip
    console.print(table)
    _explain(console, NO_SCALE, {c["reason"] for c in found["curves"]})
    total, currency = found["total"], found["currency"]
    alone, residual, together = (
        money(total[f"{name}_12m"], currency) for name in ("standalone", "scale_credit", "with_scale")
    )
    console.print(Text(f"\nmargins with scale {together}, less the residual {residual}, are the margins alone {alone}"))
    console.print(Text(f"{total['paid_by_scale']:,} parties lose money alone and bring money with scale\n"))
    for party in found["parties"]:
        console.print(Text(f"{party['party_id']}  {party['sentence']}"))


def break_even_object(snapshot: Snapshot, *, party: str | None, top: int) -> Row:
    """Return where the enterprise tips and, of those that lose money, whom the least change of price would tip."""
    _need(snapshot, "break_even")
    parties = _rows(snapshot, _TIPS, {"party": party, "top": top})
    _found(snapshot, party, parties)
    enterprise = _rows(snapshot, _ENTERPRISE)[0] | {"label": "The company"}
    enterprise, *parties = [p | {"sentence": explain_break_even(p, name=p["label"])} for p in (enterprise, *parties)]
    return _facts(snapshot, "break_even") | {"enterprise": enterprise, "parties": parties}


def print_break_even(found: Row, console: Console) -> None:
    """Print one line for the enterprise and one per party, what the missing points mean, and a sentence for each."""
    _title(console, "Where the balance tips, last 12 months", found)
    table = grid("", "net cash>", "volume>", "price>", "support a month>", "at zero>")
    rows = [found["enterprise"], *found["parties"]]
    for row in rows:
        volume = row["volume_reason"] or f"{row['volume']:.2f} x today"
        price = row["price_reason"] or f"{row['price_change']:+.1%}"
        at_zero = row["minutes_reason"] or f"{row['minutes_at_zero']:,.0f} min"
        table.add_row(escape(row["label"]), money(row["net_cash_12m"], found["currency"]), volume, price,
                      f"{row['minutes_a_month']:,.0f} min", at_zero)  # fmt: skip
    console.print(table)
    _explain(console, TIPPING, {row[f"{kind}_reason"] for row in rows for kind in ("volume", "price", "minutes")})
    for row in rows:
        console.print(Text(f"\n{row['sentence']}"))


def _explain(console: Console, meanings: Mapping[str, str], words: set[str | None]) -> None:
    """Say what the words in a table mean."""
    for word in sorted(words - {None}, key=str):
        console.print(Text(f"{word}: {meanings[str(word)]}", style="dim"))


def concentration_object(snapshot: Snapshot) -> Row:
    """Return how concentrated net cash of the last 12 months is, and the quadrants, of external parties."""
    with snapshot.engine() as engine:
        engine.execute("""CREATE OR REPLACE TEMP VIEW external_cash AS SELECT c.* FROM cash AS c
            JOIN stages AS s USING (party_id) WHERE s.stage <> 'internal'""")
        whale = summary(engine, cash="external_cash", column="net_cash_12m")
        rows = quadrants(engine, cash="external_cash").to_pylist()
    return _facts(snapshot, "concentration") | {**_plain(whale), "quadrants": rows}


def print_concentration(found: Row, console: Console) -> None:
    """Print the whale curve in numbers, the index, and the four quadrants."""
    currency = found["currency"]
    _title(console, "Where net cash comes from, last 12 months", found)
    table = grid("", "parties>", "share>", "net cash>")
    for label, count, share, amount in (
        ("all", found["parties"], None, found["total"]),
        ("bring money: the peak", found["peak_parties"], None, found["peak"]),
        ("lose money: eroded", found["loss_makers"], found["loss_makers_share"], found["losses"]),
        ("best tenth", found["top_decile_parties"], found["top_decile_share"], found["top_decile"]),
        ("bring the whole total", found["whole_parties"], found["whole_share"], found["total"]),
        ("back at zero", found["break_even_parties"], found["break_even_share"], None),
    ):
        if count is not None:
            table.add_row(label, f"{count:,}", "" if share is None else f"{share:.1%}",
                          "" if amount is None else money(amount, currency))  # fmt: skip
    console.print(table)
    name, reason = found["index_name"], found["index_reason"]
    index = f"none: {NO_INDEX[reason]}" if reason else f"{found['index']:.3f} ({name.replace('_', ' ')})"
    console.print(Text(f"\nindex of concentration {index}\n"))
    four = grid("margin before cost to serve against cost to serve", "parties>", "margin>", "cost to serve>",
                "net cash>", "on the border>")  # fmt: skip
    for q in found["quadrants"]:
        amounts = (money(q[n], currency) for n in ("margin", "cost_to_serve", "net_cash"))
        four.add_row(f"{q['quadrant']} [dim]{_where(q)}[/]", f"{q['parties']:,}", *amounts, f"{q['on_border']:,}")
    console.print(four)


def _where(quadrant: Mapping[str, Any]) -> str:
    high = {True: "high", False: "low"}
    return f"{high[quadrant['high_margin']]} margin, {high[quadrant['high_cost']]} cost"


def _plain(whale: Concentration) -> Row:
    names = ("loss_makers_share", "peak_share", "eroded", "eroded_share", "whole_share", "break_even_share",
             "top_decile_share", "index", "index_name", "index_reason")  # fmt: skip
    fields = {name: value for name, value in vars(whale).items() if name != "spread"}
    return fields | {name: getattr(whale, name) for name in names}


def _facts(snapshot: Snapshot, what: str) -> Row:
    manifest = snapshot.manifest
    return {"schema": f"valuekit.{what}/1", "run_id": manifest.run_id, "company": manifest.company,
            "as_of": manifest.as_of, "currency": manifest.currency}  # fmt: skip


def _title(console: Console, title: str, found: Row) -> None:
    console.print(Text(f"{title}, {found['company']}, as of {found['as_of']}", style="bold"))
    console.print(Text(f"money in {found['currency']}\n"))


def _need(snapshot: Snapshot, *tables: str) -> None:
    for table in tables:
        if table not in snapshot.manifest.tables:
            advice = "An older valuekit made it. Run it again."
            raise InputError(f"the snapshot has no {table}.", where=str(snapshot.path), next_step=advice)


def _found(snapshot: Snapshot, party: str | None, rows: list[Row]) -> None:
    if party is not None and not rows:
        raise UnknownNameError("party with cash", party, [], where=snapshot.manifest.run_id)


def _rows(snapshot: Snapshot, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
    rows: list[Row] = snapshot.query(sql, parameters).to_pylist()
    return rows
