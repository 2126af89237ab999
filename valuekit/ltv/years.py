"""The ten years of the cube as lists of SQL columns, so that a step names them once."""

from valuekit.engine import Expression
from valuekit.tables.published import HORIZON_YEARS

YEARS = range(1, HORIZON_YEARS + 1)


def each_year(template: str, *, between: str = ", ", later: bool = False) -> Expression:
    """Repeat a piece of SQL for each year, `#` standing for the number of the year; with `later`, for all later too.

    >>> each_year("SUM(year_#) AS year_#").sql[:45]
    'SUM(year_1) AS year_1, SUM(year_2) AS year_2,'
    >>> each_year("alive_# AS year_#", later=True).sql[-20:]
    'alive_later AS later'
    """
    periods = [template.replace("#", str(year)) for year in YEARS]
    if later:
        periods.append(template.replace("year_#", "later").replace("#", "later"))
    return Expression(template, between.join(periods), frozenset())


def year_columns(prefix: str, *, later: bool = True) -> list[str]:
    """Name the columns of a yearly quantity: of ten years, and of all later if it has them.

    >>> year_columns("alive")[0], year_columns("alive")[-1], len(year_columns("alive"))
    ('alive_1', 'alive_later', 11)
    """
    return [f"{prefix}_{year}" for year in YEARS] + ([f"{prefix}_later"] if later else [])
