from datetime import date

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.identity.records import a, b, c, one_engine, parties, resolved, review, same, together
from valuekit.engine import Engine
from valuekit.errors import UnknownNameError
from valuekit.identity import MOST_SHARED, Matching, resolve
from valuekit.tables import PUBLISHED


class TestKeys:
    @pytest.mark.parametrize(
        ("column", "one", "other"),
        [
            ("email", "Ann@Acme.com ", "ann@acme.com"),
            ("tax_id", "DE 123.456-789", "de123456789"),
            ("billing_id", "cus_1", " cus_1"),
        ],
    )
    def test_records_with_the_same_key_are_one_party(self, column, one, other):
        assert parties(a(**{column: one}), b(**{column: other})) == ["a b"]

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("email", "n/a"), ("email", "ann@home"), ("email", "a b@c.de"), ("email", ""),
            ("tax_id", "N/A"), ("tax_id", "none"), ("tax_id", "000-0000"), ("tax_id", "12"),
            ("billing_id", " "), ("name", "Acme"), ("domain", "acme.com"), ("phone", "123456"),
        ],
    )  # fmt: skip
    def test_a_value_that_identifies_nobody_joins_nobody(self, column, value):
        assert parties(a(**{column: value}), b(**{column: value})) == ["a", "b"]

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Müller GmbH", "MULLER gmbh & Co. KG"), ("Acme, Inc.", "ACME"), ("Weiß AG", "weiss"),
            ("Société Générale S.A.", "societe generale"), ("Ben & Jerry Ltd", "Ben and Jerry Limited"),
            ("Foo B.V.", "Foo bv"), ("Bar LLC", "Bar"), ("東京 KK", "東京"),
        ],
    )  # fmt: skip
    def test_names_are_compared_without_case_accents_and_legal_form(self, one, other):
        assert parties(a(name=one, domain="x.com"), b(name=other, domain="www.X.com")) == ["a b"]

    @pytest.mark.parametrize(("one", "other"), [("Acme", "Acme Labs"), ("AG", "Inc"), ("Limited Brands", "Brands")])
    def test_other_names_on_one_domain_are_others(self, one, other):
        assert parties(a(name=one, domain="x.com"), b(name=other, domain="x.com")) == ["a", "b"]

    def test_the_domain_may_come_from_the_address(self):
        assert parties(a(name="Acme", domain="https://acme.com/about"), b(name="Acme", email="x@acme.com")) == ["a b"]

    def test_a_mail_providers_domain_identifies_nobody(self):
        assert parties(a(name="Ann Lee", email="a1@gmail.com"), b(name="Ann Lee", email="a2@gmail.com")) == ["a", "b"]
        assert parties(a(name="Ann Lee", domain="gmail.com"), b(name="Ann Lee", domain="gmail.com")) == ["a", "b"]

    def test_the_domains_of_providers_are_a_setting(self):
        both = a(name="Ann Lee", email="a1@gmail.com"), b(name="Ann Lee", email="a2@gmail.com")
        assert parties(*both, shared_domains=()) == ["a b"]

    def test_a_value_that_very_many_share_is_not_used_but_reported(self):
        many = [{"record": f"r{i:02}", "email": "info@desk.com"} for i in range(MOST_SHARED + 1)]
        engine = resolved(*many)
        assert engine.count("parties") == 51
        assert review(engine) == [("r00", "r50", "email", "value shared by 51 records")]
        assert len(parties(*many[1:])) == 1

    def test_links_of_kind_same_join_across_systems(self):
        link = {**same("a", "b"), "to_system": "shop"}
        assert parties(a(), b(system="shop"), links=[link]) == ["a b"]

    @pytest.mark.parametrize("kind", ["parent", "serves"])
    def test_other_links_do_not(self, kind):
        assert parties(a(), b(), links=[{**same("a", "b"), "kind": kind}]) == ["a", "b"]

    def test_a_link_to_an_unknown_record_or_to_itself_joins_nothing(self):
        assert parties(a(), b(), links=[same("a", "z"), same("a", "a")]) == ["a", "b"]

    def test_keys_chain(self):
        assert parties(a(email="x@y.com"), b(email="x@y.com", tax_id="DE1234"), c(tax_id="DE1234")) == ["a b c"]

    def test_only_the_rules_named_are_used(self):
        both = a(email="x@y.com", tax_id="DE1234"), b(email="x@y.com"), c(tax_id="DE1234")
        assert parties(*both, rules=["email"]) == ["a b", "c"]
        assert parties(*both, rules=[]) == ["a", "b", "c"]

    def test_an_unknown_rule(self):
        with pytest.raises(UnknownNameError, match=r"no identity rule 'e-mail'. Did you mean 'email'"):
            resolved(rules=["e-mail"])


class TestBillingIds:
    """T3: two billing ids never become one party silently."""

    def test_two_billing_ids_stay_two_parties_and_go_to_review(self):
        engine = resolved(a(email="x@y.com", billing_id="1"), b(email="x@y.com", billing_id="2"))
        assert together(engine) == ["a", "b"]
        assert review(engine) == [("a", "b", "email", "two billing ids")]

    def test_a_record_between_them_goes_to_the_one_that_the_strongest_rule_ties_it_to(self):
        between = c(email="x@y.com", tax_id="DE1234")
        assert parties(a(email="x@y.com", billing_id="1"), b(tax_id="DE1234", billing_id="2"), between) == ["a", "b c"]

    def test_and_to_the_smallest_id_when_both_ties_are_as_strong(self):
        shared = {"email": "x@y.com"}
        assert parties(a(**shared, billing_id="2"), b(**shared, billing_id="1"), c(**shared)) == ["a", "b c"]

    def test_a_record_tied_to_it_alone_follows_it(self):
        follower = {"record": "d", "email": "d@y.com"}
        between = c(tax_id="DE1234", email="d@y.com")
        payers = a(tax_id="DE1234", billing_id="1"), b(tax_id="DE1234", billing_id="2")
        assert parties(*payers, between, follower) == ["a c d", "b"]

    def test_what_was_cut_goes_to_review(self):
        engine = resolved(
            a(email="x@y.com", billing_id="1"), b(tax_id="DE1234", billing_id="2"), c(email="x@y.com", tax_id="DE1234")
        )
        assert review(engine) == [("a", "c", "email", "two billing ids")]

    def test_a_link_is_a_persons_decision_and_joins_them(self):
        engine = resolved(a(billing_id="1"), b(billing_id="2"), c(billing_id="2"), links=[same("a", "b")])
        assert together(engine) == ["a b c"]
        assert engine.rows("SELECT record, to_record, rule FROM merge_log ORDER BY 1") == [
            ("b", "a", "link"),
            ("c", "b", "billing_id"),
        ]

    def test_ids_that_a_link_has_joined_do_not_contradict_each_other_elsewhere(self):
        links = [same("a", "b")]
        assert parties(a(billing_id="1"), b(billing_id="2", email="x@y.com"), c(billing_id="1", email="x@y.com"),
                       links=links) == ["a b c"]  # fmt: skip

    def test_they_stay_apart_even_when_billing_ids_are_no_rule(self):
        assert parties(a(email="x@y.com", billing_id="1"), b(email="x@y.com", billing_id="2"), rules=["email"]) == [
            "a",
            "b",
        ]


class TestInternalAccounts:
    @pytest.mark.parametrize("role", ["internal", "test"])
    def test_a_key_does_not_join_them_with_a_buyer(self, role):
        engine = resolved(a(email="x@y.com"), b(email="x@y.com", role=role))
        assert together(engine) == ["a", "b"]
        assert review(engine) == [("a", "b", "email", "internal or test account")]

    def test_but_with_each_other(self):
        assert parties(a(email="x@y.com", role="test"), b(email="x@y.com", role="internal")) == ["a b"]

    def test_a_link_joins_them_and_the_party_is_internal(self):
        engine = resolved(a(), b(role="test"), links=[same("a", "b")])
        assert engine.rows("SELECT role, records FROM parties") == [("test", 2)]


@pytest.fixture(scope="module")
def alone():
    """A company of one record."""
    return resolved(a())


class TestParties:
    def test_its_id_comes_from_the_oldest_record(self):
        old, new = a(email="x@y.com", created_on="2020-01-01"), b(email="x@y.com", created_on="2021-01-01")
        (party,) = resolved(old, new).rows("SELECT party_id, created_on FROM parties")
        assert party == (resolved(old).scalar("SELECT party_id FROM parties"), date(2020, 1, 1))
        assert party[0].startswith("P")
        assert len(party[0]) == 16

    def test_records_without_date_are_the_youngest(self):
        engine = resolved(a(email="x@y.com"), b(email="x@y.com", created_on="2021-01-01"))
        assert engine.rows("SELECT record, to_record FROM merge_log") == [("a", "b")]

    def test_its_name_and_kind_are_those_of_the_oldest_record_that_has_them(self):
        engine = resolved(a(tax_id="DE1234"), b(tax_id="DE1234", name="Bee"), c(tax_id="DE1234", kind="organisation"))
        assert engine.rows("SELECT name, kind, records, systems FROM parties") == [("Bee", "organisation", 3, "crm")]

    def test_it_is_called_by_its_name_or_else_by_its_oldest_record(self):
        named = resolved(a(tax_id="DE1234"), b(tax_id="DE1234", name="Bee"))
        assert named.rows("SELECT name, label FROM parties") == [("Bee", "Bee")]
        nameless = resolved(a(tax_id="DE1234"), b(tax_id="DE1234", created_on="2020-01-01"))
        assert nameless.rows("SELECT name, label FROM parties") == [(None, "crm b")]

    @pytest.mark.parametrize(
        ("roles", "role", "is_supplier"),
        [
            (["supplier", "buyer"], "buyer", True),
            (["supplier", None], "buyer", True),
            (["partner", "served"], "served", True),
            (["supplier", "partner"], "partner", True),
            (["served", "buyer"], "buyer", False),
            ([None], "buyer", False),
        ],
    )
    def test_one_role_for_records_that_disagree(self, roles, role, is_supplier):
        records = [{"record": str(i), "tax_id": "DE1234", "role": r} for i, r in enumerate(roles)]
        assert resolved(*records).rows("SELECT role, is_supplier FROM parties") == [(role, is_supplier)]

    def test_systems_are_listed_once_each(self):
        engine = resolved(a(tax_id="DE1234", system="shop"), b(tax_id="DE1234"), c(tax_id="DE1234"))
        assert engine.scalar("SELECT systems FROM parties") == "crm, shop"

    @pytest.mark.parametrize("table", ["parties", "party_records", "party_aliases", "merge_log", "review_pairs"])
    def test_the_columns_are_those_declared(self, alone, table):
        assert [row[:2] for row in alone.rows(f"DESCRIBE {table}")] == [(x.name, x.type) for x in PUBLISHED[table]]

    def test_nothing_is_left_behind(self, alone):
        assert not alone.rows("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'identity%'")

    def test_a_company_without_records_has_no_parties(self):
        assert parties() == []


class TestMergeLog:
    def test_it_names_the_strongest_reason_for_each_record_but_the_oldest(self):
        engine = resolved(a(email="x@y.com", tax_id="DE1234"), b(email="x@y.com", tax_id="DE-1234"), c(email="x@y.com"))
        assert engine.rows("SELECT record, to_record, rule, evidence FROM merge_log ORDER BY 1") == [
            ("b", "a", "tax_id", "DE1234"),
            ("c", "a", "email", "x@y.com"),
        ]

    def test_it_leads_back_to_the_oldest_record(self):
        chain = [a(email="1@y.com"), b(email="2@y.com"), c(email="1@y.com", tax_id="DE1234"),
                 {"record": "d", "email": "2@y.com", "tax_id": "DE1234"}]  # fmt: skip
        steps = dict(resolved(*chain).rows("SELECT record, to_record FROM merge_log"))
        assert steps == {"c": "a", "d": "c", "b": "d"}


class TestPartyIds:
    def test_every_row_gets_the_party_of_its_record(self):
        payments = [{"record": r, "paid_on": "2026-01-01", "amount": 1} for r in ("b", None, "z", "a")]
        engine = resolved(a(tax_id="DE1234"), b(tax_id="DE1234"), payments=payments)
        party = engine.scalar("SELECT party_id FROM parties")
        assert engine.rows("SELECT record, party_id FROM payments") == [
            ("b", party), (None, None), ("z", None), ("a", party),
        ]  # fmt: skip

    def test_a_referral_has_two(self):
        referral = {"referrer": "a", "referred": "b", "referred_on": "2026-01-01"}
        engine = resolved(a(), b(), referrals=[referral])
        ids = dict(engine.rows("SELECT record, party_id FROM party_records"))
        assert engine.rows("SELECT referrer_party_id, referred_party_id FROM referrals") == [(ids["a"], ids["b"])]

    def test_doing_it_twice_changes_nothing(self):
        engine = resolved(a(tax_id="DE1234"), b(tax_id="DE1234"))
        before = engine.rows("SELECT * FROM records ORDER BY ALL")
        resolve(engine, matching=Matching(enabled=False))
        assert engine.rows("SELECT * FROM records ORDER BY ALL") == before


few = st.none() | st.sampled_from(["1", "2", "3"])


@st.composite
def companies(draw):
    """Up to 14 records over few values, so that keys meet; and some links."""
    size = draw(st.integers(1, 14))
    records = [
        {
            "record": f"r{i:02}",
            "email": (v := draw(few)) and f"{v}@y.com",
            "tax_id": (v := draw(few)) and f"DE{v}000",
            "billing_id": draw(st.none() | few),
            "role": draw(st.sampled_from([None, None, None, "test"])),
            "created_on": draw(st.sampled_from([None, "2020-01-01", "2021-01-01"])),
        }
        for i in range(size)
    ]
    number = st.integers(0, size - 1).map(lambda i: f"r{i:02}")
    links = draw(st.lists(st.builds(same, number, number), max_size=2, unique_by=lambda x: tuple(x.values())))
    return records, links, draw(st.permutations(records))


@settings(max_examples=25, deadline=None)
@for_all(companies())
def test_what_always_holds(company):
    records, links, shuffled = company
    engine = resolved(*records, links=links, engine=one_engine())
    everything = [engine.rows(f"SELECT * FROM {t} ORDER BY ALL") for t in ("parties", "party_records", "merge_log")]
    assert_every_record_has_one_party(engine, len(records))
    assert_only_links_join_billing_ids_or_internal_accounts(engine, bool(links))
    other = resolved(*shuffled, links=links, engine=one_engine())
    assert everything == [
        other.rows(f"SELECT * FROM {t} ORDER BY ALL") for t in ("parties", "party_records", "merge_log")
    ]


def assert_every_record_has_one_party(engine: Engine, records: int) -> None:
    assert engine.count("party_records") == engine.scalar("SELECT SUM(records) FROM parties") == records
    assert engine.count("merge_log") == records - engine.count("parties")


def assert_only_links_join_billing_ids_or_internal_accounts(engine: Engine, linked: bool) -> None:
    mixed = """
        SELECT party_id FROM records GROUP BY party_id
        HAVING COUNT(DISTINCT billing_id) > 1 OR COUNT(DISTINCT COALESCE(role, 'buyer')) > 1
    """
    assert linked or not engine.rows(mixed)
    by_link = "SELECT party_id FROM merge_log WHERE rule = 'link'"
    assert not engine.rows(f"SELECT party_id FROM ({mixed}) WHERE party_id NOT IN ({by_link})")
