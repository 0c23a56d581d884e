"""DynamoDB Streams' errors: every code and text once.

Texts are DynamoDB Local's unless something else is said.
"""

from __future__ import annotations

import logging

from jedlik.api.errors import ApiError, validation
from jedlik.storage.waist import SpaceDropped, StorageClosed, StorageError
from jedlik.tables.errors import Contended

NAMESPACE = "com.amazonaws.dynamodb.v20120810"
INVALID = "One or more parameter values were invalid: "

_log = logging.getLogger("jedlik.dynamodbstreams")


def _streams(code: str, message: str, status: int = 400) -> ApiError:
    return ApiError(code, message, status=status, namespace=NAMESPACE)


class ResourceNotFound:
    """ResourceNotFoundException, for streams and for shards."""

    @staticmethod
    def stream(arn: str) -> ApiError:
        return _streams(
            "ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found"
        )

    @staticmethod
    def shard() -> ApiError:
        """As AWS answered in amazon-archives/logstash-input-dynamodb, issue 4."""
        return _streams(
            "ResourceNotFoundException", "Requested resource not found: Shard does not exist"
        )


def invalid(message: str) -> ApiError:
    """A ValidationException that begins as most do."""
    return validation(INVALID + message)


def invalid_iterator() -> ApiError:
    return validation("Invalid ShardIterator")


def number_outside_shard() -> ApiError:
    return validation("Invalid SequenceNumber for the shard")


def expired_iterator() -> ApiError:
    """Unverified: the text; it is the documentation's."""
    return _streams(
        "ExpiredIteratorException",
        "The shard iterator has expired and can no longer be used to retrieve stream records. "
        "A shard iterator expires 15 minutes after it is retrieved using the GetShardIterator "
        "action.",
    )


def trimmed() -> ApiError:
    """As AWS answered in ironSource/node-dynamodb-stream, issue 13."""
    return _streams(
        "TrimmedDataAccessException", "The data you are trying to access has been trimmed"
    )


def translate(fault: BaseException) -> ApiError | None:
    """What AWS says to what a lower layer raised; None for what nobody expected."""
    if isinstance(fault, SpaceDropped):
        return trimmed()
    if isinstance(fault, StorageClosed):
        return _streams("ServiceUnavailable", "Service is shutting down", status=503)
    if isinstance(fault, (StorageError, Contended)):
        _log.error("storage failed: %s: %s", type(fault).__name__, fault)
        return _streams("InternalServerError", "Internal server error", status=500)
    return None
