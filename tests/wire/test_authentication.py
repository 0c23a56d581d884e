"""SigV4 at the door, with botocore as the signer: what is accepted, and each refusal's exact words.

Each case goes over one connection three times, so that the third is seen by a learned layout and,
where the first was accepted, by a shortcut.
"""

from __future__ import annotations

import gzip
import hashlib
import time
from collections.abc import Iterator
from unittest import mock

import orjson
import pytest
from botocore.auth import SigV4Auth

from jedlik.identity import root_credential
from tests.wire.servers import ACCOUNT, SESSION_KEY, SESSION_TOKEN, Client, RunningGateway
from tests.wire.signed import BODY, sign

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)
UNKNOWN = "The security token included in the request is invalid."


def accept_repeatedly(client: Client) -> None:
    """Until the connection knows layout, shortcut and beginning of such a request."""
    request = sign().bytes()
    for _ in range(8):
        assert client.send(request).answer().status == 200


@pytest.fixture(params=["fresh", "after good ones"])
def strict(request, strict_gateway: RunningGateway) -> Iterator[Client]:
    """A connection where unknown keys are refused; once with, once without a shortcut learned."""
    client = strict_gateway.connect()
    if request.param != "fresh":
        accept_repeatedly(client)
    yield client
    client.socket.close()


def refusal(client: Client, request: bytes) -> tuple[str, str]:
    """Code with namespace and message of the refusal; the same three times over."""
    seen = set()
    for _ in range(3):
        answer = client.send(request).answer()
        assert answer.status == 400
        body = orjson.loads(answer.body)
        assert set(body) == {"__type", "message"}
        seen.add((body["__type"], body["message"]))
    assert len(seen) == 1
    return seen.pop()


def who(client: Client, request: bytes) -> dict[str, str]:
    """Who the operation was told is calling; the same four times over."""
    seen = []
    for _ in range(4):
        answer = client.send(request).answer()
        assert answer.status == 200, answer.body
        told = orjson.loads(answer.body)
        del told["id"]
        seen.append(told)
    assert all(each == seen[0] for each in seen)
    return seen[0]


ROOT = {"account": ACCOUNT, "region": "us-east-1", "arn": f"arn:aws:iam::{ACCOUNT}:root"}


def test_a_good_signature(strict: Client) -> None:
    assert who(strict, sign().bytes()) == ROOT


def test_region_comes_from_the_scope(strict: Client) -> None:
    assert who(strict, sign(region="eu-west-3").bytes())["region"] == "eu-west-3"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Amz-Content-SHA256": hashlib.sha256(BODY).hexdigest()},
        {"X-Custom": "a  value   with\tblanks "},
        {"Amz-Sdk-Request": "attempt=1", "Accept-Encoding": "identity"},
        {"Content-Type": "application/x-amz-json-1.0; charset=utf-8"},
        {"Content-Type": "application/json"},
        {"Content-Type": "application/x-amz-json-1.1"},
        {"X-Percent%Name": "100%b %d"},
    ],
)
def test_other_headers_may_be_signed(strict: Client, headers: dict[str, str]) -> None:
    assert who(strict, sign(headers=headers).bytes()) == ROOT


@pytest.mark.parametrize("path", ["/?a=b&A=%20&c", "/x/../y//z", "/sp%20ace/~tilde/%7E", "/x/"])
def test_paths_and_queries_are_signed(strict: Client, path: str) -> None:
    assert who(strict, sign(path=path).bytes()) == ROOT
    code, _ = refusal(strict, sign(path=path).bytes().replace(b"POST /", b"POST /0/", 1))
    assert code == "com.amazon.coral.service#InvalidSignatureException"


def test_unsigned_payload_is_accepted_as_declared(strict: Client) -> None:
    with mock.patch.object(SigV4Auth, "payload", lambda *_: "UNSIGNED-PAYLOAD"):
        request = sign(headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
    request.body = BODY.replace(b'"t"', b'"u"')
    assert who(strict, request.bytes()) == ROOT


def test_a_declared_hash_that_is_wrong(strict: Client) -> None:
    wrong = hashlib.sha256(b"other").hexdigest()
    code, _ = refusal(strict, sign(headers={"X-Amz-Content-SHA256": wrong}).bytes())
    assert code == "com.amazon.coral.service#InvalidSignatureException"


def test_gzip_bodies_are_signed_as_sent(strict: Client) -> None:
    request = sign(body=gzip.compress(BODY), headers={"Content-Encoding": "gzip"})
    assert who(strict, request.bytes()) == ROOT


def test_large_bodies(strict: Client) -> None:
    body = BODY[:-1] + b',"X":"' + b"x" * 3_000_000 + b'"}'
    answer = strict.send(sign(body=body).bytes()).answer()
    assert answer.status == 200


TAMPERED = {
    "body": lambda r: setattr(r, "body", BODY.replace(b"who", b"Who")),
    "target": lambda r: r.headers.update({"X-Amz-Target": "DynamoDB_20120810.PutItem"}),
    "host": lambda r: r.headers.update({"Host": "127.0.0.1:8001"}),
    "type": lambda r: r.headers.update({"Content-Type": "application/json"}),
    "signature": lambda r: r.headers.update(
        {"Authorization": r.headers["Authorization"][:-1] + "g"}
    ),
    "upper-case signature": lambda r: r.headers.update(
        {"Authorization": r.headers["Authorization"][:-64] + "A" * 64}
    ),
    "short signature": lambda r: r.headers.update(
        {"Authorization": r.headers["Authorization"][:-2]}
    ),
    "method": lambda r: setattr(r, "method", "POST") or setattr(r, "target", "/?x=1"),
    "signed headers": lambda r: r.headers.update(
        {"Authorization": r.headers["Authorization"].replace("content-type;", "")}
    ),
    "region": lambda r: r.headers.update(
        {"Authorization": r.headers["Authorization"].replace("us-east-1", "us-east-2")}
    ),
}


@pytest.mark.parametrize("part", TAMPERED)
def test_a_tampered_request(strict: Client, part: str) -> None:
    request = sign()
    TAMPERED[part](request)
    if part == "target":  # an operation that is there, else it is simply unknown
        request = sign(operation="DynamoDB_20120810.PutItem")
        request.headers["X-Amz-Target"] = "DynamoDB_20120810.GetItem"
    code, message = refusal(strict, request.bytes())
    assert code == "com.amazon.coral.service#InvalidSignatureException"
    assert message.startswith(MISMATCH)


def test_a_tampered_date(strict: Client) -> None:
    request = sign(time_s=time.time() - 60)
    request.headers["X-Amz-Date"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    assert refusal(strict, request.bytes())[1].startswith(MISMATCH)


def test_the_wrong_secret_is_told_what_to_sign(strict: Client) -> None:
    """AWS's form, see boto/boto issue 1552."""
    request = sign(secret="wrong", time_s=int(time.time()))
    code, message = refusal(strict, request.bytes())
    date = request.headers["X-Amz-Date"]
    payload = hashlib.sha256(BODY).hexdigest()
    canonical = (
        "POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:127.0.0.1:8000\n"
        f"x-amz-date:{date}\nx-amz-target:DynamoDB_20120810.GetItem\n\n"
        f"content-type;host;x-amz-date;x-amz-target\n{payload}"
    )
    assert code == "com.amazon.coral.service#InvalidSignatureException"
    assert message == (
        f"{MISMATCH}\n\nThe Canonical String for this request should have been\n'{canonical}'\n\n"
        f"The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n{date}\n"
        f"{date[:8]}/us-east-1/dynamodb/aws4_request\n"
        f"{hashlib.sha256(canonical.encode()).hexdigest()}'\n"
    )


def test_nothing_secret_is_told(strict: Client) -> None:
    answer = strict.send(sign(secret="wrong").bytes()).answer()
    assert b"jedlik" not in answer.body


def test_an_unknown_key(strict: Client) -> None:
    code, message = refusal(strict, sign(key="AKIAUNKNOWN").bytes())
    assert (code, message) == ("com.amazon.coral.service#UnrecognizedClientException", UNKNOWN)


def test_a_session_needs_its_token(strict: Client) -> None:
    who_is_it = who(
        strict, sign(key=SESSION_KEY, secret="session-secret", token=SESSION_TOKEN).bytes()
    )
    assert who_is_it["account"] == "111122223333"
    for token in ("another", None):
        request = sign(key=SESSION_KEY, secret="session-secret", token=token)
        assert refusal(strict, request.bytes())[1] == UNKNOWN
    assert refusal(strict, sign(token=SESSION_TOKEN).bytes())[1] == UNKNOWN


def test_a_removed_key_is_unknown_at_once(strict_gateway: RunningGateway) -> None:
    credentials = strict_gateway.credentials
    credentials.add(root_credential("temporary", "one", ACCOUNT))
    client = strict_gateway.connect()
    assert who(client, sign(key="temporary", secret="one").bytes()) == ROOT
    credentials.add(root_credential("temporary", "two", ACCOUNT))
    assert refusal(client, sign(key="temporary", secret="one").bytes())[1].startswith(MISMATCH)
    assert who(client, sign(key="temporary", secret="two").bytes()) == ROOT
    credentials.remove("temporary")
    assert refusal(client, sign(key="temporary", secret="two").bytes())[1] == UNKNOWN


# The clock

NOON = 1_795_348_800  # 2026-11-22T12:00:00Z


@pytest.fixture
def at_noon(strict_gateway: RunningGateway) -> Iterator[Client]:
    strict_gateway.clock.now = NOON
    client = strict_gateway.connect()
    for _ in range(8):
        assert client.send(sign(time_s=NOON).bytes()).answer().status == 200
    yield client
    strict_gateway.clock.now = None


@pytest.mark.parametrize("skew", [-900, -1, 0, 1, 900])
def test_fifteen_minutes_either_way_are_allowed(at_noon: Client, skew: int) -> None:
    assert who(at_noon, sign(time_s=NOON + skew).bytes()) == ROOT


def test_an_old_signature(at_noon: Client) -> None:
    assert refusal(at_noon, sign(time_s=NOON - 901).bytes()) == (
        "com.amazon.coral.service#InvalidSignatureException",
        "Signature expired: 20261122T114459Z is now earlier than "
        "20261122T114500Z (20261122T120000Z - 15 min.)",
    )


def test_a_signature_from_the_future(at_noon: Client) -> None:
    assert refusal(at_noon, sign(time_s=NOON + 901).bytes()) == (
        "com.amazon.coral.service#InvalidSignatureException",
        "Signature not yet current: 20261122T121501Z is still later than "
        "20261122T121500Z (20261122T120000Z + 15 min.)",
    )


def test_a_date_header_will_do(at_noon: Client) -> None:
    request = sign(time_s=NOON, headers={"Date": "-"})
    assert "X-Amz-Date" not in request.headers
    assert request.headers["Date"] == "Sun, 22 Nov 2026 12:00:00 -0000"
    assert who(at_noon, request.bytes()) == ROOT


# The scope


def test_everything_wrong_with_the_scope_is_told_at_once(at_noon: Client) -> None:
    request = sign(time_s=NOON)
    request.headers["Authorization"] = (
        "AWS4-HMAC-SHA256 Credential=jedlik/20261121//s3/aws5_request, "
        "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64
    )
    assert refusal(at_noon, request.bytes()) == (
        "com.amazon.coral.service#InvalidSignatureException",
        "Credential should be scoped to a valid region, not ''. "
        "Credential should be scoped to correct service: 'dynamodb'. "
        "Credential should be scoped with a valid terminator: 'aws4_request', "
        "not 'aws5_request'. "
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        "HTTP: '20261121' != '20261122', from '20261122T120000Z'. ",
    )


def test_another_service(strict: Client) -> None:
    assert refusal(strict, sign(service="execute-api").bytes()) == (
        "com.amazon.coral.service#InvalidSignatureException",
        "Credential should be scoped to correct service: 'dynamodb'. ",
    )


def test_the_host_must_be_signed(strict: Client) -> None:
    request = sign()
    authorization = request.headers["Authorization"].replace("host;", "")
    request.headers["Authorization"] = authorization
    assert refusal(strict, request.bytes()) == (
        "com.amazon.coral.service#InvalidSignatureException",
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    )


# What is incomplete. dynalite, which recorded AWS, gives the same answers.

ALL_MISSING = (
    "Authorization header requires 'Credential' parameter. "
    "Authorization header requires 'Signature' parameter. "
    "Authorization header requires 'SignedHeaders' parameter. "
)
NO_DATE = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
PARTS = "Credential=a/20261122/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"


@pytest.mark.parametrize(
    ("authorization", "dated", "message"),
    [
        ("AWS4-", False, ALL_MISSING + NO_DATE + "Authorization=AWS4-"),
        ("AWS4-HMAC-SHA256 ", True, ALL_MISSING + "Authorization=AWS4-HMAC-SHA256"),
        (
            f"AWS4-HMAC-SHA256 {PARTS}",
            False,
            NO_DATE + f"Authorization=AWS4-HMAC-SHA256 {PARTS}",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=, Signature=0",
            True,
            "Authorization header requires 'Credential' parameter. "
            "Authorization header requires 'SignedHeaders' parameter. "
            "Authorization=AWS4-HMAC-SHA256 Credential=, Signature=0",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=0",
            True,
            "Credential must have exactly 5 slash-delimited elements, "
            "e.g. keyid/date/region/service/term, got 'a/b/c'",
        ),
        (
            f"AWS4-HMAC-SHA256 lost, {PARTS}",
            True,
            "'lost' not a valid key=value pair (missing equal-sign) in Authorization header: "
            f"'AWS4-HMAC-SHA256 lost, {PARTS}'.",
        ),
        (f"AWS4-FOO {PARTS}", True, "Unsupported AWS 'algorithm': 'AWS4-FOO'."),
    ],
)
@pytest.mark.parametrize("mode", ["open", "strict"])
def test_an_incomplete_header(
    open_gateway, strict_gateway, mode: str, authorization: str, dated: bool, message: str
) -> None:
    client = (open_gateway if mode == "open" else strict_gateway).connect()
    request = sign()
    request.headers["Authorization"] = authorization
    if not dated:
        del request.headers["X-Amz-Date"]
    assert refusal(client, request.bytes()) == (
        "com.amazon.coral.service#IncompleteSignatureException",
        message,
    )


def test_a_date_that_is_none(strict: Client) -> None:
    for date in ("yesterday", "20261322T000000Z", "2026-11-22T00:00:00Z"):
        request = sign()
        request.headers["X-Amz-Date"] = date
        assert refusal(strict, request.bytes()) == (
            "com.amazon.coral.service#IncompleteSignatureException",
            f"Date must be in ISO-8601 'basic format'. Got '{date}'. "
            "See http://en.wikipedia.org/wiki/ISO_8601",
        )


@pytest.mark.parametrize("authorization", [None, "Basic amVkbGlrOmplZGxpaw==", "Bearer x"])
@pytest.mark.parametrize("mode", ["open", "strict"])
def test_no_signature(open_gateway, strict_gateway, mode: str, authorization: str | None) -> None:
    client = (open_gateway if mode == "open" else strict_gateway).connect()
    request = sign()
    del request.headers["Authorization"]
    if authorization:
        request.headers["Authorization"] = authorization
    assert refusal(client, request.bytes()) == (
        "com.amazon.coral.service#MissingAuthenticationTokenException",
        "Request is missing Authentication Token",
    )


# Presigned


def test_a_presigned_request(strict: Client) -> None:
    request = sign(presigned_s=60)
    assert "Authorization" not in request.headers and "X-Amz-Signature" in request.target
    assert who(strict, request.bytes()) == ROOT


def test_a_presigned_session(strict: Client) -> None:
    session = {"key": SESSION_KEY, "secret": "session-secret", "presigned_s": 60}
    request = sign(token=SESSION_TOKEN, **session)
    assert who(strict, request.bytes())["account"] == "111122223333"
    assert refusal(strict, sign(token="other", **session).bytes())[1] == UNKNOWN


@pytest.mark.parametrize("part", ["X-Amz-Expires=60", "X-Amz-Signature=", "us-east-1"])
def test_a_tampered_presigned_request(strict: Client, part: str) -> None:
    request = sign(presigned_s=60)
    tampered = {"X-Amz-Expires=60": "X-Amz-Expires=61", "us-east-1": "us-east-2"}
    request.target = request.target.replace(part, tampered.get(part, part + "0"))
    assert refusal(strict, request.bytes())[1].startswith(MISMATCH)
    request = sign(presigned_s=60)
    request.body = BODY.replace(b"who", b"Who")
    assert refusal(strict, request.bytes())[1].startswith(MISMATCH)


@pytest.mark.parametrize("part", ["X-Amz-Signature=", "X-Amz-SignedHeaders="])
def test_a_presigned_request_with_other_letters(strict: Client, part: str) -> None:
    """UTF-8 behind percent signs, which no header could have."""
    request = sign(presigned_s=60)
    request.target = request.target.replace(part, f"{part}%F0%9F%98%80")
    assert refusal(strict, request.bytes())[1].startswith(MISMATCH)


def test_a_presigned_request_expires(at_noon: Client) -> None:
    assert who(at_noon, sign(presigned_s=3600, time_s=NOON - 3600).bytes()) == ROOT
    code, message = refusal(at_noon, sign(presigned_s=3600, time_s=NOON - 3601).bytes())
    assert code == "com.amazon.coral.service#InvalidSignatureException"
    assert message.startswith("Signature expired: 20261122T105959Z is now earlier than ")


def test_an_incomplete_query(strict: Client) -> None:
    request = sign()
    del request.headers["Authorization"]
    request.target = "/?X-Amz-Algorithm"
    missing = ("Algorithm", "Credential", "Signature", "SignedHeaders", "Date")
    assert refusal(strict, request.bytes()) == (
        "com.amazon.coral.service#IncompleteSignatureException",
        "".join(f"AWS query-string parameters must include 'X-Amz-{name}'. " for name in missing)
        + "Re-examine the query-string parameters.",
    )


def test_two_signatures(strict: Client) -> None:
    request = sign()
    request.target = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    assert refusal(strict, request.bytes()) == (
        "com.amazon.coral.service#InvalidSignatureException",
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    )


# Open mode


def test_in_open_mode_a_stranger_is_a_developer(open_gateway: RunningGateway) -> None:
    client = open_gateway.connect()
    stranger = {"account": ACCOUNT, "region": "eu-central-1", "arn": None}
    assert who(client, sign(key="fake", secret="x", region="eu-central-1").bytes()) == stranger
    old = sign(key="fake", secret="x", region="eu-central-1", time_s=0)
    assert who(client, old.bytes()) == stranger, "nothing of a stranger's signature is verified"


def test_in_open_mode_a_known_key_is_still_verified(open_gateway: RunningGateway) -> None:
    client = open_gateway.connect()
    assert who(client, sign().bytes()) == ROOT
    assert refusal(client, sign(secret="wrong").bytes())[1].startswith(MISMATCH)


def test_one_connection_may_change_its_signer(open_gateway: RunningGateway) -> None:
    client = open_gateway.connect()
    for _ in range(4):
        assert orjson.loads(client.send(sign().bytes()).answer().body)["arn"] == ROOT["arn"]
        stranger = client.send(sign(key="fake").bytes()).answer()
        assert orjson.loads(stranger.body)["arn"] is None
