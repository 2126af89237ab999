from collections import Counter, defaultdict
from datetime import date

import pytest

from valuekit.simulate import ARCHETYPES, Settings
from valuekit.simulate.usage import FEATURES


@pytest.fixture(scope="module")
def statement(company):
    """True revenue and cost of each buyer by function, in euros."""
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}
    rate = {(r["currency"], r["rate_on"]): float(r["rate"]) for r in company.good("fx_rates")}
    result = {r["true_party"]: Counter(archetype=r["archetype"]) for r in company.truth("rates")}
    for row in company.good("payments"):
        who = party.get((row["system"], row["record"]))
        if who in result:
            euros = float(row["amount"]) * rate.get((row["currency"], row["paid_on"].replace(day=1)), 1.0)
            result[who]["revenue"] += euros
    for row in company.truth("costs"):
        if row["true_party"] in result:
            result[row["true_party"]][row["function"]] += float(row["cost"])
    return result


def test_heavy_service_customers_lose_money_though_their_gross_margin_is_positive(statement):
    heavy = [s for s in statement.values() if s["archetype"] == "heavy_service" and s["revenue"] > 500]
    gross = [s["revenue"] - s["cost_of_goods"] > 0 for s in heavy]
    net = [s["revenue"] - sum(s[f] for f in ("cost_of_goods", "marketing", "sales", "support", "incentives")) < 0
           for s in heavy]  # fmt: skip
    assert sum(gross) > 0.95 * len(heavy)
    assert sum(net) > 0.6 * len(heavy)


def test_volume_buyers_have_a_low_margin(statement):
    volume = [s for s in statement.values() if s["archetype"] == "volume_buyer"]
    margin = 1 - sum(s["cost_of_goods"] for s in volume) / sum(s["revenue"] for s in volume)
    assert 0.0 < margin < 0.3


def test_profit_is_a_whale_curve(statement):
    profit = sorted((s["revenue"] - sum(s[f] for f in ("cost_of_goods", "marketing", "sales", "support", "incentives"))
                     for s in statement.values()), reverse=True)  # fmt: skip
    top = sum(profit[: len(profit) // 5])
    assert top > 0.8 * sum(profit) > 0
    assert sum(p < 0 for p in profit) > 0.1 * len(profit)


def test_community_helpers_help_themselves(company):
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}
    kind = {r["true_party"]: r["archetype"] for r in company.truth("rates")}
    channels = defaultdict(Counter)
    for row in company.good("tickets"):
        if row["record"]:
            channels[kind[party[row["system"], row["record"]]]][row["channel"]] += 1
    helpers = channels["community_helper"]
    assert helpers["community"] + helpers["self_service"] > 0.8 * helpers.total()
    assert channels["heavy_service"]["agent"] > 0.9 * channels["heavy_service"].total()


def test_only_agents_work_takes_minutes(company):
    rows = company.good("tickets")
    assert all(row["minutes"] is None for row in rows if row["channel"] != "agent")
    agents = [row for row in rows if row["channel"] == "agent"]
    unknown = [row for row in agents if row["minutes"] is None]
    assert 0 < len(unknown) < 0.03 * len(agents)


def test_idea_givers_give_most_ideas_a_head(company):
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}
    kind = {r["true_party"]: r["archetype"] for r in company.truth("rates")}
    heads = Counter(kind.values())
    ideas = Counter(kind[party[r["system"], r["record"]]] for r in company.good("ideas") if r["record"])
    assert max(ideas, key=lambda k: ideas[k] / heads[k]) == "idea_giver"
    for row in company.good("ideas"):
        assert row["status"] in (("met", "unmet") if row["kind"] == "requirement" else ("open", "accepted", "rejected"))
        assert (row["value_estimate"] is not None) == (row["status"] == "accepted")


def test_referrals_are_of_customers_who_came_later(company):
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}
    truth = {r["id"]: r["would_have_joined_anyway"] for r in company.truth("referrals")}
    start = defaultdict(lambda: date.max)
    for row in company.contracts():
        who = party[row["system"], row["record"]]
        start[who] = min(start[who], row["starts_on"])
    rows = company.good("referrals")
    assert len(rows) == len(truth) > 50
    for row in rows:
        assert row["would_have_joined_anyway"] in (truth[row["id"]], None)
        referrer, referred = (party[row["system"], row[k]] for k in ("referrer", "referred"))
        if date.max not in (start[referrer], start[referred]):
            assert start[referrer] < start[referred]
    assert 0.15 < sum(truth.values()) / len(truth) < 0.45


def test_a_using_month_has_one_to_four_days_of_use(company):
    months = Counter((r["record"], r["used_on"].replace(day=1)) for r in company.good("usage"))
    assert set(months.values()) <= {1, 2, 3, 4}
    assert 2 < sum(months.values()) / len(months) < 4
    assert {r["feature"] for r in company.good("usage")} == set(FEATURES[: Settings().features])


def test_trials_use_the_product_without_paying(company):
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}
    trials = {r["true_party"] for r in company.truth("stages")
              if r["as_of"] == date(2026, 6, 30) and (r["stage"], r["reason"]) == ("prospect", "trial")}  # fmt: skip
    using = {party[r["system"], r["record"]] for r in company.good("usage") if r["used_on"] >= date(2026, 6, 1)}
    paying = {party[r["system"], r["record"]] for r in company.good("payments") if r["record"]}
    assert len(trials & using) > 50
    assert not trials & paying


def test_self_service_customers_have_no_deal(company):
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}
    deals = {party[r["system"], r["record"]] for r in company.good("opportunities") if r["record"]}
    signed = {party[r["system"], r["record"]] for r in company.contracts()}
    assert 0.1 < len(signed - deals) / len(signed) < 0.4


def test_archetypes_are_shares_of_one():
    assert sum(a.share for a in ARCHETYPES) == pytest.approx(1)
    assert all(a.agent + a.community <= 1 for a in ARCHETYPES)
