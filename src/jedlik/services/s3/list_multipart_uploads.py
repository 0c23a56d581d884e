"""ListMultipartUploads: the uploads that are going on."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import records
from jedlik.services.s3.access import bucket_of, on_bucket
from jedlik.services.s3.listing import bounded, encoder, owner
from jedlik.services.s3.records import Upload, decode, escaped, upload_name
from jedlik.services.s3.store import Store


@operation(
    "s3",
    "ListMultipartUploads",
    access="list",
    permissions=on_bucket("s3:ListBucketMultipartUploads"),
)
async def list_multipart_uploads(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    store = Store.of(ctx)
    bucket = await bucket_of(ctx, req)
    encode = encoder(req)
    limit = bounded(req.get("MaxUploads"), "max-uploads")
    prefix, delimiter = req.get("Prefix") or "", req.get("Delimiter") or ""
    key_marker, id_marker = req.get("KeyMarker") or "", req.get("UploadIdMarker") or ""
    after = ""
    if key_marker:
        # Without an upload id, all uploads of the marker's key are passed over.
        after = upload_name(key_marker, id_marker or records.END)
    found: list[Upload] = []
    prefixes: list[str] = []
    last = ("", "")
    truncated = False
    # Delimiters are looked for in the key alone, not in the id behind it; uploads are few.
    group = records.uploads(bucket)
    async for _, row in store.walk(group, prefix=escaped(prefix), after=after, delimiter=""):
        assert row is not None
        upload = decode(Upload, row)
        cut = upload.key.find(delimiter, len(prefix)) if delimiter else -1
        common = upload.key[: cut + len(delimiter)] if cut >= 0 else ""
        if common and (common == key_marker or (prefixes and prefixes[-1] == common)):
            continue
        if len(found) + len(prefixes) >= limit:
            truncated = True
            break
        if common:
            prefixes.append(common)
            last = (common, "")
        else:
            found.append(upload)
            last = (upload.key, upload.id)
    answer: dict[str, Any] = {
        "Bucket": bucket.name,
        "KeyMarker": encode(key_marker),
        "UploadIdMarker": id_marker,
        "Prefix": encode(prefix),
        "Delimiter": encode(delimiter) or None,
        "EncodingType": req.get("EncodingType"),
        "MaxUploads": limit,
        "IsTruncated": truncated and limit > 0,
        "Uploads": [_entry(upload, bucket.account, encode) for upload in found],
        "CommonPrefixes": [{"Prefix": encode(each)} for each in prefixes],
    }
    if answer["IsTruncated"]:
        answer["NextKeyMarker"], answer["NextUploadIdMarker"] = encode(last[0]), last[1]
    return answer


def _entry(upload: Upload, account: str, encode: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "UploadId": upload.id,
        "Key": encode(upload.key),
        "Initiated": upload.started_ms // 1000,
        "StorageClass": upload.storage_class,
        "Owner": owner(account),
        "Initiator": owner(account),
    }
    if upload.algorithm:
        entry["ChecksumAlgorithm"] = upload.algorithm
        entry["ChecksumType"] = upload.checksum_type
    return entry
