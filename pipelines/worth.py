"""What customers are worth, for people and programs: values with intervals, what moves them, customer equity."""

from typing import Any

from rich.console import Console
from rich.text import Text

from pipelines.report import about_value, grid, money, print_wide
from valuekit.errors import ConfigError, InputError
from valuekit.ltv import Discount, Horizon, ltv_sql
from valuekit.money import round_together
from valuekit.snapshot import Snapshot

Row = dict[str, Any]

INFINITE = "infinite"
"""The horizon that is no number of years."""

_SUMS = "SELECT * FROM value_sums WHERE scope = $scope OR scope = 'company' ORDER BY scope = 'company', ltv DESC, name"
_MEMBERS = {
    "company": "SELECT party_id, 'all' AS name FROM ltv",
    "tier": "SELECT party_id, tier AS name FROM segments",
    "stage": "SELECT party_id, stage AS name FROM stages",
    "cohort": """SELECT party_id, COALESCE(CAST(YEAR(LEAST(COALESCE(first_paid_on, first_ordered_on),
        COALESCE(first_ordered_on, first_paid_on))) AS VARCHAR), 'unknown') AS name FROM facts""",
}
_ENDS = tuple(f"{side}_{level}" for level in (50, 80, 95) for side in ("low", "high"))


def facts(snapshot: Snapshot, what: str) -> Row:
    """Return what an object is of: without its day and currency, an amount says nothing."""
    manifest = snapshot.manifest
    return {"schema": f"valuekit.{what}/1", "run_id": manifest.run_id, "company": manifest.company,
            "as_of": manifest.as_of, "currency": manifest.currency}  # fmt: skip


def value_object(snapshot: Snapshot, *, by: str, horizon: str | None, discount: float | None) -> Row:
    """Return the value of each group and of the company, with intervals at the run's own horizon and discount.

    `horizon` is a number of years or `infinite`, which `horizon_years` of the answer then says with None.
    """
    _need(snapshot, "value_sums", "ltv_intervals")
    settings = snapshot.manifest.config.get("ltv", {})
    terms = settings.get("horizon_years", 3), _discount(settings)
    if horizon == INFINITE:
        return _infinite(snapshot, by, terms[1], discount)
    asked = (
        terms[0] if horizon is None else _years(horizon),
        terms[1] if discount is None else Discount(discount, terms[1].timing),
    )
    own = {} if discount is not None else _own(settings)
    said = {"horizon_years": asked[0], "discount_rate": asked[1].annual_rate, "by": by}
    if asked == terms and own == _own(settings):
        return {**said, "groups": snapshot.query(_SUMS, {"scope": by}).to_pylist(), "note": _own_note(own)}
    value = ltv_sql(Horizon(asked[0]), asked[1], settings.get("off", []), own=own)
    note = "Intervals are published at the horizon and discount of the run."
    if asked == terms:  # but for customers whose own rate of the run gives way to the one that is asked for
        note = "Intervals are published with customers' own rates: leave out --discount to see them."
    return {**said, "groups": _groups(snapshot, value, by), "note": " ".join(filter(None, (note, _own_note(own))))}


def _infinite(snapshot: Snapshot, by: str, at: Discount, asked: float | None) -> Row:
    """Sum the published value of all the future, which has the rates of the run alone."""
    if asked is not None and asked != at.annual_rate:
        raise ConfigError(
            "a run knows the value of all the future at its own discount rates only.",
            next_step=f"Leave out --discount, or run with --set ltv.discount_rate={asked:g}.",
        )
    without = snapshot.query("SELECT COUNT(*) AS n FROM ltv WHERE ltv_infinite IS NULL").to_pylist()[0]["n"]
    if without:
        raise ConfigError(
            f"{without:,} customers have no discount rate, so all their future has no limit.",
            next_step="Run with --set ltv.discount_rate=0.10, or ask for 1 to 10 years.",
        )
    found = _groups(snapshot, "SELECT party_id, ltv_infinite AS ltv FROM ltv", by)
    note = _own_note(_own(snapshot.manifest.config.get("ltv", {}))) or "Intervals are published for years."
    return {"horizon_years": None, "discount_rate": at.annual_rate, "by": by, "groups": found, "note": note}


def _years(horizon: str) -> int:
    if not horizon.isdecimal():
        raise ConfigError(f"a horizon of '{horizon}' is no number of years.", next_step="Write 1 to 10, or infinite.")
    return int(horizon)


def _own(settings: Row) -> dict[float, Discount]:
    """Discounts of customers with a rate of their own, by that rate."""
    timing = _discount(settings).timing
    return {rule["rate"]: Discount(rule["rate"], timing) for rule in settings.get("discount_rate_by", ())}


def _own_note(own: dict[float, Discount]) -> str | None:
    rates = ", ".join(f"{100 * rate:g}%" for rate in own)
    return f"Customers with a rate of their own have it: {rates}." if own else None


def _groups(snapshot: Snapshot, value: str, by: str) -> list[Row]:
    return [row for scope in dict.fromkeys([by, "company"]) for row in _valued(snapshot, value, scope)]


def _discount(settings: Row) -> Discount:
    return Discount(settings.get("discount_rate", 0.10), settings.get("timing", "mid_year"))


def _valued(snapshot: Snapshot, value: str, scope: str) -> list[Row]:
    sql = f"""SELECT m.name, COUNT(*) AS parties, SUM(v.ltv) AS ltv FROM ({value}) AS v
        JOIN ({_MEMBERS[scope]}) AS m USING (party_id) GROUP BY m.name ORDER BY ltv DESC, m.name"""
    ends = dict.fromkeys(("deviation_by_parameters", "deviation", *_ENDS))
    return [{"scope": scope, **row, **ends} for row in snapshot.query(sql).to_pylist()]


def print_value(found: Row, snapshot: Snapshot, console: Console) -> None:
    """Print values by group with the 80 % and 95 % interval, after what they rest on that the data do not bear out."""
    currency = snapshot.manifest.currency
    rate, years = f"{100 * found['discount_rate']:g}%", found["horizon_years"]
    span = Horizon(years).label if years else "all the future"
    if about := about_value(found["about"]):
        console.print(about, "")
    console.print(Text(f"Lifetime value over {span} at {rate} a year, by {found['by']}\n"))
    table = grid(found["by"], "parties>", "value>", "80 %>", "95 %>", "by parameters>")
    groups = [row for row in found["groups"] if row["scope"] != "company"]
    cents = dict(zip((row["name"] for row in groups), round_together([row["ltv"] for row in groups]), strict=True))
    for row in found["groups"]:
        name, value = ("company", row["ltv"]) if row["scope"] == "company" else (row["name"], cents[row["name"]])
        name = name.replace("_", " ") if row["scope"] == "stage" else name
        spans = [_span(row, level, currency) for level in (80, 95)]
        shared = row["deviation_by_parameters"]
        error = "" if shared is None else f"±{money(shared, currency)}"
        table.add_row(Text(name), f"{row['parties']:,}", money(value, currency), *spans, error)
    print_wide(table, console)
    if found["note"]:
        console.print(Text(found["note"]))


def _span(row: Row, level: int, currency: str) -> str:
    low, high = row[f"low_{level}"], row[f"high_{level}"]
    return "" if low is None else f"{money(low, currency)} to {money(high, currency)}"


def sensitivity_object(snapshot: Snapshot) -> Row:
    """Return what each lever does to customer equity."""
    _need(snapshot, "value_sensitivity")
    sql = """SELECT * FROM value_sensitivity ORDER BY
        MAX(ABS(difference)) OVER (PARTITION BY lever) DESC, lever, change"""
    return {"levers": snapshot.query(sql).to_pylist()}


def print_sensitivity(found: Row, snapshot: Snapshot, console: Console) -> None:
    """Print the tornado, the longest bar first, and elasticities by the move of a hundredth."""
    currency = snapshot.manifest.currency
    levers: dict[str, dict[float, Row]] = {row["lever"]: {} for row in found["levers"]}
    for row in found["levers"]:
        levers[row["lever"]][row["change"]] = row
    console.print(Text("What moves the value of all customers, each by itself\n"))
    table = grid("lever", "-10 %>", "+10 %>", "elasticity>")
    for lever, moves in levers.items():
        ends = [money(moves[change]["difference"], currency) for change in (-0.10, 0.10)]
        elasticity = moves[0.01]["elasticity"]
        table.add_row(lever.replace("_", " "), *ends, "-" if elasticity is None else f"{elasticity:.2f}")
    console.print(table)
    if any(row["elasticity"] is None for row in found["levers"]):
        console.print(Text("There is no elasticity of a value that is not above 0."))


def equity_object(snapshot: Snapshot) -> Row:
    """Return customer equity by its parts: current customers, others who have paid, those yet to be won, and all."""
    _need(snapshot, "customer_equity")
    sql = "FROM customer_equity ORDER BY LIST_POSITION(['current', 'other', 'future', 'total'], part)"
    return {"parts": snapshot.query(sql).to_pylist()}


def print_equity(found: Row, snapshot: Snapshot, console: Console) -> None:
    """Print customer equity by its parts."""
    currency = snapshot.manifest.currency
    words = {
        "current": "current customers",
        "other": "others who have paid",
        "future": "yet to be won, less the cost of winning",
        "total": "all together",
    }
    table = grid("part", "parties>", "value>", "each, before its cost>")
    *shown, total = (row["value"] for row in found["parts"])
    cents = round_together(shown, total=total, kept=0)  # current customers are the customer equity of other places
    for row, value in zip(found["parts"], [*cents, total], strict=True):
        each = "" if row["each"] is None else money(row["each"], currency)
        table.add_row(words[row["part"]], f"{row['parties']:,.0f}", money(value, currency), each)
    console.print(table)
    if "future" not in {row["part"] for row in found["parts"]}:
        console.print(Text("State ltv.new_customers_a_month and ltv.acquisition_cost to count those yet to be won."))


def _need(snapshot: Snapshot, *tables: str) -> None:
    for table in tables:
        if table not in snapshot.manifest.tables:
            advice = "An older valuekit made it. Run it again."
            raise InputError(f"the snapshot has no {table}.", where=str(snapshot.path), next_step=advice)
