"""The checks that a run must pass before it is published."""

from collections.abc import Collection, Iterable, Iterator

from valuekit.engine import Engine, literal, quote
from valuekit.errors import CheckError
from valuekit.snapshot.manifest import CheckResult
from valuekit.tables import PUBLISHED, Table
from valuekit.tables.published import CUSTOMER_STAGES

_CUBE_VALUE = "_cube_value"


def make_checks(engine: Engine, *, cube_value: str, max_quarantined_share: float) -> list[CheckResult]:
    """Make the table `checks` from all other published tables, and return its rows.

    `cube_value` is a SELECT of `party_id` and `ltv` from the cube at the run's horizon, discount and streams.
    """
    engine.execute(f"CREATE OR REPLACE TABLE {quote(_CUBE_VALUE)} AS {cube_value}")
    parameters = {"customer_stages": list(CUSTOMER_STAGES), "max_quarantined_share": max_quarantined_share}
    engine.run("valuekit.snapshot", "checks.sql", parameters, cube_value=_CUBE_VALUE)
    engine.drop(_CUBE_VALUE)
    declared = _declarations(engine)
    engine.execute(
        "INSERT INTO checks VALUES ($check_name, $passed, $expected, $actual, $meaning)", declared.model_dump()
    )
    names = list(CheckResult.model_fields)
    rows = engine.rows(f"SELECT {', '.join(names)} FROM checks ORDER BY check_name")
    return [CheckResult(**dict(zip(names, row, strict=True))) for row in rows]


def failed(checks: Iterable[CheckResult]) -> CheckError | None:
    """Return the error for checks that did not pass, or None."""
    broken = [c for c in checks if not c.passed]
    if not broken:
        return None
    each = "; ".join(f"{c.check_name}: expected {c.expected}, got {c.actual}" for c in broken)
    return CheckError(
        f"{len(broken)} of the run's checks failed: {each}. Nothing was published.",
        next_step="Run again with --debug to keep every step's table, and compare the two sides.",
    )


def _declarations(engine: Engine) -> CheckResult:
    made = engine.catalogue()
    tables = (table for table in PUBLISHED.values() if table.name in made)
    broken = [problem for table in tables for problem in _broken(engine, table, made[table.name])]
    return CheckResult(
        check_name="tables_keep_their_declaration",
        passed=not broken,
        expected="every column there, no value missing, no key twice, no unknown word",
        actual="; ".join(broken) or "as declared",
        meaning="Every published table is what its documentation says",
    )


def _broken(engine: Engine, table: Table, present: Collection[str]) -> Iterator[str]:
    """Yield each rule of the declaration that the table breaks, with the number of rows."""
    missing = [c.name for c in table if c.name not in present]
    if missing:
        yield f"{table.name} has no column {', '.join(missing)}"
        return
    name, rules = quote(table.name), dict(_rules(table))
    if rules and engine.scalar(f"SELECT EXISTS (FROM {name} WHERE {' OR '.join(rules.values())})"):
        counts = ", ".join(f"COUNT(*) FILTER (WHERE {predicate})" for predicate in rules.values())
        found = engine.rows(f"SELECT {counts} FROM {name}")[0]
        yield from (f"{table.name}: {n} rows {rule}" for rule, n in zip(rules, found, strict=True) if n)
    if table.key:
        key = ", ".join(quote(c) for c in table.key)
        if n := engine.scalar(f"SELECT COUNT(*) FROM (SELECT 1 FROM {name} GROUP BY {key} HAVING COUNT(*) > 1)"):
            yield f"{table.name}: {n} keys appear more than once"


def _rules(table: Table) -> Iterator[tuple[str, str]]:
    for column in table:
        name = quote(column.name)
        if column.required:
            yield f"without {column.name}", f"{name} IS NULL"
        if column.values:
            known = ", ".join(literal(v) for v in column.values)
            yield f"with an unknown {column.name}", f"{name} NOT IN ({known})"
