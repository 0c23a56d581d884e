"""Application Auto Scaling's errors: every code and text once."""

from __future__ import annotations

import logging

from jedlik.api.errors import ApiError
from jedlik.storage.waist import StorageClosed, StorageError
from jedlik.tables.errors import Contended

_log = logging.getLogger("jedlik.scaling")


def _scaling(code: str, message: str, status: int = 400) -> ApiError:
    """AWS writes the bare code into `__type`, and "Message"."""
    return ApiError(code, message, status=status, namespace="", message_key="Message")


def validation(message: str) -> ApiError:
    return _scaling("ValidationException", message)


def unsupported() -> ApiError:
    return validation("Unsupported service namespace, resource type or scalable dimension.")


def no_target(namespace: str, resource: str, dimension: str) -> ApiError:
    """As AWS answered in ansible/ansible, issue 40237."""
    return _scaling(
        "ObjectNotFoundException",
        f"No scalable target registered for service namespace: {namespace}, resource ID: "
        f"{resource}, scalable dimension: {dimension}",
    )


def no_policy(name: str, namespace: str, resource: str, dimension: str) -> ApiError:
    """Unverified text."""
    return _scaling(
        "ObjectNotFoundException",
        f"No scaling policy found for service namespace: {namespace}, resource ID: {resource}, "
        f"scalable dimension: {dimension}, policy name: {name}",
    )


def no_action(name: str, namespace: str, resource: str, dimension: str) -> ApiError:
    """Unverified text."""
    return _scaling(
        "ObjectNotFoundException",
        f"No scheduled action found for service namespace: {namespace}, resource ID: {resource}, "
        f"scalable dimension: {dimension}, scheduled action name: {name}",
    )


def too_many(what: str, limit: int) -> ApiError:
    """Unverified text."""
    return _scaling("LimitExceededException", f"You can have at most {limit} {what}.")


def invalid_token() -> ApiError:
    return _scaling("InvalidNextTokenException", "The next token is invalid.")  # unverified


def no_resource(arn: str) -> ApiError:
    """Of the tagging operations. Unverified text."""
    return ApiError(
        "ResourceNotFoundException",
        f"The resource {arn} does not exist.",
        namespace="",
        message_key="Message",
        fields={"ResourceName": arn},
    )


def too_many_tags(arn: str, limit: int) -> ApiError:
    """Unverified text."""
    return ApiError(
        "TooManyTagsException",
        f"A scalable target can have at most {limit} tags.",
        namespace="",
        message_key="Message",
        fields={"ResourceName": arn},
    )


def translate(fault: BaseException) -> ApiError | None:
    """What a client is told of what a lower layer raised; None for what nobody expected."""
    if isinstance(fault, Contended):
        return _scaling(
            "ConcurrentUpdateException",
            "You already have a pending update to an Application Auto Scaling resource.",
        )
    if isinstance(fault, StorageClosed):
        return _scaling("ServiceUnavailable", "Service is shutting down", 503)
    if isinstance(fault, StorageError):
        _log.error("storage failed: %s: %s", type(fault).__name__, fault)
        return _scaling("InternalServiceException", "An internal failure occurred.", 500)
    return None
