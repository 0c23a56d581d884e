"""UploadPart: one part of an object to be."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import checksums
from jedlik.services.s3.access import bucket_of, on_object
from jedlik.services.s3.customer_keys import key_of_upload
from jedlik.services.s3.described import encryption_members, quoted
from jedlik.services.s3.encryption import has_opaque_etag
from jedlik.services.s3.limits import PART_BYTES_MAX
from jedlik.services.s3.receiving import Expected, receive
from jedlik.services.s3.records import Part
from jedlik.services.s3.sealing import seal_text
from jedlik.services.s3.store import Store
from jedlik.services.s3.uploads import check_algorithm, found_upload, part_number


@operation("s3", "UploadPart", access="write", permissions=on_object("s3:PutObject"))
async def upload_part(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    store = Store.of(ctx)
    bucket = await bucket_of(ctx, req)
    number = part_number(req)
    upload = await found_upload(store, bucket, req)
    key = key_of_upload(req, upload)
    expected = Expected(req, ctx.headers, upload.algorithm)
    check_algorithm(upload, expected.algorithm, is_given=expected.is_given)
    kept = upload.algorithm or checksums.DEFAULT
    received, checksum = await receive(
        store.blobs, req["Body"], expected, bytes_max=PART_BYTES_MAX, also=kept, key=key
    )
    part = Part(
        number=number,
        etag=received.etag(opaque=has_opaque_etag(upload)),
        size=received.size,
        modified_ms=int(ctx.now * 1000),
        blob=received.blob,
        checksum=(kept, seal_text(key, received.checksum(kept))),
    )
    try:
        await store.put_part(bucket, upload, part)
    except BaseException:
        await store.blobs.drop([part.blob] if part.blob else [])
        raise
    answer = {"ETag": quoted(part.etag), **encryption_members(upload, key)}
    if expected.is_given or upload.algorithm:
        answer[f"Checksum{expected.algorithm}"] = checksum
    return answer
