"""Finding the version that a request is about, or the refusal."""

from __future__ import annotations

from email.utils import formatdate

from jedlik.api.context import Context
from jedlik.services.s3.errors import (
    invalid_version_id,
    marker_asked_for,
    marker_found,
    no_such_key,
    no_such_version,
)
from jedlik.services.s3.records import NULL, Bucket, Version, seq_of
from jedlik.services.s3.store import Store


async def found_version(ctx: Context, bucket: Bucket, key: str, version_id: str | None) -> Version:
    """The current version or the one named; no delete marker. Raises S3Error."""
    store = Store.of(ctx)
    if version_id is None:
        current = await store.current(bucket, key)
        if current is None:
            raise no_such_key(key)
        if current.marker:
            raise marker_found(key, current.version)
        return current
    if version_id != NULL and seq_of(version_id) is None:
        raise invalid_version_id(version_id)
    found = await store.version(bucket, key, version_id)
    if found is None:
        raise no_such_version(key, version_id)
    if found.marker:
        modified = formatdate(found.modified_ms // 1000, usegmt=True)
        raise marker_asked_for(getattr(ctx, "method", "GET"), found.version, modified)
    return found
