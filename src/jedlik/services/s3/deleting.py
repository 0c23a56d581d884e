"""One delete, as DeleteObject and DeleteObjects do it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from jedlik.services.s3.conditions import on_write
from jedlik.services.s3.errors import invalid_version_id
from jedlik.services.s3.object_lock import remover
from jedlik.services.s3.records import NULL, Bucket, Version, seq_of
from jedlik.services.s3.store import Store, no_condition


class Deleted(NamedTuple):
    """version: of what was deleted or of the new marker, None where that is not told.
    marker: whether it is a delete marker; made: whether it was made just now."""

    version: str | None
    marker: bool
    made: bool


async def delete_one(
    store: Store,
    bucket: Bucket,
    key: str,
    version: str | None,
    req: Mapping[str, Any],
    *,
    now_ms: int,
) -> Deleted:
    """Deleting what is not there succeeds. req: for its conditions. Raises S3Error."""
    condition = on_write(req, key) if req.get("IfMatch") is not None else no_condition
    if version is not None:
        if version != NULL and seq_of(version) is None:
            raise invalid_version_id(version)
        permit = remover(now_ms, bypass=bool(req.get("BypassGovernanceRetention")))
        gone = await store.remove(bucket, key, version, condition=condition, permit=permit)
        return Deleted(version, gone is not None and gone.marker, False)
    if not bucket.versioning:
        await store.remove(bucket, key, condition=condition)
        return Deleted(None, False, False)
    marker = Version(key=key, seq=0, modified_ms=now_ms, marker=True)
    stored = await store.put(bucket, marker, condition=condition)
    return Deleted(stored.version, True, True)
