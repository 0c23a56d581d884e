"""RemoteEngine: the engine of another process of this server, for those who mostly read.

Rows are read there for every call; nothing is kept here. `answer` is the other side. How calls
travel is the caller's business: `call(method, *arguments)` takes and gives plain lists, numbers,
bytes and None.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from jedlik.storage.waist import (
    Batch,
    Change,
    Conflict,
    Delete,
    Engine,
    Entry,
    Keep,
    Key,
    Page,
    Put,
    Row,
    Tally,
    Unknown,
    Write,
)

Call = Callable[..., Awaitable[Any]]

_KINDS: tuple[type[Put] | type[Delete] | type[Keep], ...] = (Put, Delete, Keep)


class RemoteEngine:
    """Reads by key, ranges and scans, and commits: what serving items needs of an Engine.

    call: raises what it likes; a commit whose call fails is Unknown. shared: whether the other
    process's engine is.
    """

    def __init__(self, call: Call, *, shared: bool = False) -> None:
        self._call = call
        self.shared = shared

    async def get_one(self, key: Key, *, pending: bool = False) -> Row | None:
        return _row(await self._call("get_one", key, pending))

    async def get(
        self, keys: Sequence[Key], *, pending: bool = False, snapshot: bool = False
    ) -> list[Row | None]:
        return [_row(row) for row in await self._call("get", list(keys), pending, snapshot)]

    async def range(
        self,
        space: int,
        token: bytes,
        low: bytes | None,
        high: bytes | None,
        *,
        low_open: bool = False,
        high_open: bool = False,
        reverse: bool = False,
        after: tuple[bytes, bytes] | None = None,
        item_limit: int,
        byte_limit: int,
    ) -> Page:
        options = (low_open, high_open, reverse, after, item_limit, byte_limit)
        return _page(await self._call("range", space, token, low, high, *options))

    async def scan(
        self,
        space: int,
        token_low: bytes,
        token_high: bytes | None,
        *,
        after: tuple[bytes, bytes, bytes] | None = None,
        item_limit: int,
        byte_limit: int,
    ) -> Page:
        limits = (after, item_limit, byte_limit)
        return _page(await self._call("scan", space, token_low, token_high, *limits))

    async def commit(self, batch: Batch) -> Conflict | None:
        writes = [(_KINDS.index(type(write)), *write) for write in batch.writes]
        changes, tallies = list(batch.changes), list(batch.tallies)
        fences = [tuple(fence) for fence in batch.fences]
        try:
            found = await self._call("commit", batch.version, writes, changes, tallies, fences)
        except Exception as fault:
            raise Unknown(str(fault)) from fault
        return None if found is None else Conflict(found[0], _row(found[1]))


async def answer(engine: Engine, method: str, *arguments: Any) -> Any:
    """What a RemoteEngine's call of a method is answered."""
    return await _ANSWERS[method](engine, *arguments)


async def _get_one(engine: Engine, key: list[Any], pending: bool) -> Any:
    return await engine.get_one(_key(key), pending=pending)


async def _get(engine: Engine, keys: list[Any], pending: bool, snapshot: bool) -> Any:
    return await engine.get([_key(key) for key in keys], pending=pending, snapshot=snapshot)


async def _range(
    engine: Engine,
    space: int,
    token: bytes,
    low: bytes | None,
    high: bytes | None,
    low_open: bool,
    high_open: bool,
    reverse: bool,
    after: list[bytes] | None,
    item_limit: int,
    byte_limit: int,
) -> Any:
    return await engine.range(
        space,
        token,
        low,
        high,
        low_open=low_open,
        high_open=high_open,
        reverse=reverse,
        after=None if after is None else (after[0], after[1]),
        item_limit=item_limit,
        byte_limit=byte_limit,
    )


async def _scan(
    engine: Engine,
    space: int,
    token_low: bytes,
    token_high: bytes | None,
    after: list[bytes] | None,
    item_limit: int,
    byte_limit: int,
) -> Any:
    return await engine.scan(
        space,
        token_low,
        token_high,
        after=None if after is None else (after[0], after[1], after[2]),
        item_limit=item_limit,
        byte_limit=byte_limit,
    )


async def _commit(
    engine: Engine,
    version: int,
    writes: list[Any],
    changes: list[Any],
    tallies: list[Any],
    fences: list[Any],
) -> Any:
    batch = Batch(
        version,
        [_write(write) for write in writes],
        [Change(*change) for change in changes],
        [Tally(*tally) for tally in tallies],
        [Keep(_key(key), expect) for key, expect in fences],
    )
    conflict = await engine.commit(batch)
    return None if conflict is None else (conflict.index, conflict.row)


_ANSWERS: dict[str, Callable[..., Awaitable[Any]]] = {
    "get_one": _get_one,
    "get": _get,
    "range": _range,
    "scan": _scan,
    "commit": _commit,
}


def _write(sent: list[Any]) -> Write:
    kind, key, *rest = sent
    made: Write = _KINDS[kind](_key(key), *rest)
    return made


def _key(sent: list[Any]) -> Key:
    return (sent[0], sent[1], sent[2], sent[3])


def _row(sent: list[Any] | None) -> Row | None:
    return None if sent is None else Row(sent[0], sent[1])


def _page(sent: list[Any]) -> Page:
    return Page([Entry(*entry) for entry in sent[0]], sent[1])
