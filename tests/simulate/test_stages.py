from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

from valuekit.calendar import month_ends
from valuekit.tables.published import CUSTOMER_STAGES

END = date(2026, 6, 30)


def test_every_party_is_in_one_stage_at_every_month_end_since_it_is_known(company):
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}
    known = defaultdict(lambda: date.max)
    for row in company.good("records"):
        who = party[row["system"], row["record"]]
        known[who] = min(known[who], row["created_on"])
    expected = {(who, end) for who, day in known.items() for end in month_ends(day, END)}
    stages = [(row["true_party"], row["as_of"]) for row in company.truth("stages")]
    assert len(stages) == len(set(stages))
    assert set(stages) == expected


def event_log(company):
    """Events of each true party, read from the rows of the systems; a payment without record is its invoice's."""
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}
    invoice = {row["id"]: row["record"] for row in company.good("invoices")}
    log = defaultdict(lambda: defaultdict(list))
    for row in company.good("records"):
        log[party[row["system"], row["record"]]]["records"].append(row)
    rows = {table: company.good(table) for table in ("payments", "usage", "engagements", "opportunities")}
    rows["contracts"] = company.contracts()
    for table, events in rows.items():
        for row in events:
            record = row["record"] or invoice.get(row.get("invoice"))
            if record:
                log[party[row["system"], record]][table].append(row)
    return log


def stage_of(events, today):  # noqa: C901 - the rules, one by one, as they are written down
    roles = {r["role"] for r in events["records"]}
    terms = [t for t in events["contracts"] if t["signed_on"] <= today]
    payments = [p for p in events["payments"] if p["paid_on"] <= today]
    paid = sum(p["amount"] for p in payments) > 0
    current = [t for t in terms if t["starts_on"] <= today <= (t["ends_on"] or date.max)]
    if roles & {"internal", "test"}:
        return "internal", None
    if "served" in roles:
        return "served", None
    if roles <= {"supplier", "partner"} and not terms and not paid:
        return "supplier", None
    if terms:
        first = min(t["starts_on"] for t in terms)
        used = [u["used_on"] for u in events["usage"] if first <= u["used_on"] <= today]
        begun = [t for t in terms if t["starts_on"] <= today] or terms
        last = max(begun, key=lambda t: t["ends_on"] or date.max)
        if current and paid:
            if not used:
                return "inactive", "onboarding"
            return ("active", None) if max(used) >= today - timedelta(days=30) else ("inactive", "no_recent_use")
        if current:
            return "signed_unpaid", None
        if not paid:
            return ("signed_unpaid", "starts_later") if last["starts_on"] > today else ("prospect", "never_paid")
        late = [p for p in payments if p["kind"] == "payment" and p["paid_on"] > last["ends_on"]]
        if any(p["paid_on"] >= today - timedelta(days=45) for p in late):
            return "lapsed_paying", None
        cancelled = last["cancelled_on"] and last["cancelled_on"] <= today
        return "churned", "cancelled" if cancelled else "lapsed"
    if paid:
        return "paid_without_contract", None
    contacts = [e for e in events["engagements"] if e["engaged_on"] <= today]
    if any(e["kind"] == "trial_start" for e in contacts) or any(u["used_on"] <= today for u in events["usage"]):
        return "prospect", "trial"
    deals = [d for d in events["opportunities"] if d["opened_on"] <= today]
    return ("prospect", "engaged") if contacts or deals else ("contact", None)


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2025, 4, 30), date(2026, 3, 31), END])
def test_stages_follow_from_the_events_by_the_written_rules(small, today):
    log = event_log(small)
    true = {r["true_party"]: (r["stage"], r["reason"]) for r in small.truth("stages") if r["as_of"] == today}
    wrong = {who: (stage, stage_of(log[who], today)) for who, stage in true.items()
             if stage != stage_of(log[who], today)}  # fmt: skip
    assert len(true) > 40
    assert len(wrong) <= 0.01 * len(true), wrong  # events whose record is missing cannot be found in the systems


def test_every_stage_occurs_at_the_data_end(company):
    stages = Counter((r["stage"], r["reason"]) for r in company.truth("stages") if r["as_of"] == END)
    expected = {
        ("active", None), ("inactive", "onboarding"), ("inactive", "no_recent_use"), ("signed_unpaid", None),
        ("signed_unpaid", "starts_later"), ("lapsed_paying", None), ("churned", "lapsed"), ("churned", "cancelled"),
        ("prospect", "never_paid"), ("prospect", "trial"), ("prospect", "engaged"), ("paid_without_contract", None),
        ("contact", None), ("served", None), ("supplier", None), ("internal", None),
    }  # fmt: skip
    assert set(stages) == expected
    assert min(stages.values()) >= 5


def members(company):
    """The teams' lists, put together again from the headline list and the differences."""
    headline = {r["true_party"] for r in company.truth("stages")
                if r["as_of"] == END and r["stage"] in CUSTOMER_STAGES}  # fmt: skip
    lists = {team: set(headline) for team in ("sales", "marketing", "finance", "product")}
    for row in company.truth("reasons"):
        if row["reason"] in ("unmatched_id", "duplicate"):  # so the data say
            continue
        change = set.add if row["side"] == "only_team" else set.remove
        change(lists[row["definition"]], row["true_party"])
    return lists


def test_the_four_teams_contradict_each_other_in_the_proportion_of_the_story(company):
    counts = {team: len(who) for team, who in members(company).items()}
    assert counts["marketing"] > counts["finance"] > counts["sales"] > counts["product"]
    unit = sum(counts.values()) / (750 + 620 + 500 + 480)
    for team, told in {"marketing": 750, "finance": 620, "sales": 500, "product": 480}.items():
        assert counts[team] == pytest.approx(told * unit, rel=0.10)


def test_a_teams_list_is_what_the_team_would_count(company):
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}
    inside = {r["true_party"] for r in company.truth("parties") if r["planted"] in ("internal", "test")}
    lists = members(company)
    june = {party[r["system"], r["record"]] for r in company.good("usage") if r["used_on"] >= date(2026, 6, 1)}
    assert lists["product"] == june - inside
    won = {party[r["system"], r["record"]] for r in company.good("opportunities")
           if r["record"] and r["status"] == "won"}  # fmt: skip
    ordered = {party[r["system"], r["record"]] for r in company.good("orders")}
    assert won | ordered <= lists["sales"]
    assert len(lists["sales"] - won - ordered) < 0.01 * len(won)  # deals whose record is missing


def test_reasons_say_why_lists_disagree(company):
    reasons = Counter((r["definition"], r["side"], r["reason"]) for r in company.truth("reasons"))
    for expected in (
        ("sales", "only_headline", "self_service"),
        ("sales", "only_headline", "unmatched_id"),
        ("sales", "only_team", "signed_unpaid"),
        ("sales", "only_team", "refunded"),
        ("marketing", "only_headline", "never_engaged"),
        ("marketing", "only_team", "using_not_paying"),
        ("finance", "only_team", "cancelled"),
        ("finance", "only_team", "lapsed_paying"),
        ("product", "only_headline", "inactive_not_cancelled"),
        ("product", "only_headline", "onboarding"),
        ("product", "only_headline", "window"),
        ("product", "only_headline", "unmatched_id"),
        ("product", "only_team", "served"),
        ("product", "only_team", "using_not_paying"),
        ("product", "only_team", "unmatched_id"),
    ):
        assert reasons[expected] > 0, expected
    assert not [key for key in reasons if key[:2] == ("finance", "only_headline")]
