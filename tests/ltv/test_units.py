import pytest

from valuekit.errors import UnknownNameError
from valuekit.ltv import TimeUnit


def test_units_convert_by_exact_days():
    assert TimeUnit("week").from_days(14) == 2
    assert TimeUnit("day").per_year == 365.25
    assert TimeUnit("month").per_year == pytest.approx(12)
    assert TimeUnit("week").per_month * 12 == pytest.approx(TimeUnit("week").per_year)


def test_another_unit_does_not_exist():
    with pytest.raises(UnknownNameError, match=r"there is no time unit 'weeks'\. Did you mean 'week'"):
        TimeUnit("weeks")
