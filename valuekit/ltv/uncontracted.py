"""Money that no contract in force brings: customers who have left pay on or come back, and some never had a contract.

A model of renewals ends at the first refusal. What comes after it is read from those who have left before: the share of
their last monthly price that was received in each month since. That ends with the ten years of the cube: too little is
seen of what such money does later.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.ltv.models.observations import Array, read_columns
from valuekit.ltv.renewals import MINIMUM_EVENTS
from valuekit.ltv.years import each_year, year_columns
from valuekit.tables.published import HORIZON_YEARS

PACKAGE = "valuekit.ltv"
_MONTHS = 12 * HORIZON_YEARS


@dataclass(frozen=True)
class After:
    """What comes of customers with one term length after they have left."""

    share: Array
    """Received in each month since, as a share of the last monthly price."""
    returns: float
    """Share of those who left that paid again."""

    def by_year(self, left: Array) -> Array:
        """Return months of the price received in each year, from the probability to leave in each month ahead."""
        months = np.zeros(left.shape)
        for since, share in enumerate(self.share[:_MONTHS]):
            months[:, since:] += share * left[:, : _MONTHS - since]
        return np.asarray(months.reshape(len(left), HORIZON_YEARS, 12).sum(axis=2))

    def since(self, months: Array) -> tuple[Array, Array]:
        """Return the same of customers who left so many months ago, and the probability that they pay again."""
        ahead = months.astype(np.int64)[:, None] + np.arange(1, _MONTHS + 1)
        share = np.append(self.share, 0.0)[np.minimum(ahead, len(self.share))]
        left = share.sum(axis=1) / max(float(self.share.sum()), 1e-300)
        return share.reshape(len(months), HORIZON_YEARS, 12).sum(axis=2), self.returns * np.minimum(left, 1.0)


NOTHING = After(np.zeros(1), 0.0)


def learn_after(engine: Engine, last_month: date, *, counts: bool = True) -> Callable[[int], After]:
    """Learn what comes after customers have left; returns it by term length. Unless it `counts`, nothing comes.

    Reads `run_terms`, `contract_runs`, `stages`, `cash_months` up to a month, `orders`, `facts` and `order_summary`.
    A term length with too few who left shares what all show; where these are too few as well, nothing is expected.
    Makes `leavers` and the tables of payers that `put_uncontracted` reads.
    """
    engine.run(PACKAGE, "uncontracted.sql", {"last_month": last_month, "counts": counts})
    received = read_columns(engine.query("SELECT * FROM received_after"), ("term_months", "since", "amount"))
    seen = read_columns(
        engine.query("SELECT * FROM seen_after"), ("term_months", "months", "parties", "monthly", "paid_again")
    )
    engine.drop("received_outside", "after_leaving", "received_after", "seen_after")
    everybody = _after(received, seen)
    by_term = {
        int(term): _after(
            {name: values[received["term_months"] == term] for name, values in received.items()},
            {name: values[seen["term_months"] == term] for name, values in seen.items()},
        )
        for term in np.unique(seen["term_months"])
    }
    return lambda term: by_term.get(term) or everybody or NOTHING


def _after(received: Mapping[str, Array], seen: Mapping[str, Array]) -> After | None:
    """Divide month by month: what was received by the last prices of those who are seen for so long."""
    parties = seen["parties"].sum()
    if parties < MINIMUM_EVENTS:
        return None
    size = int(seen["months"].max()) + 1
    amount = np.bincount(received["since"].astype(np.int64), received["amount"], minlength=size)[:size]
    price, count = (
        np.cumsum(np.bincount(seen["months"].astype(np.int64), seen[name], minlength=size)[::-1])[::-1]
        for name in ("monthly", "parties")
    )
    known = (count >= MINIMUM_EVENTS) & (price > 0)
    share = np.where(known, amount / np.where(known, price, 1.0), 0.0)
    return After(share, float(seen["paid_again"].sum() / parties))


def put_uncontracted(engine: Engine, after: Callable[[int], After]) -> None:
    """Make `uncontracted`: per party, expected money and months paid for by year, and the probability of any.

    Reads `contract_lines`, `line_states`, `leavers`, `payer_years`, `payer_rates` and `payer_lasts`. Customers with
    lines leave as their curve says; those who have left are as long gone as they are. A party without any contract that
    paid in the last year brings in the next what such parties brought: those that still paid in its last quarter, or
    those that had fallen silent, if enough of them are seen. From then on money lasts from year to year as theirs has;
    it grows in neither.
    """
    states = engine.query("SELECT DISTINCT term_months, months FROM leavers ORDER BY term_months, months")
    rows = read_columns(states, ("term_months", "months"))
    months, chance = np.zeros((len(states), HORIZON_YEARS)), np.zeros(len(states))
    for term in np.unique(rows["term_months"]):
        own = rows["term_months"] == term
        months[own], chance[own] = after(int(term)).since(rows["months"][own])
    columns = {name: states[name] for name in ("term_months", "months")} | {"after_chance": pa.array(chance)}
    columns |= {name: pa.array(year) for name, year in zip(year_columns("after", later=False), months.T, strict=True)}
    engine.put("leaver_states", pa.table(columns))
    engine.put("payer_states", _payer_states(engine))
    before, repeated = engine.rows("SELECT before, after FROM payer_lasts")[0]
    slots = {
        "of_lines": each_year(
            "SUM(CAST(CAST(l.price AS DOUBLE) / l.term_months * s.after_# AS DECIMAL(18,4))) AS revenue_#"
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
        "leavers", "leaver_states", "payer_quarters", "payer_years", "payer_rates", "payer_lasts", "payer_states"
    )


def _payer_states(engine: Engine) -> pa.Table:
    """Return the share of a year's money that comes in the next, and of parties that bring any: by `pays`.

    Where too few of one kind are seen, both share what all show; where these are too few, nothing is expected.
    """
    columns = ("pays", "seen", "again", "before", "after")
    rows = read_columns(engine.query(f"SELECT {', '.join(columns)} FROM payer_rates"), columns)
    found = []
    for pays in (0, 1):
        own = rows["pays"] == pays
        if rows["seen"][own].sum() < MINIMUM_EVENTS:
            own = np.ones(len(own), dtype=bool)
        seen, again, before, after = (float(rows[name][own].sum()) for name in columns[1:])
        enough = seen >= MINIMUM_EVENTS and before > 0
        share, chance = (min(after / before, 1.0), again / seen) if enough else (0.0, 0.0)
        found.append({"pays": pays, "share": share, "again": chance})
    return pa.Table.from_pylist(found)
