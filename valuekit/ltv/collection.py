"""What customers owe, and how likely it comes: a provision matrix, from what became of bills that were open before."""

from datetime import date

import numpy as np
import pyarrow as pa
from scipy.optimize import isotonic_regression

from valuekit.engine import Engine
from valuekit.ltv.models.observations import Array
from valuekit.tables.published import VALUED_STAGES

PACKAGE = "valuekit.ltv"

DAYS = 15
"""Days of age that bills of one row of the matrix are apart."""

AGES = 366 // DAYS + 1
"""Rows of the matrix: what was billed more than a year ago is not waited for."""

WAITED = 6
"""Months after which it shows whether an open bill has been paid."""

BORROWED = 2.0
"""Bills of all customers that stand beside those of customers with, or without, a contract in force."""

STATED = 5.0
"""New bills that are paid as all of the last year were: they stand beside those that were looked at."""

_RATES = pa.schema([("in_force", pa.bool_()), ("age_days", pa.int64()), ("bills", pa.int64()), ("share", pa.float64())])


def expect_owed(engine: Engine, as_of: date, *, counts: bool = True) -> None:
    """Make `owed`: what each party owes without tax, expected, and the `chance` that it comes; and `collection_rates`.

    Reads `settled_bills`, `settled_states`, `stages` and `contract_runs`. A bill counts for a year. With `counts`
    switched off, nothing is owed.

    The rates are a provision matrix: of the bills that were open at so many days, at twelve month ends half a year and
    more ago, the share that has been received since. They fall with age (isotonic regression, weighted by bills), and
    are kept apart by whether a contract of the customer was in force: who has left seldom pays its last bill. Where
    too little was open, what became of the bills of the last year stands in; of all, where it has none.

    Reference: IFRS 9, B5.5.35 (provision matrix); Barlow et al. (1972), Statistical inference under order restrictions.
    """
    parameters = {"as_of": as_of, "days": DAYS, "waited": WAITED, "valued_stages": list(VALUED_STAGES)}
    engine.run(PACKAGE, "owed.sql", parameters)
    latest = engine.rows("SELECT received / settled FROM owed_settled ORDER BY in_last_year DESC")
    usual = latest[0][0] if latest else 0.0
    seen = engine.rows("SELECT in_force, age, bills, came FROM owed_ages")
    bills, came = np.zeros((2, AGES)), np.zeros((2, AGES))
    for in_force, age, number, received in seen:
        bills[int(in_force), age], came[int(in_force), age] = number, received
    rates = collection_rates(bills, came, usual) if usual else np.zeros((2, AGES))
    rows = [
        {"in_force": bool(of), "age_days": age * DAYS, "bills": int(bills[of, age]), "share": rates[of, age]}
        for of in range(2)
        for age in range(AGES)
    ]
    engine.put("collection_rates", pa.Table.from_pylist(rows, schema=_RATES))
    if not counts:
        engine.execute("DELETE FROM owed_bills")
    engine.run(PACKAGE, "collection.sql", {"days": DAYS})
    engine.drop("owed_claims", "owed_ages", "owed_bills", "owed_settled")


def collection_rates(bills: Array, came: Array, usual: float) -> Array:
    """Return the share that comes by kind of customer (rows) and age (columns), given how many bills and what came.

    It never rises with age; beyond the oldest bills that were seen it is theirs.

    >>> bills, came = np.array([[10, 10, 0], [100, 0, 0]]), np.array([[5, 1, 0], [98, 0, 0]])
    >>> collection_rates(bills, came, 0.95).round(2)
    array([[0.57, 0.1 , 0.1 ],
           [0.98, 0.1 , 0.1 ]])
    """
    stated = STATED * (np.arange(bills.shape[1]) == 0)
    number, paid = bills.sum(axis=0) + stated, came.sum(axis=0) + stated * usual
    ages, at = np.flatnonzero(number), np.arange(len(number))
    of_all = _falling(paid[ages] / number[ages], number[ages])
    rates = []
    for seen, of_them in zip(bills[:, ages], came[:, ages], strict=True):
        own = _falling((of_them + BORROWED * of_all) / (seen + BORROWED), seen + BORROWED)
        rates.append(np.interp(at, ages, own))
    return np.array(rates)


def _falling(shares: Array, weights: Array) -> Array:
    return np.asarray(isotonic_regression(shares, weights=weights, increasing=False).x)
