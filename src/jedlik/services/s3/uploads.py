"""What the operations on multipart uploads share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jedlik.services.s3 import checksums
from jedlik.services.s3.customer_keys import CustomerKey
from jedlik.services.s3.encryption import has_opaque_etag
from jedlik.services.s3.errors import invalid_request, no_such_upload, part_number_out_of_range
from jedlik.services.s3.limits import PARTS_MAX
from jedlik.services.s3.receiving import Receiver
from jedlik.services.s3.records import Bucket, Part, Upload
from jedlik.services.s3.sealing import seal_text
from jedlik.services.s3.store import Store


async def found_upload(store: Store, bucket: Bucket, req: Mapping[str, Any]) -> Upload:
    """Raises NoSuchUpload."""
    found = await store.upload(bucket, req["Key"], req["UploadId"])
    if found is None:
        raise no_such_upload(req["UploadId"])
    return found[0]


def part_number(req: Mapping[str, Any]) -> int:
    number = int(req["PartNumber"])
    if not 1 <= number <= PARTS_MAX:
        raise part_number_out_of_range(number, PARTS_MAX)
    return number


def algorithm_of(upload: Upload) -> str:
    """The one by which checksums of its parts are kept."""
    return upload.algorithm or checksums.DEFAULT


async def keep_part(
    store: Store,
    bucket: Bucket,
    upload: Upload,
    number: int,
    received: Receiver,
    *,
    key: CustomerKey | None,
    now: float,
) -> Part:
    """What was received is a part, or gone. Raises NoSuchUpload if the upload is over."""
    algorithm = algorithm_of(upload)
    part = Part(
        number=number,
        etag=received.etag(opaque=has_opaque_etag(upload)),
        size=received.size,
        modified_ms=int(now * 1000),
        blob=received.blob,
        checksum=(algorithm, seal_text(key, received.checksum(algorithm))),
    )
    try:
        await store.put_part(bucket, upload, part)
    except BaseException:
        await store.blobs.drop([part.blob] if part.blob else [])
        raise
    return part


def check_algorithm(upload: Upload, algorithm: str, *, is_given: bool) -> None:
    """A part's checksum, where the client sends one, is of the upload's kind."""
    sent = algorithm.lower() if is_given else "null"
    if upload.algorithm and sent != upload.algorithm.lower():
        if not is_given and upload.checksum_type == "FULL_OBJECT":
            return  # calculated here, as that of the whole is
        raise invalid_request(
            f"Checksum Type mismatch occurred, expected checksum Type: "
            f"{upload.algorithm.lower()}, actual checksum Type: {sent}"
        )
