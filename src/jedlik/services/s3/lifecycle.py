"""Lifecycle rules: which objects one is about, when they are due, and what no rule can be.

Source: S3 user guide, "Lifecycle configuration elements", and "Expiring objects" (the header
x-amz-expiration). workers/object_upkeep.py carries expirations out.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import quote

from jedlik.services.s3.errors import S3Error, invalid_request, malformed_xml
from jedlik.services.s3.records import Bucket, Version
from jedlik.services.s3.store import Store

DAY_MS = 86_400_000
ID_MAX = 255
NAME = "lifecycle"
ACTIONS = (
    "Expiration",
    "Transitions",
    "NoncurrentVersionTransitions",
    "NoncurrentVersionExpiration",
    "AbortIncompleteMultipartUpload",
)


class Filter:
    """Which objects a rule is about."""

    def __init__(self, rule: Mapping[str, Any]) -> None:
        chosen = rule.get("Filter") or {}
        both = chosen.get("And") or chosen
        self.prefix: str = both.get("Prefix") or rule.get("Prefix") or ""
        tags = list(both.get("Tags") or ())
        if both.get("Tag"):
            tags.append(both["Tag"])
        self._tags = {tag["Key"]: tag["Value"] for tag in tags}
        self._above = both.get("ObjectSizeGreaterThan")
        self._below = both.get("ObjectSizeLessThan")

    def takes(self, version: Version) -> bool:
        return (
            self._tags.items() <= version.tags.items()
            and (self._above is None or version.size > self._above)
            and (self._below is None or version.size < self._below)
        )


def due_ms(since_ms: int, days: int) -> int:
    """S3 rounds up to the midnight (UTC) that follows."""
    return -(-(since_ms + days * DAY_MS) // DAY_MS) * DAY_MS


async def expiration_member(store: Store, bucket: Bucket, version: Version) -> dict[str, str]:
    """When the current version of an object expires, if a rule says so."""
    stored = await store.configuration(bucket, NAME)
    found: tuple[int, str] | None = None
    for rule in (stored or {}).get("Rules", ()):
        expiration = rule.get("Expiration") or {}
        wanted = Filter(rule)
        if rule["Status"] != "Enabled" or not version.key.startswith(wanted.prefix):
            continue
        if not wanted.takes(version):
            continue
        if expiration.get("Days") is not None:
            at_ms = due_ms(version.modified_ms, expiration["Days"])
        elif expiration.get("Date") is not None:
            at_ms = round(expiration["Date"] * 1000)
        else:
            continue
        found = min(found or (at_ms, rule.get("ID", "")), (at_ms, rule.get("ID", "")))
    if found is None:
        return {}
    date = formatdate(found[0] // 1000, usegmt=True)
    return {"Expiration": f'expiry-date="{date}", rule-id="{quote(found[1])}"'}


def check(rules: list[dict[str, Any]]) -> None:
    """Raises S3Error."""
    ids = [rule["ID"] for rule in rules if rule.get("ID")]
    if any(len(each) > ID_MAX for each in ids):
        raise _wrong(f"ID length should not exceed allowed limit of {ID_MAX}")
    if len(set(ids)) < len(ids):
        raise _wrong("Rule ID must be unique. Found same ID for more than one rule")
    for rule in rules:
        _check_rule(rule)


def _check_rule(rule: Mapping[str, Any]) -> None:
    if "Filter" not in rule and rule.get("Prefix") is None:
        raise malformed_xml()
    chosen = rule.get("Filter") or {}
    if len([each for each in chosen.values() if each is not None]) > 1:
        raise malformed_xml()
    if not any(rule.get(action) for action in ACTIONS):
        raise invalid_request("At least one action needs to be specified in a rule")
    expiration = rule.get("Expiration")
    if expiration is not None:
        _check_expiration(expiration)
    for action in ("Transitions", "NoncurrentVersionTransitions"):
        for each in rule.get(action) or ():
            days = each.get("Days") if action == "Transitions" else each.get("NoncurrentDays")
            if days is not None and days < 0:
                raise _wrong("'Days' for Transition action must be nonnegative")
    older = (rule.get("NoncurrentVersionExpiration") or {}).get("NoncurrentDays")
    if older is not None and older < 1:
        raise _wrong(
            "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer"
        )
    abort = rule.get("AbortIncompleteMultipartUpload")
    if abort is not None:
        days = abort.get("DaysAfterInitiation")
        if days is not None and days < 1:
            raise _wrong(
                "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a "
                "positive integer"
            )
        both = chosen.get("And") or chosen
        if both.get("Tag") or both.get("Tags"):
            raise invalid_request("AbortIncompleteMultipartUpload cannot be specified with Tags.")


def _check_expiration(expiration: Mapping[str, Any]) -> None:
    chosen = [name for name in ("Days", "Date", "ExpiredObjectDeleteMarker") if name in expiration]
    if len(chosen) != 1:
        raise malformed_xml()
    if expiration.get("Days") is not None and expiration["Days"] < 1:
        raise _wrong("'Days' for Expiration action must be a positive integer")
    if expiration.get("Date") is not None and expiration["Date"] % 86_400:
        raise _wrong("'Date' must be at midnight GMT")


def _wrong(message: str) -> S3Error:
    return S3Error("InvalidArgument", message)
