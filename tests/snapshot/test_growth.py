"""R5: +10 % and -5 % from the same company, with both definitions, both windows and the parties between them."""

from datetime import date

import pytest

from tests.lifecycle.five_lists import FIVE_LISTS, TWO_GROWTHS
from tests.snapshot.grouped import published
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.snapshot import Window, compare_growth, growth_members
from valuekit.snapshot.growth import MOVES

MARCH, MAY, JUNE = date(2026, 3, 31), date(2026, 5, 31), date(2026, 6, 30)
SALES, PAYING = Window("sales", MAY, JUNE), Window("paying", MAY, JUNE)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    return published(tmp_path_factory.mktemp("runs"), *TWO_GROWTHS)


@pytest.fixture(scope="module")
def found(snapshot):
    return compare_growth(snapshot, SALES, PAYING)


def test_one_company_grows_by_10_percent_and_shrinks_by_5(found):
    assert (found.a.begin, found.a.joined, found.a.left, found.a.end) == (100, 10, 0, 110)
    assert (found.b.begin, found.b.joined, found.b.left, found.b.end) == (100, 3, 8, 95)
    assert (found.a.rate, found.b.rate) == pytest.approx((0.10, -0.05), abs=1e-12)


def test_each_figure_is_said_with_its_definition_and_window(found):
    assert found.a.sentence == (
        "+10.0%: 'Bought' (Sales, according to crm) from 100 on 31 May 2026 to 110 on 30 June 2026, "
        "10 joined and 0 left"
    )
    assert found.b.sentence.startswith("-5.0%: 'Paying' (Finance, according to billing) from 100 on 31 May 2026 to 95")


def test_the_parties_between_them_explain_both(found):
    assert found.cells == {
        ("joined", "joined"): 3, ("joined", "outside"): 7, ("stayed", "left"): 8, ("stayed", "stayed"): 92,
    }  # fmt: skip


def test_the_set_difference_at_the_begins_and_at_the_ends(found):
    assert (found.both, found.only_a, found.only_b) == ((100, 95), (0, 15), (0, 0))
    assert found.both[1] + found.only_a[1] == found.a.end


def test_every_cell_opens_to_its_members(snapshot, found):
    for a in MOVES:
        for b in MOVES:
            members = growth_members(snapshot, SALES, PAYING, move_a=a, move_b=b)
            assert len(members) == found.cells.get((a, b), 0)
    left = growth_members(snapshot, SALES, PAYING, move_a="stayed", move_b="left").to_pylist()
    assert {(row["stage"], row["reason"]) for row in left} == {("churned", "lapsed")}


def test_the_windows_may_differ_for_one_definition(tmp_path):
    """A quarter and a month of the same count: 20 left in spring, 100 joined and 50 left in June."""
    snapshot = published(tmp_path, *FIVE_LISTS)
    quarter, month = Window("paid_current", MARCH, JUNE), Window("paid_current", MAY, JUNE)
    found = compare_growth(snapshot, quarter, month)
    assert (found.a.begin, found.b.begin, found.a.end, found.b.end) == (520, 500, 550, 550)
    assert found.cells["left", "outside"] == 20


def test_growth_from_nothing_has_no_rate(snapshot):
    found = compare_growth(snapshot, Window("marketing", MAY, JUNE), PAYING)
    assert found.a.rate is None
    assert found.a.sentence.startswith("from nothing: 'Engaged'")


def test_a_window_must_end_after_it_begins():
    with pytest.raises(ConfigError, match="the window of 'sales' ends on 2026-05-31, not after 2026-06-30"):
        Window("sales", JUNE, MAY)


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (Window("saels", MAY, JUNE), "there is no definition 'saels'. Did you mean 'sales'?"),
        (Window("sales", date(2026, 5, 30), JUNE), "there is no month end '2026-05-30'"),
    ],
)
def test_what_is_not_there_is_told(snapshot, window, words):
    with pytest.raises(UnknownNameError) as error:
        compare_growth(snapshot, window, PAYING)
    assert words in str(error.value)


def test_an_unknown_move_is_told(snapshot):
    with pytest.raises(UnknownNameError, match="there is no move 'gone'"):
        growth_members(snapshot, SALES, PAYING, move_a="gone", move_b="left")
