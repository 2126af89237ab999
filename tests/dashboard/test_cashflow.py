"""The page Cash flow: every view shows what the snapshot says, opens to its parties, and says what is not defined."""

import re

from tests.dashboard.conftest import Open, View
from tests.dashboard.reading import ask, cards, rows, takeaways, text
from valuekit.snapshot import Snapshot, cash_bridge, tie_out

YEAR = "last_month >= DATE '2025-07-01'"


def test_the_bridge_goes_from_billed_to_the_net_cash_of_the_books(cash_view: View, subscription: Snapshot) -> None:
    said = text(cash_view("The company"))
    where = "month >= DATE '2025-07-01'"
    since = ask(subscription, f"SELECT MIN(month) FROM books WHERE {where}")
    for step in cash_bridge(subscription, since):
        assert re.search(rf"{step.label}\s+{re.escape(f'{step.amount:,.2f}')}", said)
    assert f"{ask(subscription, f'SELECT SUM(ledger) FROM books WHERE {where}'):,.2f}" in said


def test_the_whale_curve_opens_to_its_loss_makers(cash_view: View, subscription: Snapshot) -> None:
    parties = ask(subscription, f"SELECT COUNT(*) FROM cash WHERE {YEAR} AND net_cash_12m < 0")
    assert f"Loss makers. {parties:,} parties, the furthest from zero first" in text(cash_view("Who pays for whom"))


def test_the_best_tenth_of_the_curve_is_the_best_tenth_of_the_parties(open_page: Open, subscription: Snapshot) -> None:
    opened = open_page("cash-flow", subscription, view="Who pays for whom", whale_group="1")
    parties = ask(subscription, f"SELECT COUNT(*) FROM cash WHERE {YEAR}")
    best = rows(
        subscription,
        f"SELECT party_id FROM cash WHERE {YEAR} ORDER BY net_cash_12m DESC, party_id LIMIT {-(-parties // 10)}",
    )
    shown = next(d.value for d in opened.dataframe if len(d.value) == len(best))
    assert sorted(link.rsplit("=", 1)[1] for link in shown["open"]) == sorted(party for (party,) in best)


def test_what_the_curve_does_not_define_is_said_in_words(cash_view: View, subscription: Snapshot) -> None:
    said = text(cash_view("Who pays for whom"))
    assert re.search(r"Where the curve breaks even again\s+-\s+Not defined: it never comes back to zero", said)
    assert "Signed Gini index" in said
    assert "because somebody has a loss" in said


def test_a_quadrant_opens_to_as_many_parties_as_it_counts(cash_view: View) -> None:
    said = text(cash_view("Who pays for whom"))
    counted = re.search(r"Aggressive [A-Z][^€]*?(\d[\d,]*)\s+[\d.]+%", said)
    assert counted
    assert f"Aggressive. {counted[1]} parties" in said


def test_cells_of_cash_and_profit_have_their_history(cash_view: View, subscription: Snapshot) -> None:
    opened = cash_view("Who pays for whom")
    last = "as_of = (SELECT MAX(as_of) FROM cash_and_profit_months)"
    sql = f"SELECT parties FROM cash_and_profit_months WHERE {last} AND cash_positive AND profitable"
    told = next(t for t in takeaways(opened) if t.startswith("Customers at the last month end"))
    assert f"Good customer {ask(subscription, sql):,}" in told
    assert cards(opened)["Customers by cash"] == f"{ask(subscription, _SPELLS):,}"


_SPELLS = "SELECT COUNT(*) FROM cash_spells WHERE cash_positive_months > 0"


def test_a_large_customer_has_its_scale_in_a_sentence(cash_view: View, subscription: Snapshot) -> None:
    said = text(cash_view("Who pays for whom"))
    assert "of the volume of hosting (usage events)" in said
    assert "With its scale counted it brings" in said
    assert "Volume hardly varies" in said


def test_the_tie_out_closes_and_opens_to_month_pool_and_currency(open_page: Open, subscription: Snapshot) -> None:
    since = "2025-07-01"
    opened = open_page("cash-flow", subscription, view="Tie-out", tie_line="support")
    ledger = ask(subscription, f"SELECT SUM(ledger) FROM books WHERE month >= DATE '{since}'")
    assert re.search(rf"Net cash\s+{re.escape(f'{ledger:,.2f}')}", text(opened))
    assert "close to zero, to the cent" in text(opened)
    behind = opened.dataframe[-1].value
    found = rows(subscription, f"SELECT ledger FROM books WHERE line = 'support' AND month >= DATE '{since}'")
    assert sorted(behind["ledger"]) == sorted(float(amount) for (amount,) in found)
    assert tie_out(subscription).open == 0


def test_the_tie_out_says_how_to_sign_it(cash_view: View, subscription: Snapshot) -> None:
    opened = cash_view("Tie-out")
    assert "Not signed yet" in text(opened)
    assert "books_tie_out --by" in opened.code[0].value
