"""S3 as bytes on the wire: signatures of every kind, broken uploads, forms, browsers.

Signatures are made by botocore, or written out after AWS's documentation where botocore has none
(chunks that are signed one by one). One server with known keys for all.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import socket
import time
import urllib.parse
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.support.server import Server

KEY, SECRET, REGION = "AKIAKNOWN", "known-secret", "us-east-1"
TIMEOUT_S = 30
UNSIGNED = "UNSIGNED-PAYLOAD"


class Answer:
    def __init__(self, head: bytes, body: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split(" ")[1])
        pairs = (line.partition(":") for line in lines)
        self.headers = {name.lower(): value.strip() for name, _, value in pairs}
        self.body = body

    @property
    def code(self) -> str:
        found = re.search(rb"<Code>(.*?)</Code>", self.body)
        return found[1].decode() if found else ""


class Connection:
    """A socket that sends what it is told, and reads answers."""

    def __init__(self, endpoint: str) -> None:
        self.host = urlsplit(endpoint).netloc
        name, _, port = self.host.rpartition(":")
        self.socket = socket.create_connection((name, int(port)), TIMEOUT_S)
        self.data = b""

    def send(self, data: bytes) -> Connection:
        self.socket.sendall(data)
        return self

    def answer(self, *, head_only: bool = False) -> Answer:
        while b"\r\n\r\n" not in self.data:
            self._more()
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        found = Answer(head, b"")
        length = 0 if head_only else int(found.headers.get("content-length", 0))
        while len(self.data) < length:
            self._more()
        found.body, self.data = self.data[:length], self.data[length:]
        return found

    def is_closed(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _more(self) -> None:
        data = self.socket.recv(1 << 16)
        assert data, "closed without a whole answer"
        self.data += data

    def close(self) -> None:
        self.socket.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    keys = {"JEDLIK_ACCESS_KEY_ID": KEY, "JEDLIK_SECRET_ACCESS_KEY": SECRET}
    with Server("--auth", "required", "--dax-nodes", "0", environment=keys) as running:
        yield running


@pytest.fixture(scope="module")
def s3(server: Server) -> Any:
    return client(server, "s3v4")


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    s3.create_bucket(Bucket="wire-bucket")
    return "wire-bucket"


@pytest.fixture
def wire(server: Server) -> Iterator[Connection]:
    connection = Connection(server.endpoint)
    yield connection
    connection.close()


def signed(
    wire: Connection,
    method: str,
    path: str,
    *,
    payload: str = UNSIGNED,
    headers: dict[str, str] | None = None,
    secret: str = SECRET,
    key: str = KEY,
) -> dict[str, str]:
    """The headers of a request signed for S3, its body declared as `payload`."""
    request = AWSRequest(method, f"http://{wire.host}{path}", headers=dict(headers or {}))
    request.headers["Host"] = wire.host
    request.headers["X-Amz-Content-SHA256"] = payload
    auth = S3SigV4Auth(Credentials(key, secret), "s3", REGION)
    auth.payload = lambda _: payload  # type: ignore[method-assign]
    auth.add_auth(request)
    request.headers["X-Amz-Content-SHA256"] = payload
    return dict(request.headers.items())


def head(method: str, target: str, headers: dict[str, str]) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


class Chunks:
    """Chunks signed one by one, after the S3 API reference."""

    def __init__(self, headers: dict[str, str]) -> None:
        found = re.search(r"Credential=[^/]+/([^,]+), .*Signature=([0-9a-f]+)",
                          headers["Authorization"])  # fmt: skip
        assert found is not None
        self.scope, self.previous = found.groups()
        self.date = headers["X-Amz-Date"]
        key = b"AWS4" + SECRET.encode()
        for part in self.scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        self.key = key

    def _sign(self, kind: str, *hashes: str) -> str:
        text = "\n".join([kind, self.date, self.scope, self.previous, *hashes])
        self.previous = hmac.digest(self.key, text.encode(), "sha256").hex()
        return self.previous

    def chunk(self, data: bytes) -> bytes:
        empty = hashlib.sha256(b"").hexdigest()
        signature = self._sign("AWS4-HMAC-SHA256-PAYLOAD", empty, hashlib.sha256(data).hexdigest())
        line = f"{len(data):x};chunk-signature={signature}\r\n".encode()
        return line + data + (b"\r\n" if data else b"")

    def trailer(self, text: str) -> bytes:
        signature = self._sign(
            "AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(f"{text}\n".encode()).hexdigest()
        )
        return f"{text}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()


def put_chunked(
    wire: Connection, bucket: str, key: str, kind: str, decoded: int, trailer: str = ""
) -> tuple[dict[str, str], Chunks]:
    extra = {"X-Amz-Decoded-Content-Length": str(decoded), "Content-Encoding": "aws-chunked"}
    if trailer:
        extra["X-Amz-Trailer"] = trailer
    headers = signed(wire, "PUT", f"/{bucket}/{key}", payload=kind, headers=extra)
    return headers, Chunks(headers)


def test_chunks_signed_one_by_one(wire: Connection, s3: Any, bucket: str) -> None:
    kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    content = b"a" * 65536 + b"b" * 1024
    headers, chunks = put_chunked(wire, bucket, "signed", kind, len(content))
    body = chunks.chunk(content[:65536]) + chunks.chunk(content[65536:]) + chunks.chunk(b"")
    body += b"\r\n"
    wire.send(head("PUT", f"/{bucket}/signed", {**headers, "Content-Length": str(len(body))}))
    for at in range(0, len(body), 1000):  # in pieces that respect no chunk
        wire.send(body[at : at + 1000])
    assert wire.answer().status == 200
    found = s3.get_object(Bucket=bucket, Key="signed")
    assert found["Body"].read() == content
    assert "ContentEncoding" not in found


@pytest.mark.parametrize("broken", ["data", "signature", "missing", "length"])
def test_a_changed_chunk_leaves_nothing_behind(
    wire: Connection, s3: Any, bucket: str, broken: str
) -> None:
    kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    headers, chunks = put_chunked(
        wire, bucket, "broken", kind, 2001 if broken == "length" else 2000
    )
    first, second, last = chunks.chunk(b"a" * 1000), chunks.chunk(b"b" * 1000), chunks.chunk(b"")
    if broken == "data":
        second = second.replace(b"bbb", b"bcb", 1)
    elif broken == "signature":
        first = first.replace(b"chunk-signature=", b"chunk-signature=" + b"0" * 4, 1)
        first = re.sub(rb"(=0000[0-9a-f]{60})[0-9a-f]{4}", rb"\1", first)
    elif broken == "missing":
        first = b""
    body = first + second + last + b"\r\n"
    wire.send(head("PUT", f"/{bucket}/broken", {**headers, "Content-Length": str(len(body))}))
    wire.send(body)
    expected = "IncompleteBody" if broken == "length" else "SignatureDoesNotMatch"
    answer = wire.answer()
    assert (answer.code, answer.status) == (expected, 400 if broken == "length" else 403)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix="broken")


def test_signed_chunks_with_a_signed_trailer(wire: Connection, s3: Any, bucket: str) -> None:
    kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
    content = b"x" * 3000
    value = base64.b64encode(hashlib.sha256(content).digest()).decode()
    for wrong in (False, True):
        headers, chunks = put_chunked(
            wire, bucket, "trailed", kind, len(content), "x-amz-checksum-sha256"
        )
        trailer = f"x-amz-checksum-sha256:{value}"
        body = chunks.chunk(content) + chunks.chunk(b"") + chunks.trailer(trailer)
        if wrong:
            body = body.replace(value.encode(), base64.b64encode(b"0" * 32))
        sent = {**headers, "Content-Length": str(len(body))}
        answer = wire.send(head("PUT", f"/{bucket}/trailed", sent) + body).answer()
        assert answer.code == ("SignatureDoesNotMatch" if wrong else "")
    told = s3.head_object(Bucket=bucket, Key="trailed", ChecksumMode="ENABLED")
    assert told["ChecksumSHA256"] == value


@pytest.mark.parametrize("framed", ["by length", "chunked"])
def test_unsigned_chunks_with_a_trailer(
    wire: Connection, s3: Any, bucket: str, framed: str
) -> None:
    kind = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    content = b"y" * 100_000
    value = base64.b64encode(hashlib.sha1(content).digest()).decode()
    for sent_value, code in ((value, ""), (base64.b64encode(b"0" * 20).decode(), "BadDigest")):
        headers, _ = put_chunked(wire, bucket, "u", kind, len(content), "x-amz-checksum-sha1")
        body = b"%x\r\n" % len(content) + content + b"\r\n0\r\n"
        body += f"x-amz-checksum-sha1:{sent_value}\r\n\r\n".encode()
        if framed == "chunked":
            headers["Transfer-Encoding"] = "chunked"
            body = b"".join(
                b"%x\r\n%b\r\n" % (len(body[at : at + 7777]), body[at : at + 7777])
                for at in range(0, len(body), 7777)
            )
            body += b"0\r\n\r\n"
        else:
            headers["Content-Length"] = str(len(body))
        assert wire.send(head("PUT", f"/{bucket}/u", headers) + body).answer().code == code
    assert s3.get_object(Bucket=bucket, Key="u")["Body"].read() == content


def test_a_body_that_is_not_what_was_signed(wire: Connection, s3: Any, bucket: str) -> None:
    declared = hashlib.sha256(b"good").hexdigest()
    headers = signed(wire, "PUT", f"/{bucket}/k", payload=declared)
    wire.send(head("PUT", f"/{bucket}/k", {**headers, "Content-Length": "4"}) + b"evil")
    answer = wire.answer()
    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    # The connection serves on.
    wire.send(head("PUT", f"/{bucket}/k", {**headers, "Content-Length": "4"}) + b"good")
    assert wire.answer().status == 200


def test_an_upload_that_is_cut_off_leaves_nothing(
    server: Server, wire: Connection, s3: Any, bucket: str
) -> None:
    headers = signed(wire, "PUT", f"/{bucket}/cut")
    wire.send(head("PUT", f"/{bucket}/cut", {**headers, "Content-Length": "1000000"}))
    wire.send(b"x" * 400_000)
    wire.socket.shutdown(socket.SHUT_WR)
    assert wire.answer().code == "IncompleteBody"
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix="cut")


def test_nobody_is_told_to_go_on_who_will_be_refused(wire: Connection, bucket: str) -> None:
    wait = {"Expect": "100-continue", "Content-Length": "1000000"}
    headers = signed(wire, "PUT", f"/{bucket}/k", secret="wrong")
    answer = wire.send(head("PUT", f"/{bucket}/k", {**headers, **wait})).answer()
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert answer.headers["connection"] == "close"
    assert wire.is_closed()


def test_who_may_is_told_to_go_on(wire: Connection, bucket: str) -> None:
    wait = {"Expect": "100-continue", "Content-Length": "5"}
    headers = signed(wire, "PUT", f"/{bucket}/k")
    wire.send(head("PUT", f"/{bucket}/k", {**headers, **wait}))
    assert wire.answer(head_only=True).status == 100
    assert wire.send(b"hello").answer().status == 200


def test_more_than_5_gb_at_once_are_refused_before_they_come(wire: Connection, bucket: str) -> None:
    headers = signed(wire, "PUT", f"/{bucket}/k")
    headers |= {"Expect": "100-continue", "Content-Length": str((5 << 30) + 1)}
    answer = wire.send(head("PUT", f"/{bucket}/k", headers)).answer()
    assert (answer.status, answer.code) == (400, "EntityTooLarge")


def test_refusals_keep_the_connection(wire: Connection, bucket: str) -> None:
    for _ in range(3):
        headers = signed(wire, "PUT", "/no-such-bucket/k")
        wire.send(head("PUT", "/no-such-bucket/k", {**headers, "Content-Length": "300000"}))
        wire.send(b"x" * 300_000)
        answer = wire.answer()
        assert (answer.status, answer.code) == (404, "NoSuchBucket")
        headers = signed(wire, "GET", f"/{bucket}/none")
        assert wire.send(head("GET", f"/{bucket}/none", headers)).answer().code == "NoSuchKey"


def test_requests_in_a_row_behind_an_upload(wire: Connection, bucket: str) -> None:
    put = signed(wire, "PUT", f"/{bucket}/row")
    get = signed(wire, "GET", f"/{bucket}/row")
    wire.send(
        head("PUT", f"/{bucket}/row", {**put, "Content-Length": "3"}) + b"abc"
        + head("GET", f"/{bucket}/row", get) + head("GET", f"/{bucket}/row", get)
    )  # fmt: skip
    assert wire.answer().status == 200
    assert [wire.answer().body, wire.answer().body] == [b"abc", b"abc"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"secret": "wrong"}, "SignatureDoesNotMatch"),
        ({"key": "AKIAOTHER"}, "InvalidAccessKeyId"),
    ],
)
def test_wrong_keys(wire: Connection, bucket: str, changed: dict[str, str], code: str) -> None:
    headers = signed(wire, "GET", f"/{bucket}", **changed)  # type: ignore[arg-type]
    answer = wire.send(head("GET", f"/{bucket}", headers)).answer()
    assert (answer.status, answer.code) == (403, code)
    assert SECRET.encode() not in answer.body


def test_requests_that_nobody_signed(wire: Connection, bucket: str) -> None:
    for method, target in (
        ("GET", f"/{bucket}"),
        ("GET", f"/{bucket}/k"),
        ("DELETE", f"/{bucket}/k"),
    ):
        answer = wire.send(head(method, target, {"Host": wire.host})).answer()
        assert (answer.status, answer.code) == (403, "AccessDenied")
    date = formatdate(usegmt=True)
    old = {"Host": wire.host, "Authorization": "AWS AKIAKNOWN:abc=", "Date": date}
    answer = wire.send(head("GET", f"/{bucket}", old)).answer()
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


def test_a_public_policy_lets_everybody_read(wire: Connection, s3: Any) -> None:
    s3.create_bucket(Bucket="public-bucket")
    s3.put_object(Bucket="public-bucket", Key="k", Body=b"for all")
    s3.delete_public_access_block(Bucket="public-bucket")
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
         "Resource": "arn:aws:s3:::public-bucket/*"},
    ]}  # fmt: skip
    s3.put_bucket_policy(Bucket="public-bucket", Policy=json.dumps(policy))
    plain = {"Host": wire.host}
    assert wire.send(head("GET", "/public-bucket/k", plain)).answer().body == b"for all"
    assert wire.send(head("GET", "/public-bucket", plain)).answer().status == 403
    # Virtual-host style.
    for host in ("public-bucket.s3.us-east-1.amazonaws.com", "public-bucket.localhost:8000"):
        assert wire.send(head("GET", "/k", {"Host": host})).answer().body == b"for all"


def client(server: Server, version: str) -> Any:
    return server.client("s3", keys=(KEY, SECRET), signature_version=version)


def test_version_2_in_headers(server: Server, bucket: str) -> None:
    old = client(server, "s3")
    old.put_object(Bucket=bucket, Key="old way", Body=b"x", Metadata={"m": "1"})
    assert old.get_object(Bucket=bucket, Key="old way")["Body"].read() == b"x"
    assert bucket in [each["Name"] for each in old.list_buckets()["Buckets"]]
    uploads = old.create_multipart_upload(Bucket=bucket, Key="old way")
    old.abort_multipart_upload(Bucket=bucket, Key="old way", UploadId=uploads["UploadId"])


# Without a word about it boto3 presigns by version 2 in us-east-1.
@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_presigned_urls(server: Server, wire: Connection, bucket: str, version: str) -> None:
    s3 = client(server, version)
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "pre signed"})
    target = put.split(wire.host, 1)[1]
    wire.send(head("PUT", target, {"Host": wire.host, "Content-Length": "3"}) + b"abc")
    assert wire.answer().status == 200
    get = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "pre signed"})
    target = get.split(wire.host, 1)[1]
    assert wire.send(head("GET", target, {"Host": wire.host})).answer().body == b"abc"
    other = target.replace("pre%20signed", "other")
    assert wire.send(head("GET", other, {"Host": wire.host})).answer().code == (
        "SignatureDoesNotMatch"
    )


def test_checksums_in_a_presigned_url_are_not_heeded(
    server: Server, wire: Connection, bucket: str
) -> None:
    """JavaScript's SDK signs the one of no bytes, before it knows what will be sent."""
    named = {
        "x-amz-checksum-crc32": "AAAAAA==",
        "x-amz-sdk-checksum-algorithm": "CRC32",
        "x-amz-storage-class": "STANDARD_IA",
    }
    url = f"http://{wire.host}/{bucket}/k?{urllib.parse.urlencode(named)}"
    request = AWSRequest("PUT", url)
    S3SigV4QueryAuth(Credentials(KEY, SECRET), "s3", REGION, expires=60).add_auth(request)
    target = request.url.split(wire.host, 1)[1]
    wire.send(head("PUT", target, {"Host": wire.host, "Content-Length": "3"}) + b"abc")
    assert wire.answer().status == 200
    found = client(server, "s3v4").head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (found["StorageClass"], found["ChecksumCRC64NVME"]) == ("STANDARD_IA", "BeXKuz/B+us=")


def test_a_presigned_url_is_good_for_so_long(wire: Connection, bucket: str) -> None:
    import datetime
    from unittest import mock

    request = AWSRequest("GET", f"http://{wire.host}/{bucket}/k")
    before = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=100)
    with mock.patch("botocore.auth.get_current_datetime", return_value=before):
        S3SigV4QueryAuth(Credentials(KEY, SECRET), "s3", REGION, expires=60).add_auth(request)
    target = request.url.split(wire.host, 1)[1]
    answer = wire.send(head("GET", target, {"Host": wire.host})).answer()
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert b"Request has expired" in answer.body


def form(fields: dict[str, str], file: bytes, name: str = "photo.png") -> tuple[str, bytes]:
    """A form as a browser encodes it."""
    mark = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
    body = b""
    for key, value in fields.items():
        body += (
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        )
    body += (
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: image/png\r\n\r\n"
    ).encode()
    return f"multipart/form-data; boundary={mark}", body + file + f"\r\n--{mark}--\r\n".encode()


def post(wire: Connection, bucket: str, fields: dict[str, str], file: bytes) -> Answer:
    kind, body = form(fields, file)
    headers = {"Host": wire.host, "Content-Type": kind, "Content-Length": str(len(body))}
    wire.send(head("POST", f"/{bucket}", headers))
    for at in range(0, len(body), 50_000):
        wire.send(body[at : at + 50_000])
    return wire.answer()


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_browser_posts_a_form(
    server: Server, wire: Connection, bucket: str, version: str
) -> None:
    s3 = client(server, version)
    file = b"\x89PNG\r\n--almost a boundary\r\n" * 20_000
    signed_form = s3.generate_presigned_post(
        bucket,
        "uploads/${filename}",
        Fields={"x-amz-meta-who": "me", "success_action_status": "201"},
        Conditions=[
            {"x-amz-meta-who": "me"},
            {"success_action_status": "201"},
            ["content-length-range", 1, 10_000_000],
        ],
    )
    answer = post(wire, bucket, signed_form["fields"], file)
    assert answer.status == 201, answer.body
    etag = hashlib.md5(file).hexdigest()
    assert b"<Key>uploads/photo.png</Key>" in answer.body and etag.encode() in answer.body
    found = s3.get_object(Bucket=bucket, Key="uploads/photo.png")
    assert found["Body"].read() == file
    # What the form does not say, the part of the file does not either.
    assert (found["Metadata"], found["ContentType"]) == ({"who": "me"}, "binary/octet-stream")


def test_forms_that_their_policy_does_not_allow(wire: Connection, s3: Any, bucket: str) -> None:
    made = s3.generate_presigned_post(
        bucket, "p/${filename}", Conditions=[["content-length-range", 5, 10]]
    )["fields"]
    assert post(wire, bucket, made, b"1234").code == "EntityTooSmall"
    assert post(wire, bucket, made, b"12345678901").code == "EntityTooLarge"
    assert post(wire, bucket, {**made, "x-amz-meta-a": "b"}, b"12345").code == "AccessDenied"
    assert post(wire, bucket, {**made, "key": "q/x"}, b"12345").code == "AccessDenied"
    wrong = {**made, "x-amz-signature": "0" * 64}
    assert post(wire, bucket, wrong, b"12345").code == "SignatureDoesNotMatch"
    assert post(wire, bucket, {"key": "p/x"}, b"12345").code == "AccessDenied"
    assert post(wire, bucket, made, b"12345").status == 204
    target = "https://example.com/done"
    goes = s3.generate_presigned_post(
        bucket, "p/r", Fields={"success_action_redirect": target},
        Conditions=[{"success_action_redirect": target}],
    )["fields"]  # fmt: skip
    answer = post(wire, bucket, goes, b"x")
    assert answer.status == 303
    assert answer.headers["location"].startswith(f"{target}?bucket={bucket}&key=p%2Fr&etag=")


def test_browsers_of_other_sites(wire: Connection, s3: Any, bucket: str) -> None:
    asked = {
        "Host": wire.host,
        "Origin": "https://app.example.com",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "x-amz-date, content-type",
    }
    assert wire.send(head("OPTIONS", f"/{bucket}/k", asked)).answer().code == "AccessForbidden"
    rule = {
        "AllowedMethods": ["PUT", "GET"],
        "AllowedOrigins": ["https://*.example.com"],
        "AllowedHeaders": ["x-amz-*", "content-type"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 77,
    }
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    answer = wire.send(head("OPTIONS", f"/{bucket}/k", asked)).answer()
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "https://app.example.com"
    assert answer.headers["access-control-max-age"] == "77"
    assert answer.headers["access-control-allow-headers"] == "x-amz-date, content-type"
    evil = {**asked, "Origin": "https://evil.example"}
    assert wire.send(head("OPTIONS", f"/{bucket}/k", evil)).answer().status == 403
    headers = signed(wire, "PUT", f"/{bucket}/k") | {
        "Origin": "https://app.example.com",
        "Content-Length": "1",
    }
    answer = wire.send(head("PUT", f"/{bucket}/k", headers) + b"x").answer()
    assert answer.headers["access-control-expose-headers"] == "ETag"


@pytest.mark.parametrize(
    "document",
    [
        b"<Delete><Object></Object></Delete>",
        b"<Delete",
        b'<!DOCTYPE d [<!ENTITY a "b">]><Delete><Object><Key>&a;</Key></Object></Delete>',
        b"<a>" * 100 + b"</a>" * 100,
        b"\xff\xfe",
    ],
)
def test_documents_that_are_not_valid(wire: Connection, bucket: str, document: bytes) -> None:
    md5 = base64.b64encode(hashlib.md5(document).digest()).decode()
    path = f"/{bucket}?delete="
    headers = signed(
        wire,
        "POST",
        path,
        payload=hashlib.sha256(document).hexdigest(),
        headers={"Content-MD5": md5},
    )
    wire.send(head("POST", path, {**headers, "Content-Length": str(len(document))}) + document)
    answer = wire.answer()
    assert (answer.status, answer.code) == (400, "MalformedXML")


def test_no_path_reaches_the_file_system(server: Server, wire: Connection, s3: Any) -> None:
    s3.create_bucket(Bucket="path-bucket")
    for path in ("/path-bucket/../../../../tmp/jedlik-escape", "/path-bucket/%2e%2e%2f%2e%2e%2fx"):
        headers = signed(wire, "PUT", path)
        wire.send(head("PUT", path, {**headers, "Content-Length": "1"}) + b"x")
        assert wire.answer().status == 200
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket="path-bucket")["Contents"]]
    assert sorted(keys) == ["../../../../tmp/jedlik-escape", "../../x"]


def test_the_greeting_is_still_there(wire: Connection, s3: Any) -> None:
    plain = wire.send(head("GET", "/", {"Host": wire.host})).answer()
    assert plain.body.startswith(b"healthy: dynamodb.")
    assert urllib.parse.urlsplit(s3.meta.endpoint_url).netloc == wire.host
    assert "Buckets" in s3.list_buckets()


def test_a_signature_of_yesterday(wire: Connection, bucket: str) -> None:
    import datetime
    from unittest import mock

    before = datetime.datetime.fromtimestamp(time.time() - 3600, datetime.UTC)
    with mock.patch("botocore.auth.get_current_datetime", return_value=before):
        headers = signed(wire, "GET", f"/{bucket}")
    answer = wire.send(head("GET", f"/{bucket}", headers)).answer()
    assert (answer.status, answer.code) == (403, "RequestTimeTooSkewed")


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"X-Amz-Expires": "604801"}, "AuthorizationQueryParametersError", b"less than a week"),
        ({"X-Amz-Expires": "-1"}, "AuthorizationQueryParametersError", b"must be non-negative"),
        ({"X-Amz-Expires": "soon"}, "AuthorizationQueryParametersError", b"should be a number"),
        ({"X-Amz-Expires": "0"}, "AccessDenied", b"Request has expired"),
        ({"X-Amz-Expires": ""}, "AuthorizationQueryParametersError", b"requires the X-Amz-Algo"),
        ({"X-Amz-Date": "today"}, "AuthorizationQueryParametersError", b"ISO8601 Long Format"),
        ({"X-Amz-Credential": "x"}, "AuthorizationQueryParametersError", b"YOUR-AKID"),
        ({"X-Amz-Signature": "😀"}, "SignatureDoesNotMatch", b"does not match"),
        ({"X-Amz-SignedHeaders": "host;😀"}, "SignatureDoesNotMatch", b"does not match"),
    ],
)
def test_urls_that_are_no_signed_ones(
    wire: Connection, s3: Any, bucket: str, change: dict[str, str], code: str, words: bytes
) -> None:
    url = urlsplit(s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"}))
    query = dict(urllib.parse.parse_qsl(url.query)) | change
    target = f"{url.path}?{urllib.parse.urlencode(query)}"
    answer = wire.send(head("GET", target, {"Host": wire.host})).answer()
    assert answer.code == code and words in answer.body, answer.body


def test_only_one_signature_and_all_of_amazons_headers_in_it(wire: Connection, bucket: str) -> None:
    headers = signed(wire, "GET", f"/{bucket}/k")
    target = f"/{bucket}/k?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    answer = wire.send(head("GET", target, headers)).answer()
    assert answer.code == "InvalidArgument" and b"Only one auth mechanism allowed" in answer.body
    late = {**headers, "x-amz-meta-late": "1"}
    answer = wire.send(head("GET", f"/{bucket}/k", late)).answer()
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert b"<HeadersNotSigned>x-amz-meta-late</HeadersNotSigned>" in answer.body


def test_headers_may_stand_in_the_query_of_a_signed_url(
    wire: Connection, s3: Any, bucket: str
) -> None:
    url = f"http://{wire.host}/{bucket}/hoisted?x-amz-meta-who=me&x-amz-storage-class=STANDARD_IA"
    request = AWSRequest("PUT", url)
    S3SigV4QueryAuth(Credentials(KEY, SECRET), "s3", REGION, expires=60).add_auth(request)
    made = urlsplit(request.url)
    target = f"{made.path}?{made.query}"
    wire.send(head("PUT", target, {"Host": wire.host, "Content-Length": "1"}) + b"x")
    assert wire.answer().status == 200
    found = s3.head_object(Bucket=bucket, Key="hoisted")
    assert (found["Metadata"], found["StorageClass"]) == ({"who": "me"}, "STANDARD_IA")


def test_forms_that_are_incomplete(wire: Connection, s3: Any, bucket: str) -> None:
    made = s3.generate_presigned_post(bucket, "t")["fields"]
    unsigned = {name: value for name, value in made.items() if name != "x-amz-signature"}
    answer = post(wire, bucket, unsigned, b"x")
    assert answer.code == "InvalidArgument" and b"X-Amz-Signature" in answer.body
    tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b c</Value></Tag></TagSet></Tagging>"
    made = s3.generate_presigned_post(bucket, "t", {"tagging": tags}, [{"tagging": tags}])
    assert post(wire, bucket, made["fields"], b"x").status == 204
    found = s3.get_object_tagging(Bucket=bucket, Key="t")["TagSet"]
    assert found == [{"Key": "a", "Value": "b c"}]
