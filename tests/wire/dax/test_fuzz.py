"""A hundred thousand broken messages: no crash, nothing left behind, and the node still answers.

Valid messages of every method are mutated; each goes through a connection of its own, whole or in
pieces, from the protocol class down (sockets would only make it slow). They come in parts of ten
thousand, so that no test lasts long. FUZZ_SEED replays a run, FUZZ_FRAMES makes it a longer one.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import time
from typing import Any

import pytest

from jedlik.net.stream import CLOSED, StreamProtocol, StreamServer
from jedlik.wire.dax.cbor import byte_string, integer, text
from jedlik.wire.dax.values import encoded
from tests.wire.dax import node as wire
from tests.wire.dax.node import GREETING, DaxNode, authorisation, get, message

FRAMES = int(os.environ.get("FUZZ_FRAMES", "100000"))
PART_FRAMES = 10_000
SEED = int(os.environ.get("FUZZ_SEED", "20261122"))
FRAME_CPU_S_MAX = 2.0
"""CPU time: what other processes of the machine do is no fault of the decoder."""

CONDITION = b"\x83\x01\x83\x06\x83\x00\x82\x12\x61v\x82\x11\x00\x82\x0b\x83\x12\x61b" + (
    b"\xd9\x0c\xfc\x02\x81\x61x"
)
UPDATE = b"\x83\x01\x81\x83\x13\x82\x12\x61v\x83\x19\x82\x12\x61v\x82\x11\x00\x81\x01"
PROJECTION = b"\x82\x01\x82\x82\x12\x61v\x83\x12\x61b\xd9\x0c\xfc\x00"
TABLE, KEY = byte_string(b"T1x"), byte_string(b"a")
ANY_VALUE: dict[str, Any] = {
    "L": [
        {"S": "text"},
        {"N": "-12.5"},
        {"N": "12345678901234567890123456789012345678"},
        {"B": "AAEC"},
        {"SS": ["a", "b"]},
        {"NS": ["1", "2.5"]},
        {"BS": ["AA=="]},
        {"M": {"k": {"L": [{"NULL": True}, {"BOOL": False}]}}},
    ]
}


class Sink:
    """A transport that keeps what is written; enough of one for the protocol."""

    def __init__(self) -> None:
        self.written = b""
        self.is_over = False
        self.protocol: StreamProtocol | None = None

    def get_extra_info(self, name: str) -> Any:
        return ("127.0.0.1", 1) if name == "sockname" else None

    def set_write_buffer_limits(self, high: int) -> None: ...
    def get_write_buffer_size(self) -> int:
        return 0

    def write(self, data: bytes) -> None:
        self.written += data

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.close()

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def is_closing(self) -> bool:
        return self.is_over

    def close(self) -> None:
        self.is_over = True

    abort = close


def samples(list_id: int) -> list[bytes]:
    """A valid message of every method, options and expressions included."""
    content = byte_string(integer(list_id) + encoded(ANY_VALUE))
    return [
        message(wire.ENDPOINTS),
        message(wire.KEY_SCHEMA, TABLE),
        message(wire.LIST_ID, wire.array(text("v"), text("w"))),
        message(wire.LIST, integer(list_id)),
        authorisation(),
        get("T1x", b"a", wire.options(o0=byte_string(PROJECTION), o2=b"\xf5", o3=b"\x01")),
        get("T2x", b"\x61p\xc3\x21\xdd\x40\x08"),
        message(wire.PUT, TABLE, KEY, content, wire.options(o4=byte_string(CONDITION), o7=b"\x02")),
        message(
            wire.UPDATE,
            TABLE,
            KEY,
            wire.options(o8=byte_string(UPDATE), o4=byte_string(CONDITION), o7=b"\x05"),
        ),
        message(wire.DELETE, TABLE, KEY, b"\xf6"),
        message(
            wire.QUERY,
            byte_string(b"T2x"),
            byte_string(b"\x83\x01\x83\x00\x82\x12\x62pk\x82\x11\x00\x81\x61p"),
            wire.options(o13=b"\x05", o14=b"\x00", o9=byte_string(b"\x61p\xc1\x1c\x00\x00")),
        ),
        message(
            wire.SCAN, TABLE, wire.options(o10=byte_string(CONDITION), o16=b"\x00", o17=b"\x02")
        ),
        message(
            wire.BATCH_GET,
            b"\xa1" + text("T1x") + wire.array(b"\xf4", byte_string(PROJECTION), wire.array(KEY)),
            b"\xf6",
        ),
        message(wire.BATCH_WRITE, b"\xa1" + text("T1x") + wire.array(KEY, content), b"\xf6"),
        message(wire.TRANSACT_GET, wire.array(TABLE), wire.array(KEY), b"\x81\xf6", b"\xf6"),
        message(
            wire.TRANSACT_WRITE,
            wire.array(b"\x02", b"\x09"),
            wire.array(TABLE, TABLE),
            wire.array(KEY, byte_string(b"b")),
            wire.array(content, b"\xf6"),
            b"\xf6",
            b"\x82\x01\x02",
            wire.array(b"\xf6", byte_string(CONDITION)),
            wire.array(b"\xf6", byte_string(UPDATE)),
            wire.options(o19=text("a token")),
        ),
    ]


def broken(chance: random.Random, whole: bytes, other: bytes) -> bytes:
    """One of the ways in which bytes go wrong, or several."""
    data = bytearray(whole)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(8):
            case 0:
                data[at : at + 1] = bytes((chance.randrange(256),))
            case 1:
                del data[at:]
            case 2:
                del data[at : at + chance.randrange(1, 9)]
            case 3:
                data[at:at] = chance.randbytes(chance.randrange(1, 9))
            case 4:  # a length that is not true
                data[at:at] = bytes((chance.choice((0x5B, 0x7B, 0x9B, 0xBB, 0xDB)),))
                data[at + 1 : at + 1] = chance.randbytes(8)
            case 5:
                data[at:at] = chance.choice((b"\x9f", b"\xbf", b"\x5f", b"\xc2", b"\x81")) * 200
            case 6:
                data[at:at] = other[: chance.randrange(len(other) + 1)]
            case 7:
                data[at:at] = data[at : at + 40]
    return bytes(data)


def send(server: StreamServer, pieces: list[bytes]) -> Sink:
    """What a connection that gets these pieces says; it is gone when this returns."""
    sink = Sink()
    protocol = StreamProtocol(server)
    protocol.connection_made(sink)  # type: ignore[arg-type]
    for piece in pieces:
        if not sink.is_over:
            protocol.data_received(piece)
    sink.protocol = protocol
    protocol.connection_lost(None)
    return sink


@pytest.mark.slow
@pytest.mark.parametrize("part", range(-(-FRAMES // PART_FRAMES)))
async def test_broken_messages(part: int, node: DaxNode, caplog: pytest.LogCaptureFixture) -> None:
    server, chance = node.servers[0], random.Random(f"{SEED} {part}")
    list_id = await node.doors._lists.define(("v",))
    valid = samples(list_id)
    begin = GREETING + authorisation()
    for whole in valid:  # the samples themselves are all right, or fail for good reasons
        sink = send(server, [begin + whole])
        assert not sink.is_over, whole
    gc.collect()
    before = len(gc.get_objects())
    for number in range(PART_FRAMES):
        data = broken(chance, chance.choice(valid), chance.choice(valid))
        if number % 3 == 0:
            cut = chance.randrange(len(data) + 1)
            pieces = [begin + data[:cut], data[cut:]]
        elif number % 31 == 0:
            pieces = [begin, *(data[i : i + 1] for i in range(len(data)))]
        elif number % 7 == 0:
            pieces = [broken(chance, begin, data)]
        else:
            pieces = [begin + data]
        started = time.process_time()
        sink = send(server, pieces)
        assert time.process_time() - started < FRAME_CPU_S_MAX, data.hex()
        assert sink.protocol is not None and sink.protocol.phase == CLOSED
        if number % 1000 == 0:
            await asyncio.sleep(0)  # what had to wait goes on
    await asyncio.sleep(0.1)
    assert "failed" not in caplog.text, caplog.text[-30000:]
    assert not server._connections and server._held_bytes == 0
    for cache in (node.nodes[0].items, node.nodes[0].queries):
        cache.clear()  # type: ignore[union-attr]
    gc.collect()
    # Tables hold some more items and the memo of parsed expressions some more texts; nothing
    # is kept for a connection or a message.
    assert len(gc.get_objects()) - before < PART_FRAMES * 0.5 + 20_000
    connection = await node.connect()
    connection.send(get("T1x", b"nobody"))
    assert await connection.reply() == [[], None]
