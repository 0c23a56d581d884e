"""The servers that are compared: how each is started on its core, and what it costs there."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.oracles import Dynalite, DynamoDBLocal, Moto, Peer

SERVER_CORE = 0
LOAD_CORE = 1
PINNED = ("taskset", "-c", str(SERVER_CORE))
_SCHEDULED = 2  # Linux, CPUCLOCK_SCHED: all the time that a process was running


class Jedlik(Peer):
    """`jedlik start`, on a data folder of its own unless `flags` say --memory.

    Without limits of throughput, unless they say something of --throttling: the peers have none.
    """

    name = "jedlik"

    def __init__(self, *flags: str, wrap: tuple[str, ...] = PINNED) -> None:
        super().__init__(wrap=wrap)
        self.flags = flags if "--throttling" in flags else (*flags, "--throttling", "off")
        # Beside the checkout's other throw-away files, so that it is on a real disk: /tmp may
        # be memory, where an fsync costs nothing.
        self.data = Path(tempfile.mkdtemp(prefix="bench-", dir=_disk()))

    def command(self) -> list[str]:
        where = () if "--memory" in self.flags else ("--data", str(self.data))
        port = str(self.port)
        return [sys.executable, "-m", "jedlik", "start", "--port", port, *where, *self.flags]

    def stop(self) -> None:
        super().stop()
        shutil.rmtree(self.data, ignore_errors=True)


class LocalOnDisk(DynamoDBLocal):
    """DynamoDB Local with its files on the same disk as Jedlik's."""

    def __init__(self) -> None:
        super().__init__(on_disk=True, wrap=PINNED)
        shutil.rmtree(self.folder)
        self.folder = Path(tempfile.mkdtemp(prefix="bench-", dir=_disk()))


@dataclass(frozen=True)
class Target:
    name: str
    make: Callable[[], Peer]
    durable: str  # what is on disk when it answers
    is_peer: bool = True
    warm: bool = False  # its tables must be made to take all there is at once
    in_memory: bool = True
    slow: bool = False  # takes so long to fill that a quick run leaves it out


TARGETS = [
    Target("Jedlik", Jedlik, "yes", is_peer=False, in_memory=False),
    Target(
        "Jedlik relaxed",
        lambda: Jedlik("--durability", "relaxed"),
        "soon after",
        is_peer=False,
        in_memory=False,
    ),
    Target("Jedlik memory", lambda: Jedlik("--memory"), "no", is_peer=False),
    # All of what --throttling on does but the refusing, since no table of AWS's would take so much.
    Target(
        "Jedlik capacity",
        lambda: Jedlik("--memory", "--throttling", "report"),
        "no",
        is_peer=False,
        warm=True,
    ),
    Target("DynamoDB Local memory", lambda: DynamoDBLocal(wrap=PINNED), "no"),
    Target("DynamoDB Local disk", LocalOnDisk, "yes", in_memory=False, slow=True),
    Target("dynalite", lambda: Dynalite(wrap=PINNED), "no"),
    Target("moto", lambda: Moto(wrap=PINNED), "no", slow=True),
]


@dataclass
class Usage:
    """What the kernel says of a process."""

    pid: int

    def cpu_s(self) -> float:
        """By the process's own clock, to the microsecond; /proc counts in hundredths of a second,
        too coarse for short turns. Its number is the process's, as clock_getcpuclockid makes it."""
        return time.clock_gettime(~self.pid << 3 | _SCHEDULED)

    def user_s(self) -> float:
        """Of that, without the kernel's work for it: in hundredths of a second."""
        told = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return int(told[11]) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        return self._status("VmRSS")

    def peak_mb(self) -> float:
        return self._status("VmHWM")

    def _status(self, name: str) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
        raise LookupError(name)


def settle(seconds: float = 0.5) -> None:
    """Let what a server does after its start be over before it is measured."""
    time.sleep(seconds)


def _disk() -> Path:
    from tests.support.runtimes import CACHE

    CACHE.mkdir(exist_ok=True)
    return CACHE
