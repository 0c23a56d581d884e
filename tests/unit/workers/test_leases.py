"""Leases, with the clocks in hand."""

from __future__ import annotations

import asyncio

from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.workers.leases import BEAT_S, PATIENCE_S, VALID_S, Lease


class Ticks:
    """A process's own time."""

    def __init__(self, at_s: float) -> None:
        self.at_s = at_s

    def __call__(self) -> float:
        return self.at_s


class Two:
    """Two processes on one store, whose clocks have nothing to do with each other."""

    def __init__(self) -> None:
        self.engine = MemoryEngine()
        self.clocks = [Ticks(5.0), Ticks(9_000.0)]
        self.leases = [
            Lease(Database(self.engine, node=at), "work", holder=f"p{at}", monotonic=clock)
            for at, clock in enumerate(self.clocks)
        ]

    def pass_s(self, seconds: float) -> None:
        for clock in self.clocks:
            clock.at_s += seconds

    async def open(self) -> None:
        await Database(self.engine).open()


def test_one_holds_it_and_the_other_does_not() -> None:
    async def scenario() -> None:
        two = Two()
        await two.open()
        one, other = two.leases
        assert await one.beat()
        for _ in range(20):
            assert not await other.beat()
            assert await one.beat()
            two.pass_s(BEAT_S)

    asyncio.run(scenario())


def test_the_other_takes_it_when_the_holder_is_gone_and_never_before_it_has_ended() -> None:
    async def scenario() -> None:
        two = Two()
        await two.open()
        one, other = two.leases
        assert await one.beat()
        waited_s = 0.0
        while not await other.beat():
            two.pass_s(0.5)
            waited_s += 0.5
            assert waited_s <= PATIENCE_S + 1
        assert waited_s > VALID_S
        assert not one.held
        # The one that was away looks, and leaves it alone.
        assert not await one.beat()
        assert other.held

    asyncio.run(scenario())


def test_a_holder_that_cannot_write_stops_by_itself() -> None:
    async def scenario() -> None:
        two = Two()
        await two.open()
        assert await two.leases[0].beat()
        two.pass_s(VALID_S)
        assert not two.leases[0].held

    asyncio.run(scenario())


def test_given_back_it_is_taken_at_once() -> None:
    async def scenario() -> None:
        two = Two()
        await two.open()
        one, other = two.leases
        assert await one.beat()
        assert not await other.beat()
        await one.give_back()
        assert not one.held
        assert await other.beat()
        assert not await one.beat()

    asyncio.run(scenario())


def test_who_waits_goes_on_when_it_is_taken() -> None:
    async def scenario() -> None:
        two = Two()
        await two.open()
        waiting = asyncio.ensure_future(two.leases[0].wait())
        await asyncio.sleep(0)
        assert not waiting.done()
        await two.leases[0].beat()
        await asyncio.wait_for(waiting, 30)

    asyncio.run(scenario())


def test_of_two_that_want_it_one_gets_it() -> None:
    async def scenario() -> None:
        two = Two()
        await two.open()
        assert sorted(await asyncio.gather(*(each.beat() for each in two.leases))) == [False, True]

    asyncio.run(scenario())
