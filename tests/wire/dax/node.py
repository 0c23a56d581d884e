"""One DAX node in the test's own loop, and a client that speaks bytes.

The client is written from the protocol's description (docs/dax-protocol.md), not with the
server's reader of requests; only the primitive items are the server's.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Any

import orjson

from jedlik import listening
from jedlik.api.context import Context
from jedlik.api.operation import load_registry
from jedlik.dax_doors import Doors
from jedlik.identity import Authenticator, Credentials, Mode, root_credential
from jedlik.net import StreamServer
from jedlik.services import dynamodb
from jedlik.services.dax.clusters import Cluster, Node
from jedlik.settings import Settings
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.wire.dax import cbor
from jedlik.wire.dax.cbor import byte_string, head, integer, read_item, text

ACCOUNT = "000000000000"
REGION = "us-east-1"
KEY, SECRET = "AKIAJEDLIK", "a secret"

GREETING = b"\x67J7yne5G\x00\xf6\xa1\x69UserAgent\x64test\x00"
AUTHORIZE, ENDPOINTS = 1489122155, 455855874
KEY_SCHEMA, LIST_ID, LIST = -742646399, -1230579644, 670678385
GET, PUT, UPDATE, DELETE = 263244906, -2106490455, 1425579023, 1013539361
QUERY, SCAN, BATCH_GET, BATCH_WRITE = -931250863, -1875390620, -697851100, 116217951
TRANSACT_GET, TRANSACT_WRITE = 1866287579, -1160037738
VALUES_AFTER_STATUS = {BATCH_GET: 3, BATCH_WRITE: 3}
"""Of BATCH_GET the first is an array header that says two: see docs/dax-protocol.md."""


class DaxNode:
    """A cluster of some nodes; tables "T1x" (pk: S) and "T2x" (pk: S, sk: N) are there."""

    def __init__(
        self,
        *,
        mode: Mode = "open",
        nodes: int = 1,
        stopwatch: Callable[[], float] | None = None,
    ) -> None:
        self.ahead_s = 0.0
        """How far its stopwatch has been moved."""
        self.settings = Settings(memory=True)
        self.db = Database(MemoryEngine())
        self.registry = load_registry([dynamodb])
        self.authenticator = Authenticator(
            Credentials([root_credential(KEY, SECRET, ACCOUNT)]), mode=mode, account=ACCOUNT
        )
        self.doors = Doors(
            self.settings,
            self.db,
            self.registry.services["dynamodb"],
            self.authenticator,
            folder=None,
            stopwatch=stopwatch or (lambda: time.monotonic() + self.ahead_s),
        )
        self.cluster = Cluster(ACCOUNT, REGION, "test")
        self.nodes = [Node(self.cluster, i + 1, f"test-{i}", "a") for i in range(nodes)]
        self.cluster.nodes = list(self.nodes)
        self.servers: list[StreamServer] = []

    async def start(self) -> DaxNode:
        await self.db.open()
        for node in self.nodes:
            self.doors.furnish(node)
            server = self.doors.converse(node)
            bound = listening.bind("127.0.0.1", 0)
            node.port = bound.getsockname()[1]
            await server.listen_on(bound)
            node.is_up = True
            self.servers.append(server)
        await self.call("CreateTable", _table("T1x", "pk:S"))
        await self.call("CreateTable", _table("T2x", "pk:S", "sk:N"))
        return self

    async def stop(self) -> None:
        for server in self.servers:
            await server.close(grace_s=1)

    async def call(self, name: str, request: dict[str, Any]) -> Any:
        """An operation around the cache, as over HTTP."""
        ctx = Context(self.db, ACCOUNT, REGION, None, "test", time.time(), self.settings)
        operation = self.registry.operation("dynamodb", name)
        assert operation is not None
        operation.check(request)
        answer = await operation(ctx, request)
        return orjson.loads(answer) if isinstance(answer, bytes) else answer

    async def connect(self, node: int = 0, *, authorised: bool = True) -> Connection:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.nodes[node].port)
        connection = Connection(reader, writer)
        connection.send(GREETING)
        if authorised:
            connection.send(authorisation())
        return connection


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.buffer = b""

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def call(self, method: int, *arguments: bytes) -> list[Any]:
        """Status and values of a reply; of an error the codes, the text and the rest."""
        self.send(message(method, *arguments))
        return await self.reply(VALUES_AFTER_STATUS.get(method, 1))

    async def reply(self, values: int = 1) -> list[Any]:
        status = await self.item()
        if status:
            return [status, await self.item(), await self.item()]
        return [status, *[await self.item() for _ in range(values)]]

    async def item(self) -> Any:
        """The next CBOR item."""
        while True:
            try:
                found, at = read_item(self.buffer, 0)
            except cbor.Truncated:
                more = await asyncio.wait_for(self.reader.read(65536), 10)
                if not more:
                    raise EOFError(self.buffer) from None
                self.buffer += more
                continue
            self.buffer = self.buffer[at:]
            return found

    async def is_closed(self) -> bool:
        """Wait until the server closes; False if it says something instead."""
        return not self.buffer and not await asyncio.wait_for(self.reader.read(1), 10)

    def close(self) -> None:
        self.writer.close()


def message(method: int, *arguments: bytes) -> bytes:
    return b"\x01" + integer(method) + b"".join(arguments)


def get(table: str, key: bytes, options: bytes = b"\xf6") -> bytes:
    return message(GET, byte_string(table.encode()), byte_string(key), options)


def options(**numbered: bytes) -> bytes:
    """An indefinite map; o3=b"…" is option 3."""
    return b"\xbf" + b"".join(integer(int(k[1:])) + v for k, v in numbered.items()) + b"\xff"


def array(*items: bytes) -> bytes:
    return head(cbor.ARRAY, len(items)) + b"".join(items)


def authorisation(
    key: str = KEY,
    secret: str = SECRET,
    *,
    at: float | None = None,
    region: str = REGION,
    service: str = "dax",
    token: str | None = None,
) -> bytes:
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    empty = hashlib.sha256(b"").hexdigest()
    canonical = (
        f"POST\n/\n\nhost:dax.amazonaws.com\nx-amz-date:{moment}\n\nhost;x-amz-date\n{empty}"
    )
    signed = (
        f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    )
    made = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        made = hmac.digest(made, part.encode(), "sha256")
    signature = hmac.new(made, signed.encode(), "sha256").hexdigest()
    return message(
        AUTHORIZE,
        text(key),
        text(signature),
        byte_string(signed.encode()),
        b"\xf6" if token is None else text(token),
        text("a user agent"),
    )


def _table(name: str, *keys: str) -> dict[str, Any]:
    pairs = [key.split(":") for key in keys]
    return {
        "TableName": name,
        "KeySchema": [
            {"AttributeName": key, "KeyType": role}
            for (key, _), role in zip(pairs, ("HASH", "RANGE"), strict=False)
        ],
        "AttributeDefinitions": [{"AttributeName": k, "AttributeType": t} for k, t in pairs],
        "BillingMode": "PAY_PER_REQUEST",
    }
