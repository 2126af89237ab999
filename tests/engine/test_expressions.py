from datetime import date

import pytest

from valuekit.engine import Engine, parse_expression
from valuekit.errors import ExpressionError

COLUMNS = ["amount", "status", "paid_on", "days_since_use"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("amount * 2 - 1", 19),
        ("amount > 5 AND status IN ('open', 'paid')", True),
        ("CASE WHEN status = 'open' THEN 1 ELSE 2 END", 1),
        ("COALESCE(days_since_use, 99)", 99),
        ("days_since_use IS NULL", True),
        ("amount BETWEEN 1 AND 10 AND NOT status LIKE 'x%'", True),
        ("UPPER(TRIM(status))", "OPEN"),
        ("CAST(amount AS VARCHAR) || '!'", "10!"),
        ("AMOUNT", 10),
        ("paid_on >= DATE '2026-01-01'", True),
        ("YEAR(paid_on)", 2026),
    ],
)
def test_an_allowed_expression_gives_its_value(text, value):
    sql = parse_expression(text, COLUMNS).sql
    with Engine() as engine:
        engine.execute(
            "CREATE TABLE t AS SELECT 10 AS amount, 'open' AS status, DATE '2026-02-01' AS paid_on,"
            " NULL::INTEGER AS days_since_use"
        )
        assert engine.scalar(f"SELECT {sql} FROM t") == value


@pytest.mark.parametrize(
    "text",
    [
        "(SELECT 1)",
        "EXISTS (SELECT 1)",
        "amount; DROP TABLE t",
        "amount) FROM t; --",
        "read_csv('/etc/passwd')",
        "getenv('HOME')",
        "SUM(amount)",
        "ROW_NUMBER() OVER ()",
        "t.amount",
        "*",
        "amount AS x",
        "$secret",
        "amount IN (SELECT 1)",
        "[1, 2]",
        "",
        "amount >",
        "UPDATE t SET amount = 1",
        "x -> x + 1",
    ],
)
def test_everything_else_is_refused(text):
    with pytest.raises(ExpressionError):
        parse_expression(text, COLUMNS)


def test_an_unknown_column_gets_a_suggestion_and_its_place():
    with pytest.raises(ExpressionError, match=r"demo.yaml:4: .*'amuont'.*Did you mean 'amount'"):
        parse_expression("amuont > 0", COLUMNS, where="demo.yaml:4")


def test_columns_that_are_read_are_listed():
    assert parse_expression("AMOUNT > 1 OR status = 'x'", COLUMNS).columns == {"amount", "status"}


def test_constants_are_replaced_by_their_value():
    found = parse_expression("days_since_use <= active_days", COLUMNS, {"active_days": 30})
    assert found.sql == '("days_since_use" <= 30)'
    assert found.columns == {"days_since_use"}
    assert "DATE" in parse_expression("paid_on > as_of", COLUMNS, {"as_of": date(2026, 6, 30)}).sql


def test_a_text_constant_cannot_break_out():
    sql = parse_expression("status = word", COLUMNS, {"word": "x' OR '1'='1"}).sql
    with Engine() as engine:
        assert engine.scalar(f"SELECT {sql} FROM (SELECT 'y' AS status)") is False


def test_the_whole_expression_binds_together():
    assert parse_expression("amount = 1 OR amount = 2", COLUMNS).sql.startswith("(")
