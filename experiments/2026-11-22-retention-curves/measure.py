"""Which curve foresees who renews: five years known, seven ahead, on two published cohorts.

Of 1,000 customers, those alive in each year from 0 to 12: Fader and Hardie (2007), Journal of Interactive Marketing
21(1), after Berry and Linoff (2004). Prints a report and, unless --no-tracking, records it in MLflow.
"""

import argparse
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np

from valuekit.ltv.models import BetaDiscreteWeibull, RenewalModel, ShiftedBetaGeometric
from valuekit.tracking import record_study

STUDY = Path(__file__).parent.name
COHORTS = {
    "regular": (1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173),
    "high_end": (1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394),
}
KNOWN = 5
"""Renewals that are known; seven are ahead. Four are what Fader et al. (2018) calibrate on."""


def main() -> None:
    """Fit, foretell, print."""
    arguments = _arguments()
    measured = {name: measure(alive, arguments.known) for name, alive in COHORTS.items()}
    print(json.dumps(measured, indent=2, default=float))
    if not arguments.no_tracking:
        numbers = {
            f"{cohort}.{model}.{name}": float(value)
            for cohort, models in measured.items()
            for model, found in models.items()
            for name, value in found.items()
            if isinstance(value, int | float)
        }
        record_study(STUDY, {"known_renewals": arguments.known}, numbers)


def measure(alive: tuple[int, ...], known: int) -> dict[str, dict[str, Any]]:
    """Compare both models and the plain rules on one cohort."""
    later = np.array(alive[known + 1 :], float)
    ahead = np.arange(known + 1, len(alive))
    rows = renewals_of(alive[: known + 1])
    found = {
        "sbg": _model(ShiftedBetaGeometric().fit(rows), alive, known),
        "bdw": _model(BetaDiscreteWeibull().fit(rows), alive, known),
    }
    last, mean = alive[known] / alive[known - 1], (alive[known] / alive[0]) ** (1 / known)
    for name, rate in {"last rate goes on": last, "mean rate goes on": mean}.items():
        found[name] = _judged(alive[known] * rate ** (ahead - known), later)
    return found


def renewals_of(alive: tuple[int, ...]) -> dict[str, list[int]]:
    """Return grouped rows of a cohort: who left at each renewal, and who is still there at the end."""
    left = [before - after for before, after in itertools.pairwise(alive)]
    return {
        "renewals": [*range(len(left)), len(left)],
        "churned": [1] * len(left) + [0],
        "weight": [*left, alive[-1]],
    }


def _model(model: RenewalModel, alive: tuple[int, ...], known: int) -> dict[str, Any]:
    foretold = alive[0] * model.survival(np.arange(known + 1, len(alive)))
    fitted = {"parameters": model.parameters_, "log_likelihood": model.log_likelihood_, "bic": model.bic_}
    return fitted | _judged(np.asarray(foretold), np.array(alive[known + 1 :], float))


def _judged(foretold: np.ndarray, later: np.ndarray) -> dict[str, Any]:
    return {
        "foretold": foretold.round(0).tolist(),
        "actual": later.tolist(),
        "alive_at_the_end_error": float(foretold[-1] / later[-1] - 1),
        "years_of_customers_error": float(foretold.sum() / later.sum() - 1),
        "mean_absolute_error": float(np.abs(foretold - later).mean()),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--known", type=int, default=KNOWN, help="renewals that are known")
    parser.add_argument("--no-tracking", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
