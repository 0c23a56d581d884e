"""CreateMultipartUpload: what the object will be like, and a name for its parts."""

from __future__ import annotations

import os
from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import checksums, customer_keys
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.described import described, encryption_members
from jedlik.services.s3.errors import invalid_request
from jedlik.services.s3.records import Upload, encode, upload_name, uploads
from jedlik.services.s3.store import Store
from jedlik.tables.internal import Change


@operation("s3", "CreateMultipartUpload", access="write", permissions=on_object("s3:PutObject"))
async def create_multipart_upload(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    store = Store.of(ctx)
    bucket = await bucket_of(ctx, req)
    key = check_key(req["Key"])
    algorithm = (req.get("ChecksumAlgorithm") or "").upper()
    kind = (req.get("ChecksumType") or "").upper()
    if algorithm:
        checksums.running(algorithm)
    elif kind:
        raise invalid_request(
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm "
            "header."
        )
    if not kind:
        kind = "FULL_OBJECT" if algorithm in ("", "CRC64NVME") else "COMPOSITE"
    whole = algorithm in checksums.CRCS or not algorithm
    if (kind == "FULL_OBJECT" and not whole) or (
        kind != "FULL_OBJECT" and algorithm == "CRC64NVME"
    ):
        raise invalid_request(
            f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum "
            "algorithm."
        )
    # Ids sort by the time of their making, as uploads of one key are listed.
    upload = Upload(
        id=f"{store.db.versions.next():016x}{os.urandom(16).hex()}",
        key=key,
        started_ms=int(ctx.now * 1000),
        algorithm=algorithm,
        checksum_type=kind,
        **await described(req, ctx, bucket),
    )
    name = upload_name(key, upload.id)
    await store.table.write(Change(uploads(bucket), name, encode(upload)))
    answer = {"Bucket": bucket.name, "Key": key, "UploadId": upload.id}
    if algorithm:
        answer |= {"ChecksumAlgorithm": algorithm, "ChecksumType": kind}
    return {**answer, **encryption_members(upload, customer_keys.sent(req))}
