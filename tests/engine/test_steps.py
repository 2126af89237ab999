import pytest

from valuekit.engine import Expression, parse_expression
from valuekit.engine.steps import compose, load_steps, parameters_in, parse_steps, quote, render
from valuekit.errors import EngineError, UnknownNameError

TEXT = """
-- step: _base
SELECT 1 AS x

-- step: _twice
SELECT 2 * x AS x FROM _base

-- step: answer
SELECT x FROM _twice -- and not _unused
-- step: _unused
SELECT 3 AS x;
"""


def steps():
    return {s.name: s for s in parse_steps(TEXT, "t.sql")}


def test_a_file_is_a_list_of_named_selects():
    assert list(steps()) == ["_base", "_twice", "answer", "_unused"]
    assert steps()["_unused"].sql == "SELECT 3 AS x"
    assert [s.scratch for s in steps().values()] == [True, True, False, True]


def test_a_file_without_steps_is_refused():
    with pytest.raises(EngineError, match=r"t.sql: has no '-- step: name' line"):
        parse_steps("SELECT 1", "t.sql")


def test_scratch_steps_are_inlined_where_they_are_needed_and_only_there():
    made = steps()
    scratch = {n: s for n, s in made.items() if s.scratch}
    sql = compose(made["answer"], scratch, {})
    assert sql.index("_base AS") < sql.index("_twice AS") < sql.index("SELECT x FROM _twice")
    assert "_unused AS" not in sql


def test_a_name_in_a_comment_is_no_reading():
    (step,) = parse_steps("-- step: a\nSELECT 1 -- from _b", "t.sql")
    assert "_b" not in step.reads


def test_slots_are_quoted_identifiers_or_checked_expressions():
    (step,) = parse_steps("-- step: a\nSELECT {column} FROM t WHERE {rule}", "t.sql")
    rule = parse_expression("x > 1", ["x"])
    assert render(step, {"column": 'o"dd', "rule": rule}) == 'SELECT "o""dd" FROM t WHERE ("x" > 1)'


def test_a_slot_that_nobody_fills_is_told():
    (step,) = parse_steps("-- step: a\nSELECT {colunm} FROM t", "t.sql")
    with pytest.raises(UnknownNameError, match=r"no slot 'colunm'. Did you mean 'column'"):
        render(step, {"column": "x"})


def test_parameters_are_found_outside_of_comments():
    assert parameters_in("SELECT $a -- $b\n, $c_1") == {"a", "c_1"}


def test_steps_come_with_the_package():
    assert load_steps("valuekit.snapshot", "checks.sql")[-1].name == "checks"


def test_quoting_cannot_be_escaped():
    assert quote('x"; DROP TABLE t; --') == '"x""; DROP TABLE t; --"'
    assert isinstance(parse_expression("1 = 1", []), Expression)
