"""Rows that state only what matters to how cost is shared out, and what came of it."""

from datetime import date

from tests.cashflow.given import given
from valuekit import cashflow
from valuekit.engine import Engine

JAN, FEB, MAR, APR = (date(2026, month, 1) for month in (1, 2, 3, 4))
AS_OF = date(2026, 4, 30)


def paid(party, day=JAN, amount=1, **more):
    return {"party": party, "paid_on": day, "amount": amount, **more}


def cost(amount, function="support", pool="desk", month=JAN, **more):
    return {"month": month, "function": function, "pool": pool, "amount": amount, **more}


def ad(amount, campaign="Fair", month=JAN, **more):
    return cost(amount, "marketing", "ads", month, campaign=campaign, **more)


def contact(party, campaign="Fair", day=JAN, **more):
    return {"party": party, "engaged_on": day, "campaign": campaign, **more}


def ticket(party="a", day=JAN, **more):
    return {"party": party, "opened_on": day, **more}


def compute(engine: Engine, pools=None, activities=None, rows=None, **settings) -> Engine:
    """Run the statement over a company of few rows."""
    return run(given(engine, **(rows or {})), pools, activities, **settings)


def run(engine: Engine, pools=None, activities=None, **settings) -> Engine:
    cashflow.compute(engine, as_of=AS_OF, pools=pools or {}, activities=activities or {}, **settings)
    return engine


def line(engine: Engine, *names: str, month: date | None = None) -> dict[str, float]:
    """What each party carries on some lines together."""
    total = " + ".join(names)
    found = engine.rows(
        f"SELECT party_id, SUM({total}) FROM cash_months WHERE {total} <> 0 AND month = COALESCE($month, month)"
        " GROUP BY 1 ORDER BY 1",
        {"month": month},
    )
    return {party: float(amount) for party, amount in found}


def pool(engine: Engine, name: str, *columns: str, campaign: str = "", month: date = JAN):
    """Some columns of a pool's month."""
    where = "pool = $name AND campaign = $campaign AND month = $month"
    asked = {"name": name, "campaign": campaign, "month": month}
    (row,) = engine.rows(f"SELECT {', '.join(columns)} FROM pool_months WHERE {where}", asked)
    return tuple(v if isinstance(v, str | bool | None) else float(v) for v in row)


def notes(engine: Engine, kind: str) -> dict[str, str]:
    """What is said of one kind, by place."""
    return dict(engine.rows("SELECT place, message FROM cash_notes WHERE note = $kind ORDER BY place", {"kind": kind}))
