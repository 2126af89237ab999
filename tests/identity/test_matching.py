"""What keys leave, compared. One company for all questions: loading splink is the slow part."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.identity.records import KEYS_ALONE, a, are, b, c, ids, parties, resolved, review, together
from valuekit.engine import Engine
from valuekit.identity import Matching, resolve
from valuekit.identity.comparisons import COMPARISONS, weights
from valuekit.identity.matching import MOST_COMPARED

SHARED = Path(__file__).parents[3] / "shared" / "data"


def person(record: str, name: str, **columns) -> dict:
    return {"record": record, "name": name, **columns}


ONE_PARTY = {
    "a typo, on a subdomain": (
        person("a1", "Bedugoka Logistics GmbH", domain="bedugoka.com"),
        person("a2", "Beduggoka Logistics", domain="shop.bedugoka.com"),
    ),
    "parts of the name swapped": (
        person("b1", "Anna Maria Schmidt", phone="+49 177 6097726"),
        person("b2", "Schmidt, Anna Maria", phone="0177/609 77 26"),
    ),
    "an accent and a town": (
        person("c1", "Zoë Lindqvist", city="Malmö", born_on="1976-05-04"),
        person("c2", "Zoe Lindquist", city="MALMO", born_on="1976-05-04"),
    ),
    "a mistyped address": (
        person("d1", "Tofitege Optics", email="office@tofitege.eu", domain="gmail.com"),
        person("d2", "Tofitege Optics", email="ofice@tofitege.eu", domain="gmail.com"),
    ),
}
OTHERS = (
    person("e1", "Hanover Clinics", phone="+1 555 010 2030"), person("e2", "Quillon Timber", phone="+1 555 010 2030"),
    person("f1", "Maria Keller"), person("f2", "Maria Keller", city="Bern"),
)  # fmt: skip
UNDECIDED = (
    person("g1", "Varnex", domain="varnex.com"), person("g2", "Varnex Labs", domain="varnex.com"),
    person("h1", "Ostrava Media", phone="+44 2079460001", billing_id="1"),
    person("h2", "Ostrava Media", phone="+44 2079460001", billing_id="2"),
    person("i1", "Pelorus Marine", phone="+44 2079460002"),
    person("i2", "Pelorus Marine", phone="+44 2079460002", role="test"),
)  # fmt: skip
EVERYBODY = [*(record for pair in ONE_PARTY.values() for record in pair), *OTHERS, *UNDECIDED]
MATCHED = Matching()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with resolved(*EVERYBODY, matching=MATCHED) as engine:
        yield engine


@pytest.mark.parametrize("pair", ONE_PARTY.values(), ids=ONE_PARTY)
def test_what_is_likely_enough_is_joined(engine, pair):
    assert len({ids(engine)[r["record"]] for r in pair}) == 1


@pytest.mark.parametrize("record", [r["record"] for r in (*OTHERS, *UNDECIDED)])
def test_others_are_not(engine, record):
    assert list(ids(engine).values()).count(ids(engine)[record]) == 1


def test_without_matching_nobody_is_joined():
    assert len(parties(*EVERYBODY, matching=KEYS_ALONE)) == len(EVERYBODY)


def test_the_merge_log_says_what_agrees_and_how_likely_it_is(engine):
    ((record, to_record, rule, evidence, probability),) = engine.rows(
        "SELECT record, to_record, rule, evidence, probability FROM merge_log WHERE record = 'a2'"
    )
    assert (record, to_record, rule) == ("a2", "a1", "match")
    assert evidence == "bedugoka logistics / beduggoka logistics: name but for a typo, same domain"
    assert 0.98 <= probability < 1


def test_t3_the_middle_goes_to_review_and_so_do_two_billing_ids_and_test_accounts(engine):
    assert review(engine) == [
        ("g1", "g2", "match", "likely, not certain"),
        ("h1", "h2", "match", "two billing ids"),
        ("i1", "i2", "match", "internal or test account"),
    ]
    in_review = engine.rows("SELECT name FROM parties WHERE in_review ORDER BY 1")
    assert len(in_review) == 6
    assert engine.scalar("SELECT MIN(probability) FROM review_pairs") >= 0.6


def test_a_match_never_connects_two_payers():
    chain = [person(r, "Anna Maria Schmidt", phone="+49 177 6097726", **more) for r, more in (
        ("a", {"billing_id": "1"}), ("b", {}), ("c", {"billing_id": "2"}))]  # fmt: skip
    engine = resolved(*chain, matching=MATCHED)
    assert together(engine) == ["a b", "c"]
    assert {reason for *_, reason in review(engine)} == {"two billing ids"}


def test_of_two_payers_who_claim_a_record_the_one_of_the_same_name_gets_it():
    record = person("c", "Nordwind Logistik", domain="shop.nordwind.com")
    payers = (person("k", "Nordwind Logistik AG", domain="nordwind.com", billing_id="1"),
              person("l", "Nordwind Logistic AG", domain="nordwind.com", billing_id="2"))  # fmt: skip
    assert together(resolved(record, *payers, matching=MATCHED)) == ["c k", "l"]


def test_a_match_that_a_person_refused_is_neither_joined_nor_shown():
    pair = ONE_PARTY["a typo, on a subdomain"]
    engine = resolved(*pair, matching=MATCHED, decisions=[are("different", "a1", "a2")])
    assert together(engine) == ["a1", "a2"]
    assert review(engine) == []


def test_thresholds_are_settings(engine):
    stricter = resolved(*EVERYBODY, matching=Matching(join_above=1.0, review_above=0.9))
    assert stricter.count("parties") == len(EVERYBODY)
    assert stricter.count("review_pairs") > engine.count("review_pairs")


def test_the_order_of_rows_does_not_matter_and_again_is_the_same(engine):
    other = resolved(*EVERYBODY[::-1], matching=MATCHED)
    tables = ("parties", "party_records", "merge_log", "review_pairs")
    before = [engine.rows(f"SELECT * FROM {t} ORDER BY ALL") for t in tables]
    assert [other.rows(f"SELECT * FROM {t} ORDER BY ALL") for t in tables] == before
    resolve(other, shared_domains=("gmail.com",))
    assert [other.rows(f"SELECT * FROM {t} ORDER BY ALL") for t in tables] == before


def test_nothing_is_left_behind_and_nothing_is_said(capfd, caplog):
    with caplog.at_level(logging.DEBUG, logger="valuekit"):
        engine = resolved(*EVERYBODY[:2], matching=MATCHED)
    tables = {name for (name,) in engine.rows("SELECT table_name FROM duckdb_tables()")}
    assert not [t for t in tables if t.startswith(("identity", "__splink"))]
    assert not engine.rows("SELECT view_name FROM duckdb_views() WHERE view_name LIKE '%splink%'")
    assert capfd.readouterr() == ("", "")
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]


def test_a_loose_key_that_very_many_share_is_passed_over_and_told():
    names = [sha256(bytes([i])).hexdigest()[:12] for i in range(MOST_COMPARED + 1)]
    many = [person(f"r{i:02}", name, domain="mall.com") for i, name in enumerate(names)]
    engine = resolved(*many, matching=MATCHED)
    assert engine.count("parties") == len(many)
    told = engine.rows("SELECT rule, evidence, reason FROM review_pairs")
    assert told == [("match", "domain mall.com", "too common to compare: 1")]
    assert engine.rows("SELECT COUNT(*) FROM parties WHERE in_review") == [(0,)]


def test_a_phone_that_very_many_share_is_no_evidence():
    many = [person(f"r{i:02}", "Anna Maria Schmidt", phone="+49 177 6097726") for i in range(MOST_COMPARED + 2)]
    assert resolved(*many, matching=MATCHED).count("parties") == len(many)


def test_missing_values_say_nothing():
    bare = resolved(a(name="Ostrava Media", phone="+44 2079460001"), b(name="Ostrava Media", phone="+44 2079460001"),
                    c(city="Bern"), matching=MATCHED)  # fmt: skip
    assert together(bare) == ["a b", "c"]
    assert bare.scalar("SELECT evidence FROM merge_log") == "same name, same phone"


def test_every_level_has_its_weights():
    for comparison in COMPARISONS:
        assert list(weights()[comparison.name]) == [level.key for level in comparison.levels]
        for m, u in weights()[comparison.name].values():
            assert 0 < m <= 1
            assert 0 < u <= 1


def test_splink_is_loaded_only_when_something_is_compared():
    code = "import sys, valuekit.identity; sys.exit('splink' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(not (SHARED / "fake_1000_with_cluster.csv").is_file(), reason="no labelled persons in shared/data")
def test_labelled_persons_are_joined_with_few_errors():
    """splink's 1,000 synthetic persons, on which nothing was chosen. The study of identity has the exact numbers."""
    found = _labelled(SHARED / "fake_1000_with_cluster.csv")
    assert found["precision"] >= 0.995
    assert found["recall"] >= 0.78


def _labelled(path: Path) -> dict[str, float]:
    with Engine(threads=1) as source:
        rows = source.query(
            "SELECT unique_id AS record, TRIM(CONCAT_WS(' ', TRIM(first_name), TRIM(surname))) AS name, email, city, "
            "TRY_CAST(dob AS DATE) AS born_on, 'person' AS kind, \"cluster\" AS truth "
            "FROM read_csv($path, all_varchar = true)",
            {"path": str(path)},
        ).to_pylist()
    truth = {row["record"]: row.pop("truth") for row in rows}
    party = ids(resolved(*rows, matching=MATCHED))
    pairs = [(x, y) for x in truth for y in truth if x < y]
    both = sum(truth[x] == truth[y] and party[x] == party[y] for x, y in pairs)
    return {
        "precision": both / sum(party[x] == party[y] for x, y in pairs),
        "recall": both / sum(truth[x] == truth[y] for x, y in pairs),
    }
