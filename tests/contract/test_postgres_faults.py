"""When PostgreSQL, or the way to it, fails: what is tried again, what is told, what is unknown."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import asyncpg
import pytest

from jedlik.storage import postgres_schema
from jedlik.storage.postgres import PostgresEngine
from jedlik.storage.postgres_address import BadAddress, parse_address
from jedlik.storage.postgres_faults import Unreachable
from jedlik.storage.waist import (
    ABSENT,
    ANY,
    Change,
    Delete,
    Put,
    Row,
    StorageError,
    StorageFull,
    StorageOutdated,
    StorageReadOnly,
    Unknown,
)
from tests.contract.rows import batch, key, put
from tests.support.oracles import free_port
from tests.support.postgres import Cluster, running

Open = Callable[..., Awaitable[PostgresEngine]]


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A server of the test's own, to be stopped and started; it waits for its disk."""
    with running(durable=True) as made:
        yield made


class Spoiled:
    """A dialect whose next writes fail as told: (before or after the work, with what)."""

    def __init__(self, engine: PostgresEngine, *faults: tuple[str, BaseException]) -> None:
        self._inner: Any = engine._dialect
        self.faults = list(faults)
        engine._dialect = self  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def write(self, connection: Any, plan: Any) -> str:
        when, fault = self.faults.pop(0) if self.faults else ("never", None)
        if when == "before":
            assert fault is not None
            raise fault
        answer: str = await self._inner.write(connection, plan)
        if when == "after":
            assert fault is not None
            connection.terminate()
            raise fault
        return answer


LOST = asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")


async def test_a_commit_whose_answer_was_lost_is_found_by_its_version(open_postgres: Open) -> None:
    engine = await open_postgres()
    for fault in (LOST, ConnectionResetError(), asyncpg.AdminShutdownError("ended")):
        Spoiled(engine, ("after", fault))
        written = batch(Put(key("p"), ANY, b"v"), changes=[Change(1, 0, b"r")])
        assert await engine.commit(written) is None
        assert await engine.get_one(key("p")) == Row(written.version, b"v")
    assert len(await engine.log_read(1, 0, 0, 10)) == 3, "nothing was done twice"


async def test_a_commit_that_left_no_evidence_is_unknown(open_postgres: Open) -> None:
    engine = await open_postgres()
    version = await put(engine, key("p"), b"v")
    Spoiled(engine, ("before", LOST), ("after", LOST), ("before", LOST))
    with pytest.raises(Unknown):
        await engine.commit(batch(Put(key("p"), version, b"w")))
    assert await engine.get_one(key("p")) == Row(version, b"v")
    with pytest.raises(Unknown):
        await engine.commit(batch(Delete(key("p"), version)))
    assert await engine.get_one(key("p")) is None
    with pytest.raises(Unknown):
        await engine.commit(batch(changes=[Change(1, 0, b"r")]))
    assert not (await engine.health()).writable
    assert await engine.commit(batch(Put(key("p"), ABSENT, b"x"))) is None
    assert (await engine.health()).writable


async def test_serialization_failures_and_deadlocks_are_tried_again(open_postgres: Open) -> None:
    engine = await open_postgres()
    spoiled = Spoiled(
        engine,
        ("before", asyncpg.SerializationError("try again")),
        ("before", asyncpg.DeadlockDetectedError("try again")),
        ("before", asyncpg.ReadOnlySQLTransactionError("a standby")),
    )
    assert await engine.commit(batch(Put(key("p"), ABSENT, b"v"))) is None
    assert spoiled.faults == []


async def test_what_never_left_is_sent_again(open_postgres: Open) -> None:
    """Connections that the server closed while they were idle cost a commit nothing."""
    engine = await open_postgres()
    await put(engine, key("p"), b"v")
    Spoiled(engine, *[("before", asyncpg.InterfaceError("connection is closed"))] * 3)
    assert await engine.commit(batch(Put(key("q"), ABSENT, b"v"))) is None


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (asyncpg.DiskFullError("could not extend file"), StorageFull),
        (asyncpg.QueryCanceledError("statement timeout"), StorageError),
        (asyncpg.OutOfMemoryError("out of memory"), StorageError),
    ],
)
async def test_what_the_server_refuses_is_told_and_nothing_was_written(
    open_postgres: Open, fault: BaseException, told: type[StorageError]
) -> None:
    engine = await open_postgres()
    Spoiled(engine, ("before", fault))
    with pytest.raises(told) as caught:
        await engine.commit(batch(Put(key("p"), ABSENT, b"v")))
    assert not isinstance(caught.value, Unknown)
    assert "tester" not in str(caught.value)
    assert await engine.get_one(key("p")) is None
    health = await engine.health()
    assert (health.writable, health.error) == (False, str(caught.value))


async def test_a_server_that_stays_read_only_is_told(
    open_postgres: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jedlik.storage.postgres.TRIES_MAX", 2)
    engine = await open_postgres()
    refusals = [("before", asyncpg.ReadOnlySQLTransactionError("a standby"))] * 2
    Spoiled(engine, *refusals)
    with pytest.raises(StorageReadOnly):
        await engine.commit(batch(Put(key("p"), ABSENT, b"v")))


async def test_a_statement_that_takes_too_long_is_ended_by_the_server(
    open_postgres: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody holds a row for ever; who wants to write it is told, and nothing was written."""
    monkeypatch.setattr("jedlik.storage.postgres_pool.STATEMENT_S_MAX", 1)
    engine = await open_postgres()
    version = await put(engine, key("p"), b"v")
    async with engine._pool.connection() as holder:
        await holder.execute("SET idle_in_transaction_session_timeout = 0")
        hold = holder.transaction()
        await hold.start()
        await holder.fetch("SELECT 1 FROM kv FOR UPDATE")
        with pytest.raises(StorageError, match="took too long"):
            await engine.commit(batch(Put(key("p"), version, b"w")))
        await hold.rollback()
    assert await engine.get_one(key("p")) == Row(version, b"v")


async def test_killed_connections_are_replaced_and_nobody_notices(
    open_postgres: Open, cluster: Cluster
) -> None:
    pids: list[int] = []
    engine = await open_postgres(on_connect=lambda connection: pids.append(pid_of(connection)))
    await asyncio.gather(*[put(engine, key(f"p{at}"), b"v") for at in range(20)])
    admin = await asyncpg.connect(cluster.plain_url)
    assert pids
    for pid in pids:
        await admin.execute("SELECT pg_terminate_backend($1)", pid)
    await admin.close()
    rows = await asyncio.gather(*[engine.get_one(key(f"p{at}")) for at in range(20)])
    assert [row and row.value for row in rows] == [b"v"] * 20


def pid_of(connection: Any) -> int:
    return int(connection.get_server_pid())


async def test_a_server_that_comes_back_is_found_again(own_cluster: Cluster) -> None:
    """Writers at work while the server crashes and starts again: what was acknowledged is there,
    and work goes on."""
    engine = await PostgresEngine.open(own_cluster.url(), patience_s=60)
    acknowledged: dict[str, bytes] = {}
    stop = False

    async def write(number: int) -> None:
        at = 0
        while not stop:
            at += 1
            name = f"w{number}-{at}"
            try:
                await put(engine, key(name), b"v")
            except Unknown:
                continue
            acknowledged[name] = b"v"

    writers = [asyncio.ensure_future(write(number)) for number in range(6)]
    await until(lambda: len(acknowledged) > 50)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, own_cluster.stop, signal.SIGQUIT)
    before = len(acknowledged)
    await loop.run_in_executor(None, own_cluster.start)
    await until(lambda: len(acknowledged) > before + 50)
    stop = True
    await asyncio.gather(*writers)
    rows = await engine.get([key(name) for name in acknowledged])
    assert all(row is not None for row in rows)
    await put(engine, key("last"), b"v")
    assert (await engine.health()).writable
    await engine.close()


async def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_only_the_host_that_takes_writes_is_used(
    cluster: Cluster, new_store: Callable[..., str]
) -> None:
    """Of several hosts the first does not answer: the second is the primary."""
    url = new_store().replace("@127.0.0.1", f"@127.0.0.1:{free_port()},127.0.0.1")
    engine = await PostgresEngine.open(url, start_patience_s=0)
    await put(engine, key("p"), b"v")
    await engine.close()


async def test_a_standby_alone_is_refused(own_cluster: Cluster) -> None:
    admin = await asyncpg.connect(own_cluster.plain_url)
    await admin.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    await admin.execute("SELECT pg_reload_conf()")
    await admin.close()

    async def refused() -> bool:
        try:
            await (await PostgresEngine.open(own_cluster.url(), start_patience_s=0)).close()
        except Unreachable as told:
            assert "takes writes" in str(told)
            return True
        return False

    deadline = time.monotonic() + 30  # the server reads its settings when it gets to it
    while not await refused():
        assert time.monotonic() < deadline


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("tester:", "tester:x"), "wrong password"),
        (("/postgres?", "/nowhere?"), "no such database"),
        (("tester:", "nobody-here:"), "wrong password"),
    ],
)
async def test_what_cannot_be_connected_to_is_told_at_once(
    new_store: Callable[..., str], cluster: Cluster, change: tuple[str, str], told: str
) -> None:
    with pytest.raises(StorageError, match=told) as caught:
        await PostgresEngine.open(new_store().replace(*change), start_patience_s=60)
    assert_no_secret(str(caught.value), cluster)
    assert f"127.0.0.1:{cluster.port}" in str(caught.value)


async def test_no_server_is_told_without_the_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    url = f"postgresql://someone:geheim@127.0.0.1:{free_port()}/db"
    with pytest.raises(Unreachable, match="no server answers") as caught:
        await PostgresEngine.open(url, start_patience_s=0.2)
    assert "geheim" not in str(caught.value) + caplog.text + repr(parse_address(url))


def assert_no_secret(text: str, cluster: Cluster) -> None:
    assert cluster.password not in text
    assert "tester:" not in text


async def test_a_server_too_old_is_refused(
    new_store: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_schema, "SERVER_MIN", 990000)
    with pytest.raises(StorageOutdated, match="needs 15 or newer"):
        await PostgresEngine.open(new_store())


async def test_a_store_made_by_a_newer_jedlik_is_refused(open_postgres: Open) -> None:
    engine = await open_postgres()
    async with engine._pool.connection() as connection:
        await connection.execute("UPDATE meta SET value = 99 WHERE name = 'schema'")
    with pytest.raises(StorageOutdated, match="newer Jedlik"):
        await open_postgres()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://h/d", "postgresql:// URL"),
        ("postgresql://h/d?parts=0", "parts is a whole number from 1 to 4096"),
        ("postgresql://h/d?connections=many", "connections is a whole number"),
        ("postgresql://h/d?schema=Robert%3B--", "schema is a name"),
        ("postgresql://h/d?dialect=oracle", "dialect is one of"),
    ],
)
def test_an_address_that_cannot_be_is_refused(url: str, told: str) -> None:
    with pytest.raises(BadAddress, match=told):
        parse_address(url)


def test_what_is_not_ours_in_an_address_is_passed_on() -> None:
    address = parse_address("postgresql://u:p@a:1,b:2/d?sslmode=require&connections=3&schema=s")
    assert (address.connections, address.schema, address.parts) == (3, "s", 16)
    assert address.dsn == "postgresql://u:p@a:1,b:2/d?sslmode=require"
    assert address.shown == "postgresql://a:1,b:2/d"
