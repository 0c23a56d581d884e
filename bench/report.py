"""The report of one benchmark run, as Markdown."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from bench.pairs import Ratio, ratio
from bench.targets import LOAD_CORE, SERVER_CORE, Target
from bench.workloads import KEYS, QUERY_PARTITIONS, Workload
from tests.support import oracles, runtimes

if TYPE_CHECKING:
    from bench.__main__ import Cell, Cells, Footprint

# (workload's operation, Jedlik's row, connections, at least this many times the fastest peer in
# memory): what issue 2 set out to reach.
GOALS = [
    ("GetItem", "Jedlik", 16, 5.0),
    ("GetItem", "Jedlik", 64, 5.0),
    ("Query", "Jedlik", 16, 6.0),
    ("Query", "Jedlik", 64, 6.0),
    ("PutItem", "Jedlik", 16, 1.7),
    ("PutItem", "Jedlik", 64, 2.5),
    ("UpdateItem", "Jedlik", 16, 1.7),
    ("UpdateItem", "Jedlik", 64, 2.5),
    ("PutItem", "Jedlik memory", 16, 5.0),
    ("PutItem", "Jedlik memory", 64, 5.0),
]
DISK_GOAL = ("PutItem", 64, 15.0)  # times DynamoDB Local on disk


@dataclass(frozen=True)
class Run:
    cells: Cells
    footprints: dict[str, Footprint]
    targets: list[Target]
    workloads: list[Workload]
    connections: tuple[int, ...]
    seed: int
    rounds: int
    seconds: float
    reads: int
    after_reads_mb: float | None
    begun: float
    took_s: float
    quick: bool
    load_before: float


def write(run: Run) -> str:
    return "\n".join(_lines(run)) + "\n"


def _lines(run: Run) -> Iterator[str]:
    yield "# Performance"
    yield ""
    yield "Written by `make bench`. Jedlik against other servers of the same API, in one run on one"
    yield f"machine: servers on core {SERVER_CORE}, the load generator on core {LOAD_CORE}; turns"
    yield f"of {run.seconds:g} s, medians of {run.rounds} rounds, each request signed."
    if run.quick:
        yield ""
        yield "**A quick run: short turns, for orientation only.**"
    yield ""
    yield from _machine(run)
    yield ""
    yield "*Durable* tells what is on disk when a write is answered. CPU is the server process's,"
    yield "per request. × is the rate over that of the fastest peer in memory, which syncs nothing."
    yield ""
    yield "Rates, latencies and CPU are the medians of the rounds. In a round all servers take"
    yield "their turns within seconds, so × and the goals' ratios are computed in each round,"
    yield "between two turns that a slow minute of the machine hits alike, and are the median"
    yield "of these; the goals show the range of the middle half of the rounds, too. The"
    yield "fastest peer is the one with the highest median."
    for workload in run.workloads:
        yield ""
        yield from _workload(run, workload)
    yield ""
    yield from _goals(run)
    yield ""
    yield from _footprints(run)


def _machine(run: Run) -> Iterator[str]:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    day = time.strftime("%Y-%m-%d", time.gmtime(run.begun))
    yield f"- {day}, took {run.took_s / 60:.0f} min, seed {run.seed}"
    yield (
        f"- {model}, {os.cpu_count()} cores, Linux {platform.release()}; load average before "
        f"{run.load_before:.1f} (above 0.3, somebody else was at work and every figure suffered)"
    )
    yield (
        f"- Jedlik {metadata.version('jedlik')} on Python {platform.python_version()}, "
        f"apsw {metadata.version('apsw')}, uvloop {metadata.version('uvloop')}"
    )
    java = subprocess.run([runtimes.java(), "-version"], capture_output=True, text=True).stderr
    node = subprocess.run([runtimes.node(), "--version"], capture_output=True, text=True).stdout
    yield (
        f"- DynamoDB Local from {oracles.DYNAMODB_LOCAL_PACKAGE} on {java.splitlines()[0]}; "
        f"dynalite 4.0.0 on Node {node.strip()}; moto {oracles.MOTO_VERSION}"
    )
    yield (
        f"- Workload: {KEYS:,} items of 1 KB, keys in random order; Query reads {QUERY_PARTITIONS} "
        "partitions of 100 items of 1 KB; BatchWriteItem puts 25 items; reads are consistent"
    )


def _workload(run: Run, workload: Workload) -> Iterator[str]:
    yield f"## {workload.name}"
    yield ""
    spans = [f"@{n} rps | × | p50/p99 ms | CPU µs" for n in run.connections]
    yield "| server | durable | " + " | ".join(spans) + " |"
    yield "| --- | --- |" + " ---: |" * (4 * len(run.connections))
    for target in run.targets:
        row = [target.name, target.durable]
        for connections in run.connections:
            cell = run.cells[workload.name, connections, target.name]
            fastest = _fastest(run, workload.name, connections)
            times = f"{_times(cell, fastest).median:.1f}" if fastest else "–"
            row += [
                f"{cell.rate():,.0f}",
                times,
                f"{cell.p50_ms():.2f}/{cell.p99_ms():.2f}",
                f"{cell.cpu():,.0f}",
            ]
        yield "| " + " | ".join(row) + " |"


def _fastest(run: Run, workload: str, connections: int) -> Cell | None:
    """The cell of the fastest peer that keeps everything in memory."""
    peers = [t.name for t in run.targets if t.is_peer and t.in_memory]
    cells = [run.cells[workload, connections, name] for name in peers]
    return max(cells, key=lambda cell: cell.rate(), default=None)


def _times(mine: Cell, theirs: Cell) -> Ratio:
    """How many times as many requests, round by round."""
    return ratio(mine.rates(), theirs.rates())


def _goals(run: Run) -> Iterator[str]:
    yield "## Against the goals"
    yield ""
    yield "| goal | reached | |"
    yield "| --- | ---: | --- |"
    names = {w.operation: w.name for w in run.workloads}
    for operation, row, connections, least in GOALS:
        fastest = _fastest(run, names[operation], connections) if operation in names else None
        if fastest is None or (names[operation], connections, row) not in run.cells:
            continue
        cell = run.cells[names[operation], connections, row]
        times = _times(cell, fastest)
        text = f"{row}: {operation} @{connections} ≥ {least:g} × the fastest peer in memory"
        yield f"| {text} | {times.text(1)} × | {_mark(times.median >= least)} |"
    yield from _disk_goal(run, names)
    yield from _latency_goals(run)
    jedlik = run.footprints.get("Jedlik")
    if jedlik:
        yield f"| first answer < 0.5 s | {jedlik.start_s:.2f} s | {_mark(jedlik.start_s < 0.5)} |"
        yield f"| idle memory < 80 MB | {jedlik.idle_mb:.0f} MB | {_mark(jedlik.idle_mb < 80)} |"
    if run.after_reads_mb is not None:
        yield (
            f"| after {run.reads:,} reads < 150 MB | {run.after_reads_mb:.0f} MB "
            f"| {_mark(run.after_reads_mb < 150)} |"
        )


def _disk_goal(run: Run, names: dict[str, str]) -> Iterator[str]:
    operation, connections, least = DISK_GOAL
    keys = [(names.get(operation), connections, n) for n in ("Jedlik", "DynamoDB Local disk")]
    if all(key in run.cells for key in keys):
        mine, theirs = (run.cells[key] for key in keys)  # type: ignore[index]
        times = _times(mine, theirs)
        text = f"Jedlik: {operation} @{connections} ≥ {least:g} × DynamoDB Local on disk"
        yield f"| {text} | {times.text(1)} × | {_mark(times.median >= least)} |"


def _latency_goals(run: Run) -> Iterator[str]:
    """p99 below every peer's in memory, everywhere."""
    peers = [t.name for t in run.targets if t.is_peer and t.in_memory]
    names = [t.name for t in run.targets]
    if not peers or "Jedlik" not in names:
        return
    above = []
    for workload in run.workloads:
        for connections in run.connections:
            mine = run.cells[workload.name, connections, "Jedlik"].p99_ms()
            fastest = _fastest(run, workload.name, connections)
            if fastest is not None and mine >= fastest.p99_ms():
                above.append(f"{workload.operation} @{connections}")
    yield (
        f"| Jedlik: p99 below the fastest peer's everywhere | "
        f"{'yes' if not above else 'not: ' + ', '.join(above)} | {_mark(not above)} |"
    )


def _footprints(run: Run) -> Iterator[str]:
    yield "## Start and memory"
    yield ""
    yield "| server | first answer s | idle MB | peak MB of this run |"
    yield "| --- | ---: | ---: | ---: |"
    for name, footprint in run.footprints.items():
        yield (
            f"| {name} | {footprint.start_s:.2f} | {footprint.idle_mb:.0f} "
            f"| {footprint.peak_mb:.0f} |"
        )


def _mark(reached: bool) -> str:
    return "✓" if reached else "✗"
