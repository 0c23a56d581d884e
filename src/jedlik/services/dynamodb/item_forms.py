"""Forms of items: from a body whose like was put before to the bytes that are stored, in one pass.

A client puts one item after the other in words that are the same up to some values. An ItemForm has
what surrounds those values in the body, and what surrounds them in storage (`tables/stored.py`): it
compares the one, checks and sizes the values, and joins them with the other. As with the forms of
`api/body_forms.py`, it can only be faster than decoding, checking and encoding, never laxer. Values
that may differ:

    S     strings without an escape or a control character
    N     numbers that are in plain form as they come (`values/numbers.py`)
    BOOL  true and false

Everything else, white space too, is compared byte for byte. `item_pieces.py` makes forms.
`item_forms.pyx` is this module for the compiled form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from jedlik.values.numbers import DIGITS_MAX, is_plain, number_size

_is_unescaped = re.compile(rb'[^"\\\x00-\x1f\x7f]*').fullmatch


class ItemForm:
    """kinds: of the values that differ, in their order. pieces, stored: what stands before, between
    and behind them in the body and in storage, with the quotes of those that have some. size: of
    the item without them. partition, sort: which of them are the key; -1: there is no such."""

    __slots__ = ("_first", "_partition", "_size", "_sort", "_start", "_values")

    def __init__(
        self,
        kinds: Sequence[str],
        pieces: Sequence[bytes],
        stored: Sequence[bytes],
        size: int,
        partition: int,
        sort: int,
    ) -> None:
        self._first, *others = pieces
        self._start, *ends = stored
        self._values = list(zip(kinds, others, ends, strict=True))
        self._size = size
        self._partition = partition
        self._sort = sort

    def read(self, body: bytes) -> tuple[bytes, int, bytes, bytes] | None:
        """What is stored of the item, its size, and the texts of its key (b"" where there is no
        such attribute); None for a body of another form."""
        if not body.startswith(self._first):
            return None
        start, size = len(self._first), self._size
        texts: list[bytes] = []
        parts = [self._start]
        for kind, piece, stored in self._values:
            if kind == "BOOL":
                text = b"true" if body.startswith(b"true", start) else b"false"
                end = start + len(text)
                if body[start:end] != text:
                    return None
            else:
                end = body.find(b'"', start)
                if end < 0:
                    return None
                text = body[start:end]
                if kind == "S":
                    if not _is_text(text):
                        return None  # perhaps not what it seems to be
                    size += len(text)
                else:
                    number = text.decode("latin-1")
                    if len(number) > DIGITS_MAX or not is_plain(number):
                        return None
                    size += number_size(number)
            if not body.startswith(piece, end):
                return None
            start = end + len(piece)
            texts.append(text)
            parts += (text, stored)
        if start != len(body):
            return None
        return (
            b"".join((size.to_bytes(4, "little"), *parts)),
            size,
            texts[self._partition] if self._partition >= 0 else b"",
            texts[self._sort] if self._sort >= 0 else b"",
        )


def _is_text(content: bytes) -> bool:
    """Whether a string is written as it is, by who sends it and in storage."""
    if not _is_unescaped(content):
        return False
    if not content.isascii():
        try:
            content.decode()
        except UnicodeDecodeError:
            return False
    return True
