"""Where an item's values stand in a body, so that a form can be made of it (`item_forms.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

from jedlik.services.dynamodb.item_forms import ItemForm
from jedlik.tables.model import KeySchema
from jedlik.values import item_size
from jedlik.values.numbers import DIGITS_MAX, is_plain, number_size

Item = dict[str, Any]

VALUES_MAX = 256
_PROBE = b'"a text that nobody has sent: %d"'
_tokens = re.compile(rb'"(?:[^"\\]|\\.)*"|true|false').finditer
"""In JSON that can be decoded: its strings and truth values."""
_is_unescaped = re.compile(r'[^"\\\x00-\x1f\x7f]*').fullmatch


def form_of(body: bytes, item: Item, keys: KeySchema) -> ItemForm:
    """The form of bodies that differ from this one in nothing but values of `Item`. item: that of
    this body, as it was stored. Raises LookupError where there is none.

    Where a value stands is known by counting: the strings of the body are those of the JSON that
    orjson makes of it, in the same order, unless a name was given twice. That the values stand
    where they seem to is found out by putting others in their places.
    """
    request = orjson.loads(body)
    found = request.get("Item")
    if orjson.dumps(found) != orjson.dumps(item):
        raise LookupError("it was not stored as it came")
    values = list(_values_of(found))
    if not 0 < len(values) <= VALUES_MAX:
        raise LookupError("nothing differs, or too much")
    places = [_place_of(found, values, attribute.name) for attribute in keys.attributes]
    size = item_size(found) - sum(_size_of(kind, holder[kind]) for holder, kind in values)
    kinds = [kind for _, kind in values]
    probes = [_PROBE % number for number in range(len(values))]
    for (holder, kind), probe in zip(values, probes, strict=True):
        holder[kind] = orjson.loads(probe)
    try:
        probed, stored = orjson.dumps(request), orjson.dumps(found)
    except orjson.JSONEncodeError as error:  # in members that nobody knows, and nobody looked into
        raise LookupError("it nests too deep to be written") from error
    in_body = list(_tokens(body))
    in_probed = [match[0] for match in _tokens(probed)]
    if len(in_body) != len(in_probed):
        raise LookupError("a name was given twice")
    spans = [
        span.span()
        for span, token in zip(in_body, in_probed, strict=True)
        if token.startswith(_PROBE[:-3])
    ]
    spans_stored = [m.span() for m in _tokens(stored) if m[0].startswith(_PROBE[:-3])]
    if not len(spans) == len(spans_stored) == len(probes):
        raise LookupError("somebody has sent it")
    others = _around(body, spans)
    if orjson.loads(_joined(others, probes)) != request:
        raise LookupError("a value that is not there as it is")
    return ItemForm(
        kinds,
        _around(body, _inside(spans, kinds)),
        _around(stored, _inside(spans_stored, kinds)),
        size,
        places[0],
        places[1] if len(places) > 1 else -1,
    )


def _values_of(attributes: Item) -> Iterator[tuple[dict[str, Any], str]]:
    """The values that may differ, in their order: each by what it is in, and its kind."""
    for value in attributes.values():
        yield from _values_in(value)


def _values_in(value: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    ((kind, content),) = value.items()
    if kind == "M":
        yield from _values_of(content)
    elif kind == "L":
        for each in content:
            yield from _values_in(each)
    elif (
        kind == "BOOL"
        or (kind == "S" and _is_unescaped(content))
        or (kind == "N" and len(content) <= DIGITS_MAX and is_plain(content))
    ):
        yield value, kind


def _size_of(kind: str, content: Any) -> int:
    if kind == "S":
        return len(content.encode())
    return number_size(content) if kind == "N" else 0


def _place_of(item: Item, values: list[tuple[dict[str, Any], str]], name: str) -> int:
    """Which of the values is that of a key attribute."""
    value = item[name]
    for number, (holder, kind) in enumerate(values):
        if holder is value and kind != "BOOL":
            return number
    raise LookupError("the key is not among the values")


def _inside(spans: list[tuple[int, int]], kinds: list[str]) -> list[tuple[int, int]]:
    """Without the quotes."""
    return [
        (first, end) if kind == "BOOL" else (first + 1, end - 1)
        for (first, end), kind in zip(spans, kinds, strict=True)
    ]


def _around(text: bytes, spans: list[tuple[int, int]]) -> list[bytes]:
    pieces, start = [], 0
    for first, end in spans:
        pieces.append(text[start:first])
        start = end
    return [*pieces, text[start:]]


def _joined(pieces: list[bytes], between: list[bytes]) -> bytes:
    first, *others = pieces
    return b"".join([first, *(part for pair in zip(between, others, strict=True) for part in pair)])
