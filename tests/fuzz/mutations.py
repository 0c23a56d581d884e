"""Breaks requests: members left out, added, put elsewhere, of other kinds, cut, altered, endless.

A request is what JSON decodes to, and bytes. `Written` stands for what no Python value becomes: a
text that a protocol puts where the value would be.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from random import Random
from typing import Any

TEXTS = [
    "", " ", "a", "é", "a\x00b", "\ud800", "😀" * 50, "a" * 256, "x" * 70_000, "'", '"', "\\", "%s",
    "../..", "*", "-1", "0", "1e999", "NaN", "9" * 400, "null", "true", "1_000", "٣", "²", "\n",
    "2024-13-45T99:99:99Z", "0001-01-01T00:00:00Z", "arn:", "arn:aws:iam::000000000000:role/x",
    "arn:aws:dynamodb:eu-west-1:111111111111:table/x", "YQ", "!!", "{", "{}", "[1", "[" * 2000,
    '{"a":' * 300 + "1" + "}" * 300, "<a>", ",", "=", "#a", ":a", "s3://", "rate(1 minute)",
]  # fmt: skip
NUMBERS = [
    0, 1, -1, 2, 7, 101, 1001, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64,
    10**30, 10**300, 0.5, -0.0, 1e18, 1e308, 253402300800, 1e12, -62135596801,
]  # fmt: skip
WRAPS = [
    ("(", ")"), ("NOT ", ""), ("[", "]"), ('{"a":', "}"), ("- ", ""), ("", "[0]"), ("f(", ")"),
    ("", " AND a"), ("", " + 1"), ("", ".a"), ("struct<a:", ">"), ("*", ""), ("${", "}"),
    ("IF(", ",1,2)"), ("", " | fields a"), ("", ","), ("\\", ""), ("(?:", ")"), ("<<", ">>"),
]  # fmt: skip
MADE = [
    None, True, False, [], {}, [[]], [{}], {"": ""}, [None], {"a": None}, [1, "a", {}], {"S": "a"},
    ["a"] * 101,
]  # fmt: skip


class Written(str):
    """Text of a body as it is written."""


OF_JSON = [
    Written(text)
    for text in (
        "1e400", "1.0", "1E5", "9" * 500, "-0", "1.00000000000000000001", "NaN", "01", '"\\ud800"',
        '"\\u0000"', '"\\x"', '{"a":1,"a":2}', "[" * 500 + "]" * 500, "undefined", "",
    )
]  # fmt: skip
OF_XML = [
    Written(text)
    for text in (
        "<a", "</a>", "<![CDATA[x]]>", "&#0;", "&none;", "<a><b></a></b>", "&#xD800;", "<!--",
        "<a xmlns:x='y' x:z='1'/>", "<x:a/>", "<a>" * 200 + "</a>" * 200,
    )
]  # fmt: skip


class Breaking:
    """named: a value that members of a name had. odd: what only this protocol can write."""

    def __init__(
        self, random: Random, named: Callable[[str], Any], odd: list[Any] | None = None
    ) -> None:
        self._r = random
        self._named = named
        self._odd = odd or TEXTS

    def broken(self, request: dict[str, Any]) -> dict[str, Any]:
        """A copy that is wrong somewhere, mostly at one place."""
        whole = {"": _copy(request)}
        for _ in range(self._r.choice([1, 1, 1, 2, 4])):
            self._break(whole)
        found = whole[""]
        return found if isinstance(found, dict) else {}

    def _break(self, whole: dict[str, Any]) -> None:
        r = self._r
        holder, key = r.choice(list(_places(whole)))
        value = holder[key]
        chance = r.random()
        if chance < 0.12 and key != "":
            del holder[key]
        elif chance < 0.3 and key != "":
            holder[key] = self._wrong()
        elif chance < 0.42 and isinstance(key, str) and key:
            holder[key] = _copy(self._named(key))
        elif isinstance(value, str) and not isinstance(value, Written):
            holder[key] = self._text(value)
        elif isinstance(value, int | float):
            holder[key] = r.choice([value + 1, -value, value * 1000, r.choice(NUMBERS)])
        elif isinstance(value, bytes):
            holder[key] = r.choice([b"", value[:-1], value + b"\xff", b"\xff" * 3000, "text"])
        elif isinstance(value, list):
            holder[key] = r.choice([[], value * 2, value * 26, [*value, self._wrong()], [value]])
        elif isinstance(value, dict):
            self._break_map(value)

    def _break_map(self, value: dict[str, Any]) -> None:
        r = self._r
        if value and r.random() < 0.5:
            key = r.choice(list(value))
            value[self._text(key)] = value.pop(key) if r.random() < 0.5 else _copy(value[key])
        else:
            value[r.choice(["Extra", "", "é", "NextToken", "MaxResults"])] = self._wrong()

    def _wrong(self) -> Any:
        r = self._r
        kind = r.randrange(6)
        if kind == 0:
            return r.choice(NUMBERS)
        if kind == 1:
            return r.choice(TEXTS)
        if kind == 2:
            return r.choice(self._odd)
        if kind == 3:
            return _copy(self._named(""))
        if kind == 4:
            return _nested(r.choice([5, 32, 100, 200]))
        return _copy(r.choice(MADE))

    def _text(self, text: str) -> str:
        """A text that was right, altered."""
        r = self._r
        at = r.randrange(len(text) + 1)
        kind = r.randrange(8)
        if kind == 0:
            return r.choice(TEXTS)
        if kind == 1:
            return text[:at]
        if kind == 2:
            return text[:at] + r.choice(["\x00", "(", "'", "9" * 30, "é", " AND ", "%"]) + text[at:]
        if kind == 3:
            return text[:at] + r.choice("aZ0_=/. \x00\"'(]:#*%<\ud800") + text[at + 1 :]
        if kind == 4:
            before, after = r.choice(WRAPS)
            times = r.choice([20, 200, 2000])
            return before * times + text[:500] + after * times
        if kind == 5 and text.startswith("arn:"):
            parts = text.split(":")
            parts[r.randrange(len(parts))] = r.choice(["", "us-west-2", "111111111111", "a" * 500])
            return ":".join(parts)
        if kind == 6:
            return str(self._named("")) or text.swapcase()
        return _token(r, text)


def broken_bytes(r: Random, body: bytes) -> bytes:
    """A body that is wrong as bytes."""
    at = r.randrange(len(body) + 1)
    return r.choice(
        [
            body[:at],
            body[:at] + r.randbytes(3) + body[at:],
            body[:at] + r.randbytes(1) + body[at + 1 :],
            body + body,
            b"",
            b"null",
            b"[" * 50_000,
            b'{"a":' * 50_000,
            b"\x9f" * 50_000,
            b"<a>" * 20_000,
            b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            b"\xef\xbb\xbf" + body,
            r.randbytes(200),
        ]
    )


def _token(r: Random, text: str) -> str:
    """What a token says, altered, if it is base64."""
    try:
        said = bytearray(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=False))
    except ValueError:
        return text[::-1]
    if said:
        said[r.randrange(len(said))] = r.randrange(256)
    return base64.urlsafe_b64encode(said[: r.choice([len(said), len(said) // 2])]).decode()


def _nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "a"}
    for level in range(levels):
        value = {"L": [value]} if level % 3 else {"M": {"a": value}}
    return value


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(each) for key, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list) else value


def _places(holder: Any) -> list[tuple[Any, Any]]:
    """Where there are values: what holds them, and by what."""
    found = []
    keys = list(holder) if isinstance(holder, dict) else range(min(len(holder), 20))
    for key in keys:
        found.append((holder, key))
        if isinstance(holder[key], dict | list):
            found += _places(holder[key])
    return found
