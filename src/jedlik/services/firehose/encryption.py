"""Server-side encryption: a setting that is told again. Jedlik encrypts nothing by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from jedlik.services.firehose.errors import invalid, limit_exceeded
from jedlik.services.firehose.limits import ENCRYPTION_CHANGES_MAX
from jedlik.services.firehose.records import DeliveryStream, Encryption

DAY_MS = 86_400_000
OWNED, CUSTOMERS = "AWS_OWNED_CMK", "CUSTOMER_MANAGED_CMK"


def encrypted(now: Encryption, wanted: Mapping[str, Any] | None, now_ms: int) -> Encryption:
    """Switched on, with a key as `wanted` has it. Raises ApiError; unverified texts."""
    wanted = wanted or {"KeyType": OWNED}
    kind, key = wanted["KeyType"], wanted.get("KeyARN")
    if kind == CUSTOMERS and key is None:
        raise invalid(f"KeyARN must be specified when KeyType is {CUSTOMERS}.")
    if kind == OWNED and key is not None:
        raise invalid(f"KeyARN must not be specified when KeyType is {OWNED}.")
    return Encryption("ENABLING", kind, key, _counted(now, now_ms))


def plain(now: Encryption, now_ms: int) -> Encryption:
    """Switched off. Raises ApiError."""
    if now.status == "DISABLED":
        return now
    return msgspec.structs.replace(now, status="DISABLING", changes_ms=_counted(now, now_ms))


def check_may_switch(stream: DeliveryStream) -> None:
    """Raises ApiError; unverified text."""
    if stream.kind != "DirectPut":
        raise invalid(
            "Server-side encryption can only be configured for delivery streams of the type "
            "DirectPut."
        )


def shown(encryption: Encryption) -> dict[str, Any]:
    answer: dict[str, Any] = {"Status": encryption.status}
    if encryption.status != "DISABLED" and encryption.key_type is not None:
        answer["KeyType"] = encryption.key_type
        if encryption.key_arn is not None:
            answer["KeyARN"] = encryption.key_arn
    return answer


def is_on(encryption: Encryption) -> bool:
    """Whether records that are put now count as encrypted."""
    return encryption.status in ("ENABLED", "DISABLING")


def _counted(now: Encryption, now_ms: int) -> tuple[int, ...]:
    recent = tuple(each for each in now.changes_ms if each > now_ms - DAY_MS)
    if len(recent) >= ENCRYPTION_CHANGES_MAX:
        raise limit_exceeded(
            f"Encryption of a delivery stream can be started and stopped {ENCRYPTION_CHANGES_MAX} "
            "times in 24 hours."
        )
    return (*recent, now_ms)
