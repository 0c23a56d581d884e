"""The query cache: whole answers of Query and Scan, by all that was asked.

    digest of (kind, space of the table, request) -> the answer's body

Two requests that differ in any parameter are two entries (developer guide, "DAX: how it
processes requests"): page size, filter and projection included. No write changes an entry; it ends
when its time is up. Items of a result are not put into the item cache, as with AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson

from jedlik.services.dax.memory import QUERY, SCAN, Entry, Memory

KINDS = {"Query": QUERY, "Scan": SCAN}


class QueryCache:
    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def find(self, key: bytes) -> Entry | None:
        return self.memory.find(key)

    def add(self, key: bytes, operation: str, body: bytes) -> Entry:
        entry = Entry(key, KINDS[operation], body, self.memory.clock())
        self.memory.add(entry)
        return entry

    def clear(self) -> None:
        self.memory.clear((QUERY, SCAN))


def key_of(operation: str, space: int, request: Mapping[str, Any]) -> bytes:
    """What an answer is remembered by."""
    asked = orjson.dumps((operation, space, request), option=orjson.OPT_SORT_KEYS)
    return blake2b(asked, digest_size=32).digest()
