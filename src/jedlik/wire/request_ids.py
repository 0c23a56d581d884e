"""Request ids: 52 upper-case letters and digits, as DynamoDB's, unique and cheap."""

from __future__ import annotations

import itertools
from collections.abc import Callable

_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUV"
_RANDOM = 38
_FIRST = 10**13  # 14 digits without padding, which would cost as much as the rest of an id


class RequestIds:
    """Ids of one process: random letters drawn once, then a counter.

    random: gives n random bytes (`os.urandom`; a simulation passes its own). `request_ids.pyx` is
    this module for the compiled form.
    """

    __slots__ = ("_count", "_prefix")

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._prefix = "".join(chr(_ALPHABET[byte & 31]) for byte in random(_RANDOM))
        self._count = itertools.count(_FIRST).__next__

    def next(self) -> str:
        return f"{self._prefix}{self._count()}"
