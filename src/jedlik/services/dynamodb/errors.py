"""DynamoDB's errors: every code and text once; what the layers below raise, translated."""

from __future__ import annotations

import logging

from jedlik.api.errors import ApiError, access_denied, serialization, validation
from jedlik.storage.waist import SpaceDropped, StorageClosed, StorageError
from jedlik.tables import errors as tables
from jedlik.values import Invalid, Malformed

NAMESPACE = "com.amazonaws.dynamodb.v20120810"
INVALID = "One or more parameter values were invalid: "

_log = logging.getLogger("jedlik.dynamodb")

__all__ = ["INVALID", "NAMESPACE", "access_denied", "invalid", "translate", "validation"]


def _dynamodb(code: str, message: str, **more: object) -> ApiError:
    return ApiError(code, message, namespace=NAMESPACE, **more)  # type: ignore[arg-type]


def invalid(message: str) -> ApiError:
    """A ValidationException that begins as most of DynamoDB's do."""
    return validation(INVALID + message)


class ResourceNotFound:
    """ResourceNotFoundException, in the three forms that AWS writes it."""

    @staticmethod
    def item_table() -> ApiError:
        """An item operation names a table that is not there; its name is not told."""
        return _dynamodb("ResourceNotFoundException", "Requested resource not found")

    @staticmethod
    def table(name: str) -> ApiError:
        """A table operation names a table that is not there."""
        return _dynamodb(
            "ResourceNotFoundException", f"Requested resource not found: Table: {name} not found"
        )

    @staticmethod
    def resource(arn: str) -> ApiError:
        """A tagging operation names an ARN that is not there; the spelling is AWS's."""
        return _dynamodb(
            "ResourceNotFoundException",
            f"Requested resource not found: ResourcArn: {arn} not found",
        )


class TableMissing:
    """TableNotFoundException, which only the backup operations know."""

    @staticmethod
    def backup_settings(name: str) -> ApiError:
        return _dynamodb("TableNotFoundException", f"Table not found: {name}")


class ResourceInUse:
    """ResourceInUseException: it is there already, or on its way to another state."""

    @staticmethod
    def exists(name: str) -> ApiError:
        return _dynamodb("ResourceInUseException", f"Table already exists: {name}")

    @staticmethod
    def creating(name: str) -> ApiError:
        return _dynamodb(
            "ResourceInUseException",
            f"Attempt to change a resource which is still in use: Table is being created: {name}",
        )

    @staticmethod
    def updating(name: str) -> ApiError:
        return _dynamodb(
            "ResourceInUseException",
            f"Attempt to change a resource which is still in use: Table is being updated: {name}",
        )

    @staticmethod
    def deleting(name: str) -> ApiError:
        return _dynamodb(
            "ResourceInUseException",
            f"Attempt to change a resource which is still in use: Table is being deleted: {name}",
        )

    @staticmethod
    def index_busy(index: str, doing: str) -> ApiError:
        """doing: "created", "updated" or "deleted"."""
        return _dynamodb(
            "ResourceInUseException",
            f"Attempt to change a resource which is still in use: Index is being {doing}. "
            f"IndexName: {index}",
        )

    @staticmethod
    def changed() -> ApiError:
        """Another request changed the table between our look and our write."""
        return _dynamodb(
            "ResourceInUseException", "Attempt to change a resource which is still in use"
        )


def limit_exceeded(message: str) -> ApiError:
    return _dynamodb("LimitExceededException", message)


def policy_not_found(arn: str) -> ApiError:
    """Unverified: the text; the code is documented for GetResourcePolicy."""
    return _dynamodb(
        "PolicyNotFoundException",
        f"Resource-based policy not found for the provided ResourceArn: {arn}",
    )


def internal_server_error() -> ApiError:
    return ApiError("InternalServerError", "Internal server error", status=500, namespace=NAMESPACE)


def translate(fault: BaseException) -> ApiError | None:
    """What AWS says to what a lower layer raised; None for what nobody expected.

    Operations that say more (a table's name, the old item) catch the fault themselves.
    """
    if isinstance(fault, Invalid):
        return validation(fault.message)
    if isinstance(fault, Malformed):
        return serialization(fault.message)
    if isinstance(fault, tables.TableError):
        return _translate_table_error(fault)
    if isinstance(fault, SpaceDropped):
        return ResourceNotFound.item_table()
    if isinstance(fault, StorageClosed):
        return ApiError(
            "ServiceUnavailable",
            "Service is shutting down",
            status=503,
            namespace=NAMESPACE,
        )
    if isinstance(fault, StorageError):
        _log.error("storage failed: %s: %s", type(fault).__name__, fault)
        return internal_server_error()
    return None


def _translate_table_error(fault: tables.TableError) -> ApiError | None:
    if isinstance(fault, tables.TableNotFound):
        return ResourceNotFound.item_table()
    if isinstance(fault, tables.TableExists):
        return ResourceInUse.exists(fault.name)
    if isinstance(fault, tables.BadKey):
        return validation("The provided key element does not match the schema")
    if isinstance(fault, tables.ConditionFailed):
        return _dynamodb("ConditionalCheckFailedException", "The conditional request failed")
    if isinstance(fault, tables.CollectionTooLarge):
        return _dynamodb("ItemCollectionSizeLimitExceededException", "Collection size exceeded.")
    if isinstance(fault, tables.IdempotencyMismatch):
        return _dynamodb(
            "IdempotentParameterMismatchException",
            "The request uses the same client token as a previous, but non-identical request. "
            "Do not reuse a client token with different requests, unless the requests are "
            "identical",
            message_key="Message",
        )
    if isinstance(fault, tables.TransactionInProgress):
        return _dynamodb(
            "TransactionInProgressException",
            "The transaction with the given request token is already in progress.",
            message_key="Message",
        )
    if isinstance(fault, tables.Contended):
        # SDKs retry this one by themselves, which is what a lost race asks for.
        return _dynamodb(
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded. "
            "Consider increasing your provisioning level with the UpdateTable API.",
        )
    return None
