"""Where the weights of matching come from: levels of agreement counted over pairs that are known to be one, and not.

Writes valuekit/identity/weights.json. Simulated companies of the seeds below, and half of the clusters of the labelled
historical persons; `measure.py` judges on other seeds and on the other half.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from labelled import PERSONS, company, persons

from valuekit.engine import Engine
from valuekit.engine.steps import Step, parse_steps
from valuekit.identity import SHARED_DOMAINS
from valuekit.identity.comparisons import COMPARISONS
from valuekit.identity.matching import score
from valuekit.identity.resolve import list_keys

SEEDS = (11, 12)
CUSTOMERS = 4_000
TRUE_PAIRS, RANDOM_PAIRS = 50_000, 1_000_000
LEAST_M, LEAST_U = 0.001, 1e-6
"""A level that was never seen is not impossible."""

JUDGED = {
    ("address", "typo"): (0.02, 1e-5),
    ("address", "mailbox"): (0.03, 0.0),
    ("address", "different"): (0.20, 0.0),
    ("phone", "same"): (0.0, 1e-4),
    ("phone", "different"): (0.25, 0.0),
    ("tax_id", "same"): (0.0, 1e-5),
    ("tax_id", "typo"): (0.02, 1e-5),
    ("tax_id", "different"): (0.03, 0.0),
    ("born_on", "year"): (0.01, 0.0),
    ("born_on", "different"): (0.02, 0.0),
    ("name", "typo"): (0.0, 2e-5),
}
"""Least (m, u) where the data are cleaner than life, by judgment: people have two phones and two addresses, and share
the phone of their house; numbers are mistyped. These floors were set before anything was measured."""

WEIGHTS = Path(__file__).parents[2] / "valuekit" / "identity" / "weights.json"
Counts = dict[str, Counter]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, help="folder of the labelled sets")
    folder = parser.parse_args().shared
    samples = [counted(company(CUSTOMERS, seed)) for seed in SEEDS]
    samples.append(counted(persons(folder, PERSONS[1], half=0)))
    weights = {
        c.name: {level.key: [_mean(samples, 0, c.name, level.key), _mean(samples, 1, c.name, level.key)]
                 for level in c.levels}
        for c in COMPARISONS
    }  # fmt: skip
    origin = (
        f"Counted by experiments/2026-11-21-identity/train.py: simulated companies of {CUSTOMERS} customers with seeds "
        f"{', '.join(map(str, SEEDS))}, and half of the clusters of {PERSONS[1]}; with floors by judgment. "
        "[m, u] of each level."
    )
    WEIGHTS.write_text(json.dumps({"origin": origin, "weights": weights}, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(weights, indent=1))


def counted(engine: Engine) -> tuple[Counts, Counts]:
    """Count the levels of agreement of pairs that are one party, and of random pairs that are not."""
    profile(engine)
    engine.run_steps(steps(), {"most": TRUE_PAIRS, "draws": RANDOM_PAIRS})
    return levels(engine, "same_pairs"), levels(engine, "random_pairs")


def profile(engine: Engine) -> None:
    """Make a profile of every record, as if no exact key had joined any."""
    list_keys(engine)
    engine.execute("CREATE TABLE identity_cores AS SELECT code, code AS first FROM identity_records")
    engine.run("valuekit.identity", "profiles.sql", {"shared_domains": list(SHARED_DOMAINS), "most_shared": 50})


def steps() -> tuple[Step, ...]:
    return parse_steps((Path(__file__).parent / "train.sql").read_text(encoding="utf-8"), "train.sql")


def levels(engine: Engine, pairs: str) -> Counts:
    """Count the levels of each comparison over the pairs of a table; missing values are left out."""
    engine.execute(f"CREATE OR REPLACE TABLE identity_pairs AS SELECT * FROM {pairs}")
    score(engine, 0)
    found: Counts = {}
    for c in COMPARISONS:
        rows = engine.rows(f"SELECT gamma_{c.name}, COUNT(*) FROM identity_scored GROUP BY ALL ORDER BY ALL")
        found[c.name] = Counter({c.levels[len(c.levels) - 1 - gamma].key: n for gamma, n in rows if gamma >= 0})
    return found


def _mean(samples: list[tuple[Counts, Counts]], side: int, comparison: str, key: str) -> float:
    """The mean share of a level over the samples that say anything of the comparison."""
    least = max((LEAST_M, LEAST_U)[side], JUDGED.get((comparison, key), (0.0, 0.0))[side])
    counts = [s[side][comparison] for s in samples if s[side][comparison].total() > 0]
    shares = [c[key] / c.total() for c in counts]
    return float(f"{max(sum(shares) / max(len(shares), 1), least):.3g}")


if __name__ == "__main__":
    main()
