"""SigV4 as S3 has it: the path is escaped once, the body's hash is declared in a header, and a
request may be anonymous, presigned, or a browser's form with a signed policy.

Refusals have S3's own codes and texts (S3 API reference, "Error responses"; "Authenticating
Requests"). What `read_claim` and `check_time` find is put in S3's words here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import parse_qsl

from jedlik.api.errors import ApiError

from .authenticator import CLOCK_SKEW_S, Authenticator, basic_date
from .authorization import Claim, SignedRequest, parse_date, read_claim
from .credentials import Credential, Identity
from .errors import MISMATCH
from .s3_old import OldClaim, check_old_time, old_signature, old_text, read_old_claim
from .sigv4 import (
    TERMINATOR,
    SigningKey,
    canonical_request,
    escape_path,
    string_to_sign,
)

SERVICE = "s3"
OLD_REGION = "us-east-1"  # the only one where signature version 2 is known
UNSIGNED = "UNSIGNED-PAYLOAD"
SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_CHUNKS_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_CHUNKS_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
CHUNKED = (SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER, UNSIGNED_CHUNKS_TRAILER)

WEEK_S = 604_800
_PARAMETERS = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date",
               "X-Amz-SignedHeaders", "X-Amz-Expires")  # fmt: skip
_MALFORMED_CREDENTIAL = (
    'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
)
_NEED_NOT_BE_SIGNED = (b"x-amz-content-sha256", b"x-amz-te")
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request, and how its body is signed.

    identity: None for somebody who signed nothing. payload: the declared hash, or one of the words
    above. region: the one that was signed for, "" where the signature has none. in_query: it was
    signed in the query. seed: for signed chunks, what the first of them builds on, with `key`; a
    developer's are not verified (key is None).
    """

    identity: Identity | None
    payload: str = UNSIGNED
    region: str = ""
    in_query: bool = False
    seed: str = ""
    date: str = ""
    scope: str = ""
    key: SigningKey | None = None


def authenticate(
    authenticator: Authenticator, request: SignedRequest, now: float, bucket: str = ""
) -> Caller:
    """bucket: the one in the host's name, if it is there. Raises ApiError."""
    old = read_old_claim(request)
    if old is not None:
        return _authenticate_old(authenticator, request, old, now, bucket)
    header = request.header(b"authorization")
    if header is None and b"X-Amz-Algorithm=" not in request.query:
        return Caller(None)
    if header is not None and not header.startswith(b"AWS4-HMAC-SHA256"):
        if header.startswith(b"AWS4-ECDSA"):
            raise ApiError("NotImplemented", "SigV4A is not implemented.", status=501)
        raise ApiError("InvalidArgument", "Unsupported Authorization Type")
    in_query = header is None
    claim = _claim_of(request, header)
    payload = _payload(request, in_query=in_query)
    credential = authenticator.credentials.find(claim.access_key, claim.token)
    if credential is None and authenticator.admits(claim.access_key, claim.token):
        if in_query:
            _check_time(claim, now)  # a URL that has expired has done so whoever signed it
        who = Identity(claim.access_key, authenticator.account, claim.region, None)
        return Caller(who, payload, claim.region, in_query)
    _check_scope(claim, in_query=in_query)
    _check_time(claim, now)
    known = _usable(credential, claim.access_key, claim.token, now)
    key = authenticator.signing_key(known, claim)
    _check_signature(request, claim, key, payload)
    authenticator.credentials.used(claim.access_key, now, claim.region, SERVICE)
    principal = known.principal
    identity = Identity(claim.access_key, principal.account, claim.region, principal)
    date = basic_date(claim.time_s)
    return Caller(
        identity, payload, claim.region, in_query, claim.signature, date, claim.scope, key
    )


def _authenticate_old(
    authenticator: Authenticator, request: SignedRequest, claim: OldClaim, now: float, bucket: str
) -> Caller:
    """Signature version 2 names no region: the server's own is meant."""
    credential = authenticator.credentials.find(claim.access_key, claim.token)
    if credential is None and authenticator.admits(claim.access_key, claim.token):
        return Caller(Identity(claim.access_key, authenticator.account, OLD_REGION, None))
    check_old_time(request, claim, now)
    known = _usable(credential, claim.access_key, claim.token, now)
    text = old_text(request, claim, request.headers, bucket)
    if not compare_digest(old_signature(known, text).encode(), claim.signature.encode("latin-1")):
        raise _mismatch(claim.access_key, text, claim.signature, "")
    authenticator.credentials.used(claim.access_key, now, OLD_REGION, SERVICE)
    principal = known.principal
    return Caller(Identity(claim.access_key, principal.account, OLD_REGION, principal))


def authenticate_form(
    authenticator: Authenticator, fields: Mapping[str, str], now: float
) -> Caller:
    """Who signed the policy of a browser's form. fields: by lower-case name. Raises ApiError."""
    if "x-amz-signature" not in fields:
        if "awsaccesskeyid" in fields and "signature" in fields and "policy" in fields:
            return _authenticate_old_form(authenticator, fields, now)
        if "awsaccesskeyid" in fields or "x-amz-credential" in fields:
            missing = "Signature" if "awsaccesskeyid" in fields else "X-Amz-Signature"
            raise ApiError(
                "InvalidArgument",
                f"Bucket POST must contain a field named '{missing}'.  If it is specified, please "
                "check the order of the fields.",
                fields={"ArgumentName": missing, "ArgumentValue": ""},
            )
        return Caller(None)
    for name in ("policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date"):
        if name not in fields:
            raise ApiError(
                "InvalidArgument",
                f"Bucket POST must contain a field named '{name}'.  If it is specified, please "
                "check the order of the fields.",
                fields={"ArgumentName": name, "ArgumentValue": ""},
            )
    if fields["x-amz-algorithm"] != "AWS4-HMAC-SHA256":
        raise _malformed("Unsupported algorithm", in_query=True)
    elements = fields["x-amz-credential"].rsplit("/", 4)
    time_s = parse_date(fields["x-amz-date"])
    if len(elements) != 5 or time_s is None:
        raise _malformed("the Credential is mal-formed", in_query=False)
    access_key, day, region, service, terminator = elements
    token = fields.get("x-amz-security-token")
    claim = Claim(
        access_key=access_key, day=day, region=region, service=service, terminator=terminator,
        signed_headers=(), signature=fields["x-amz-signature"], date=fields["x-amz-date"],
        time_s=time_s, token=token, expires_s=None,
    )  # fmt: skip
    credential = authenticator.credentials.find(access_key, token)
    if credential is None and authenticator.admits(access_key, token):
        return Caller(Identity(access_key, authenticator.account, region, None), region=region)
    _check_scope(claim, in_query=False)
    known = _usable(credential, access_key, token, now)
    expected = authenticator.signing_key(known, claim).sign(fields["policy"].encode())
    if not compare_digest(expected, claim.signature.encode("latin-1", "replace")):
        raise _mismatch(access_key, fields["policy"], claim.signature, "")
    authenticator.credentials.used(access_key, now, region, SERVICE)
    who = Identity(access_key, known.principal.account, region, known.principal)
    return Caller(who, region=region)


def _authenticate_old_form(
    authenticator: Authenticator, fields: Mapping[str, str], now: float
) -> Caller:
    access_key, token = fields["awsaccesskeyid"], fields.get("x-amz-security-token")
    credential = authenticator.credentials.find(access_key, token)
    if credential is None and authenticator.admits(access_key, token):
        return Caller(Identity(access_key, authenticator.account, OLD_REGION, None))
    known = _usable(credential, access_key, token, now)
    expected, sent = old_signature(known, fields["policy"]), fields["signature"]
    if not compare_digest(expected.encode(), sent.encode("latin-1", "replace")):
        raise _mismatch(access_key, fields["policy"], sent, "")
    authenticator.credentials.used(access_key, now, OLD_REGION, SERVICE)
    return Caller(Identity(access_key, known.principal.account, OLD_REGION, known.principal))


def _claim_of(request: SignedRequest, header: bytes | None) -> Claim:
    """What a request says of its signature, and the mistakes in it in S3's words."""
    query = _parameters(request.query)
    if header is not None and "X-Amz-Algorithm" in query:
        raise ApiError(
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "
            "query string parameter or the Authorization header should be specified",
            fields={
                "ArgumentName": "Authorization",
                "ArgumentValue": header.decode("latin-1"),
            },
        )
    if header is None:
        _check_parameters(query)
    else:
        text = header.decode("latin-1")
        if not all(f"{part}=" in text for part in ("Credential", "SignedHeaders", "Signature")):
            raise _malformed(
                "the authorization header requires three components: Credential, SignedHeaders, "
                "and Signature.",
                in_query=False,
            )
        if not (request.header(b"x-amz-date") or request.header(b"date")):
            raise ApiError(
                "AccessDenied",
                "AWS authentication requires a valid Date or x-amz-date header",
                status=403,
            )
    try:
        return read_claim(request)
    except ApiError as refusal:
        raise _malformed(
            _MALFORMED_CREDENTIAL
            if (refusal.message or "").startswith("Credential must")
            else refusal.message or "",
            in_query=header is None,
        ) from refusal


def _check_parameters(query: Mapping[str, str]) -> None:
    """Raises AuthorizationQueryParametersError."""
    wrong = ""
    expiry = query.get("X-Amz-Expires", "")
    if not all(query.get(name) for name in _PARAMETERS):
        wrong = (
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        )
    elif query["X-Amz-Algorithm"] != "AWS4-HMAC-SHA256":
        wrong = 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"'
    elif not re.fullmatch(r"[+-]?[0-9]{1,18}", expiry):
        wrong = "X-Amz-Expires should be a number"
    elif int(expiry) < 0:
        wrong = "X-Amz-Expires must be non-negative"
    elif int(expiry) > WEEK_S:
        wrong = (
            "X-Amz-Expires must be less than a week (in seconds); that is, the given "
            f"X-Amz-Expires must be less than {WEEK_S} seconds"
        )
    elif parse_date(query["X-Amz-Date"]) is None:
        wrong = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
    if wrong:
        raise ApiError("AuthorizationQueryParametersError", wrong)
    if int(expiry) == 0:
        raise ApiError(
            "AccessDenied", "Request has expired", status=403, fields={"X-Amz-Expires": expiry}
        )


def _parameters(query: bytes) -> dict[str, str]:
    return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))


def _payload(request: SignedRequest, *, in_query: bool) -> str:
    declared = (request.header(b"x-amz-content-sha256") or b"").decode("latin-1")
    if not declared:
        if in_query:
            return UNSIGNED
        raise ApiError(
            "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"
        )
    if declared == UNSIGNED or declared in CHUNKED or _SHA256.fullmatch(declared):
        return declared
    raise ApiError(
        "InvalidArgument",
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, "
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
        fields={"ArgumentName": "x-amz-content-sha256", "ArgumentValue": declared},
    )


def _check_scope(claim: Claim, *, in_query: bool) -> None:
    if not claim.region:
        raise _malformed("the region in the credential is missing", in_query=in_query)
    if claim.service != SERVICE:
        raise _malformed(
            f'incorrect service "{claim.service}". This endpoint belongs to "s3".',
            in_query=in_query,
        )
    if claim.terminator != TERMINATOR:
        raise _malformed(
            f'incorrect terminal "{claim.terminator}". This endpoint uses "aws4_request".',
            in_query=in_query,
        )
    day = basic_date(claim.time_s)[:8]
    if claim.day != day:
        raise _malformed(
            f'Invalid credential date "{claim.day}". This date is not the same as '
            f'X-Amz-Date: "{day}".',
            in_query=in_query,
        )


def _check_time(claim: Claim, now: float) -> None:
    sent, server = basic_date(claim.time_s), _iso(now)
    if claim.expires_s is None:
        if abs(claim.time_s - now) > CLOCK_SKEW_S:
            raise ApiError(
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
                status=403,
                fields={
                    "RequestTime": sent,
                    "ServerTime": server,
                    "MaxAllowedSkewMilliseconds": str(CLOCK_SKEW_S * 1000),
                },
            )
    elif claim.time_s > now + CLOCK_SKEW_S:
        raise ApiError("AccessDenied", "Request is not valid yet", status=403)
    elif now > claim.time_s + claim.expires_s:
        raise ApiError(
            "AccessDenied",
            "Request has expired",
            status=403,
            fields={
                "X-Amz-Expires": str(claim.expires_s),
                "Expires": _iso(claim.time_s + claim.expires_s),
                "ServerTime": server,
            },
        )


def _usable(
    credential: Credential | None, access_key: str, token: str | None, now: float
) -> Credential:
    if credential is None:
        raise ApiError(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            status=403,
            fields={"AWSAccessKeyId": access_key},
        )
    if credential.session_token != token:
        raise ApiError("InvalidToken", "The provided token is malformed or otherwise invalid.")
    if credential.expires_at <= now:
        raise ApiError("ExpiredToken", "The provided token has expired.")
    return credential


def _check_signature(request: SignedRequest, claim: Claim, key: SigningKey, payload: str) -> None:
    signed = [name.encode("latin-1") for name in claim.signed_headers]
    if b"host" not in signed:
        raise _malformed("the signed headers lack 'host'", in_query=claim.expires_s is not None)
    missing = [
        name
        for name in request.headers
        if name.startswith(b"x-amz-") and name not in signed and name not in _NEED_NOT_BE_SIGNED
    ]
    if missing:
        raise ApiError(
            "AccessDenied",
            "There were headers present in the request which were not signed",
            status=403,
            fields={"HeadersNotSigned": b", ".join(sorted(missing)).decode("latin-1")},
        )
    unsigned = request.header(b"x-amz-content-sha256") is None
    headers = [(name, request.header(name) or b"") for name in signed]

    def canonical_with(path: bytes) -> bytes:
        return canonical_request(
            request.method,
            path,
            request.query,
            headers=headers,
            signed_headers=b";".join(signed),
            payload_hash=UNSIGNED.encode() if unsigned else payload.encode(),
            path_is_canonical=True,
        )

    # Clients sign the path as they send it, or escaped as it should have been sent.
    first = b""
    for path in (escape_path(request.path), request.path):
        canonical = canonical_with(path)
        text = string_to_sign(basic_date(claim.time_s).encode(), claim.scope.encode(), canonical)
        if compare_digest(key.sign(text), claim.signature.encode("latin-1")):
            return
        first = first or canonical
    text = string_to_sign(basic_date(claim.time_s).encode(), claim.scope.encode(), first)
    raise _mismatch(
        claim.access_key, text.decode("latin-1"), claim.signature, first.decode("latin-1")
    )


def _mismatch(access_key: str, text: str, signature: str, canonical: str) -> ApiError:
    fields = {
        "AWSAccessKeyId": access_key,
        "StringToSign": text,
        "SignatureProvided": signature,
        "StringToSignBytes": text.encode("latin-1", "replace").hex(" "),
    }
    if canonical:
        fields["CanonicalRequest"] = canonical
        fields["CanonicalRequestBytes"] = canonical.encode("latin-1").hex(" ")
    message = MISMATCH.replace(" Consult the service documentation for details.", "").replace(
        "AWS Secret Access Key and signing method", "key and signing method"
    )
    return ApiError("SignatureDoesNotMatch", message, status=403, fields=fields)


def _malformed(what: str, *, in_query: bool) -> ApiError:
    if in_query:
        return ApiError(
            "AuthorizationQueryParametersError",
            f"Error parsing the X-Amz-Credential parameter; {what}",
        )
    return ApiError(
        "AuthorizationHeaderMalformed",
        f"The authorization header is malformed; {what}",
    )


def _iso(time_s: float) -> str:
    text = basic_date(time_s)
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[9:11]}:{text[11:13]}:{text[13:15]}Z"
