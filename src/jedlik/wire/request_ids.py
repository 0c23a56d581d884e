"""Request ids: 52 upper-case letters and digits, as DynamoDB's, unique and cheap."""

from __future__ import annotations

import itertools
from collections.abc import Callable

_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUV"
_RANDOM = 38
_COUNT = 14


class RequestIds:
    """Ids of one process: random letters drawn once, then a counter.

    random: gives n random bytes (`os.urandom`; a simulation passes its own).
    """

    __slots__ = ("_next", "_prefix")

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._prefix = "".join(chr(_ALPHABET[byte & 31]) for byte in random(_RANDOM))
        self._next = itertools.count(1).__next__

    def next(self) -> str:
        return f"{self._prefix}{self._next():0{_COUNT}d}"
