"""PutObject, GetObject, HeadObject, DeleteObject(s), CopyObject, conditions, ranges, tags."""

from __future__ import annotations

import base64
import datetime
import hashlib
import zlib
from typing import Any

import pytest

ODD_KEYS = [
    "plain", "with space", "plus+and&and=and?", "käse/日本", "../../etc/passwd", "//double//",
    "trailing/", "a%2Fb", "quote\"'<>", ".", "..", "x" * 1024, "semi;colon:@#",
]  # fmt: skip


@pytest.mark.parametrize("key", ODD_KEYS)
def test_whatever_the_key_the_bytes_come_back(s3: Any, bucket: str, key: str) -> None:
    content = f"content of {key}".encode()
    etag = s3.put_object(Bucket=bucket, Key=key, Body=content)["ETag"]
    assert etag == f'"{hashlib.md5(content).hexdigest()}"'
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == content
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    s3.delete_object(Bucket=bucket, Key=key)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_key_is_no_longer_than_1024_bytes(s3: Any, bucket: str, refused: Any) -> None:
    with refused("KeyTooLongError", 400):
        s3.put_object(Bucket=bucket, Key="é" * 513, Body=b"")


def test_what_goes_with_an_object_comes_back(s3: Any, bucket: str) -> None:
    given = {
        "ContentType": "text/css",
        "CacheControl": "max-age=3",
        "ContentDisposition": "attachment",
        "ContentEncoding": "gzip",
        "ContentLanguage": "hu",
        "Metadata": {"color": "red", "empty": ""},
        "Tagging": "a=1&b=two%20words",
        "StorageClass": "STANDARD_IA",
    }
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **given)
    found = s3.head_object(Bucket=bucket, Key="k")
    for name in set(given) - {"Tagging"}:
        assert found[name] == given[name]
    assert found["ContentLength"] == 1 and found["AcceptRanges"] == "bytes"
    assert found["ServerSideEncryption"] == "AES256"
    tags = s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]
    assert tags == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "two words"}]
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "c", "Value": ""}]})
    assert s3.get_object(Bucket=bucket, Key="k")["TagCount"] == 1
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    changed = s3.get_object(Bucket=bucket, Key="k", ResponseContentType="text/html")
    assert changed["ContentType"] == "text/html"


def test_an_empty_object(s3: Any, bucket: str, refused: Any) -> None:
    s3.put_object(Bucket=bucket, Key="k")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b""
    with refused("InvalidRange", 416):
        s3.get_object(Bucket=bucket, Key="k", Range="bytes=0-")


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=3-5", 3, 5),
        ("bytes=7-", 7, 9),
        ("bytes=-4", 6, 9),
        ("bytes=-400", 0, 9),
        ("bytes=8-400", 8, 9),
    ],
)
def test_a_range(s3: Any, bucket: str, asked: str, first: int, last: int) -> None:
    content = b"0123456789"
    s3.put_object(Bucket=bucket, Key="k", Body=content)
    found = s3.get_object(Bucket=bucket, Key="k", Range=asked)
    assert found["Body"].read() == content[first : last + 1]
    assert found["ContentRange"] == f"bytes {first}-{last}/10"
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 206


@pytest.mark.parametrize("asked", ["bytes=5-3", "bytes=0-1,4-5", "lines=1-2", "bytes=-"])
def test_what_is_no_single_range_is_answered_with_the_whole(
    s3: Any, bucket: str, asked: str
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    found = s3.get_object(Bucket=bucket, Key="k", Range=asked)
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert found["Body"].read() == b"0123456789"


def test_a_range_beyond_the_end(s3: Any, bucket: str, refused: Any) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    with refused("InvalidRange", 416) as error:
        s3.get_object(Bucket=bucket, Key="k", Range="bytes=10-")
    assert error.response["Error"]["ActualObjectSize"] == "10"


def test_conditional_reads(s3: Any, bucket: str, refused: Any) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    long_ago = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    s3.get_object(Bucket=bucket, Key="k", IfMatch=etag, IfUnmodifiedSince=long_ago)
    s3.get_object(Bucket=bucket, Key="k", IfModifiedSince=long_ago)
    with refused("PreconditionFailed", 412) as error:
        s3.get_object(Bucket=bucket, Key="k", IfMatch='"other"')
    assert error.message == "At least one of the pre-conditions you specified did not hold"
    with refused("PreconditionFailed", 412):
        s3.get_object(Bucket=bucket, Key="k", IfUnmodifiedSince=long_ago)
    with refused("304", 304):
        s3.get_object(Bucket=bucket, Key="k", IfNoneMatch=etag)
    with refused("304", 304):
        s3.head_object(Bucket=bucket, Key="k", IfModifiedSince=later)


def test_conditional_writes(s3: Any, bucket: str, refused: Any) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch='"other"')
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=etag)
    with refused("NoSuchKey", 404):
        s3.put_object(Bucket=bucket, Key="none", Body=b"2", IfMatch=etag)
    with refused("NotImplemented", 501):
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch=etag)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"


def test_only_one_of_many_creates(s3: Any, bucket: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from botocore.exceptions import ClientError

    def create(number: int) -> bool:
        try:
            s3.put_object(Bucket=bucket, Key="k", Body=b"%d" % number, IfNoneMatch="*")
        except ClientError as error:
            assert error.response["Error"]["Code"] in ("PreconditionFailed", "OperationAborted")
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(create, range(16))) == 1


def test_missing_keys(s3: Any, bucket: str, refused: Any) -> None:
    with refused("NoSuchKey", 404) as error:
        s3.get_object(Bucket=bucket, Key="none")
    assert error.message == "The specified key does not exist."
    assert error.response["Error"]["Key"] == "none"
    with refused("404", 404):
        s3.head_object(Bucket=bucket, Key="none")
    s3.delete_object(Bucket=bucket, Key="none")  # succeeds


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_checksums_are_checked_kept_and_told(
    s3: Any, bucket: str, algorithm: str, refused: Any
) -> None:
    content = b"some content"
    put = s3.put_object(Bucket=bucket, Key="k", Body=content, ChecksumAlgorithm=algorithm)
    member = f"Checksum{algorithm}"
    told = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert put[member] == told[member]
    assert told["ChecksumType"] == "FULL_OBJECT"
    expected = {
        "CRC32": lambda: zlib.crc32(content).to_bytes(4, "big"),
        "SHA1": lambda: hashlib.sha1(content).digest(),
        "SHA256": lambda: hashlib.sha256(content).digest(),
    }
    if algorithm in expected:
        assert told[member] == base64.b64encode(expected[algorithm]()).decode()
    wrong = base64.b64encode(b"\1" * len(base64.b64decode(told[member]))).decode()
    with refused("BadDigest", 400):
        s3.put_object(Bucket=bucket, Key="other", Body=content, **{member: wrong})
    with refused("404", 404):
        s3.head_object(Bucket=bucket, Key="other")
    found = s3.get_object_attributes(
        Bucket=bucket, Key="k", ObjectAttributes=["Checksum", "ETag", "ObjectSize"]
    )
    assert found["Checksum"][member] == told[member]
    assert (found["ObjectSize"], found["ETag"]) == (12, hashlib.md5(content).hexdigest())


def test_known_values_of_the_rare_checksums(s3: Any, bucket: str) -> None:
    # The check values of the CRC catalogue, for "123456789".
    for algorithm, value in (("CRC32C", 0xE3069283), ("CRC64NVME", 0xAE8B14860A799888)):
        s3.put_object(Bucket=bucket, Key="k", Body=b"123456789", ChecksumAlgorithm=algorithm)
        told = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
        raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
        assert told[f"Checksum{algorithm}"] == base64.b64encode(raw).decode()


def test_content_md5(s3: Any, bucket: str, refused: Any) -> None:
    good = base64.b64encode(hashlib.md5(b"x").digest()).decode()
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentMD5=good)
    with refused("BadDigest", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=b"y", ContentMD5=good)
    with refused("InvalidDigest", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=b"y", ContentMD5="abc")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_copies(s3: Any, bucket: str, refused: Any) -> None:
    s3.put_object(
        Bucket=bucket, Key="a b", Body=b"x", Metadata={"m": "1"}, Tagging="t=1", ContentType="a/b"
    )
    source = {"Bucket": bucket, "Key": "a b"}
    copied = s3.copy_object(Bucket=bucket, Key="c", CopySource=source)["CopyObjectResult"]
    assert copied["ETag"] == f'"{hashlib.md5(b"x").hexdigest()}"'
    s3.delete_object(Bucket=bucket, Key="a b")
    found = s3.get_object(Bucket=bucket, Key="c")
    assert found["Body"].read() == b"x"
    assert (found["Metadata"], found["ContentType"], found["TagCount"]) == ({"m": "1"}, "a/b", 1)
    itself = {"Bucket": bucket, "Key": "c"}
    with refused("InvalidRequest", 400):
        s3.copy_object(Bucket=bucket, Key="c", CopySource=itself)
    s3.copy_object(
        Bucket=bucket, Key="c", CopySource=itself, MetadataDirective="REPLACE",
        Metadata={"n": "2"}, TaggingDirective="REPLACE", Tagging="u=2",
    )  # fmt: skip
    assert s3.head_object(Bucket=bucket, Key="c")["Metadata"] == {"n": "2"}
    assert s3.get_object_tagging(Bucket=bucket, Key="c")["TagSet"][0]["Key"] == "u"
    with refused("PreconditionFailed", 412):
        s3.copy_object(Bucket=bucket, Key="d", CopySource=itself, CopySourceIfMatch='"no"')
    with refused("NoSuchKey", 404):
        s3.copy_object(Bucket=bucket, Key="d", CopySource={"Bucket": bucket, "Key": "none"})


def test_deleting_many(s3: Any, bucket: str, refused: Any) -> None:
    for key in "abc":
        s3.put_object(Bucket=bucket, Key=key)
    objects = [{"Key": "a"}, {"Key": "b"}, {"Key": "none"}]
    done = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    assert [each["Key"] for each in done["Deleted"]] == ["a", "b", "none"]
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "c"}], "Quiet": True})
    assert "Deleted" not in quiet and "Errors" not in quiet
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    with refused("MalformedXML", 400):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": str(n)} for n in range(1001)]})


def test_acls_are_disabled(s3: Any, bucket: str, refused: Any) -> None:
    with refused("AccessControlListNotSupported", 400) as error:
        s3.put_object(Bucket=bucket, Key="k", ACL="public-read")
    assert error.message == "The bucket does not allow ACLs"
    s3.put_object(Bucket=bucket, Key="k", ACL="bucket-owner-full-control")
    grants = s3.get_object_acl(Bucket=bucket, Key="k")["Grants"]
    assert [(g["Permission"], g["Grantee"]["Type"]) for g in grants] == [
        ("FULL_CONTROL", "CanonicalUser")
    ]
    with refused("AccessControlListNotSupported", 400):
        s3.put_bucket_acl(Bucket=bucket, ACL="public-read")


def test_metadata_have_a_limit(s3: Any, bucket: str, refused: Any) -> None:
    with refused("MetadataTooLarge", 400):
        s3.put_object(Bucket=bucket, Key="k", Metadata={"a": "x" * 2048})
