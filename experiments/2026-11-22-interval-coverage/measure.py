"""Do intervals hold what they say, on worlds that are simulated from the models themselves?

Counts: histories and futures are drawn from each model of purchases, parameters are estimated from the histories, and
the intervals of the number of purchases are held against the futures; beside what the model itself says that intervals
of whole numbers hold. Money: small shops (MBG/NBD and Gamma-Gamma) are valued, and the intervals of customers and of
the whole shop are held against what comes. Prints a report and, unless --no-tracking, records it in MLflow.
"""

import argparse
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.ltv import Discount, Horizon, ValueRules, sum_up, value
from valuekit.ltv.models import BgBb, BgNbd, MbgNbd, ParetoNbd, PurchaseModel
from valuekit.tables import CANONICAL, PUBLISHED, Column, accepted
from valuekit.tracking import record_study

STUDY = Path(__file__).parent.name
LEVELS = (0.50, 0.80, 0.95)
AHEAD = 26.0
AS_OF, YEARS = date(2026, 6, 30), 3
PURCHASES = {"money": (0.8, 12.0, 0.9, 3.0), "money_regular": (1.5, 3.5, 0.6, 6.0)}
COST = 3.0
"""What a month costs in the shops where to stay costs money, until the last purchase."""
SPEND = (6.25, 3.74, 15.44)
"""Parameters of the shops: (r, alpha, a, b) in weeks, and (p, q, v)."""
Rows = dict[str, np.ndarray]

BUSY, RARE = (4.0, 2.0, 1.0, 12.0), (0.55, 6.2, 0.9, 1.6)
"""Parameters (r, alpha, a, b): where next to nobody buys nothing, and where most do."""


def main() -> None:
    """Simulate, fit, compare, print."""
    arguments = _arguments()
    rng = np.random.default_rng(arguments.seed)
    counts = {name: count_coverage(*world(arguments.customers, rng)) for name, world in WORLDS.items()}
    money = {name: money_coverage(theta, arguments.shops, arguments.buyers, rng) for name, theta in PURCHASES.items()}
    shops = arguments.shops, arguments.buyers, rng, COST
    money |= {f"{name}_costly": money_coverage(theta, *shops) for name, theta in PURCHASES.items()}
    measured = {"counts": counts, **money}
    print(json.dumps(measured, indent=2, default=float))
    if not arguments.no_tracking:
        asked = {name: getattr(arguments, name) for name in ("customers", "shops", "buyers", "seed")}
        numbers = {f"{n}.{k}": float(v) for n, row in counts.items() for k, v in row.items()}
        numbers |= {f"{n}.{k}": float(v) for n, row in money.items() for k, v in row.items()}
        record_study(STUDY, asked, numbers)


def beta_geometric(
    make: type[BgNbd], theta: tuple[float, ...]
) -> Callable[..., tuple[PurchaseModel, Rows, Any, float]]:
    """Return a world of BG/NBD or MBG/NBD: every purchase (and for MBG/NBD the first) may be the last."""

    def world(customers: int, rng: np.random.Generator) -> tuple[PurchaseModel, Rows, Any, float]:
        r, alpha, a, b = theta
        rate, quits, age = rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers), rng.uniform(1, 100, customers)
        now, last, x, came = (np.zeros(customers) for _ in range(4))
        alive = rng.random(customers) > quits if make is MbgNbd else np.ones(customers, bool)
        while alive.any():
            who = np.flatnonzero(alive)
            now[who] += rng.exponential(1 / rate[who])
            seen, ahead = who[now[who] <= age[who]], who[(now[who] > age[who]) & (now[who] <= age[who] + AHEAD)]
            x[seen] += 1
            last[seen] = now[seen]
            came[ahead] += 1
            bought = np.concatenate([seen, ahead])
            alive[:] = False
            alive[bought] = rng.random(len(bought)) > quits[bought]
        return make(), {"frequency": x, "recency": last, "age": age}, came, AHEAD

    return world


def pareto(customers: int, rng: np.random.Generator) -> tuple[PurchaseModel, Rows, Any, float]:
    """Customers of Pareto/NBD."""
    rows = ParetoNbd.from_parameters([4.0, 2.0, 0.8, 30.0]).simulate(rng.uniform(1, 100, customers), rng)
    came = rng.poisson(rows["rate"] * np.clip(rows["lifetime"] - rows["age"], 0, AHEAD))
    return ParetoNbd(), {name: rows[name] for name in ParetoNbd.columns}, came, AHEAD


def donors(customers: int, rng: np.random.Generator) -> tuple[PurchaseModel, Rows, Any, float]:
    """Donors of BG/BB: eight occasions are known, twelve are ahead."""
    rows = BgBb.from_parameters([1.2, 0.75, 0.66, 2.8]).simulate(np.full(customers, 8), rng)
    came = rng.binomial(np.clip(rows["lifetime"] - rows["occasions"], 0, 12).astype(int), rows["rate"])
    return BgBb(), {name: rows[name] for name in BgBb.columns}, came, 12.0


WORLDS = {
    "BG/NBD, busy": beta_geometric(BgNbd, BUSY),
    "MBG/NBD, busy": beta_geometric(MbgNbd, BUSY),
    "MBG/NBD, rare": beta_geometric(MbgNbd, RARE),
    "Pareto/NBD, busy": pareto,
    "BG/BB": donors,
}


def count_coverage(model: PurchaseModel, rows: Rows, came: Any, ahead: float) -> dict[str, float]:
    """Fit, and hold the intervals against what came.

    `expected` is what the model says that its intervals of whole numbers hold. In `exact` a whole number on an end of
    the interval counts in part, so that the level itself must come out.
    """
    model.fit(rows)
    most = int(4 * came.max() + 8)
    chances = _distribution(model, ahead, rows, most)
    reached = np.cumsum(chances, axis=1)
    found = {"customers": float(len(came))}
    for level in LEVELS:
        tail = (1 - level) / 2
        low, high = (reached < tail).sum(axis=1), (reached < 1 - tail).sum(axis=1)
        inside = (came >= low) & (came <= high)
        places = np.arange(len(came))
        expected = reached[places, np.minimum(high, most)] - np.where(
            low > 0, reached[places, np.maximum(low - 1, 0)], 0
        )
        name = f"{100 * level:.0f}"
        found |= {f"held_{name}": float(inside.mean()), f"expected_{name}": float(expected.mean())}
        found[f"exact_{name}"] = float(_share_within(came, reached, tail).mean())
    return found


def _distribution(model: PurchaseModel, ahead: float, rows: Rows, most: int) -> np.ndarray:
    return np.asarray(
        model.purchase_distribution(ahead, rows, int(min(most, ahead)) if isinstance(model, BgBb) else most)
    )


def _share_within(came: Any, reached: np.ndarray, tail: float) -> np.ndarray:
    """Share of what came that lies between both quantiles, a step being crossed in proportion."""
    places, k = np.arange(len(came)), np.minimum(np.asarray(came, int), reached.shape[1] - 1)
    top = reached[places, k]
    bottom = np.where(k > 0, reached[places, np.maximum(k - 1, 0)], 0.0)
    within = np.minimum(top, 1 - tail) - np.maximum(bottom, tail)
    return np.clip(within / np.maximum(top - bottom, 1e-12), 0.0, 1.0)


def money_coverage(
    theta: tuple[float, ...], shops: int, buyers: int, rng: np.random.Generator, cost: float = 0.0
) -> dict[str, float]:
    """Value shops, and hold the intervals of customers and of each shop as a whole against what comes.

    `below` and `above` are shares of the customers of whom more than nothing is said to be certain, `surely`.
    """
    customers: dict[int, list[float]] = {round(100 * level): [] for level in LEVELS}
    wholes: dict[int, list[bool]] = {level: [] for level in customers}
    beside: dict[int, list[np.ndarray]] = {level: [] for level in customers}
    errors, biases = [], []
    widths: dict[int, list[float]] = {level: [] for level in customers}
    for _ in range(shops):
        past, realised, months = shop(theta, buyers, rng)
        realised = realised - cost * months
        ends, whole = _valued(past, cost)
        for level, shares in customers.items():
            low, high = (np.array(ends[f"{side}_{level}"].to_pylist(), float) for side in ("low", "high"))
            shares.append(float(np.mean((realised >= low - 1e-3) & (realised <= high + 1e-3))))
            widths[level].append(float(np.mean(high - low)))
            sure = low > 0
            beside[level].append(np.column_stack([realised < low, realised > high])[sure])
            wholes[level].append(float(whole[f"low_{level}"]) <= realised.sum() <= float(whole[f"high_{level}"]))
        errors.append((realised.sum() - float(whole["ltv"])) / float(whole["deviation"]))
        biases.append(float(whole["ltv"]) / realised.sum() - 1)
    found = {f"customers_{level}": float(np.mean(shares)) for level, shares in customers.items()}
    found |= {f"width_{level}": float(np.mean(wide)) for level, wide in widths.items()}
    found |= {f"shops_{level}": float(np.mean(held)) for level, held in wholes.items()}
    for level, parts in beside.items():
        tails = np.vstack(parts)
        found |= {f"surely_{level}": float(len(tails))}
        found |= dict(zip((f"below_{level}", f"above_{level}"), tails.mean(axis=0).tolist(), strict=True))
    spread = {"standardised_error_mean": float(np.mean(errors)), "standardised_error_sd": float(np.std(errors, ddof=1))}
    return found | spread | {"bias": float(np.mean(biases)), "shops": float(shops), "buyers": float(buyers)}


def shop(theta: tuple[float, ...], buyers: int, rng: np.random.Generator) -> tuple[pa.Table, np.ndarray, np.ndarray]:
    """Draw buyers of MBG/NBD and Gamma-Gamma; return orders, and the money and months alive of each in three years.

    Buyers whose next purchase is still within the time are drawn a step at a time, all at once.
    """
    (r, alpha, a, b), (p, q, v) = theta, SPEND
    joined = rng.integers(60, 1100, buyers)
    rate, quits, scale = rng.gamma(r, 1 / alpha, buyers), rng.beta(a, b, buyers), rng.gamma(q, 1 / v, buyers)
    day, realised, who = np.zeros(buyers), np.zeros(buyers), np.arange(buyers)
    parts = [(who, joined, rng.gamma(p, 1 / scale))]
    while len(who := who[rng.random(len(who)) > quits[who]]):
        day[who] += rng.exponential(7 / rate[who])
        who = who[day[who] <= joined[who] + YEARS * 365.25]
        amount, past = rng.gamma(p, 1 / scale[who]), day[who] <= joined[who]
        realised[who[~past]] += amount[~past]
        parts.append((who[past], joined[who[past]] - day[who[past]].astype(int), amount[past]))
    party, ago, amount = (np.concatenate(column) for column in zip(*parts, strict=True))
    names = np.array([f"b{i:05d}" for i in range(buyers)])
    orders = pa.table({"party_id": names[party], "ago": pa.array(ago, pa.int32()), "amount": amount.round(4)})
    return orders, realised, np.clip(day - joined, 0.0, YEARS * 365.25) / (365.25 / 12)


def _valued(past: pa.Table, cost: float) -> tuple[pa.Table, dict[str, Any]]:
    """Value a company of orders; each buyer cost so much in each of the last 12 months.

    Returns the intervals of its customers, and those of their sum.
    """
    with Engine() as engine:
        for table in CANONICAL.values():
            names = ("referrer_party_id", "referred_party_id") if table.name == "referrals" else ("party_id",)
            engine.make_empty(accepted(table).plus(*(Column(name, "VARCHAR", "Party") for name in names)))
        for name in ("facts", "stages", "cash_months", "cash", "receivable_months", "invoiced_months", "segments"):
            engine.make_empty(PUBLISHED[name])
        engine.put("planted", past)
        for select in _TABLES:
            engine.execute(select, {"as_of": AS_OF})
        if cost:
            engine.execute(_COST_MONTHS, {"cost": cost})
        value(engine, as_of=AS_OF, rules=ValueRules(horizon=Horizon(YEARS), discount=Discount(0.0)))
        sum_up(engine)
        ends = engine.query("SELECT * FROM ltv_intervals ORDER BY party_id")
        return ends, engine.query("SELECT * FROM value_sums WHERE scope = 'company'").to_pylist()[0]


_TABLES = (
    """INSERT INTO orders BY NAME
    SELECT 'shop' AS system, party_id || '-' || ROW_NUMBER() OVER (ORDER BY party_id, ago) AS id, party_id,
           $as_of - ago AS ordered_on, amount, amount AS reporting_amount
    FROM planted""",
    """INSERT INTO facts BY NAME
    SELECT party_id, $as_of - MAX(ago) AS first_ordered_on, FALSE AS has_contract FROM planted GROUP BY party_id""",
    "INSERT INTO stages BY NAME SELECT party_id, 'active' AS stage FROM facts",
)


_COST_MONTHS = """INSERT INTO cash_months BY NAME
    SELECT party_id, month, -$cost AS retention, -$cost AS net_cash, 0 AS revenue, 0 AS refunds, 0 AS cost_of_goods,
           0 AS sales, 0 AS support, 0 AS incentives, 0 AS other
    FROM facts,
         (SELECT CAST(UNNEST(GENERATE_SERIES(DATE '2025-07-01', DATE '2026-06-01', INTERVAL 1 MONTH)) AS DATE) AS month)
"""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--shops", type=int, default=30)
    parser.add_argument("--buyers", type=int, default=400)
    parser.add_argument("--seed", type=int, default=4242)
    parser.add_argument("--no-tracking", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
