"""Kinesis' errors: every code and text once.

Texts of errors about streams, shards, iterators and throughput are those that AWS's users quote in
bug reports; the others are unverified, and marked so.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from jedlik.api.errors import ApiError
from jedlik.storage.waist import SpaceDropped, StorageClosed, StorageError
from jedlik.tables.errors import Contended

_log = logging.getLogger("jedlik.kinesis")


def _kinesis(code: str, message: str, status: int = 400) -> ApiError:
    return ApiError(code, message, status=status, namespace="")


def invalid(message: str) -> ApiError:
    return _kinesis("InvalidArgumentException", message)


def validation(message: str) -> ApiError:
    return _kinesis("ValidationException", message)


def wrong_mode(stream: str, account: str, mode: str) -> ApiError:
    """The code is the API reference's; unverified: the text."""
    return validation(
        f"Stream {stream} under account {account} is in {mode} mode, for which this operation "
        "is not supported."
    )


def limit_exceeded(message: str) -> ApiError:
    return _kinesis("LimitExceededException", message)


def in_use(message: str) -> ApiError:
    return _kinesis("ResourceInUseException", message)


def access_denied(message: str) -> ApiError:
    return _kinesis("AccessDeniedException", message)


def unless_dry(req: Mapping[str, Any]) -> None:
    """Raises ApiError for a request that only wanted to know. Called when nothing is wrong with it,
    before it does something. Unverified text."""
    if req.get("DryRun"):
        raise _kinesis("DryRunOperationException", "The request would have succeeded.")


def throttled(message: str) -> ApiError:
    return _kinesis("ProvisionedThroughputExceededException", message)


def rate_exceeded(shard: str, stream: str, account: str) -> str:
    return f"Rate exceeded for shard {shard} in stream {stream} under account {account}."


class NotFound:
    """ResourceNotFoundException."""

    @staticmethod
    def stream(name: str, account: str) -> ApiError:
        return _kinesis(
            "ResourceNotFoundException", f"Stream {name} under account {account} not found."
        )

    @staticmethod
    def shard(shard: str, name: str, account: str) -> ApiError:
        return _kinesis(
            "ResourceNotFoundException",
            f"Shard {shard} in stream {name} under account {account} does not exist",
        )

    @staticmethod
    def consumer(what: str) -> ApiError:
        return _kinesis("ResourceNotFoundException", f"Consumer {what} not found.")  # unverified

    @staticmethod
    def policy(arn: str) -> ApiError:
        return _kinesis("ResourceNotFoundException", f"No policy found for {arn}.")  # unverified


class InUse:
    """ResourceInUseException."""

    @staticmethod
    def exists(name: str, account: str) -> ApiError:
        return in_use(f"Stream {name} under account {account} already exists.")

    @staticmethod
    def not_active(name: str, account: str, status: str) -> ApiError:
        return in_use(
            f"Stream {name} under account {account} not ACTIVE, instead in state {status}"
        )


def expired_iterator(made_ms: int, now_ms: int, life_ms: int) -> ApiError:
    return _kinesis(
        "ExpiredIteratorException",
        f"Iterator expired. The iterator was created at time {_date(made_ms)} while right now it "
        f"is {_date(now_ms)} which is further in the future than the tolerated delay of {life_ms} "
        "milliseconds.",
    )


def expired_token() -> ApiError:
    return _kinesis("ExpiredNextTokenException", "The next token has expired.")  # unverified


def _date(ms: int) -> str:
    return time.strftime("%a %b %d %H:%M:%S UTC %Y", time.gmtime(ms / 1000))


def translate(fault: BaseException) -> ApiError | None:
    """What a client is told of what a lower layer raised; None for what nobody expected."""
    if isinstance(fault, SpaceDropped):
        return _kinesis("ResourceNotFoundException", "The stream was deleted.")
    if isinstance(fault, Contended):
        return _kinesis("LimitExceededException", "Rate exceeded")
    if isinstance(fault, StorageClosed):
        return _kinesis("ServiceUnavailable", "Service is shutting down", 503)
    if isinstance(fault, StorageError):
        _log.error("storage failed: %s: %s", type(fault).__name__, fault)
        return _kinesis("InternalFailure", "Internal Service Failure", 500)
    return None
