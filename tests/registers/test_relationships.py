"""L18, L19: parties that are served without paying."""

import pytest

from tests.lifecycle.described import PAID, SIGNED, counted_by, stages
from tests.registers.drawn import by_record, drawn
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.lifecycle import BUILTIN

MANAGER = {"record": "manager", "role": "served", "kind": "person"}
RECRUITER = {"record": "recruiter", "kind": "person"}
AGENCY = {"record": "agency", "kind": "organisation"}
SERVES = {"from_record": "recruiter", "to_record": "manager", "kind": "serves"}


def served(*, records=(MANAGER, RECRUITER, AGENCY), links=(SERVES,), columns="kind, serving_role, aim", **company):
    return by_record(drawn(records=records, links=links, **company), "relationships", columns)


def test_a_link_says_who_serves_whom():
    assert served() == {"manager": ("person-person", "provider", "mission")}
    engine = drawn(records=[MANAGER, RECRUITER], links=[SERVES])
    names = "SELECT record FROM relationships AS r JOIN party_records AS p ON p.party_id = r.served_by"
    assert engine.rows(names) == [("recruiter",)]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("person", "person-person"),
        ("organisation", "person-process"),
        ("group", "person-process"),
        (None, "person-process"),
    ],
)
def test_the_type_goes_by_the_kind_of_the_party_that_serves(kind, expected):
    records = [MANAGER, {"record": "recruiter", "kind": kind}]
    assert served(records=records, columns="kind") == {"manager": expected}


def test_who_has_the_role_and_no_link_is_served_by_the_company():
    engine = drawn(records=[MANAGER])
    assert engine.rows("SELECT served_by, kind FROM relationships") == [(None, "person-thing")]


def test_role_and_types_are_settings():
    settings = {"serving_role": "recruiter", "relationship_types": {"person": "colleague", "nobody": "screen"}}
    lone = {"record": "lone", "role": "served"}
    found = served(records=[MANAGER, RECRUITER, lone], settings=settings, columns="kind, serving_role")
    assert found == {"manager": ("colleague", "recruiter"), "lone": ("screen", "recruiter")}


def test_the_aim_is_money_when_the_served_also_buys():
    order = {"record": "manager", "ordered_on": "2026-06-01", "amount": 10}
    assert served(orders=[order], columns="aim") == {"manager": "money"}


def test_a_party_that_several_serve_has_a_row_for_each_and_two_links_to_one_are_one():
    second = {**SERVES, "from_record": "agency"}
    engine = drawn(records=[MANAGER, RECRUITER, AGENCY], links=[SERVES, second])
    assert engine.rows("SELECT kind FROM relationships ORDER BY kind") == [("person-person",), ("person-process",)]
    same = {"from_record": "recruiter", "to_record": "twin", "kind": "same"}
    twice = [SERVES, {**SERVES, "from_record": "twin"}, same]
    assert drawn(records=[MANAGER, RECRUITER, {"record": "twin"}], links=twice).count("relationships") == 1


def test_records_of_one_party_do_not_serve_each_other():
    same = {**SERVES, "kind": "same"}
    assert drawn(records=[RECRUITER, {"record": "manager"}], links=[SERVES, same]).count("relationships") == 0


def test_a_link_to_a_record_that_nobody_knows_is_left_out():
    assert drawn(records=[RECRUITER], links=[SERVES]).count("relationships") == 0


def test_who_is_served_and_never_bought_is_in_no_paid_count_and_has_no_recurring_revenue():
    """L18: also when it uses the product, answers campaigns and is in a deal."""
    busy = {
        "usage": [{"record": "manager", "used_on": "2026-06-29"}],
        "engagements": [{"record": "manager", "engaged_on": "2026-06-01"}],
        "opportunities": [{"record": "manager", "status": "open", "opened_on": "2026-06-01"}],
        "contracts": [{**SIGNED, "record": "agency"}],
        "payments": [{**PAID, "record": "agency"}],
    }
    engine = drawn(records=[MANAGER, RECRUITER, AGENCY], links=[SERVES], counted=True, **busy)
    assert stages(engine)["manager"] == "served"
    paid = ("paid_current", "sales", "finance", "signed", "first_payment", "paying_30_days", "net_cash_positive")
    assert {d.key for d in BUILTIN} >= set(paid)
    assert [d for d in paid if "manager" in counted_by(engine, d)] == []
    assert "agency" in counted_by(engine, "paid_current")
    assert by_record(engine, "facts", "mrr, paid")["manager"] == (0, 0)
    assert "manager" not in by_record(engine, "managed_in", "rule")
    assert "manager" not in by_record(engine, "paying_status", "derived")


def test_settings_that_do_not_fit_are_errors():
    with pytest.raises(UnknownNameError, match=r"lifecycle.relationship_types: there is no kind 'persons'.*'person'"):
        served(settings={"relationship_types": {"persons": "x"}})
    with pytest.raises(ConfigError, match=r"lifecycle.serving_role: is empty"):
        served(settings={"serving_role": " "})
