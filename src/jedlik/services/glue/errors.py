"""Glue's errors: every code and text once."""

from __future__ import annotations

import logging

from jedlik.api.errors import ApiError
from jedlik.services.glue.store import AlreadyThere, NotThere
from jedlik.storage.waist import StorageClosed, StorageError
from jedlik.tables.errors import Contended

_log = logging.getLogger("jedlik.glue")


def _glue(code: str, message: str, status: int = 400) -> ApiError:
    return ApiError(code, message, status=status, namespace="", message_key="Message")


def not_there(fault: NotThere) -> ApiError:
    """Unverified: the texts for partitions and versions."""
    if fault.kind == "Database":
        return _glue("EntityNotFoundException", f"Database {fault.name} not found.")
    if fault.kind == "Table":
        return _glue("EntityNotFoundException", "Entity Not Found")
    if fault.kind == "TableVersion":
        return _glue("EntityNotFoundException", "TableVersion not found.")
    return _glue("EntityNotFoundException", "Cannot find partition.")


def already_there(fault: AlreadyThere) -> ApiError:
    return _glue("AlreadyExistsException", f"{fault.kind} already exists.")


def invalid(message: str) -> ApiError:
    return _glue("InvalidInputException", message)


def access_denied(message: str) -> ApiError:
    return _glue("AccessDeniedException", message)


def translate(fault: BaseException) -> ApiError | None:
    """What a client is told of what a lower layer raised; None for what nobody expected."""
    if isinstance(fault, NotThere):
        return not_there(fault)
    if isinstance(fault, AlreadyThere):
        return already_there(fault)
    if isinstance(fault, Contended):
        return _glue(
            "ConcurrentModificationException",
            "Update table failed due to concurrent modifications.",
        )
    if isinstance(fault, StorageClosed):
        return _glue("InternalServiceException", "Service is shutting down", 503)
    if isinstance(fault, StorageError):
        _log.error("storage failed: %s: %s", type(fault).__name__, fault)
        return _glue("InternalServiceException", "Service Unavailable", 500)
    return None
