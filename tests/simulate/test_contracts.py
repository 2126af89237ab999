from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from valuekit.calendar import add_months

END = date(2026, 6, 30)


def by_record(rows):
    result = defaultdict(list)
    for row in sorted(rows, key=lambda r: r["starts_on"]):
        result[row["record"]].append(row)
    return result


def two_subscriptions(company):
    """Records with a second subscription: two terms of kind `new`, one within the other or beside it."""
    terms = by_record(company.contracts())
    new = {record: [r for r in rows if r["kind"] == "new"] for record, rows in terms.items()}
    last = {record: max(r["ends_on"] or date.max for r in rows) for record, rows in terms.items()}
    first = {record: rows[0]["term_months"] for record, rows in terms.items()}
    return {
        record
        for record, rows in new.items()
        if any(r["starts_on"] <= last[record] and r["starts_on"] > rows[0]["starts_on"] for r in rows[1:])
        and (len({r["term_months"] for r in terms[record]}) > 1 or first[record] == 1)
    }


def test_annual_terms_last_twelve_months_and_end(company):
    annual = [row for row in company.contracts() if row["term_months"] == 12]
    assert len(annual) > 500
    for row in annual:
        assert row["ends_on"] == add_months(row["starts_on"], 12) - timedelta(days=1)
        assert row["auto_renew"] is False


def test_a_monthly_row_is_open_while_it_runs_and_ends_when_it_is_replaced_or_left(company):
    monthly = [row for row in company.good("contracts") if row["term_months"] == 1]
    assert {row["term_months"] for row in company.good("contracts")} == {1, 12}
    for row in monthly:
        runs_or_was_cancelled = row["ends_on"] is None or row["cancelled_on"] is not None
        assert row["auto_renew"] is runs_or_was_cancelled


def test_renewals_and_changes_follow_the_row_before_without_a_gap(company):
    second = {r["record"] for r in company.truth("parties") if r["planted"] == "second_billing_id"}
    split = {r["true_party"] for r in company.truth("parties") if r["record"] in second}
    mixed = {r["record"] for r in company.truth("parties") if r["true_party"] in split}
    mixed |= two_subscriptions(company)
    kinds = Counter()
    for record, rows in by_record(company.contracts()).items():
        if record in mixed:
            continue
        for before, row in pairwise(rows):
            kinds[row["kind"]] += 1
            if row["kind"] == "new":
                assert row["starts_on"] > before["ends_on"] + timedelta(days=27)
            else:
                assert before["ends_on"] + timedelta(days=1) == row["starts_on"]
            if row["kind"] == "renewal":
                assert row["amount"] == before["amount"]
        assert rows[0]["kind"] == "new"
    assert set(kinds) == {"new", "renewal", "change"}


def test_prices_go_up_and_down(company):
    changes = [
        row["amount"] > before["amount"]
        for rows in by_record(company.good("contracts")).values()
        for before, row in pairwise(rows)
        if row["kind"] == "change"
    ]
    assert 0.6 < sum(changes) / len(changes) < 0.9


def test_notice_lies_within_the_contract_and_is_not_known_before_it_is_given(company):
    notices = [row for row in company.good("contracts") if row["cancelled_on"]]
    assert notices
    assert all(row["starts_on"] <= row["cancelled_on"] <= min(row["ends_on"], END) for row in notices)
    assert any(row["ends_on"] > END for row in notices)


def test_some_contracts_were_recorded_months_after_they_were_signed(company):
    late = [row["recorded_on"] - row["signed_on"] for row in company.good("contracts") if row["recorded_on"]]
    assert max(late) > timedelta(days=60)
    assert all(timedelta(0) < d for d in late)
    assert all(row["recorded_on"] <= END for row in company.good("contracts") if row["recorded_on"])


def test_some_contracts_start_after_the_data_end(company):
    assert [r for r in company.good("contracts") if r["starts_on"] > END and r["kind"] == "new"]


def test_renewal_is_likelier_for_those_who_use_more(company):
    rates = [r for r in company.truth("rates") if r["archetype"] == "standard"]
    renews = [r["renewal_probability"] for r in rates]
    assert 0.2 < np.corrcoef(renews, [r["usage_per_month"] for r in rates])[0, 1] < 0.95
    assert np.std(renews) > 0.03
