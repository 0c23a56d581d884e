"""How exports, imports and bulk operations are described, found and listed."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.services.dynamodb.errors import validation
from jedlik.services.dynamodb.table_names import ARN, table_arn
from jedlik.services.dynamodb.transfers import (
    LOG_GROUP,
    Kind,
    Transfer,
    Transfers,
    incremental,
    manifest_key,
    view_type,
)

PAGE_MAX = 25
SHOWN_AS_ASKED = (
    "ClientToken",
    "S3Bucket",
    "S3BucketOwner",
    "S3Prefix",
    "S3SseKmsKeyId",
    "FilterSpecification",
)
"""Members of an export that its description repeats."""


async def found_transfer(ctx: Context, kind: Kind, arn: str) -> Transfer | None:
    """The one with this ARN, or None."""
    parts = ARN.fullmatch(arn)
    if parts is None or (parts[3], parts[4]) != (ctx.region, ctx.account):
        return None
    found = await Transfers(ctx.db, kind, ctx.account, ctx.region).get(arn.rpartition("/")[2])
    return found if found is not None and found.arn == arn else None


async def listed(
    ctx: Context, kind: Kind, *, table: str | None, token: str | None, limit: int
) -> tuple[list[Transfer], str | None]:
    """A page, and the token of the next. Raises ApiError.

    table: name or ARN, if only one table's are wanted. Newest first; exports "in reverse
    alphanumeric order of ExportArn" (API reference), so that each table's are together.
    """
    found = await Transfers(ctx.db, kind, ctx.account, ctx.region).all()
    if kind == "export":
        found.sort(key=_place, reverse=True)
    if table is not None:
        arn = table_arn(ctx, table)
        found = [each for each in found if each.table_arn == arn]
    if token is not None:
        last = _from_token(token)
        found = [each for each in found if _place(each) < last]
    more = len(found) > limit
    return found[:limit], _to_token(_place(found[limit - 1])) if more else None


def _place(one: Transfer) -> str:
    """What a list is in the reverse order of."""
    return one.arn if one.kind == "export" else one.id


def _to_token(last: str) -> str:
    """In the form that the model asks for: groups of 16 hexadecimal digits, at least seven."""
    data = last.encode().hex()
    return data.ljust(max(112, -(-len(data) // 16) * 16), "0")


def _from_token(token: str) -> str:
    try:
        return bytes.fromhex(token).rstrip(b"\0").decode()
    except (ValueError, UnicodeDecodeError):
        raise validation("Invalid NextToken") from None


def export_description(export: Transfer, written: int | None = None) -> dict[str, Any]:
    """written: how many items there are so far, where that is known before the end."""
    request = export.request
    shown: dict[str, Any] = {
        "ExportArn": export.arn,
        "ExportStatus": export.status,
        "StartTime": export.start_ms / 1000,
        "TableArn": export.table_arn,
        "TableId": export.table_id,
        "ExportFormat": request.get("ExportFormat", "DYNAMODB_JSON"),
        "ExportType": request.get("ExportType", "FULL_EXPORT"),
        "S3SseAlgorithm": request.get("S3SseAlgorithm", "AES256"),
    }
    if incremental(export):
        shown["IncrementalExportSpecification"] = {
            "ExportFromTime": export.from_ms / 1000,
            "ExportToTime": export.at_ms / 1000,
            "ExportViewType": view_type(export),
        }
    else:
        shown["ExportTime"] = export.at_ms / 1000
    for name in SHOWN_AS_ASKED:
        if name in request:
            shown[name] = request[name]
    _add_end(shown, export)
    if written is not None and not export.done:
        shown["ItemCount"] = written
    if export.status == "COMPLETED":
        shown |= {
            "ExportManifest": manifest_key(export),
            "BilledSizeBytes": export.size_bytes,
            "ItemCount": export.imported,
        }
    return shown


def import_description(one: Transfer) -> dict[str, Any]:
    request = one.request
    shown: dict[str, Any] = {
        "ImportArn": one.arn,
        "ImportStatus": one.status,
        "TableArn": one.table_arn,
        "TableId": one.table_id,
        "S3BucketSource": request["S3BucketSource"],
        "ErrorCount": one.errors,
        "CloudWatchLogGroupArn": log_group_arn(one),
        "InputFormat": request["InputFormat"],
        "InputCompressionType": request.get("InputCompressionType", "NONE"),
        "TableCreationParameters": request["TableCreationParameters"],
        "StartTime": one.start_ms / 1000,
        "ProcessedSizeBytes": one.size_bytes,
        "ProcessedItemCount": one.processed,
        "ImportedItemCount": one.imported,
    }
    for name in ("ClientToken", "InputFormatOptions"):
        if name in request:
            shown[name] = request[name]
    _add_end(shown, one)
    return shown


def import_summary(one: Transfer) -> dict[str, Any]:
    whole = import_description(one)
    names = ("ImportArn", "ImportStatus", "TableArn", "S3BucketSource", "CloudWatchLogGroupArn",
             "InputFormat", "StartTime", "EndTime")  # fmt: skip
    return {name: whole[name] for name in names if name in whole}


def bulk_description(one: Transfer) -> dict[str, Any]:
    request = one.request
    shown: dict[str, Any] = {
        "BulkOperationArn": one.arn,
        "BulkOperationStatus": one.status,
        "TableDetails": [{"TableName": one.table_arn, "TableId": one.table_id}],
        "InputS3Configuration": request["InputS3Configuration"],
        "OutputS3Configuration": request["OutputS3Configuration"],
        "StartTime": one.start_ms / 1000,
        "ProcessedItemCount": one.processed,
        "ProcessedInputBytes": one.size_bytes,
        "FailedItemCount": one.errors,
        "BulkOperationUsage": [_usage(one)],
        "PerformanceTier": request.get("PerformanceTier", "STANDARD"),
    }
    if one.total_bytes is not None:
        shown["TotalInputBytes"] = one.total_bytes
    for name in ("ClientToken", "MaxWriteRequestUnits"):
        if name in request:
            shown[name] = request[name]
    _add_end(shown, one)
    return shown


def bulk_summary(one: Transfer) -> dict[str, Any]:
    whole = bulk_description(one)
    names = ("BulkOperationArn", "BulkOperationStatus", "StartTime", "EndTime")
    return {name: whole[name] for name in names if name in whole}


def log_group_arn(one: Transfer) -> str:
    return f"arn:aws:logs:{one.region}:{one.account}:log-group:{LOG_GROUP}:*"


def _usage(one: Transfer) -> dict[str, Any]:
    table, indexes = one.usage.get("", 0), {k: v for k, v in one.usage.items() if k}
    shown: dict[str, Any] = {
        "TableName": one.table_arn,
        "BulkPutBytes": table + sum(indexes.values()),
        "Table": {"BulkPutBytes": table},
    }
    if indexes:
        shown["GlobalSecondaryIndexes"] = {
            name: {"BulkPutBytes": size} for name, size in indexes.items()
        }
    return shown


def _add_end(shown: dict[str, Any], one: Transfer) -> None:
    if one.end_ms is not None:
        shown["EndTime"] = one.end_ms / 1000
    if one.failure_code is not None:
        shown |= {"FailureCode": one.failure_code, "FailureMessage": one.failure_message}
