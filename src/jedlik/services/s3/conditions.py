"""Conditional requests: reads that need not be answered, writes that must not happen.

Source: RFC 9110, 13; S3 API reference, GetObject ("If both of the If-Match and If-Unmodified-Since
headers are present …") and "Conditional writes".
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from jedlik.services.s3.errors import S3Error, no_such_key, not_implemented, precondition_failed
from jedlik.services.s3.records import Version
from jedlik.services.s3.store import Condition


def check_read(req: Mapping[str, Any], version: Version, headers: Mapping[str, str]) -> None:
    """Raise PreconditionFailed, or 304 with the headers given."""
    modified = version.modified_ms // 1000
    if_match, if_none = req.get("IfMatch"), req.get("IfNoneMatch")
    unmodified, since = req.get("IfUnmodifiedSince"), req.get("IfModifiedSince")
    if if_match is not None:
        if not matches(if_match, version.etag):
            raise precondition_failed("If-Match")
    elif unmodified is not None and modified > unmodified:
        raise precondition_failed("If-Unmodified-Since")
    if if_none is not None:
        if matches(if_none, version.etag):
            raise S3Error("NotModified", "Not Modified", 304, headers=headers)
    elif since is not None and modified <= since:
        raise S3Error("NotModified", "Not Modified", 304, headers=headers)


def range_counts(if_range: str | None, version: Version) -> bool:
    """Whether a range is asked for of the very version that a client has a part of (RFC 9110,
    13.1.5); else it gets the whole. Unverified: S3's reference does not name If-Range."""
    if if_range is None:
        return True
    if if_range.startswith('"'):
        return if_range.strip('"') == version.etag
    try:
        return parsedate_to_datetime(if_range).timestamp() == version.modified_ms // 1000
    except ValueError:
        return False


def check_copy(req: Mapping[str, Any], source: Version) -> None:
    """The conditions on the source of a copy."""
    modified = source.modified_ms // 1000
    if_match, if_none = req.get("CopySourceIfMatch"), req.get("CopySourceIfNoneMatch")
    unmodified = req.get("CopySourceIfUnmodifiedSince")
    since = req.get("CopySourceIfModifiedSince")
    if if_match is not None:
        if not matches(if_match, source.etag):
            raise precondition_failed("x-amz-copy-source-If-Match")
    elif unmodified is not None and modified > unmodified:
        raise precondition_failed("x-amz-copy-source-If-Unmodified-Since")
    if if_none is not None:
        if matches(if_none, source.etag):
            raise precondition_failed("x-amz-copy-source-If-None-Match")
    elif since is not None and modified <= since:
        raise precondition_failed("x-amz-copy-source-If-Modified-Since")


def on_write(req: Mapping[str, Any], key: str) -> Condition:
    """What must hold of the object that a write would replace."""
    if_match, if_none = req.get("IfMatch"), req.get("IfNoneMatch")
    if if_none is not None and if_none.strip() != "*":
        raise not_implemented("If-None-Match")

    def condition(current: Version | None) -> None:
        if if_none is not None and current is not None:
            raise precondition_failed("If-None-Match")
        if if_match is not None:
            if current is None:
                raise no_such_key(key)
            if not matches(if_match, current.etag):
                raise precondition_failed("If-Match")

    return condition


def matches(header: str, etag: str) -> bool:
    """Whether an ETag is one of a header's."""
    for each in header.split(","):
        text = each.strip()
        if text == "*" or text.removeprefix("W/").strip('"') == etag:
            return True
    return False
