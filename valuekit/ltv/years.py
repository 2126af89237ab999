"""The ten years of the cube as lists of SQL columns, so that a step names them once."""

from valuekit.engine import Expression
from valuekit.tables.published import HORIZON_YEARS

YEARS = range(1, HORIZON_YEARS + 1)


def each_year(template: str, *, between: str = ", ") -> Expression:
    """Repeat a piece of SQL for each year, `#` standing for the number of the year.

    >>> each_year("SUM(year_#) AS year_#").sql[:45]
    'SUM(year_1) AS year_1, SUM(year_2) AS year_2,'
    """
    sql = between.join(template.replace("#", str(year)) for year in YEARS)
    return Expression(template, sql, frozenset())


def year_columns(prefix: str) -> list[str]:
    """Name the ten columns of a yearly quantity.

    >>> year_columns("alive")[0], len(year_columns("alive"))
    ('alive_1', 10)
    """
    return [f"{prefix}_{year}" for year in YEARS]
