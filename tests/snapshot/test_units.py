"""R9: unit economics on one definition; another definition has another denominator, and says so."""

from decimal import Decimal

import pytest

from tests.snapshot.published import told
from valuekit.errors import UnknownNameError
from valuekit.snapshot import unit_economics


@pytest.fixture
def snapshot():
    return told()


def test_totals_are_of_the_members(snapshot):
    """Ada and Bob: 1,100 received, 350 spent on support; 2,400 and -90 of lifetime value; Ada pays 100 a month."""
    units = unit_economics(snapshot, "customers")
    assert (units.members, units.net_cash_12m, units.cost_to_serve_12m) == (2, 750, 350)
    assert (units.ltv, units.mrr) == (2310, 100)


def test_per_member_divides_by_the_same_members(snapshot):
    units = unit_economics(snapshot, "customers")
    assert [units.per_member(t) for t in ("net_cash_12m", "ltv", "mrr")] == [375, 1155, 50]


def test_another_definition_changes_numerator_and_denominator(snapshot):
    assert unit_economics(snapshot, "finance").per_member("ltv") == Decimal("780.00")
    assert unit_economics(snapshot, "sales").per_member("ltv") == Decimal("2400.00")


def test_it_says_whose_unit_it_is(snapshot):
    assert unit_economics(snapshot, "customers").sentence == (
        "One unit is one of 2 members of 'Customers' (Customers, according to billing): the headline. Another "
        "definition sums up other parties and divides by their number."
    )
    assert unit_economics(snapshot, "finance").sentence == (
        "One unit is one of 3 members of 'Finance' (Finance, according to billing); of the headline 'Customers' there "
        "are 2. Numerator and denominator are both of these members."
    )


def test_a_definition_without_members_has_no_unit():
    sales = "(SELECT bit FROM definitions WHERE definition = 'sales')"
    without = told(
        f"UPDATE party_lists SET definitions = definitions & ~{sales}",
        "UPDATE definitions SET members = 0 WHERE definition = 'sales'",
    )
    assert unit_economics(without, "sales").per_member("ltv") is None


def test_what_is_not_there_is_told(snapshot):
    with pytest.raises(UnknownNameError, match="Did you mean 'finance'"):
        unit_economics(snapshot, "finnance")
    with pytest.raises(UnknownNameError, match="there is no total 'profit'"):
        unit_economics(snapshot, "finance").per_member("profit")
