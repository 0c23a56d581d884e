"""`python -m bench.overhead`: what metering capacity, verifying signatures and policies cost.

    python -m bench.overhead [--quick] [--rounds 16] [--seconds 0.4] [--connections 16] [--seed 1]

Jedlik in memory, four times on one core: open to unknown keys without limits, as the others are
compared with; the same with capacity metered (`--throttling report`); with the known key of root,
whose every signature is verified; and with that of a user whose policies ask about rows.

What is to be told apart is less than the machine's noise over a minute. So the four take many short
turns, another one first in each round, and each is compared with the open one of the same round:
`pairs.py`. Writes its section of docs/performance.md, but for --quick.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import statistics
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench import generator, sections
from bench.generator import Signed
from bench.pairs import ratio
from bench.people import JedlikForRoot, JedlikForUser
from bench.targets import Jedlik, Target, Usage, settle
from bench.workloads import WORKLOADS, Workload, fill
from tests.support.raw import Raw

OPEN = "open"
MODES = [
    Target(OPEN, lambda: Jedlik("--memory"), "no", is_peer=False),
    Target(
        "capacity",
        lambda: Jedlik("--memory", "--throttling", "report"),
        "no",
        is_peer=False,
        warm=True,
    ),
    Target("root's key", lambda: JedlikForRoot("--memory"), "no", is_peer=False),
    Target("policies", lambda: JedlikForUser("--memory"), "no", is_peer=False),
]
OPERATIONS = ("GetItem", "PutItem", "UpdateItem", "Query")
CPU_MAX = 1.10
"""Times the open mode's CPU per request: the goal."""
WARM_UP_S = 1.5
REPORT = Path(__file__).resolve().parents[1] / "docs" / "performance.md"


@dataclass
class Turns:
    """One mode's, in the order of the rounds."""

    rates: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)


Found = dict[tuple[str, str], Turns]  # workload, mode


@dataclass(frozen=True)
class Plan:
    rounds: int
    seconds: float
    warm_up_s: float
    connections: int
    seed: int


def measure(program: Path, plan: Plan, workloads: list[Workload]) -> Found:
    """All modes in turns. Raises WrongAnswer."""
    found: Found = {}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jedlik-bench-")))
        servers = {mode.name: stack.enter_context(mode.make()) for mode in MODES}
        for mode in MODES:
            fill(Raw(servers[mode.name].endpoint), warm=mode.warm)
        settle()
        for workload in workloads:
            signed = {
                name: Signed(
                    workload, Raw(server.endpoint).host, plan.seed, folder, _keys_of(server)
                )
                for name, server in servers.items()
            }
            for name in signed:
                _turn(program, signed[name], servers[name].pid, plan, plan.warm_up_s)
            for number in range(plan.rounds):
                first = number % len(MODES)
                for mode in MODES[first:] + MODES[:first]:
                    rate, cpu_us = _turn(
                        program, signed[mode.name], servers[mode.name].pid, plan, plan.seconds
                    )
                    turns = found.setdefault((workload.name, mode.name), Turns())
                    turns.rates.append(rate)
                    turns.cpu_us.append(cpu_us)
            print(f"{workload.name} {time.strftime('%H:%M:%S')}", file=sys.stderr)
    return found


def _turn(
    program: Path, signed: Signed, pid: int, plan: Plan, seconds: float
) -> tuple[float, float]:
    """Requests a second, and microseconds of CPU for each."""
    usage = Usage(pid)
    before = usage.cpu_s()
    load = generator.run(program, signed, connections=plan.connections, seconds=seconds)
    return load.rate, (usage.cpu_s() - before) / load.answered * 1e6


def _keys_of(server: object) -> tuple[str, str] | None:
    return getattr(server, "keys", None)


def section(found: Found, plan: Plan, workloads: list[Workload], load_before: float) -> list[str]:
    """The section's lines."""
    return list(_lines(found, plan, workloads, load_before))


def _lines(
    found: Found, plan: Plan, workloads: list[Workload], load_before: float
) -> Iterator[str]:
    yield "## Capacity, signatures and policies"
    yield ""
    day = time.strftime("%Y-%m-%d", time.gmtime())
    text = (
        f"Written by `python -m bench.overhead` on {day}: Jedlik in memory at {plan.connections} "
        f"connections, four servers on one core that take turns of {plan.seconds:g} s in "
        f"{plan.rounds} rounds, another one first in each; Python {platform.python_version()}, "
        f"load average before {load_before:.1f}. *open*: unknown keys, no limits; nothing of a "
        "signature is verified. *capacity*: metered, `--throttling report`. *root's key*: every "
        "signature verified, no policy to ask. *policies*: verified, a user with a condition on "
        "`dynamodb:LeadingKeys`. CPU and rates are medians; the ratios to the open mode are taken "
        "in each round, and what is shown is their median with the range of their middle half. "
        f"The goal is a CPU of at most {CPU_MAX:g} × the open mode's."
    )
    yield from textwrap.wrap(text, 100)
    yield ""
    yield "| operation | mode | CPU µs | × open | rps | × open | |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | --- |"
    for workload in workloads:
        base = found[workload.name, OPEN]
        for mode in MODES:
            turns = found[workload.name, mode.name]
            cpu, rate = statistics.median(turns.cpu_us), statistics.median(turns.rates)
            if mode.name == OPEN:
                yield f"| {workload.name} | {OPEN} | {cpu:.1f} | | {rate:,.0f} | | |"
                continue
            dearer, slower = ratio(turns.cpu_us, base.cpu_us), ratio(turns.rates, base.rates)
            mark = "✓" if dearer.median <= CPU_MAX else "✗"
            yield (
                f"| {workload.name} | {mode.name} | {cpu:.1f} | {dearer.text(2)} "
                f"| {rate:,.0f} | {slower.text(2)} | {mark} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.overhead", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds; only prints")
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=0.4, help="of a turn")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--only", default="", help="operations, with commas between")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    plan = Plan(
        rounds=4 if asked.quick else asked.rounds,
        seconds=asked.seconds,
        warm_up_s=WARM_UP_S,
        connections=asked.connections,
        seed=asked.seed,
    )
    operations = asked.only.split(",") if asked.only else OPERATIONS
    workloads = [each for each in WORKLOADS if each.operation in operations]
    load_before = os.getloadavg()[0]
    found = measure(generator.compile_generator(), plan, workloads)
    text = "\n".join(section(found, plan, workloads, load_before))
    print(text)
    if not asked.quick and not asked.only:
        REPORT.write_text(sections.with_section(REPORT.read_text(), sections.OVERHEAD, text))


if __name__ == "__main__":
    main()
