"""Stages and memberships at all month ends of a period, in one pass."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa

from valuekit.calendar import month_end, month_ends
from valuekit.engine import Engine, Expression, load_steps, quote
from valuekit.engine.steps import Step
from valuekit.lifecycle.evidence import recorded_tables
from valuekit.lifecycle.stages import COLUMNS
from valuekit.money import MONEY
from valuekit.sources.dates import day_of
from valuekit.tables import CANONICAL, Column, Table

PACKAGE = "valuekit.lifecycle"

MONTHS_AT_ONCE = 2_000_000
"""Parties times month ends that are worked on at once: bounds the memory, does not change a result."""

CLUSTERED_FROM = 1_000_000
"""Rows from which a table is put into the order of its parties."""

_READ_OFTEN = ("payments", "invoices", "orders", "contracts", "cash_months")

_UNDATED = ("costs", "fx_rates", "links")
"""Tables that say nothing about when the company's data begin."""


@dataclass(frozen=True)
class Family:
    """One step of changes: the tables that it reads (without a row in any, nothing changes), the facts it tells."""

    tables: tuple[str, ...]
    facts: tuple[str, ...]


_CONTRACT_FACTS = (
    "signed_on", "contract_starts_on", "contract_ends_on", "cancelled_on", "has_contract", "contract_current", "mrr",
    "term_months", "paid_until", "last_used_in_contract_on", "days_since_use",
)  # fmt: skip

FAMILIES: dict[str, Family] = {
    "_engaged": Family(("engagements",), ("engaged_on", "trial_started_on")),
    "_opened": Family(("opportunities",), ("opened_on",)),
    "_won": Family(("opportunities",), ("won_on", "last_won_on", "deals_won", "won_amount")),
    "_contracts": Family(("contracts",), _CONTRACT_FACTS),
    "_paid": Family(("payments",), ("first_paid_on", "last_paid_on", "paid")),
    "_has_paid": Family(("payments",), ("has_paid", "paid_until")),
    "_paid_until": Family(("payments",), ("paid_until",)),
    "_lent_until": Family(("payments",), ("paid_until",)),
    "_invoiced": Family(("invoices",), ("invoiced",)),
    "_overdue": Family(("overdue_days",), ("overdue",)),
    "_ordered": Family(("orders",), ("first_ordered_on", "last_ordered_on", "orders", "ordered", "days_since_order")),
    "_has_ordered": Family(("orders",), ("has_ordered",)),
    "_used": Family(
        ("usage",),
        ("first_used_on", "last_used_on", "used_this_month", "last_used_in_contract_on", "days_since_use"),
    ),
    "_cash": Family(("cash_months",), ("net_cash",)),
    "_year": Family(("cash_months", "invoices", "orders"), ("net_cash_12m", "profit_12m")),
}
"""The steps of changes beside `_recorded`."""


def families(facts: Collection[str], recorded: Collection[str]) -> list[str]:
    """Return the families of which something is asked and something is recorded: the others are not computed.

    >>> families({"won_on", "days_since_use", "paid"}, recorded={"opportunities", "contracts", "usage"})
    ['_won', '_contracts', '_used']
    """
    return [
        name
        for name, family in FAMILIES.items()
        if not (set(family.facts).isdisjoint(facts) or set(family.tables).isdisjoint(recorded))
    ]


def recorded_families(engine: Engine, facts: Collection[str] = COLUMNS) -> list[str]:
    """Return the `families` that tell the facts, by the tables that have a row."""
    return families(facts, recorded_tables(engine, {t for family in FAMILIES.values() for t in family.tables}))


@dataclass(frozen=True)
class Period:
    """The month ends of a period; the last one is the date described, whether its month is over or not."""

    ends: tuple[date, ...]
    churn_date: str

    @property
    def all(self) -> dict[str, date | int | str]:
        """Parameters of the steps, for all month ends."""
        return self._from(0)

    @property
    def last(self) -> dict[str, date | int | str]:
        """Parameters of the same steps, for the date described alone."""
        return self._from(len(self.ends) - 1)

    def _from(self, number: int) -> dict[str, date | int | str]:
        return {
            "first_end": self.ends[0],
            "as_of": self.ends[-1],
            "from_number": number,
            "until_number": len(self.ends),
            "churn_date": self.churn_date,
        }


def make_month_ends(engine: Engine, as_of: date, history_months: int) -> tuple[date, ...]:
    """Make `month_ends`: up to `history_months` month ends before the date described, and that date.

    Reads the days of the canonical tables: no month end lies before the first. `use_recorded` says whether anybody's
    use of the product was on record by then.
    """
    first = _first_day(engine) or as_of
    before = month_ends(first, as_of - timedelta(days=1))
    ends = (*before[max(0, len(before) - history_months) :], as_of)
    first_use = engine.scalar("SELECT MIN(used_on) FROM usage")
    rows = [
        {
            "number": n,
            "as_of": day,
            "complete": day == month_end(day),
            "use_recorded": bool(first_use and first_use <= day),
        }
        for n, day in enumerate(ends)
    ]
    engine.put("month_ends", pa.Table.from_pylist(rows, _MONTH_ENDS))
    return ends


_MONTH_ENDS = pa.schema(
    [("number", pa.int32()), ("as_of", pa.date32()), ("complete", pa.bool_()), ("use_recorded", pa.bool_())]
)


def _first_day(engine: Engine) -> date | None:
    days = [
        f"SELECT MIN({day_of(t)}) AS day FROM {quote(t.name)}" for t in CANONICAL.values() if t.name not in _UNDATED
    ]
    found = engine.scalar(f"SELECT MIN(day) FROM ({' UNION ALL '.join(days)})")
    return found if isinstance(found, date) else None


def cluster(engine: Engine) -> None:
    """Put the rows of each party side by side in large tables: a group of parties then reads its own rows alone.

    Reads and makes again `payments`, `invoices`, `orders`, `contracts` and `cash_months`, where they have at least
    `CLUSTERED_FROM` rows: the same rows.
    """
    for table in _READ_OFTEN:
        if engine.count(table) >= CLUSTERED_FROM:
            engine.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {table} ORDER BY party_id")


def make_party_systems(engine: Engine) -> None:
    """Make `party_systems`: the systems that have records, by name, each with its bit in `system_bits`."""
    engine.execute("""
        CREATE OR REPLACE TABLE party_systems AS
        SELECT system, CAST(1 AS BIGINT) << CAST(ROW_NUMBER() OVER (ORDER BY system) - 1 AS INTEGER) AS bit
        FROM (SELECT DISTINCT system FROM records)
    """)


def make_facts(engine: Engine, period: Period) -> None:
    """Make `facts` and `contract_terms`: parties and signed terms as known at the last date of the period."""
    steps = fact_steps("described.sql", recorded_families(engine))
    for number, group in enumerate(_groups(engine, _WEIGHT)):
        engine.run_steps(steps, period.last | group)
        _keep(engine, ("contract_terms", "facts"), first=number == 0)


def make_history(
    engine: Engine, period: Period, *, rule: Expression, definition_bits: Expression, reason_bits: Expression
) -> None:
    """Make `party_months`, `running_terms`, `history` and `stage_months`.

    Reads what `facts` reads, `facts`, `month_ends` and `stage_rules`. At an earlier month end, what had happened by
    then counts, as `sources.limit_to` would leave it, over the parties as they are known now. `rule` numbers the stage
    rule that holds; the bits say which definitions and which reasons hold: expressions over the columns of `facts`,
    `stage` and `reason`. Facts that they do not name among their columns are not computed.
    """
    asked = {"mrr"}.union(*(e.columns for e in (rule, definition_bits, reason_bits)))
    steps = fact_steps("months.sql", recorded_families(engine, asked))
    if len(period.ends) == 1:
        steps = [_FACTS_AT_ONE_DATE if step.name == "_facts" else step for step in steps]
    slots = {"rule": rule, "definition_bits": definition_bits, "reason_bits": reason_bits}
    for number, group in enumerate(_groups(engine, max(_WEIGHT, len(period.ends)))):
        engine.run_steps(steps, period.all | group, **slots)
        engine.run(PACKAGE, "history.sql")
        _keep(engine, ("party_months", "running_terms", "history"), first=number == 0)
    engine.run(PACKAGE, "month_counts.sql")


def fact_steps(file: str, families: Collection[str]) -> list[Step]:
    """Return the steps of a file behind the scratch steps that lead to `_facts` and `_terms`, by these families."""
    terms = ("signed.sql", "replacing.sql", "contracts.sql") if "_contracts" in families else ("no_contracts.sql",)
    told = " UNION ALL BY NAME ".join(f"SELECT * FROM {name}" for name in ("_nothing", "_recorded", *families))
    return [
        *_load(*terms, "payments.sql", "profit_months.sql", "changes.sql"),
        Step("_happened", told, _HERE),
        *_load("facts.sql", file),
    ]


def _load(*files: str) -> list[Step]:
    return [step for file in files for step in load_steps(PACKAGE, file)]


_HERE = f"{PACKAGE}/months.py"
_FACTS_AT_ONE_DATE = Step("_facts", "SELECT * FROM facts WHERE party_id BETWEEN $first_party AND $last_party", _HERE)


_WEIGHT = 20
"""Month ends that a party weighs at least, for the rows that it has."""


def _groups(engine: Engine, weight: int) -> list[dict[str, str]]:
    """Return the first and last id of each group of parties that is worked on at once; one group when there is none."""
    sql = """
        SELECT MIN(party_id), MAX(party_id)
        FROM (SELECT party_id, (ROW_NUMBER() OVER (ORDER BY party_id) - 1) // $size AS part FROM parties)
        GROUP BY part ORDER BY part
    """
    found = engine.rows(sql, {"size": max(1, MONTHS_AT_ONCE // weight)}) or [("", "")]
    return [{"first_party": first, "last_party": last} for first, last in found]


def _keep(engine: Engine, tables: Sequence[str], *, first: bool) -> None:
    """Add what was made of a group of parties to the tables of all."""
    for name in tables:
        into = f"CREATE OR REPLACE TABLE {name} AS" if first else f"INSERT INTO {name}"
        engine.execute(f"{into} SELECT * FROM {name}_part")
        engine.drop(f"{name}_part")


PARTY_MONTHS = Table(
    "party_months",
    "party and month end from its first record on",
    (
        Column("party_id", "VARCHAR", "Party", required=True),
        Column("as_of", "DATE", "Month end, or the as-of date", unit="date", required=True),
        Column("stage", "VARCHAR", "Lifecycle stage", required=True),
        Column("reason", "VARCHAR", "Sub-reason of the stage"),
        Column("definitions", "BIGINT", "Definitions that count it, as a sum of their bits", required=True),
        Column("reasons", "BIGINT", "Reasons that hold for it, as a sum of their bits", required=True),
        Column("mrr", MONEY, "Monthly recurring revenue of the terms current then", unit="reporting currency"),
    ),
    key=("party_id", "as_of"),
)

RUNNING_TERMS = Table(
    "running_terms",
    "signed contract term and run of month ends at which it is current, as it was known at each of them",
    (
        Column("party_id", "VARCHAR", "Party", required=True),
        Column("system", "VARCHAR", "System", required=True),
        Column("id", "VARCHAR", "Contract term", required=True),
        Column("kind", "VARCHAR", "new, renewal or change"),
        Column("currency", "VARCHAR", "Currency of the contract", required=True),
        Column("signed_on", "DATE", "Day of signature", unit="date", required=True),
        Column("starts_on", "DATE", "First day of the term", unit="date", required=True),
        Column("monthly", MONEY, "Price of a month", unit="currency", required=True),
        Column("reporting_monthly", MONEY, "Price of a month", unit="reporting currency", required=True),
        Column("from_number", "INTEGER", "First of the month ends, as numbered in `month_ends`", required=True),
        Column("until_number", "INTEGER", "Last of them", required=True),
    ),
    key=("system", "id", "from_number"),
)
