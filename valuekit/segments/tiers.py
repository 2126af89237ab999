"""Value tiers: who is worth most, with the cut points in money, and how the tiers stand in the lifecycle."""

from collections.abc import Sequence
from decimal import Decimal
from math import ceil
from typing import Any

import pyarrow as pa

from valuekit.engine import Engine
from valuekit.errors import CheckError, ConfigError
from valuekit.tables import PUBLISHED
from valuekit.tables.published import STAGES

PACKAGE = "valuekit.segments"

_CUTS = pa.schema([("tier_order", pa.int32()), ("tier", pa.string()), ("last_place", pa.int64())])


def assign(engine: Engine, *, tiers: Sequence[tuple[str, float]], rest: str, none: str) -> None:
    """Make `segments` and `tiers`: every party that has paid more than it got back is in exactly one value tier.

    Reads: `ltv` (one row per party, money), `stages`, `facts`.

    Parties with a positive value are ranked from the highest down. `tiers` are names and shares of these parties, from
    the top: a tier ends at the party that fills its share, rounded up to a whole party. Parties with equal values are
    never divided: where a cut falls among them, all go to the higher tier. Positive values beyond the shares are in
    `rest`, values of zero or less in `none`.

    Raises: `ConfigError` for shares above 1 together and for a name that is used twice; `CheckError` when a valued
    party has no stage.
    """
    names, shares = [*(name for name, _ in tiers), rest, none], [share for _, share in tiers]
    _check_tiers(names, shares)
    positive = int(engine.scalar("SELECT COUNT(*) FROM ltv WHERE ltv > 0"))
    places = [*last_places(shares, positive), positive, None]
    orders = list(range(1, len(names) + 1))
    engine.put("segments_cuts", pa.table([orders, names, places], schema=_CUTS))
    engine.run(PACKAGE, "segments.sql", {"none_order": orders[-1]})
    _check_everyone(engine)
    sums = engine.query("SELECT * FROM segments_sums ORDER BY tier_order").to_pylist()
    rules = describe(sums, shares)
    rows = [{**row, "tier": name, "rule": rule} for row, name, rule in zip(sums, names, rules, strict=True)]
    engine.put("tiers", pa.Table.from_pylist(rows, schema=PUBLISHED["tiers"].arrow))
    engine.drop("segments_cuts", "segments_sums")


def grid(engine: Engine) -> pa.Table:
    """Return lifecycle stage by value tier: parties, lifetime value, net cash of 12 months and MRR of each cell.

    Reads: the tables or views `segments` and `tiers`. Stages without a valued party are left out; empty cells of the
    others are there, with zeros.
    """
    return engine.ask(PACKAGE, "grid.sql", "grid", {"stages": list(STAGES)})


def last_places(shares: Sequence[float], parties: int) -> list[int]:
    """Return the last place of each tier among so many parties.

    >>> last_places([0.05, 0.15, 0.30], 50)
    [3, 10, 25]
    """
    exact = [Decimal(str(share)) for share in shares]
    return [min(parties, ceil(sum(exact[: i + 1]) * parties)) for i in range(len(exact))]


def describe(sums: Sequence[dict[str, Any]], shares: Sequence[float]) -> list[str]:
    """Say which parties each tier holds; `sums` has one row per tier, rest and none, from the top."""
    words = ["top", *["next"] * len(shares)]
    kinds = [f"the {word} {share * 100:.4g}%" for word, share in zip(words, shares, strict=False)] + ["the others"]
    return [*(_rule(row, kind) for row, kind in zip(sums, kinds, strict=False)), "Lifetime value of 0 or less"]


def _rule(row: dict[str, Any], kind: str) -> str:
    if not row["parties"]:
        return f"Nobody: {kind} of the parties with a positive lifetime value"
    low, high = (f"{row[column]:,.2f}" for column in ("lowest_ltv", "highest_ltv"))
    return f"Lifetime value from {low} to {high}: {kind} of the parties with a positive value"


def _check_tiers(names: Sequence[str], shares: Sequence[float]) -> None:
    total = sum(Decimal(str(share)) for share in shares)
    if total > 1:
        raise ConfigError(f"the shares of the tiers are {total} together, above 1.", where="segments.tiers")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"tier name '{twice[0]}' is used twice.", where="segments")


def _check_everyone(engine: Engine) -> None:
    valued, placed = engine.count("ltv"), engine.count("segments")
    if valued != placed:
        example = engine.scalar("SELECT MIN(party_id) FROM ltv WHERE party_id NOT IN (SELECT party_id FROM segments)")
        raise CheckError(
            f"{valued} parties have a lifetime value and {placed} are in a tier; {example} has no stage.",
            where="segments",
            next_step="This is a fault of valuekit, not of the data: please report it.",
        )
