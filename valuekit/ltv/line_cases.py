"""How it can go with a party's contract lines, and the interval of what it is worth by these cases."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from valuekit.ltv.models.observations import Array
from valuekit.ltv.quantiles import exponential_parts, mixture_quantile


def line_deviation(row: Mapping[str, Array]) -> Array:
    """Return the deviation of what the lines bring, by chance: revenue and the cost of a longer time go together."""
    return np.abs(row["net"] * row["l_paid_sd"] - np.abs(row["monthly"]) * row["l_lived_sd"])


@dataclass(frozen=True)
class Cases:
    """How a party's contract lines can go: left at the first renewal, kept throughout, or something between."""

    weights: Array
    means: Array
    deviations: Array

    def interval(self, level: float) -> tuple[Array, Array]:
        """Return both ends, with as much in each tail."""
        columns = self.weights, self.means, self.deviations
        return mixture_quantile(*columns, (1 - level) / 2), mixture_quantile(*columns, (1 + level) / 2)


def line_cases(row: Mapping[str, Array], grows: Array, cost: Array, beside: Array) -> Cases:
    """Each case is normal: prices and cost differ the more the longer the lines run, and all else lies beside."""

    def worth(case: str) -> Array:
        return row["net"] * row[f"l_paid{case}"] + row["monthly"] * row[f"l_lived{case}"]

    mean, worst, best = worth(""), worth("_worst"), worth("_best")
    p_worst, p_best = row["l_worst_chance"], row["l_best_chance"]
    p_between = np.maximum(1 - p_worst - p_best, 0.0)
    some = np.where(p_between > 1e-9, p_between, 1.0)
    between = (mean - p_worst * worst - p_best * best) / some
    square = line_deviation(row) ** 2 + mean**2 - p_worst * worst**2 - p_best * best**2
    own = np.maximum(square / some - between**2, 0.0)
    rest = row["ltv"] - mean
    lived = np.maximum(row["l_lived"], 1e-9)
    longer = [np.minimum(row[f"l_lived_{case}"] / lived, 12.0) for case in ("worst", "best")]
    variances = [
        longer[0] ** 2 * grows + longer[0] * cost + beside,
        longer[1] ** 2 * grows + longer[1] * cost + beside,
        own + grows + cost + beside,
    ]
    return Cases(
        np.array([p_worst, p_best, np.where(p_between > 1e-9, p_between, 0.0)]),
        np.array([worst, best, between]) + rest,
        np.sqrt(np.maximum(variances, 0.0)),
    )


@dataclass(frozen=True)
class Lapsed:
    """How it can go with who pays on after a lapse; `gains` where money without a contract is more than its cost."""

    cases: Cases
    gains: npt.NDArray[np.bool_]

    def interval(self, level: float) -> tuple[Array, Array]:
        """Return both ends: as much in each tail, or from nothing on where nothing alone is more than a tail."""
        nothing, at = self.cases.weights[0], self.cases.means[0]
        from_nothing = nothing >= (1 - level) / 2
        low, high = self.cases.interval(level)
        columns = self.cases.weights, self.cases.means, self.cases.deviations
        least, most = mixture_quantile(*columns, 1 - level), mixture_quantile(*columns, level)
        low = np.where(from_nothing, np.where(self.gains, at, np.minimum(least, at)), low)
        return low, np.where(from_nothing, np.where(self.gains, np.maximum(most, at), at), high)


def lapsed_cases(row: Mapping[str, Array], worth: Array, grows: Array, cost: Array, beside: Array) -> Lapsed:
    """Split the case of leaving at once: nothing comes, or a payment without a contract and exponentially many more."""
    cases = line_cases({**row, "ltv": row["ltv"] - worth}, grows, cost, beside)
    leaves, left = cases.weights[0], cases.means[0]
    some = np.minimum(row["u_chance"], leaves)
    amount = worth / np.maximum(some, 1e-9)
    first = np.minimum(some / np.maximum(row["u_alive"], 1e-9), 1.0)
    parts, within = (values[:, None] * (1 - first) for values in exponential_parts(_PARTS))
    parts = first + parts
    weights = [leaves - some, *np.repeat([some / _PARTS], _PARTS, axis=0), *cases.weights[1:]]
    deviations = np.abs(amount) * np.hypot(within, parts * row["u_error"])
    means = [left, *(left + amount * parts), *cases.means[1:]]
    columns = weights, means, [np.zeros(len(left)), *deviations, *cases.deviations[1:]]
    return Lapsed(Cases(*map(np.array, columns)), worth >= 0)


_PARTS = 8
"""Mapping[str, Array] of equal probability, each taken as normal, by which an exponential amount is described."""
