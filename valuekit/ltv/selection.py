"""The choice among forecasters: by how far each was off at several origins, and whether that is more than chance."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import floor, log10
from typing import Any

import numpy as np
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.errors import ConfigError, FitError, UnknownNameError
from valuekit.ltv.backtest import MODELS, Backtest, backtest_lines, fitted_model
from valuekit.ltv.models.observations import Array
from valuekit.ltv.origins import model_names
from valuekit.ltv.purchases import reads_gaps
from valuekit.ltv.summary import Unmatched
from valuekit.ltv.titles import title

CANDIDATES = (*MODELS, "mbg_cnbd_k")
"""Models among which a run chooses."""

BEYOND_CHANCE = 2
"""Standard errors by which a model must lead to be preferred: by chance alone, one in twenty does at most."""

MATTERS = 0.001
"""A lead of a smaller share of the loss is none."""

LONGEST_DAYS = 365
ORIGINS = 3


@dataclass(frozen=True)
class Choice:
    """The model to take: the first in the order of preference that is not behind the lowest loss by more than chance.

    `table`: model, `loss` (mean squared error of a customer's purchases), `behind` (loss less the lowest),
    `standard_error` (of `behind`, over customers, whose errors at several origins count as one) and `origins`.
    More than chance is more than two of these errors.
    """

    best: str
    table: pa.Table

    def __str__(self) -> str:
        """Say who is best, and by how much."""
        rows = self.table.to_pylist()
        if len(rows) < 2:
            return f"{title(self.best)} is the only candidate"
        own = next(row for row in rows if row["model"] == self.best)
        # Whom to compare with: the closest, or the next one where that is the model taken; and who of both is behind.
        other, behind = (rows[1], rows[1]) if own is rows[0] else (rows[0], own)
        best, name = title(self.best), title(other["model"])
        lead, error = (_shown(behind[column], rows) for column in ("behind", "standard_error"))
        loss = f"the squared error of a customer's purchases is {_shown(own['loss'], rows)}"
        if behind["behind"] <= MATTERS * rows[0]["loss"]:
            return f"{best} is taken, and {name} is as good: {loss}, with no more than {MATTERS:.1%} between them"
        if own is not rows[0]:
            limit = f"no more than {BEYOND_CHANCE} standard errors (of {error})"
            return f"{best} is kept: {loss}, and that of {name} {lead} less, which is {limit}"
        return f"{best} is best: {loss}, {lead} less than with {name} (standard error {error})"


def _shown(value: float, rows: Sequence[Mapping[str, Any]]) -> str:
    """Write a number with as many places as tell a lead that matters, four at least."""
    lowest = rows[0]["loss"]
    return f"{value:.{max(4, 3 - floor(log10(lowest))) if lowest > 0 else 4}f}"


def select(backtest: Backtest, models: str | Sequence[str] | None = None) -> Choice:
    """Choose the model whose purchases were closest to reality over all origins, and say by how much.

    Reads a backtest; `models` are those to choose among (or one), the preferred first (default: all, those of
    `CANDIDATES` before others). A model that could not foretell at some origin is no candidate. Of models that lead by
    no more than two standard errors of the lead, or by next to nothing, the preferred one is kept. Losses are compared
    customer by customer, so that the error is that of their difference: the test of Diebold and Mariano (1995),
    Comparing predictive accuracy, Journal of Business and Economic Statistics 13(3), with customers for periods.
    Raises `FitError` where no model foretold at every origin, `UnknownNameError` for a model that is not in the
    backtest, `ConfigError` for anything but a backtest.
    """
    if not isinstance(backtest, Backtest):
        raise ConfigError(
            f"a {type(backtest).__name__} is no backtest.", next_step="Give what backtest_orders returns."
        )
    if models is not None:
        models = _of_backtest(models, backtest)
    losses = dict(_losses(backtest.forecasts, models))
    origins = max((count for count, _ in losses.values()), default=0)
    whole = {name: by_customer for name, (count, by_customer) in losses.items() if count == origins}
    if not whole:
        raise FitError("no model foretold at every origin.", next_step="Start at a later origin.")
    means = {name: float(np.mean(loss)) for name, loss in whole.items()}
    closest = min(sorted(means), key=lambda name: means[name])
    scale = {name: len(loss) for name, loss in whole.items()}
    rows = [
        {
            "model": name,
            "loss": means[name],
            "behind": means[name] - means[closest],
            "standard_error": float(np.std(whole[name] - whole[closest], ddof=1) / np.sqrt(scale[name])),
            "origins": origins,
        }
        for name in sorted(means, key=lambda n: (means[n], n))
    ]
    return Choice(_preferred(rows, models or CANDIDATES), pa.Table.from_pylist(rows, schema=_CHOICE))


def _of_backtest(models: str | Sequence[str], backtest: Backtest) -> Sequence[str]:
    """Return the names as a list; refuse one that the backtest has not."""
    names, known = model_names(models), sorted({*backtest.scores["model"].to_pylist()})
    for name in names:
        if name not in known:
            raise UnknownNameError("model of the backtest", name, known)
    return names


def _preferred(rows: Sequence[Mapping[str, Any]], models: Sequence[str]) -> str:
    """Return the first of the models, others by name after them, whose loss is as good as the lowest."""
    lowest = rows[0]["loss"]
    good = {
        row["model"] for row in rows if row["behind"] <= max(BEYOND_CHANCE * row["standard_error"], MATTERS * lowest)
    }
    return next(str(name) for name in (*models, *sorted(good)) if name in good)


_CHOICE = pa.schema(
    [("model", pa.string()), ("loss", pa.float64()), ("behind", pa.float64()), ("standard_error", pa.float64()),
     ("origins", pa.int64())]
)  # fmt: skip


def _losses(forecasts: pa.Table, models: Sequence[str] | None) -> Iterator[tuple[str, tuple[int, Array]]]:
    """Yield each model's number of origins, and the mean squared error of each customer over its origins."""
    names = np.asarray(forecasts["model"].to_pylist(), dtype=object)
    customers, code = np.unique(np.asarray(forecasts["customer"].to_pylist(), dtype=object), return_inverse=True)
    error = (forecasts["purchases"].to_numpy() - forecasts["actual_purchases"].to_numpy()) ** 2
    origin = forecasts["origin"].cast(pa.int32()).to_numpy()
    for name in sorted(set(names.tolist())):
        if models is None or name in models:
            of = names == name
            count = np.bincount(code[of], minlength=len(customers))
            total = np.bincount(code[of], weights=error[of], minlength=len(customers))
            yield name, (len(np.unique(origin[of])), (total / np.maximum(count, 1))[count > 0])


def choose_model(engine: Engine, unit: str, as_of: date, unmatched_returns: Unmatched = "reduce") -> tuple[str, str]:
    """Return the name of the model of purchases that foretold best at three origins, and a note that says by how much.

    Reads the view `order_lines`. The default is kept unless another is better by more than chance (`select`). Periods
    of a fifth of the time of the orders are foretold, a year at most. The first of `CANDIDATES` is taken where the
    orders are too few to say.
    """
    first: date | None = engine.scalar("SELECT MIN(day) FROM order_lines")
    days = min((as_of - first).days // (ORIGINS + 2), LONGEST_DAYS) if first else 0
    fitted = {name: fitted_model(name, unit) for name in CANDIDATES}
    try:
        tested = backtest_lines(
            engine,
            origins=ORIGINS,
            days=max(days, 1),
            candidates=fitted,
            unit=unit,
            unmatched_returns=unmatched_returns,
            log_gaps=any(map(reads_gaps, CANDIDATES)),
        )
        choice = select(tested)
    except (ConfigError, FitError) as error:
        return CANDIDATES[0], f"not chosen by a backtest: {error.what}"
    return choice.best, str(choice)
