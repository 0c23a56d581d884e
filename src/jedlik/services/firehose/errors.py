"""Firehose's errors: every code and text once.

Texts of which AWS's users quote no example are unverified, and marked so.
"""

from __future__ import annotations

import logging

from jedlik.api.errors import ApiError
from jedlik.storage.waist import SpaceDropped, StorageClosed, StorageError
from jedlik.tables.errors import Contended

_log = logging.getLogger("jedlik.firehose")


def _firehose(code: str, message: str, status: int = 400) -> ApiError:
    return ApiError(code, message, status=status, namespace="")


def invalid(message: str) -> ApiError:
    return _firehose("InvalidArgumentException", message)


def not_found(name: str, account: str) -> ApiError:
    return _firehose(
        "ResourceNotFoundException", f"Firehose {name} not found under account {account}."
    )


def no_destination(destination: str) -> ApiError:
    """Unverified text."""
    return _firehose("ResourceNotFoundException", f"Destination {destination} not found.")


def exists(name: str, account: str) -> ApiError:
    """Unverified text."""
    return _firehose(
        "ResourceInUseException", f"Firehose {name} under accountId {account} already exists"
    )


def not_active(name: str, account: str, status: str) -> ApiError:
    """Unverified text."""
    return _firehose(
        "ResourceInUseException",
        f"Firehose {name} under accountId {account} is not ACTIVE, instead in state {status}",
    )


def limit_exceeded(message: str) -> ApiError:
    return _firehose("LimitExceededException", message)


def changed_meanwhile(given: str, current: int) -> ApiError:
    """Unverified text."""
    return _firehose(
        "ConcurrentModificationException",
        f"The provided version id {given} is not the current one, {current}.",
    )


def reads_kinesis() -> ApiError:
    return invalid("This operation is not permitted on KinesisStreamAsSource delivery stream type.")


def prefix_constraint(what: str) -> ApiError:
    """AWS's own spelling."""
    return invalid(f"Ths supplied prefix(es) do not satisfy the following constraint: {what}")


def cannot_assume(role: str) -> ApiError:
    return invalid(f"Firehose is unable to assume role {role}. Please check the role provided.")


SLOW_DOWN = "Slow down."


def slow_down() -> ApiError:
    return _firehose("ServiceUnavailableException", SLOW_DOWN, 503)


def translate(fault: BaseException) -> ApiError | None:
    """What a client is told of what a lower layer raised; None for what nobody expected."""
    if isinstance(fault, SpaceDropped):
        return _firehose("ResourceNotFoundException", "The delivery stream was deleted.")
    if isinstance(fault, Contended):
        return _firehose(
            "ConcurrentModificationException", "Another modification has already happened."
        )
    if isinstance(fault, StorageClosed):
        return _firehose("ServiceUnavailableException", "Service is shutting down", 503)
    if isinstance(fault, StorageError):
        _log.error("storage failed: %s: %s", type(fault).__name__, fault)
        return _firehose("ServiceUnavailableException", "Service Unavailable", 503)
    return None
