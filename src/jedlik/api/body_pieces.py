"""Where strings stand in a body, so that a form can be made of it (`body_forms.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from .body_forms import is_plain

_PROBE = b"a-text-that-nobody-has-sent"
_BODY_BYTES_MAX = 4096
_TRIES_MAX = 64
"""How often a body is decoded at most to find out."""


def pieces_around(body: bytes, paths: Sequence[Sequence[str]]) -> tuple[list[bytes], list[int]]:
    """The pieces of a form in which the strings at these paths differ, and the paths' numbers in
    the order in which they stand in the body. Raises LookupError where there is none.

    That a string stands where it seems to is found out by putting another in its place.
    """
    if len(body) > _BODY_BYTES_MAX:
        raise LookupError("too long")
    tries = iter(range(_TRIES_MAX))
    try:
        decoded = orjson.loads(body)
        places = [_place(body, decoded, path, tries) for path in paths]
    except (orjson.JSONDecodeError, TypeError, UnicodeEncodeError, RecursionError) as error:
        raise LookupError("no form") from error
    order = sorted(range(len(paths)), key=places.__getitem__)
    pieces, start = [], 0
    for number in order:
        first, end = places[number]
        pieces.append(body[start:first])
        start = end
    return [*pieces, body[start:]], order


def _place(body: bytes, decoded: Any, path: Sequence[str], tries: Iterator[int]) -> tuple[int, int]:
    """Where the string at a path stands, without its quotes; found out with the tries left."""
    *ways, last = path
    holder = decoded
    for name in ways:
        holder = holder[name]
    text = holder[last]
    if type(text) is not str or not is_plain(text.encode()):
        raise LookupError("no plain string")
    sent = text.encode()
    holder[last] = _PROBE.decode()
    try:
        quoted = b'"%b"' % sent
        at = body.find(quoted)
        while at >= 0:
            first, end = at + 1, at + 1 + len(sent)
            if next(tries, None) is None:
                raise LookupError("it takes too long")
            try:
                if orjson.loads(body[:first] + _PROBE + body[end:]) == decoded:
                    return first, end
            except orjson.JSONDecodeError:
                pass
            at = body.find(quoted, at + 1)
    finally:
        holder[last] = text
    raise LookupError("a string that is not there as it is")
