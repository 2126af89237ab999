"""The few numbers that a run reports: for the manifest, the terminal and the tracking record."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from valuekit.engine import Engine
from valuekit.snapshot.manifest import Intake, StageRule
from valuekit.tables.published import CUSTOMER_STAGES

Row = dict[str, Any]


@dataclass(frozen=True)
class Summary:
    """What a run found. Money is in the reporting currency."""

    intake: dict[str, Intake]
    stages: dict[str, int]
    stage_rules: list[StageRule]
    """The rule of each stage in words; only in the engine of a run."""
    definitions: list[Row]
    """By definition, the headline first; the columns of the step."""
    tiers: list[Row]
    agreement: list[Row]
    """Pairs of measures, the most alike first."""
    cash_12m: dict[str, Decimal]
    """Cash of the last 12 months by line, as parties carry it; `net_cash` is their sum."""
    totals: dict[str, Decimal]

    @property
    def customers(self) -> int:
        """Current customers: active and inactive."""
        return sum(self.stages.get(stage, 0) for stage in CUSTOMER_STAGES)

    @property
    def headline(self) -> str:
        """The one number that the company reports, in its sentence."""
        for row in self.definitions:
            if row["headline"]:
                return f"{row['members']:,}: {row['sentence']}"
        return f"{self.customers:,}: current customers"


def summarise(engine: Engine) -> Summary:
    """Read the summary from the published tables, in the engine of a run or of a snapshot."""
    intake = named_rows(engine, "summary.sql", "intake")
    stages = named_rows(engine, "summary.sql", "stages")
    rules = named_rows(engine, "summary.sql", "stage_rules") if engine.has("stage_rules") else []
    parameters = {"customer_stages": list(CUSTOMER_STAGES)}
    return Summary(
        intake={row.pop("table_name"): Intake(**row) for row in intake},
        stages={row["stage"]: row["parties"] for row in stages},
        stage_rules=[StageRule(**row) for row in rules],
        definitions=named_rows(engine, "summary.sql", "definitions"),
        tiers=named_rows(engine, "summary.sql", "tiers"),
        agreement=named_rows(engine, "summary.sql", "agreement"),
        cash_12m=named_rows(engine, "summary.sql", "cash_12m")[0],
        totals=named_rows(engine, "summary.sql", "totals", parameters)[0],
    )


def named_rows(engine: Engine, file: str, step: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
    """Run one named SELECT of this package and return its rows by column name; for small results."""
    found: list[Row] = engine.ask("valuekit.snapshot", file, step, parameters).to_pylist()
    return found
