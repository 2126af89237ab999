from tests.cashflow.allocated import FEB, JAN, MAR, compute, contact, cost, line, notes, paid


def ads(amount, month=JAN):
    return cost(amount, "marketing", "ads", month)


def seen(*parties, day=JAN):
    return [contact(party, None, day) for party in parties]


def spread(engine, **rows):
    compute(engine, rows=rows, the_lost="spread")
    return line(engine, "acquisition")


def test_by_default_those_that_never_bought_carry_what_they_cost(engine):
    call = {"party": "lead", "done_on": JAN, "function": "sales", "minutes": 5}
    rows = {"costs": [ads(10), cost(7, "sales", "team")], "engagements": seen("lead"), "activities": [call]}
    compute(engine, rows={**rows, "payments": [paid("won")]})
    assert (line(engine, "acquisition"), line(engine, "sales")) == ({"lead": -10}, {"lead": -7})
    found = engine.rows("SELECT place, rows, amount FROM cash_notes WHERE note = 'cost_of_the_lost'")
    assert found == [("apart", 1, -17)]


def test_spread_it_goes_to_those_won_in_the_month_in_equal_parts(engine):
    payments = [paid("x"), paid("y"), paid("z", FEB)]
    assert spread(engine, costs=[ads(10)], engagements=seen("lead"), payments=payments) == {"x": -5, "y": -5}
    assert engine.rows("SELECT amount FROM cash_notes WHERE note = 'cost_of_the_lost'") == [(-10,)]


def test_cents_that_are_left_go_to_the_lower_id(engine):
    payments = [paid(p) for p in "xyz"]
    shares = spread(engine, costs=[ads("0.05")], engagements=seen("lead"), payments=payments)
    assert shares == {"x": -0.02, "y": -0.02, "z": -0.01}


def test_parts_of_a_cent_are_not_lost(engine):
    shares = spread(engine, costs=[{**ads("0.0351"), "party": "lead"}], payments=[paid("x"), paid("y")])
    assert shares == {"x": -0.0251, "y": -0.01}


def test_sales_work_for_the_lost_becomes_acquisition_of_the_won(engine):
    call = {"party": "lead", "done_on": JAN, "function": "sales", "minutes": 5}
    shares = spread(engine, costs=[cost(7, "sales", "team")], activities=[call], payments=[paid("x")])
    assert (shares, line(engine, "sales")) == ({"x": -7}, {})


def test_with_nobody_won_in_the_month_the_next_ones_won_carry_it_in_the_month_of_the_cost(engine):
    spread(engine, costs=[ads(10)], engagements=seen("lead"), payments=[paid("x", MAR), paid("y", FEB)])
    assert line(engine, "acquisition", month=JAN) == {"y": -10}


def test_with_nobody_won_later_it_stays(engine):
    payments = [paid("x", JAN)]
    shares = spread(engine, costs=[ads(10, FEB)], engagements=seen("lead", day=FEB), payments=payments)
    assert shares == {"lead": -10}
    assert "1 parties that never bought carry their own" in notes(engine, "cost_of_the_lost")["apart"]


def test_other_cost_of_the_lost_stays_with_them(engine):
    tickets = [{"party": "lead", "opened_on": JAN, "minutes": 5}]
    spread(engine, costs=[cost(9)], tickets=tickets, payments=[paid("x")])
    assert line(engine, "support") == {"lead": -9}


def test_suppliers_and_internal_parties_are_no_leads(engine):
    parties = [{"party_id": p, "role": role} for p, role in (("own", "internal"), ("x", "buyer"))]
    shares = spread(engine, parties=parties, costs=[ads(10)], engagements=seen("own"), payments=[paid("x")])
    assert shares == {"own": -10}


def test_every_month_still_meets_the_books(engine):
    payments = [paid("x", FEB), paid("y", MAR)]
    contacts = seen("lead") + seen("lead", "x", day=FEB)
    spread(engine, costs=[ads("3.33"), ads("7.77", FEB)], engagements=contacts, payments=payments)
    carried = dict(engine.rows("SELECT month, SUM(acquisition + retention) FROM cash_months GROUP BY 1"))
    booked = dict(engine.rows("SELECT month, attributed FROM books WHERE line = 'marketing'"))
    assert {m: a for m, a in carried.items() if a} == booked
