"""The forms that request ids have beside DynamoDB's: UUIDs, and S3's sixteen letters and digits.

As AWS's documentation of each service shows them. Those of DynamoDB are in `request_ids.py`, for
they are made in every one of its requests.
"""

from __future__ import annotations

from base64 import b32hexencode
from collections.abc import Callable
from typing import Protocol

OF_DYNAMODB = ("dynamodb", "dynamodbstreams")
"""The services whose ids are 52 letters and digits."""


class Ids(Protocol):
    """Where a service's request ids come from."""

    def next(self) -> str: ...


class Uuids:
    """Of most services. random: gives n random bytes."""

    __slots__ = ("_random",)

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random

    def next(self) -> str:
        """A random UUID, of version 4."""
        drawn = self._random(16)
        digits = drawn.hex()
        variant = "89ab"[drawn[8] & 3]
        return (
            f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
        )


class S3Ids:
    """Of S3. random: gives n random bytes."""

    __slots__ = ("_random",)

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random

    def next(self) -> str:
        """Sixteen upper-case letters and digits."""
        return b32hexencode(self._random(10)).decode()
