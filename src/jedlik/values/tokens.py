"""The token of a partition key: where it lives, 16 bytes of BLAKE2b, spread evenly.

`tokens.pyx` is this module for the compiled form: hashlib takes three times as long to set up a
hash as to make one of so few bytes.
"""

from __future__ import annotations

from hashlib import blake2b

TOKEN_BYTES = 16


def token(encoded_partition_key: bytes) -> bytes:
    """Where a partition key lives, from its encoded bytes."""
    return blake2b(encoded_partition_key, digest_size=TOKEN_BYTES).digest()
