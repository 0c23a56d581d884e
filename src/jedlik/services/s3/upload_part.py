"""UploadPart: one part of an object to be."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, on_object
from jedlik.services.s3.customer_keys import key_of_upload
from jedlik.services.s3.described import encryption_members, quoted
from jedlik.services.s3.limits import PART_BYTES_MAX
from jedlik.services.s3.receiving import Expected, receive
from jedlik.services.s3.store import Store
from jedlik.services.s3.uploads import (
    algorithm_of,
    check_algorithm,
    found_upload,
    keep_part,
    part_number,
)


@operation("s3", "UploadPart", access="write", permissions=on_object("s3:PutObject"))
async def upload_part(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    store = Store.of(ctx)
    bucket = await bucket_of(ctx, req)
    number = part_number(req)
    upload = await found_upload(store, bucket, req)
    key = key_of_upload(req, upload)
    expected = Expected(req, ctx.headers, upload.algorithm)
    check_algorithm(upload, expected.algorithm, is_given=expected.is_given)
    kept = algorithm_of(upload)
    received, checksum = await receive(
        store.blobs, req["Body"], expected, bytes_max=PART_BYTES_MAX, also=kept, key=key
    )
    part = await keep_part(store, bucket, upload, number, received, key=key, now=ctx.now)
    answer = {"ETag": quoted(part.etag), **encryption_members(upload, key)}
    if expected.is_given or upload.algorithm:
        answer[f"Checksum{expected.algorithm}"] = checksum
    return answer
