from decimal import Decimal

import pytest

from tests.snapshot.published import told
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.snapshot import Snapshot, explain
from valuekit.snapshot.manifest import StageRule


@pytest.fixture
def snapshot():
    return told()


@pytest.mark.parametrize("name", ["p1", "c1", "b1", "billing:b1", "Ada Ltd", "ada ltd"])
def test_a_party_is_found_by_id_record_or_name(snapshot, name):
    assert explain(snapshot, name).party_id == "p1"


def test_a_party_is_found_by_the_id_that_it_had_in_a_former_run():
    assert explain(told("INSERT INTO party_aliases VALUES ('p00', 'p1', 'merged')"), "p00").party_id == "p1"


def test_a_name_that_two_parties_share_is_refused_with_both(snapshot):
    with pytest.raises(ConfigError, match=r"'Cleo' fits 2 parties: p3, p6"):
        explain(snapshot, "Cleo")


def test_an_unknown_party_gets_suggestions(snapshot):
    with pytest.raises(UnknownNameError, match=r"no party 'Ada Limited'.*Did you mean 'Ada Ltd'"):
        explain(snapshot, "Ada Limited")


def test_a_customer_is_explained_from_record_to_rank(snapshot):
    ada = explain(snapshot, "p1")
    assert [f"{r['system']}:{r['record']}" for r in ada.records] == ["billing:b1", "crm:c1"]
    assert [(m["record"], m["to_record"], m["rule"]) for m in ada.merges] == [("b1", "c1", "email")]
    assert ada.facts["paid"] == 1000
    assert ada.stage["stage"] == "active"
    assert ada.stage["rule"] == "Used the product in the last 14 days"
    assert {d["definition"]: d["counted"] for d in ada.definitions} == {
        "customers": True,
        "finance": True,
        "sales": True,
    }
    assert ada.definitions[0]["headline"]
    assert {line["line"]: line["all_months"] for line in ada.cash if line["all_months"]} == {
        "revenue": 1000, "support": -200, "net_cash": 800,
    }  # fmt: skip
    assert ada.value["ltv"] == Decimal(2400)
    assert ada.value["horizon_years"] == 3
    assert [(s["stream"], s["year_1"], s["year_4"]) for s in ada.streams] == [("revenue", 2400, 7)]
    assert (ada.segment["tier"], ada.segment["rule"]) == ("Top", "tier 1 by lifetime value")
    assert [(r["label"], r["rank"]) for r in ada.ranks] == [("Deals", 1), ("Ideas", None), ("Profit", 1)]
    assert ada.consensus["rank"] == 1


def test_what_is_dated_comes_in_order_of_time(snapshot):
    evidence = explain(snapshot, "p1").evidence
    assert [(str(e["on"]), e["fact"]) for e in evidence] == [("2026-06-01", "first_paid_on")]
    assert evidence[0]["meaning"] == "First payment above zero, contract or not"


def test_definitions_that_do_not_count_it_say_why(snapshot):
    def why_not(party):
        return {d["definition"]: (d["reason"], d["why_not"]) for d in explain(snapshot, party).definitions
                if not d["counted"]}  # fmt: skip

    assert why_not("p2") == {"sales": ("idle", "Idle")}
    assert why_not("p3") == {"customers": ("left", "Left"), "sales": ("left", "Left")}
    assert why_not("p4")["finance"] == (None, "Its rule does not hold")


def test_the_history_of_stages_names_the_definitions_that_begin_and_cease_to_count(snapshot):
    first, second = explain(snapshot, "p3").history
    assert (str(first["from_end"]), str(first["until_end"]), first["stage"]) == ("2026-04-30", "2026-05-31", "active")
    assert (first["joined"], first["left"]) == (["Customers", "Finance"], [])
    assert (second["stage"], second["joined"], second["left"]) == ("churned", [], ["Customers"])


def test_recurring_revenue_moves_and_former_ids_are_told(snapshot):
    assert [(m["movement"], m["amount"]) for m in explain(snapshot, "p3").mrr_movements] == [
        ("new_business", 50), ("churn", -50),
    ]  # fmt: skip
    assert explain(snapshot, "p1").former_ids == [{"former_id": "p0", "reason": "merged"}]


def test_of_two_ways_into_a_stage_the_one_that_holds_is_told(snapshot):
    ways = [StageRule(stage="active", reason=None, sentence=s, predicate=p)
            for s, p in (("Uses it", "paid < 0"), ("Orders", "paid > 0"), ("Exists", "TRUE"))]  # fmt: skip
    changed = snapshot.manifest.model_copy(update={"stage_rules": ways})
    assert explain(Snapshot(snapshot.path, changed), "p1").stage["rule"] == "Orders"


def test_the_cash_statement_adds_up(snapshot):
    *lines, net = explain(snapshot, "p2").cash
    assert sum(line["last_12_months"] for line in lines) == net["last_12_months"] == -50


def test_a_prospect_has_no_value_no_segment_and_no_cash(snapshot):
    dora = explain(snapshot, "p4")
    assert (dora.value, dora.segment, dora.consensus, dora.streams) == (None, None, None, [])
    assert {line["all_months"] for line in dora.cash} == {0}
    assert not any(d["counted"] for d in dora.definitions)


def test_a_stage_whose_only_rule_asks_what_is_no_fact_is_explained(snapshot, monkeypatch):
    rule = StageRule(stage="active", reason=None, sentence="In use", predicate="NOT use_recorded")
    monkeypatch.setattr(snapshot, "manifest", snapshot.manifest.model_copy(update={"stage_rules": [rule]}))
    assert explain(snapshot, "p1").stage["rule"] == "In use"


@pytest.mark.parametrize("name", ["Zweitausendeins", "p9999", "", "%"])
def test_an_unknown_party_that_is_like_none_gets_no_names_at_random(snapshot, name):
    with pytest.raises(UnknownNameError, match=r"Nothing is like it.* such as \w+:\w+\.$"):
        explain(snapshot, name)
