import json
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


def apart(engine, first, second):
    """Who is on one list alone: side, stage, reason of the stage, and how many."""
    cells = f"""
        SELECT CASE WHEN (definitions & a.bit) <> 0 THEN 'only_a' ELSE 'only_b' END AS side, stage, reason, COUNT(*)
        FROM party_lists JOIN (SELECT party_id, stage, reason FROM stages) USING (party_id)
        JOIN (SELECT bit FROM definitions WHERE definition = '{first}') AS a ON TRUE
        JOIN (SELECT bit FROM definitions WHERE definition = '{second}') AS b ON TRUE
        WHERE ((definitions & a.bit) <> 0) <> ((definitions & b.bit) <> 0)
        GROUP BY ALL ORDER BY ALL
    """
    return engine.rows(cells)


ALL_SORTS = {
    "engagements": "lead trial loyal",
    "opportunities": "won loyal silent",
    "contracts": "unpaid loyal silent",
    "payments": "loyal silent stray",
    "usage": "trial loyal",
}


@pytest.fixture(scope="module")
def all_sorts():
    return people(**ALL_SORTS)


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
    def test_each_counts_its_own(self, all_sorts, team, members):
        assert counted_by(all_sorts, team) == members

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


@pytest.fixture(scope="module")
def log():
    who = [(f"r{group}-{i}", tables) for group, (size, tables) in enumerate(DOES) for i in range(size)]
    everything = {table for _, tables in DOES for table in tables.split()}
    return people(**{t: " ".join(r for r, tables in who if t in tables.split()) for t in everything})


class TestContradiction:
    """L12: "Ask your sales team: 500. Marketing: 750. Finance: 620. Product: 480." One event log, four counts."""

    def test_four_teams_count_four_numbers(self, log):
        members = dict(log.rows("SELECT definition, members FROM definitions"))
        assert [members[team] for team in ("sales", "marketing", "finance", "product")] == [500, 750, 620, 480]
        assert (log.count("parties"), members["paid_current"]) == (900, 620)

    def test_each_number_opens_to_what_sets_it_apart(self, log):
        assert apart(log, "finance", "product") == [
            ("only_a", "inactive", "onboarding", 200),
            ("only_b", "prospect", "trial", 60),
        ]


class TestHeadline:
    """L13: one number with its sentence."""

    def test_the_number_comes_with_its_sentence(self, all_sorts):
        told = headline(all_sorts.query("SELECT * FROM definitions").to_pylist())
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
    """Who is on one list and not on the other, by stage."""

    def test_two_lists_taken_apart(self, all_sorts):
        assert apart(all_sorts, "sales", "marketing") == [
            ("only_a", "inactive", "onboarding", 1),
            ("only_a", "prospect", "won_not_signed", 1),
            ("only_b", "prospect", "engaged", 1),
            ("only_b", "prospect", "trial", 1),
        ]

    def test_a_definition_that_counts_nobody_is_listed_with_zero(self):
        engine = described(records=[{"record": "ann"}])
        assert engine.rows("SELECT DISTINCT members FROM definitions WHERE kind = 'team'") == [(0,)]


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
            ([replace(HEAD, sentence="{as_of.year}")], "there is no placeholder 'as_of.year'"),
            ([replace(HEAD, sentence="{}")], "there is no placeholder ''"),
            ([replace(HEAD, sentence="At {as_of")], "definition paid_current: a brace is open in 'At {as_of'"),
            ([replace(HEAD, key=" ")], "definition Customers has an empty key. Give it a short name"),
        ],
    )
    def test_are_named(self, definitions, message):
        with pytest.raises(ConfigError, match=message):
            described(definitions=definitions)

    def test_the_key_of_a_systems_own_list(self):
        taken = replace(HEAD, key="known_in_crm", headline=False)
        with pytest.raises(ConfigError, match=r"definition known_in_crm: is there twice\. Choose another key"):
            described(records=[{"record": "ann", "system": "crm"}], definitions=[HEAD, taken])

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
        assert described(records=[{"record": "ann"}], definitions=many, as_of=AS_OF).count("memberships") == 60


class TestWords:
    """L14, L15, R7: owner, whom it counts, what day counts, each team's own answer, version."""

    MINE = replace(
        HEAD, event_on="signed_on", counts="All of {system} in {active_days} days", excludes="None", status="open",
        answers={"Sales": "anyone", "Finance": "payers"}, version=3,
    )  # fmt: skip

    def test_are_published(self):
        engine = described(definitions=[self.MINE])
        (row,) = engine.query("SELECT * FROM definitions").to_pylist()
        assert (row["event_on"], row["counts"], row["excludes"]) == ("signed_on", "All of billing in 30 days", "None")
        assert (row["status"], row["version"], row["kind"]) == ("open", 3, "team")
        assert json.loads(row["answers"]) == {"Sales": "anyone", "Finance": "payers"}

    def test_every_built_in_definition_has_them(self):
        assert all(d.event_on and d.counts and d.excludes and d.owner and d.system for d in BUILTIN)

    def test_a_customer_is_dated_by_the_later_of_signature_and_payment(self):  # T2
        engine = described(contracts=[is_("ann", "contracts")], payments=[is_("ann", "payments")])
        event = engine.scalar("SELECT event_on FROM definitions WHERE definition = 'finance'")
        assert engine.rows(f"SELECT {event} FROM facts") == [(date(2026, 1, 10),)]
        unpaid = described(contracts=[is_("ann", "contracts")])
        assert unpaid.rows(f"SELECT {event} FROM facts") == [(None,)]

    def test_a_status_is_agreed_or_open(self):
        with pytest.raises(ConfigError, match="definition paid_current: has the status 'maybe'"):
            described(definitions=[replace(HEAD, status="maybe")])

    @pytest.mark.parametrize(
        ("event_on", "message"),
        [
            ("deals_won", "event_on of definition paid_current: 'deals_won' is a BIGINT, not a date"),
            ("stage", "'stage' uses 'stage', which is no column here"),
            ("won_on + paid", "'won_on \\+ paid' does not work"),
        ],
    )
    def test_the_event_is_a_day(self, event_on, message):
        with pytest.raises(ExpressionError, match=message):
            described(definitions=[replace(HEAD, event_on=event_on)])


class TestFingerprint:
    """A changed rule is another version: nobody need remember to raise a number."""

    def of(self, definition, **windows):
        engine = described(records=[{"record": "ann"}], definitions=[definition], windows=Windows(**windows))
        return engine.scalar("SELECT fingerprint FROM definitions WHERE definition = 'paid_current'")

    def test_a_changed_rule_or_window_changes_it(self):
        assert self.of(HEAD) != self.of(replace(HEAD, predicate="has_paid"))
        assert self.of(HEAD) != self.of(HEAD, active_days=14)  # the stage rests on it
        using = replace(HEAD, predicate="last_used_on >= as_of - active_days")
        assert self.of(using) != self.of(using, active_days=14)
        assert self.of(using) == self.of(using, timing_days=14)

    def test_other_words_do_not(self):
        assert self.of(HEAD) == self.of(replace(HEAD, label="Clients", owner="CFO", version=2))


class TestSourceOfTruth:
    """T1: every number has a system, and it is one that the data know."""

    def system(self, definition, **company):
        return described(**company).scalar("SELECT system FROM definitions WHERE definition = $d", {"d": definition})

    def test_the_only_system_that_holds_the_table_is_it(self):
        payment = {"record": "ann", "system": "stripe", **PAID}
        won = {**is_("ann", "opportunities"), "system": "salesforce"}
        records = [{"record": "ann", "system": "salesforce"}]
        company = {"records": records, "payments": [payment], "opportunities": [won]}
        assert self.system("paid_current", **company) == "stripe"
        assert self.system("sales", **company) == "salesforce"

    def test_of_two_systems_none_is_chosen(self):
        payments = [{"record": "ann", "system": s, **PAID} for s in ("stripe", "adyen")]
        assert self.system("paid_current", payments=payments) == "billing"

    def test_a_configured_name_stays(self):
        chosen = merge_definitions(BUILTIN, {"paid_current": {"system": "billing"}})
        payment = {"record": "ann", "system": "stripe", **PAID}
        assert self.system("paid_current", payments=[payment], definitions=chosen) == "billing"
        assert self.system("first_payment", payments=[payment], definitions=chosen) == "stripe"


class TestPayingAndUsing:
    """L16, R6: who pays, who uses, and who uses without paying."""

    def test_trials_use_and_do_not_pay(self, all_sorts):
        assert counted_by(all_sorts, "using_not_paying") == {"trial"}
        assert counted_by(all_sorts, "using") == {"loyal"}
        assert counted_by(all_sorts, "paying") == {"loyal", "silent"}


class TestSystems:
    """R1: all parties that a system knows."""

    RECORDS = ({"record": "ann"}, {"record": "bob", "system": "billing"}, {"record": "qa", "role": "test"})

    def test_each_has_a_list(self):
        engine = described(records=self.RECORDS)
        rows = engine.rows(
            "SELECT label, system, members, sentence FROM definitions WHERE kind = 'system' ORDER BY bit"
        )
        assert [row[:3] for row in rows] == [("Known in billing", "billing", 1), ("Known in crm", "crm", 2)]
        assert rows[0][3] == "All parties that billing had a record of by 30 June 2026"


def test_internal_accounts_let_in_are_staged_and_counted_like_others():  # L22
    records = [{"record": "ours", "role": "internal"}, {"record": "idle", "role": "test"}]
    engine = described(
        records=records,
        contracts=[is_("ann", "contracts"), is_("ours", "contracts")],
        payments=[is_("ann", "payments"), is_("ours", "payments")],
    )
    members = {
        d: (n, m) for d, n, m in engine.rows("SELECT definition, members, members_with_internal FROM definitions")
    }
    assert members["paid_current"] == members["signed"] == (1, 2)
    assert members["marketing"] == (0, 0)
    assert members["known_in_crm"] == (3, 3)
