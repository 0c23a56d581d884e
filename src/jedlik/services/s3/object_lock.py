"""Versions that nobody may delete for a while, or until a legal hold is taken away.

Source: S3 user guide, "Locking objects with Object Lock", and API reference. What is locked is a
version; delete markers may still be put before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from jedlik.services.s3.errors import (
    S3Error,
    access_denied,
    invalid_argument,
    invalid_request,
    malformed_xml,
)
from jedlik.services.s3.records import Bucket, Upload, Version

DAY_MS = 86_400_000
DAYS_MAX = 36_500
MODES = ("GOVERNANCE", "COMPLIANCE")
HOLDS = ("ON", "OFF")


def check_configuration(wanted: Mapping[str, Any]) -> None:
    """Raises S3Error for what PutObjectLockConfiguration cannot take."""
    if wanted.get("ObjectLockEnabled") != "Enabled":
        raise malformed_xml()
    rule = wanted.get("Rule")
    if rule is None:
        return
    default = rule.get("DefaultRetention") or {}
    periods = [default[unit] for unit in ("Days", "Years") if default.get(unit) is not None]
    if default.get("Mode") is None or len(periods) != 1:
        raise malformed_xml()
    if periods[0] < 1:
        raise S3Error(
            "InvalidArgument", "Default retention period must be a positive integer value."
        )
    if _period_ms(default) > DAYS_MAX * DAY_MS:
        # Unverified words.
        raise S3Error("InvalidArgument", "Default retention period too large")


def fields_of(bucket: Bucket, req: Mapping[str, Any], now_ms: int) -> dict[str, Any]:
    """The fields of a Version or Upload that the headers of a request set. Raises S3Error."""
    mode, until = req.get("ObjectLockMode"), req.get("ObjectLockRetainUntilDate")
    hold = req.get("ObjectLockLegalHoldStatus")
    if mode is None and until is None and hold is None:
        return {}
    check_possible(bucket)
    if (mode is None) != (until is None):
        raise S3Error(
            "InvalidArgument",
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
        )
    if mode is not None and mode not in MODES:
        raise invalid_argument("Unknown wormMode directive.", "x-amz-object-lock-mode", mode)
    if hold is not None and hold not in HOLDS:
        # Unverified words.
        raise invalid_argument(
            "Legal Hold must be either of 'ON' or 'OFF'", "x-amz-object-lock-legal-hold", hold
        )
    if until is not None:
        check_future(until, now_ms, "x-amz-object-lock-retain-until-date")
    return {
        "lock_mode": mode or "",
        "lock_until_ms": 0 if until is None else round(until * 1000),
        "legal_hold": hold or "",
    }


def check_digest(req: Mapping[str, Any], headers: Mapping[str, str]) -> None:
    """What is to be locked must be known to have come whole."""
    asked = any(
        req.get(member) is not None
        for member in ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus")
    )
    if asked and not any(
        name in ("content-md5", "x-amz-trailer") or name.startswith("x-amz-checksum-")
        for name in headers
    ):
        raise invalid_request(
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with "
            "Object Lock parameters"
        )


def check_future(until_s: float, now_ms: int, name: str) -> None:
    if until_s * 1000 <= now_ms:
        raise invalid_argument("The retain until date must be in the future!", name, str(until_s))


def with_default(version: Version, configuration: Mapping[str, Any] | None) -> Version:
    """The version locked as its bucket does by default, if nothing else was asked for."""
    default = ((configuration or {}).get("Rule") or {}).get("DefaultRetention")
    if not default or version.lock_mode:
        return version
    until = version.modified_ms + _period_ms(default)
    return msgspec.structs.replace(version, lock_mode=default["Mode"], lock_until_ms=until)


def remover(now_ms: int, *, bypass: bool = False) -> Callable[[Version], None]:
    """Raises what keeps a version from being deleted. bypass: of GOVERNANCE."""

    def check(version: Version) -> None:
        retained = version.lock_mode and version.lock_until_ms > now_ms
        if version.legal_hold == "ON" or (
            retained and not (bypass and version.lock_mode == "GOVERNANCE")
        ):
            raise protected()

    return check


def check_change(version: Version, mode: str, until_ms: int, *, bypass: bool, now_ms: int) -> None:
    """Raises what keeps a retention from becoming another ("" and 0: none)."""
    if not version.lock_mode or version.lock_until_ms <= now_ms:
        return
    if mode == version.lock_mode and until_ms >= version.lock_until_ms:
        return
    if version.lock_mode == "COMPLIANCE" or not bypass:
        raise protected()


def members(found: Version | Upload) -> dict[str, Any]:
    """What GET and HEAD tell of it."""
    told: dict[str, Any] = {}
    if found.lock_mode:
        told["ObjectLockMode"] = found.lock_mode
        told["ObjectLockRetainUntilDate"] = found.lock_until_ms / 1000
    if found.legal_hold:
        told["ObjectLockLegalHoldStatus"] = found.legal_hold
    return told


def protected() -> S3Error:
    return access_denied("Access Denied because object protected by object lock.")


def check_possible(bucket: Bucket) -> None:
    """Raises S3Error if the bucket has no locks."""
    if not bucket.object_lock:
        raise invalid_request("Bucket is missing Object Lock Configuration")


def no_lock_of(key: str) -> S3Error:
    return S3Error(
        "NoSuchObjectLockConfiguration",
        "The specified object does not have a ObjectLock configuration",
        404,
        Key=key,
    )


def _period_ms(default: Mapping[str, Any]) -> int:
    days = default.get("Days") or 365 * int(default.get("Years") or 0)
    return int(days) * DAY_MS
