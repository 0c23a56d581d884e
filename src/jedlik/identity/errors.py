"""Refusals of authentication, in AWS's words; each text once.

AWS puts these before any check of the operation's own input. Source: AWS Signature Version 4
troubleshooting guide and answers of DynamoDB seen in the wild; dynalite, which recorded them,
answers the same (tests/wire/test_authentication.py). None of them ever holds a secret.
"""

from __future__ import annotations

from collections.abc import Iterable

from jedlik.api.errors import ApiError

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)


def missing_token() -> ApiError:
    """Nothing in the request claims to be a signature."""
    return ApiError(
        "MissingAuthenticationTokenException", "Request is missing Authentication Token"
    )


def unknown_client() -> ApiError:
    """No such access key here, or not with this session token."""
    return ApiError(
        "UnrecognizedClientException", "The security token included in the request is invalid."
    )


def expired_token() -> ApiError:
    """The session is over."""
    return ApiError(
        "ExpiredTokenException", "The security token included in the request is expired"
    )


def incomplete(message: str) -> ApiError:
    return ApiError("IncompleteSignatureException", message)


def incomplete_header(missing: Iterable[str], *, dated: bool, authorization: str) -> ApiError:
    """missing: parameters that the Authorization header lacks. dated: whether a date came."""
    texts = [f"Authorization header requires '{name}' parameter. " for name in missing]
    if not dated:
        texts.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        )
    return incomplete("".join(texts) + f"Authorization={authorization}")


def incomplete_query(missing: Iterable[str]) -> ApiError:
    texts = [f"AWS query-string parameters must include '{name}'. " for name in missing]
    return incomplete("".join(texts) + "Re-examine the query-string parameters.")


def no_key_value_pair(part: str, authorization: str) -> ApiError:
    return incomplete(
        f"'{part}' not a valid key=value pair (missing equal-sign) "
        f"in Authorization header: '{authorization}'."
    )


def malformed_credential(credential: str) -> ApiError:
    return incomplete(
        "Credential must have exactly 5 slash-delimited elements, "
        f"e.g. keyid/date/region/service/term, got '{credential}'"
    )


def malformed_date(text: str) -> ApiError:
    return incomplete(
        f"Date must be in ISO-8601 'basic format'. Got '{text}'. "
        "See http://en.wikipedia.org/wiki/ISO_8601"
    )


def unsupported_algorithm(algorithm: str) -> ApiError:
    # Unverified: AWS's words for an algorithm it does not know were not found.
    return incomplete(f"Unsupported AWS 'algorithm': '{algorithm}'.")


def malformed_expiry(text: str) -> ApiError:
    # Unverified, as above.
    return incomplete(f"X-Amz-Expires must be a number between 1 and 604800, got '{text}'.")


def invalid_signature(message: str) -> ApiError:
    return ApiError("InvalidSignatureException", message)


def two_signatures() -> ApiError:
    return invalid_signature(
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
    )


def unsigned_host() -> ApiError:
    return invalid_signature(
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    )


def expired(date: str, bound: str, now: str, minutes: str) -> ApiError:
    return invalid_signature(
        f"Signature expired: {date} is now earlier than {bound} ({now} - {minutes} min.)"
    )


def not_yet_current(date: str, bound: str, now: str, minutes: str) -> ApiError:
    return invalid_signature(
        f"Signature not yet current: {date} is still later than {bound} ({now} + {minutes} min.)"
    )


def mismatch(canonical_request: bytes, string_to_sign: bytes) -> ApiError:
    """The signature is wrong; the client is shown what it should have signed."""
    return invalid_signature(
        f"{MISMATCH}\n\nThe Canonical String for this request should have been\n"
        f"'{canonical_request.decode('latin-1')}'\n\nThe String-to-Sign should have been\n"
        f"'{string_to_sign.decode('latin-1')}'\n"
    )
