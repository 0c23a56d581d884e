"""`make bench`: Jedlik against its peers, interleaved in one run, into docs/performance.md.

Every server is started on core 0 and stays up; the generator has core 1. For each workload and
number of connections the servers take turns, in many short rounds, and medians are reported, so
that a noisy minute of the machine hits all alike; ratios are those of the rounds (`pairs.py`). No
figure is kept for wrong answers: every status must be 200, sampled bodies are compared, and the
counters must sum up to the acknowledged ADDs.

    python -m bench [--quick] [--only GetItem,Query] [--targets "Jedlik,dynalite"] [--seed 1]

A whole run takes a quarter of an hour on a machine with nothing else to do, and writes the report;
--quick takes two minutes, leaves out the slowest peers and only prints.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench import dax, generator, report, sections
from bench.generator import Load, Signed
from bench.people import JedlikForRoot, JedlikForUser
from bench.targets import TARGETS, Jedlik, Target, Usage, settle
from bench.workloads import WORKLOADS, Workload, counted, fill
from tests.support.oracles import Peer
from tests.support.raw import Raw

CONNECTIONS = (1, 16, 64)
FOR_SOMEBODY = [
    Target("Jedlik keys", lambda: JedlikForRoot("--memory"), "no", is_peer=False),
    Target("Jedlik policies", lambda: JedlikForUser("--memory"), "no", is_peer=False),
]
ALL_TARGETS = [*TARGETS[:4], *FOR_SOMEBODY, *TARGETS[4:]]
READS = 1_000_000
REPORT = Path(__file__).resolve().parents[1] / "docs" / "performance.md"


@dataclass(frozen=True)
class Plan:
    rounds: int
    seconds: float
    warm_up_s: float
    reads: int


FULL = Plan(rounds=7, seconds=0.4, warm_up_s=1.5, reads=READS)
QUICK = Plan(rounds=1, seconds=0.7, warm_up_s=0.7, reads=100_000)


@dataclass
class Cell:
    """The rounds of one workload on one server with one number of connections."""

    loads: list[Load] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    def rates(self) -> list[float]:
        """Round by round."""
        return [load.rate for load in self.loads]

    def rate(self) -> float:
        return statistics.median(self.rates())

    def p50_ms(self) -> float:
        return statistics.median(load.p50_ms for load in self.loads)

    def p99_ms(self) -> float:
        return statistics.median(load.p99_ms for load in self.loads)

    def cpu(self) -> float:
        return statistics.median(self.cpu_us)


@dataclass
class Footprint:
    start_s: float = 0.0
    idle_mb: float = 0.0
    peak_mb: float = 0.0


Cells = dict[tuple[str, int, str], Cell]  # workload, connections, target


def main() -> None:
    asked = _arguments()
    plan = QUICK if asked.quick else FULL
    targets = [
        t
        for t in ALL_TARGETS
        if (t.name in asked.targets.split(",") if asked.targets else not (asked.quick and t.slow))
    ]
    workloads = [w for w in WORKLOADS if not asked.only or w.operation in asked.only.split(",")]
    program = generator.compile_generator()
    begun, load_before = time.time(), os.getloadavg()[0]
    footprints = {target.name: Footprint() for target in targets}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jedlik-bench-")))
        if not asked.quick:  # a first start compiles, and warms the disk's cache
            for target in targets:
                with target.make():
                    pass
        servers = {t.name: _start(t, stack, footprints[t.name]) for t in targets}
        cells = _measure(program, plan, workloads, targets, servers, asked.seed, folder)
        for target in targets:
            footprints[target.name].peak_mb = Usage(servers[target.name].pid).peak_mb()
    after_reads_mb = None
    if "Jedlik" in servers:
        after_reads_mb = _after_reads(program, plan.reads, asked.seed)
    text = report.write(
        report.Run(
            cells=cells,
            footprints=footprints,
            targets=targets,
            workloads=workloads,
            connections=CONNECTIONS,
            seed=asked.seed,
            rounds=plan.rounds,
            seconds=plan.seconds,
            reads=plan.reads,
            after_reads_mb=after_reads_mb,
            begun=begun,
            took_s=time.time() - begun,
            quick=asked.quick,
            load_before=load_before,
        )
    )
    if not asked.targets and not asked.only:
        rows = dax.measure(
            program,
            rounds=plan.rounds,
            seconds=plan.seconds,
            warm_up_s=plan.warm_up_s,
            seed=asked.seed,
        )
        text += "\n" + "\n".join(dax.section(rows)) + "\n"
    print(text)
    whole = not (asked.quick or asked.only or asked.targets)
    if asked.output or whole:
        former = REPORT.read_text() if REPORT.exists() else ""
        text = sections.with_sections_of(text, former)
        (Path(asked.output) if asked.output else REPORT).write_text(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="short turns, one round")
    parser.add_argument("--only", default="", help="operations, with commas between")
    parser.add_argument("--targets", default="", help="names of servers, with commas between")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", default="", help="another file for the report")
    return parser.parse_args()


def _start(target: Target, stack: contextlib.ExitStack, footprint: Footprint) -> Peer:
    """Start it, see what it takes, and give it the items."""
    server = stack.enter_context(target.make())
    footprint.start_s = server.started_in_s
    settle()
    footprint.idle_mb = Usage(server.pid).resident_mb()
    fill(Raw(server.endpoint), warm=target.warm)
    print(f"{target.name}: first answer after {server.started_in_s:.2f} s", file=sys.stderr)
    return server


def _measure(
    program: Path,
    plan: Plan,
    workloads: list[Workload],
    targets: list[Target],
    servers: dict[str, Peer],
    seed: int,
    folder: Path,
) -> Cells:
    cells: Cells = {}
    signed: dict[tuple[str, str], Signed] = {}
    added = dict.fromkeys(servers, 0)

    def turn(workload: Workload, name: str, connections: int, seconds: float) -> tuple[Load, float]:
        server = servers[name]
        usage = Usage(server.pid)
        key = (workload.name, name)
        if key not in signed:
            keys = getattr(server, "keys", None)
            signed[key] = Signed(workload, Raw(server.endpoint).host, seed, folder, keys)
        before = usage.cpu_s()
        load = generator.run(program, signed[key], connections=connections, seconds=seconds)
        if workload.operation == "UpdateItem":
            added[name] += load.answered
        return load, (usage.cpu_s() - before) / load.answered * 1e6

    for workload in workloads:
        for target in targets:
            turn(workload, target.name, 16, plan.warm_up_s)
        for connections in CONNECTIONS:
            for number in range(plan.rounds):
                # Another server begins each round.
                first = number % len(targets)
                for target in targets[first:] + targets[:first]:
                    load, cpu_us = turn(workload, target.name, connections, plan.seconds)
                    cell = cells.setdefault((workload.name, connections, target.name), Cell())
                    cell.loads.append(load)
                    cell.cpu_us.append(cpu_us)
            print(f"{workload.name} @{connections} {time.strftime('%H:%M:%S')}", file=sys.stderr)
    if any(workload.operation == "UpdateItem" for workload in workloads):
        for name, server in servers.items():
            sum_of_counters = counted(Raw(server.endpoint))
            if sum_of_counters != added[name]:
                raise generator.WrongAnswer(
                    f"{name} acknowledged {added[name]} ADDs and counted {sum_of_counters}"
                )
    return cells


def _after_reads(program: Path, reads: int, seed: int) -> float:
    """Resident memory of a fresh Jedlik on disk after that many GetItems."""
    get = next(workload for workload in WORKLOADS if workload.operation == "GetItem")
    with Jedlik() as server, tempfile.TemporaryDirectory(prefix="jedlik-bench-") as folder:
        raw = Raw(server.endpoint)
        fill(raw)
        gets = Signed(get, raw.host, seed, Path(folder))
        done = 0
        while done < reads:
            done += generator.run(program, gets, connections=64, seconds=1.0).answered
        return Usage(server.pid).resident_mb()


if __name__ == "__main__":
    main()
