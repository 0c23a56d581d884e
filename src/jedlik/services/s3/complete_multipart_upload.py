"""CompleteMultipartUpload: parts become an object. No byte is moved: it refers to them."""

from __future__ import annotations

import hashlib
import os
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import msgspec

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import checksums, customer_keys
from jedlik.services.s3.access import bucket_of, on_object
from jedlik.services.s3.conditions import on_write
from jedlik.services.s3.customer_keys import CustomerKey
from jedlik.services.s3.described import (
    checksum_members,
    encryption_members,
    quoted,
    version_member,
)
from jedlik.services.s3.errors import (
    bad_checksum,
    invalid_part,
    invalid_part_order,
    invalid_request,
    malformed_xml,
    no_such_upload,
    part_too_small,
)
from jedlik.services.s3.lifecycle import expiration_member
from jedlik.services.s3.limits import PART_BYTES_MIN
from jedlik.services.s3.records import Bucket, Garbage, Part, Upload, Version, encode
from jedlik.services.s3.sealing import open_text, seal_text
from jedlik.services.s3.store import RETRIES_MAX, Store
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change


@operation("s3", "CompleteMultipartUpload", access="write", permissions=on_object("s3:PutObject"))
async def complete_multipart_upload(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    store = Store.of(ctx)
    bucket = await bucket_of(ctx, req)
    for _ in range(RETRIES_MAX):
        try:
            stored = await _complete(ctx, store, bucket, req)
        except Contended:
            continue
        break
    else:
        raise Contended
    key = customer_keys.sent(req) if stored.customer else None
    told = stored.checksum if key is not None or not stored.customer else None
    scheme = "https" if ctx.secure else "http"
    # Slashes of the key are escaped here, as nowhere else.
    path = quote(stored.key, safe="")
    if not ctx.hosted:
        path = f"{bucket.name}/{path}"
    return {
        "Location": f"{scheme}://{ctx.host}/{path}",
        "Bucket": bucket.name,
        "Key": stored.key,
        "ETag": quoted(stored.etag),
        **checksum_members(told, key),
        **encryption_members(stored, key),
        **version_member(bucket, stored),
        **await expiration_member(store, bucket, stored),
    }


async def _complete(ctx: RestContext, store: Store, bucket: Bucket, req: dict[str, Any]) -> Version:
    """One attempt; raises Contended when a part came meanwhile."""
    found = await store.upload(bucket, req["Key"], req["UploadId"])
    if found is None:
        # A client that did not hear the answer asks again.
        current = await store.current(bucket, req["Key"])
        if current is not None and current.layout == req["UploadId"]:
            if customer_keys.sent(req) is not None:
                customer_keys.key_of_object(req, current)
            return current
        raise no_such_upload(req["UploadId"])
    upload, row = found
    mine = msgspec.structs.replace(upload, completing=os.urandom(8).hex())
    claim = Change(row.group, row.name, encode(mine), seen=row)
    await store.table.write(claim)
    kind = req.get("ChecksumType")
    if kind is not None and upload.algorithm and kind != upload.checksum_type:
        raise invalid_request(
            f"The upload was created using the {upload.checksum_type} checksum mode. The complete "
            "request must use the same checksum mode."
        )
    # Checksums are sealed, too; what CompleteMultipartUpload's key is needed for.
    key = customer_keys.key_of_upload(req, upload, required=bool(upload.algorithm))
    there = {part.number: part for part in await store.parts(upload.id)}
    plain = _chosen(upload, [_opened(upload, part, key) for part in there.values()], req)
    parts = [there[part.number] for part in plain]
    size = sum(part.size for part in parts)
    if req.get("MpuObjectSize") not in (None, size):
        raise invalid_request(
            f"The provided 'x-amz-mp-object-size' header value {req['MpuObjectSize']} does not "
            f"match what was computed: {size}"
        )
    etag = hashlib.md5(
        b"".join(bytes.fromhex(part.etag) for part in parts), usedforsecurity=False
    ).hexdigest()
    new = Version(
        key=upload.key,
        seq=0,
        modified_ms=int(ctx.now * 1000),
        etag=f"{etag}-{len(parts)}",
        size=size,
        layout=upload.id,
        parts=len(parts),
        headers=upload.headers,
        metadata=upload.metadata,
        tags=upload.tags,
        checksum=_checksum(upload, plain, req, key),
        storage_class=upload.storage_class,
        encryption=upload.encryption,
        kms_key=upload.kms_key,
        bucket_key=upload.bucket_key,
        customer=upload.customer,
        lock_mode=upload.lock_mode,
        lock_until_ms=upload.lock_until_ms,
        legal_hold=upload.legal_hold,
        grants=upload.grants,
    )
    await store.put_layout(upload.id, parts)
    claimed = row._replace(document=encode(mine))
    over = Change(row.group, row.name, None, seen=claimed)
    left = store.garbage(Garbage(parts=upload.id))
    return await store.put(bucket, new, condition=on_write(req, upload.key), also=(over, left))


def _chosen(upload: Upload, there: list[Part], req: dict[str, Any]) -> list[Part]:
    """The parts that the request lists. Raises S3Error."""
    if req.get("MultipartUpload") is None:
        raise invalid_request("You must specify at least one part")
    listed = req["MultipartUpload"].get("Parts") or []
    if not listed:
        raise malformed_xml()
    by_number = {part.number: part for part in there}
    numbers = [each.get("PartNumber", 0) for each in listed]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise invalid_part_order(upload.id)
    parts = []
    for number, each in zip(numbers, listed, strict=True):
        part = by_number.get(number)
        etag = str(each.get("ETag", "")).strip('"')
        if part is None or part.etag != etag:
            raise invalid_part(upload.id, number, etag)
        if upload.algorithm:
            given = each.get(f"Checksum{upload.algorithm}")
            if given is None and upload.checksum_type == "COMPOSITE":
                raise invalid_request(
                    f"The upload was created using a {upload.algorithm.lower()} checksum. The "
                    "complete request must include the checksum for each part. It was missing "
                    f"for part {number} in the request."
                )
            if given is not None and part.checksum is not None and given != part.checksum[1]:
                raise invalid_part(upload.id, number, etag)
        parts.append(part)
    for part in parts[:-1]:
        if part.size < PART_BYTES_MIN:
            raise part_too_small(part.size, PART_BYTES_MIN, part.number, part.etag)
    return parts


def _opened(upload: Upload, part: Part, key: CustomerKey | None) -> Part:
    """A part with its checksum as clients see it; without one where only a key would tell it."""
    if not upload.customer or part.checksum is None:
        return part
    algorithm, value = part.checksum
    told = (algorithm, open_text(key, value)) if key is not None else None
    return msgspec.structs.replace(part, checksum=told)


def _checksum(
    upload: Upload, parts: list[Part], req: dict[str, Any], key: CustomerKey | None
) -> tuple[str, str, str] | None:
    algorithm = upload.algorithm or checksums.DEFAULT
    known = [(part.checksum[1], part.size) for part in parts if part.checksum is not None]
    if len(known) < len(parts):
        return None
    if upload.checksum_type == "COMPOSITE":
        value = checksums.composite(algorithm, [each for each, _ in known])
    else:
        value = checksums.full_object(algorithm, known)
    given = req.get(f"Checksum{algorithm}")
    if given is not None and given.partition("-")[0] != value.partition("-")[0]:
        raise bad_checksum(algorithm)
    return algorithm, seal_text(key, value), upload.checksum_type or "FULL_OBJECT"
