"""How it can go with a party's contract lines, or money without one, and the interval of its worth by these cases."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from valuekit.ltv.models.observations import Array
from valuekit.ltv.quantiles import exponential_parts, mixture_quantile
from valuekit.ltv.stopping import stopping_rate, times_until


def line_deviation(row: Mapping[str, Array]) -> Array:
    """Return the deviation of what the lines bring, by chance: revenue and the cost of a longer time go together."""
    return np.abs(row["net"] * row["l_paid_sd"] - np.abs(row["monthly"]) * row["l_lived_sd"])


def growth_variances(row: Mapping[str, Array]) -> tuple[Array, Array]:
    """Return the variance by what a party pays of its prices and by its own growth of them, and by that of chance."""
    unsure, own, chance = (
        (row["net"] * row[f"l_{name}"]) ** 2 for name in ("unsure", "own_growth", "chance_of_growth")
    )
    return unsure + own, chance


@dataclass(frozen=True)
class Cases:
    """How a party's contract lines can go: left at the first renewal, kept throughout, or something between.

    The last two are apart by whether a price changes: most do not, so those that do change by more than a normal
    distribution of the same variance would have it.
    """

    weights: Array
    means: Array
    deviations: Array

    def interval(self, level: float) -> tuple[Array, Array]:
        """Return both ends, with as much in each tail."""
        columns = self.weights, self.means, self.deviations
        return mixture_quantile(*columns, (1 - level) / 2), mixture_quantile(*columns, (1 + level) / 2)


def line_cases(row: Mapping[str, Array], cost: Array, beside: Array) -> Cases:
    """Each case is normal: prices and cost differ the more the longer the lines run, and all else lies beside."""

    def worth(case: str) -> Array:
        return row["net"] * row[f"l_paid{case}"] + row["monthly"] * row[f"l_lived{case}"]

    mean, worst, best = worth(""), worth("_worst"), worth("_best")
    p_worst, p_best = row["l_worst_chance"], row["l_best_chance"]
    p_between = np.maximum(1 - p_worst - p_best, 0.0)
    some = np.where(p_between > 1e-9, p_between, 1.0)

    def of_between(all_cases: Array, in_worst: Array, in_best: Array) -> Array:
        return (all_cases - p_worst * in_worst - p_best * in_best) / some

    between = of_between(mean, worst, best)
    own = np.maximum(of_between(line_deviation(row) ** 2 + mean**2, worst**2, best**2) - between**2, 0.0)
    lived = [row[f"l_lived{case}"] for case in ("", "_worst", "_best")]
    longer = [np.minimum(months / np.maximum(lived[0], 1e-9), 12.0) for months in lived]
    steady, by_chance = growth_variances(row)
    rest = row["ltv"] - mean
    weights, means = [p_worst], [worst + rest]
    variances = [longer[1] ** 2 * steady + longer[1] * cost + beside]
    kept = np.where(p_between > 1e-9, p_between, 0.0)
    for weight, at, months, farther, others in (
        (p_best, best, lived[2], longer[2], 0.0),
        (kept, between, np.clip(of_between(*lived), 0.0, lived[2]), longer[0], own),
    ):
        stays = np.exp(-row["l_changes"] * months / 12)
        moves = np.maximum(1 - stays, 1e-9)
        grown = row["net"] * (row["l_paid"] - row["l_flat"]) * farther
        weights += [weight * stays, weight * (1 - stays)]
        means += [at + rest - grown, at + rest + grown * stays / moves]
        unchanged = farther**2 * steady + farther * cost + beside + others
        jumps = np.maximum(farther**2 * by_chance - grown**2 * stays / moves, 0.0)
        variances += [unchanged, unchanged + jumps / moves]
    return Cases(np.array(weights), np.array(means), np.sqrt(np.maximum(variances, 0.0)))


@dataclass(frozen=True)
class FromNothing:
    """Cases of which the first is nothing; `gains` where money without a contract is more than its cost."""

    cases: Cases
    gains: npt.NDArray[np.bool_]

    def interval(self, level: float) -> tuple[Array, Array]:
        """Return both ends: as much in each tail, or from nothing on where the quantile of the tail is nothing.

        What lies before nothing, less than a tail, is then left out, so the other end lies so much farther.
        """
        nothing, at = self.cases.weights[0], self.cases.means[0]
        tail, before = (1 - level) / 2, self._before()
        from_nothing = (nothing >= tail) & (before < tail)
        low, high = self.cases.interval(level)
        ahead = np.minimum(level + before, 1 - tail)
        most = mixture_quantile(*self._columns(), np.where(self.gains, ahead, 1 - ahead))
        low = np.where(from_nothing, np.where(self.gains, at, np.minimum(most, at)), low)
        return low, np.where(from_nothing, np.where(self.gains, np.maximum(most, at), at), high)

    def _before(self) -> Array:
        """Probability of less than nothing; of more than it, where money without a contract is less than its cost."""
        weights, means, deviations = (values[1:] for values in self._columns())
        farther = np.where(self.gains, 1, -1) * (self.cases.means[0] - means) / np.maximum(deviations, 1e-6)
        return np.asarray((weights * ndtr(farther)).sum(axis=0))

    def _columns(self) -> tuple[Array, Array, Array]:
        return self.cases.weights, self.cases.means, self.cases.deviations


def lapsed_cases(row: Mapping[str, Array], worth: Array, cost: Array, beside: Array) -> FromNothing:
    """Split the case of leaving at once: nothing comes, or a payment without a contract and exponentially many more.

    What is owed comes in each (`owed_or_not` splits them); what else lies beside lines (cost that grows with prices)
    comes with signing alone.
    """
    mean = row["net"] * row["l_paid"] + row["monthly"] * row["l_lived"]
    cases = line_cases({**row, "ltv": mean + row["owed"]}, cost, beside)
    leaves, left = cases.weights[0], cases.means[0]
    signs, lies_beside = 1 - leaves, row["ltv"] - worth - mean - row["owed"]
    signed = cases.means[1:] + np.where(signs > 1e-6, lies_beside / np.maximum(signs, 1e-6), 0.0)
    some = np.minimum(row["u_chance"], leaves)
    amount = worth / np.maximum(some, 1e-9)
    first = np.minimum(some / np.maximum(row["u_alive"], 1e-9), 1.0)
    parts, within = (values[:, None] * (1 - first) for values in exponential_parts(_PARTS))
    parts = first + parts
    weights = [leaves - some, *np.repeat([some / _PARTS], _PARTS, axis=0), *cases.weights[1:]]
    deviations = np.abs(amount) * np.hypot(within, parts * row["u_error"])
    means = [left, *(left + amount * parts), *signed]
    columns = weights, means, [np.zeros(len(left)), *deviations, *cases.deviations[1:]]
    return FromNothing(Cases(*map(np.array, columns)), worth >= 0)


def paying_cases(row: Mapping[str, Array], worth: Array, beside: Array) -> FromNothing:
    """Split money without a contract: nothing comes, or as much each month until it stops or the horizon ends."""
    chance = np.clip(row["u_chance"], 1e-9, 1.0)
    rate = stopping_rate(row["u_alive"] / (12 * row["whole"] * chance))
    times, within = times_until(rate, _PARTS)
    stops = -np.expm1(-rate)
    whole = worth / chance * rate / stops
    part = np.where(row["u_chance"] > 0, chance * stops / _PARTS, 0.0)
    weights = [1 - row["u_chance"], *np.repeat([part], _PARTS, axis=0), row["u_chance"] * (1 - stops)]
    rest = row["ltv"] - worth
    amounts = np.vstack([np.zeros((1, len(rest))), times, np.ones((1, len(rest)))])
    within = np.pad(within, ((1, 1), (0, 0)))
    deviations = np.sqrt(whole**2 * (within**2 + (amounts * row["u_error"]) ** 2) + beside)
    return FromNothing(Cases(np.array(weights), rest + whole * amounts, deviations), worth >= 0)


def owed_or_not(row: Mapping[str, Array], found: FromNothing) -> FromNothing:
    """Split each case, which has what is owed at its mean, in two where it is not sure: nothing of it comes, or all."""
    cases, owed, chance = found.cases, row["owed"], row["owed_chance"]
    split = chance < 1
    if not split.any():
        return found
    missed, less = np.where(split, 1 - chance, 1.0), np.where(split, owed, 0.0)
    weights = np.vstack([missed * cases.weights, (1 - missed) * cases.weights])
    means = np.vstack([cases.means - less, cases.means - owed + owed / chance])
    return FromNothing(Cases(weights, means, np.vstack([cases.deviations, cases.deviations])), found.gains)


_PARTS = 8
"""Parts of equal probability, each taken as normal, by which an exponential amount is described."""
