"""DeleteBucket: of one without objects, versions or uploads left."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import records
from jedlik.services.s3.access import bucket_of, on_bucket
from jedlik.services.s3.errors import bucket_not_empty
from jedlik.services.s3.records import Bucket, Garbage, Upload, decode
from jedlik.services.s3.store import Store
from jedlik.tables.internal import Change

UPLOADS_A_BATCH = 100


@operation("s3", "DeleteBucket", access="write", permissions=on_bucket("s3:DeleteBucket"))
async def delete_bucket(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    store = Store.of(ctx)
    bucket = await bucket_of(ctx, req)
    if await store.table.range(records.objects(bucket), limit=1):
        raise bucket_not_empty(bucket.name, versions=bool(bucket.versioning))
    # Uploads that nobody completed are no objects, and go with the bucket.
    while rows := await store.table.range(records.uploads(bucket), limit=UPLOADS_A_BATCH):
        for row in rows:
            upload = decode(Upload, row)
            left = store.garbage(Garbage(layout=upload.id, parts=upload.id))
            await store.table.write(Change(row.group, row.name, None, seen=row), left)
    kept = await store.table.range(records.configurations(bucket))

    def gone(now: Bucket) -> tuple[Bucket | None, list[Change]]:
        return None, [Change(row.group, row.name, None, seen=row) for row in kept]

    await store.change_bucket(bucket.name, gone)
    return {}
