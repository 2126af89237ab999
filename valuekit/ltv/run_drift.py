"""Are the models of a former run still right? Two runs of a company, model by model."""

from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.errors import ConfigError
from valuekit.ltv import models
from valuekit.ltv.drift import Drift, judged, read_model
from valuekit.ltv.models import GammaGamma, MaximumLikelihood, PurchaseModel, RenewalModel
from valuekit.ltv.models.observations import Array, read_columns

PACKAGE = "valuekit.ltv"

_MODELS: dict[str, type[MaximumLikelihood]] = {
    name: kind
    for name in models.__all__
    if isinstance(kind := getattr(models, name), type) and issubclass(kind, MaximumLikelihood)
}


def compare_runs(
    engine: Engine, then: Mapping[str, str], now: Mapping[str, str], days: tuple[date, date]
) -> dict[str, Drift]:
    """Compare the models that two runs have in common; returns what was found by the name of the model.

    Reads `then` and `now`, the models of each run as JSON by name, and its day in `days`; and of the engine
    `known_then`, `known_now` and `aliases_now` (`buyers` and `party_aliases` of the runs), `checks_then` and
    `checks_now` (their `retention_checks`). New data are what the later run knows; the new fit is its own model.

    - purchases: those of the former run's buyers since, and the likelihood of all buyers of now. Since are as many as
      the later run counts above those that the former one counted: what was returned whole since is taken off.
    - spend: what these purchases came to; the likelihood of the mean repeat purchase of buyers.
    - renewals: how many of those that came up since were refused, and the likelihood of all that ever came up. A curve
      in years that several term lengths share keeps no count of renewals: its parameters alone are compared.

    Raises `ConfigError` where the later run is not later, or no model is in both.
    """
    if not days[0] < days[1]:
        raise ConfigError(
            f"the run of {days[1]} says nothing of models of {days[0]}.", where="drift",
            next_step="Name the earlier run first, then a later one.",
        )  # fmt: skip
    engine.run(PACKAGE, "run_drift.sql", {"then": days[0], "now": days[1]})
    found = dict(_compared(engine, then, now, (days[1] - days[0]).days))
    engine.drop("buyers_then", "buyers_now")
    if not found:
        raise ConfigError("the runs have no model in common.", where="drift", next_step="Name two runs of one company.")
    return found


def _compared(
    engine: Engine, then: Mapping[str, str], now: Mapping[str, str], since: int
) -> Iterator[tuple[str, Drift]]:
    for name in sorted(then.keys() & now.keys()):
        stored, fresh = (read_model(texts[name], name, _MODELS, "model of value") for texts in (then, now))
        if isinstance(stored, PurchaseModel) and isinstance(fresh, PurchaseModel):
            yield name, _purchases(engine, stored, fresh, since)
        elif isinstance(stored, GammaGamma) and isinstance(fresh, GammaGamma):
            yield name, _spend(engine, stored, fresh)
        elif isinstance(stored, RenewalModel) and isinstance(fresh, RenewalModel):
            yield name, _renewals(engine, name, stored, fresh)


def _purchases(engine: Engine, stored: PurchaseModel, fresh: PurchaseModel, since: int) -> Drift:
    before, after = (
        engine.query(f"SELECT * FROM {table} ORDER BY party_id") for table in ("buyers_then", "buyers_now")
    )
    rows, came = _history(before, stored), read_columns(before, ("purchases_since",))["purchases_since"]
    ahead = stored.unit.from_days(since)
    foretold = float(np.sum(stored.expected_purchases(ahead, rows))) if len(before) else 0.0
    deviation = float(np.sqrt(np.sum(stored.purchase_variance(ahead, rows)))) if len(before) else 0.0
    # How regularly a customer buys is not known of these buyers: models that read it have no likelihood here.
    gaps = any("log_gaps" in model.optional for model in (stored, fresh))
    likelihoods = None if gaps or not len(after) else _likelihoods(stored, fresh, after)
    return judged(stored, fresh, "purchases", len(after), likelihoods, (foretold, float(came.sum()), deviation))


def _history(buyers: pa.Table, model: PurchaseModel) -> dict[str, Array]:
    rows = read_columns(buyers, ("frequency", "recency_days", "age_days"))
    day = model.unit.from_days(1.0)
    times = {name: rows[f"{name}_days"] * day for name in ("recency", "age")}
    return {"frequency": rows["frequency"], **times}


def _likelihoods(stored: PurchaseModel, fresh: PurchaseModel, buyers: pa.Table) -> tuple[float, float]:
    """Return both log-likelihoods of a customer, in the unit of the stored model.

    A density of times is that of one unit: another unit adds the logarithm of their ratio for each purchase.
    """
    values = [model.log_likelihood(_history(buyers, model)) / len(buyers) for model in (stored, fresh)]
    repeats = float(read_columns(buyers, ("frequency",))["frequency"].sum()) / len(buyers)
    ratio = float(np.log(stored.unit.from_days(1.0) / fresh.unit.from_days(1.0)))
    return values[0], values[1] - repeats * ratio


def _spend(engine: Engine, stored: GammaGamma, fresh: GammaGamma) -> Drift:
    columns = ("frequency", "monetary", "purchases_since", "amount_since")
    before = read_columns(engine.query(f"SELECT {', '.join(columns)} FROM buyers_then ORDER BY party_id"), columns)
    paid = "SELECT frequency, monetary FROM buyers_now WHERE frequency > 0 AND monetary > 0 ORDER BY party_id"
    rows = read_columns(engine.query(paid), ("frequency", "monetary"))
    bought, mean, times = before["frequency"], before["monetary"], before["purchases_since"]
    foretold = float(np.sum(times * stored.expected_spend(bought, mean)))
    # Purchases of a customer share its unknown mean; what each is worth beside that is its own.
    of_mean, of_one = stored.spend_variance(bought, mean), stored.purchase_spend_variance(bought, mean)
    shared, some, several = times * (times - 1), times > 0, times > 1
    variance = float(np.sum(times[some] * of_one[some]) + np.sum(shared[several] * of_mean[several]))
    count = len(rows["monetary"])
    likelihoods = (stored.log_likelihood(rows) / count, fresh.log_likelihood(rows) / count) if count else None
    came = float(before["amount_since"][some].sum())
    return judged(stored, fresh, "spend", count, likelihoods, (foretold, came, float(np.sqrt(variance))))


def _renewals(engine: Engine, name: str, stored: RenewalModel, fresh: RenewalModel) -> Drift:
    then, now = (_events(engine, table, name) for table in ("checks_then", "checks_now"))
    renewal, met, refused = now
    count = round(fresh.observations_ or 0.0)
    if not len(renewal):
        return judged(stored, fresh, "refusals", count, None, (0.0, 0.0, 0.0))
    # What came up since is the difference of both counts; where the former run kept none, it is not known.
    known = np.isin(renewal, then[0]) | (renewal > np.max(then[0], initial=0.0))
    place = np.searchsorted(then[0], renewal[known])
    counted = np.isin(renewal[known], then[0])
    earlier = [np.where(counted, np.append(values, 0.0)[place], 0.0) for values in then[1:]]
    since, lost = np.maximum(met[known] - earlier[0], 0.0), refused[known] - earlier[1]
    leave = 1 - stored.retention_rate(renewal[known])
    deviation = float(np.sqrt(np.sum(since * leave * (1 - leave))))
    comparison = float(np.sum(since * leave)), float(np.sum(lost)), deviation
    likelihoods = [_renewal_likelihood(model, *now) / max(count, 1) for model in (stored, fresh)]
    return judged(stored, fresh, "refusals", count, (likelihoods[0], likelihoods[1]), comparison)


def _events(engine: Engine, table: str, name: str) -> tuple[Array, Array, Array]:
    """Return each renewal that somebody met, how many met it, and how many refused: their share is Kaplan-Meier's."""
    columns = ("renewal", "at_risk", "kaplan_meier")
    found = engine.query(
        f"SELECT {', '.join(columns)} FROM {table} WHERE model = $name ORDER BY renewal", {"name": name}
    )
    rows = read_columns(found, columns)
    before = np.append(1.0, rows["kaplan_meier"])[:-1]
    stays = np.divide(rows["kaplan_meier"], before, out=np.ones(len(before)), where=before > 0)
    return rows["renewal"], rows["at_risk"], np.round(rows["at_risk"] * (1 - stays))


def _renewal_likelihood(model: RenewalModel, renewal: Array, met: Array, refused: Array) -> float:
    """Return the log-likelihood of renewals that came up, one by one: each was taken or refused."""
    stay = np.clip(model.retention_rate(renewal), 1e-300, 1 - 1e-15)
    return float(np.sum(refused * np.log1p(-stay) + (met - refused) * np.log(stay)))
