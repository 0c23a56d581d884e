"""ApiError: what a client is told when a request is refused.

Raised by operations, shape checks and authentication; printed by `wire`, which alone knows how an
error looks on a given protocol. The texts themselves live in each service's `errors.py`; here are
only the few that every AWS service shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CORAL_SERVICE = "com.amazon.coral.service"
CORAL_VALIDATE = "com.amazon.coral.validate"


class ApiError(Exception):
    """A refusal in AWS's words.

    code: the error's name, "ValidationException". namespace: what stands before the `#` in
    awsJson's `__type`. fields: further members of the error body (`CancellationReasons`, `Item`).
    message_key: some errors spell their text "message", others "Message". A message of None
    leaves the text out of the body altogether, as AWS does for unreadable JSON.
    """

    __slots__ = ("code", "fields", "message", "message_key", "namespace", "status")

    def __init__(
        self,
        code: str,
        message: str | None,
        *,
        status: int = 400,
        namespace: str = CORAL_SERVICE,
        message_key: str = "message",
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.namespace = namespace
        self.message_key = message_key
        self.fields: Mapping[str, Any] = fields or {}

    @property
    def is_validation(self) -> bool:
        """True for errors that an earlier, more exact check may have to replace."""
        return self.code in ("ValidationException", "SerializationException")

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def validation(message: str) -> ApiError:
    """The request is well-formed JSON but breaks a rule."""
    return ApiError("ValidationException", message, namespace=CORAL_VALIDATE)


def serialization(message: str | None = None) -> ApiError:
    """The body cannot be read into the operation's input shape (or is no JSON: no message)."""
    return ApiError("SerializationException", message, message_key="Message")


def unknown_operation() -> ApiError:
    """No such operation here, or not yet."""
    return ApiError("UnknownOperationException", None)


def access_denied(message: str) -> ApiError:
    return ApiError("AccessDeniedException", message, message_key="Message")


def internal_failure(namespace: str = CORAL_SERVICE) -> ApiError:
    """A fault of ours; the log says more than the client may know."""
    return ApiError(
        "InternalServerError",
        "The request processing has failed because of an unknown error, exception or failure.",
        status=500,
        namespace=namespace,
    )
