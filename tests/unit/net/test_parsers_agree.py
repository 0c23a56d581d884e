"""A learned layout reads exactly what the general parser reads, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jedlik.net.head import BadRequest, head_end, parse_head
from jedlik.net.layout import Layout, Layouts
from jedlik.net.limits import Limits

LIMITS = Limits()
NAMES = (b"Host", b"X-Date", b"Content-Length", b"Connection", b"x.odd+name")
LAYOUT = Layout(NAMES, LIMITS)

nasty = st.binary(max_size=12) | st.sampled_from(
    [b"1", b"12", b"", b" ", b"a b", b" a", b"a ", b"a\t", b"keep-alive", b"close", b"\r", b"\n",
     b"\r\n", b"\r\nX: y", b"\0", b"a\r\n b", b"+1", b"99999999999", b"localhost:8000"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    line=st.sampled_from([b"POST / HTTP/1.1", b"GET /a?b HTTP/1.1", b"HEAD / HTTP/1.1"])
    | st.binary(max_size=30),
    values=st.tuples(nasty, nasty, nasty, nasty, nasty),
    separator=st.sampled_from([b": "] * 5 + [b":", b":  ", b" : "]),
)
def test_layout_against_general_parser(
    line: bytes, values: tuple[bytes, ...], separator: bytes
) -> None:
    lines = [name + separator + value for name, value in zip(NAMES, values, strict=True)]
    data = b"\r\n".join([line, *lines]) + b"\r\n\r\n"
    read = LAYOUT.read(data)
    if read is None:
        return
    match, end, length = read
    assert end == head_end(data, LIMITS)
    try:
        head = parse_head(data[:end], LIMITS)
    except BadRequest as refused:
        # The one leniency: other control characters in a value, which RFC 9110 lets pass.
        assert refused.reason == "malformed header"
        assert any(byte < 32 or byte == 127 for value in values for byte in value)
        return
    assert (head.method, head.target, head.length) == (match[1], match[2], length)
    assert head.keep_alive and not head.expects_continue and not head.coding
    for name, group in LAYOUT.groups.items():
        assert match[group].rstrip(b" \t") == head.headers[name]


@pytest.mark.parametrize(
    "names",
    [
        (b"X-Date",),
        (b"Host", b"X", b"x"),
        (b"Host", b"Transfer-Encoding"),
        (b"Host", b"Expect"),
        (b"Host", b"content-encoding"),
        (b"Host", b"Upgrade"),
    ],
)
def test_some_sequences_are_never_learned(names: tuple[bytes, ...]) -> None:
    assert Layouts(LIMITS).learn(b"POST", b"/", names) is None


def test_learning_is_rationed_by_the_second() -> None:
    layouts = Layouts(Limits(layouts_per_s_max=2))
    learned = [layouts.learn(b"POST", b"/", (b"Host", b"X-%d" % n)) for n in range(4)]
    assert [layout is not None for layout in learned] == [True, True, False, False]
    layouts.second_passed()
    assert layouts.learn(b"POST", b"/", (b"Host", b"X-9")) is not None


def test_a_learned_layout_is_found_again() -> None:
    layouts = Layouts(LIMITS)
    names = (b"Host", b"X-A")
    assert layouts.find(b"POST", b"/", names) is None
    assert (
        layouts.learn(b"POST", b"/", names) is layouts.find(b"POST", b"/", names) is layouts.recent
    )
    assert layouts.find(b"POST", b"/", (b"Host", b"x-a")) is None, "names are learned as spelt"
