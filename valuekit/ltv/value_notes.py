"""What there is to say about the lifetime value: what it rests on may not be as the data state it."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa

from valuekit.engine import Engine, Expression, literal, quote
from valuekit.ltv.contract_money import Silence
from valuekit.ltv.renewals import MINIMUM_EVENTS
from valuekit.tables import CANONICAL, PUBLISHED
from valuekit.tables.canonical import event_date

LATE_DATA_DAYS = 31
"""Data that end so many days before the as-of date are those of a company that has not yet sent the last month."""

_SHOWN = 5

_NO_ACTIVITY = ("costs", "fx_rates")
"""Ledger months and exchange rates date nothing that a customer does."""


def note_value(engine: Engine, as_of: date, silence: Silence) -> None:
    """Make `value_notes`: contracts without money, data that end too early, groups too small, nobody who has paid.

    Reads `contract_lines`, `ltv`, `renewal_groups`, `segment_names`, `contracts`, `invoices`, and the days of all
    canonical tables.
    """
    asked = (
        _without_money(engine, silence), _ends_early(engine, as_of), _too_small(engine), _nobody_paid(engine, as_of)
    )  # fmt: skip
    notes = [note for found in asked for note in found]
    engine.put("notes_found", pa.Table.from_pylist(notes, schema=PUBLISHED["value_notes"].arrow))
    engine.execute("CREATE OR REPLACE TABLE value_notes AS SELECT * FROM notes_found ORDER BY note")
    engine.drop("notes_found")


def _without_money(engine: Engine, silence: Silence) -> Iterator[dict[str, Any]]:
    found = engine.ask("valuekit.ltv", "value_notes.sql", "without_money").to_pylist()[0]
    if found["parties"]:
        share = {name: _share(found[name], found[f"all_{name}"]) for name in ("mrr", "ltv")}
        yield {
            "note": "contracts_without_money",
            "message": (
                f"{found['parties']:,} of {found['all_parties']:,} customers under contract have neither bill nor "
                f"payment for more than a term and {silence.grace} days, yet their contracts renew by themselves: "
                f"{found['mrr']:,.2f} a month, {100 * (share['mrr'] or 0):.0f}% of all contracts in force. Renewals "
                f"since are not taken for granted, so they are {100 * (share['ltv'] or 0):.0f}% of lifetime value. "
                "Find out who has left and enter their notice, or map the bills and payments that are missing."
            ),
            "parties": found["parties"],
            "mrr": found["mrr"],
            "mrr_share": share["mrr"],
            "ltv": found["ltv"],
            "ltv_share": share["ltv"],
            "days": silence.grace,
        }


def _ends_early(engine: Engine, as_of: date) -> Iterator[dict[str, Any]]:
    dated = {t.name: event_date(t) for t in CANONICAL.values() if t.name not in _NO_ACTIVITY}
    last_days = " UNION ALL ".join(
        f"SELECT {literal(name)} AS table_name, system, MAX({quote(day)}) AS last_on FROM {quote(name)} GROUP BY system"
        for name, day in dated.items()
        if day
    )
    slot = Expression("last_days", last_days, frozenset())
    records = engine.ask("valuekit.ltv", "value_notes.sql", "last_records", last_days=slot).to_pylist()
    if records and (days := (as_of - records[0]["last_on"]).days) > LATE_DATA_DAYS:
        last = records[0]
        yield {
            "note": "data_end_early",
            "message": (
                f"the last record of any source is of {last['last_on']} ({last['table_name']} of {last['system']}), "
                f"{days:,} days before the as-of date {as_of}: what has happened since is not known, and whoever was "
                "silent since may have left. Set `as_of` to the day up to which the data are complete."
            ),
            "days": days,
        }


def _nobody_paid(engine: Engine, as_of: date) -> Iterator[dict[str, Any]]:
    for found in engine.ask("valuekit.ltv", "value_notes.sql", "nobody_paid", {"as_of": as_of}).to_pylist():
        if found["contracts"] or found["bills"]:
            yield {
                "note": "nobody_has_paid",
                "message": (
                    "nobody is valued, for lifetime value is of those who have paid more than they got back, and "
                    f"nobody has a payment on record, though {found['contracts']:,} contracts are signed and "
                    f"{found['bills']:,} invoices issued. Map `payments`, or `orders` where who orders pays; that an "
                    "invoice has the status `paid` does not say what came."
                ),
                "parties": found["parties"],
            }


def _too_small(engine: Engine) -> Iterator[dict[str, Any]]:
    small = engine.ask("valuekit.ltv", "value_notes.sql", "small_groups", {"enough": MINIMUM_EVENTS}).to_pylist()
    if small:
        shown = "; ".join(
            f"{row['name']} ({row['term_months']} months): {row['refused']:,} refused, {row['survived']:,} survived"
            for row in small[:_SHOWN]
        )
        yield {
            "note": "renewal_groups_too_small",
            "message": (
                f"{len(small):,} of {small[0]['groups']:,} groups of `ltv.renewal_segments` and term lengths have no "
                f"curve of their own: it takes {MINIMUM_EVENTS} refused and as many survived renewals. The largest: "
                f"{shown}. They share the curve of their term length or of all; take fewer, larger groups."
            ),
        }


def _share(part: Any, whole: Any) -> float | None:
    return float(part) / float(whole) if whole else None
