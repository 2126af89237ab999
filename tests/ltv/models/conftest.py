import numpy as np
import pytest

collect_ignore = ["reference/make.py"]  # run by hand: it needs mpmath, which valuekit does not


@pytest.fixture(scope="session")
def simulate_buyers():
    """Play the story of (M)BG/NBD customer by customer: purchases, dropout, and what is seen of it after their age."""

    def simulate(n, r, alpha, a, b, *, tosses, longest=100.0, ahead=0.0, seed=1):
        rng = np.random.default_rng(seed)
        rate, quits, age = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n), rng.uniform(1, longest, n)
        alive = rng.random(n) > quits if tosses else np.ones(n, bool)
        now, last, x, later = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
        while alive.any():
            who = np.flatnonzero(alive)
            now[who] += rng.exponential(1 / rate[who])
            seen, future = who[now[who] <= age[who]], who[(now[who] > age[who]) & (now[who] <= age[who] + ahead)]
            x[seen] += 1
            last[seen] = now[seen]
            later[future] += 1
            bought = np.concatenate([seen, future])
            alive[:] = False
            alive[bought] = rng.random(len(bought)) > quits[bought]
        return {"frequency": x, "recency": last, "age": age}, later

    return simulate
