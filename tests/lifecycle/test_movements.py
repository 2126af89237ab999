"""R4, R6, R7, R8: how each count moves, and who stops paying or using."""

from datetime import date

import pytest

from tests.lifecycle.grid import ends, grid, rows
from valuekit.errors import ExpressionError, UnknownNameError
from valuekit.lifecycle.movements import move
from valuekit.lifecycle.policies import Policies

FOUR = ends("2026-01", 4)
BRIDGE = ("begin", "new", "reactivated", "churned", "end")
BY_STAGE = {"predicate": "stage IN ('active', 'inactive') AND NOT is_internal"}


def moved(members, *columns, month_ends=FOUR, definition="paying", policies=None, **company):
    """The movements of one definition, month by month."""
    engine = grid(month_ends, members, **company)
    move(engine, policies=policies or Policies())
    names = ", ".join(f'"{c}"' for c in columns or BRIDGE)
    sql = f"SELECT {names} FROM customer_movements WHERE definition = $d ORDER BY as_of"
    return engine.rows(sql, {"d": definition})


def test_the_first_month_end_is_the_opening_balance_and_has_no_row():
    assert moved({"paying": {"ann": "1111"}}) == [(1, 0, 0, 0, 1)] * 3


def test_who_joins_is_new_and_who_leaves_is_churned():
    assert moved({"paying": {"ann": "0110"}}) == [(0, 1, 0, 0, 1), (1, 0, 0, 0, 1), (1, 0, 0, 1, 0)]


def test_who_comes_back_is_reactivated_and_not_new():
    assert moved({"paying": {"ann": "1011"}}) == [(1, 0, 0, 1, 0), (0, 0, 1, 0, 1), (1, 0, 0, 0, 1)]


def test_a_party_that_is_first_known_later_is_new():
    assert moved({"paying": {"ann": "  11", "bob": "1111"}})[1] == (1, 1, 0, 0, 2)


def test_each_definition_has_its_own_bridge():
    both = {"paying": {"ann": "0111"}, "using": {"ann": "0011"}}
    assert [row[1] for row in moved(both)] == [1, 0, 0]
    assert [row[1] for row in moved(both, definition="using")] == [0, 1, 0]


def test_a_change_in_one_definition_does_not_move_another():
    both = {"paying": {"ann": "1111"}, "using": {"ann": "1010"}}
    assert moved(both) == [(1, 0, 0, 0, 1)] * 3


def test_who_leaves_stays_left_in_the_months_that_follow():
    """A churned party has no row after its end; a count of the present must not carry it on."""
    assert [row[-1] for row in moved({"paying": {"ann": "1000", "bob": "1111"}})] == [1, 1, 1]


def test_of_the_new_ones_those_that_use_it_are_counted():
    members = {
        "paying": {"ann": "0111", "bob": "0111", "cy": "1111"},
        "using": {"ann": "0111", "bob": "0011", "cy": "1111"},
    }
    assert moved(members, "new", "new_using")[0] == (2, 1)


def test_without_a_definition_of_use_nobody_can_say_how_many_use_it():
    assert moved({"paying": {"ann": "0111"}}, "new_using") == [(None,)] * 3


def test_rates_are_shares_of_the_begin():
    assert moved({"paying": {"ann": "1000", "bob": "1111"}}, "churn_rate", "growth_rate")[0] == (0.5, -0.5)


def test_rates_of_nothing_are_missing():
    assert moved({"paying": {"ann": "0011"}}, "churn_rate", "growth_rate")[0] == (None, None)


def test_a_month_that_still_runs_is_marked():
    three = ends("2026-01", 2, as_of="2026-03-15")
    assert moved({"paying": {"ann": "110"}}, "as_of", "complete", "churned", month_ends=three) == [
        (date(2026, 2, 28), True, 0),
        (date(2026, 3, 15), False, 1),
    ]


# --- policies


def test_by_default_a_return_is_a_reactivation_however_late():
    year = ends("2025-01", 13)
    assert moved({"paying": {"ann": "1000000000001"}}, "new", "reactivated", month_ends=year)[-1] == (0, 1)


@pytest.mark.parametrize(("days", "expected"), [(58, (1, 0)), (59, (0, 1))])
def test_a_return_after_more_days_counts_as_new(days, expected):
    """Last counted on 31 January, again on 31 March: 59 days."""
    late = moved({"paying": {"ann": "1011"}}, "new", "reactivated", policies=Policies(reactivation_days=days))
    assert late[1] == expected


BRIEF = {"party": "ann", "monthly": 100, "starts_on": "2026-02-03", "runs_until": "2026-02-20"}
PAID = {"record": "ann", "paid_on": "2026-02-03", "amount": 100}
GROSS = Policies(same_month="gross")


def brief(members=None, policies=GROSS, terms=(BRIEF,), payments=(PAID,), rule=BY_STAGE, columns=BRIDGE):
    members = {"paying": {"ann": "0000", "bob": "1111", **(members or {})}}
    return moved(members, *columns, policies=policies, terms=terms, payments=payments, rules={"paying": rule})


def test_who_joins_and_leaves_within_a_month_is_not_counted_by_default():
    assert brief(policies=Policies())[0] == (1, 0, 0, 0, 1)


def test_gross_counts_who_joins_and_leaves_within_a_month_twice():
    assert brief()[0] == (1, 1, 0, 1, 1)


def test_the_churn_rate_holds_only_those_who_were_there():
    assert brief(columns=["churned", "churn_rate"])[0] == (1, 0.0)


def test_who_joined_for_days_and_comes_back_is_reactivated():
    assert [row[1:3] for row in brief({"ann": "0001"})] == [(1, 0), (0, 0), (0, 1)]


def test_who_left_and_joins_again_for_days_is_reactivated():
    terms = [{**BRIEF, "starts_on": "2026-03-03", "runs_until": "2026-03-20"}]
    assert [row[1:4] for row in brief({"ann": "1000"}, terms=terms)] == [(0, 0, 1), (0, 1, 1), (0, 0, 0)]


def test_a_term_that_covers_a_month_end_is_no_brief_one():
    assert brief({"ann": "0100"}, terms=[{**BRIEF, "runs_until": "2026-02-28"}])[0] == (1, 1, 0, 0, 2)


def test_a_brief_contract_that_nobody_paid_makes_no_customer():
    assert brief(payments=())[0] == (1, 0, 0, 0, 1)


def test_a_definition_that_asks_more_than_the_contract_tells_counts_no_brief_members():
    assert brief(rule={"predicate": "stage = 'active' AND days_since_use < 3"})[0] == (1, 0, 0, 0, 1)


def test_a_definition_of_active_customers_counts_no_brief_members_either():
    """Whether they used it, the contract does not tell."""
    assert brief(rule={"predicate": "stage = 'active'"})[0] == (1, 0, 0, 0, 1)


def test_brief_members_are_listed_with_their_days():
    engine = grid(FOUR, {"paying": {"ann": "0000"}}, [BRIEF], rules={"paying": BY_STAGE}, payments=[PAID])
    move(engine)
    found = [("ann", "paying", date(2026, 2, 3), date(2026, 2, 20))]
    assert rows(engine, "joined_and_left", "party_id", "definition", "joined_on", "left_on") == found


# --- acquired


def acquired(event_on, facts, members="0111", **company):
    rules = {"paying": {"event_on": event_on}}
    members = {"paying": {f["party_id"]: members for f in facts}}
    return [row[0] for row in moved(members, "acquired", rules=rules, facts=facts, **company)]


def test_acquired_are_those_whose_event_lies_in_the_month():
    facts = [{"party_id": "ann", "won_on": "2026-02-01"}, {"party_id": "bob", "won_on": "2026-02-28"},
             {"party_id": "cy", "won_on": "2026-03-01"}]  # fmt: skip
    assert acquired("won_on", facts) == [2, 1, 0]


def test_the_event_may_be_the_later_of_two_days():
    facts = [{"party_id": "ann", "won_on": "2026-02-10", "first_paid_on": "2026-03-05"}]
    assert acquired("GREATEST(won_on, first_paid_on)", facts) == [0, 1, 0]


def test_an_event_before_the_first_month_end_was_acquired_earlier():
    assert acquired("won_on", [{"party_id": "ann", "won_on": "2026-01-15"}]) == [0, 0, 0]


def test_who_is_never_counted_is_not_acquired():
    assert acquired("won_on", [{"party_id": "ann", "won_on": "2026-02-10"}], members="0000") == [0, 0, 0]


def test_without_an_event_date_nothing_is_acquired_nor_zero():
    assert acquired(None, [{"party_id": "ann", "won_on": "2026-02-10"}]) == [None] * 3


def test_an_event_that_is_no_day_is_told():
    with pytest.raises(ExpressionError, match="definition paying: 'deals_won' is a BIGINT, not a date"):
        acquired("deals_won", [{"party_id": "ann"}])


def test_an_event_over_unknown_facts_is_told():
    with pytest.raises(ExpressionError, match="Did you mean 'won_on'"):
        acquired("wonn_on", [{"party_id": "ann"}])


# --- paying and using

PAY_AND_USE = {
    "paying": {"ann": "1100", "bob": "1111", "cy": "0000", "dora": "1100"},
    "using": {"ann": "1110", "bob": "1000", "cy": "1111", "dora": "1100"},
}


def paying_and_using(*columns):
    engine = grid(FOUR, PAY_AND_USE)
    move(engine)
    return rows(engine, "paying_and_using", *columns)


def test_paying_and_using_is_a_matrix_over_time():
    assert paying_and_using("paying_and_using", "paying_only", "using_only") == [(2, 1, 1), (0, 1, 2), (0, 1, 1)]


def test_payment_churn_and_usage_churn_have_their_own_numerator_and_denominator():
    both = paying_and_using("stopped_paying", "paying_begin", "stopped_using", "using_begin", "stopped_both")
    assert both == [(0, 3, 1, 4, 0), (2, 3, 1, 3, 1), (0, 1, 1, 2, 0)]
    assert paying_and_using("payment_churn_rate", "usage_churn_rate")[1] == (2 / 3, 1 / 3)


@pytest.mark.parametrize("key", ["paying", "using"])
def test_a_definition_that_is_not_there_is_told(key):
    with pytest.raises(
        UnknownNameError, match=f"lifecycle.{key}: there is no definition 'payin'. Did you mean 'paying'?"
    ):
        move(grid(FOUR, PAY_AND_USE), **{key: "payin"})


def test_without_the_two_definitions_the_table_is_empty():
    engine = grid(FOUR, {"sales": {"ann": "1100"}})
    move(engine)
    assert rows(engine, "paying_and_using", "as_of") == []


def test_where_no_use_is_recorded_payments_count_and_use_is_not_known():
    engine = grid(FOUR, PAY_AND_USE)
    engine.execute("UPDATE definitions SET not_countable = 'nothing is recorded in usage' WHERE definition = 'using'")
    move(engine)
    pays = rows(engine, "paying_and_using", "stopped_paying", "paying_begin", "payment_churn_rate")
    assert pays == [(0, 3, 0.0), (2, 3, 2 / 3), (0, 1, 0.0)]
    uses = rows(engine, "paying_and_using", "paying_only", "using_begin", "stopped_both", "usage_churn_rate")
    assert uses == 3 * [(None, None, None, None)]
    assert {new for (new,) in rows(engine, "customer_movements", "new_using")} == {None}


def test_other_definitions_may_say_who_pays_and_who_uses():
    engine = grid(FOUR, {"billed": {"ann": "1100"}, "logged_in": {"ann": "1000"}})
    move(engine, paying="billed", using="logged_in")
    assert rows(engine, "paying_and_using", "stopped_paying", "stopped_using")[:2] == [(0, 1), (1, 0)]


def test_a_company_without_anybody_moves_nothing():
    engine = grid(FOUR, {"paying": {}})
    move(engine, using="paying")
    assert rows(engine, "customer_movements", *BRIDGE) == [(0, 0, 0, 0, 0)] * 3
    assert rows(engine, "mrr_months", "begin", "end", "arpa") == [(0, 0, None)] * 3
