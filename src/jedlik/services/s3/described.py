"""What goes with an object besides its bytes: from a request's members to what is stored, and from
there to an answer's members.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from email.header import decode_header
from typing import Any
from unicodedata import category
from urllib.parse import parse_qsl

from jedlik.api.rest import RestContext
from jedlik.services.s3 import acls, archived, encryption, object_lock
from jedlik.services.s3.customer_keys import CustomerKey
from jedlik.services.s3.errors import (
    S3Error,
    invalid_argument,
    invalid_storage_class,
    invalid_tag,
    metadata_too_large,
    not_implemented,
    too_many_tags,
)
from jedlik.services.s3.limits import (
    METADATA_BYTES_MAX,
    OBJECT_TAGS_MAX,
    TAG_KEY_MAX,
    TAG_VALUE_MAX,
)
from jedlik.services.s3.records import NULL, Bucket, Upload, Version
from jedlik.services.s3.sealing import open_text
from jedlik.services.s3.store import Store

DEFAULT_TYPE = "binary/octet-stream"
REDIRECT = "x-amz-website-redirect-location"
KEPT_HEADERS = {  # member: header
    "ContentType": "content-type",
    "CacheControl": "cache-control",
    "ContentDisposition": "content-disposition",
    "ContentEncoding": "content-encoding",
    "ContentLanguage": "content-language",
    "Expires": "expires",
    "WebsiteRedirectLocation": REDIRECT,
}
STORAGE_CLASSES = (
    "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING",
    "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR",
)  # fmt: skip
_UNSUPPORTED = ("WriteOffsetBytes",)


async def described(req: Mapping[str, Any], ctx: RestContext, bucket: Bucket) -> dict[str, Any]:
    """The fields of a Version or Upload that a request sets. Raises S3Error."""
    for member in _UNSUPPORTED:
        if req.get(member) is not None:
            raise not_implemented(member)
    storage_class = req.get("StorageClass") or "STANDARD"
    if storage_class not in STORAGE_CLASSES:
        raise invalid_storage_class(storage_class)
    return {
        "headers": kept_headers(req, ctx.headers),
        "metadata": metadata_of(req),
        "tags": header_tags(req.get("Tagging")),
        "storage_class": storage_class,
        **await encryption.fields_of(ctx, bucket, req),
        **object_lock.fields_of(bucket, req, int(ctx.now * 1000)),
        "grants": await acls.wanted(Store.of(ctx), bucket, req) or [],
    }


def kept_headers(req: Mapping[str, Any], sent: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for member, header in KEPT_HEADERS.items():
        value = req.get(member)
        if value is None:
            continue
        # As it was sent: the text of Expires need not be a date.
        text = sent.get(header, str(value)) if member == "Expires" else str(value)
        if header == REDIRECT and not text.startswith(("/", "http://", "https://")):
            raise S3Error(
                "InvalidRedirectLocation",
                "The website redirect location must have a prefix of 'http://' or 'https://' or "
                "'/'.",
            )
        if member == "ContentEncoding":
            # The chunks of the transfer are no property of the object.
            kept = [c.strip() for c in text.split(",") if c.strip().lower() != "aws-chunked"]
            text = ",".join(kept)
        if text:
            found[header] = text
    found.setdefault("content-type", DEFAULT_TYPE)
    return found


def metadata_of(req: Mapping[str, Any]) -> dict[str, str]:
    found = {name.lower(): _decoded(value) for name, value in (req.get("Metadata") or {}).items()}
    size = sum(len(name.encode()) + len(value.encode()) for name, value in found.items())
    if size > METADATA_BYTES_MAX:
        raise metadata_too_large(size, METADATA_BYTES_MAX)
    return found


def header_tags(text: str | None) -> dict[str, str]:
    """Tags in a header, written as a query."""
    if not text:
        return {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        pairs = None
    if pairs is None or len({key for key, _ in pairs}) != len(pairs):
        raise invalid_argument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query "
            "parameters without tag name duplicates.",
            "x-amz-tagging",
            text,
        )
    return checked_tags(pairs, OBJECT_TAGS_MAX)


def tags_of(tag_set: Iterable[Mapping[str, str]], count_max: int) -> dict[str, str]:
    return checked_tags([(tag["Key"], tag["Value"]) for tag in tag_set], count_max)


def checked_tags(pairs: list[tuple[str, str]], count_max: int) -> dict[str, str]:
    of_object = count_max == OBJECT_TAGS_MAX
    if len(pairs) > count_max:
        raise too_many_tags(count_max, of_object=of_object)
    found: dict[str, str] = {}
    for key, value in pairs:
        if not 1 <= len(key) <= TAG_KEY_MAX or not _may_tag(key):
            raise invalid_tag("The TagKey you have provided is invalid", key)
        if len(value) > TAG_VALUE_MAX or not _may_tag(value):
            raise invalid_tag("The TagValue you have provided is invalid", key, value)
        if key in found:
            raise invalid_tag("Cannot provide multiple Tags with the same key", key)
        if key.startswith("aws:"):
            if of_object:
                raise invalid_tag("Your TagKey cannot be prefixed with aws:", key)
            raise invalid_tag("System tags cannot be added/updated by requester", key)
        found[key] = value
    return found


def _may_tag(text: str) -> bool:
    """Letters, spaces, numbers and _ . : / = + - @ (user guide, "Categorizing your objects")."""
    return all(each in "_.:/=+-@" or category(each)[0] in "LZN" for each in text)


def tag_set(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def encryption_members(found: Version | Upload, key: CustomerKey | None) -> dict[str, Any]:
    """key: the customer's, where it has one and the request brought it."""
    if found.customer:
        return dict(key.members()) if key is not None else {}
    members: dict[str, Any] = {"ServerSideEncryption": found.encryption}
    if found.kms_key:
        members["SSEKMSKeyId"] = found.kms_key
    if found.bucket_key:
        members["BucketKeyEnabled"] = True
    return members


def checksum_members(
    checksum: tuple[str, str, str] | None, key: CustomerKey | None
) -> dict[str, Any]:
    """key: the customer's, with which the checksum is sealed."""
    if checksum is None:
        return {}
    algorithm, value, kind = checksum
    return {f"Checksum{algorithm}": open_text(key, value), "ChecksumType": kind}


def version_member(bucket: Bucket, version: Version) -> dict[str, str]:
    """The version's id, which buckets that never had versions do not show."""
    if not bucket.versioning or (bucket.versioning == "Suspended" and version.version == NULL):
        return {}
    return {"VersionId": version.version}


def object_members(
    ctx: RestContext, bucket: Bucket, version: Version, key: CustomerKey | None
) -> dict[str, Any]:
    """What HEAD and GET tell of an object; its own headers are added to `ctx.more`."""
    members: dict[str, Any] = {
        "LastModified": version.modified_ms // 1000,
        "ETag": quoted(version.etag),
        "AcceptRanges": "bytes",
        "Metadata": {name: _encoded(value) for name, value in version.metadata.items()},
        **encryption_members(version, key),
        **object_lock.members(version),
        **archived.restore_member(version, int(ctx.now * 1000)),
    }
    if bucket.versioning:
        members["VersionId"] = version.version
    if version.storage_class != "STANDARD":
        members["StorageClass"] = version.storage_class
    if version.tags:
        members["TagCount"] = len(version.tags)
    ctx.more.update(version.headers)
    return members


def quoted(etag: str) -> str:
    return f'"{etag}"'


def _decoded(value: str) -> str:
    """Metadata beyond ASCII travel in the words of RFC 2047."""
    if not value.startswith("=?"):
        return value
    try:
        return "".join(
            part.decode(charset or "ascii") if isinstance(part, bytes) else part
            for part, charset in decode_header(value)
        )
    except (LookupError, ValueError):
        return value


def _encoded(value: str) -> str:
    if value.isascii():
        return value
    return f"=?UTF-8?B?{b64encode(value.encode()).decode()}?="
