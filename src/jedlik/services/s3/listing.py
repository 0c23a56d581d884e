"""What the listings share: bounds, escaping, tokens, and the walk with delimiters."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import quote_plus

from jedlik.api.rest import RestContext
from jedlik.services.s3 import records
from jedlik.services.s3.archived import restore_status
from jedlik.services.s3.described import quoted
from jedlik.services.s3.errors import invalid_argument
from jedlik.services.s3.limits import LIST_MAX
from jedlik.services.s3.records import Bucket, Version, decode
from jedlik.services.s3.store import Store


@dataclass(slots=True)
class Listed:
    """A page of a listing. last: the key or common prefix that ends it, if there is more."""

    versions: list[Version] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    last: str | None = None


async def listed(
    store: Store, bucket: Bucket, *, prefix: str, after: str, delimiter: str, limit: int
) -> Listed:
    """Current objects, no delete markers, and common prefixes."""
    page = Listed()
    last = ""
    count = 0
    if limit == 0:
        return page
    group = records.objects(bucket)
    async for name, row in store.walk(group, prefix=prefix, after=after, delimiter=delimiter):
        if row is None:
            if bucket.versioning and not await _has_object(store, bucket, name):
                continue
        else:
            version = decode(Version, row)
            if version.marker:
                continue
        if count == limit:
            page.last = last
            return page
        if row is None:
            page.prefixes.append(name)
        else:
            page.versions.append(version)
        last = name
        count += 1
    return page


async def _has_object(store: Store, bucket: Bucket, prefix: str) -> bool:
    """Whether not all below a prefix is marked as deleted."""
    group = records.objects(bucket)
    async for _, row in store.walk(group, prefix=prefix, after="", delimiter=""):
        if row is not None and not decode(Version, row).marker:
            return True
    return False


def bounded(asked: int | None, name: str) -> int:
    """How many a page may have. Raises InvalidArgument."""
    if asked is None:
        return LIST_MAX
    if asked < 0:
        raise invalid_argument(
            f"Argument {name} must be an integer between 0 and 2147483647", name, str(asked)
        )
    return min(asked, LIST_MAX)


def encoder(req: Mapping[str, Any]) -> Any:
    """How keys are written in the answer: as they are, or escaped as in URLs."""
    kind = req.get("EncodingType")
    if kind is None:
        return lambda text: text
    if kind != "url":
        raise invalid_argument(
            "Invalid Encoding Method specified in Request", "encoding-type", str(kind)
        )
    # As Java has it: a space becomes "+", and "~" is escaped.
    return lambda text: quote_plus(text, safe="/*").replace("~", "%7E")


def describer(ctx: RestContext, req: Mapping[str, Any]) -> Callable[[Version], dict[str, Any]]:
    """What makes the entry of an object, with what this request asks for beside the usual."""
    encode = encoder(req)
    now_ms = int(ctx.now * 1000)
    with_restores = "RestoreStatus" in (req.get("OptionalObjectAttributes") or ())

    def described(version: Version) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "Key": encode(version.key),
            "LastModified": version.modified_ms // 1000,
            "ETag": quoted(version.etag),
            "Size": version.size,
            "StorageClass": version.storage_class,
        }
        if version.checksum is not None:
            entry["ChecksumAlgorithm"] = [version.checksum[0]]
            entry["ChecksumType"] = version.checksum[2]
        if with_restores:
            entry |= restore_status(version, now_ms)
        return entry

    return described


def owner(account: str) -> dict[str, str]:
    """The canonical user of an account: 64 hexadecimal digits that stand for it."""
    return {"ID": sha256(f"jedlik account {account}".encode()).hexdigest()}


def token_of(last: str) -> str:
    """A continuation token: opaque to clients."""
    return urlsafe_b64encode(b"1" + last.encode()).decode()


def read_token(token: str) -> str:
    try:
        raw = urlsafe_b64decode(token)
        if raw[:1] == b"1":
            return raw[1:].decode()
    except ValueError:
        pass
    raise invalid_argument(
        "The continuation token provided is incorrect", "continuation-token", token
    )
