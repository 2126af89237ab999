"""Money that no contract in force brings: customers who have left pay on or come back, and some never had a contract.

It is read from those before them. It ends with the ten years of the cube: too little is seen of what such money does
later.
"""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.ltv.leavers import After, relative_error
from valuekit.ltv.models.observations import read_columns
from valuekit.ltv.renewals import MINIMUM_EVENTS, Key
from valuekit.ltv.years import each_year, year_columns
from valuekit.tables.published import HORIZON_YEARS

PACKAGE = "valuekit.ltv"


def put_uncontracted(engine: Engine, after: Mapping[Key, After], last_month: date) -> None:
    """Make `uncontracted`: per party, expected money and months paid for by year, the probability and error of them.

    Reads `contract_lines`, `line_states`, `leavers`, `payers` and `received_outside`. Customers with
    lines leave as their curve says; those who have left are as long gone as they are. A party without any contract that
    paid in the last year brings in the next what such parties brought: those that still paid in its last quarter, or
    those that had fallen silent, if enough of them are seen. From then on money lasts from year to year as theirs has;
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
    before, repeated = engine.rows("SELECT before, after FROM payer_lasts")[0]
    slots = {
        "of_lines": each_year(
            "CAST(SUM(CAST(CAST(l.price AS DOUBLE) / l.term_months * s.after_# AS DECIMAL(18,4))) AS DECIMAL(18,4)) "
            "AS revenue_#"
        ),
        "lines_alive": each_year("MAX(s.after_#) AS alive_#"),
        "of_leavers": each_year("CAST(CAST(l.monthly AS DOUBLE) * s.after_# AS DECIMAL(18,4)) AS revenue_#"),
        "leavers_alive": each_year("s.after_# AS alive_#"),
        "of_payers": each_year(
            "CAST(CAST(y.yearly AS DOUBLE) * r.share * POWER($lasts, # - 1) AS DECIMAL(18,4)) AS revenue_#"
        ),
        "payers_alive": each_year("12 * r.share * POWER($lasts, # - 1) AS alive_#"),
    }
    parameters = {"lasts": min(float(repeated) / float(before), 1.0) if before else 0.0}
    engine.run(PACKAGE, "uncontracted_value.sql", parameters, **slots)
    engine.drop(
        "leavers",
        "payers",
        "received_outside",
        "leaver_states",
        "payer_quarters",
        "payer_years",
        "payer_rates",
        "payer_lasts",
        "payer_states",
    )


def _payer_states(engine: Engine) -> pa.Table:
    """Return the share of a year's money that comes in the next, and of parties that bring any: by `pays`.

    Where too few of one kind are seen, both share what all show; where these are too few, nothing is expected.
    """
    columns = ("pays", "parties", "seen", "again", "before", "after")
    rows = read_columns(engine.query(f"SELECT {', '.join(columns)} FROM payer_rates"), columns)
    found = []
    for pays in (0, 1):
        own = rows["pays"] == pays
        if rows["seen"][own].sum() < MINIMUM_EVENTS:
            own = np.ones(len(own), dtype=bool)
        parties, seen, again, before, after = (float(rows[name][own].sum()) for name in columns[1:])
        enough = seen >= MINIMUM_EVENTS and before > 0
        share, chance = (min(after / before, 1.0), again / seen) if enough else (0.0, 0.0)
        error = float(relative_error(chance, parties))
        found.append({"pays": pays, "share": share, "again": chance, "error": error})
    return pa.Table.from_pylist(found)
