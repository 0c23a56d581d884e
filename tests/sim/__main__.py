"""`make sim`: many histories, or with SEED=n one of them told step by step."""

from __future__ import annotations

import argparse
import sys
import time

from tests.sim.simulation import Failed, Summary, kind_of, simulate


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seed", type=int, help="replay this one and print a trace")
    parser.add_argument("--first", type=int, default=0, help="the first seed of many")
    parser.add_argument("--count", type=int, default=3000, help="how many seeds")
    asked = parser.parse_args()
    if asked.seed is not None:
        print(f"seed {asked.seed} ({kind_of(asked.seed)})")
        try:
            print(simulate(asked.seed, trace=print))
        except Failed as failure:
            print(failure, file=sys.stderr)
            return 1
        return 0
    total, failures = Summary(), 0
    started = time.perf_counter()
    for seed in range(asked.first, asked.first + asked.count):
        try:
            summary = simulate(seed)
        except Failed as failure:
            failures += 1
            print(failure, flush=True)
            continue
        for name, value in vars(summary).items():
            setattr(total, name, getattr(total, name) + value)
    seconds = time.perf_counter() - started
    print(f"{asked.count} seeds in {seconds:.0f} s, {failures} failed; {total}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
