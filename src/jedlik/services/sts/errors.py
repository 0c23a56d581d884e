"""STS's errors: every code and text once; what the layers below raise, translated.

Texts marked "unverified" are written after those that AWS's users quote.
"""

from __future__ import annotations

from jedlik.api.errors import ApiError
from jedlik.services.iam.errors import translate as translate_of_iam


def access_denied(message: str) -> ApiError:
    """For trust policies, AWS tells only who asked for what."""
    if "sts:AssumeRole" in message or "sts:TagSession" in message:
        message = message.partition(" because no ")[0]
    return ApiError("AccessDenied", message, status=403)


def may_not_assume(arn: str, role: str) -> ApiError:
    """The same whether the role is there or not."""
    return access_denied(
        f"User: {arn} is not authorized to perform: sts:AssumeRole on resource: {role}"
    )


def root_may_not_assume() -> ApiError:
    return access_denied("Roles may not be assumed by root accounts.")


def only_long_term(operation: str) -> ApiError:
    return access_denied(f"Cannot call {operation} with session credentials")


def no_such_mfa() -> ApiError:
    return access_denied(
        "MultiFactorAuthentication failed, unable to validate MFA code. Please verify your MFA "
        "serial number is valid and associated with this user."
    )


def not_authorized(action: str) -> ApiError:
    """Of web identities."""
    return access_denied(f"Not authorized to perform {action}")


def invalid_token(message: str) -> ApiError:
    return ApiError("InvalidIdentityToken", message)


def expired_token(now: str, expiry: str) -> ApiError:
    return ApiError(
        "ExpiredTokenException",
        f"Token expired: current date/time {now} must be before the expiration date/time {expiry}",
    )


def provider_silent() -> ApiError:
    """The keys of the identity provider could not be fetched."""
    return ApiError(
        "InvalidIdentityToken",
        "Couldn't retrieve verification key from your identity provider, please reference "
        "AssumeRoleWithWebIdentity documentation for requirements",
    )


def packed_too_large(percent: int) -> ApiError:
    return ApiError(
        "PackedPolicyTooLarge",
        f"Packed size of session tags consumes {percent}% of allotted space.",
    )


def malformed_document(message: str) -> ApiError:
    return ApiError("MalformedPolicyDocument", message)


def invalid_parameter(message: str) -> ApiError:
    return ApiError("InvalidParameterValue", message)


def translate(fault: BaseException) -> ApiError | None:
    """What a client is told of what a lower layer raised; None for what nobody expected."""
    return translate_of_iam(fault)
