"""AbortMultipartUpload: the upload is over at once; a worker frees its parts."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, on_object
from jedlik.services.s3.errors import no_such_upload
from jedlik.services.s3.records import Garbage
from jedlik.services.s3.store import RETRIES_MAX, Store
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change


@operation(
    "s3",
    "AbortMultipartUpload",
    access="write",
    permissions=on_object("s3:AbortMultipartUpload"),
)
async def abort_multipart_upload(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    store = Store.of(ctx)
    bucket = await bucket_of(ctx, req)
    for _ in range(RETRIES_MAX):
        found = await store.upload(bucket, req["Key"], req["UploadId"])
        if found is None:
            raise no_such_upload(req["UploadId"])
        upload, row = found
        left = store.garbage(Garbage(layout=upload.id, parts=upload.id))
        try:
            await store.table.write(Change(row.group, row.name, None, seen=row), left)
        except Contended:
            continue
        return {}
    raise Contended
