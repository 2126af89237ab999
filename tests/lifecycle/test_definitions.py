from dataclasses import replace
from datetime import date

import pytest

from tests.lifecycle.described import AS_OF, PAID, SIGNED, counted_by, days_ago, described
from valuekit.errors import ConfigError, ExpressionError, UnknownNameError
from valuekit.lifecycle import BUILTIN, Definition, Windows, headline, merge_definitions

BY_KEY = {d.key: d for d in BUILTIN}
HEAD = BY_KEY["paid_current"]
VIP = {"label": "VIP", "owner": "Sales", "system": "crm", "sentence": "Big deals", "predicate": "won_amount > 9"}


def is_(record: str, table: str) -> dict:
    """One row that makes the record what a team counts."""
    return {
        "opportunities": {"record": record, "opened_on": "2026-01-01", "closed_on": "2026-02-01", "status": "won"},
        "engagements": {"record": record, "engaged_on": "2026-01-05", "kind": "download"},
        "contracts": {"record": record, **SIGNED},
        "payments": {"record": record, **PAID},
        "usage": {"record": record, "used_on": days_ago(2)},
    }[table]


def people(**tables: str):
    """A company in which the named records have one row of the table each."""
    return described(**{table: [is_(r, table) for r in records.split()] for table, records in tables.items()})


ALL_SORTS = {
    "engagements": "lead trial loyal",
    "opportunities": "won loyal silent",
    "contracts": "unpaid loyal silent",
    "payments": "loyal silent stray",
    "usage": "trial loyal",
}


class TestTeams:
    """L7 to L10: four counts over the same parties."""

    @pytest.mark.parametrize(
        ("team", "members"),
        [
            ("sales", {"won", "loyal", "silent"}),
            ("marketing", {"lead", "trial", "loyal"}),
            ("finance", {"loyal", "silent"}),
            ("product", {"trial", "loyal"}),
            ("paid_current", {"loyal", "silent"}),
            ("signed", {"unpaid", "loyal", "silent"}),
            ("first_payment", {"loyal", "silent", "stray"}),
            ("interest", {"lead", "trial", "loyal", "won", "silent"}),
            ("used_this_month", {"loyal"}),
        ],
    )
    def test_each_counts_its_own(self, team, members):
        assert counted_by(people(**ALL_SORTS), team) == members

    def test_sales_counts_a_deal_won_whether_the_product_is_used_or_not(self):
        assert counted_by(people(opportunities="a b", usage="a"), "sales") == {"a", "b"}

    def test_finance_counts_neither_the_unpaid_nor_the_refunded(self):
        refund = {"record": "ann", "paid_on": "2026-03-01", "amount": -100, "kind": "refund"}
        engine = described(contracts=[is_("ann", "contracts")], payments=[is_("ann", "payments"), refund])
        assert counted_by(engine, "finance") == counted_by(engine, "first_payment") == set()

    def test_an_order_is_a_purchase_for_sales_and_finance(self):
        engine = described(orders=[{"record": "ann", "ordered_on": "2020-01-01", "amount": 5}])
        assert counted_by(engine, "sales") == counted_by(engine, "finance") == {"ann"}
        assert counted_by(engine, "paid_current") == set()

    def test_calendar_month_and_30_days_differ(self):
        use = [{"record": "may", "used_on": "2026-05-31"}, {"record": "june", "used_on": "2026-06-01"}]
        engine = described(usage=use)
        assert counted_by(engine, "product") == {"june"}
        assert counted_by(engine, "used_30_days") == {"may", "june"}

    def test_in_the_middle_of_a_month_the_calendar_month_is_short(self):
        use = [{"record": "may", "used_on": "2026-05-31"}, {"record": "june", "used_on": "2026-06-01"}]
        engine = described(usage=use, as_of=date(2026, 6, 15))
        assert counted_by(engine, "product") == {"june"}
        assert sentence(engine, "product").endswith("from 1 to 15 June 2026, according to crm")

    @pytest.mark.parametrize(("day", "members"), [(30, set()), (31, {"ann"})])
    def test_paying_for_more_than_30_days(self, day, members):
        payment = {"record": "ann", "paid_on": days_ago(day), "amount": 9}
        engine = described(contracts=[is_("ann", "contracts")], payments=[payment])
        assert counted_by(engine, "paying_30_days") == members

    def test_customers_by_cash_bring_in_more_than_they_cost(self):
        company = {
            "contracts": [is_("rich", "contracts"), is_("poor", "contracts")],
            "payments": [is_("rich", "payments")],
        }
        parties = dict(described(**company).rows("SELECT record, party_id FROM party_records"))
        cash = [{"party_id": parties[r], "month": "2026-01-01", "net_cash": n} for r, n in (("rich", 1), ("poor", -1))]
        assert counted_by(described(**company, cash_months=cash), "net_cash_positive") == {"rich"}

    def test_internal_accounts_are_left_out_unless_a_definition_speaks_of_them(self):
        everybody = Definition("all", "All", "CEO", "crm", "All, and our own", "is_internal OR TRUE", headline=True)
        outside = replace(everybody, key="outside", predicate="TRUE", headline=False)
        records = [{"record": "ann"}, {"record": "us", "role": "internal"}, {"record": "qa", "role": "test"}]
        engine = described(records=records, definitions=[everybody, outside])
        assert counted_by(engine, "outside") == {"ann"}
        assert counted_by(engine, "all") == {"ann", "us", "qa"}
        assert (
            dict(engine.rows("SELECT definition, predicate FROM definitions"))["outside"]
            == "(TRUE) AND NOT is_internal"
        )


def sentence(engine, key: str) -> str:
    return engine.scalar("SELECT sentence FROM definitions WHERE definition = $k", {"k": key})


class TestContradiction:
    """L12: "Ask your sales team: 500. Marketing: 750. Finance: 620. Product: 480." One event log, four counts."""

    DOES = (
        (350, "engagements opportunities contracts payments usage"),
        (100, "engagements opportunities contracts payments"),
        (50, "opportunities"),
        (70, "engagements contracts payments usage"),
        (100, "contracts payments"),
        (60, "engagements usage"),
        (170, "engagements"),
    )
    """How many parties leave which rows."""

    def log(self):
        who = [(f"r{group}-{i}", tables) for group, (size, tables) in enumerate(self.DOES) for i in range(size)]
        everything = {table for _, tables in self.DOES for table in tables.split()}
        return {table: " ".join(r for r, tables in who if table in tables.split()) for table in everything}

    def test_four_teams_count_four_numbers(self):
        engine = people(**self.log())
        members = dict(engine.rows("SELECT definition, members FROM definitions"))
        assert [members[team] for team in ("sales", "marketing", "finance", "product")] == [500, 750, 620, 480]
        assert (engine.count("parties"), members["paid_current"]) == (900, 620)

    def test_each_number_opens_to_what_sets_it_apart(self):
        cells = """
            SELECT side, stage, reason, parties FROM definition_differences
            WHERE definition_a = 'finance' AND definition_b = 'product' AND side <> 'both' ORDER BY ALL
        """
        assert people(**self.log()).rows(cells) == [
            ("only_a", "inactive", "onboarding", 200),
            ("only_b", "prospect", "trial", 60),
        ]


class TestHeadline:
    """L13: one number with its sentence."""

    def test_the_number_comes_with_its_sentence(self):
        told = headline(people(**ALL_SORTS).query("SELECT * FROM definitions").to_pylist())
        assert told.number == 2
        assert told.sentence == "Paid, current customers according to crm, as of 30 June 2026"

    def test_there_is_one(self):
        assert [d.key for d in BUILTIN if d.headline] == ["paid_current"]
        with pytest.raises(ConfigError, match="no definition is the headline"):
            headline([])

    def test_sentences_may_name_the_windows(self):
        fresh = replace(BY_KEY["paid_current"], sentence="Used within {active_days} days of {as_of}")
        engine = described(definitions=[fresh], windows=Windows(active_days=7))
        assert sentence(engine, "paid_current") == "Used within 7 days of 30 June 2026"


class TestDifferences:
    """Who is on one list and not on the other, by stage and reason."""

    def test_two_lists_taken_apart(self):
        engine = people(**ALL_SORTS)
        cells = "SELECT side, stage, reason, parties FROM definition_differences WHERE definition_a = 'marketing' AND definition_b = 'sales' ORDER BY side, stage, reason"  # noqa: E501
        assert engine.rows(cells) == [
            ("both", "active", None, 1),
            ("only_a", "prospect", "engaged", 1),
            ("only_a", "prospect", "trial", 1),
            ("only_b", "inactive", "onboarding", 1),
            ("only_b", "prospect", "won_not_signed", 1),
        ]

    def test_a_definition_that_counts_nobody_is_listed_with_zero(self):
        engine = described(records=[{"record": "ann"}])
        assert engine.rows("SELECT DISTINCT members FROM definitions WHERE kind = 'team'") == [(0,)]
        assert engine.count("definition_differences") == 0


class TestMerging:
    def test_a_field_of_a_built_in_definition_is_overridden(self):
        (sales,) = merge_definitions([BY_KEY["sales"]], {"sales": {"system": "hubspot"}})
        assert (sales.system, sales.predicate) == ("hubspot", BY_KEY["sales"].predicate)

    def test_a_new_headline_takes_the_place_of_the_former(self):
        merged = merge_definitions(BUILTIN, {"vip": {**VIP, "headline": True}})
        assert [d.key for d in merged if d.headline] == ["vip"]

    def test_the_headline_stays_when_its_definition_is_overridden(self):
        merged = merge_definitions(BUILTIN, {"paid_current": {**VIP, "headline": False}})
        assert [d.key for d in merged if d.headline] == ["paid_current"]

    def test_a_field_that_does_not_exist(self):
        with pytest.raises(UnknownNameError, match=r"definition sales: there is no field 'ower'. Did you mean 'owner'"):
            merge_definitions(BUILTIN, {"sales": {"ower": "Bob"}})

    def test_a_new_definition_needs_everything(self):
        with pytest.raises(ConfigError, match="definition vip: needs owner, system, sentence, predicate"):
            merge_definitions(BUILTIN, {"vip": {"label": "VIP"}})


class TestMistakes:
    @pytest.mark.parametrize(
        ("definitions", "message"),
        [
            ([HEAD, HEAD], "definition paid_current: is there twice"),
            ([replace(HEAD, system=" ")], "definition paid_current: has no system"),
            ([replace(HEAD, headline=False)], "one definition must be the headline; none is"),
            ([HEAD, replace(HEAD, key="b")], "one definition must be the headline; paid_current, b is"),
            (
                [HEAD, *(replace(HEAD, key=str(i), headline=False) for i in range(62))],
                "63 definitions; 62 are the most",
            ),
            ([replace(HEAD, sentence="{asof}")], "there is no placeholder 'asof'. Did you mean 'as_of'"),
        ],
    )
    def test_are_named(self, definitions, message):
        with pytest.raises(ConfigError, match=message):
            described(definitions=definitions)

    def test_a_predicate_over_what_is_not_there(self):
        with pytest.raises(ExpressionError, match="definition paid_current: 'payd > 0' uses 'payd'"):
            described(definitions=[replace(HEAD, predicate="payd > 0")])

    @pytest.mark.parametrize(
        ("predicate", "message"),
        [
            ("paid", r"definition paid_current: 'paid' is a DECIMAL\(18,4\), not true or false"),
            ("role", "'role' is a VARCHAR, not true or false"),
            ("role > 5", "'role > 5' does not work: .*VARCHAR"),
            ("signed_on > 5", "'signed_on > 5' does not work: .*DATE"),
        ],
    )
    def test_a_predicate_that_is_not_true_or_false(self, predicate, message):
        with pytest.raises(ExpressionError, match=message):
            described(definitions=[replace(HEAD, predicate=predicate)])

    def test_as_many_as_fit_are_counted(self):
        many = [HEAD, *(replace(HEAD, key=f"k{i}", headline=False, predicate="TRUE") for i in range(60))]
        assert described(records=[{"record": "ann"}], definitions=many, as_of=AS_OF).count("memberships") == 61
