"""CloudWatch Logs' errors: every code and text once."""

from __future__ import annotations

import logging

from jedlik.api.errors import ApiError
from jedlik.storage.waist import StorageClosed, StorageError
from jedlik.tables.errors import Contended

_log = logging.getLogger("jedlik.logs")


def _logs(code: str, message: str, status: int = 400) -> ApiError:
    """AWS writes the bare code into `__type`, and "message"."""
    return ApiError(code, message, status=status, namespace="")


def no_group() -> ApiError:
    return _logs("ResourceNotFoundException", "The specified log group does not exist.")


def no_stream() -> ApiError:
    return _logs("ResourceNotFoundException", "The specified log stream does not exist.")


def group_exists() -> ApiError:
    return _logs("ResourceAlreadyExistsException", "The specified log group already exists")


def stream_exists() -> ApiError:
    return _logs("ResourceAlreadyExistsException", "The specified log stream already exists")


def invalid(message: str) -> ApiError:
    return _logs("InvalidParameterException", message)


def unfit(message: str) -> ApiError:
    """What breaks a constraint of the model, as AWS answered in lazywithclass/winston-cloudwatch,
    issue 136."""
    return invalid(message)


def invalid_token() -> ApiError:
    return invalid("The specified nextToken is invalid.")


def no_filter(kind: str) -> ApiError:
    """kind: "metric" or "subscription". Unverified text."""
    return _logs("ResourceNotFoundException", f"The specified {kind} filter does not exist.")


def limit_exceeded() -> ApiError:
    return _logs("LimitExceededException", "Resource limit exceeded.")


def no_policy() -> ApiError:
    """Unverified text."""
    return _logs("ResourceNotFoundException", "Policy with the specified name does not exist.")


def protected() -> ApiError:
    """Unverified."""
    return _logs("ValidationException", "The log group is protected against deletion.")


def too_many_tags() -> ApiError:
    """Unverified text."""
    return _logs("TooManyTagsException", "A log group can have no more than 50 tags.")


def malformed_query(message: str, start: int, end: int) -> ApiError:
    """Unverified texts: those of `insights`."""
    error = {"location": {"startCharOffset": start, "endCharOffset": end}, "message": message}
    return ApiError(
        "MalformedQueryException", message, namespace="", fields={"queryCompileError": error}
    )


def no_query(query_id: str) -> ApiError:
    """Unverified text."""
    return _logs("ResourceNotFoundException", f"Query with id {query_id} does not exist.")


def no_record() -> ApiError:
    """Unverified text."""
    return _logs("ResourceNotFoundException", "The specified log record does not exist.")


def no_task() -> ApiError:
    """Unverified text."""
    return _logs("ResourceNotFoundException", "The specified export task does not exist.")


def task_over() -> ApiError:
    """Unverified text."""
    return _logs("InvalidOperationException", "The specified export task has already finished.")


def session_over() -> ApiError:
    """Unverified text."""
    return _logs("SessionTimeoutException", "The Live Tail session has been open for three hours.")


def not_shared() -> ApiError:
    """Ours."""
    return _logs(
        "InvalidOperationException",
        "Live Tail is not available in Jedlik where several processes share a store.",
    )


def no_destination() -> ApiError:
    """Unverified text."""
    return _logs("ResourceNotFoundException", "The specified destination does not exist.")


def no_definition() -> ApiError:
    """Unverified text."""
    return _logs("ResourceNotFoundException", "The specified query definition does not exist.")


def translate(fault: BaseException) -> ApiError | None:
    """What a client is told of what a lower layer raised; None for what nobody expected."""
    if isinstance(fault, Contended):
        return _logs(
            "OperationAbortedException",
            "A conflicting operation is currently in progress against this resource. Please try "
            "again.",
        )
    if isinstance(fault, StorageClosed):
        return _logs("ServiceUnavailableException", "Service is shutting down", 503)
    if isinstance(fault, StorageError):
        _log.error("storage failed: %s: %s", type(fault).__name__, fault)
        return _logs("ServiceUnavailableException", "Service Unavailable", 500)
    return None
