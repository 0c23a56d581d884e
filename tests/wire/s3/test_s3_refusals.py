"""What S3 answers to requests that SDKs do not send: status, code, fields, words."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.server import Server
from tests.wire.s3.test_s3_raw import Answer, Connection, head, signed

Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    keys = {"JEDLIK_ACCESS_KEY_ID": "AKIAKNOWN", "JEDLIK_SECRET_ACCESS_KEY": "known-secret"}
    with Server("--auth", "required", "--dax-nodes", "0", environment=keys) as running:
        yield running


@pytest.fixture
def ask(server: Server) -> Iterator[Ask]:
    """ask(method, path, headers, body): the answer to a request signed as a client would."""
    wire = Connection(server.endpoint)

    def asked(
        method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"",
        *, anonymous: bool = False,
    ) -> Answer:  # fmt: skip
        sent = {"Host": wire.host, **(headers or {})}
        if not anonymous:
            payload = hashlib.sha256(body).hexdigest()
            sent = signed(wire, method, path, payload=payload, headers=headers)
        if body or method in ("PUT", "POST"):
            sent["Content-Length"] = str(len(body))
        wire.send(head(method, path, sent) + body)
        return wire.answer(head_only=method == "HEAD")

    yield asked
    wire.close()


@pytest.fixture
def bucket(ask: Ask) -> str:
    """A bucket, remade for each test, with the object "a"."""
    assert ask("PUT", "/refusals").status == 200
    assert ask("PUT", "/refusals/a", {"Content-Type": "text/plain"}, b"hello world").status == 200
    return "refusals"


def location(name: str) -> bytes:
    return (
        f"<CreateBucketConfiguration><LocationConstraint>{name}</LocationConstraint>"
        "</CreateBucketConfiguration>"
    ).encode()


CRC_OF_NOTHING = {"x-amz-checksum-crc32": "AAAAAA=="}
SHA1_OF_NOTHING = {"x-amz-checksum-sha1": "2jmj7l5rSw0yVb/vlWAYkK/YBwk="}
CASES: dict[str, tuple[Any, ...]] = {
    # name: method, path, headers, body, status, code, what else is in the document
    "us-east-1 is left out": ("PUT", "/other", {}, location("us-east-1"), 400,
        "InvalidLocationConstraint", "<LocationConstraint>us-east-1</LocationConstraint>"),
    "no region": ("PUT", "/other", {}, location("mars"), 400, "InvalidLocationConstraint", ""),
    "empty version": ("GET", "/refusals/a?versionId=", {}, b"", 400, "InvalidArgument",
        "Version id cannot be the empty string"),
    "a part beyond": ("GET", "/refusals/a?partNumber=2", {}, b"", 416, "InvalidPartNumber",
        "<PartNumberRequested>2</PartNumberRequested><ActualPartCount>1</ActualPartCount>"),
    "part 0": ("GET", "/refusals/a?partNumber=0", {}, b"", 400, "InvalidArgument",
        "Part number must be an integer between 1 and 10000, inclusive"),
    "post to an object": ("POST", "/refusals/a", {}, b"", 405, "MethodNotAllowed",
        "<Method>POST</Method><ResourceType>OBJECT</ResourceType>"),
    "post that is no form": ("POST", "/refusals", {}, b"", 412, "PreconditionFailed",
        "<Condition>Bucket POST must be of the enclosure-type multipart/form-data</Condition>"),
    "delete of the service": ("DELETE", "/", {}, b"", 405, "MethodNotAllowed",
        "<ResourceType>SERVICE</ResourceType>"),
    "deletes without a digest": ("POST", "/refusals?delete=", {},
        b"<Delete><Object><Key>a</Key></Object></Delete>", 400, "InvalidRequest",
        "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"),
    "no versioning status": ("PUT", "/refusals?versioning=", {}, b"<VersioningConfiguration/>", 400,
        "IllegalVersioningConfigurationException", "The Versioning element must be specified"),
    "a status in lower case": ("PUT", "/refusals?versioning=", {},
        b"<VersioningConfiguration><Status>enabled</Status></VersioningConfiguration>", 400,
        "MalformedXML", ""),
    "two checksums": ("PUT", "/refusals/b", {**CRC_OF_NOTHING, **SHA1_OF_NOTHING}, b"", 400,
        "InvalidRequest", "Expecting a single x-amz-checksum- header."),
    "a checksum that is missing": ("PUT", "/refusals/b", {"x-amz-sdk-checksum-algorithm": "CRC32"},
        b"", 400, "InvalidRequest", "x-amz-sdk-checksum-algorithm specified, but no corresponding"),
    "a checksum of another kind": ("PUT", "/refusals/b",
        {"x-amz-sdk-checksum-algorithm": "SHA256", **CRC_OF_NOTHING}, b"", 400, "InvalidRequest",
        "Value for x-amz-sdk-checksum-algorithm header is invalid."),
    "no MD5": ("PUT", "/refusals/b", {"Content-MD5": "bogus"}, b"x", 400, "InvalidDigest",
        "<Content-MD5>bogus</Content-MD5>"),
    "no storage class": ("PUT", "/refusals/b", {"x-amz-storage-class": "COLD"}, b"x", 400,
        "InvalidStorageClass", "<StorageClassRequested>COLD</StorageClassRequested>"),
    "a tag twice": ("PUT", "/refusals/b", {"x-amz-tagging": "a=1&a=2"}, b"x", 400,
        "InvalidArgument", "without tag name duplicates"),
    "a tag of AWS's": ("PUT", "/refusals/b", {"x-amz-tagging": "aws:a=1"}, b"x", 400, "InvalidTag",
        "<TagKey>aws:a</TagKey>"),
    "a tag of odd characters": ("PUT", "/refusals/b", {"x-amz-tagging": "a=%3Cb%3E"}, b"x", 400,
        "InvalidTag", "<TagValue>&lt;b&gt;</TagValue>"),
    "an empty token": ("GET", "/refusals?list-type=2&continuation-token=", {}, b"", 400,
        "InvalidArgument", "The continuation token provided is incorrect"),
    "no buckets a page": ("GET", "/?max-buckets=0", {}, b"", 400, "InvalidArgument", "max-buckets"),
    "a completion without a body": ("POST", "/refusals/a?uploadId={upload}", {}, b"", 400,
        "InvalidRequest", "You must specify at least one part"),
    "a key that is no text": ("GET", "/refusals/%FF", {}, b"", 400, "InvalidURI",
        "<URI>/refusals/%FF</URI>"),
    "a bucket that is no text": ("GET", "/%ED%A0%80", {}, b"", 400, "InvalidURI", "parse"),
    "a prefix that is no text": ("GET", "/refusals?list-type=2&prefix=%FF", {}, b"", 400,
        "InvalidURI", "prefix=%FF"),
    "a header of the answer that is no text": ("GET", "/refusals/a?response-content-type=%FF", {},
        b"", 400, "InvalidURI", "Couldn't parse the specified URI."),
    "metadata in a query that is no text": ("PUT", "/refusals/b?x-amz-meta-a=%FF", {}, b"x", 400,
        "InvalidURI", ""),
    "a completion of no parts": ("POST", "/refusals/a?uploadId={upload}", {},
        b"<CompleteMultipartUpload/>", 400, "MalformedXML", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_refusal(ask: Ask, bucket: str, name: str) -> None:
    method, path, headers, body, status, code, more = CASES[name]
    if "{upload}" in path:
        started = ask("POST", f"/{bucket}/a?uploads=").body.decode()
        path = path.format(upload=started.split("<UploadId>")[1].split("<")[0])
    answer = ask(method, path, headers, body)
    text = answer.body.decode()
    assert (answer.status, answer.code) == (status, code), text
    assert more in text
    assert f"<RequestId>{answer.headers['x-amz-request-id']}</RequestId>" in text
    assert f"<HostId>{answer.headers['x-amz-id-2']}</HostId>" in text


def test_nobody_is_told_why_not(ask: Ask, bucket: str) -> None:
    answer = ask("GET", f"/{bucket}/a", anonymous=True)
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert b"<Message>Access Denied</Message>" in answer.body


def test_dates_that_are_none_count_as_absent(ask: Ask, bucket: str) -> None:
    for name in ("If-Modified-Since", "If-Unmodified-Since"):
        assert ask("GET", f"/{bucket}/a", {name: "yesterday"}).status == 200


def test_preflights_without_rules(ask: Ask, bucket: str) -> None:
    asked = {"Origin": "http://a.example", "Access-Control-Request-Method": "PUT"}
    answer = ask("OPTIONS", f"/{bucket}/a", asked, anonymous=True)
    assert (answer.status, answer.code) == (403, "AccessForbidden")
    assert b"CORSResponse: CORS is not enabled for this bucket." in answer.body
    answer = ask("OPTIONS", f"/{bucket}/a", {}, anonymous=True)
    assert b"Insufficient information. Origin request header needed." in answer.body
    asked["Access-Control-Request-Method"] = "PATCH"
    answer = ask("OPTIONS", f"/{bucket}/a", asked, anonymous=True)
    assert (answer.status, answer.code) == (400, "BadRequest")
    assert b"Invalid Access-Control-Request-Method: PATCH" in answer.body


def test_keys_as_a_listing_escapes_them(ask: Ask, bucket: str) -> None:
    assert ask("PUT", f"/{bucket}/%7Esp%20ace%2B*%28%C3%A9%29/x", {}, b"x").status == 200
    answer = ask("GET", f"/{bucket}?encoding-type=url")
    assert b"<Key>%7Esp+ace%2B*%28%C3%A9%29/x</Key>" in answer.body


def test_buckets_are_told_with_their_region_where_it_was_asked(ask: Ask, bucket: str) -> None:
    assert b"<BucketRegion>" not in ask("GET", "/").body
    answer = ask("GET", f"/?prefix={bucket}")
    assert b"<BucketRegion>us-east-1</BucketRegion>" in answer.body
    assert f"<Prefix>{bucket}</Prefix>".encode() in answer.body


def test_deletes_with_either_digest(ask: Ask, bucket: str) -> None:
    body = b"<Delete><Object><Key>a</Key></Object></Delete>"
    for headers in (
        {"Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode()},
        {"x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(body).digest()).decode()},
    ):
        assert b"<Key>a</Key>" in ask("POST", f"/{bucket}?delete=", headers, body).body
