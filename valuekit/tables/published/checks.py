"""What the run proved."""

from valuekit.tables.published.columns import text, yes
from valuekit.tables.schema import Table

CHECKS = Table(
    "checks",
    "check of the run",
    (
        text("check_name", "Name"),
        yes("passed", "Result"),
        text("expected", "What should be"),
        text("actual", "What is"),
        text("meaning", "What the check proves"),
    ),
    key=("check_name",),
)
