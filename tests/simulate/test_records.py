from collections import Counter, defaultdict
from itertools import combinations

import pytest

from valuekit.simulate.records import PLANTED

LEGAL_FORMS = {"gmbh", "ltd", "inc", "ag", "llc"}
PROVIDERS = {"gmail.com", "outlook.com", "gmx.net", "web.de"}


def normalised(name):
    words = "".join(c if c.isalnum() else " " for c in name.lower()).split()
    return " ".join(w for w in words if w not in LEGAL_FORMS)


def exact_keys(row):
    domain = row["domain"] or (row["email"] or "@").split("@")[1]
    if row["email"]:
        yield "email", row["email"]
    if row["tax_id"]:
        yield "tax_id", row["tax_id"]
    if row["billing_id"]:
        yield "billing_id", row["billing_id"]
    if domain and domain not in PROVIDERS:
        yield "domain_name", (domain, normalised(row["name"]))


class Groups:
    """Records joined by shared keys."""

    def __init__(self):
        self.parent = {}

    def find(self, x):
        self.parent.setdefault(x, x)
        while self.parent[x] != x:
            self.parent[x] = self.parent[self.parent[x]]
            x = self.parent[x]
        return x

    def join(self, a, b):
        self.parent[self.find(a)] = self.find(b)


@pytest.fixture(scope="module")
def party(company):
    return {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}


@pytest.fixture(scope="module")
def groups(company):
    groups, first = Groups(), {}
    for row in company.good("records"):
        record = (row["system"], row["record"])
        for key in exact_keys(row):
            groups.join(record, first.setdefault(key, record))
    for row in company.good("links"):
        if row["kind"] == "same":
            groups.join((row["system"], row["from_record"]), (row["to_system"], row["to_record"]))
    for row in company.good("records"):
        if row["kind"] == "person" and row["parent"]:
            groups.join((row["system"], row["record"]), (row["system"], row["parent"]))
    return groups


def test_the_truth_names_every_record_once(company, party):
    records = [(r["system"], r["record"]) for r in company.good("records")]
    assert len(records) == len(set(records)) == len(party)
    assert set(records) == set(party)


def test_most_records_can_be_resolved_by_exact_keys_but_not_all(party, groups):
    largest = defaultdict(Counter)
    for record, who in party.items():
        largest[who][groups.find(record)] += 1
    share = sum(c.most_common(1)[0][1] for c in largest.values()) / len(party)
    assert 0.93 <= share < 0.999


def test_exact_keys_never_join_two_parties(party, groups):
    owners = defaultdict(set)
    for record, who in party.items():
        owners[groups.find(record)].add(who)
    assert [o for o in owners.values() if len(o) > 1] == []


@pytest.mark.parametrize("planted", ["duplicate_typo", "unmatched"])
def test_misspelt_records_share_no_exact_key_with_their_partys_others(company, party, planted):
    keys = {(r["system"], r["record"]): set(exact_keys(r)) for r in company.good("records")}
    why = {(r["system"], r["record"]): r["planted"] for r in company.truth("parties")}
    together = defaultdict(list)
    for record, who in party.items():
        together[who].append(record)
    checked = 0
    for records in together.values():
        for one, other in combinations(records, 2):
            if planted in (why[one], why[other]) and {why[one], why[other]} - {"duplicate_typo", "unmatched"}:
                assert not keys[one] & keys[other]
                checked += 1
    assert checked > 20


def test_every_planted_mess_occurs(company):
    planted = Counter(r["planted"] for r in company.truth("parties"))
    assert set(planted) == {*PLANTED, None}
    assert min(planted.values()) >= 5


def test_two_billing_ids_of_one_company_are_both_used(company):
    second = {r["record"] for r in company.truth("parties") if r["planted"] == "second_billing_id"}
    ids = {r["record"]: r["billing_id"] for r in company.good("records") if r["system"] == "billing"}
    assert len({ids[r] for r in second}) == len(second)
    assert second & {row["record"] for row in company.good("invoices")}


def test_links_name_records_that_exist(company, party):
    kinds = Counter()
    for row in company.good("links"):
        near, far = (row["system"], row["from_record"]), (row["to_system"], row["to_record"])
        assert (party[near] == party[far]) == (row["kind"] == "same")
        kinds[row["kind"]] += 1
    assert set(kinds) == {"same", "serves", "parent"}


def test_the_served_use_the_product_and_never_pay(company):
    served = {(r["system"], r["record"]) for r in company.truth("parties") if r["planted"] == "served"}
    linked = {(r["to_system"], r["to_record"]) for r in company.good("links") if r["kind"] == "serves"}
    assert linked < served
    assert 0.05 < 1 - len(linked) / len(served) < 0.3  # served by the company itself
    assert served & {(r["system"], r["record"]) for r in company.good("usage")}
    assert not served & {(r["system"], r["record"]) for r in company.good("payments")}


def test_suppliers_who_also_buy_are_known_to_both_sides(company, party):
    both = {r["true_party"] for r in company.truth("parties") if r["planted"] == "buyer_and_supplier"}
    vendors = {r["true_party"] for r in company.truth("parties") if r["planted"] == "supplier"}
    payers = {party[r["system"], r["record"]] for r in company.good("payments") if r["record"]}
    assert len(both & payers) >= 0.8 * len(both)
    assert not vendors & payers
