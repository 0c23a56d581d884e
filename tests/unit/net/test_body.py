"""Body readers, whatever the pieces they are fed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jedlik.net.body import ChunkedBody, SizedBody
from jedlik.net.limits import Limits

pieces = st.lists(st.integers(min_value=1, max_value=40), min_size=1)


def feed(body: SizedBody | ChunkedBody, data: bytes, sizes: list[int]) -> bytes:
    """Feed in pieces of these sizes, in turn; returns what was left over at the end."""
    at = n = 0
    while at < len(data):
        size = sizes[n % len(sizes)]
        rest = body.feed(data[at : at + size])
        at, n = at + size, n + 1
        if rest is not None:
            return rest + data[at:]
    raise AssertionError("never complete")


@given(chunks=st.lists(st.binary(min_size=1, max_size=50)), sizes=pieces)
def test_chunks_in_any_pieces(chunks: list[bytes], sizes: list[int]) -> None:
    data = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    body = ChunkedBody(Limits())
    assert feed(body, data + b"0\r\nT: 1\r\n\r\nnext", sizes) == b"next"
    assert body.content() == b"".join(chunks)


@given(content=st.binary(max_size=200), sizes=pieces)
def test_a_sized_body_in_any_pieces(content: bytes, sizes: list[int]) -> None:
    body = SizedBody(len(content))
    assert feed(body, content + b"next", sizes) == b"next"
    assert body.content() == content


def test_many_one_byte_chunks_take_linear_time() -> None:
    """A quarter of a megabyte in one piece: copying the rest at each would take minutes."""
    body = ChunkedBody(Limits())
    assert body.feed(b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n") == b""
    assert body.content() == b"x" * 50_000
