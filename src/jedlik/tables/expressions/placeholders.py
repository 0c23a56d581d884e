"""ExpressionAttributeNames and ExpressionAttributeValues of one request.

Checks their keys and values, hands them to the expressions of the request, and knows at the end
which were never used. Values are brought to normal form in place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeVar, cast

from jedlik.values import Invalid, Malformed, check_value, value_size
from jedlik.values.numbers import DIGITS_MAX, is_plain

KEY_BYTES_MAX = 255
NAME_BYTES_MAX = 65535
DOCUMENT_BYTES_MAX = 400 << 10
ALL_BYTES_MAX = 2 << 20
"""Of names and values together (developer guide, "Expression parameters"); the texts and the limit
of a list or map are DynamoDB Local's (Unverified)."""
REMEMBERED_CHARS_MAX = 8 << 10
"""What is longer than anybody's usual names is not kept: caches must stay small whatever comes."""

_Remembering = TypeVar("_Remembering", bound=Callable[..., Any])

_is_alias = re.compile(r"#[A-Za-z0-9_]+\Z").match
_is_value_name = re.compile(r":[A-Za-z0-9_]+\Z").match


class Placeholders:
    """The names and values of one request; made once, given to each of its expressions.

    Raises Invalid, in AWS's words, for empty maps, wrong keys and wrong values, and Malformed for
    JSON of the wrong kind.
    """

    __slots__ = (
        "_chars",
        "kinds",
        "names",
        "names_key",
        "used_names",
        "used_values",
        "values",
    )

    def __init__(
        self, names: dict[str, str] | None = None, values: dict[str, dict[str, Any]] | None = None
    ) -> None:
        self.names = names
        self.values: dict[str, dict[str, Any]] = {}
        # What a compiled expression depends on: the names, and the types of the values.
        self.names_key: tuple[tuple[str, str], ...] = ()
        self.kinds: tuple[str, ...] = ()
        self.used_names: frozenset[str] = frozenset()
        self.used_values: frozenset[str] = frozenset()
        self._chars = 0  # of the names and all keys
        if names is not None:
            self.names_key = key = tuple(names.items())
            chars = 0
            for alias, name in key:
                chars += len(alias) + (len(name) if type(name) is str else 0)
            self._chars = chars
            try:
                self.once(_check_names)(key)
            except TypeError:
                raise Malformed("Unexpected value type in payload") from None
            if chars > ALL_BYTES_MAX // 4 and self._names_size() > ALL_BYTES_MAX:
                raise Invalid("ExpressionAttributeNames exceeds max size")
        if values is not None:
            self._take_values(values)

    def once(self, made: _Remembering) -> _Remembering:
        """The function, whose answers are remembered, for what is given here: not remembered where
        that is uncommonly long."""
        if self._chars <= REMEMBERED_CHARS_MAX:
            return made
        return cast(_Remembering, made.__wrapped__)  # type: ignore[attr-defined]

    def _take_values(self, values: dict[str, dict[str, Any]]) -> None:
        self.values = values
        kinds: list[str] = []
        chars = 0  # of the values
        keys = 0
        for name, value in values.items():
            keys += len(name)
            if not _is_value_name(name) or len(name) > KEY_BYTES_MAX:
                _check_value_names(values)
            # Strings and short numbers, as check_value would find, without the call.
            if type(value) is dict and len(value) == 1:
                (kind,) = value
                content = value[kind]
                if type(content) is str and (
                    kind == "S"
                    or (kind == "N" and len(content) <= DIGITS_MAX and is_plain(content))
                ):
                    kinds.append(name)
                    kinds.append(kind)
                    chars += len(content)
                    continue
            try:
                size = check_value(value)
                if size > DOCUMENT_BYTES_MAX and ("M" in value or "L" in value):
                    raise Invalid("Item size has exceeded the maximum allowed size")
                chars += size
            except Invalid as refusal:
                _check_value_names(values)
                raise Invalid(
                    "ExpressionAttributeValues contains invalid value: "
                    f"{refusal.message} for key {name}"
                ) from None
            for kind in value:
                kinds.append(name)
                kinds.append(kind)
        if not values:
            raise Invalid("ExpressionAttributeValues must not be empty")
        self.kinds = tuple(kinds)
        self._chars += keys
        if self._chars + chars > ALL_BYTES_MAX // 4:
            self._check_size()

    def _names_size(self) -> int:
        return sum([_bytes(alias) + _bytes(name) for alias, name in self.names_key])

    def _check_size(self) -> None:
        """Refuses values that are too much, alone or with the names."""
        size = sum([_bytes(name) + value_size(value) for name, value in self.values.items()])
        if size > ALL_BYTES_MAX:
            raise Invalid("ExpressionAttributeValues exceeds max size")
        if self._names_size() + size > ALL_BYTES_MAX:
            raise Invalid(
                "Combined size of ExpressionAttributeNames and ExpressionAttributeValues "
                "exceeds max size"
            )

    def finish(self) -> None:
        """Raises Invalid if a name or a value was given that no expression uses."""
        if len(self.names_key) > len(self.used_names):
            unused = [name for name, _ in self.names_key if name not in self.used_names]
            raise _unused("ExpressionAttributeNames", unused)
        if len(self.values) > len(self.used_values):
            unused = [name for name in self.values if name not in self.used_values]
            raise _unused("ExpressionAttributeValues", unused)


@lru_cache(maxsize=2048)
def _check_names(names: tuple[tuple[str, str], ...]) -> None:
    if not names:
        raise Invalid("ExpressionAttributeNames must not be empty")
    for alias, _ in names:
        if len(alias.encode()) > KEY_BYTES_MAX:
            raise Invalid(
                "ExpressionAttributeNames contains invalid key: The expression attribute map "
                f"contains a key that is too long; size of key: {len(alias.encode())}"
            )
        if not _is_alias(alias):
            raise Invalid(
                f'ExpressionAttributeNames contains invalid key: Syntax error; key: "{alias}"'
            )
    for alias, name in names:
        if not isinstance(name, str):
            raise Malformed("Unexpected value type in payload")
        if not name:
            raise Invalid(
                "ExpressionAttributeNames contains invalid value: "
                f"Empty attribute name for key {alias}"
            )
        if len(name.encode()) > NAME_BYTES_MAX:
            raise Invalid(
                "ExpressionAttributeNames contains invalid value: Attribute name is too large, "
                f"must be less than 65536 bytes for key {alias}"
            )


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _check_value_names(values: dict[str, dict[str, Any]]) -> None:
    """Refuses the first key that is wrong; that comes before any complaint about a value."""
    for name in values:
        if len(name.encode()) > KEY_BYTES_MAX:
            raise Invalid(
                "ExpressionAttributeValues contains invalid key: The expression attribute map "
                "contains a key that is too long;"
            )
        if not _is_value_name(name):
            raise Invalid(
                f'ExpressionAttributeValues contains invalid key: Syntax error; key: "{name}"'
            )


def _unused(which: str, names: Iterable[str]) -> Invalid:
    listed = ", ".join(names)
    return Invalid(f"Value provided in {which} unused in expressions: keys: {{{listed}}}")
