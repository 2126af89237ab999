"""The manifest: what a snapshot is, where it came from and what it proves, as one JSON file."""

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from valuekit.errors import InputError

SCHEMA_VERSION = 1
FILE = "manifest.json"


class Record(BaseModel):
    """A part of the manifest."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceFile(Record):
    """One input file, known by its content."""

    file: str
    table: str
    system: str
    size: int
    sha256: str


class TableFile(Record):
    """One published table."""

    rows: int
    sha256: str


class Intake(Record):
    """What became of the rows of one canonical table; `rows_in` = accepted + quarantined."""

    rows_in: int
    rows_accepted: int
    rows_quarantined: int
    rows_warned: int = 0
    rows_later: int = 0
    rows_out: int = 0


class CheckResult(Record):
    """One check of the run, as in the table `checks`."""

    check_name: str
    passed: bool
    expected: str
    actual: str
    meaning: str


class StageRule(Record):
    """One way into a stage, in words and as a predicate over the facts, as it stood in this run.

    `not_countable` says why nobody of this company can come that way, for want of the rows that it rests on.
    """

    stage: str
    reason: str | None
    sentence: str
    predicate: str = "TRUE"
    not_countable: str | None = None


class Manifest(Record):
    """Everything about a run that is not in its tables. Money is in `currency`; times are UTC; memory is in MiB.

    `run_id` and `tables` are filled by `publish`. Timings live here and never in a table, so that the same input
    gives the same bytes.
    """

    schema_version: int = SCHEMA_VERSION
    run_id: str = ""
    company: str
    currency: str
    as_of: date
    known_on: date | None = None
    created_at: datetime
    versions: dict[str, str]
    config_sha256: str
    config: dict[str, Any]
    sources: list[SourceFile] = []
    tables: dict[str, TableFile] = {}
    intake: dict[str, Intake] = {}
    definitions: dict[str, int] = {}
    stages: dict[str, int] = {}
    stage_rules: list[StageRule] = []
    totals: dict[str, Decimal] = {}
    headline: str = ""
    checks: list[CheckResult] = []
    seconds: dict[str, float] = {}
    peak_memory_mb: float = 0.0

    def ways_into(self, stage: str, reason: str | None) -> list[str]:
        """Return the sentences of the rules that lead into a stage, without those that nobody here can meet."""
        ways = [rule for rule in self.stage_rules if (rule.stage, rule.reason) == (stage, reason)]
        return [rule.sentence for rule in ways if rule.not_countable is None]

    def to_json(self) -> str:
        """Write the manifest with sorted keys, for people and programs."""
        return json.dumps(self.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    @property
    def digests(self) -> dict[str, str]:
        """The content of every table: two runs with equal digests published the same."""
        return {name: table.sha256 for name, table in self.tables.items()}

    @property
    def fingerprint(self) -> str:
        """The content of all input files as one hash."""
        inputs = sorted((s.table, s.system, s.sha256) for s in self.sources)
        return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a snapshot folder; raises `InputError` that says what is wrong with the folder."""
    path = folder / FILE
    if not path.is_file():
        raise InputError("is no complete snapshot: it has no manifest.", where=str(folder), next_step=_RERUN)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = int(content["schema_version"])
    except (ValueError, KeyError, TypeError):
        raise InputError("is damaged: it is no manifest of a snapshot.", where=str(path), next_step=_RERUN) from None
    if version > SCHEMA_VERSION:
        raise InputError(
            f"was written by a newer valuekit ({content.get('versions', {}).get('valuekit', 'unknown')}).",
            where=str(folder),
            next_step="Upgrade valuekit to read it.",
        )
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(f"is damaged: {field}: {first['msg']}.", where=str(path), next_step=_RERUN) from None


_RERUN = "Publish it again with `valuekit run`."
