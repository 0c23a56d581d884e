"""Objects are never whole in memory: the server's memory while a large one comes and goes."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig

from tests.support.server import Server

SIZE_MB = int(os.environ.get("JEDLIK_LARGE_OBJECT_MB", "300"))
ABOVE_IDLE_MB_MAX = 100
PART = 16 << 20


class Zeros:
    """A file of so many bytes, made while it is read."""

    def __init__(self, size: int) -> None:
        self.size, self.at = size, 0

    def read(self, count: int = -1) -> bytes:
        found = min(self.size - self.at, count if count >= 0 else self.size)
        self.at += found
        return bytes(found)


class Hashed:
    """A file that keeps only how much came."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: bytes) -> int:
        self.size += len(data)
        return len(data)


@pytest.fixture
def server(tmp_path: Path, target: str) -> Iterator[Server]:
    if target != "jedlik":
        pytest.skip("only our own memory can be looked at")
    with Server("--data", str(tmp_path / "data"), "--dax-nodes", "0") as running:
        yield running


def resident_mb(server: Server) -> float:
    pages = int(Path(f"/proc/{server.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def peak_during(server: Server, work: Callable[[], Any]) -> float:
    """The largest resident size, in MB, that a look every 10 ms found."""
    peak, over = 0.0, threading.Event()

    def look() -> None:
        nonlocal peak
        while not over.is_set():
            peak = max(peak, resident_mb(server))
            time.sleep(0.01)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        work()
    finally:
        over.set()
        watcher.join()
    return peak


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="looks at /proc")
def test_a_large_object_in_bounded_memory(server: Server) -> None:
    s3 = server.client("s3", read_timeout=120)
    s3.create_bucket(Bucket="large")
    s3.put_object(Bucket="large", Key="warm", Body=b"x")
    idle = resident_mb(server)
    how = TransferConfig(multipart_chunksize=PART, max_concurrency=4)
    size = SIZE_MB << 20
    up = peak_during(server, lambda: s3.upload_fileobj(Zeros(size), "large", "k", Config=how))
    found = s3.head_object(Bucket="large", Key="k")
    assert found["ContentLength"] == size
    sizes = [min(PART, size - at) for at in range(0, size, PART)]
    digests = {each: hashlib.md5(bytes(each)).digest() for each in set(sizes)}
    whole = hashlib.md5(b"".join(digests[each] for each in sizes)).hexdigest()
    assert found["ETag"] == f'"{whole}-{len(sizes)}"'
    target = Hashed()
    down = peak_during(server, lambda: s3.download_fileobj("large", "k", target, Config=how))
    assert target.size == size
    # At once, too, not in parts.
    one = peak_during(server, lambda: s3.get_object(Bucket="large", Key="k")["Body"].read(1 << 20))
    print(f"{SIZE_MB} MB: idle {idle:.0f} MB, up {up:.0f}, down {down:.0f}, cut off {one:.0f}")
    assert max(up, down, one) < idle + ABOVE_IDLE_MB_MAX
