"""Access key ids that say for themselves that they were made here.

    AKIA | ASIA, 12 random letters, 4 letters of a MAC under the secret of the data folder

So a key that was deleted, or one that came without its session token, is known for what it is
also where unknown keys are developers (open mode). Ids of users and roles have AWS's form, too.
"""

from __future__ import annotations

import hmac
from base64 import b32encode, b64encode
from collections.abc import Callable

LONG, TEMPORARY = "AKIA", "ASIA"
_RANDOM_LETTERS = 12

Random = Callable[[int], bytes]


def new_key_id(prefix: str, master: bytes, random: Random) -> str:
    """prefix: LONG or TEMPORARY."""
    body = prefix + letters(random, _RANDOM_LETTERS)
    return body + _mac(master, body)


def is_ours(key_id: str, master: bytes) -> bool:
    """Whether the id was made with this secret."""
    if len(key_id) != 20 or key_id[:4] not in (LONG, TEMPORARY) or not key_id.isascii():
        return False
    return hmac.compare_digest(_mac(master, key_id[:16]), key_id[16:])


def new_secret(random: Random) -> str:
    """40 characters, as AWS's secret access keys have."""
    return b64encode(random(30)).decode()


def letters(random: Random, count: int) -> str:
    """Random letters and digits of base 32."""
    return b32encode(random(count))[:count].decode()


def new_id(prefix: str, random: Random) -> str:
    """The unique id of a user ("AIDA"), role ("AROA"), group ("AGPA"), policy ("ANPA") …"""
    return prefix + letters(random, 17)


def _mac(master: bytes, text: str) -> str:
    return b32encode(hmac.digest(master, b"key id:" + text.encode(), "sha256"))[:4].decode()
