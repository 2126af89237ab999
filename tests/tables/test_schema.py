import pyarrow as pa
import pytest

from valuekit.engine import parse_expression
from valuekit.errors import UnknownNameError
from valuekit.tables import CANONICAL, PUBLISHED, TRUTH, Column, Table, accepted, event_date

ALL = {**CANONICAL, **PUBLISHED, **TRUTH}


def test_no_two_tables_share_a_name():
    assert len(ALL) == len(CANONICAL) + len(PUBLISHED) + len(TRUTH)


@pytest.mark.parametrize("table", ALL.values(), ids=ALL)
class TestEveryTable:
    def test_is_described(self, table):
        assert table.grain
        assert all(c.meaning for c in table)

    def test_names_each_column_once(self, table):
        assert len(set(table.names)) == len(table.names)

    def test_has_a_key_of_its_own_columns(self, table):
        assert set(table.key) <= set(table.names)

    def test_becomes_an_arrow_schema(self, table):
        assert table.arrow.names == table.names
        assert table.empty().num_rows == 0
        assert [f.nullable for f in table.arrow] == [not c.required for c in table]

    def test_has_a_page_that_names_every_column(self, table):
        page = table.markdown()
        assert all(f"| `{name}` |" in page for name in table.names)

    def test_speaks_only_of_its_own_columns_in_its_checks(self, table):
        for check in table.checks:
            assert parse_expression(check.predicate, table.names).columns


@pytest.mark.parametrize("table", CANONICAL.values(), ids=CANONICAL)
class TestEveryCanonicalTable:
    def test_names_the_currency_of_its_money(self, table):
        assert not table.money or "currency" in table.names

    def test_gains_reporting_amounts_when_accepted(self, table):
        assert accepted(table).names == table.names + [f"reporting_{c}" for c in table.money]
        assert all(accepted(table)[f"reporting_{c}"].type == "DECIMAL(18,4)" for c in table.money)

    def test_is_dated_by_one_of_its_own_columns(self, table):
        assert event_date(table) is None or table[event_date(table)].type == "DATE"

    def test_names_parties_by_its_own_columns(self, table):
        assert set(table.parties) <= set(table.names)


def test_only_links_are_not_dated_by_an_event():
    assert [t.name for t in CANONICAL.values() if event_date(t) is None] == ["links"]


def test_an_unknown_type_is_refused_where_it_is_declared():
    with pytest.raises(UnknownNameError, match=r"no column type 'VARCHR'. Did you mean 'VARCHAR'"):
        Column("x", "VARCHR", "wrong")


def test_a_column_is_found_by_name_or_a_suggestion_is_made():
    table = Table("t", "thing", (Column("amount", "BIGINT", "How much"),))
    assert table["amount"].meaning == "How much"
    with pytest.raises(UnknownNameError, match=r"Did you mean 'amount'"):
        table["amuont"]


def test_plus_leaves_the_original_alone():
    table = Table("t", "thing", (Column("a", "BIGINT", "A"),))
    assert table.plus(Column("b", "DATE", "B")).names == ["a", "b"]
    assert table.names == ["a"]
    assert table.arrow == pa.schema([("a", pa.int64())])
