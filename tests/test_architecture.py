"""What the picture in docs/architecture.md promises, checked on every file."""

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from valuekit.engine.steps import parse_steps

ROOT = Path(__file__).parents[1]
PYTHON = sorted(p for top in ("valuekit", "pipelines") for p in (ROOT / top).rglob("*.py"))
SQL = sorted((ROOT / "valuekit").rglob("*.sql"))
STEPS = [step for file in SQL for step in parse_steps(file.read_text("utf-8"), str(file.relative_to(ROOT)))]

LONGEST_FILE = 450
ONE_PLACE = {
    "duckdb": "valuekit/engine",
    "sqlglot": "valuekit/engine",
    "pyspark": "valuekit/engine",
    "streamlit": "valuekit/dashboard",
    "altair": ("valuekit/dashboard", "valuekit/ltv/plots.py"),
    "mlflow": "valuekit/tracking",
}
HEAVY = ["altair", "lifetimes", "mlflow", "pandas", "scipy", "sklearn", "statsmodels", "streamlit"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    return {module.split(".")[0] for module in found}


def test_each_engine_of_others_has_one_place():
    used = [(module, name(path)) for path in PYTHON for module in imports(path) & ONE_PLACE.keys()]
    assert [(module, path) for module, path in used if not path.startswith(ONE_PLACE[module])] == []


def test_no_file_grows_beyond_one_idea():
    lines = {name(path): len(path.read_text("utf-8").splitlines()) for path in (*PYTHON, *SQL)}
    assert {path: count for path, count in lines.items() if count > LONGEST_FILE} == {}


def test_nothing_prints():
    assert [f"{name(p)}:{line}" for p in PYTHON if p.parts[-2] != "dashboard" for line in prints(p)] == []


def prints(path: Path) -> list[int]:
    calls = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
    return [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]


# --- the SQL subset


def tree(sql: str) -> exp.Expression:
    """Parse a step; its slots stand for a name or an expression, so a name takes their place."""
    return sqlglot.parse_one(re.sub(r"\{(\w+)\}", r"slot_\1", sql), read="duckdb")


def faults(sql: str) -> list[str]:
    """List what a step uses that is banned."""
    parsed = tree(sql)
    found = [f"{kind.__name__.lower()}" for kind in (exp.Pivot,) if parsed.find(kind)]
    found += ["ASOF" for join in parsed.find_all(exp.Join) if (join.args.get("method") or "").upper() == "ASOF"]
    found += ["LIMIT without ORDER BY" for limit in parsed.find_all(exp.Limit) if not limit.parent.args.get("order")]
    found += [f"{call} without ORDER BY" for call in map(_unordered, parsed.find_all(*ORDERED)) if call]
    found += [f"{type(call).__name__}()" for call in parsed.find_all(*BANNED)]
    found += [f"{call.name}()" for call in parsed.find_all(exp.Anonymous) if call.name.lower() in BANNED_NAMES]
    return found


ORDERED = (exp.First, exp.Last, exp.AnyValue, exp.FirstValue, exp.LastValue, exp.ArrayAgg, exp.GroupConcat)
BANNED = (
    exp.Quantile, exp.PercentileCont, exp.PercentileDisc, exp.ApproxQuantile, exp.Median, exp.ApproxDistinct, exp.Rand,
)  # fmt: skip
BANNED_NAMES = {
    "hash",
    "md5_number",
    "quantile",
    "quantile_cont",
    "quantile_disc",
    "random",
    "uuid",
    "mad",
    "reservoir_quantile",
}


def _unordered(call: exp.Expression) -> str:
    """The name of a function whose answer depends on the order of rows, where no order is given."""
    window = call.find_ancestor(exp.Window)
    if window is not None and window.args.get("order"):
        return ""
    within = isinstance(call.parent, exp.WithinGroup) or call.find(exp.Order) or call.find(exp.Distinct)
    return "" if within else type(call).__name__


def test_every_step_parses_and_keeps_the_subset():
    assert [(f"{step.file}:{step.name}", found) for step in STEPS if (found := faults(step.sql))] == []


def test_every_step_of_a_file_has_its_own_name():
    named = Counter((step.file, step.name) for step in STEPS)
    assert [step for step, times in named.items() if times > 1] == []


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("SELECT * FROM t LIMIT 3", "LIMIT"),
        ("SELECT * FROM (SELECT * FROM t LIMIT 3) ORDER BY x", "LIMIT"),
        ("SELECT FIRST(x) FROM t", "First"),
        ("SELECT ANY_VALUE(x) FROM t", "AnyValue"),
        ("SELECT STRING_AGG(x, ',') FROM t", "GroupConcat"),
        ("SELECT LAST_VALUE(x) OVER (PARTITION BY y) FROM t", "LastValue"),
        ("SELECT HASH(x) FROM t", "hash"),
        ("SELECT MEDIAN(x) FROM t", "Median"),
        ("SELECT QUANTILE_CONT(x, 0.5) FROM t", ""),
        ("SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY x) FROM t", "PercentileCont"),
        ("SELECT RANDOM()", "Rand"),
        ("SELECT * FROM a ASOF JOIN b ON a.d >= b.d", "ASOF"),
        ("PIVOT t ON x USING SUM(y)", "pivot"),
    ],
)
def test_the_lint_finds_what_is_banned(sql, fault):
    found = faults(sql)
    assert found
    assert fault.lower() in found[0].lower()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT x FROM t ORDER BY x LIMIT 3",
        "SELECT STRING_AGG(x, ',' ORDER BY x) FROM t",
        "SELECT FIRST(x ORDER BY y) FROM t",
        "SELECT FIRST_VALUE(x) OVER (PARTITION BY y ORDER BY z, id) FROM t",
        "SELECT SUM(x) FROM t WHERE {rule} AND y <= $as_of",
    ],
)
def test_the_lint_lets_the_rest_pass(sql):
    assert faults(sql) == []


# --- lightness


@pytest.mark.parametrize(
    "code",
    ["import valuekit", "from pipelines.cli import run_command; run_command(['--help'])",
     "from pipelines.cli import run_command; run_command(['--version'])", "import valuekit.snapshot, valuekit.exports"],
)  # fmt: skip
def test_looking_costs_no_heavy_import(code):
    heavy = "import sys; sys.stderr.write(' '.join(m for m in sys.argv[1:] if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{heavy}", *HEAVY], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stderr == ""
