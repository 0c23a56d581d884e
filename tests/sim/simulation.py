"""One simulated history: clients, workers, a disk and a clock, all driven by one seed.

A life: open the store, find what survived and compare it with the model, set clients to work,
and die between two steps of a commit. Some lives later the last one ends in order. By `kind_of`
its seed a history happens

    memory   on an engine that commits in steps and can fail in every way (split_engine.py)
    far      on the same, where every look and every commit takes a while, so that clients overtake
             each other; tables stay as they are (on the engines there are, looks take no time)
    sqlite   on the real engine, stepped by hand over a disk that can lose its power

Any difference from the model ends in `Failed`, which names the seed that shows it again.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from jedlik.storage.waist import Batch, StorageError
from jedlik.tables.database import Database
from jedlik.workers.backfill import Backfill
from jedlik.workers.retention import Retention
from tests.sim.checks import check_store
from tests.sim.model import Model
from tests.sim.reads import Read
from tests.sim.stores import MemoryStore, SqliteStore, Store
from tests.sim.table_changes import TableChange, Work
from tests.sim.virtual_loop import VirtualLoop
from tests.sim.watched_engine import NearEngine, Submission, WatchedEngine, current
from tests.sim.writes import Write, random_write

LIVES_MAX = 4
TABLES = ("a", "b")
Trace = Callable[[str], None]
Flaw = Callable[[WatchedEngine], Any]


class Failed(AssertionError):
    """What went wrong, and how to see it again."""


def kind_of(seed: int) -> str:
    return "sqlite" if seed % 10 == 0 else "far" if seed % 10 in (3, 7) else "memory"


@dataclass
class Summary:
    """What a history was made of."""

    operations: int = 0
    done: int = 0
    crashes: int = 0
    doubts: int = 0


def simulate(
    seed: int,
    *,
    trace: Trace | None = None,
    flaw: Flaw | None = None,
    store: Store | None = None,
) -> Summary:
    """Run the history of `seed`; raises Failed. `flaw` may spoil the engine, for tests; `store`
    takes the place of the one that the seed would choose."""
    simulation = Simulation(seed, trace, flaw, store)
    try:
        simulation.run()
    except Exception as raised:
        error = simulation.first_failure or raised
        text = f"{error}".strip() or repr(error)
        raise Failed(f"seed {seed} ({kind_of(seed)}): {text}\n    make sim SEED={seed}") from error
    return simulation.summary


class SimClock:
    """Time as the database is told it: the loop's, and jumps."""

    def __init__(self) -> None:
        self.offset_ms = 1_700_000_000_000
        self.loop: VirtualLoop | None = None

    def now_ms(self) -> int:
        assert self.loop is not None
        return self.offset_ms + int(self.loop.now_s * 1000)


class Simulation:
    def __init__(
        self, seed: int, trace: Trace | None, flaw: Flaw | None, store: Store | None
    ) -> None:
        self.kind = kind_of(seed) if store is None else "given"
        self.summary = Summary()
        self._random = random = Random(seed)
        self._trace = trace
        self._flaw = flaw
        self._clock = SimClock()
        limit = random.choice((600, 1 << 30, 1 << 30))
        self._model = Model(collection_bytes_max=limit)
        self._store: Store
        if store is not None:
            self._store = store
        elif self.kind == "sqlite":
            self._store = SqliteStore(Random(random.random()))
        else:
            self._store = MemoryStore(Random(random.random()))
        self._budget = random.randrange(20, 60 if self.kind in ("sqlite", "given") else 150)
        self._crash_rate = random.choice((0.0, 0.01, 0.03))
        self._fault_rate = random.choice((0.0, 0.0, 0.02, 0.1))
        self._conflict_rate = random.choice((0.0, 0.0, 0.1, 0.5))
        self._pace_s = random.choice((0.0, 0.001, 0.01))
        self._watched: Any = None
        self._versions: set[int] = set()
        self._trims: dict[tuple[int, int], int] = {}
        self._unsettled: list[list[Submission]] = []
        self._transactions: list[Write] = []

    @property
    def first_failure(self) -> Exception | None:
        """Others may have failed after it, and been heard of before."""
        return self._watched.failure if self._watched is not None else None

    def run(self) -> None:
        now_s, life = 0.0, 0
        try:
            while True:
                life += 1
                loop = VirtualLoop(now_s)
                self._clock.loop = loop
                last = life == LIVES_MAX
                try:
                    crashed = loop.run_until_complete(self._live(last))
                finally:
                    loop.run_until_complete(_end_all_tasks())
                    loop.close()
                now_s = loop.now_s + 1
                if not crashed:
                    return
                self.summary.crashes += 1
                self._die()
                # The machine's clock need not have kept its promises meanwhile.
                self._clock.offset_ms += self._random.choice((0, 0, 60_000, -5, -4_000, -90_000))
        finally:
            self._store.close()

    # A life

    async def _live(self, last: bool) -> bool:
        """Whether it ended in a crash."""
        random, store = self._random, self._store
        store.open()
        await self._take_stock()
        is_near = self.kind == "sqlite" and random.random() < 0.5
        watched = (NearEngine if is_near else WatchedEngine)(
            store,
            self._model,
            self._clock,
            Random(random.random()),
            conflicts=self._conflict_rate,
            far=self.kind == "far",
        )
        watched.versions, watched.trims_asked = self._versions, self._trims
        self._watched = watched
        engine = self._flaw(watched) if self._flaw is not None else watched
        db = Database(engine, clock=self._clock, node=1, random=Random(random.random()))
        db.collection_bytes_max = self._model.collection_bytes_max
        crash_rate = 0.0 if last else self._crash_rate
        disk = asyncio.ensure_future(self._disk(crash_rate))
        work = asyncio.ensure_future(self._work(db))
        await asyncio.wait((disk, work), return_when=asyncio.FIRST_COMPLETED)
        if disk.done():
            self._say(f"--- {disk.result()}")
            return True
        work.result()
        watched.catch_up()
        assert not watched.waiting
        await check_store(store.engine, self._model, self._trims)
        return False

    async def _disk(self, crash_rate: float) -> str:
        """Steps the store from commit to commit; returns to say that the process dies now."""
        random, store = self._random, self._store
        slowness_s = random.choice((0.0005, 0.003))
        while True:
            await asyncio.sleep(random.random() * slowness_s)
            if store.busy:
                step = store.step(faulty=random.random() < self._fault_rate)
                self._say(f"                                   disk {step}")
                if random.random() < crash_rate:
                    return "crash"

    async def _work(self, db: Database) -> None:
        token = current.set(Work())
        await _persist(db.open)
        await _persist(db.finish_drops)
        if self.kind == "far" or not self._model.tables:
            for name in TABLES:
                while name not in self._model.tables:
                    await TableChange(self._random, name, "create").run(db)
        workers = [asyncio.ensure_future(self._backfill(db)), asyncio.ensure_future(self._keep(db))]
        names = range(self._random.randint(2, 6))
        clients = [asyncio.ensure_future(self._client(db, name)) for name in names]
        current.reset(token)
        waiting: set[asyncio.Future[None]] = {*workers, *clients}
        while not all(client.done() for client in clients):
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        for worker in workers:
            worker.cancel()
        await asyncio.wait(workers)
        current.set(Work())
        self._fault_rate = 0.0
        backfill = Backfill(db)
        steps = 0
        while await backfill.step(0):
            steps += 1
            assert steps < 100, "backfill without end"
        await db.engine.commit(Batch(db.versions.next(), ()))
        for table in self._model.tables.values():
            assert not any(index.backfilling for index in table.table.indexes), "backfill stuck"

    # Who is at work

    async def _client(self, db: Database, name: int) -> None:
        random = self._random
        while self._budget > 0:
            self._budget -= 1
            self.summary.operations += 1
            number = self.summary.operations
            await asyncio.sleep(random.random() * self._pace_s)
            operation = self._operation()
            self._say(f"{number:>4} client {name}: {operation}")
            running = asyncio.ensure_future(self._perform(db, operation))
            # The server lets every request come to its end; at the write door it need not.
            if isinstance(operation, Write) and random.random() < 0.03:
                await asyncio.wait((running,), timeout=random.random() * 0.01)
                if running.cancel():
                    self._say(f"{number:>4} client {name}: gone")
                    await asyncio.wait((running,))
                    if running.cancelled():
                        continue
            answer = await running
            self._say(f"{number:>4} client {name}: -> {answer}")
            self.summary.done += 1

    async def _perform(self, db: Database, operation: Any) -> Any:
        current.set(operation)
        return await operation.run(db)

    def _operation(self) -> Any:
        random = self._random
        chance = random.random()
        far = self.kind == "far"
        if chance < 0.06 and not far:
            return TableChange(random, random.choice(TABLES))
        if chance < 0.08:
            return Trim(random, random.choice(TABLES))
        if chance < 0.10 and not far:
            jump = random.choice((-700_000, -1000, -3, 20, 5_000, 400_000, 700_000, 86_500_000))
            self._clock.offset_ms += jump
            self._say(f"     the clock jumps by {jump} ms")
        if chance < 0.35:
            return Read(random, TABLES)
        if chance < 0.45 and self._transactions:
            first = random.choice(self._transactions)
            wishes = first.wishes if random.random() < 0.8 else first.wishes[::-1]
            return Write("together", wishes, first.token, far)
        write = random_write(random, TABLES, lenient=far)
        if write.token is not None:
            self._transactions.append(write)
        return write

    async def _backfill(self, db: Database) -> None:
        await self._worker(db, Backfill(db))

    async def _keep(self, db: Database) -> None:
        await self._worker(db, Retention(db))

    async def _worker(self, db: Database, job: Any) -> None:

        while True:
            await asyncio.sleep(self._random.random() * 0.02)
            try:
                await job.step(self._clock.now_ms())
            except StorageError:
                pass

    # Between two lives

    def _die(self) -> None:
        """Whatever was on its way may be there or not, group by group."""
        watched = self._watched
        watched.catch_up()
        groups: list[list[Submission]] = []
        if watched.doubtful:
            groups.append(watched.doubtful)
        if watched.waiting:
            first = watched.waiting[0].group
            groups.append([one for one in watched.waiting if one.group is first])
        self._unsettled = [[s for s in group if s.stores] for group in groups]
        self._say(f"--- ended by a {self._store.crash()}")

    async def _take_stock(self) -> None:
        """Find out which of the possible pasts happened; it must be exactly one of them."""
        failures: list[str] = []
        for group in ([], *self._unsettled):
            model, versions = self._model.clone(), set(self._versions)
            for submission in group:
                self._watched.apply(submission, model)
            try:
                await check_store(self._store.engine, model, self._trims)
            except AssertionError as error:
                failures.append(f"{len(group)} unanswered commits kept: {error}")
                self._versions.clear()
                self._versions |= versions
                continue
            self._model = model
            self._unsettled = []
            if group:
                self.summary.doubts += 1
                self._say(f"--- survived: {len(group)} commits that nobody was told of")
            return
        raise AssertionError("no possible past explains it: " + "; or ".join(failures))

    def _say(self, line: str) -> None:
        if self._trace is not None:
            assert self._clock.loop is not None
            line = re.sub("(v{9})v*", lambda run: f"v*{len(run[0])}", line)
            self._trace(f"{self._clock.loop.now_s:9.4f} {line}")


class Trim:
    """Somebody forgets the older part of a log."""

    may_conflict = True

    def __init__(self, random: Random, name: str) -> None:
        self._random, self._name = random, name

    def __str__(self) -> str:
        return f"trim {self._name}"

    def committed(self, model: Model, submission: Submission) -> None:
        raise AssertionError("a trim committed rows")

    async def run(self, db: Database) -> Any:

        there = db.engine.model.tables.get(self._name)  # type: ignore[attr-defined]
        if there is None:
            return "no table"
        space, part = there.table.log_space, self._random.randrange(there.table.parts)
        try:
            first, last = await db.engine.log_bounds(space, part)
            upto = self._random.randint(first - 1, last + 1)
            await db.engine.log_trim(space, part, upto)
            if there.table.name in db.engine.model.tables:  # type: ignore[attr-defined]
                now_first, now_last = await db.engine.log_bounds(space, part)
                assert now_first > min(upto, last) or now_last == 0, "trimmed, and still there"
            return upto
        except StorageError as error:
            return repr(error)


async def _persist(action: Callable[[], Any]) -> None:
    """Start-up in spite of a disk that fails at times."""

    for _ in range(50):
        try:
            await action()
            return
        except StorageError:
            await asyncio.sleep(0.01)
    raise AssertionError("cannot start")


async def _end_all_tasks() -> None:
    me = asyncio.current_task()
    tasks = sorted((t for t in asyncio.all_tasks() if t is not me), key=_number)
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.gather(*tasks, return_exceptions=True)


def _number(task: asyncio.Task[Any]) -> int:
    """In what order tasks were made."""
    return int(task.get_name().rpartition("-")[2])
