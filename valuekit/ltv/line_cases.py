"""How it can go with a party's contract lines, or money without one, and the interval of its worth by these cases."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from valuekit.ltv.models.observations import Array
from valuekit.ltv.quantiles import exponential_parts, mixture_quantile
from valuekit.ltv.stopping import Rows, stopping_rate, time_unevenness, times_until

_PARTS = 8
"""Parts of equal probability, each taken as normal, by which an exponential amount is described."""

_FEW_PARTS = 2
"""Where it is one case of many."""


def line_deviation(row: Mapping[str, Array]) -> Array:
    """Return the deviation of what the lines bring, by chance: revenue and the cost of a longer time go together."""
    return np.abs(row["net"] * row["l_paid_sd"] - np.abs(row["monthly"]) * row["l_lived_sd"])


def growth_variances(row: Mapping[str, Array]) -> tuple[Array, Array]:
    """Return the variance by what a party pays of its prices and by its own growth of them, and by that of chance."""
    unsure, own, chance = (
        (row["net"] * row[f"l_{name}"]) ** 2 for name in ("unsure", "own_growth", "chance_of_growth")
    )
    return unsure + own, chance


def saved_by_most(mean: Array, variance: Array) -> Array:
    """Return what half of like customers cost less than in the mean, at least: few cost far more.

    It is the distance of a gamma distribution's mean from its median, as Wilson and Hilferty (1931), The distribution
    of chi-square, approximate it.

    >>> saved_by_most(np.array([100.0, 100.0]), np.array([0.0, 10_000.0])).round(1)  # the second median is 69.3
    array([ 0. , 29.8])
    """
    uneven = np.divide(variance, 9 * mean**2, out=np.zeros(len(mean)), where=mean > 0)
    return np.asarray(mean * (1 - np.maximum(1 - uneven, 0.0) ** 3))


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


def line_cases(row: Mapping[str, Array], cost: Array, beside: Array, mean_cost: Array | float = 0.0) -> Cases:
    """Each case is normal: prices and cost differ the more the longer the lines run, and all else lies beside.

    What is not known of retention lies in no case: it says how likely each is, and that is taken at its mean. Nor does
    the growth of prices lie in the first one, for it begins with a renewal. `mean_cost` is the variance by the mean
    cost of all, at the mean time. Cases lie where the cost of most customers has them: `saved` above the mean's, in the
    mean time.
    """

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
    own_growth, by_chance = growth_variances(row)
    steady = own_growth + (row["net"] * row["l_by_growth"]) ** 2 + mean_cost
    rest = row["ltv"] - mean
    weights, means = [p_worst], [worst + rest + longer[1] * row["saved"]]
    variances = [longer[1] ** 2 * mean_cost + longer[1] * cost + beside]
    kept = np.where(p_between > 1e-9, p_between, 0.0)
    for weight, at, months, farther, others in (
        (p_best, best, lived[2], longer[2], 0.0),
        (kept, between, np.clip(of_between(*lived), 0.0, lived[2]), longer[0], own),
    ):
        stays = np.exp(-row["l_changes"] * months / 12)
        moves = np.maximum(1 - stays, 1e-9)
        grown = row["net"] * (row["l_paid"] - row["l_flat"]) * farther
        weights += [weight * stays, weight * (1 - stays)]
        usual = at + rest + farther * row["saved"]
        means += [usual - grown, usual + grown * stays / moves]
        unchanged = farther**2 * steady + farther * cost + beside + others
        jumps = np.maximum(farther**2 * by_chance - grown**2 * stays / moves, 0.0)
        variances += [unchanged, unchanged + jumps / moves]
    return Cases(np.array(weights), np.array(means), np.sqrt(np.maximum(variances, 0.0)))


@dataclass(frozen=True)
class FromNothing:
    """Cases of which the first is nothing; `gains` where money without a contract is more than its cost.

    Where nothing is not `apart`, as it is one end among others, or is not known exactly, it is a case like all.
    """

    cases: Cases
    gains: npt.NDArray[np.bool_]
    apart: npt.NDArray[np.bool_] | np.bool_ = np.True_

    def interval(self, level: float) -> tuple[Array, Array]:
        """Return both ends: as much in each tail, or from nothing on where the quantile of the tail is nothing.

        What lies before nothing, less than a tail, is then left out, so the other end lies so much farther.
        """
        low, high = self.cases.interval(level)
        tail = (1 - level) / 2
        rows = np.flatnonzero(self.apart & (self.cases.weights[0] >= tail))
        before = self._before(rows)
        rows, before = rows[before < tail], before[before < tail]
        at, gains, ahead = self.cases.means[0, rows], self.gains[rows], np.minimum(level + before, 1 - tail)
        most = mixture_quantile(*self._columns(rows), np.where(gains, ahead, 1 - ahead))
        low[rows], high[rows] = np.where(gains, at, np.minimum(most, at)), np.where(gains, np.maximum(most, at), at)
        return low, high

    def _before(self, rows: Rows) -> Array:
        """Probability of less than nothing; of more than it, where money without a contract is less than its cost."""
        weights, means, deviations = (values[1:] for values in self._columns(rows))
        farther = np.where(self.gains[rows], 1, -1) * (self.cases.means[0, rows] - means) / np.maximum(deviations, 1e-6)
        return np.asarray((weights * ndtr(farther)).sum(axis=0))

    def _columns(self, rows: Rows) -> tuple[Array, Array, Array]:
        return self.cases.weights[:, rows], self.cases.means[:, rows], self.cases.deviations[:, rows]


def leaving_cases(
    row: Mapping[str, Array], worth: Array, cost: Array, beside: Array, mean_cost: Array | float = 0.0
) -> FromNothing:
    """Split the case of leaving at the first renewal: nothing comes after it, or as much a month until it stops.

    The longer before the horizon a customer leaves, the more comes, and who stays throughout has none of it; who leaves
    in between has its mean and variance. Nothing is apart where it is sure to leave, and all before that is known.
    """
    time_left = row["l_lived_best"] - row["l_lived"]
    there = np.where(time_left > 1e-9, worth, 0.0)  # where no line is left within the horizon, it lies in all cases
    lines = line_cases({**row, "ltv": row["ltv"] - there}, cost, beside, mean_cost)
    at_once, later, variance = _after_leaving(row, there, np.maximum(time_left, 1e-9))
    means, variances = lines.means[1:].copy(), lines.deviations[1:] ** 2
    means[_BETWEEN:] += later
    variances[_BETWEEN:] += variance
    cases = Cases(
        np.vstack([lines.weights[0] * at_once.weights, lines.weights[1:]]),
        np.vstack([lines.means[0] + at_once.means, means]),
        np.vstack([np.hypot(lines.deviations[0], at_once.deviations), np.sqrt(variances)]),
    )
    sure = (row["l_worst_chance"] > 1 - 1e-9) & (lines.deviations[0] < _KNOWN)
    return FromNothing(cases, worth >= 0, sure)


def _after_leaving(row: Mapping[str, Array], worth: Array, time_left: Array) -> tuple[Cases, Array, Array]:
    """Return what comes after leaving at the first renewal, by cases, and mean and variance of it after any later one.

    It is shared out by the time left of the horizon, and comes in each case with the same probability.
    """
    at_first, p_first = row["l_lived_best"] - row["l_lived_worst"], row["l_worst_chance"]
    p_between = 1 - p_first - row["l_best_chance"]
    some = p_between > 1e-9
    first = np.where(some, np.minimum(p_first * at_first / time_left, 1.0), 1.0)
    alive = np.minimum(row["u_alive"] / time_left, 1.0)
    chance = np.clip(np.maximum(row["u_chance"] / np.maximum(row["u_leaves"], 1e-9), alive), 1e-6, 1.0)
    own = worth * first / np.maximum(p_first, 1e-9)
    party = {"ltv": own, "u_alive": alive * at_first, "u_chance": chance, "u_error": row["u_error"]}
    party |= {"whole": np.maximum(at_first, 1e-9) / 12}
    at_once = paying_cases(party, own, np.zeros(len(own)), _PARTS if row["ends"][0] > 0 else _FEW_PARTS).cases
    later = worth * (1 - first) / np.where(some, p_between, 1.0)
    uneven = time_unevenness(stopping_rate(alive / chance)) / chance - 1 + row["u_error"] ** 2
    return at_once, later, later**2 * uneven


_BETWEEN = 2
"""The first case of leaving later, after those of staying throughout."""


_KNOWN = 0.005
"""What is known to half a cent is known."""


def lapsed_cases(
    row: Mapping[str, Array], worth: Array, cost: Array, beside: Array, mean_cost: Array | float = 0.0
) -> FromNothing:
    """Split the case of leaving at once: nothing comes, or a payment without a contract and exponentially many more.

    What is owed comes in each (`owed_or_not` splits them); what else lies beside lines (cost that grows with prices)
    comes with signing alone.
    """
    mean = row["net"] * row["l_paid"] + row["monthly"] * row["l_lived"]
    cases = line_cases({**row, "ltv": mean + row["owed"]}, cost, beside, mean_cost)
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


def paying_cases(row: Mapping[str, Array], worth: Array, beside: Array, parts: int = _PARTS) -> FromNothing:
    """Split money without a contract: nothing comes, or as much each month until it stops or the horizon ends.

    What lies `beside` comes with the time, as cost does: it is that of the mean time, in which most cost `saved` less.
    """
    chance = np.clip(row["u_chance"], 1e-9, 1.0)
    rate = stopping_rate(row["u_alive"] / (12 * row["whole"] * chance))
    times, within = times_until(rate, parts)
    stops = -np.expm1(-rate)
    whole = worth / chance * rate / stops
    part = np.where(row["u_chance"] > 0, chance * stops / parts, 0.0)
    weights = [1 - row["u_chance"], *np.repeat([part], parts, axis=0), row["u_chance"] * (1 - stops)]
    rest = row["ltv"] - worth
    amounts = np.vstack([np.zeros((1, len(rest))), times, np.ones((1, len(rest)))])
    within = np.pad(within, ((1, 1), (0, 0)))
    longer = np.minimum(amounts * 12 * row["whole"] / np.maximum(row["u_alive"], 1e-9), 12.0)
    deviations = np.sqrt(whole**2 * (within**2 + (amounts * row["u_error"]) ** 2) + longer * beside)
    means = rest + whole * amounts + longer * row.get("saved", 0.0)
    return FromNothing(Cases(np.array(weights), means, deviations), worth >= 0)


def owed_or_not(row: Mapping[str, Array], found: FromNothing) -> FromNothing:
    """Split each case, which has what is owed at its mean, in two where it is not sure: nothing of it comes, or all."""
    cases, owed, chance = found.cases, row["owed"], row["owed_chance"]
    split = chance < 1
    if not split.any():
        return found
    missed, less = np.where(split, 1 - chance, 1.0), np.where(split, owed, 0.0)
    weights = np.vstack([missed * cases.weights, (1 - missed) * cases.weights])
    means = np.vstack([cases.means - less, cases.means - owed + owed / chance])
    return replace(found, cases=Cases(weights, means, np.vstack([cases.deviations, cases.deviations])))
