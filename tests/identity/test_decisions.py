import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.identity.records import a, are, b, c, companies, d, one_engine, parties, resolved, review, same, together
from valuekit.errors import ContractError, InputError
from valuekit.identity import Decision, read_decisions

HEADER = "decision,system,record,to_system,to_record"


class TestSame:
    def test_records_that_share_nothing_are_joined(self):
        assert parties(a(), b(), c(), decisions=[are("same", "a", "c")]) == ["a c", "b"]

    def test_two_billing_ids_too_for_it_is_a_persons_decision(self):
        engine = resolved(a(billing_id="1"), b(billing_id="2"), c(billing_id="2"), decisions=[are("same", "a", "b")])
        assert together(engine) == ["a b c"]

    def test_the_merge_log_says_who_decided(self):
        engine = resolved(a(), b(), decisions=[are("same", "b", "a", "by Ann: one shop")])
        assert engine.rows("SELECT record, to_record, rule, evidence FROM merge_log") == [
            ("b", "a", "decision", "crm b = crm a (by Ann: one shop)")
        ]

    def test_it_need_not_be_among_the_rules(self):
        assert parties(a(), b(), rules=[], decisions=[are("same", "a", "b")]) == ["a b"]


class TestDifferent:
    @pytest.mark.parametrize(
        "key", [{"email": "x@y.com"}, {"tax_id": "DE1234"}, {"billing_id": "7"}, {"name": "Acme", "domain": "acme.com"}]
    )
    def test_a_key_does_not_join_them(self, key):
        assert parties(a(**key), b(**key), decisions=[are("different", "b", "a")]) == ["a", "b"]

    def test_nor_does_a_link(self):
        assert parties(a(), b(), links=[same("a", "b")], decisions=[are("different", "a", "b")]) == ["a", "b"]

    def test_nor_does_a_third_record_which_stays_where_the_stronger_key_ties_it(self):
        between = a(tax_id="DE1234"), b(tax_id="DE1234", email="x@y.com"), c(email="x@y.com")
        assert parties(*between, decisions=[are("different", "a", "c")]) == ["a b", "c"]

    def test_who_shares_their_key_stays_with_the_older(self):
        shared = {"email": "x@y.com"}
        assert parties(a(**shared), b(**shared), c(**shared), decisions=[are("different", "a", "b")]) == ["a c", "b"]

    def test_those_that_were_apart_anyway_stay_where_they_were(self):
        shared = {"tax_id": "DE1234"}
        payers = a(**shared, billing_id="2"), b(**shared), c(**shared, billing_id="1")
        assert parties(*payers, decisions=[are("different", "a", "b")]) == parties(*payers) == ["a", "b c"]

    def test_it_is_not_shown_for_review_again(self):
        two = a(email="x@y.com", billing_id="1"), b(email="x@y.com", billing_id="2")
        assert len(review(resolved(*two))) == 1
        assert review(resolved(*two, decisions=[are("different", "a", "b")])) == []

    def test_apart_by_decision_they_are_not_in_review(self):
        two = a(email="x@y.com"), b(email="x@y.com"), c(email="x@y.com", role="test")
        engine = resolved(*two, decisions=[are("different", "a", "b")])
        assert engine.rows("SELECT label, in_review FROM parties ORDER BY 1") == [
            ("crm a", True), ("crm b", False), ("crm c", True),
        ]  # fmt: skip

    def test_payers_stay_apart_when_a_group_is_united_anew(self):
        chain = [
            a(tax_id="DE1234", billing_id="1"), b(tax_id="DE1234", email="x@y.com"), c(email="x@y.com"),
            d(email="x@y.com", billing_id="2"),
        ]  # fmt: skip
        assert parties(*chain, decisions=[are("different", "a", "c")]) == ["a b", "c d"]


class TestTheFile:
    def read(self, tmp_path, *rows: str, header: str = HEADER) -> list[Decision]:
        path = tmp_path / "decisions.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return read_decisions(path)

    def test_it_is_read_with_its_notes(self, tmp_path):
        header = HEADER + ",by,on,why"
        (found,) = self.read(tmp_path, "Same, crm, a, shop, 7, Ann, 2026-01-31, one owner", header=header)
        assert (found.decision, found.record, found.other) == ("same", ("crm", "a"), ("shop", "7"))
        assert (found.note, found.row, found.source) == ("by Ann, on 2026-01-31: one owner", 1, "decisions.csv")

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            ("sane,crm,a,crm,b", r"row 1: 'sane' is no decision. Did you mean 'same'"),
            ("same,crm,,crm,b", r"row 1: `record` is empty"),
            ("same,crm,a,crm,a", r"row 1: names crm a twice"),
        ],
    )
    def test_what_is_wrong_in_a_row_is_said_with_its_number(self, tmp_path, row, message):
        with pytest.raises(ContractError, match=message):
            self.read(tmp_path, row)

    def test_a_spreadsheet_may_save_it_with_semicolons_and_empty_rows(self, tmp_path):
        file = tmp_path / "d.csv"
        rows = "same,crm,1,crm,2\n\n,,,,\nsame,crm,2,crm,3\n"
        file.write_text(f"{HEADER}\n{rows}".replace(",", ";"), encoding="utf-8-sig")
        assert [(d.record, d.other) for d in read_decisions(file)] == [
            (("crm", "1"), ("crm", "2")),
            (("crm", "2"), ("crm", "3")),
        ]

    def test_a_missing_column(self, tmp_path):
        with pytest.raises(ContractError, match=r"has no column 'to_record'. Did you mean 'to_recrd'"):
            self.read(tmp_path, header="decision,system,record,to_system,to_recrd")

    def test_decisions_that_contradict_each_other_through_a_third_record(self, tmp_path):
        rows = "same,crm,a,crm,b", "same,crm,b,crm,c", "different,crm,c,crm,a"
        with pytest.raises(ContractError, match="row 3 says that crm a and crm c are different, other rows"):
            self.read(tmp_path, *rows)

    def test_a_missing_file(self, tmp_path):
        with pytest.raises(InputError, match="no such file of decisions"):
            read_decisions(tmp_path / "none.csv")

    def test_no_text(self, tmp_path):
        path = tmp_path / "decisions.csv"
        path.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(InputError, match="no CSV in UTF-8"):
            read_decisions(path)

    def test_an_unknown_record_is_a_warning_and_stops_nothing(self):
        engine = resolved(a(), b(), decisions=[are("same", "a", "z"), are("same", "a", "b")], quarantine=[])
        assert together(engine) == ["a b"]
        assert engine.rows("SELECT table_name, severity, row_number, reasons FROM quarantine") == [
            ("decisions", "warn", 1, "unknown record crm z: the decision does nothing")
        ]


@settings(max_examples=10, deadline=None)
@for_all(companies(), st.data())
def test_undoing_a_merge_gives_back_what_was(records, data):
    """A link joins two records; a decision takes it back: as if there were no link."""
    names = [r["record"] for r in records]
    one, other = data.draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True))
    before = resolved(*records, engine=one_engine())
    held = {r: p for p, group in enumerate(together(before)) for r in group.split()}
    if held[one] != held[other]:
        was = everything(before)
        decisions = [are("different", one, other)]
        undone = resolved(*records, links=[same(one, other)], decisions=decisions, engine=one_engine())
        assert everything(undone) == was


def everything(engine):
    asked = ("* EXCLUDE (in_review) FROM parties", "* FROM party_records", "* FROM merge_log")
    return [engine.rows(f"SELECT {columns} ORDER BY ALL") for columns in asked]


@settings(max_examples=15, deadline=None)
@for_all(companies(), st.data())
def test_what_always_holds(records, data):
    pairs = st.lists(st.sampled_from([r["record"] for r in records]), min_size=2, max_size=2, unique=True)
    decisions = [are("different", *pair) for pair in data.draw(st.lists(pairs, max_size=3))]
    engine = resolved(*records, decisions=decisions, engine=one_engine())
    party = dict(engine.rows("SELECT record, party_id FROM party_records"))
    assert all(party[x.record[1]] != party[x.other[1]] for x in decisions)
    assert len(party) == len(records) == engine.scalar("SELECT SUM(records) FROM parties")
    assert engine.count("merge_log") == len(records) - engine.count("parties")
    assert not engine.rows("SELECT party_id FROM records GROUP BY party_id HAVING COUNT(DISTINCT billing_id) > 1")
    mixed = data.draw(st.permutations(records))
    shuffled = resolved(*mixed, decisions=decisions[::-1], engine=one_engine())
    assert dict(shuffled.rows("SELECT record, party_id FROM party_records")) == party
