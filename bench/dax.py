"""DAX against HTTP: GetItem of the same items, from a node's cache and from the table.

    python -m bench.dax [--quick] [--seed 1]

Also part of `make bench`. The same raw generator sends both, one request in flight on each
connection; DAX's requests follow its opening (preamble and signature), as its clients send them.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench import generator
from bench.generator import Load, Signed, WrongAnswer
from bench.targets import LOAD_CORE, Jedlik, Usage
from bench.workloads import KEYS, TABLE, WORKLOADS, fill, key, value
from tests.support.oracles import free_port
from tests.support.raw import Raw
from tests.wire.dax.node import GREETING, authorisation, get

CONNECTIONS = (1, 16, 64)
HIT_P50_US = 150
TIMES_HTTP = 2.0


@dataclass
class Row:
    """The rounds of one door with one number of connections."""

    loads: list[Load] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    def rate(self) -> float:
        return statistics.median(load.rate for load in self.loads)

    def p50_us(self) -> float:
        return statistics.median(load.p50_ms for load in self.loads) * 1000

    def p99_us(self) -> float:
        return statistics.median(load.p99_ms for load in self.loads) * 1000

    def cpu(self) -> float:
        return statistics.median(self.cpu_us)


Rows = dict[tuple[str, int], Row]  # door, connections


def measure(program: Path, *, rounds: int, seconds: float, warm_up_s: float, seed: int) -> Rows:
    """Both doors in turns, on a server with a data folder. Raises WrongAnswer."""
    port = free_port()
    rows: Rows = {}
    with (
        Jedlik("--dax-port", str(port), "--dax-tls-port", "0") as server,
        tempfile.TemporaryDirectory(prefix="jedlik-bench-") as folder,
    ):
        raw = Raw(server.endpoint)
        fill(raw)
        read = next(workload for workload in WORKLOADS if workload.operation == "GetItem")
        signed = Signed(read, raw.host, seed, Path(folder))
        hits = Hits(port, seed, Path(folder))
        usage = Usage(server.pid)

        def turn(door: str, connections: int, turn_s: float) -> tuple[Load, float]:
            before = usage.cpu_s()
            if door == "HTTP":
                load = generator.run(program, signed, connections=connections, seconds=turn_s)
            else:
                load = hits.run(program, connections=connections, seconds=turn_s)
            return load, (usage.cpu_s() - before) / load.answered * 1e6

        for door in ("HTTP", "DAX"):
            turn(door, 16, warm_up_s)
        for connections in CONNECTIONS:
            for number in range(rounds):
                for door in ("HTTP", "DAX") if number % 2 else ("DAX", "HTTP"):
                    load, cpu_us = turn(door, connections, seconds)
                    row = rows.setdefault((door, connections), Row())
                    row.loads.append(load)
                    row.cpu_us.append(cpu_us)
            print(f"DAX @{connections} {time.strftime('%H:%M:%S')}", file=sys.stderr)
    return rows


class Hits:
    """GetItems in DAX's words, in a file that the generator reads."""

    def __init__(self, port: int, seed: int, folder: Path) -> None:
        self.port = port
        self.order = list(range(KEYS))
        random.Random(f"DAX {seed}").shuffle(self.order)
        self.requests, self.opening = folder / "dax requests", folder / "dax opening"
        with self.requests.open("wb") as out:
            for n in self.order:
                request = get(TABLE, key(n).encode())
                out.write(struct.pack("=I", len(request)) + request)
        self.answer_bytes = len(self._ask(0))

    def run(self, program: Path, *, connections: int, seconds: float) -> Load:
        """One measurement; all answers are equally long, and a sample is looked at."""
        self.opening.write_bytes(GREETING + authorisation())
        with tempfile.NamedTemporaryFile(prefix="jedlik-bench-") as samples:
            words = [str(self.port), str(connections), str(seconds), str(self.requests)]
            done = subprocess.run(
                ["taskset", "-c", str(LOAD_CORE), str(program), *words, samples.name]
                + [str(self.opening), str(self.answer_bytes)],
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise WrongAnswer(f"DAX: {done.stderr.strip()}")
            figures = json.loads(done.stdout)
            for number, body in generator.samples(Path(samples.name).read_bytes()):
                if value(self.order[number]).encode() not in body:
                    raise WrongAnswer(f"DAX {key(self.order[number])}: {body[:100]!r}")
        if figures.pop("errors"):
            raise WrongAnswer("DAX: not every answer was a success")
        return Load(**figures)

    def _ask(self, n: int) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(GREETING + authorisation() + get(TABLE, key(n).encode()))
            answer = b""
            while value(n).encode() not in answer:
                answer += connection.recv(65536)
        return answer


def section(rows: Rows) -> Iterator[str]:
    """The report's part."""
    yield "## DAX: GetItem from a node's cache, and over HTTP from the same table"
    yield ""
    spans = [f"@{n} rps | × | p50/p99 µs | CPU µs" for n in CONNECTIONS]
    yield "| door | " + " | ".join(spans) + " |"
    yield "| --- |" + " ---: |" * (4 * len(CONNECTIONS))
    for door in ("HTTP", "DAX"):
        cells = [door]
        for connections in CONNECTIONS:
            row, http = rows[door, connections], rows["HTTP", connections]
            cells += [
                f"{row.rate():,.0f}",
                f"{row.rate() / http.rate():.1f}",
                f"{row.p50_us():.0f}/{row.p99_us():.0f}",
                f"{row.cpu():.1f}",
            ]
        yield "| " + " | ".join(cells) + " |"
    yield ""
    yield "| goal | reached | |"
    yield "| --- | ---: | --- |"
    p50 = rows["DAX", 1].p50_us()
    mark = "✓" if p50 < HIT_P50_US else "✗"
    yield f"| a hit's p50 < {HIT_P50_US} µs | {p50:.0f} µs | {mark} |"
    for connections in CONNECTIONS[1:]:
        times = rows["HTTP", connections].cpu() / rows["DAX", connections].cpu()
        mark = "✓" if times >= TIMES_HTTP else "✗"
        text = f"requests per core's second @{connections} ≥ {TIMES_HTTP:g} × HTTP"
        yield f"| {text} | {times:.1f} × | {mark} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.dax")
    parser.add_argument("--quick", action="store_true", help="short turns, one round")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rows = measure(
        generator.compile_generator(),
        rounds=1 if asked.quick else 3,
        seconds=1.0 if asked.quick else 3.0,
        warm_up_s=1.0 if asked.quick else 4.0,
        seed=asked.seed,
    )
    print("\n".join(section(rows)))


if __name__ == "__main__":
    main()
