from pipelines.steps import _contract_columns
from valuekit.config import Source


def columns(**mapped):
    return _contract_columns(Source(table="contracts", system="erp", file="contracts.csv", columns=mapped))


def test_columns_that_are_not_mapped_have_their_own_names():
    assert columns() == {"system": "erp", "id": "id", "starts_on": "starts_on", "ends_on": "ends_on"}


def test_mapped_columns_are_those_of_the_source_and_expressions_are_none():
    found = columns(id="Contract No", starts_on={"column": "From"}, ends_on={"expression": "CAST(x AS DATE)"})
    assert found == {"system": "erp", "id": "Contract No", "starts_on": "From"}
