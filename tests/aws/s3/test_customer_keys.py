"""Keys of the customer's own (SSE-C): nothing is told without the right one, and on disk nothing
can be read."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig

from tests.support.server import Server

TEXT = b"what nobody else may read. " * 10_000  # over four chunks of 64 KB
PART = 5 << 20
NOT_WITHOUT = (
    "The object was stored using a form of Server Side Encryption. The correct parameters must be "
    "provided to retrieve the object."
)


def key(letter: str, prefix: str = "") -> dict[str, str]:
    return {f"{prefix}SSECustomerAlgorithm": "AES256", f"{prefix}SSECustomerKey": letter * 32}


def md5(letter: str) -> str:
    return b64encode(hashlib.md5(letter.encode() * 32).digest()).decode()


def raw(letter: str) -> dict[str, str]:
    """For operations of which botocore does not calculate the MD5."""
    secret = b64encode(letter.encode() * 32).decode()
    return {**key(letter), "SSECustomerKey": secret, "SSECustomerKeyMD5": md5(letter)}


def unblock(s3: Any, name: str) -> str:
    s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                    "BlockedEncryptionTypes": {"EncryptionType": ["NONE"]},
                }
            ]
        },
    )
    return name


@pytest.fixture
def open_bucket(s3: Any, bucket: str) -> str:
    return unblock(s3, bucket)


def test_an_object_is_told_only_to_who_has_its_key(s3: Any, open_bucket: str, refused: Any) -> None:
    here = {"Bucket": open_bucket, "Key": "k"}
    put = s3.put_object(**here, Body=TEXT, **key("a"), ChecksumAlgorithm="SHA256")
    assert (put["SSECustomerAlgorithm"], put["SSECustomerKeyMD5"]) == ("AES256", md5("a"))
    assert "ServerSideEncryption" not in put
    assert put["ETag"].strip('"') != hashlib.md5(TEXT).hexdigest()
    got = s3.get_object(**here, **key("a"), ChecksumMode="ENABLED")
    assert got["Body"].read() == TEXT and got["ETag"] == put["ETag"]
    assert got["ChecksumSHA256"] == b64encode(hashlib.sha256(TEXT).digest()).decode()
    assert (got["SSECustomerAlgorithm"], got["SSECustomerKeyMD5"]) == ("AES256", md5("a"))
    head = s3.head_object(**here, **key("a"))
    assert head["ContentLength"] == len(TEXT) and head["SSECustomerKeyMD5"] == md5("a")
    attributes = s3.get_object_attributes(
        **here, **raw("a"), ObjectAttributes=["Checksum", "ObjectSize"]
    )
    assert attributes["Checksum"]["ChecksumSHA256"] == got["ChecksumSHA256"]

    with refused("InvalidRequest", 400) as error:
        s3.get_object(**here)
    assert error.message == NOT_WITHOUT
    with refused("400", 400):
        s3.head_object(**here)
    with refused("InvalidRequest", 400):
        s3.get_object_attributes(**here, ObjectAttributes=["ObjectSize"])
    with refused("AccessDenied", 403):
        s3.get_object(**here, **key("b"))
    with refused("403", 403):
        s3.head_object(**here, **key("b"))
    s3.put_object(Bucket=open_bucket, Key="plain")
    with refused("InvalidRequest", 400) as error:
        s3.get_object(Bucket=open_bucket, Key="plain", **key("a"))
    assert error.message == "The encryption parameters are not applicable to this object."
    # What needs no bytes needs no key.
    s3.put_object_tagging(**here, Tagging={"TagSet": [{"Key": "t", "Value": "v"}]})
    assert s3.list_objects_v2(Bucket=open_bucket)["KeyCount"] == 2


@pytest.mark.parametrize(
    "asked",
    ["0-0", "0-65535", "65535-65536", "65536-131071", "100000-250000", "-1", "-70000", "260000-"],
)
def test_ranges(s3: Any, open_bucket: str, asked: str) -> None:
    s3.put_object(Bucket=open_bucket, Key="k", Body=TEXT, **key("a"))
    got = s3.get_object(Bucket=open_bucket, Key="k", Range=f"bytes={asked}", **key("a"))
    first, last = got["ContentRange"].removeprefix("bytes ").partition("/")[0].split("-")
    assert got["Body"].read() == TEXT[int(first) : int(last) + 1]


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 8 * 65_536, 8 * 65_536 + 1])
def test_sizes_about_a_chunk(s3: Any, open_bucket: str, size: int) -> None:
    body = os.urandom(size)
    s3.put_object(Bucket=open_bucket, Key="k", Body=body, **key("a"))
    assert s3.get_object(Bucket=open_bucket, Key="k", **key("a"))["Body"].read() == body


@pytest.mark.parametrize(
    ("headers", "code", "text"),
    [
        ({"SSECustomerKey": "a" * 32}, "InvalidArgument", "provide a valid encryption algorithm."),
        ({"SSECustomerAlgorithm": "AES256"}, "InvalidArgument", "an appropriate secret key."),
        (
            {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "a" * 31},
            "InvalidArgument",
            "The secret key was invalid for the specified algorithm.",
        ),
        (
            {"SSECustomerAlgorithm": "AES128", "SSECustomerKey": "a" * 32},
            "InvalidEncryptionAlgorithmError",
            "The Encryption request you specified is not valid. Supported value: AES256.",
        ),
        (
            {**key("a"), "ServerSideEncryption": "AES256"},
            "InvalidArgument",
            "incompatible with the encryption method specified",
        ),
    ],
)
def test_half_a_key_is_none(
    s3: Any, open_bucket: str, refused: Any, headers: Any, code: str, text: str
) -> None:
    with refused(code, 400) as error:
        s3.put_object(Bucket=open_bucket, Key="k", Body=b"x", **headers)
    assert error.message.endswith(text)


def test_a_key_that_changed_on_its_way_is_seen(s3: Any, open_bucket: str, refused: Any) -> None:
    changed = {**raw("a"), "SSECustomerKeyMD5": md5("b")}
    with refused("InvalidArgument", 400) as error:
        s3.put_object(Bucket=open_bucket, Key="k", Body=b"x", **changed)
    assert error.message.startswith("The calculated MD5 hash of the key did not match")


def test_an_upload_in_parts_takes_the_same_key_throughout(
    s3: Any, open_bucket: str, refused: Any
) -> None:
    here = {"Bucket": open_bucket, "Key": "k"}
    begun = s3.create_multipart_upload(**here, **key("a"), ChecksumAlgorithm="CRC32")
    assert begun["SSECustomerKeyMD5"] == md5("a")
    part = {**here, "UploadId": begun["UploadId"]}
    with refused("InvalidRequest", 400) as error:
        s3.upload_part(**part, PartNumber=1, Body=b"x")
    assert error.message.startswith("The multipart upload initiate requested encryption.")
    with refused("InvalidRequest", 400) as error:
        s3.upload_part(**part, PartNumber=1, Body=b"x", **key("b"))
    assert error.message.startswith("The provided encryption parameters did not match")
    s3.put_object(Bucket=open_bucket, Key="source", Body=TEXT, **key("s"))
    one, two = os.urandom(PART), b"the end"
    first = s3.upload_part(**part, PartNumber=1, Body=one, ChecksumAlgorithm="CRC32", **key("a"))
    second = s3.upload_part(
        **part, PartNumber=2, Body=one + two, ChecksumAlgorithm="CRC32", **key("a")
    )
    copied = s3.upload_part_copy(
        **part,
        PartNumber=3,
        CopySource={"Bucket": open_bucket, "Key": "source"},
        CopySourceRange="bytes=65530-70000",
        **key("a"),
        **key("s", "CopySource"),
    )
    assert copied["SSECustomerKeyMD5"] == md5("a")
    told = [each.get("ChecksumCRC32") for each in s3.list_parts(**part, **raw("a"))["Parts"]]
    assert told[0] == first["ChecksumCRC32"] and all(told)
    listed = [
        {"PartNumber": number, "ETag": each["ETag"], "ChecksumCRC32": each["ChecksumCRC32"]}
        for number, each in ((1, first), (2, second), (3, copied["CopyPartResult"]))
    ]
    with refused("InvalidRequest", 400):
        s3.complete_multipart_upload(**part, MultipartUpload={"Parts": listed})
    done = s3.complete_multipart_upload(**part, MultipartUpload={"Parts": listed}, **key("a"))
    assert done["ChecksumCRC32"].endswith("-3")
    whole = one + one + two + TEXT[65530:70001]
    got = s3.get_object(**here, **key("a"), ChecksumMode="ENABLED")
    assert got["Body"].read() == whole and got["ChecksumCRC32"] == done["ChecksumCRC32"]
    across = s3.get_object(**here, **key("a"), Range=f"bytes={PART - 3}-{2 * PART + 9}")
    assert across["Body"].read() == whole[PART - 3 : 2 * PART + 10]
    third = s3.get_object(**here, **key("a"), PartNumber=3)
    assert third["Body"].read() == TEXT[65530:70001]


def test_copies(s3: Any, open_bucket: str, refused: Any) -> None:
    source = {"Bucket": open_bucket, "Key": "source"}
    here = {"Bucket": open_bucket, "Key": "copy", "CopySource": source}
    s3.put_object(**source, Body=TEXT, **key("s"))
    with refused("InvalidRequest", 400):
        s3.copy_object(**here)
    with refused("AccessDenied", 403):
        s3.copy_object(**here, **key("x", "CopySource"))
    plain = s3.copy_object(**here, **key("s", "CopySource"))
    assert plain["ServerSideEncryption"] == "AES256"
    assert plain["CopyObjectResult"]["ETag"].strip('"') == hashlib.md5(TEXT).hexdigest()
    assert s3.get_object(Bucket=open_bucket, Key="copy")["Body"].read() == TEXT
    # To itself, with another key.
    turned = s3.copy_object(**source, CopySource=source, **key("s", "CopySource"), **key("t"))
    assert turned["SSECustomerKeyMD5"] == md5("t")
    assert s3.get_object(**source, **key("t"))["Body"].read() == TEXT
    with refused("AccessDenied", 403):
        s3.get_object(**source, **key("s"))


def test_the_transfer_manager(s3: Any, open_bucket: str, tmp_path: Path) -> None:
    (tmp_path / "up").write_bytes(os.urandom(12 << 20))
    config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
    s3.upload_file(str(tmp_path / "up"), open_bucket, "k", ExtraArgs=key("a"), Config=config)
    s3.download_file(open_bucket, "k", str(tmp_path / "down"), ExtraArgs=key("a"), Config=config)
    assert (tmp_path / "down").read_bytes() == (tmp_path / "up").read_bytes()


class TestOnDisk:
    @pytest.fixture
    def server(self, tmp_path: Path, target: str) -> Iterator[Server]:
        if target != "jedlik":
            pytest.skip("only our own disk can be looked at")
        with Server("--data", str(tmp_path / "data"), "--dax-nodes", "0") as running:
            yield running

    def test_nothing_can_be_read_and_nothing_be_changed_unseen(
        self, server: Server, tmp_path: Path
    ) -> None:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="sealed")
        unblock(s3, "sealed")
        s3.put_object(Bucket="sealed", Key="k", Body=TEXT, ChecksumAlgorithm="SHA256", **key("q"))
        s3.put_object(Bucket="sealed", Key="plain", Body=TEXT)
        files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
        holding = [path for path in files if b"what nobody else" in path.read_bytes()]
        assert len(holding) == 1  # the object that nobody sealed
        digest = b64encode(hashlib.sha256(TEXT).digest())
        for path in files:
            found = path.read_bytes()
            assert b"q" * 32 not in found and b64encode(b"q" * 32) not in found
            assert digest not in found and md5("q").encode() not in found
        sealed = [
            path
            for path in (tmp_path / "data" / "objects").rglob("*")
            if path.is_file() and path not in holding
        ]
        assert len(sealed) == 1
        stored = bytearray(sealed[0].read_bytes())
        assert len(stored) == len(TEXT) + 16 * 5
        stored[100_000] ^= 1
        sealed[0].write_bytes(bytes(stored))
        # Chunks before the one that was changed are sound.
        first = s3.get_object(Bucket="sealed", Key="k", Range="bytes=0-9", **key("q"))
        assert first["Body"].read() == TEXT[:10]
        with pytest.raises(Exception, match=r"IncompleteRead|broken|closed|InternalError|Read"):
            s3.get_object(Bucket="sealed", Key="k", **key("q"))["Body"].read()
