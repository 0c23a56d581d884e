"""The protocol as bytes: greeting, authorisation, pieces, what is no message, what clients ask."""

from __future__ import annotations

import asyncio
import time

import pytest

from jedlik.net import StreamLimits
from jedlik.tables.errors import Contended
from jedlik.wire.dax.cbor import byte_string, integer, text
from jedlik.wire.dax.conversation import AUTHORISED_S
from tests.wire.dax import node as wire
from tests.wire.dax.node import GREETING, DaxNode, authorisation, get, message

AUTHENTICATION_FAILED = [4, 23, 31, 33]
VALIDATION = [4, 37, 38, 39, 46]


async def put(node: DaxNode, pk: str, value: str) -> None:
    item = {"pk": {"S": pk}, "v": {"S": value}}
    await node.call("PutItem", {"TableName": "T1x", "Item": item})


async def test_the_sample_of_the_specification(node: DaxNode) -> None:
    await put(node, "a", "x")
    connection = await node.connect()
    connection.send(bytes.fromhex("01 1a0fb0cc6a 43543178 4161 f6"))  # getItem T1x a
    status, result = await connection.reply()
    assert status == [] and list(result) == [0]
    number, at = wire.read_item(result[0], 0)
    assert result[0][at:] == b"\x61x"  # the value, without its name
    status, names = await connection.call(wire.LIST, integer(number))
    assert names == ["v"]


async def test_an_item_that_is_not_there_is_null(node: DaxNode) -> None:
    connection = await node.connect()
    connection.send(get("T1x", b"nobody"))
    assert await connection.reply() == [[], None]


async def test_pieces_of_one_byte_make_the_same_messages(node: DaxNode) -> None:
    await put(node, "a", "x")
    connection = await node.connect(authorised=False)
    for byte in authorisation() + get("T1x", b"a") + get("T1x", b"b"):
        connection.send(bytes((byte,)))
        await asyncio.sleep(0)
    assert (await connection.reply())[1] is not None
    assert (await connection.reply())[1] is None


async def test_a_greeting_in_pieces(node: DaxNode) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", node.nodes[0].port)
    connection = wire.Connection(reader, writer)
    for byte in GREETING:
        connection.send(bytes((byte,)))
        await asyncio.sleep(0.001)
    connection.send(authorisation())
    connection.send(get("T1x", b"b"))
    assert await connection.reply() == [[], None]


@pytest.mark.parametrize(
    "session", [b"\xf6", b"\x50" + bytes(16), b"\x42\x01\x02", b"\x6312345"[:4]]
)
async def test_any_session_will_do(node: DaxNode, session: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", node.nodes[0].port)
    connection = wire.Connection(reader, writer)
    connection.send(b"\x67J7yne5G\x00" + session + b"\xa1\x69UserAgent\x61x\x00")
    connection.send(authorisation() + get("T1x", b"b"))
    assert await connection.reply() == [[], None]


async def test_pipelined_messages_are_answered_in_order(node: DaxNode) -> None:
    for i in range(20):
        await put(node, f"k{i}", str(i))
    connection = await node.connect()
    connection.send(b"".join(get("T1x", f"k{i}".encode()) for i in range(20)) * 10)
    for _ in range(10):
        for i in range(20):
            result = (await connection.reply())[1]
            assert result[0].endswith(text(str(i)))


async def test_the_same_question_gets_the_same_bytes(node: DaxNode) -> None:
    # The first is read, run and written; the second comes from the cache; then the reply is known.
    await put(node, "a", "x")
    connection = await node.connect()
    replies = []
    for _ in range(4):
        connection.send(get("T1x", b"a"))
        replies.append(await connection.reply())
    assert all(reply == replies[0] for reply in replies)
    metrics = node.nodes[0].metrics
    assert (metrics.item_misses, metrics.item_hits) == (1, 3)
    assert metrics.requests["GetItem"].total == 4


async def test_endpoints(cluster: DaxNode) -> None:
    connection = await cluster.connect(2)
    status, nodes = await connection.call(wire.ENDPOINTS)
    assert status == []
    assert [each[0] for each in nodes] == [1, 2, 3]
    assert [each[4] for each in nodes] == [1, 2, 2]  # one leader
    assert [each[3] for each in nodes] == [each.port for each in cluster.nodes]
    assert all(each[2] == bytes((127, 0, 0, 1)) and each[5] == "a" for each in nodes)


async def test_key_schemas(node: DaxNode) -> None:
    connection = await node.connect()
    reply = await connection.call(wire.KEY_SCHEMA, byte_string(b"T2x"))
    assert reply == [[], {"pk": "S", "sk": "N"}]
    assert list(reply[1]) == ["pk", "sk"]
    codes, told, info = await connection.call(wire.KEY_SCHEMA, byte_string(b"none"))
    assert codes == [4, 23, 24] and info[1:] == ["ResourceNotFoundException", 400]
    assert told == "Requested resource not found"


async def test_attribute_lists_keep_their_order_and_number(cluster: DaxNode) -> None:
    one, other = await cluster.connect(0), await cluster.connect(1)
    names = wire.array(text("b"), text("a"), text("é"))
    number = (await one.call(wire.LIST_ID, names))[1]
    assert 1 < number < 1 << 53
    assert (await other.call(wire.LIST, integer(number)))[1] == ["b", "a", "é"]
    assert (await other.call(wire.LIST_ID, names))[1] == number
    assert (await one.call(wire.LIST_ID, wire.array(text("a"), text("b"))))[1] != number
    codes, _, info = await one.call(wire.LIST, integer(number + 12345))
    assert codes == VALIDATION and info[1] == "ValidationException"


async def test_a_connection_that_only_greets_is_welcome(node: DaxNode) -> None:
    silent = await node.connect(authorised=False)
    await asyncio.sleep(0.05)
    silent.send(authorisation() + get("T1x", b"b"))
    assert await silent.reply() == [[], None]


# Authorisation


async def test_without_authorisation_every_request_is_refused(node: DaxNode) -> None:
    connection = await node.connect(authorised=False)
    for _ in range(2):
        codes, _, info = await connection.call(wire.ENDPOINTS)
        assert codes == AUTHENTICATION_FAILED
        assert info[1] == "MissingAuthenticationTokenException"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret": "another"}, "InvalidSignatureException"),
        ({"key": "AKIAUNKNOWN"}, "UnrecognizedClientException"),
        ({"at": time.time() - 3600}, "InvalidSignatureException"),
        ({"at": time.time() + 3600}, "InvalidSignatureException"),
        ({"service": "dynamodb"}, "InvalidSignatureException"),
        ({"token": "not mine"}, "UnrecognizedClientException"),
        ({"region": "r" * 3000}, "SerializationException"),
    ],
)
async def test_what_is_wrong_with_a_signature(
    guarded: DaxNode, changes: dict[str, str], code: str
) -> None:
    connection = await guarded.connect(authorised=False)
    connection.send(authorisation(**changes))  # type: ignore[arg-type]
    codes, _, info = await connection.call(wire.ENDPOINTS)
    assert codes == AUTHENTICATION_FAILED and info[1] == code, info
    connection.send(authorisation())  # a second try on the same connection
    assert (await connection.call(wire.ENDPOINTS))[0] == []


async def test_a_signature_of_another_text_proves_nothing(guarded: DaxNode) -> None:
    good = authorisation()
    at = good.index(b"AWS4-HMAC-SHA256") + len("AWS4-HMAC-SHA256\n")
    connection = await guarded.connect(authorised=False)
    other = b"8" if good[at + 14 : at + 15] == b"9" else b"9"  # the second of the date
    connection.send(good[: at + 14] + other + good[at + 15 :])
    assert (await connection.call(wire.ENDPOINTS))[0] == AUTHENTICATION_FAILED


async def test_a_known_key_is_verified_in_open_mode_too(node: DaxNode) -> None:
    connection = await node.connect(authorised=False)
    connection.send(authorisation(secret="wrong"))
    assert (await connection.call(wire.ENDPOINTS))[0] == AUTHENTICATION_FAILED
    connection.send(authorisation(key="anybody", secret="at all"))
    assert (await connection.call(wire.ENDPOINTS))[0] == []


async def test_an_authorisation_ends(node: DaxNode) -> None:
    await put(node, "a", "x")
    connection = await node.connect()
    for _ in range(3):
        connection.send(get("T1x", b"a"))
        assert (await connection.reply())[0] == []
    node.ahead_s += AUTHORISED_S
    connection.send(get("T1x", b"a"))  # though its reply is known
    assert (await connection.reply())[0] == AUTHENTICATION_FAILED


# What is no message


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",  # TLS at the plain port
        b"\x67J7yne5H\x00\xf6\xa0\x00",
        b"\xff" * 100,
    ],
)
async def test_who_does_not_greet_is_not_listened_to(node: DaxNode, garbage: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", node.nodes[0].port)
    writer.write(garbage)
    assert await wire.Connection(reader, writer).is_closed()


@pytest.mark.parametrize(
    "broken",
    [
        message(785068263),  # methods: named in the sources, but nobody sends it
        b"\x02" + integer(wire.GET),
        b"\x61\x00",
        message(wire.GET, b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff"),  # 2 ** 64 - 1 bytes to come
        message(wire.GET, b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff"),
        message(wire.GET, b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff"),
        message(wire.GET, b"\x9f" * 5000),  # depth
        message(wire.GET, b"\x1c"),
        message(wire.GET, b"\xff"),
        message(wire.GET, b"\x62\xff\xff"),  # text that is no UTF-8
        message(wire.SCAN, byte_string(b"T1x"), b"\xa1\x80\x00"),
    ],
)
async def test_a_broken_message_ends_its_connection_only(node: DaxNode, broken: bytes) -> None:
    good, bad = await node.connect(), await node.connect()
    bad.send(broken)
    codes, _, info = await bad.reply()
    assert codes[0] == 4 and len(info) == 3
    assert await bad.is_closed()
    good.send(get("T1x", b"a"))
    assert await good.reply() == [[], None]


async def test_nothing_is_kept_for_a_length_that_is_only_told(node: DaxNode) -> None:
    connection = await node.connect()
    connection.send(message(wire.GET, b"\x5a\x00\xff\xff\xff"))  # 16 MB to come
    connection.send(b"x" * 100_000)
    await asyncio.sleep(0.05)
    assert node.servers[0]._held_bytes < 200_000
    connection.close()
    await asyncio.sleep(0.05)
    assert node.servers[0]._held_bytes == 0


async def test_who_is_slow_is_given_up(node: DaxNode) -> None:
    server = node.servers[0]
    server.limits = StreamLimits(message_s=0.0, idle_s=3600)
    slow, idle = await node.connect(), await node.connect()
    slow.send(get("T1x", b"a")[:-3])
    await asyncio.sleep(0.02)
    server.now += 10
    for connection in tuple(server._connections):
        connection.tick(server.now)
    with pytest.raises((EOFError, ConnectionResetError)):
        await slow.item()
    idle.send(get("T1x", b"a"))
    assert await idle.reply() == [[], None]


@pytest.mark.parametrize(
    "wrong",
    [
        message(wire.GET, text("T1x"), byte_string(b"a"), integer(5)),
        message(wire.GET, b"\xf6", byte_string(b"a"), b"\xf6"),
        message(wire.GET, byte_string(b"T1x"), b"\xf6", b"\xf6"),
        message(wire.GET, byte_string(b"T2x"), byte_string(b"\x61p"), b"\xf6"),  # no sort key
        message(wire.GET, byte_string(b"T2x"), byte_string(b"\x61p\xc1\x1c"), b"\xf6"),
        message(wire.GET, byte_string(b"T1x"), byte_string(b"\xff"), b"\xf6"),
        message(wire.PUT, byte_string(b"T1x"), byte_string(b"a"), byte_string(b""), b"\xf6"),
        message(
            wire.PUT, byte_string(b"T1x"), byte_string(b"a"), byte_string(b"\x18\x63"), b"\xf6"
        ),
        message(wire.QUERY, byte_string(b"T1x"), b"\xf6", b"\xf6"),
        message(wire.QUERY, byte_string(b"T1x"), byte_string(b"\x83\x01\x80\x80"), b"\xf6"),
        message(
            wire.QUERY, byte_string(b"T1x"), byte_string(b"\x83\x01\x83\x00\x00\x00\x80"), b"\xf6"
        ),
        message(wire.BATCH_GET, b"\x80", b"\xf6"),
        message(wire.BATCH_WRITE, b"\xa1" + text("T1x") + b"\x81\x41a", b"\xf6"),
        message(wire.TRANSACT_GET, b"\x81\x43T1x", b"\x80", b"\xf6", b"\xf6"),
        message(wire.SCAN, byte_string(b"T1x"), wire.options(o13=text("many"))),
        message(wire.SCAN, byte_string(b"T1x"), wire.options(o13=integer(0))),
        message(wire.SCAN, byte_string(b"T1x"), wire.options(o15=integer(9))),
        message(wire.GET, byte_string(b"T1x"), byte_string(b""), b"\xf6"),
    ],
)
async def test_a_message_that_says_nonsense_is_refused_and_the_next_is_heard(
    node: DaxNode, wrong: bytes
) -> None:
    connection = await node.connect()
    connection.send(wrong)
    codes, told, info = await connection.reply()
    assert codes == VALIDATION and told
    assert info[1] in ("ValidationException", "SerializationException") and info[2] == 400
    connection.send(get("T1x", b"a"))
    assert await connection.reply() == [[], None]


async def test_a_constraint_has_the_words_of_the_dynamodb_endpoint(node: DaxNode) -> None:
    connection = await node.connect()
    connection.send(message(wire.SCAN, byte_string(b"T1x"), wire.options(o13=integer(0))))
    assert (await connection.reply())[1] == (
        "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )


async def test_of_a_repeated_option_the_last_one_counts(node: DaxNode) -> None:
    # AWS's Python client sends conditions twice: as text, then encoded.
    await put(node, "a", "x")
    condition = b"\x83\x01\x83\x00\x82\x12\x61v\x82\x11\x00\x81\x61y"  # v = :y
    twice = b"\xbf\x04" + byte_string(b"v = :y") + b"\x04" + byte_string(condition) + b"\xff"
    connection = await node.connect()
    codes, told, _ = await connection.call(
        wire.DELETE, byte_string(b"T1x"), byte_string(b"a"), twice
    )
    assert codes == [4, 37, 38, 39, 43] and told == "The conditional request failed"


async def test_numbers_of_a_key_are_one_key_however_written(node: DaxNode) -> None:
    connection = await node.connect()
    list_id = (await connection.call(wire.LIST_ID, wire.array(text("v"))))[1]
    content = byte_string(integer(list_id) + text("x"))
    await node.call("PutItem", {"TableName": "T2x", "Item": {"pk": {"S": "p"}, "sk": {"N": "100"}}})
    hundred = (b"\x61p\xc3\x1c\x00\x20", b"\x61p\xc3\x1c\x00\x00")  # 100 and 1E+2
    for key in hundred:
        connection.send(get("T2x", key))
        assert (await connection.reply())[1] is not None
    assert node.nodes[0].metrics.item_misses == 1
    put = message(wire.PUT, byte_string(b"T2x"), byte_string(hundred[1]), content, b"\xf6")
    connection.send(put)
    assert await connection.reply() == [[], None]
    connection.send(get("T2x", hundred[0]))
    assert (await connection.reply())[1][0].endswith(b"\x61x")


async def test_leftovers_of_a_batch_of_writes(
    node: DaxNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose_every_race(*_: object) -> None:
        raise Contended

    monkeypatch.setattr("jedlik.services.dynamodb.batch_write_item.write_batch", lose_every_race)
    connection = await node.connect()
    list_id = (await connection.call(wire.LIST_ID, wire.array(text("v"))))[1]
    put, gone = byte_string(b"put"), byte_string(b"gone")
    content = byte_string(integer(list_id) + text("x"))
    asked = b"\xa1" + text("T1x") + wire.array(put, content, gone, b"\xf6")
    reply = await connection.call(wire.BATCH_WRITE, asked, b"\xf6")
    left = [b"put", integer(list_id) + b"\x61x", b"gone", None]
    assert reply == [[], {"T1x": left}, [], {}]


@pytest.mark.parametrize("depth", [100, 295, 340])
async def test_conditions_nested_as_deep_as_can_be(node: DaxNode, depth: int) -> None:
    # AND and OR in turn, so that each level takes parentheses.
    one = b"\x83\x00\x82\x12\x61v\x82\x11\x00"
    levels = b"".join(bytes((0x83, 6 + i % 2)) for i in range(depth))
    condition = b"\x83\x01" + levels + one * (depth + 1) + b"\x81\x61x"
    chosen = wire.options(o4=byte_string(condition))
    connection = await node.connect()
    codes, told, _ = await connection.call(
        wire.DELETE, byte_string(b"T1x"), byte_string(b"a"), chosen
    )
    assert codes in (VALIDATION, [4, 37, 38, 39, 43]), told


async def test_many_regions_leave_little_behind(node: DaxNode) -> None:
    plane = node.servers[0].converse.__self__.plane  # type: ignore[attr-defined]
    connection = await node.connect()
    for number in range(1000):
        connection.send(authorisation(key="anybody", region=f"region-{number}"))
    assert (await connection.call(wire.ENDPOINTS))[0] == []
    assert len(plane._shelves) <= 256


async def test_a_projection_of_very_many_paths_takes_no_time(node: DaxNode) -> None:
    paths = wire.array(*(wire.array(b"\x12", text("a"), text(str(i))) for i in range(50_000)))
    chosen = wire.options(o0=byte_string(b"\x82\x01" + paths))
    connection = await node.connect()
    started = time.process_time()
    connection.send(get("T1x", b"a", chosen))
    assert (await connection.reply())[0] in (VALIDATION, [])
    assert time.process_time() - started < 5


async def test_frames_around_replies_for_who_wants_them(node: DaxNode) -> None:
    await put(node, "a", "x")
    plain = await node.connect()
    plain.send(get("T1x", b"a"))
    await plain.reply()
    reader, writer = await asyncio.open_connection("127.0.0.1", node.nodes[0].port)
    connection = wire.Connection(reader, writer)
    connection.send(b"\x67J7yne5G\x01\xf6\xa0\x00" + message(wire.ENDPOINTS) + authorisation())
    for _ in range(3):  # the last two are known replies
        connection.send(get("T1x", b"a"))
    connection.send(message(785068263))
    replies = []
    while not reader.at_eof():
        try:
            head = await reader.readexactly(8)
        except asyncio.IncompleteReadError as end:
            assert not end.partial
            break
        assert head[4:] == b"\x01\0\0\0"
        replies.append(await reader.readexactly(int.from_bytes(head[:4], "big") - 8))
    assert [reply[:1] for reply in replies] == [b"\x84", b"\x80", b"\x80", b"\x80", b"\x85"]
    assert replies[1] == replies[2] == replies[3] and replies[1].endswith(b"\x61x\xff")


async def test_other_layers_are_not_known(node: DaxNode) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", node.nodes[0].port)
    writer.write(b"\x67J7yne5G\x02\xf6\xa0\x00")
    assert await wire.Connection(reader, writer).is_closed()
