"""Write beta_geometric.json: BG/NBD, MBG/NBD and their regular kin at 60 digits, over a grid of extremes.

python tests/golden/beta_geometric_grid.py       # needs mpmath, which the project itself does not

Everything is computed from the definitions by other ways than the models': sums over purchases instead of integrals
(Fader, Hardie and Lee 2005; Platzer and Reutterer 2016), and the hypergeometric closed form at 60 digits.
"""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

mp: Any = None  # loaded in main: pytest reads this file too, and need not have mpmath
SHAPES = ((1e-3, 0.5), (0.243, 4.414), (64.0, 7721.0), (1e3, 1e2))
DROPOUTS = ((0.01, 0.01), (0.79, 2.43), (1.0, 1e3), (1e3, 10.0))
HISTORIES = ((0, 0.0, 39.0), (2, 30.43, 38.86), (45, 20.0, 52.0), (2000, 99_990.0, 1e5), (2000, 99_000.0, 1e5))
AHEAD = (1.0, 520.0)
MOST_EVENTS = 3000


def endings(r, alpha, a, b, x, recency, age, tosses, k):
    """Weights of being alive after j unseen events, and of having dropped out; without the times between purchases."""
    common = mp.rgamma(r) * alpha**r
    alive = [
        common * mp.gamma(r + k * x + j) / mp.factorial(j) * (age - recency) ** j / (alpha + age) ** (r + k * x + j)
        * mp.beta(a, b + x + tosses) / mp.beta(a, b)
        for j in range(k)
    ]  # fmt: skip
    if x + tosses == 0:
        return alive, mp.mpf(0)
    gone = mp.gamma(r + k * x) / (alpha + recency) ** (r + k * x)
    return alive, common * gone * mp.beta(a + 1, b + x + tosses - 1) / mp.beta(a, b)


def expected(s, tau, a, b):
    """Equation 9 of Fader, Hardie and Lee; a = 1 is the limit, 20 digits of which are left beside it."""
    if a == 1:
        a += mp.mpf(10) ** -25
    c = a + b - 1
    return c / (a - 1) * (1 - (1 + tau) ** -s * mp.hyp2f1(s, b, c, tau / (1 + tau)))


def chances(s, tau, a, b, up_to):
    """Equation 8 of Fader, Hardie and Lee, as printed: with its difference from 1."""
    found, below = [], mp.mpf(0)
    for n in range(up_to + 1):
        exactly = mp.rf(s, n) / mp.factorial(n) * (1 + tau) ** -s * (tau / (1 + tau)) ** n
        dropped = mp.beta(a + 1, b + n - 1) / mp.beta(a, b) * (1 - below) if n else 0
        found.append(mp.beta(a, b + n) / mp.beta(a, b) * exactly + dropped)
        below += exactly
    return found


def expected_regular(weights, s, tau, a, b, k):
    """Sum P(n purchases' events come) E[(1 - p)^(n - 1)] over n, event by event; None where too many are to come."""
    most = int(tau * (s + 12 * mp.sqrt(s) + 60)) + 80
    if most > MOST_EVENTS:
        return None
    total = mp.mpf(0)
    for j, weight in enumerate(weights):
        exactly = (1 + tau) ** -(s + j)
        done, stayed = mp.mpf(0), mp.mpf(1)
        purchases = mp.mpf(0)
        for m in range(most):
            purchases += exactly * done
            if (m + j + 1) % k == 0:
                n = (m + j + 1) // k  # from m + 1 events on, n purchases have come
                done += stayed
                stayed *= (b + n - 1) / (a + b + n - 1)
            exactly *= (s + j + m) / (m + 1) * tau / (1 + tau)
        total += weight * purchases
    return total


def main() -> None:
    """Compute the grid and write it beside this script."""
    global mp  # noqa: PLW0603 - see above
    mp = import_module("mpmath")
    mp.mp.dps = 60
    cases = []
    for k, tosses in ((1, 0), (1, 1), (4, 1)):
        for r, alpha in SHAPES:
            for a, b in DROPOUTS:
                for x, recency, age in HISTORIES:
                    cases.append(case(*map(mp.mpf, (r, alpha, a, b)), x, mp.mpf(recency), mp.mpf(age), tosses, k))
    text = "[\n" + ",\n".join(json.dumps(one) for one in cases) + "\n]\n"
    Path(__file__).with_suffix("").with_name("beta_geometric.json").write_text(text)


def case(r, alpha, a, b, x, recency, age, tosses, k) -> dict[str, object]:
    """One history under one set of parameters."""
    alive, gone = endings(r, alpha, a, b, x, recency, age, tosses, k)
    here = mp.fsum(alive)
    s, stayed, scale = r + k * x, b + x + tosses, alpha + age
    found: dict[str, object] = {"k": k, "tosses": tosses, "theta": [float(v) for v in (r, alpha, a, b)]}
    found |= {"row": [x, float(recency), float(age)], "log_likelihood": float(mp.log(here + gone))}
    found |= {"alive": float(here / (here + gone)), "purchases": [], "chances": []}
    for t in AHEAD:
        tau = t / scale
        if k == 1:
            found["purchases"].append(float(here / (here + gone) * expected(s, tau, a, stayed)))
            several = chances(s, tau, a, stayed, 3)
            found["chances"].append(
                [
                    float(here / (here + gone) * c + (gone / (here + gone) if n == 0 else 0))
                    for n, c in enumerate(several)
                ]
            )
        else:
            mean = expected_regular([w / here for w in alive], s, tau, a, stayed, k)
            found["purchases"].append(None if mean is None else float(here / (here + gone) * mean))
    return found


if __name__ == "__main__":
    main()
