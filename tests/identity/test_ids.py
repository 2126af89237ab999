from operator import itemgetter

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.identity.records import a, are, b, c, companies, d, former, ids, one_engine, resolved

OLD, NEW = "2020-01-01", "2024-01-01"
KEY = {"email": "x@y.com"}


def aliases(engine) -> list[tuple]:
    return engine.rows("SELECT former_id, party_id, reason FROM party_aliases ORDER BY ALL")


def test_an_older_record_that_comes_later_does_not_renumber_the_party():
    before = resolved(a(created_on=NEW, **KEY))
    after = resolved(a(created_on=NEW, **KEY), b(created_on=OLD, **KEY), former=former(before))
    assert set(ids(after).values()) == set(ids(before).values())
    assert set(ids(resolved(a(created_on=NEW, **KEY), b(created_on=OLD, **KEY))).values()) != set(ids(before).values())


def test_a_merge_keeps_the_older_id_and_remembers_the_other():
    before = resolved(a(created_on=OLD), b(created_on=NEW))
    after = resolved(a(created_on=OLD, **KEY), b(created_on=NEW, **KEY), former=former(before))
    assert ids(after) == dict.fromkeys("ab", ids(before)["a"])
    assert aliases(after) == [(ids(before)["b"], ids(before)["a"], "merged")]


def test_earlier_aliases_live_on_and_follow_later_merges():
    one = resolved(a(), b(), c())
    two = resolved(a(), b(**KEY), c(**KEY), former=former(one))
    three = resolved(a(tax_id="DE1234"), b(tax_id="DE1234", **KEY), c(**KEY), former=former(two))
    old = ids(one)
    assert aliases(three) == sorted([(old["b"], old["a"], "merged"), (old["c"], old["a"], "merged")])


def test_a_split_leaves_the_id_where_the_oldest_record_is():
    before = resolved(a(**KEY), b(**KEY), c(**KEY))
    after = resolved(a(**KEY), b(), c(), former=former(before))
    assert ids(after)["a"] == ids(before)["a"]
    assert len(set(ids(after).values())) == 3


def test_undoing_a_merge_gives_back_both_ids():
    two = a(**KEY), b(tax_id="DE1234")
    apart = resolved(*two)
    joined = resolved(*two, decisions=[are("same", "a", "b")], former=former(apart))
    again = resolved(*two, former=former(joined))
    assert ids(again) == ids(apart)
    assert aliases(joined)
    assert aliases(again) == []


def test_an_id_whose_records_went_to_several_parties_is_marked():
    before = resolved(a(created_on=OLD), b(created_on=OLD), c(**KEY), d(**KEY))
    after = resolved(
        a(created_on=OLD, tax_id="DE1234"), b(created_on=OLD, tax_id="DE5678"), c(tax_id="DE1234"), d(tax_id="DE5678"),
        former=former(before),
    )  # fmt: skip
    assert aliases(after) == [(ids(before)["c"], ids(before)["a"], "undone")]


def test_a_record_whose_id_is_taken_gets_another():
    """a made the party and went; b kept its id; then a comes back alone."""
    one = resolved(a(**KEY), b(**KEY))
    two = resolved(b(**KEY), former=former(one))
    three = resolved(a(), b(**KEY), former=former(two))
    assert ids(two)["b"] == ids(three)["b"] == ids(one)["a"]
    assert ids(three)["a"] not in ids(one).values()


@settings(max_examples=10, deadline=None)
@for_all(companies(), st.data())
def test_parties_that_do_not_change_keep_their_id_and_a_second_run_changes_nothing(records, data):
    known = data.draw(st.lists(st.sampled_from(records), min_size=1, unique_by=itemgetter("record")))
    before = resolved(*known, engine=one_engine())
    was = ids(before)
    after = resolved(*records, former=former(before), engine=one_engine())
    now = ids(after)
    assert set(was.values()) <= set(now.values()) | {alias for alias, *_ in aliases(after)}
    for party in set(was.values()):
        heirs = {now[r] for r, p in was.items() if p == party}
        members = {r for r, p in now.items() if p in heirs}
        if {was[r] for r in members if r in was} == {party} and len(heirs) == 1:
            assert heirs == {party}
    once = everything(after)
    assert everything(resolved(*records, former=former(after), engine=one_engine())) == once


def everything(engine):
    tables = ("parties", "party_records", "party_aliases", "merge_log", "review_pairs")
    return [engine.rows(f"SELECT * FROM {table} ORDER BY ALL") for table in tables]
