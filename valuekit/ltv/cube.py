"""The value cube in SQL: value at any horizon, discount rate and set of streams, for batch and sliders alike."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from valuekit.engine import literal
from valuekit.errors import UnknownNameError
from valuekit.ltv.discounting import Discount, Horizon
from valuekit.ltv.years import YEARS
from valuekit.tables.published import HORIZON_YEARS, STREAMS


def ltv_sql(
    horizon: Horizon,
    discount: Discount,
    off: Sequence[str] = (),
    *,
    own: Mapping[float, Discount] = MappingProxyType({}),
    cube: str = "cube",
    parties: str = "ltv",
    party: str = "party_id",
) -> str:
    """Return a SELECT of every party's lifetime value (`party_id`, `ltv`).

    Reads `cube` and `ltv` (for its parties: one without cube rows is worth 0), or other tables with their rows and
    another column for the party. `own` are discounts of parties whose `discount_rate` in `parties` is the key; all
    others have `discount`, and so has advocacy: it moves cash from one party to another, and at two rates that would
    make value. Each stream's present value is the sum over years of cash times factor, rounded once to DECIMAL(18,4);
    the value is their exact sum. So a stream that is switched off takes away exactly its present value, and every
    engine with the same tables finds the same number.
    Raises `UnknownNameError` for a stream in `off` that does not exist.

    >>> print(ltv_sql(Horizon(1), Discount(0.0), off=["support"]))
    SELECT party_id, CAST(SUM(ltv) AS DECIMAL(18,4)) AS ltv
    FROM (
      SELECT party_id, CAST(CAST(year_1 AS DOUBLE) * 1.0 AS DECIMAL(18,4)) AS ltv
      FROM cube
      WHERE stream NOT IN ('support')
      UNION ALL
      SELECT party_id, CAST(0 AS DECIMAL(18,4)) FROM ltv
    ) AS streams
    GROUP BY party_id
    """
    values = {"ltv": _by_rate(horizon, discount, own)}
    return _value_sql(values, off, cube=_rated(cube, parties, party, own), parties=parties, party=party)


def both_ltv_sql(
    horizon: Horizon, discount: Discount, off: Sequence[str], *, own: Mapping[float, Discount], parties: str
) -> str:
    """Return a SELECT of both values (`party_id`, `ltv`, `ltv_infinite`) that reads the cube once.

    Reads and raises as `ltv_sql`, and `later` of `cube`: so `discount` and `own` must be those of the run that made it.
    A party whose rate is 0 has no value over all the future: where a stream has no `later`, the sum leaves it out.
    """
    all_future = f"{_by_rate(Horizon(HORIZON_YEARS), discount, own)} + later"
    values = {"ltv": _by_rate(horizon, discount, own), "ltv_infinite": all_future}
    return _value_sql(values, off, cube=_rated("cube", parties, "party_id", own), parties=parties, party="party_id")


def _value_sql(values: Mapping[str, str], off: Sequence[str], *, cube: str, parties: str, party: str) -> str:
    sums = ", ".join(f"CAST(SUM({name}) AS DECIMAL(18,4)) AS {name}" for name in values)
    return (
        f"SELECT {party}, {sums}\nFROM (\n"
        f"  SELECT {party}, {', '.join(f'{value} AS {name}' for name, value in values.items())}\n"
        f"  FROM {cube}\n{_without(off)}"
        f"  UNION ALL\n  SELECT {party}{', CAST(0 AS DECIMAL(18,4))' * len(values)} FROM {parties}\n"
        f") AS streams\nGROUP BY {party}"
    )


def total_sql(
    horizon: Horizon,
    discount: Discount,
    off: Sequence[str] = (),
    *,
    own: Mapping[float, Discount] = MappingProxyType({}),
) -> str:
    """Return a SELECT of the sum of all parties' lifetime values: that of `ltv_sql`, exactly, without one by one."""
    rows = _rated("cube", "ltv", "party_id", own)
    return f"SELECT COALESCE(SUM({_by_rate(horizon, discount, own)}), 0) AS ltv FROM {rows} {_without(off).strip()}"


def _by_rate(horizon: Horizon, discount: Discount, own: Mapping[float, Discount]) -> str:
    cases = "".join(f" WHEN {rate!r} THEN {present_value(horizon, at)}" for rate, at in own.items())
    default = present_value(horizon, discount)
    return f"CASE discount_rate{cases} ELSE {default} END" if cases else default


def _rated(cube: str, parties: str, party: str, own: Mapping[float, Discount]) -> str:
    """The rows of the cube, with each party's rate where that matters; what moves between parties has that of all."""
    if not own:
        return cube
    rate = "CASE WHEN c.stream <> 'advocacy' THEN p.discount_rate END AS discount_rate"
    return f"(SELECT c.*, {rate} FROM {cube} AS c JOIN {parties} AS p ON p.{party} = c.{party}) AS rated"


def present_value(horizon: Horizon, discount: Discount) -> str:
    """Return the SQL expression of one cube row's present value; years are added in order, so it is reproducible."""
    terms = (f"CAST(year_{k} AS DOUBLE) * {f!r}" for k, f in enumerate(discount.factors(horizon), start=1))
    return f"CAST({' + '.join(terms)} AS DECIMAL(18,4))"


def totals_by_year_sql(off: Sequence[str] = ()) -> str:
    """Return a SELECT of the company's expected cash by stream and year (`stream`, `year`, `cash`), not discounted."""
    sums = ", ".join(f"SUM(year_{year}) AS year_{year}" for year in YEARS)
    rows = " UNION ALL ".join(f"SELECT stream, {year} AS year, year_{year} AS cash FROM totals" for year in YEARS)
    return (
        f"WITH totals AS (SELECT stream, {sums} FROM cube {_without(off).strip()} GROUP BY stream)\n"
        f"SELECT stream, year, CAST(cash AS DECIMAL(18,4)) AS cash FROM ({rows}) AS years ORDER BY stream, year"
    )


def _without(off: Sequence[str]) -> str:
    for stream in off:
        if stream not in STREAMS:
            raise UnknownNameError("stream", stream, STREAMS)
    return f"  WHERE stream NOT IN ({', '.join(map(literal, sorted(set(off))))})\n" if off else ""
