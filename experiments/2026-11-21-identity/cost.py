"""What identity costs on a large company: seconds and memory of `resolve` on the records of a simulated one."""

import argparse
import resource
import time

from labelled import company

from valuekit.identity import resolve


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=200_000)
    engine = company(parser.parse_args().customers, seed=7)
    engine.execute("DROP TABLE truth")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    resolve(engine)
    seconds, memory = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{engine.count('records'):,} records, {engine.count('parties'):,} parties: {seconds:.0f} s, "
        f"peak {memory / 1024:,.0f} MB ({before / 1024:,.0f} MB before)"
    )
    steps = sorted(engine.seconds.items(), key=lambda step: -step[1])[:8]
    print(", ".join(f"{name} {seconds:.1f} s" for name, seconds in steps))


if __name__ == "__main__":
    main()
