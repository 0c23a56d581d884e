"""The rest of a repeated request, in both forms where there is a compiled one: they agree."""

from __future__ import annotations

from random import Random

import pytest

from jedlik.net import rest as loaded
from tests.support.forms import Form, forms_of

BEGINNING = b"POST / HTTP/1.1\r\nX: y\r\nAuthorization: AWS4 Signature="
NAMES = (b"amz-sdk-request", b"Content-Length", b"Connection", b"HOST")


@pytest.fixture(params=forms_of("jedlik.net.rest"), ids=str)
def rest(request: pytest.FixtureRequest):
    form: Form = request.param
    yield from form.modules()


def packet(
    varies: bytes = b"0123abcd",
    sdk: bytes = b"attempt=1",
    length: bytes = b"4",
    connection: bytes = b"Keep-Alive",
    host: bytes = b"localhost:8000",
    body: bytes = b"body",
    beginning: bytes = BEGINNING,
) -> bytes:
    return (
        beginning + varies + b"\r\namz-sdk-request: " + sdk + b"\r\nContent-Length: " + length
        + b"\r\nConnection: " + connection + b"\r\nHOST: " + host + b"\r\n\r\n" + body
    )  # fmt: skip


def test_what_varies_and_the_body(rest) -> None:
    found = rest.Rest(NAMES)
    assert found.has_length
    assert found.read(packet(), BEGINNING, 0) == (b"0123abcd", b"body")
    assert found.read(packet(length=b"0", body=b""), BEGINNING, 0) == (b"0123abcd", b"")
    assert found.read(packet(length=b"000000004"), BEGINNING, 0) == (b"0123abcd", b"body")
    assert found.read(packet(varies=b"", sdk=b"a \t b "), BEGINNING, 0) == (b"", b"body")
    assert found.read(packet(sdk=b"\xff\x80"), BEGINNING, 0) == (b"0123abcd", b"body")
    assert found.read(packet(body=b"\0\r\n\n"), BEGINNING, 0) == (b"0123abcd", b"\0\r\n\n")


def test_a_length_told_before(rest) -> None:
    found = rest.Rest((b"Accept",))
    assert not found.has_length
    data = BEGINNING + b"12\r\nAccept: x\r\n\r\nbody"
    assert found.read(data, BEGINNING, 4) == (b"12", b"body")
    assert found.read(data, BEGINNING, 3) is None
    assert found.read(data + b"x", BEGINNING, 4) is None


def test_nothing_after_the_line(rest) -> None:
    found = rest.Rest(())
    assert found.read(BEGINNING + b"12\r\n\r\nbody", BEGINNING, 4) == (b"12", b"body")
    assert found.read(BEGINNING + b"12\r\n\r", BEGINNING, 0) is None
    assert found.read(BEGINNING + b"12", BEGINNING, 0) is None
    assert found.read(BEGINNING, BEGINNING, 0) is None
    assert found.read(b"", BEGINNING, 0) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"beginning": BEGINNING[:-1] + b"-"},
        {"varies": b"a\rb"},
        {"varies": b"a\nb"},
        {"varies": b"a\0b"},
        {"sdk": b""},
        {"sdk": b" attempt=1"},
        {"sdk": b"\tattempt=1"},
        {"sdk": b"a\rb"},
        {"sdk": b"a\nb"},
        {"sdk": b"\n"},
        {"sdk": b"\0"},
        {"sdk": b"x\r\nMore: y"},
        {"length": b""},
        {"length": b"+4"},
        {"length": b"4 "},
        {"length": b"4x"},
        {"length": b"5"},
        {"length": b"3"},
        {"length": b"0000000004"},
        {"connection": b"close"},
        {"connection": b"keep-alivE "},
        {"connection": b"keep\ralive"},
        {"connection": b"Keep\x0dAlive"},
        {"connection": b"\x0beep-alive"},
        {"host": b"a b"},
        {"host": b"\x7f"},
        {"host": b"\xe4"},
        {"host": b""},
        {"body": b"bod"},
        {"body": b"body!"},
    ],
    ids=lambda wrong: repr(*wrong.items()),
)
def test_what_goes_the_long_way(rest, wrong: dict[str, bytes]) -> None:
    assert rest.Rest(NAMES).read(packet(**wrong), BEGINNING, 0) is None


def test_mutated_packets_are_read_alike() -> None:
    """Every form against the one that is loaded, on packets with a few bytes changed."""
    forms = [next(iter(form.modules())).Rest(NAMES) for form in forms_of("jedlik.net.rest")]
    reference = loaded.Rest(NAMES)
    r, strays = Random(5), b"\r\n\0 \tkK-:0a\x7f\x80\xff"
    accepted = 0
    for _ in range(20_000):
        data = bytearray(packet())
        for _ in range(r.randrange(4)):
            at = r.randrange(len(BEGINNING) - 4, len(data) + 1)
            how = r.randrange(3)
            if how == 0 and at < len(data):
                data[at] = r.choice(strays)
            elif how == 1:
                data.insert(at, r.choice(strays))
            elif at < len(data):
                del data[at]
        sent = bytes(data)
        wanted = reference.read(sent, BEGINNING, 0)
        accepted += wanted is not None
        for form in forms:
            assert form.read(sent, BEGINNING, 0) == wanted, sent
    assert 2_000 < accepted < 18_000
