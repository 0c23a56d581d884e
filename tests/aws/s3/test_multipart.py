"""Multipart uploads: parts, their checksums, what completes and what is refused."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

PART = 5 << 20


def content(number: int, size: int = PART) -> bytes:
    return hashlib.sha256(b"%d" % number).digest() * (size // 32) + b"." * (size % 32)


def listed(parts: list[dict[str, Any]]) -> dict[str, Any]:
    kept = ("ETag", "ChecksumCRC32", "ChecksumSHA256", "ChecksumCRC64NVME")
    return {
        "Parts": [
            {"PartNumber": n, **{k: v for k, v in part.items() if k in kept}}
            for n, part in enumerate(parts, 1)
        ]
    }


def upload(s3: Any, bucket: str, key: str, bodies: list[bytes], **how: Any) -> dict[str, Any]:
    made = s3.create_multipart_upload(Bucket=bucket, Key=key, **how)
    named = {"Bucket": bucket, "Key": key, "UploadId": made["UploadId"]}
    extra = {"ChecksumAlgorithm": how["ChecksumAlgorithm"]} if "ChecksumAlgorithm" in how else {}
    parts = [
        s3.upload_part(**named, PartNumber=n, Body=body, **extra)
        for n, body in enumerate(bodies, 1)
    ]
    answer: dict[str, Any] = s3.complete_multipart_upload(**named, MultipartUpload=listed(parts))
    return answer


def test_parts_become_one_object(s3: Any, bucket: str) -> None:
    bodies = [content(1), content(2), b"end"]
    done = upload(s3, bucket, "dir/k", bodies, Metadata={"m": "1"}, ContentType="a/b")
    digests = b"".join(hashlib.md5(body).digest() for body in bodies)
    assert done["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-3"'
    assert done["Location"].endswith(f"/{bucket}/dir%2Fk")
    found = s3.get_object(Bucket=bucket, Key="dir/k")
    assert found["Body"].read() == b"".join(bodies)
    assert (found["Metadata"], found["ContentType"]) == ({"m": "1"}, "a/b")
    # A range over the seam, and a part by its number.
    seam = s3.get_object(Bucket=bucket, Key="dir/k", Range=f"bytes={PART - 2}-{PART + 1}")
    assert seam["Body"].read() == bodies[0][-2:] + bodies[1][:2]
    third = s3.get_object(Bucket=bucket, Key="dir/k", PartNumber=3)
    assert (third["Body"].read(), third["PartsCount"]) == (b"end", 3)
    assert third["ResponseMetadata"]["HTTPStatusCode"] == 206
    # A copy is an object that was put at once.
    copied = s3.copy_object(Bucket=bucket, Key="c", CopySource={"Bucket": bucket, "Key": "dir/k"})
    assert copied["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(b"".join(bodies)).hexdigest()}"'


def test_parts_may_be_replaced_and_left_out(s3: Any, bucket: str, refused: Any) -> None:
    made = s3.create_multipart_upload(Bucket=bucket, Key="k")
    named = {"Bucket": bucket, "Key": "k", "UploadId": made["UploadId"]}
    old = s3.upload_part(**named, PartNumber=7, Body=b"old")
    new = s3.upload_part(**named, PartNumber=7, Body=b"new")
    s3.upload_part(**named, PartNumber=9, Body=b"left out")
    with refused("InvalidPart", 400):
        s3.complete_multipart_upload(
            **named, MultipartUpload={"Parts": [{"PartNumber": 7, "ETag": old["ETag"]}]}
        )
    wanted = {"Parts": [{"PartNumber": 7, "ETag": new["ETag"]}]}
    done = s3.complete_multipart_upload(**named, MultipartUpload=wanted)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"new"
    # Who did not hear the answer asks again.
    again = s3.complete_multipart_upload(**named, MultipartUpload=wanted)
    assert again["ETag"] == done["ETag"]
    with refused("NoSuchUpload", 404):
        s3.upload_part(**named, PartNumber=1, Body=b"too late")


def test_what_completes_no_upload(s3: Any, bucket: str, refused: Any) -> None:
    made = s3.create_multipart_upload(Bucket=bucket, Key="k")
    named = {"Bucket": bucket, "Key": "k", "UploadId": made["UploadId"]}
    parts = [s3.upload_part(**named, PartNumber=n, Body=b"small") for n in (1, 2)]
    with refused("EntityTooSmall", 400) as error:
        s3.complete_multipart_upload(**named, MultipartUpload=listed(parts))
    assert error.message == "Your proposed upload is smaller than the minimum allowed size"
    backwards = {"Parts": listed(parts)["Parts"][::-1]}
    with refused("InvalidPartOrder", 400):
        s3.complete_multipart_upload(**named, MultipartUpload=backwards)
    with refused("MalformedXML", 400):
        s3.complete_multipart_upload(**named, MultipartUpload={"Parts": []})
    with refused("InvalidArgument", 400):
        s3.upload_part(**named, PartNumber=10001, Body=b"")
    other = {**named, "UploadId": "none"}
    with refused("NoSuchUpload", 404):
        s3.upload_part(**other, PartNumber=1, Body=b"")
    s3.abort_multipart_upload(**named)
    with refused("NoSuchUpload", 404):
        s3.abort_multipart_upload(**named)
    with refused("NoSuchUpload", 404):
        s3.list_parts(**named)


def test_uploads_and_parts_are_listed(s3: Any, bucket: str) -> None:
    keys = ["a", "a", "b/1", "b/2", "c"]
    made = [s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"] for key in keys]
    found = s3.list_multipart_uploads(Bucket=bucket)
    assert [(u["Key"], u["UploadId"]) for u in found["Uploads"]] == list(
        zip(keys, made, strict=True)
    )
    shut = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [p["Prefix"] for p in shut["CommonPrefixes"]] == ["b/"]
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 2}
    )
    assert [u["UploadId"] for page in pages for u in page["Uploads"]] == made
    named = {"Bucket": bucket, "Key": "c", "UploadId": made[-1]}
    for number in range(1, 6):
        s3.upload_part(**named, PartNumber=number, Body=b"x" * number)
    pages = s3.get_paginator("list_parts").paginate(**named, PaginationConfig={"PageSize": 2})
    sizes = [part["Size"] for page in pages for part in page.get("Parts", ())]
    assert sizes == [1, 2, 3, 4, 5]
    for key, upload_id in zip(keys, made, strict=True):
        s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)


def test_a_part_may_be_copied(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="from", Body=b"0123456789")
    made = s3.create_multipart_upload(Bucket=bucket, Key="k")
    named = {"Bucket": bucket, "Key": "k", "UploadId": made["UploadId"]}
    source = {"Bucket": bucket, "Key": "from"}
    part = s3.upload_part_copy(
        **named, PartNumber=1, CopySource=source, CopySourceRange="bytes=2-5"
    )["CopyPartResult"]
    s3.complete_multipart_upload(**named, MultipartUpload=listed([part]))
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2345"


def test_a_checksum_of_checksums(s3: Any, bucket: str) -> None:
    bodies = [content(1), b"end"]
    done = upload(s3, bucket, "k", bodies, ChecksumAlgorithm="SHA256")
    inner = b"".join(hashlib.sha256(body).digest() for body in bodies)
    expected = base64.b64encode(hashlib.sha256(inner).digest()).decode() + "-2"
    assert (done["ChecksumSHA256"], done["ChecksumType"]) == (expected, "COMPOSITE")
    found = s3.get_object_attributes(
        Bucket=bucket, Key="k", ObjectAttributes=["Checksum", "ObjectParts"]
    )
    assert found["ObjectParts"]["TotalPartsCount"] == 2
    # HeadObject adds the number of parts, GetObjectAttributes does not.
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    (name,) = found["Checksum"].keys() - {"ChecksumType"}
    assert head[name] == found["Checksum"][name] + "-2"
    assert [part["Size"] for part in found["ObjectParts"]["Parts"]] == [PART, 3]


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC64NVME"])
def test_a_checksum_of_the_whole_from_those_of_parts(s3: Any, bucket: str, algorithm: str) -> None:
    bodies = [content(1), content(2), b"end"]
    done = upload(s3, bucket, "k", bodies, ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT")
    whole = s3.put_object(
        Bucket=bucket, Key="at once", Body=b"".join(bodies), ChecksumAlgorithm=algorithm
    )
    assert done[f"Checksum{algorithm}"] == whole[f"Checksum{algorithm}"]


def test_completing_only_if_there_is_none(s3: Any, bucket: str, refused: Any) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"first")
    made = s3.create_multipart_upload(Bucket=bucket, Key="k")
    named = {"Bucket": bucket, "Key": "k", "UploadId": made["UploadId"]}
    parts = [s3.upload_part(**named, PartNumber=1, Body=b"second")]
    with refused("PreconditionFailed", 412):
        s3.complete_multipart_upload(**named, MultipartUpload=listed(parts), IfNoneMatch="*")
    s3.complete_multipart_upload(**named, MultipartUpload=listed(parts))
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"second"
