"""Connections to the primary, wherever it is at the moment.

Of all the hosts in the address only one that takes writes is used; when it is lost, `take` looks
for its successor for `patience_s`. The pool knows no SQL but the settings of a session.

A connection that goes wrong in a way that the server did not explain is thrown away: after a
cancelled or half-read answer nobody knows what comes next on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import socket
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

import asyncpg

from jedlik.storage.postgres_address import Address
from jedlik.storage.postgres_faults import (
    FAULTS,
    READ_ONLY,
    Unreachable,
    explain,
    may_connect_later,
    state_of,
)
from jedlik.storage.waist import StorageClosed, StorageError

Connection: TypeAlias = "asyncpg.Connection[Any]"

CONNECT_S_MAX = 5.0
STATEMENT_S_MAX = 30
"""The server ends a statement after this; never a commit on its way to the standbys, for the
server's time-out does not run then, and a cancelled wait would look like success."""
SILENCE_S_MAX = 45.0
"""A connection busy for longer than this is cut: the server, or the way to it, is gone."""
KEEPALIVE_S = (5, 2, 3)  # first probe after, further probes every, how many
STATEMENTS_KEPT = 500

_log = logging.getLogger("jedlik.storage")


class Pool:
    """At most `address.connections` connections; whoever comes when all are busy waits in line."""

    def __init__(
        self,
        address: Address,
        *,
        patience_s: float,
        on_connect: Callable[[Connection], None] | None = None,
    ) -> None:
        self._address = address
        self.patience_s = patience_s
        self.on_connect = on_connect
        self._idle: list[Connection] = []
        self._busy: dict[Connection, float] = {}
        self._waiters: deque[asyncio.Future[Connection | None]] = deque()
        self._count = 0
        self._closed = False
        self._refusal: str | None = None  # why the last attempt to connect failed
        self._watch: asyncio.TimerHandle | None = None

    @property
    def figures(self) -> dict[str, int | str]:
        return {
            "connections": self._count,
            "connections_busy": len(self._busy),
            "connections_max": self._address.connections,
            "waiting": len(self._waiters),
        }

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for the length of a `with`. Raises StorageError when there is none."""
        taken = await self.take()
        try:
            yield taken
        except BaseException as fault:
            self.give(taken, broken=is_spoilt(fault))
            raise
        self.give(taken)

    async def take(self) -> Connection:
        """A connection that `give` must get back. Raises StorageError when there is none."""
        came_at = time.monotonic()
        while True:
            if self._closed:
                raise StorageClosed("the PostgreSQL engine is closed")
            if self._refusal is not None and time.monotonic() > came_at + self.patience_s:
                raise Unreachable(self._refusal)  # others have tried all the while
            while self._idle:
                taken = self._idle.pop()
                if not taken.is_closed():
                    self._busy[taken] = time.monotonic()
                    return taken
                self._count -= 1
            if self._count < self._address.connections:
                self._count += 1
                try:
                    # In a task, which the driver needs for its time-outs; whoever wants a
                    # connection may be a coroutine that is driven without one (net/drive.py).
                    taken = await asyncio.ensure_future(self._connect())
                except BaseException:
                    self._count -= 1
                    self._wake(None)
                    raise
                self._busy[taken] = time.monotonic()
                self._watch_out()
                return taken
            waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                handed = await waiter
            except asyncio.CancelledError:
                if waiter.done() and not waiter.cancelled():
                    handed = waiter.result()
                    if handed is not None:
                        self.give(handed)
                    else:
                        self._wake(None)
                raise
            if handed is not None:
                self._busy[handed] = time.monotonic()
                return handed

    def give(self, taken: Connection, *, broken: bool = False) -> None:
        """Take a connection back; a broken one is thrown away."""
        self._busy.pop(taken, None)
        if broken or taken.is_closed() or self._closed:
            taken.terminate()
            self._count -= 1
            self._wake(None)
        elif not self._wake(taken):
            self._idle.append(taken)

    async def close(self) -> None:
        self._closed = True
        if self._watch is not None:
            self._watch.cancel()
        while self._wake(None):
            pass
        idle, self._idle = self._idle, []
        for each in idle:
            with contextlib.suppress(*FAULTS):
                await each.close(timeout=CONNECT_S_MAX)
        for each in list(self._busy):
            each.terminate()

    def _wake(self, handed: Connection | None) -> bool:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(handed)
                return True
        return False

    async def _connect(self) -> Connection:
        """Raises StorageError once patience has ended, or at once when waiting would not help."""
        deadline = time.monotonic() + self.patience_s
        pause_s = 0.05
        said = False
        while True:
            try:
                made = await self._connect_once()
            except (*FAULTS, ValueError) as fault:
                if isinstance(fault, ValueError):  # the driver does not understand the address
                    raise StorageError(f"{self._address.shown}: the address is not valid") from None
                if not may_connect_later(fault) or time.monotonic() > deadline or self._closed:
                    told = explain(fault, self._address.shown)
                    self._refusal = str(told)
                    raise told from fault
                if not said:
                    _log.warning("%s; trying again", explain(fault, self._address.shown))
                    said = True
                await asyncio.sleep(pause_s * (0.5 + random.random()))
                pause_s = min(0.5, pause_s * 1.5)
            else:
                if said:
                    _log.info("%s: connected again", self._address.shown)
                self._refusal = None
                return made

    async def _connect_once(self) -> Connection:
        made = await asyncpg.connect(
            self._address.dsn,
            timeout=CONNECT_S_MAX,
            target_session_attrs="read-write",
            statement_cache_size=STATEMENTS_KEPT,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=64 << 10,
            server_settings=session(self._address.schema),
        )
        _keep_alive(made)
        if self.on_connect is not None:
            self.on_connect(made)
        return made

    def _watch_out(self) -> None:
        if self._watch is None and not self._closed:
            loop = asyncio.get_running_loop()
            self._watch = loop.call_later(SILENCE_S_MAX / 3, self._cut_the_silent)

    def _cut_the_silent(self) -> None:
        self._watch = None
        since = time.monotonic() - SILENCE_S_MAX
        for each, taken_at in self._busy.items():
            if taken_at < since:
                _log.warning("%s: silent for too long, cut", self._address.shown)
                each.terminate()
        if self._count:
            self._watch_out()


def is_spoilt(fault: BaseException) -> bool:
    """Whether a connection on which this was raised is to be thrown away."""
    if not isinstance(fault, asyncpg.PostgresError):
        return not isinstance(fault, StorageError)
    state = state_of(fault)
    return state[:2] in ("08", "57") or state in ("", READ_ONLY)


def session(schema: str) -> dict[str, str]:
    """Settings of every session. Each of our statements looks rows up by their key: a plan that a
    young, empty table suggests would be kept when it is large."""
    return {
        "application_name": application_name(schema),
        "search_path": schema,
        "statement_timeout": f"{STATEMENT_S_MAX}s",
        "idle_in_transaction_session_timeout": f"{STATEMENT_S_MAX}s",
        "default_transaction_isolation": "read committed",
        "plan_cache_mode": "force_generic_plan",
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
        "jit": "off",
        "client_min_messages": "warning",
    }


def application_name(schema: str) -> str:
    """What pg_stat_activity shows of a process that uses the store."""
    return f"jedlik {schema}"[:63]


def _keep_alive(made: Connection) -> None:
    """Notice in seconds, not hours, that the other machine is gone."""
    transport = getattr(made, "_transport", None)
    sock = transport.get_extra_info("socket") if transport is not None else None
    if sock is None or sock.family == getattr(socket, "AF_UNIX", None):
        return
    first, every, times = KEEPALIVE_S
    for name, value in (
        ("TCP_KEEPIDLE", first),
        ("TCP_KEEPINTVL", every),
        ("TCP_KEEPCNT", times),
        ("TCP_USER_TIMEOUT", 1000 * (first + every * times)),
    ):
        option = getattr(socket, name, None)
        if option is not None:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, option, value)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
