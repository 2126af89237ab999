"""The page Customers says of every list, month and movement what the snapshot says, and names everybody behind it."""

import re
import shutil
from itertools import combinations
from pathlib import Path

import pytest

from tests.dashboard.conftest import Open
from tests.dashboard.reading import ask, cards, first, rows, short, takeaways, text
from tests.fake_snapshot import write_snapshot
from valuekit.dashboard import downloads, parts
from valuekit.dashboard.pages.customers import TABS, differences
from valuekit.dashboard.parts import Column
from valuekit.snapshot import Snapshot
from valuekit.snapshot.reconciliation import reconcile

ON = "SELECT party_id FROM party_lists WHERE definitions & (SELECT bit FROM definitions WHERE definition = '{}') <> 0"
MAY = "2026-05-31"


def on(definition: str) -> str:
    return ON.format(definition)


def shown(page: object, column: str = "customer") -> list[str]:
    """The names in the last table of a page."""
    return sorted(page.dataframe[-1].value[column])


def names(snapshot: Snapshot, parties: str) -> list[str]:
    return sorted(first(snapshot, f"SELECT label FROM parties WHERE party_id IN ({parties})"))


MONTHS = [("subscription", "2025-12-31"), ("subscription", "2024-12-31"), ("retailer", "2026-06-30")]
"""The first month end, 2024-12-31, has none before it."""


@pytest.mark.parametrize("view", TABS)
@pytest.mark.parametrize(("company", "month"), MONTHS)
def test_every_part_opens_at_every_month(
    view: str, company: str, month: str, open_page: Open, request: pytest.FixtureRequest
) -> None:
    opened = open_page("customers", request.getfixturevalue(company), view=view, as_of=month)
    assert not opened.exception
    assert not opened.error


def test_each_team_has_a_card_with_number_sentence_and_change(open_page: Open, subscription: Snapshot) -> None:
    said = text(open_page("customers", subscription))
    told = rows(
        subscription,
        "SELECT sentence, members, m.end - m.begin FROM definitions JOIN customer_movements AS m USING (definition)"
        " WHERE m.as_of = DATE '2026-06-30' AND definition IN ('headline', 'sales', 'marketing', 'product')",
    )
    for sentence, members, change in told:
        moved = f"{change:\\+,}" if change > 0 else f"{change:,}" if change else "no change"
        assert re.search(rf"{members:,}\s+{moved} since 31 May 2026\s+{sentence}", said)
    assert said.index("Paid, current customers") < said.index("Deal won")


def test_a_card_shows_what_is_open_and_each_team_s_own_answer(open_page: Open, subscription: Snapshot) -> None:
    said = text(open_page("customers", subscription))
    assert re.search(r"Marketing: Engaged\s+Open", said)
    assert re.search(r"Sales's own answer\s+A lead is no customer", said)


def test_internal_accounts_can_be_let_in(open_page: Open, subscription: Snapshot) -> None:
    internal = ask(subscription, "SELECT COUNT(*) FROM stages WHERE stage = 'internal'")
    bought = ask(subscription, "SELECT members_with_internal FROM definitions WHERE definition = 'sales'")
    said = text(open_page("customers", subscription, inside=True))
    assert re.search(rf"{bought:,}\s+{internal} of them internal or test", said)


def test_a_card_of_a_former_month_has_the_number_of_that_month(open_page: Open, subscription: Snapshot) -> None:
    there = f"SELECT \"end\" FROM customer_movements WHERE definition = 'headline' AND as_of = DATE '{MAY}'"
    said = text(open_page("customers", subscription, as_of=MAY))
    assert re.search(rf"{ask(subscription, there):,}\s+\S+ since 30 April 2026", said)


def test_every_bridge_of_two_lists_closes(subscription: Snapshot) -> None:
    kinds = rows(subscription, "SELECT kind, definition FROM definitions")
    for (kind, a), (other, b) in combinations(kinds, 2):
        if kind != other:
            continue
        found = reconcile(subscription, a, b)
        steps = differences._steps(found, {a: a, b: b})
        assert steps["amount"].iloc[:-1].sum() == steps["amount"].iloc[-1]
        assert steps["name"].is_unique
        assert steps["name"].str.contains("Unexplained").sum() == 2


@pytest.mark.parametrize(("one", "other"), [("sales", "product"), ("product", "sales")])
def test_two_lists_are_compared_both_ways(one: str, other: str, open_page: Open, subscription: Snapshot) -> None:
    opened = open_page("customers", subscription, view="Differences", first=one, second=other)
    sizes = [ask(subscription, f"SELECT COUNT(*) FROM ({on(d)})") for d in (one, other)]
    both = ask(subscription, f"SELECT COUNT(*) FROM ({on(one)} INTERSECT {on(other)})")
    assert f"From {sizes[0]:,} to {sizes[1]:,}" in text(opened)
    assert f"{both:,} parties are on both lists on 30 June 2026" in text(opened)
    unexplained = (
        "SELECT SUM(parties) FROM reconciliation WHERE as_of = DATE '2026-06-30' AND reason = 'unexplained'"
        " AND definition_a = 'sales' AND definition_b = 'product'"
    )
    apart = f"{sum(sizes) - 2 * both:,} parties are on one list only"
    assert f"{apart}, {ask(subscription, unexplained)} of them unexplained." in takeaways(opened)[0]


def test_a_list_compared_with_itself_says_what_to_do(open_page: Open, subscription: Snapshot) -> None:
    opened = open_page("customers", subscription, view="Differences", first="sales", second="sales")
    assert "Choose two different definitions" in text(opened)


def test_a_cell_names_all_its_parties(open_page: Open, subscription: Snapshot) -> None:
    wanted = {"first": "headline", "second": "product", "cell_headline_product": "only_first:onboarding"}
    opened = open_page("customers", subscription, view="Differences", **wanted)
    only = f"{on('headline')} EXCEPT {on('product')}"
    known = names(
        subscription,
        f"SELECT party_id FROM stages JOIN facts USING (party_id) WHERE stages.reason = 'onboarding' AND NOT in_review"
        f" AND party_id IN ({only})",
    )
    assert known
    assert shown(opened) == known


def test_a_former_month_names_who_was_on_one_list_then(open_page: Open, subscription: Snapshot) -> None:
    wanted = {"first": "headline", "second": "product", "side": "only_first", "as_of": MAY}
    opened = open_page("customers", subscription, view="Differences", **wanted)
    bits = dict(rows(subscription, "SELECT definition, bit FROM definitions"))
    then = (
        f"SELECT party_id FROM history WHERE DATE '{MAY}' BETWEEN from_end AND until_end"
        f" AND definitions & {bits['headline']} <> 0 AND definitions & {bits['product']} = 0"
    )
    assert shown(opened) == names(subscription, then)
    assert "kept for 30 June 2026" in text(opened)


def test_systems_are_compared_with_systems(open_page: Open, subscription: Snapshot) -> None:
    opened = open_page("customers", subscription, view="Differences", kind="system")
    assert opened.selectbox(key="first_system").options == ["Known in billing", "Known in product", "Known in crm"]


def test_a_download_has_every_row(open_page: Open, subscription: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[str, bytes] = {}
    monkeypatch.setattr(downloads, "button", lambda label, content, name, key: written.update({key: content()}))
    wanted = {
        "kind": "system",
        "first_system": "in_crm",
        "second_system": "in_billing",
        "cell_in_crm_in_billing": "both",
    }
    open_page("customers", subscription, view="Differences", **wanted)
    known = ask(subscription, f"SELECT COUNT(*) FROM ({on('in_billing')})")
    assert known > parts.ROWS
    assert len(written["in_crm-in_billing-both"].decode("utf-8-sig").splitlines()) == known + 1


def test_overlap_puts_everybody_into_exactly_one_combination(open_page: Open, subscription: Snapshot) -> None:
    opened = open_page("customers", subscription, view="Overlap", lists=["headline", "sales", "product"])
    said = text(opened)
    both = f"({on('headline')} INTERSECT {on('sales')}) EXCEPT {on('product')}"
    assert re.search(rf"Sales: Bought \+ Customers\s+{ask(subscription, f'SELECT COUNT(*) FROM ({both})'):,}\s", said)
    anybody = ask(subscription, f"SELECT COUNT(*) FROM ({on('headline')} UNION {on('sales')} UNION {on('product')})")
    table = re.findall(r"(\d[\d,]*)\s+[\d.]+%", said)
    assert sum(int(n.replace(",", "")) for n in table) == anybody


def test_a_combination_names_its_parties(open_page: Open, subscription: Snapshot) -> None:
    bits = dict(rows(subscription, "SELECT definition, bit FROM definitions"))
    chosen = {"lists": ["headline", "product"], "combination": str(bits["headline"])}
    opened = open_page("customers", subscription, view="Overlap", **chosen)
    assert shown(opened) == names(subscription, f"{on('headline')} EXCEPT {on('product')}")


def test_growth_is_a_bridge_that_closes(open_page: Open, subscription: Snapshot) -> None:
    opened = open_page("customers", subscription, view="Growth", since="2025-12-31", counted_by="sales")
    (begin, end, new, back, gone, using), *_ = rows(
        subscription,
        """SELECT FIRST(begin ORDER BY as_of), LAST("end" ORDER BY as_of), SUM(new), SUM(reactivated), SUM(churned),
        SUM(new_using) FROM customer_movements WHERE definition = 'sales' AND as_of > DATE '2025-12-31'""",
    )
    assert begin + new + back - gone == end
    assert f"From {begin:,} to {end:,}" in text(opened)
    assert f"Of {new:,} new ones, {using:,} used the product" in text(opened)
    assert takeaways(opened)[0].startswith(f"{begin:,} plus {new:,} new plus")


@pytest.mark.parametrize("movement", ["new", "reactivated", "churned"])
def test_a_movement_names_its_parties(movement: str, open_page: Open, subscription: Snapshot) -> None:
    opened = open_page("customers", subscription, view="Growth", since=MAY, counted_by="headline", moved=movement)
    counted = ask(
        subscription,
        f"SELECT {movement} FROM customer_movements WHERE definition = 'headline' AND as_of = DATE '2026-06-30'",
    )
    assert f"{words_of(movement)}. {counted} parties" in text(opened) if counted else "nobody" in text(opened)


def words_of(movement: str) -> str:
    return movement.capitalize()


def test_two_growth_figures_come_from_one_company(open_page: Open, subscription: Snapshot) -> None:
    wanted = {"growth_first": "headline", "growth_second": "using", "first_from": MAY, "second_from": "2026-04-30"}
    opened = open_page("customers", subscription, view="Growth", **wanted)
    moved = "SELECT begin, \"end\" FROM customer_movements WHERE definition = '{}' AND as_of = DATE '{}'"
    (begin, end), *_ = rows(subscription, moved.format("headline", "2026-06-30"))
    assert cards(opened)["Customers"] == f"{100 * (end / begin - 1):+.1f}%"
    ((before, _),) = rows(subscription, moved.format("using", MAY))
    ((_, after),) = rows(subscription, moved.format("using", "2026-06-30"))
    assert cards(opened)["Using now"] == f"{100 * (after / before - 1):+.1f}%"
    told = re.search(r"Joined by the first((?:\s+\d+){4}).*Left by the first((?:\s+\d+){4})", text(opened), re.DOTALL)
    assert told
    joined, left = (sum(map(int, numbers.split())) for numbers in told.groups())
    assert joined - left == end - begin


def test_both_churns_are_shown_with_their_own_denominators(open_page: Open, subscription: Snapshot) -> None:
    opened = open_page("customers", subscription, view="Churn")
    sql = "SELECT stopped_paying, paying_begin, stopped_using, using_begin, stopped_both FROM paying_and_using"
    ((paid, payers, used, users, both),) = rows(subscription, f"{sql} WHERE as_of = DATE '2026-06-30'")
    assert cards(opened)["Payment churn"] == f"{100 * paid / payers:.1f}%"
    assert cards(opened)["Usage churn"] == f"{100 * used / users:.1f}%"
    assert cards(opened)["Stopped both"] == str(both)
    assert f"{paid} of {payers} who paid on 31 May 2026" in text(opened)
    assert f"{used} of {users} who used it on 31 May 2026" in text(opened)


@pytest.mark.parametrize(("which", "column"), [("both", "stopped_both"), ("pay", "stopped_paying - stopped_both")])
def test_who_stopped_is_named(which: str, column: str, open_page: Open, subscription: Snapshot) -> None:
    opened = open_page("customers", subscription, view="Churn", stopped=which)
    count = ask(subscription, f"SELECT {column} FROM paying_and_using WHERE as_of = DATE '2026-06-30'")
    assert len(opened.dataframe[-1].value) == count if count else "nobody" in text(opened)


def test_recurring_revenue_goes_from_balance_to_balance(open_page: Open, subscription: Snapshot) -> None:
    opened = open_page(
        "customers", subscription, view="Recurring revenue", since_mrr="2025-12-31", mrr_moved="expansion"
    )
    span = "FROM mrr_months WHERE as_of > DATE '2025-12-31'"
    begin = ask(subscription, f"SELECT FIRST(begin ORDER BY as_of) {span}")
    end = ask(subscription, f'SELECT LAST("end" ORDER BY as_of) {span}')
    assert f"From {short(begin, subscription)} to {short(end, subscription)} a month" in text(opened)
    grown = ask(subscription, f"SELECT SUM(expansion) {span}")
    assert round(opened.dataframe[-1].value["amount"].sum(), 2) == float(round(grown, 2))


def test_movements_can_be_switched_off(open_page: Open, subscription: Snapshot) -> None:
    opened = open_page("customers", subscription, view="Growth", kinds=[])
    assert "Switch at least one on" in text(opened)


def test_stages_add_up_to_all_parties_at_every_month(open_page: Open, subscription: Snapshot) -> None:
    there = f"SELECT COUNT(*) FROM history WHERE DATE '{MAY}' BETWEEN from_end AND until_end"
    said = text(open_page("customers", subscription, view="Stages", as_of=MAY))
    assert re.search(rf"All parties\s+{ask(subscription, there):,}\s+100.0%", said)


@pytest.mark.parametrize("kind", ["md", "html", "xlsx"])
def test_the_definition_document_is_a_file(kind: str, subscription: Snapshot) -> None:
    content = downloads.definitions(subscription, kind)
    assert content[:2] == b"PK" if kind == "xlsx" else b"Paid, current customers" in content


def test_another_run_of_the_company_tells_what_it_restates(
    open_page: Open, subscription: Snapshot, tmp_path: Path
) -> None:
    shutil.copytree(subscription.path, tmp_path / subscription.path.name)
    other = write_snapshot(tmp_path, parties=400, months=30).name
    opened = open_page("customers", tmp_path, other=other, as_of=MAY, run=subscription.path.name)
    assert re.search(r"\d+ of \d+ definitions changed; \d+ parties are in another stage", text(opened))
    assert "valuekit restatements" in opened.code[0].value


def test_a_column_of_links_is_not_written_to_files() -> None:
    assert Column("open", "Customer view", "link").kind == "link"


def test_a_retailer_that_records_no_use_is_told_so_instead_of_zero(open_page: Open, retailer: Snapshot) -> None:
    opened = open_page("customers", retailer, view="Churn")
    assert not opened.exception
    assert cards(opened)["Usage churn"] == "not recorded"
    assert "Stopped both" not in cards(opened)
    assert "Half of churn is not recorded" in text(opened)
    growth = open_page("customers", retailer, view="Growth")
    assert "0 used the product" not in text(growth)
