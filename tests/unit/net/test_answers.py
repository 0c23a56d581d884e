"""What is sent for an answer, and a coroutine's step: the same in both forms."""

from __future__ import annotations

import asyncio
from random import Random
from types import ModuleType

import pytest

from tests.support.forms import Form, forms_of


@pytest.fixture(params=forms_of("jedlik.net.answers"), ids=str)
def answers(request: pytest.FixtureRequest):
    form: Form = request.param
    yield from form.modules()


@pytest.fixture(params=forms_of("jedlik.net.stepping"), ids=str)
def stepping(request: pytest.FixtureRequest):
    form: Form = request.param
    yield from form.modules()


@pytest.mark.parametrize("size", [0, 1, 9, 10, 99, 100, 12_345, 100_000])
def test_head_and_body_are_one_piece(answers: ModuleType, size: int) -> None:
    body = b"x" * size
    sent = answers.ordinary("HTTP/1.1 200 OK\r\n", "A: b\r\n", body)
    assert sent == b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: %d\r\n\r\n" % size + body


def test_nothing_is_needed_but_a_body(answers: ModuleType) -> None:
    assert answers.ordinary("", "", b"{}") == b"Content-Length: 2\r\n\r\n{}"
    # Lines are ASCII; were one not, both forms would still send the same.
    assert answers.ordinary("", "A: ä\r\n", b"") == "A: ä\r\nContent-Length: 0\r\n\r\n".encode()


def test_what_somebody_keeps_stays_as_it_is(answers: ModuleType) -> None:
    """The compiled form writes again into what nobody has any more, and only then."""
    r = Random(1)
    kept: list[tuple[bytes, bytes]] = []
    for number in range(3000):
        body = bytes((number % 256,)) * r.choice((0, 300, 600, 900, 1000, 5000, 17_000))
        sent = answers.ordinary("S\r\n", "", body)
        wanted = b"S\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        assert sent == wanted
        assert {sent: 1}[wanted] == 1  # its hash is its own, too
        assert bytes(memoryview(sent)) == wanted
        if r.random() < 0.1:
            kept.append((sent, wanted))
        del sent
        kept = kept[-20:]
        assert all(one == other for one, other in kept)


async def ends() -> int:
    return 7


async def fails() -> None:
    raise LookupError("no")


async def waits(future: asyncio.Future[int]) -> int:
    return 1 + await future


def test_a_step_that_is_the_last(stepping: ModuleType) -> None:
    assert stepping.step(ends()) == (True, 7)


def test_a_step_that_raises(stepping: ModuleType) -> None:
    with pytest.raises(LookupError, match="no"):
        stepping.step(fails())


async def test_a_step_that_waits(stepping: ModuleType) -> None:
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    coroutine = waits(future)
    assert stepping.step(coroutine) == (False, future)
    future.set_result(1)
    assert stepping.step(coroutine) == (True, 2)


def test_generators_and_whatever_has_send(stepping: ModuleType) -> None:
    def count():
        yield 1
        return 2

    generator = count()
    assert stepping.step(generator) == (False, 1)
    assert stepping.step(generator) == (True, 2)

    class Sent:
        def send(self, value: object) -> object:
            raise StopIteration(3)

    assert stepping.step(Sent()) == (True, 3)
