"""The lines of answers and request ids: the same in both forms."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.support.forms import Form, forms_of


@pytest.fixture(params=forms_of("jedlik.wire.answer_lines"), ids=str)
def answer_lines(request: pytest.FixtureRequest):
    form: Form = request.param
    yield from form.modules()


@pytest.fixture(params=forms_of("jedlik.wire.request_ids"), ids=str)
def request_ids(request: pytest.FixtureRequest):
    form: Form = request.param
    yield from form.modules()


@pytest.mark.parametrize("checksum", [0, 7, 10, 4_294_967_295])
@pytest.mark.parametrize("more", ["", "A: b\r\n"])
def test_lines(answer_lines: ModuleType, checksum: int, more: str) -> None:
    made = answer_lines.answer_lines("ID", more, checksum, "Content-Type: c\r\n")
    wanted = f"x-amzn-RequestId: ID\r\n{more}x-amz-crc32: {checksum}\r\nContent-Type: c\r\n"
    assert made == wanted
    assert hash(made) == hash(wanted)
    assert made.encode() == wanted.encode()


def test_lines_that_are_not_ascii(answer_lines: ModuleType) -> None:
    made = answer_lines.answer_lines("ID", "A: ä\r\n", 1, "")
    assert made == "x-amzn-RequestId: ID\r\nA: ä\r\nx-amz-crc32: 1\r\n"


def test_request_ids_count_up(request_ids: ModuleType) -> None:
    ids = request_ids.RequestIds(lambda n: bytes(range(n)))
    made = [ids.next() for _ in range(1001)]
    beginning = "0123456789ABCDEFGHIJKLMNOPQRSTUV012345"
    assert made[0] == f"{beginning}10000000000000"
    assert made[999] == f"{beginning}10000000000999"
    assert made[1000] == f"{beginning}10000000001000"
    assert len(set(made)) == 1001
    assert hash(made[0]) == hash(f"{beginning}10000000000000")
