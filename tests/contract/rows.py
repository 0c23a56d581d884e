"""Short ways to say keys and batches in tests."""

from __future__ import annotations

import itertools
from hashlib import blake2b

from jedlik.storage.waist import ANY, Batch, Change, Engine, Key, Put, Tally, Write

_versions = itertools.count(1)
ALL = {"item_limit": 1_000_000, "byte_limit": 1 << 40}


def token(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=16).digest()


def key(name: str, sort: bytes = b"", sub: bytes = b"", *, space: int = 1) -> Key:
    return (space, token(name), sort, sub)


def next_version() -> int:
    return next(_versions)


def batch(*writes: Write, changes: list[Change] = [], tallies: list[Tally] = []) -> Batch:  # noqa: B006
    return Batch(next_version(), writes, changes, tallies)


async def put(engine: Engine, at: Key, value: bytes, expect: int = ANY) -> int:
    """Put a row that must not conflict; its version."""
    written = batch(Put(at, expect, value))
    assert await engine.commit(written) is None
    return written.version
