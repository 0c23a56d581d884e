"""Client tokens: how a transaction that is asked for twice is done once.

A token is a row that must be absent, written in the commit of the transaction itself.
"""

from __future__ import annotations

from hashlib import blake2b

from msgspec import Struct

from jedlik.storage.waist import ABSENT, Batch, Key, Put, Row
from jedlik.tables.database import TOKENS_SPACE, Database
from jedlik.tables.errors import IdempotencyMismatch

TOKEN_LIFE_MS = 600_000
"""How long a client token of a transaction is remembered (API reference, TransactWriteItems)."""


class ClientToken(Struct, frozen=True):
    """A transaction's idempotency token; `fingerprint` is a hash of all its parameters."""

    scope: str
    token: str
    fingerprint: bytes


async def claim(db: Database, token: ClientToken) -> Put | None:
    """The row that says that this token's transaction was done, to be written along with it under
    the guard that it is not there yet; None when it is. Raises IdempotencyMismatch."""
    key = _token_key(token)
    row = await db.engine.get_one(key, pending=True)
    if row is None or _expired(db, row):
        value = db.clock.now_ms().to_bytes(8, "big") + token.fingerprint
        return Put(key, ABSENT if row is None else row.version, value)
    # The first use may still be on its way to the disk.
    await db.engine.commit(Batch(db.versions.next(), ()))
    if row.value[8:] != token.fingerprint:
        raise IdempotencyMismatch
    return None


def _expired(db: Database, row: Row) -> bool:
    return int.from_bytes(row.value[:8], "big") + TOKEN_LIFE_MS < db.clock.now_ms()


def _token_key(token: ClientToken) -> Key:
    digest = blake2b(f"{token.scope}\0{token.token}".encode(), digest_size=16).digest()
    return (TOKENS_SPACE, digest, b"", b"")
