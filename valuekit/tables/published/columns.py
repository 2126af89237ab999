"""Columns in the words of published tables."""

from valuekit.money import MONEY
from valuekit.tables.schema import Column


def party() -> Column:
    """The party that the row speaks of."""
    return Column("party_id", "VARCHAR", "Party", required=True)


def text(name: str, meaning: str, *, required: bool = True) -> Column:
    """Text, there in every row unless told otherwise."""
    return Column(name, "VARCHAR", meaning, required=required)


def day(name: str, meaning: str) -> Column:
    """A date, which may be missing."""
    return Column(name, "DATE", meaning, unit="date")


def count(name: str, meaning: str) -> Column:
    """A whole number, there in every row."""
    return Column(name, "BIGINT", meaning, unit="count", required=True)


def yes(name: str, meaning: str) -> Column:
    """True or false, there in every row."""
    return Column(name, "BOOLEAN", meaning, required=True)


def money(name: str, meaning: str, *, required: bool = True) -> Column:
    """An amount in the reporting currency, signed by its effect on cash."""
    return Column(name, MONEY, meaning, unit="reporting currency", required=required)


def number(name: str, meaning: str, unit: str = "") -> Column:
    """A number that may be missing, with its unit."""
    return Column(name, "DOUBLE", meaning, unit=unit)
