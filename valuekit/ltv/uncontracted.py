"""Money that no contract in force brings: customers who have left pay on or come back, and some never had a contract.

It is read from those before them. It ends with the ten years of the cube: too little is seen of what such money does
later.
"""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.ltv.leavers import After
from valuekit.ltv.lines import SAME_STATE
from valuekit.ltv.models import ShiftedBetaGeometric
from valuekit.ltv.models.observations import Array, read_columns
from valuekit.ltv.renewals import PRIOR, Key
from valuekit.ltv.years import each_year, year_columns
from valuekit.tables.published import HORIZON_YEARS

PACKAGE = "valuekit.ltv"


def put_uncontracted(engine: Engine, after: Mapping[Key, After], last_month: date) -> None:
    """Make `uncontracted`: per party, expected money and months paid for by year, the probability and error of them.

    Reads `contract_lines`, `line_states`, `leavers`, `payers` and `received_outside`. Customers with lines leave as
    their curve says; those who have left are as long gone as they are. A party without any contract that paid in the
    last year brings in the next what such parties brought: those that still paid in its last quarter, for less or more
    than a year, or those that had fallen silent. From then on money lasts from year to year as theirs has (`_lasting`);
    it grows in neither.
    """
    engine.run(PACKAGE, "uncontracted.sql", {"last_month": last_month})
    names = ("term_months", "segment", "months")
    states = engine.query("SELECT DISTINCT term_months, segment, months FROM leavers ORDER BY ALL")
    rows = read_columns(states, names)
    months, chance, error = np.zeros((len(states), HORIZON_YEARS)), np.zeros(len(states)), np.zeros(len(states))
    for key, comes in after.items():
        own = (rows["term_months"] == key[0]) & (rows["segment"] == key[1])
        months[own], chance[own], error[own] = comes.since(rows["months"][own])
    columns = {name: states[name] for name in names} | {
        "after_chance": pa.array(chance), "after_error": pa.array(error),
    }  # fmt: skip
    columns |= {name: pa.array(year) for name, year in zip(year_columns("after", later=False), months.T, strict=True)}
    engine.put("leaver_states", pa.table(columns))
    engine.put("payer_states", _payer_states(engine))
    slots = {
        "same_state": SAME_STATE,
        "of_lines": each_year(
            "CAST(SUM(CAST(CAST(l.price AS DOUBLE) / l.term_months * s.after_# AS DECIMAL(18,4))) AS DECIMAL(18,4)) "
            "AS revenue_#"
        ),
        "lines_alive": each_year("MAX(s.after_#) AS alive_#"),
        "of_leavers": each_year("CAST(CAST(l.monthly_now AS DOUBLE) * s.after_# AS DECIMAL(18,4)) AS revenue_#"),
        "leavers_alive": each_year("s.after_# AS alive_#"),
        "of_payers": each_year("CAST(CAST(y.yearly AS DOUBLE) * r.share * $lasting[#] AS DECIMAL(18,4)) AS revenue_#"),
        "payers_alive": each_year("12 * r.share * $lasting[#] AS alive_#"),
    }
    seen, repeated = engine.rows("SELECT seen, COALESCE(repeated, 0) FROM payer_lasts")[0]
    engine.run(PACKAGE, "uncontracted_value.sql", {"lasting": _lasting(seen, float(repeated)).tolist()}, **slots)
    engine.drop(
        "leavers",
        "payers",
        "received_outside",
        "leaver_states",
        "payer_quarters",
        "payer_starts",
        "payer_years",
        "payer_rates",
        "payer_lasts",
        "payer_states",
    )


def _lasting(seen: float, repeated: float) -> Array:
    """Return what of the next year's money comes in each year, given of how many quarters what came a year later.

    As much as the quarters of one party, of which the stated prior of renewals says what comes, is added to those seen.
    Parties differ, so who is still there stays the likelier: by as much as that prior says.

    >>> _lasting(0, 0.0).round(2)[:4], _lasting(100, 50.0).round(2)[:4]
    (array([1.  , 0.83, 0.71, 0.62]), array([1.  , 0.59, 0.39, 0.27]))
    """
    stays = (min(repeated, seen) + 4 * _STAYS) / (seen + 4)  # more than all is growth, which is not drawn out
    total = sum(PRIOR)
    model = ShiftedBetaGeometric.from_parameters([total * (1 - stays), total * stays])
    return model.conditional_survival(np.ones(HORIZON_YEARS), np.arange(HORIZON_YEARS, dtype=float))


def _payer_states(engine: Engine) -> pa.Table:
    """Return the share of a year's money that comes in the next, and of parties that bring any: by `pays`.

    What all show weighs as much as one party of its own, and as much again that the stated prior of renewals holds for
    who still pays, and that nothing comes of who has fallen silent: few cannot tell that money goes on for ever.
    `error` is the relative standard error of the share: of the mean of so many parties.
    """
    columns = ("parties", "seen", "again", "repeated", "squares")
    rows = read_columns(engine.query(f"SELECT pays, {', '.join(columns)} FROM payer_rates"), ("pays", *columns))
    everybody = np.array([rows[name].sum() for name in columns])
    each = everybody / max(everybody[0], 1.0)
    found = []
    for pays in (0, 1, 2) if everybody[0] else ():
        own = np.array([rows[name][rows["pays"] == pays].sum() for name in columns])
        stays = _STAYS * each[1] if pays else 0.0
        parties, seen, again, repeated, squares = own + each + np.array([1.0, each[1], stays, stays, stays])
        uneven = max(squares * seen / repeated**2 - 1, 0.0) if repeated else 0.0
        share = min(repeated / seen, 1.0)
        found.append({"pays": pays, "share": share, "again": again / seen, "error": np.sqrt(uneven / parties)})
    return pa.Table.from_pylist(found, _PAYER_STATES)


_STAYS = PRIOR[1] / sum(PRIOR)
"""The share of customers who stay for a year, by the stated prior of renewals."""

_PAYER_STATES = pa.schema([("pays", pa.int64()), *((name, pa.float64()) for name in ("share", "again", "error"))])
