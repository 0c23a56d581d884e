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


class TableThere:
    """TableAlreadyExistsException, which only the restores and imports know."""

    @staticmethod
    def named(name: str) -> ApiError:
        return _dynamodb("TableAlreadyExistsException", f"Table already exists: {name}")


class TableInUse:
    """TableInUseException, which only the backup operations know. Unverified: the text."""

    @staticmethod
    def busy(name: str) -> ApiError:
        return _dynamodb("TableInUseException", f"Table is being created or deleted: {name}")


def backups_unavailable(name: str) -> ApiError:
    """As AWS answered in aws-amplify/amplify-backend, issue 1654, for a table that was just made.
    Unverified: how the text goes on after its first words."""
    return _dynamodb(
        "ContinuousBackupsUnavailableException",
        f"Backups are being enabled for the table: {name}. Please retry later",
    )


class BackupMissing:
    """BackupNotFoundException."""

    @staticmethod
    def arn(arn: str) -> ApiError:
        return _dynamodb("BackupNotFoundException", f"Backup not found: {arn}")


class BackupInUse:
    """BackupInUseException. Unverified: the texts."""

    @staticmethod
    def creating(arn: str) -> ApiError:
        return _dynamodb("BackupInUseException", f"Backup is being created: {arn}")

    @staticmethod
    def restoring(arn: str) -> ApiError:
        return _dynamodb("BackupInUseException", f"Backup is being restored: {arn}")


class Recovery:
    """What RestoreTableToPointInTime refuses. Unverified: the second text."""

    @staticmethod
    def off(name: str) -> ApiError:
        return _dynamodb(
            "PointInTimeRecoveryUnavailableException",
            f"Point in time recovery is not enabled for table '{name}'",
        )

    @staticmethod
    def beyond() -> ApiError:
        return _dynamodb(
            "InvalidRestoreTimeException",
            "RestoreDateTime must be between EarliestRestorableDateTime and "
            "LatestRestorableDateTime",
        )


class Export:
    """What ExportTableToPointInTime and DescribeExport refuse. Unverified: the texts."""

    @staticmethod
    def beyond() -> ApiError:
        return _dynamodb(
            "InvalidExportTimeException",
            "ExportTime must be between EarliestRestorableDateTime and LatestRestorableDateTime",
        )

    @staticmethod
    def stretch() -> ApiError:
        return _dynamodb(
            "InvalidExportTimeException",
            "ExportFromTime must be before ExportToTime, and at most 24 hours",
        )

    @staticmethod
    def conflict() -> ApiError:
        return _dynamodb(
            "ExportConflictException", "The client token was used for another export request"
        )

    @staticmethod
    def missing(arn: str) -> ApiError:
        return _dynamodb("ExportNotFoundException", f"Export not found: {arn}")


class Import:
    """What ImportTable and DescribeImport refuse. Unverified: the texts."""

    @staticmethod
    def conflict() -> ApiError:
        return _dynamodb(
            "ImportConflictException", "The client token was used for another import request"
        )

    @staticmethod
    def missing(arn: str) -> ApiError:
        return _dynamodb("ImportNotFoundException", f"Import not found: {arn}")


class Bulk:
    """What the bulk operations refuse. Unverified: the texts."""

    @staticmethod
    def mismatch() -> ApiError:
        return _dynamodb(
            "IdempotentParameterMismatchException",
            "The client token was used for another bulk operation",
            message_key="Message",
        )

    @staticmethod
    def missing(arn: str) -> ApiError:
        return _dynamodb("ResourceNotFoundException", f"Bulk operation not found: {arn}")


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
    def held(name: str) -> ApiError:
        """Unverified: the text."""
        return _dynamodb(
            "ResourceInUseException",
            "Attempt to change a resource which is still in use: Table is being backed up or "
            f"restored from: {name}",
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


PROVISIONED_TABLE = (
    "The level of configured provisioned throughput for the table was exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API."
)
PROVISIONED_INDEX = (
    "The level of configured provisioned throughput for one or more global secondary indexes of "
    "the table was exceeded. Consider increasing your provisioning level for the "
    "under-provisioned global secondary indexes with the UpdateTable API."
)
ON_DEMAND_TABLE = (
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically "
    "scaling your table or index so please try again shortly. If exceptions persist, check if you "
    "have a hot key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
    "bp-partition-key-design.html"
)
ON_DEMAND_INDEX = (
    "Throughput exceeds the current capacity for one or more global secondary indexes. DynamoDB is "
    "automatically scaling your index so please try again shortly."
)
# Unverified: the text; the reason and that it is a ThrottlingException are documented.
ON_DEMAND_MAXIMUM = "Throughput exceeds the maximum OnDemandThroughput configured on table or index"
ACCOUNT_LIMIT = (
    "Throughput exceeds the current throughput limit for your account. Please contact AWS Support "
    "at https://aws.amazon.com/support request a limit increase"
)
"""As an SDK's reference has it."""
LIMIT_TYPES = {
    "provisioned": "ProvisionedThroughputExceeded",
    "account": "AccountLimitExceeded",
    "key_range": "KeyRangeThroughputExceeded",
    "max_on_demand": "MaxOnDemandThroughputExceeded",
}
AVAILABILITY = "com.amazon.coral.availability"


def throttled(fault: tables.Throttled) -> ApiError:
    """Too much for now: which exception depends on how the table or index is billed.

    SDKs try again by themselves, whichever it is. Unverified: that a part's limit on an on-demand
    table is always a ThrottlingException, as the API reference's examples have it.
    """
    kind = "Index" if fault.is_index else "Table"
    access = "Read" if fault.access == "read" else "Write"
    reason = f"{kind}{access}{LIMIT_TYPES[fault.reason]}"
    reasons = [{"reason": reason, "resource": fault.resource}]
    if fault.reason == "account":
        return _dynamodb(
            "RequestLimitExceeded", ACCOUNT_LIMIT, fields={"ThrottlingReasons": reasons}
        )
    if not fault.is_on_demand:
        return _dynamodb(
            "ProvisionedThroughputExceededException",
            PROVISIONED_INDEX if fault.is_index else PROVISIONED_TABLE,
            fields={"ThrottlingReasons": reasons},
        )
    if fault.reason == "max_on_demand":
        message = ON_DEMAND_MAXIMUM
    else:
        message = ON_DEMAND_INDEX if fault.is_index else ON_DEMAND_TABLE
    return ApiError(
        "ThrottlingException",
        message,
        namespace=AVAILABILITY,
        fields={"throttlingReasons": reasons},
    )


def short_code(refusal: ApiError) -> str:
    """An error's code where it is one item's of several: cancellation reasons, PartiQL batches."""
    code = refusal.code.removesuffix("Exception")
    return {"Validation": "ValidationError", "Throttling": "ThrottlingError"}.get(code, code)


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
    if isinstance(fault, tables.Throttled):
        return throttled(fault)
    if isinstance(fault, tables.Contended):
        # SDKs retry this one by themselves, which is what a lost race asks for.
        return _dynamodb("ProvisionedThroughputExceededException", PROVISIONED_TABLE)
    return None
