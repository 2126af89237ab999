"""Compute reference values of the models in arbitrary precision, by other formulas than valuekit's.

Run by hand, with mpmath installed: python tests/ltv/models/reference/make.py (20 seconds).
Writes pareto.json, beta_binomial.json and gamma_gamma.json beside this file. Pareto/NBD's likelihood is the difference
of hypergeometric functions of the papers, in as many digits as it takes for two precisions to agree; the count of
purchases is integrated adaptively; the discounted value is the confluent hypergeometric function. BG/BB sums its finite
sums with 60 digits.
"""

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path

import mpmath as mp

HERE = Path(__file__).parent
Row = dict[str, float]


def settled(formula: Callable[[], mp.mpf]) -> mp.mpf:
    """Evaluate with more and more digits until two evaluations agree to 20."""
    before = None
    for digits in (60, 120, 240, 480, 960, 1920, 3840, 7680, 15360):
        with mp.workdps(digits):
            now = formula()
        if before is not None and abs(now - before) <= abs(now) * mp.mpf(10) ** -20:
            return now
        before = now
    raise ArithmeticError("no two precisions agree")


def pareto_likelihood(row: Row) -> tuple[mp.mpf, mp.mpf]:
    """Return the log-likelihood and the probability to be alive: Fader and Hardie (2005), eqs. 18 to 20 and 36."""
    r, alpha, s, beta, x, recency, age = (
        mp.mpf(row[k]) for k in ("r", "alpha", "s", "beta", "frequency", "recency", "age")
    )
    shape, larger = r + x, max(alpha, beta)
    second = s + 1 if alpha >= beta else shape

    def tail(y: mp.mpf) -> mp.mpf:
        z = abs(alpha - beta) / (larger + y)
        f = mp.hyp2f1(shape + s, second, shape + s + 1, z, maxterms=10**7)
        return f / (larger + y) ** (shape + s)

    dropped = s / (shape + s) * (tail(recency) - tail(age)) if age > recency else mp.mpf(0)
    alive = (alpha + age) ** -shape * (beta + age) ** -s
    constant = mp.loggamma(shape) - mp.loggamma(r) + r * mp.log(alpha) + s * mp.log(beta)
    return constant + mp.log(alive + dropped), alive / (alive + dropped)


def pareto_future(r: mp.mpf, alpha: mp.mpf, s: mp.mpf, beta: mp.mpf, t: float, rate: mp.mpf) -> dict[str, mp.mpf]:
    """Return what a new customer does: moments, first probabilities, discounted purchases."""
    t = mp.mpf(t)
    alive = mp.quad(lambda u: (1 + u / beta) ** -s, pieces(t))
    squared = 2 * mp.quad(lambda u: u * (1 + u / beta) ** -s, pieces(t))
    mean, pairs = r / alpha * alive, r * (r + 1) / alpha**2 * squared

    def count(x: int, u: mp.mpf) -> mp.mpf:
        return mp.rf(r, x) / mp.factorial(x) * (alpha / (alpha + u)) ** r * (u / (alpha + u)) ** x

    def probability(x: int) -> mp.mpf:
        whole = count(x, t) * (1 + t / beta) ** -s
        return whole + mp.quad(lambda u: count(x, u) * s / beta * (1 + u / beta) ** (-s - 1), pieces(t))

    return {
        "mean": mean,
        "pairs": pairs,
        "alive": alive,
        "counts": [probability(x) for x in range(4)],
        "discounted": r / alpha * beta * mp.hyperu(1, 2 - s, rate * beta),
    }


def pieces(t: mp.mpf) -> list[mp.mpf]:
    """Cut 0 .. t at powers of ten, so that what happens early is seen."""
    return [mp.mpf(0), *(t * mp.mpf(10) ** -k for k in range(9, -1, -1))]


def pareto(row: Row, t: float, annual_rate: float) -> dict[str, float | list[float]]:
    """All answers about one customer, for weeks as the unit."""
    value = settled(lambda: pareto_likelihood(row)[0])
    alive = settled(lambda: pareto_likelihood(row)[1])
    with mp.workdps(30):
        rate = mp.log(1 + mp.mpf(annual_rate)) * 7 / mp.mpf("365.25")
        r, alpha, s, beta = (mp.mpf(row[k]) for k in ("r", "alpha", "s", "beta"))
        future = pareto_future(r + row["frequency"], alpha + row["age"], s, beta + row["age"], t, rate)
        mean = alive * future["mean"]
        answers = {
            "log_likelihood": value,
            "probability_alive": alive,
            "expected_purchases": mean,
            "purchase_variance": alive * (future["pairs"] + future["mean"]) - mean**2,
            "expected_time_alive": alive * future["alive"],
            "discounted_purchases": alive * future["discounted"],
        }
        counts = [float(alive * p + (1 - alive) * (x == 0)) for x, p in enumerate(future["counts"])]
    return {name: float(v) for name, v in answers.items()} | {"purchase_distribution": counts}


def beta_binomial(row: Row, t: int, annual_rate: float) -> dict[str, float | list[float]]:
    """All answers about one customer, for years as the unit: Fader, Hardie and Shang (2010), eqs. 1, 10, 13, 14."""
    with mp.workdps(60):
        a, b, c, d = (mp.mpf(row[k]) for k in ("alpha", "beta", "gamma", "delta"))
        x, recency, n = (int(row[k]) for k in ("frequency", "recency", "occasions"))
        survived = mp.beta(a + x, b + n - x) / mp.beta(a, b) * mp.beta(c, d + n) / mp.beta(c, d)
        gone = sum(
            mp.beta(a + x, b + m - x) / mp.beta(a, b) * mp.beta(c + 1, d + m) / mp.beta(c, d) for m in range(recency, n)
        )
        now = survived / (survived + gone)
        a, b, d = a + x, b + n - x, d + n

        def alive(k: int) -> mp.mpf:
            return mp.beta(c, d + k) / mp.beta(c, d)

        def bought(x: int, k: int) -> mp.mpf:
            return mp.binomial(k, x) * mp.beta(a + x, b + k - x) / mp.beta(a, b)

        counts = [
            sum(bought(k, m) * (alive(m) - alive(m + 1)) for m in range(k, t))
            + (bought(k, t) * alive(t) if k <= t else 0)
            for k in range(t + 1)
        ]
        mean = sum(k * p for k, p in enumerate(counts))
        square = sum(k * k * p for k, p in enumerate(counts))
        kept = 1 / (1 + mp.mpf(annual_rate))
        series = a / (a + b) * alive(1) * kept * mp.hyp2f1(1, d + 1, c + d + 1, kept, maxterms=10**7)
        answers = {
            "log_likelihood": mp.log(survived + gone),
            "probability_alive": now * alive(1),
            "expected_purchases": now * mean,
            "purchase_variance": now * square - (now * mean) ** 2,
            "expected_time_alive": now * sum(alive(k) for k in range(1, t + 1)),
            "discounted_purchases": now * series,
        }
        first = [float(now * p + (1 - now) * (k == 0)) for k, p in enumerate(counts[:4])]
    return {name: float(v) for name, v in answers.items()} | {"purchase_distribution": first}


def gamma_gamma(row: Row, t: int, annual_rate: float) -> dict[str, float]:
    """The log-likelihood of one customer's mean purchase: Fader and Hardie (2013), eq. 1a."""
    with mp.workdps(60):
        p, q, v, x, z = (mp.mpf(row[k]) for k in ("p", "q", "v", "frequency", "monetary"))
        value = mp.loggamma(p * x + q) - mp.loggamma(p * x) - mp.loggamma(q) + q * mp.log(v)
        value += (p * x - 1) * mp.log(z) + p * x * mp.log(x) - (p * x + q) * mp.log(v + x * z)
        return {"log_likelihood": float(value)}


PARETO = [
    dict(zip(("r", "alpha", "s", "beta", "frequency", "recency", "age"), values, strict=True))
    for values in (
        *((0.553, 10.578, 0.606, 11.669, *h) for h in ((0, 0, 38.86), (2, 30.43, 38.86), (7, 29.43, 38.86))),
        *((r, 12.0, 0.6, 9.0, *h) for r, h in product((1e-3, 1e3), ((0, 0, 50.0), (1, 3.0, 50.0), (40, 49.0, 50.0)))),
        *((1.5, 8.0, 64.0, 7721.0, *h) for h in ((0, 0, 38.86), (3, 20.0, 38.86), (2000, 990.0, 1000.0))),
        *((0.7, 5.0, 0.5, 20.0, *h) for h in ((2000, 5e4, 5.1e4), (2000, 9.9e4, 1e5), (0, 0, 1e5), (1, 1.0, 1e5))),
        *((0.7, a, 1.0, b, 3, 20.0, 40.0) for a, b in ((10.0, 10.0), (1e-3, 1e4), (1e4, 1e-3))),
        (0.7, 5.0, 2.0, 20.0, 5, 40.0, 40.0),
        (50.0, 400.0, 1e-3, 0.1, 6, 30.0, 52.0),
    )
]
BETA_BINOMIAL = [
    dict(zip(("alpha", "beta", "gamma", "delta", "frequency", "recency", "occasions"), values, strict=True))
    for values in (
        *((1.2035, 0.7497, 0.6567, 2.7834, *h) for h in ((0, 0, 6), (2, 4, 6), (6, 6, 6), (1, 1, 6), (0, 0, 0))),
        *((a, b, 1.0, 3.0, *h) for a, b in ((1e-3, 1e-3), (1e3, 50.0)) for h in ((0, 0, 12), (4, 9, 12))),
        *((0.8, 2.0, c, d, *h) for c, d in ((1e-3, 0.5), (64.0, 7721.0)) for h in ((0, 0, 40), (15, 33, 40))),
        (0.8, 2.0, 0.4, 30.0, 900, 1900, 2000),
    )
]
GAMMA_GAMMA = [
    dict(zip(("p", "q", "v", "frequency", "monetary"), (*theta, x, z), strict=True))
    for theta, x, z in product(
        ((6.25, 3.74, 15.44), (0.01, 0.5, 1e-3), (500.0, 1e6, 1e9)), (1, 2000), (1e-6, 35.0, 1e9)
    )
]
AHEAD, RATE = 39, 0.1


def main() -> None:
    """Write both files, one customer a line."""
    for name, rows, answer in (
        ("pareto", PARETO, pareto),
        ("beta_binomial", BETA_BINOMIAL, beta_binomial),
        ("gamma_gamma", GAMMA_GAMMA, gamma_gamma),
    ):
        lines = [json.dumps(row | {"answers": answer(row, AHEAD, RATE)}) for row in rows]
        start = json.dumps({"t": AHEAD, "annual_rate": RATE})[:-1]
        text = start + ', "customers": [\n' + ",\n".join(lines) + "\n]}\n"
        (HERE / f"{name}.json").write_text(text)


if __name__ == "__main__":
    main()
