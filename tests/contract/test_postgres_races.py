"""Several processes' engines over one PostgreSQL store, all wanting the same at once.

Each engine has connections of its own, so to the server they are as many processes.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from random import Random

from jedlik.storage.postgres import PostgresEngine
from jedlik.storage.waist import (
    ABSENT,
    ANY,
    FENCE,
    Batch,
    Change,
    Conflict,
    Delete,
    Keep,
    LogEntry,
    Put,
    Row,
    Stats,
    Tally,
)
from tests.contract.rows import ALL, key

Open = Callable[..., Awaitable[PostgresEngine]]


class Process:
    """An engine and its versions, which no other has: they grow, and end in its number."""

    def __init__(self, engine: PostgresEngine, number: int) -> None:
        self.engine = engine
        self._numbers = itertools.count(1)
        self._number = number

    def version(self, after: int = 0) -> int:
        return (max(after >> 4, next(self._numbers)) + 1) << 4 | self._number


async def processes(open_postgres: Open, count: int) -> list[Process]:
    first = Process(await open_postgres(), 0)
    return [first, *[Process(await open_postgres(), at) for at in range(1, count)]]


async def test_of_32_creators_of_one_key_one_wins(open_postgres: Open) -> None:
    team = await processes(open_postgres, 4)
    for at in range(5):
        place = key(f"one{at}")
        answers = await asyncio.gather(
            *[
                team[n % 4].engine.commit(
                    Batch(team[n % 4].version(n << 4), [Put(place, ABSENT, b"%d" % n)])
                )
                for n in range(32)
            ]
        )
        assert answers.count(None) == 1
        row = await team[0].engine.get_one(place)
        assert row is not None
        assert row.value == b"%d" % answers.index(None)
        assert {answer for answer in answers if answer is not None} == {Conflict(0, row)}


async def test_a_counter_counts_every_increment_once(open_postgres: Open) -> None:
    team = await processes(open_postgres, 4)
    place = key("counter")

    async def increment(process: Process, times: int) -> None:
        for _ in range(times):
            row = await process.engine.get_one(place)
            while True:
                seen, value = (row.version, int(row.value)) if row else (ABSENT, 0)
                put = Put(place, seen, b"%d" % (value + 1))
                tally = Tally(1, 1, value + 1)
                batch = Batch(process.version(seen), [put], [], [tally])
                conflict = await process.engine.commit(batch)
                if conflict is None:
                    break
                row = conflict.row

    await asyncio.gather(*[increment(process, 15) for process in team for _ in range(2)])
    row = await team[0].engine.get_one(place)
    assert row is not None
    assert row.value == b"120"
    assert await team[1].engine.stats(1) == Stats(120, 120 * 121 // 2)


async def test_money_moves_between_accounts_and_never_changes_its_sum(open_postgres: Open) -> None:
    """A batch reads nothing and guards two accounts; readers of all 64 always find the sum."""
    team = await processes(open_postgres, 3)
    accounts = [key(f"account{at}") for at in range(64)]
    opening = [Put(place, ABSENT, b"100") for place in accounts]
    assert await team[0].engine.commit(Batch(team[0].version(), opening)) is None
    moved = 0
    done = False

    async def transfer(process: Process, seed: int) -> None:
        nonlocal moved
        random = Random(seed)
        for _ in range(15):
            pair = random.sample(accounts, 2)
            rows = await process.engine.get(pair)
            while True:
                one, other = rows
                assert one is not None and other is not None
                amount = random.randint(1, 10)  # debts are fine
                puts = [
                    Put(pair[0], one.version, b"%d" % (int(one.value) - amount)),
                    Put(pair[1], other.version, b"%d" % (int(other.value) + amount)),
                ]
                batch = Batch(process.version(max(one.version, other.version)), puts)
                if await process.engine.commit(batch) is None:
                    moved += 1
                    break
                rows = await process.engine.get(pair)

    async def watch(process: Process) -> int:
        looks = 0
        while not done:
            rows = await process.engine.get(accounts, snapshot=True)
            assert sum(int(row.value) for row in rows if row is not None) == 6400
            looks += 1
            await asyncio.sleep(0.02)  # on Citus a look holds all accounts: let others work
        return looks

    watching = asyncio.gather(*[watch(process) for process in team[:2]])
    await asyncio.gather(*[transfer(team[at % 3], at) for at in range(9)])
    done = True
    assert min(await watching) > 0
    assert moved == 135


async def test_two_who_look_at_what_the_other_changes_do_not_both_succeed(
    open_postgres: Open,
) -> None:
    """Write skew: each changes its own row provided that the other's is as it was."""
    one, other = await processes(open_postgres, 2)
    for at in range(40):
        left, right = key(f"left{at}"), key(f"right{at}")
        seen = one.version()
        assert (
            await one.engine.commit(Batch(seen, [Put(left, ANY, b"on"), Put(right, ANY, b"on")]))
            is None
        )
        answers = await asyncio.gather(
            one.engine.commit(
                Batch(one.version(seen), [Put(left, seen, b"off"), Keep(right, seen)])
            ),
            other.engine.commit(
                Batch(other.version(seen), [Put(right, seen, b"off"), Keep(left, seen)])
            ),
        )
        assert answers.count(None) == 1, answers
        rows = await one.engine.get([left, right])
        assert sorted(row.value for row in rows if row) == [b"off", b"on"]


async def test_two_who_need_the_others_row_absent_do_not_both_succeed(open_postgres: Open) -> None:
    """Write skew again, where there is nothing yet to lock."""
    one, other = await processes(open_postgres, 2)
    for at in range(40):
        left, right = key(f"left{at}"), key(f"right{at}")
        answers = await asyncio.gather(
            one.engine.commit(
                Batch(one.version(), [Put(left, ABSENT, b"mine"), Keep(right, ABSENT)])
            ),
            other.engine.commit(
                Batch(other.version(), [Put(right, ABSENT, b"mine"), Keep(left, ABSENT)])
            ),
        )
        rows = await one.engine.get([left, right])
        assert [row is not None for row in rows] == [answer is None for answer in answers]
        assert answers.count(None) <= 1, "both"
    page = await one.engine.scan(1, b"", None, **ALL)
    assert {entry.value for entry in page.entries} <= {b"mine"}, "a placeholder was left behind"


async def test_batches_that_want_the_same_rows_in_any_order_do_not_lock_each_other_out(
    open_postgres: Open,
) -> None:
    team = await processes(open_postgres, 2)
    places = [key(f"p{at}") for at in range(12)]

    async def work(process: Process, seed: int) -> None:
        random = Random(seed)
        for _ in range(12):
            chosen = random.sample(places, 6)
            rows = await process.engine.get(chosen)
            version = process.version(max((row.version for row in rows if row), default=0))
            writes: list[Put | Delete | Keep] = []
            for place, row in zip(chosen, rows, strict=True):
                seen = row.version if row else ABSENT
                how = random.choice((Put, Put, Delete, Keep))
                expect = random.choice((seen, seen, ANY))
                put = Put(place, expect, b"%d" % seed)
                writes.append(put if how is Put else how(place, expect))
            await process.engine.commit(Batch(version, writes))

    await asyncio.gather(*[work(team[at % 2], at) for at in range(16)])
    for process in team:
        assert (await process.engine.health()).writable


async def test_three_sequencers_number_every_change_once_and_in_order(open_postgres: Open) -> None:
    """Ten writers change their items, each change telling what it followed; three readers number
    at the same time. No reader ever sees an entry turn up behind one that it has seen."""
    team = await processes(open_postgres, 3)
    writers, changes = 10, 25
    done = False

    async def write(process: Process, number: int) -> None:
        place = key(f"item{number}")
        seen = ABSENT
        for at in range(changes):
            version = process.version(seen)
            record = b"%d:%d" % (number, at)
            batch = Batch(version, [Put(place, seen, record)], [Change(1, number % 2, record)])
            assert await process.engine.commit(batch) is None
            seen = version

    async def follow(process: Process, part: int) -> list[LogEntry]:
        entries: list[LogEntry] = []
        while True:
            ended = done
            after = entries[-1].seq if entries else 0
            more = await process.engine.log_read(1, part, after, 7)
            assert [entry.seq for entry in more] == list(range(after + 1, after + 1 + len(more)))
            entries += more
            if ended and not more:
                return entries

    following = [
        asyncio.ensure_future(follow(process, part)) for process in team for part in (0, 1)
    ]
    await asyncio.gather(*[write(team[at % 3], at) for at in range(writers)])
    done = True
    logs = await asyncio.gather(*following)
    for part in (0, 1):
        assert logs[part] == logs[2 + part] == logs[4 + part]
        records = [entry.record for entry in logs[part]]
        for number in range(part, writers, 2):
            mine = [record for record in records if record.startswith(b"%d:" % number)]
            assert mine == [b"%d:%d" % (number, at) for at in range(changes)]
        assert len(records) == changes * writers // 2
        bounds = await team[0].engine.log_bounds(1, part)
        assert bounds == (1, changes * writers // 2)


async def test_a_dropped_space_takes_no_writes_from_another_process(open_postgres: Open) -> None:
    one, other = await processes(open_postgres, 2)
    place = key("p", space=77)
    assert await one.engine.commit(Batch(one.version(), [Put(place, ANY, b"v")])) is None
    await one.engine.space_drop(77)
    answers = await asyncio.gather(
        other.engine.commit(Batch(other.version(), [Put(place, ANY, b"late")])),
        other.engine.commit(Batch(other.version(), (), [Change(77, 0, b"late")])),
        other.engine.space_create(77),
        return_exceptions=True,
    )
    assert [type(answer).__name__ for answer in answers] == ["SpaceDropped"] * 3
    third = await open_postgres()
    assert await third.get_one(place) is None


async def test_a_fence_refuses_whoever_comes_after_its_change(open_postgres: Open) -> None:
    """Writers of many processes go on beside each other, and what the change did not wait for is
    not written: so the log has no record made by the old state behind the change."""
    *team, changer = await processes(open_postgres, 5)
    fence = key("fence", space=64)
    states = [changer.version()]
    assert await changer.engine.commit(Batch(states[0], [Put(fence, ANY, b"")])) is None
    acknowledged: list[int] = []
    refused = 0
    ended, gone_on = asyncio.Event(), asyncio.Event()

    async def write(process: Process, number: int) -> None:
        nonlocal refused
        count = 0
        while not ended.is_set():
            count += 1
            state = states[-1]
            place = key(f"{number}", b"%d" % count, space=64)
            batch = Batch(
                process.version(),
                [Put(place, ABSENT, b"")],
                [Change(64, 0, b"%d" % state)],
                (),
                [Keep(fence, state)],
            )
            conflict = await process.engine.commit(batch)
            if conflict is None:
                acknowledged.append(state)
                if acknowledged.count(state) == 10:
                    gone_on.set()
            else:
                refused += 1
                assert conflict.index == FENCE
                assert conflict.row is not None and conflict.row.version != state
                assert await process.engine.get_one(place) is None

    writers = [asyncio.ensure_future(write(team[at % 4], at)) for at in range(8)]
    ends: list[tuple[int, int]] = []
    for _ in range(5):
        gone_on.clear()
        await asyncio.wait_for(gone_on.wait(), 60)
        new = changer.version(states[-1])
        assert await changer.engine.commit(Batch(new, [Put(fence, states[-1], b"")])) is None
        # Everything by the state before is in the log now.
        ends.append((states[-1], (await team[1].engine.log_bounds(64, 0)).last))
        states.append(new)
    ended.set()
    await asyncio.gather(*writers)
    log: list[LogEntry] = []
    while more := await team[2].engine.log_read(64, 0, log[-1].seq if log else 0, 1000):
        log += more
    assert len(log) == len(acknowledged) > 50
    assert refused > 0
    for state, end in ends:
        assert max(entry.seq for entry in log if int(entry.record) == state) <= end


async def test_a_fence_that_does_not_hold_lets_nothing_through(open_postgres: Open) -> None:
    engine = await open_postgres()
    fence, other, place = key("f", space=64), key("g", space=64), key("p", space=64)
    assert await engine.commit(Batch(7, [Put(fence, ANY, b""), Put(place, ANY, b"old")])) is None
    for fences in ([Keep(fence, 6)], [Keep(other, 7)], [Keep(fence, 7), Keep(other, 7)]):
        for writes in (
            [Put(place, ANY, b"new")],
            [Put(place, 7, b"new")],
            [Delete(place, ANY)],
            [Delete(place, 7)],
            [Put(key("q", space=64), ABSENT, b"")],
            [Put(place, ANY, b"new"), Put(key("q"), ABSENT, b""), Keep(fence, 7)],
            [Put(place, ANY, b"new"), Keep(key("absent"), ABSENT)],
        ):
            batch = Batch(9, writes, [Change(64, 0, b"")], [Tally(64, 1, 1)], fences)
            conflict = await engine.commit(batch)
            assert conflict is not None and conflict.index == FENCE
    assert await engine.get_one(place) == Row(7, b"old")
    assert await engine.get_one(key("q", space=64)) is None
    assert await engine.log_read(64, 0, 0, 10) == []
    assert await engine.stats(64) == Stats(0, 0)
    batch = Batch(9, [Put(place, 7, b"new")], [Change(64, 0, b"r")], (), [Keep(fence, 7)])
    assert await engine.commit(batch) is None
    assert await engine.get_one(place) == Row(9, b"new")


async def test_processes_that_start_at_once_make_one_store_and_have_different_nodes(
    open_postgres: Open,
) -> None:
    engines = await asyncio.gather(*[open_postgres() for _ in range(5)])
    assert [engine.is_new for engine in engines].count(True) == 1
    assert len({engine.node for engine in engines}) == 5


async def test_no_process_starts_at_or_below_a_version_that_was_used(open_postgres: Open) -> None:
    first = await open_postgres()
    assert await first.version_floor() == 0
    used = 5 << 40
    assert await first.commit(Batch(used, [Put(key("p"), ANY, b"v")])) is None
    second = await open_postgres()
    floor = await second.version_floor()
    assert used <= floor <= used + (10_000 << 21)
    # It was noted before it was used, not after.
    assert await second.commit(Batch(floor + 1, [Delete(key("p"), ANY)])) is None
    third = await open_postgres()
    assert await third.version_floor() > floor
    assert await third.get_one(key("p")) is None
    assert await second.commit(Batch(floor + 2, [Put(key("q"), ABSENT, b"")])) is None
    assert await third.get_one(key("q")) == Row(floor + 2, b"")
