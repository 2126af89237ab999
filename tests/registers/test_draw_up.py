"""All registers of one company: they keep their declarations, whatever the order of the rows."""

import pytest

from tests.lifecycle.described import PAID, SIGNED, days_ago
from tests.registers.drawn import REGISTERS, drawn, drawn_again
from valuekit.errors import ConfigError
from valuekit.snapshot.checks import _broken
from valuekit.tables import PUBLISHED

NAMES = [f"r{n}" for n in range(6)]
COMPANY = {
    "records": [
        *({"system": s, "record": r, "email": f"{r}@{r}.example"} for r in NAMES for s in ("crm", "billing")),
        {"record": "manager", "role": "served", "kind": "person"},
        {"record": "landlord", "role": "supplier"},
    ],
    "links": [{"from_record": "r1", "to_record": "manager", "kind": "serves"}],
    "contracts": [
        {**SIGNED, "system": "billing", "id": f"T{n}{k}", "record": r, "ends_on": days_ago(-30 * n), "amount": 240 * n}
        for n, r in enumerate(NAMES) for k in range(2)
    ],
    "payments": [{**PAID, "system": "billing", "id": f"M{r}", "record": r} for r in NAMES],
    "opportunities": [
        {"id": f"D{r}", "record": r, "status": "won", "opened_on": "2025-12-01", "closed_on": "2025-12-10", "amount": 9}
        for r in NAMES
    ],
    "usage": [{"record": r, "used_on": days_ago(n)} for n, r in enumerate(NAMES)],
    "statuses": [
        {"record": r, "status": word, "updated_on": days_ago(n), "origin": origin}
        for n, r in enumerate(NAMES) for word, origin in (("yes", "manual"), ("gold", "provider"))
    ],
    "costs": [
        {"id": "L1", "month": "2026-06-01", "function": "general", "pool": "rent", "amount": 5, "supplier": "landlord"}
    ],
}  # fmt: skip


def content(engine):
    return {name: engine.rows(f"SELECT * FROM {name} ORDER BY ALL") for name in REGISTERS}


@pytest.fixture(scope="module")
def engine():
    return drawn(**COMPANY)


@pytest.mark.parametrize("register", REGISTERS)
def test_each_register_has_rows_and_keeps_its_declaration(engine, register):
    assert engine.count(register) > 0
    assert engine.columns(register) == PUBLISHED[register].names
    assert list(_broken(engine, PUBLISHED[register], engine.columns(register))) == []


def test_drawing_up_twice_gives_the_same(engine):
    before = content(engine)
    assert content(drawn_again(engine)) == before


def test_the_order_of_the_input_does_not_matter(engine):
    backwards = {name: list(reversed(rows)) for name, rows in COMPANY.items()}
    assert content(drawn(**backwards)) == content(engine)


def test_scratch_steps_may_be_kept(engine):
    assert content(drawn(**COMPANY, keep_scratch=True)) == content(engine)


def test_an_empty_company_has_empty_registers():
    empty = {name: len(rows) for name, rows in content(drawn(records=[{"record": "ann"}])).items()}
    assert empty == {**dict.fromkeys(REGISTERS, 0), "cash_and_profit": 4}


@pytest.mark.parametrize("window", ["renewal_days", "timing_days", "payment_grace_days", "order_active_days"])
def test_a_negative_number_of_days_is_an_error(window):
    with pytest.raises(ConfigError, match=f"{window} is -1"):
        drawn(settings={window: -1})
