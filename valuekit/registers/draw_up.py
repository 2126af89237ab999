"""The registers: lists for people who work through them, drawn up from facts, stages and the canonical tables."""

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa

from valuekit.engine import Engine
from valuekit.engine.expressions import Constant
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.registers.managed_in import Rule, assign_systems
from valuekit.registers.status_words import UNKNOWN_WEIGHT, status_map
from valuekit.tables import CANONICAL
from valuekit.tables.published import CUSTOMER_STAGES

RELATIONSHIP_TYPES = {
    "person": "person-person",
    "organisation": "person-process",
    "group": "person-process",
    "nobody": "person-thing",
}
"""Type of a relationship by the kind of the party that serves; `nobody`: no record says who does."""

_PACKAGE = "valuekit.registers"
_ORIGIN = {"system": "", "id": "id", "starts_on": "starts_on", "ends_on": "ends_on"}


def draw_up(
    engine: Engine,
    *,
    as_of: date,
    renewal_days: int = 90,
    timing_days: int = 31,
    payment_grace_days: int = 15,
    order_active_days: int = 90,
    statuses: Mapping[str, str] | None = None,
    managed_in: Sequence[Rule] = (),
    constants: Mapping[str, Constant] | None = None,
    serving_role: str = "provider",
    relationship_types: Mapping[str, str] | None = None,
    contract_columns: Sequence[Mapping[str, str]] = (),
) -> None:
    """Draw up the registers of a date.

    Reads `facts`, `stages`, `contract_terms`, `parties`, `party_records`, `quarantine` and the canonical tables with
    their party ids. Makes `contract_issues`, `renewals`, `status_words`, `paying_status`, `managed_in`, `commissions`,
    `relationships`, `trade` and `cash_and_profit`, and `status_map` on the way.

    Args:
        engine: Where the tables are.
        as_of: The date described.
        renewal_days: Renewals due within so many days are listed; a contract that follows within so many is a renewal.
        timing_days: A contract recorded more days after its signature is backdated.
        payment_grace_days: A payment counts for so many days after the term that it covers.
        order_active_days: An order counts as paying for so many days.
        statuses: Meanings of further words, or other meanings: paying, not_paying or trial, by word.
        managed_in: Systems, and which customers each manages; see `assign_systems`.
        constants: Windows that the rules of `managed_in` may name.
        serving_role: What the company calls the one that serves.
        relationship_types: Other names than `RELATIONSHIP_TYPES`, by kind.
        contract_columns: For each source of contracts its `system` and the source columns of `id`, `starts_on` and
            `ends_on`, so that rows that were set aside can be named; by default columns of these names.

    Raises:
        ConfigError: a number of days is negative, a word has two meanings, a name is empty.
        UnknownNameError: a meaning, a system or a kind does not exist.
        ExpressionError: a rule of `managed_in` uses what is not there, or is not true or false.
    """
    windows = {
        "renewal_days": renewal_days,
        "timing_days": timing_days,
        "payment_grace_days": payment_grace_days,
        "order_active_days": order_active_days,
    }
    _check_days(windows)
    parameters = {
        **windows,
        **_contract_rules(),
        "as_of": as_of,
        "unknown_weight": UNKNOWN_WEIGHT,
        "customer_stages": list(CUSTOMER_STAGES),
        "serving_role": _serving_role(serving_role),
    }
    engine.put("status_map", status_map(statuses))
    engine.put("relationship_types", _types(relationship_types or {}))
    engine.put("contract_origins", _origins(contract_columns))
    for register in _FILES:
        engine.run(_PACKAGE, f"{register}.sql", parameters)
    assign_systems(engine, managed_in, {**windows, **(constants or {})})
    engine.drop("relationship_types", "contract_origins")


_FILES = ("contract_issues", "renewals", "paying_status", "commissions", "relationships", "trade")


def _check_days(windows: Mapping[str, int]) -> None:
    for name, days in windows.items():
        if days < 0:
            raise ConfigError(f"{name} is {days}.", where="registers", next_step="Give a number of days, 0 or more.")


def _contract_rules() -> dict[str, str]:
    """The words by which rows of the quarantine name the rules that they break."""
    messages = {check.name: check.message for check in CANONICAL["contracts"].checks}
    return {
        "ends_too_early": messages["ends_on_not_before_starts_on"],
        "negative_price": messages["amount_not_negative"],
    }


def _serving_role(name: str) -> str:
    if not name.strip():
        raise ConfigError("is empty.", where="lifecycle.serving_role", next_step="Name it, such as provider.")
    return name.strip()


def _types(changes: Mapping[str, str]) -> pa.Table:
    for kind in changes:
        if kind not in RELATIONSHIP_TYPES:
            raise UnknownNameError("kind", kind, RELATIONSHIP_TYPES, where="lifecycle.relationship_types")
    types = {**RELATIONSHIP_TYPES, **changes}
    return pa.table({"serving": list(types), "kind": list(types.values())})


def _origins(columns: Sequence[Mapping[str, str]]) -> pa.Table:
    rows = [{**_ORIGIN, **given} for given in columns] or [_ORIGIN]
    return pa.table(
        {
            "number": pa.array(range(len(rows)), pa.int32()),
            "system": [row["system"] or None for row in rows],
            "id_column": [row["id"] for row in rows],
            "starts_column": [row["starts_on"] for row in rows],
            "ends_column": [row["ends_on"] for row in rows],
        },
        schema=_ORIGINS,
    )


_ORIGINS = pa.schema(
    [("number", pa.int32())] + [(name, pa.string()) for name in ("system", "id_column", "starts_column", "ends_column")]
)
