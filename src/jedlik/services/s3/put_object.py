"""PutObject: bytes to a content file, then the version that refers to it."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import customer_keys
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.conditions import on_write
from jedlik.services.s3.described import (
    checksum_members,
    described,
    encryption_members,
    quoted,
    version_member,
)
from jedlik.services.s3.encryption import has_opaque_etag
from jedlik.services.s3.errors import entity_too_large, entity_too_small
from jedlik.services.s3.lifecycle import expiration_member
from jedlik.services.s3.limits import PUT_BYTES_MAX
from jedlik.services.s3.object_lock import check_digest
from jedlik.services.s3.receiving import Expected, receive
from jedlik.services.s3.records import Version
from jedlik.services.s3.sealing import seal_text
from jedlik.services.s3.store import Store


@operation("s3", "PutObject", access="write", permissions=on_object("s3:PutObject"))
async def put_object(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    store = Store.of(ctx)
    bucket = await bucket_of(ctx, req)
    key = check_key(req["Key"])
    fields = await described(req, ctx, bucket)
    sealed_with = customer_keys.sent(req)
    check_digest(req, ctx.headers)
    expected = Expected(req, ctx.headers, "")
    condition = on_write(req, key)
    current = await store.current(bucket, key)
    condition(None if current is None or current.marker else current)
    body = req["Body"]
    low, high = req.get("_SizeBounds") or (0, PUT_BYTES_MAX)
    received, checksum = await receive(
        store.blobs, body, expected, bytes_max=min(high, PUT_BYTES_MAX), key=sealed_with
    )
    kept = [received.blob] if received.blob else []
    new = Version(
        key=key,
        seq=0,
        modified_ms=int(ctx.now * 1000),
        etag="",
        size=received.size,
        blob=received.blob,
        checksum=(expected.algorithm, seal_text(sealed_with, checksum), "FULL_OBJECT"),
        **fields,
    )
    new = replace(new, etag=received.etag(opaque=has_opaque_etag(new)))
    try:
        if received.size > high:
            raise entity_too_large(received.size, high)
        if received.size < low:
            raise entity_too_small(received.size, low)
        stored = await store.put(bucket, new, condition=condition, kept=kept)
    except BaseException:
        await store.blobs.drop(kept)
        raise
    return {
        "ETag": quoted(stored.etag),
        **checksum_members(stored.checksum, sealed_with),
        **encryption_members(stored, sealed_with),
        **version_member(bucket, stored),
        **await expiration_member(store, bucket, stored),
    }
