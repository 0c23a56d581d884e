"""CopyObject: a new object of the same bytes; without copying them where that can be."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import checksums, customer_keys
from jedlik.services.s3.access import CopyAsks, bucket_of, check_key
from jedlik.services.s3.conditions import on_write
from jedlik.services.s3.copy_sources import copy_source
from jedlik.services.s3.customer_keys import CustomerKey, key_of_object
from jedlik.services.s3.described import (
    REDIRECT,
    checksum_members,
    described,
    encryption_members,
    quoted,
    version_member,
)
from jedlik.services.s3.encryption import has_opaque_etag
from jedlik.services.s3.errors import (
    copy_source_too_large,
    copy_to_itself,
    invalid_argument,
    no_such_key,
)
from jedlik.services.s3.lifecycle import expiration_member
from jedlik.services.s3.limits import COPY_BYTES_MAX
from jedlik.services.s3.ranges import Range, stretches_of
from jedlik.services.s3.receiving import receive_copy
from jedlik.services.s3.records import Version
from jedlik.services.s3.sealing import seal_text
from jedlik.services.s3.store import Store


@operation(
    "s3",
    "CopyObject",
    access="write",
    permissions=CopyAsks("s3:PutObject", on_object=True),
)
async def copy_object(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    store = Store.of(ctx)
    bucket = await bucket_of(ctx, req)
    key = check_key(req["Key"])
    source_bucket, source, named = await copy_source(ctx, req)
    source_key = key_of_object(req, source, "CopySource")
    if source.size > COPY_BYTES_MAX:
        raise copy_source_too_large(COPY_BYTES_MAX)
    replaces = _directive(req, "MetadataDirective", "x-amz-metadata-directive")
    retags = _directive(req, "TaggingDirective", "x-amz-tagging-directive")
    itself = source_bucket.id == bucket.id and source.key == key and named is None
    changes = any(
        req.get(member) is not None
        for member in (
            "StorageClass",
            "ServerSideEncryption",
            "SSECustomerKey",
            "WebsiteRedirectLocation",
        )
    )
    if itself and not (replaces or changes or req.get("ChecksumAlgorithm")):
        raise copy_to_itself()
    fields = await described(req, ctx, bucket)
    key_of_target = customer_keys.sent(req)
    if not replaces:
        # Of what a request sets, the website's redirect alone is not the source's.
        redirect = {k: v for k, v in fields["headers"].items() if k == REDIRECT}
        kept_of_source = {k: v for k, v in source.headers.items() if k != REDIRECT}
        fields["headers"] = {**kept_of_source, **redirect}
        fields["metadata"] = source.metadata
    if not retags:
        fields["tags"] = source.tags
    kept: list[str] = []
    try:
        new = Version(key=key, seq=0, modified_ms=int(ctx.now * 1000), size=source.size, **fields)
        algorithm = req.get("ChecksumAlgorithm")
        new = await _with_bytes(store, new, source, source_key, key_of_target, algorithm)
        kept = [new.blob] if new.blob else []
        stored = await store.put(bucket, new, condition=on_write(req, key), kept=kept)
    except FileNotFoundError:
        raise no_such_key(source.key) from None  # deleted meanwhile
    except BaseException:
        await store.blobs.drop(kept)
        raise
    result = {
        "ETag": quoted(stored.etag),
        "LastModified": stored.modified_ms // 1000,
        **checksum_members(stored.checksum, key_of_target),
    }
    answer = {
        "CopyObjectResult": result,
        **encryption_members(stored, key_of_target),
        **version_member(bucket, stored),
        **await expiration_member(store, bucket, stored),
    }
    if source_bucket.versioning:
        answer["CopySourceVersionId"] = source.version
    return answer


async def _with_bytes(
    store: Store,
    new: Version,
    source: Version,
    source_key: CustomerKey | None,
    key: CustomerKey | None,
    algorithm: str | None,
) -> Version:
    """The new version with a blob of the source's content, its ETag and checksum.

    An object of parts becomes one that was put at once, whose ETag is the MD5 of the whole, so
    its bytes have to be read; as they have for a checksum that nobody has calculated, and where
    either is sealed.
    """
    known = source.checksum
    wanted = algorithm or (known[0] if known else checksums.DEFAULT)
    same = known is not None and known[0] == wanted and known[2] == "FULL_OBJECT"
    alike = has_opaque_etag(new) == has_opaque_etag(source)
    if same and alike and not (source.layout or source.customer or new.customer):
        blob = await store.blobs.run(store.blobs.link, source.blob) if source.blob else ""
        return replace(new, blob=blob, etag=source.etag, checksum=known)
    stretches = await stretches_of(store, source, Range(0, source.size))
    received = await receive_copy(store.blobs, stretches, [wanted], source_key=source_key, key=key)
    return replace(
        new,
        blob=received.blob,
        etag=received.etag(opaque=has_opaque_etag(new)),
        checksum=(wanted, seal_text(key, received.checksum(wanted)), "FULL_OBJECT"),
    )


def _directive(req: dict[str, Any], member: str, header: str) -> bool:
    """Whether a directive says REPLACE."""
    value = req.get(member) or "COPY"
    if value not in ("COPY", "REPLACE"):
        kind = member.removesuffix("Directive").lower()
        raise invalid_argument(f"Unknown {kind} directive.", header, value)
    return bool(value == "REPLACE")
