"""kill -9 in the middle of concurrent commits: what was acknowledged is there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from jedlik.storage.sqlite import SqliteEngine
from tests.contract.rows import key

ROOT = Path(__file__).parents[2]
WRITER = """
import asyncio, os, sys
from jedlik.storage.sqlite import SqliteEngine
from jedlik.storage.waist import ANY, Batch, Change, Put, Tally
from tests.contract.rows import key

async def main():
    engine = SqliteEngine.open(
        sys.argv[1], wal_limit_bytes=1 << 20, table_bytes=30_000, journal_bytes=100_000
    )
    version = int(sys.argv[2]) * 1_000_000

    async def write(name):
        nonlocal version
        number = 0
        while True:
            number += 1
            version += 1
            value = b"%d" % version
            pair = [Put(key("p", name, half), ANY, value) for half in (b"l", b"r")]
            await engine.commit(Batch(version, pair, [Change(1, 0, value)], [Tally(1, 1, 0)]))
            os.write(1, name + b" " + value + b"\\n")

    await asyncio.gather(*[write(b"%d" % at) for at in range(16)])

asyncio.run(main())
"""


def start_writer(folder: Path, life: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(life)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"},
    )


async def test_acknowledged_batches_survive_kill_9(tmp_path: Path) -> None:
    written = 0
    for life in range(1, 6):
        with start_writer(tmp_path / "data", life) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline()]
            assert lines[0], "the writer did not start"
            os.set_blocking(process.stdout.fileno(), False)
            rest = b""
            deadline = time.monotonic() + random.uniform(0.05, 0.4)
            while time.monotonic() < deadline:
                rest += process.stdout.read(1 << 16) or b""
            process.send_signal(signal.SIGKILL)
            process.wait()
            os.set_blocking(process.stdout.fileno(), True)
            rest += process.stdout.read()
        lines += rest.split(b"\n")[:-1]  # the last one may be cut off
        acknowledged = dict(line.split() for line in lines)
        written += len(lines)

        engine = SqliteEngine.open(tmp_path / "data")
        versions: list[int] = []
        for name, value in acknowledged.items():
            left, right = await engine.get([key("p", name, half) for half in (b"l", b"r")])
            assert left is not None
            assert left == right
            assert left.version >= int(value)
        _, last = await engine.log_bounds(1, 0)
        stats = await engine.stats(1)
        log = []
        while len(log) < last:
            log += await engine.log_read(1, 0, len(log), 1000)
        versions = [int(entry.record) for entry in log]
        assert stats.rows == last == len(set(versions))
        assert {int(line.split()[1]) for line in lines} <= set(versions)
        assert engine._published.reader.connection.pragma("integrity_check") == "ok"
        await engine.close()
    assert written > 100
