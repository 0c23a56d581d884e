"""Refusals as DAX's clients read them: lists of numbers, the text, and what DynamoDB calls it.

Clients look the numbers up in a tree of their own; for numbers they do not know they fall back to
the third value, which is therefore always sent.
"""

from __future__ import annotations

from typing import Any

from jedlik.api.errors import ApiError

from .cbor import ARRAY, NULL, head, integer, text
from .keys import KeySchema
from .replies import ItemWriter, NewLists

RETRYABLE, CLIENT = 1, 4
AUTHENTICATION = (4, 23, 31, 33)
TABLE_NOT_FOUND = (4, 23, 24)
"""What defineKeySchema says; operations have a number of their own for it."""
ACCESS_DENIED = (4, 37, 38, 42)

_AUTHENTICATION_CODES = frozenset(
    (
        "UnrecognizedClientException",
        "MissingAuthenticationTokenException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "ExpiredTokenException",
    )
)
_LAST = {
    "ProvisionedThroughputExceededException": 40,
    "ResourceNotFoundException": 41,
    "ConditionalCheckFailedException": 43,
    "ResourceInUseException": 45,
    "ValidationException": 46,
    "SerializationException": 46,
    "InternalServerError": 47,
    "ItemCollectionSizeLimitExceededException": 48,
    "LimitExceededException": 49,
    "ThrottlingException": 50,
    "TransactionConflictException": 57,
    "TransactionCanceledException": 58,
    "TransactionInProgressException": 59,
    "IdempotentParameterMismatchException": 60,
    "RequestLimitExceeded": 61,
}


def codes_of(refusal: ApiError) -> tuple[int, ...]:
    if refusal.code in _AUTHENTICATION_CODES:
        return AUTHENTICATION
    if refusal.code == "AccessDeniedException":
        return ACCESS_DENIED
    first = RETRYABLE if refusal.status == 503 else CLIENT
    return (first, 37, 38, 39, _LAST.get(refusal.code, 47 if refusal.status >= 500 else 46))


def write_refusal(
    refusal: ApiError,
    request_id: str,
    *,
    codes: tuple[int, ...] = (),
    reasons: bytes | None = None,
) -> bytes:
    """reasons: those of a cancelled transaction, encoded."""
    codes = codes or codes_of(refusal)
    parts = [head(ARRAY, len(codes)), *map(integer, codes), text(refusal.message or "")]
    parts.append(head(ARRAY, 3 if reasons is None else 4))
    parts += (text(request_id), text(refusal.code), integer(refusal.status), reasons or b"")
    return b"".join(parts)


def write_reasons(
    reasons: list[dict[str, Any]], schemas: list[KeySchema], items: ItemWriter
) -> bytes:
    """Why a transaction was cancelled: code, text and item of each action, one after the other.

    Raises NewLists.
    """
    items.missing.clear()
    parts = [head(ARRAY, 3 * len(reasons))]
    for reason, schema in zip(reasons, schemas, strict=True):
        parts.append(text(reason["Code"]))
        parts.append(text(reason["Message"]) if "Message" in reason else NULL)
        parts.append(items.wrapped(reason["Item"], schema.names) if "Item" in reason else NULL)
    if items.missing:
        raise NewLists(items.missing)
    return b"".join(parts)
