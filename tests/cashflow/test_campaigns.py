from datetime import date, timedelta

import pytest

from tests.cashflow.allocated import FEB, JAN, MAR, ad, compute, contact, cost, line, notes, paid, pool
from valuekit.cashflow import Attribution

SECOND, NINTH = date(2026, 1, 2), date(2026, 1, 9)


def marketing(engine, contacts, costs, model="linear", payments=(), pools=None, **settings):
    rows = {"engagements": list(contacts), "costs": list(costs), "payments": list(payments)}
    compute(engine, pools, rows=rows, attribution=Attribution(model, **settings))
    return line(engine, "acquisition", "retention")


JOURNEY = [contact("a", "Fair", JAN), contact("a", "Mail", SECOND), contact("a", "Search", NINTH)]
OTHERS = [contact(f"only {name}", name, JAN) for name in ("Fair", "Mail", "Search")]
"""Parties that one campaign alone touched: each counts as one whole."""


@pytest.mark.parametrize(
    ("model", "fair", "mail", "search"),
    [
        ("first", 1, 0, 0),
        ("last", 0, 0, 1),
        ("linear", 1 / 3, 1 / 3, 1 / 3),
        ("position", 0.4, 0.2, 0.4),
        ("contacts", 1, 1, 1),
        ("time_decay", 2 ** (-8 / 7) / (2 ** (-8 / 7) + 1.5), 0.5 / (2 ** (-8 / 7) + 1.5), 1 / (2 ** (-8 / 7) + 1.5)),
    ],
)
def test_what_each_contact_of_a_journey_counts(engine, model, fair, mail, search):
    marketing(engine, JOURNEY + OTHERS, [ad(1, "Fair"), ad(1, "Mail"), ad(1, "Search")], model)
    counts = {"Fair": fair, "Mail": mail, "Search": search}
    units = {name: pool(engine, "ads", "units", campaign=name)[0] for name in counts}
    assert units == pytest.approx({name: 1 + credit for name, credit in counts.items()}, abs=1e-6)


def test_a_journey_counts_one_whole_however_many_contacts_it_has(engine):
    contacts = [contact("a", name, JAN + timedelta(days=n)) for n, name in enumerate("ABCDEFG")]
    marketing(engine, contacts, [ad(1, name) for name in "ABCDEFG"], "time_decay")
    found = engine.rows("SELECT SUM(units) FROM pool_months WHERE driver = 'campaign'")
    assert found == [(pytest.approx(1, abs=1e-5),)]


def test_cost_goes_to_those_whom_the_campaign_touched_and_to_nobody_else(engine):
    contacts = [contact("a", "Fair"), contact("b", "Mail"), contact("c", "Fair")]
    assert marketing(engine, contacts, [ad(10, "Fair"), ad("0.05", "Mail")]) == {"a": -5, "b": -0.05, "c": -5}
    assert pool(engine, "ads", "cost", "driver", "quality", campaign="Fair") == (-10, "campaign", "counted")


def test_cents_that_do_not_divide_close(engine):
    shares = marketing(engine, [contact(p) for p in "abc"], [ad("0.05")])
    assert shares == {"a": -0.02, "b": -0.02, "c": -0.01}


def test_two_contacts_share_by_position_in_halves(engine):
    contacts = [contact("a", "Fair", JAN), contact("a", "Mail", SECOND), contact("b", "Fair")]
    assert marketing(engine, contacts, [ad(30, "Fair")], "position") == {"a": -10, "b": -20}


def test_only_those_touched_in_the_month_carry_the_month(engine):
    contacts = [contact("a", day=JAN), contact("b", day=FEB)]
    assert marketing(engine, contacts, [ad(10), ad(6, month=FEB)]) == {"a": -10, "b": -6}


def test_a_bill_after_the_campaign_goes_to_those_it_touched_before(engine):
    assert marketing(engine, [contact("a"), contact("b")], [ad(10, month=MAR)]) == {"a": -5, "b": -5}
    assert pool(engine, "ads", "driver", "fallback", campaign="Fair", month=MAR) == ("campaign_any_month", True)


def test_contacts_after_the_first_money_are_a_path_of_their_own(engine):
    contacts = [contact("a", "Fair", JAN), contact("a", "Mail", MAR), contact("b", "Mail", MAR)]
    marketing(engine, contacts, [ad(10, "Fair"), ad(10, "Mail", MAR)], "first", [paid("a", FEB)])
    assert line(engine, "acquisition") == {"a": -10, "b": -5}
    assert line(engine, "retention") == {"a": -5}


def test_contacts_beyond_the_look_back_do_not_count(engine):
    contacts = [contact("a", "Fair", JAN), contact("b", "Fair", JAN)]
    payments = [paid("a", MAR)]
    assert marketing(engine, contacts, [ad(10)], payments=payments, look_back_days=59) == {"a": -5, "b": -5}
    assert marketing(engine, contacts, [ad(10)], payments=payments, look_back_days=58) == {"b": -10}


def test_contacts_of_unknown_parties_keep_their_part_in_the_books(engine):
    unknown = {"engaged_on": JAN, "campaign": "Fair"}
    assert marketing(engine, [contact("a"), unknown], [ad(10)]) == {"a": -5}
    assert engine.rows("SELECT unattributed FROM books WHERE line = 'marketing'") == [(-5,)]


def test_a_campaign_that_touched_nobody_falls_back_and_the_books_say_so(engine):
    assert marketing(engine, [contact("a", "Mail")], [ad(10, "Fiar")]) == {"a": -10}
    assert engine.rows("SELECT driver FROM books WHERE line = 'marketing'") == [("engagements (fallback)",)]
    assert "No contact of campaign 'Fiar' counts" in notes(engine, "campaign_touched_nobody")["Fiar"]


def test_money_without_campaign_stays_with_the_driver_of_its_pool(engine):
    contacts = [contact("a", "Fair"), {"party": "b", "engaged_on": JAN}]
    costs = [ad(10), cost(8, "marketing", "ads")]
    assert marketing(engine, contacts, costs) == {"a": -14, "b": -4}
    assert engine.rows("SELECT driver, ledger FROM books WHERE line = 'marketing'") == [
        ("campaign and engagements", -18)
    ]


def test_a_line_that_names_its_party_is_direct_whatever_its_campaign(engine):
    assert marketing(engine, [contact("a")], [ad(10, party="b")]) == {"b": -10}
    assert pool(engine, "ads", "cost", "direct", "driver", "quality") == (-10, -10, "direct", "direct")


def test_a_pool_that_is_not_shared_out_keeps_its_campaigns_too(engine):
    assert marketing(engine, [contact("a")], [ad(10)], pools={"ads": "none"}) == {}
