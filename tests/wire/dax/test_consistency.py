"""What readers may see: through the cluster at once, around it within the time to live."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from jedlik.wire.dax.cbor import byte_string, integer, text
from tests.wire.dax import node as wire
from tests.wire.dax.node import Connection, DaxNode, get

TABLE = byte_string(b"T1x")


class Client:
    """Reads and writes the one attribute `v` of items of T1x."""

    def __init__(self, connection: Connection, list_id: int) -> None:
        self.connection = connection
        self.list_id = list_id

    @classmethod
    async def of(cls, node: DaxNode, number: int = 0) -> Client:
        connection = await node.connect(number)
        names = wire.array(text("v"))
        return cls(connection, (await connection.call(wire.LIST_ID, names))[1])

    async def get(self, pk: str, *, strong: bool = False) -> str | None:
        chosen = wire.options(o2=b"\xf5") if strong else b"\xf6"
        self.connection.send(get("T1x", pk.encode(), chosen))
        return self.value((await self.connection.reply())[1])

    async def put(self, pk: str, value: str) -> None:
        reply = await self.connection.call(
            wire.PUT, TABLE, byte_string(pk.encode()), self.content(value), b"\xf6"
        )
        assert reply == [[], None]

    async def update(self, pk: str, value: str) -> None:
        update = b"\x83\x01\x81\x83\x13\x82\x12\x61v\x82\x11\x00\x81" + text(value)
        reply = await self.connection.call(
            wire.UPDATE, TABLE, byte_string(pk.encode()), wire.options(o8=byte_string(update))
        )
        assert reply == [[], None]

    async def delete(self, pk: str) -> None:
        key = byte_string(pk.encode())
        assert await self.connection.call(wire.DELETE, TABLE, key, b"\xf6") == [[], None]

    async def batch_write(self, values: dict[str, str | None]) -> None:
        pairs = []
        for pk, value in values.items():
            content = b"\xf6" if value is None else self.content(value)
            pairs += [byte_string(pk.encode()), content]
        asked = b"\xa1" + text("T1x") + wire.array(*pairs)
        assert (await self.connection.call(wire.BATCH_WRITE, asked, b"\xf6"))[:2] == [[], {}]

    async def transact_put(self, pk: str, value: str) -> None:
        reply = await self.connection.call(
            wire.TRANSACT_WRITE,
            b"\x81\x02",
            wire.array(TABLE),
            wire.array(byte_string(pk.encode())),
            wire.array(self.content(value)),
            b"\xf6",
            b"\x81\x01",
            b"\x81\xf6",
            b"\x81\xf6",
            b"\xf6",
        )
        assert reply[0] == []

    async def scan(self) -> list[str]:
        result = (await self.connection.call(wire.SCAN, TABLE, b"\xf6"))[1]
        return sorted(key.decode() for key, _ in result[7])

    def content(self, value: str) -> bytes:
        return byte_string(integer(self.list_id) + text(value))

    def value(self, result: dict[int, Any] | None) -> str | None:
        if result is None:
            return None
        _, at = wire.read_item(result[0], 0)
        return None if at == len(result[0]) else str(wire.read_item(result[0], at)[0])


async def around(node: DaxNode, pk: str, value: str | None) -> None:
    """A write that the cluster does not hear of."""
    if value is None:
        await node.call("DeleteItem", {"TableName": "T1x", "Key": {"pk": {"S": pk}}})
    else:
        item = {"pk": {"S": pk}, "v": {"S": value}}
        await node.call("PutItem", {"TableName": "T1x", "Item": item})


async def test_every_write_through_any_node_is_seen_through_every_node(cluster: DaxNode) -> None:
    clients = [await Client.of(cluster, i) for i in range(3)]
    writes = (
        lambda c, v: c.put("k", v),
        lambda c, v: c.update("k", v),
        lambda c, v: c.batch_write({"k": v, "other": None}),
        lambda c, v: c.transact_put("k", v),
    )
    for number, write in enumerate(writes * 3):
        value = f"value {number}"
        await write(clients[number % 3], value)
        assert [await client.get("k") for client in clients] == [value] * 3
        assert [await client.get("k") for client in clients] == [value] * 3  # known replies
    await clients[1].delete("k")
    assert [await client.get("k") for client in clients] == [None] * 3
    await clients[2].put("k", "again")
    assert [await client.get("k") for client in clients] == ["again"] * 3


async def test_a_write_around_is_seen_within_the_time_to_live(node: DaxNode) -> None:
    client = await Client.of(node)
    node.cluster.times.record_ttl_ms = 150_000
    await around(node, "k", "old")
    assert await client.get("k") == "old" and await client.get("gone") is None
    await around(node, "k", "new")
    await around(node, "gone", "here")
    assert await client.get("k") == "old"  # as stale as AWS documents it
    assert await client.get("gone") is None
    assert await client.get("k", strong=True) == "new"  # strongly consistent reads pass by
    assert await client.get("k") == "old"  # and leave nothing behind
    node.ahead_s += 200
    assert await client.get("k") == "new" and await client.get("gone") == "here"


async def test_a_failed_condition_changes_nothing_in_the_cache(node: DaxNode) -> None:
    client = await Client.of(node)
    await client.put("k", "cached")
    await around(node, "k", "other")
    condition = byte_string(b"\x83\x01\x83\x00\x82\x12\x61v\x82\x11\x00\x81\x61y")
    refused = await client.connection.call(
        wire.DELETE, TABLE, byte_string(b"k"), wire.options(o4=condition)
    )
    assert refused[0][-1] == 43
    assert await client.get("k") == "cached"


async def test_a_write_of_unknown_outcome_is_not_hidden_by_the_cache(
    cluster: DaxNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = [await Client.of(cluster, i) for i in range(3)]
    await clients[0].put("k", "old")
    commit = cluster.db.engine.commit

    async def commit_and_lose(batch: Any) -> Any:
        await commit(batch)
        raise OSError("the connection is gone")

    monkeypatch.setattr(cluster.db, "embedded", None)  # so that it writes by `commit`
    monkeypatch.setattr(cluster.db.engine, "commit", commit_and_lose)
    reply = await clients[0].connection.call(
        wire.PUT, TABLE, byte_string(b"k"), clients[0].content("new"), b"\xf6"
    )
    monkeypatch.undo()
    assert reply[0] == [4, 37, 38, 39, 47]
    assert [await client.get("k") for client in clients] == ["new"] * 3


async def test_results_of_scans_are_not_changed_by_writes_but_by_time(node: DaxNode) -> None:
    client = await Client.of(node)
    node.cluster.times.query_ttl_ms = 150_000
    await client.put("a", "x")
    assert await client.scan() == ["a"]
    await client.put("b", "x")
    assert await client.scan() == ["a"]  # query cache and writes do not know each other
    metrics = node.nodes[0].metrics
    assert (metrics.scan_hits, metrics.scan_misses) == (1, 1)
    strong = (await client.connection.call(wire.SCAN, TABLE, wire.options(o2=b"\x01")))[1]
    assert strong[8] == 2
    node.ahead_s += 200
    assert await client.scan() == ["a", "b"]


async def test_a_table_made_anew_has_nothing_of_the_old_one(node: DaxNode) -> None:
    client = await Client.of(node)
    await client.put("k", "old")
    assert await client.get("k") == "old" and await client.get("k") == "old"
    assert await client.scan() == ["k"]
    described = await node.call("DescribeTable", {"TableName": "T1x"})
    await node.call("DeleteTable", {"TableName": "T1x"})
    client.connection.send(get("T1x", b"k"))
    assert (await client.connection.reply())[0] == [4, 37, 38, 39, 41]
    schema = {k: described["Table"][k] for k in ("TableName", "KeySchema", "AttributeDefinitions")}
    await node.call("CreateTable", {**schema, "BillingMode": "PAY_PER_REQUEST"})
    assert await client.get("k") is None
    assert await client.scan() == []


@pytest.mark.parametrize("seed", range(5))
async def test_against_a_model(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many clients at once, on three nodes, with writers around the cluster.

    A key that only the cluster writes: a reader sees the value of the last acknowledged write, or
    of one that is under way. A key that others write too: a value that was current at some time
    within the time to live (moved along by hand), or any later one.
    """
    chance = random.Random(seed)
    now_s = 1000.0
    cluster = await DaxNode(nodes=3, stopwatch=lambda: now_s).start()
    monkeypatch.setattr("jedlik.wire.dax.conversation.AUTHORISED_S", 1e9)
    ttl_s = cluster.cluster.times.record_ttl_ms / 1000
    own = [f"own{i}" for i in range(3)]
    shared = [f"shared{i}" for i in range(3)]
    acknowledged: dict[str, int] = dict.fromkeys(own, 0)
    begun: dict[str, int] = dict.fromkeys(own, 0)
    busy: set[str] = set()
    history: dict[str, list[tuple[float, str | None]]] = {pk: [(0.0, None)] for pk in shared}

    async def write_own(client: Client) -> None:
        pk = chance.choice(own)
        if pk in busy:
            return
        busy.add(pk)
        begun[pk] += 1
        value = str(begun[pk])
        await chance.choice((client.put, client.update, client.transact_put))(pk, value)
        acknowledged[pk] = int(value)
        busy.discard(pk)

    async def read_own(client: Client) -> None:
        pk = chance.choice(own)
        least = acknowledged[pk]
        found = await client.get(pk, strong=chance.random() < 0.1)
        assert least <= int(found or 0) <= begun[pk]

    async def write_around(client: Client) -> None:
        pk = chance.choice(shared)
        value = None if chance.random() < 0.2 else str(len(history[pk]))
        await around(cluster, pk, value)
        history[pk].append((now_s, value))

    async def read_shared(client: Client) -> None:
        nonlocal now_s
        pk = chance.choice(shared)
        since = now_s - ttl_s
        found = await client.get(pk)
        # Current at some time since then: the last before that time, and all after it.
        before = [value for at, value in history[pk] if at <= since]
        after = [value for at, value in history[pk] if at > since]
        assert found in [*before[-1:], *after]
        now_s += chance.random() * ttl_s / 40

    async def one(number: int) -> None:
        client = await Client.of(cluster, number % 3)
        for _ in range(150):
            does = chance.choice((write_own, read_own, read_own, write_around, read_shared))
            await does(client)

    await asyncio.gather(*(one(number) for number in range(9)))
    await cluster.stop()
    assert sum(acknowledged.values()) > 50
    assert sum(each.metrics.item_hits for each in cluster.nodes) > 100
