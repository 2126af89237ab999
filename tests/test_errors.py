import inspect

import pytest

from valuekit import errors
from valuekit.errors import ConfigError, UnknownNameError, ValuekitError, did_you_mean

TREE = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, ValuekitError)]


@pytest.mark.parametrize("kind", TREE)
def test_every_error_has_an_exit_code_that_the_command_line_promises(kind):
    assert kind.exit_code in range(1, 7)
    assert kind.__doc__


@pytest.mark.parametrize("kind", [k for k in TREE if k is not ValuekitError])
def test_every_error_is_also_one_that_python_knows(kind):
    assert issubclass(kind, ValueError | KeyError | RuntimeError)


def test_a_message_says_where_what_and_what_next():
    error = ConfigError("'horizon' is no key.", where="demo.yaml:7", next_step="Did you mean 'horizon_years'?")
    assert str(error) == "demo.yaml:7: 'horizon' is no key. Did you mean 'horizon_years'?"
    assert (error.what, error.where) == ("'horizon' is no key.", "demo.yaml:7")


def test_an_unknown_name_is_a_key_error_that_reads_well():
    error = UnknownNameError("tier", "Tpo", ["Top", "Low"])
    assert isinstance(error, KeyError)
    assert str(error) == "there is no tier 'Tpo'. Did you mean 'Top'?"
    assert (error.kind, error.name, error.known) == ("tier", "Tpo", ["Low", "Top"])


def test_suggestions():
    assert did_you_mean("AMOUNT", ["amount"]) == "Did you mean 'amount'?"
    assert did_you_mean("x", []) == "Nothing is known here."
