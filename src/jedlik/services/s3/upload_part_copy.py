"""UploadPartCopy: a part whose bytes are already here."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import CopyAsks, bucket_of
from jedlik.services.s3.copy_sources import copy_source
from jedlik.services.s3.customer_keys import key_of_object, key_of_upload
from jedlik.services.s3.described import encryption_members, quoted
from jedlik.services.s3.errors import copy_source_too_large, no_such_key
from jedlik.services.s3.limits import PART_BYTES_MAX
from jedlik.services.s3.ranges import read_copy_range, stretches_of
from jedlik.services.s3.receiving import receive_copy
from jedlik.services.s3.store import Store
from jedlik.services.s3.uploads import algorithm_of, found_upload, keep_part, part_number


@operation(
    "s3",
    "UploadPartCopy",
    access="write",
    permissions=CopyAsks("s3:PutObject", on_object=True),
)
async def upload_part_copy(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    store = Store.of(ctx)
    bucket = await bucket_of(ctx, req)
    number = part_number(req)
    upload = await found_upload(store, bucket, req)
    key = key_of_upload(req, upload)
    source_bucket, source, _ = await copy_source(ctx, req)
    source_key = key_of_object(req, source, "CopySource")
    wanted = read_copy_range(req.get("CopySourceRange"), source.size)
    if wanted.length > PART_BYTES_MAX:
        raise copy_source_too_large(PART_BYTES_MAX)
    algorithm = algorithm_of(upload)
    try:
        stretches = await stretches_of(store, source, wanted)
        received = await receive_copy(
            store.blobs, stretches, [algorithm], source_key=source_key, key=key
        )
    except FileNotFoundError:
        raise no_such_key(source.key) from None  # deleted meanwhile
    part = await keep_part(store, bucket, upload, number, received, key=key, now=ctx.now)
    result: dict[str, Any] = {"ETag": quoted(part.etag), "LastModified": part.modified_ms // 1000}
    if upload.algorithm:
        result[f"Checksum{algorithm}"] = received.checksum(algorithm)
    answer = {"CopyPartResult": result, **encryption_members(upload, key)}
    if source_bucket.versioning:
        answer["CopySourceVersionId"] = source.version
    return answer
