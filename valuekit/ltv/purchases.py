"""The order stream: how often a buyer will come back, how long it stays, and what a purchase is worth."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

from valuekit.engine import Engine
from valuekit.errors import FitError, UnknownNameError
from valuekit.ltv.fitted import FittedModel
from valuekit.ltv.models import (
    BgCnbdK,
    BgNbd,
    GammaGamma,
    LifetimesBackend,
    LifetimesPareto,
    MbgCnbdK,
    MbgNbd,
    ParetoNbd,
    PurchaseModel,
)
from valuekit.ltv.summary import Unmatched, group_orders, summarise_lines
from valuekit.ltv.units import TimeUnit

MINIMUM_REPEATERS = 30
"""Fewer customers with a repeat purchase than this say too little of how customers differ."""

PRIOR = {"r": 0.5, "a": 0.9, "b": 1.6}
"""Stated prior of the purchase model, of the shape that retailers usually show; `alpha` makes its rate the observed."""

FREE = 1e-6
"""Mean purchase where all orders are free: next to nothing, since the model of spend needs something."""

POOLED_ERROR = {"v": 0.25}
"""Standard error of the logarithm of the mean purchase, where one mean stands for all customers."""


def summarise(
    engine: Engine, as_of: date, unit: TimeUnit, unmatched_returns: Unmatched = "reduce", *, log_gaps: bool = False
) -> None:
    """Summarise orders per buyer.

    Reads `orders` (accepted form, with `party_id`), net of tax. Makes `order_summary` (one row per buyer: frequency,
    recency, age, monetary), `unmatched_returns`, `order_groups` and `spend_groups` (one row per distinct history, with
    its weight; with `log_gaps` where asked: see `reads_gaps`). The first purchase counts neither in frequency nor in
    the monetary value.
    """
    view_lines(engine)
    summarise_lines(engine, as_of, unit, unmatched_returns=unmatched_returns, log_gaps=log_gaps)
    group_orders(engine, log_gaps=log_gaps)
    engine.execute("DROP VIEW order_lines")


def keep_buyers(engine: Engine) -> None:
    """Make `buyers` of `order_summary`: what a run publishes of purchases, for later runs to be compared with."""
    engine.run("valuekit.ltv", "buyers.sql")


def view_lines(engine: Engine) -> None:
    """Make the view `order_lines` of the canonical table `orders`, net of tax."""
    engine.execute(_LINES)


_LINES = """CREATE OR REPLACE VIEW order_lines AS
SELECT party_id, ordered_on AS day,
       CAST(reporting_amount - COALESCE(reporting_tax, 0) AS DECIMAL(18,4)) AS amount,
       system || CHR(31) || id AS order_id,
       system || CHR(31) || returns_order AS returns_order
FROM orders"""


PURCHASE_MODELS: Mapping[str, Callable[[str], PurchaseModel]] = {
    "mbg_nbd": MbgNbd,
    "bg_nbd": BgNbd,
    "pareto_nbd": ParetoNbd,
    "mbg_cnbd_k": MbgCnbdK,
    "bg_cnbd_k": BgCnbdK,
    "lifetimes_mbg_nbd": partial(LifetimesBackend, "mbg_nbd"),
    "lifetimes_bg_nbd": partial(LifetimesBackend, "bg_nbd"),
    "lifetimes_pareto_nbd": LifetimesPareto,
}
"""How the unfitted model of a configured name is made from the unit of time."""


def purchase_model(name: str, time_unit: str) -> PurchaseModel:
    """Make the unfitted model of a configured name; raises `UnknownNameError`."""
    if not isinstance(name, str) or name not in PURCHASE_MODELS:
        raise UnknownNameError("purchase model", name, PURCHASE_MODELS)
    return PURCHASE_MODELS[name](time_unit)


def reads_gaps(name: str) -> bool:
    """Say whether the named model learns from `log_gaps`, how regularly customers buy; raises `UnknownNameError`."""
    return "log_gaps" in purchase_model(name, "week").optional


def fit_purchases(engine: Engine, name: str, unit: TimeUnit, window: tuple[date, date] | None) -> FittedModel:
    """Fit the purchase model to `order_groups`; with too few repeaters, state a prior with the observed rate."""
    gaps = ", log_gaps" if reads_gaps(name) else ""
    rows = engine.query(f"SELECT frequency, recency, age, time_unit, weight{gaps} FROM order_groups")
    count, time, repeaters = engine.rows(
        "SELECT SUM(frequency * weight), SUM(age_days * weight), SUM(CASE WHEN frequency > 0 THEN weight END) "
        "FROM order_groups"
    )[0]
    model, note = purchase_model(name, unit.name), f"only {repeaters or 0} customers have bought again"
    if (repeaters or 0) >= MINIMUM_REPEATERS:
        try:
            return FittedModel("orders.purchases", model.fit(rows, window=window))
        except FitError as error:
            note = str(error)
    rate = max(float(count or 0), 0.5) / max(unit.from_days(float(time or 0)), unit.per_year)
    prior = MbgNbd.from_parameters([PRIOR["r"], PRIOR["r"] / rate / 2, PRIOR["a"], PRIOR["b"]], time_unit=unit.name)
    return FittedModel("orders.purchases", prior, note, stated=True)


def fit_spend(engine: Engine, window: tuple[date, date] | None) -> FittedModel:
    """Fit Gamma-Gamma to `spend_groups`; with too few repeaters, everybody spends the mean of all purchases.

    Its check `independence` tests what the model assumes: that spend does not depend on how often a customer buys.
    """
    rows = engine.query("SELECT frequency, monetary, weight FROM spend_groups")
    repeaters = int(engine.scalar("SELECT COALESCE(SUM(weight), 0) FROM spend_groups"))
    note = f"only {repeaters} customers have bought again"
    if repeaters >= MINIMUM_REPEATERS:
        try:
            model = GammaGamma().fit(rows, window=window)
            tested = [model.independence_] if model.independence_ else []
            return FittedModel("orders.spend", model, checks={"independence": tested})
        except FitError as error:
            note = str(error)
    return FittedModel("orders.spend", pooled_spend(_mean_purchase(engine)), f"pooled mean: {note}", stated=True)


def pooled_spend(mean: float) -> GammaGamma:
    """Return the Gamma-Gamma model in which all customers spend alike, so that own history has next to no weight."""
    p, q = 1.0, 1e6
    return GammaGamma.from_parameters([p, q, mean * (q - 1) / p])


def _mean_purchase(engine: Engine) -> float:
    total, count = engine.rows(
        "SELECT SUM(CAST(monetary * frequency + first_amount AS DECIMAL(18,4))), SUM(frequency + 1) FROM order_summary"
    )[0]
    return float(total) / float(count) if count and total > 0 else FREE
