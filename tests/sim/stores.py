"""What the simulation stores on: machines that can be stepped, can fail, and can die.

A store is `open`ed once per life; `crash` ends a life, and the next `open` finds what survived.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from random import Random
from typing import Any, Protocol

import apsw

from jedlik.storage.memory import MemoryEngine
from jedlik.storage.sqlite_group import Sweep
from jedlik.storage.waist import Batch, Engine, Unknown
from tests.contract.faulty_disk import FaultyDisk, _Image
from tests.contract.stepper import Stepper, crash
from tests.sim.split_engine import SplitEngine, writes


class Store(Protocol):
    engine: Engine

    def open(self) -> None:
        """Begin a life."""

    @property
    def busy(self) -> bool:
        """Whether there is a step to do."""

    def step(self, *, faulty: bool) -> str:
        """Do the next step of a commit, perhaps on a failing disk; what happened."""

    def crash(self) -> str:
        """End the life here; how."""

    def close(self) -> None:
        """Leave nothing behind."""

    def group_of(self, batch: Batch) -> Any:
        """What must be durable before `batch`, submitted now, is answered."""

    def state_of(self, group: Any) -> str:
        """waiting, published, failed, or doubtful: a crash may yet show that it was written."""


class MemoryStore:
    engine: SplitEngine

    def __init__(self, random: Random) -> None:
        self._random = random
        self._disk = MemoryEngine()
        self._highest_version = 0

    def open(self) -> None:
        self.engine = SplitEngine(self._disk, self._highest_version)

    @property
    def busy(self) -> bool:
        return self.engine.busy

    def step(self, *, faulty: bool) -> str:
        if faulty and self.engine.in_flight is not None and self.engine._next_step == "commit":
            return f"fails: {self.engine.fail(self._random)}"
        return self.engine.step()

    def crash(self) -> str:
        self._disk = self.engine.die()
        self._highest_version = self.engine.highest_version
        return "kill"

    def close(self) -> None:
        pass

    def group_of(self, batch: Batch) -> Any:
        return self.engine.group_of(batch)

    def state_of(self, group: Any) -> str:
        if group is None:
            return "published"
        return "waiting" if group.state == "durable" else str(group.state)


class SqliteStore:
    """The real engine with its writer in our hands, over a disk that can lose its power."""

    engine: Any

    def __init__(self, random: Random) -> None:
        self._random = random
        shared_memory = Path("/dev/shm")  # this is about steps and not about a disk's speed
        parent = shared_memory if shared_memory.is_dir() else None
        self._root = Path(tempfile.mkdtemp(prefix="jedlik-sim-", dir=parent))
        self._life = 0
        self._folder = self._root / "0"
        self._disk = FaultyDisk()
        self._unknown: list[Any] = []

    def open(self) -> None:
        random = self._random
        self._stepper = Stepper.open(
            self._folder,
            disk=self._disk,
            cache_bytes=random.choice((4_000, 1 << 20)),
            # Small, so that tables are taken over and the journal turns all the time.
            table_bytes=random.choice((1, 5_000, 40_000)),
            journal_bytes=random.choice((2_000, 10_000, 1 << 20)),
        )
        self.engine = self._stepper.engine
        lane = self._stepper.journal
        report = lane.report

        def note(job: Any, failure: Any) -> None:
            if isinstance(failure, Unknown):
                self._unknown.append(job)
            report(job, failure)

        lane.report = note
        self._favourite = random.choice(("journal", "store"))

    @property
    def busy(self) -> bool:
        return bool(self._stepper.journal.jobs or self._stepper.store.jobs)

    def step(self, *, faulty: bool) -> str:
        lanes = [self._stepper.journal, self._stepper.store]
        lanes = [lane for lane in lanes if lane.jobs]
        lane = self._random.choice(lanes)
        if self._random.random() < 0.5:
            lane = lanes[0 if self._favourite == "journal" else -1]
        if lane.next_step == "begin" and self._random.random() < 0.05:
            lane.worker.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        job = lane.jobs[0]
        fault = ""
        if faulty and lane.next_step in ("write", "sync", "commit"):
            fault = self._random.choice(("full", "sync fails once", "sync fails"))
            self._disk.fail = _failing(fault)
        step = lane.step()
        self._disk.fail = None
        if isinstance(job, Sweep):
            job.seconds = 0.0  # real time must not decide what happens next
        step = f"{type(lane.worker).__name__.lower()} {step}"
        return f"{step} {fault}" if fault else step

    def crash(self) -> str:
        how = self._random.choice(("kill", "power cut"))
        self._life += 1
        after = self._root / str(self._life)
        next_disk = FaultyDisk()
        if how == "kill":
            crash(self._folder, after)
            # The machine still knows what is not synced.
            next_disk.images, self._disk.images = self._disk.images, _Images()
        else:
            self._disk.power_cut(after, self._random)
            for file in after.iterdir():
                next_disk.images[file.name] = _Image(file.read_bytes())
        self._let_go()
        self._folder, self._disk = after, next_disk
        self._unknown.clear()
        return how

    def close(self) -> None:
        self._let_go()
        shutil.rmtree(self._root, ignore_errors=True)

    def group_of(self, batch: Batch) -> Any:
        engine = self.engine
        if writes(batch) or engine._open.waiters:
            return engine._open
        return engine._in_flight

    def state_of(self, group: Any) -> str:
        if group is None or group.published:
            return "published"
        if group is self.engine._open or group is self.engine._in_flight:
            return "waiting"
        return "doubtful" if group in self._unknown else "failed"

    def _let_go(self) -> None:
        engine = self.engine
        engine._journal.close(remove=False)
        for connection in reversed(engine._connections):
            connection.close(force=True)
        engine._files.unlock()


class _Images(dict[str, _Image]):
    """For a disk that is looked at no more, but still has to be written to."""

    def __missing__(self, name: str) -> _Image:
        return _Image(b"")


def _failing(fault: str) -> Any:
    left = [fault]

    def fail(operation: str, file: str) -> Exception | None:
        if fault == "full":
            return apsw.FullError("injected") if operation == "write" else None
        if operation != "sync" or (fault == "sync fails once" and not left):
            return None
        left.clear()
        return apsw.exception_for(apsw.SQLITE_IOERR_FSYNC)

    return fail
