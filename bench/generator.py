"""Compile and run the load generator; check that what it was answered is right."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.targets import LOAD_CORE
from bench.workloads import Workload, requests
from tests.support.runtimes import CACHE

SOURCE = Path(__file__).parent / "load.c"
SIGNED_S_MAX = 600


class WrongAnswer(Exception):
    """A figure for wrong answers is no figure."""


@dataclass(frozen=True)
class Load:
    answered: int
    seconds: float
    p50_ms: float
    p99_ms: float
    max_ms: float

    @property
    def rate(self) -> float:
        return self.answered / self.seconds


def compile_generator() -> Path:
    """The generator's program. Raises RuntimeError without a C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        raise RuntimeError("`make bench` needs a C compiler (Debian: gcc) for its load generator")
    program = CACHE / "bench-load"
    if not program.exists() or program.stat().st_mtime < SOURCE.stat().st_mtime:
        CACHE.mkdir(exist_ok=True)
        subprocess.run([compiler, "-O2", "-Wall", "-o", str(program), str(SOURCE)], check=True)
    return program


class Signed:
    """The signed requests of one workload for one server, in a file that the generator reads.

    A signature is good for fifteen minutes: they are signed anew after SIGNED_S_MAX.
    """

    def __init__(
        self,
        workload: Workload,
        host: str,
        seed: int,
        folder: Path,
        keys: tuple[str, str] | None = None,
    ) -> None:
        self.keys = keys
        self.workload = workload
        self.host = host
        self.seed = seed
        self.file = folder / f"{host} {workload.operation}".replace(":", " ")
        self.bodies: list[dict[str, Any]] = []
        self.signed_at = 0.0

    def fresh(self) -> Path:
        if time.time() > self.signed_at + SIGNED_S_MAX:
            self.signed_at = time.time()
            made = requests(self.workload, self.host, self.seed, self.keys)
            self.bodies = [body for _, body in made]
            with self.file.open("wb") as out:
                for request, _ in made:
                    out.write(struct.pack("=I", len(request)) + request)
        return self.file


def run(
    program: Path,
    signed: Signed,
    *,
    connections: int,
    seconds: float,
    rate: float | None = None,
    latencies: Path | None = None,
    urgent: bool = False,
) -> Load:
    """One measurement. Raises WrongAnswer if any answer was not 200 or a sampled body is wrong.

    rate: requests a second, whatever becomes of them; None: as fast as they are answered.
    latencies: where all of them are to be written, as 32-bit numbers of microseconds. urgent: it
    comes before whatever else wants its core, where that is allowed, so that only the server's
    waiting is measured.
    """
    workload, port = signed.workload, signed.host.rpartition(":")[2]
    with tempfile.NamedTemporaryFile(prefix="jedlik-bench-") as sampled:
        words = [port, str(connections), str(seconds), str(signed.fresh()), sampled.name]
        if latencies is not None:
            words = ["-l", str(latencies), *words]
        if rate is not None:
            words = ["-r", str(rate), *words]
        first = ["nice", "-n", "-15"] if urgent and os.geteuid() == 0 else []
        done = subprocess.run(
            [*first, "taskset", "-c", str(LOAD_CORE), str(program), *words],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise WrongAnswer(f"{workload.name}: {done.stderr.strip()}")
        figures = json.loads(done.stdout)
        for number, body in samples(Path(sampled.name).read_bytes()):
            _check(workload, signed.bodies[number], body)
    if figures.pop("errors"):
        raise WrongAnswer(f"{workload.name}: not every status was 200")
    return Load(**figures)


def samples(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        head, _, data = data.partition(b"\n")
        number, length = map(int, head.split())
        yield number, data[:length]
        data = data[length + 1 :]


def _check(workload: Workload, request: dict[str, Any], body: bytes) -> None:
    try:
        right = workload.right(request, json.loads(_unchunked(body)))
    except (ValueError, KeyError, TypeError):
        right = False
    if not right:
        raise WrongAnswer(f"{workload.name} {request} was answered {body[:500]!r}")


def _unchunked(body: bytes) -> bytes:
    """The body itself, where it came in chunks."""
    if body.startswith(b"{"):
        return body
    parts = []
    while body:
        size, _, body = body.partition(b"\r\n")
        parts.append(body[: int(size, 16)])
        body = body[int(size, 16) + 2 :]
    return b"".join(parts)
