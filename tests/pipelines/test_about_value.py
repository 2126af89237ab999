"""What a run says about values that its data do not bear out."""

import pytest
from rich.console import Console

from pipelines.report import about_value, value_notes
from tests.snapshot.published import published


@pytest.mark.parametrize("told", [[], ["4 of 10 customers [dsek] have neither bill nor payment"]])
def test_remarks_on_the_value_are_printed_as_they_are(tmp_path, told):
    notes = [{"note": "contracts_without_money", "message": message} for message in told]
    snapshot = published(tmp_path, value_notes=notes)
    console = Console(width=200)
    with console.capture() as caught:
        console.print(about_value(value_notes(snapshot)))
    expected = [f"contracts without money: {message}" for message in told] or ["None"]
    assert caught.get().splitlines() == expected
