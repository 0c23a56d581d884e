"""Destinations: what requests may ask for, with the defaults, and how they are described.

Stored as ExtendedS3DestinationConfiguration has it. Texts are unverified unless they are AWS's
users' quotations (`errors.py`).
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from jedlik.services.firehose import compression, limits, partition_keys, prefixes
from jedlik.services.firehose.errors import invalid
from jedlik.services.firehose.processing import processors
from jedlik.services.firehose.records import S3, DeliveryStream

EXTENDED, PLAIN = "ExtendedS3Destination", "S3Destination"
_OTHERS = re.compile(r"(.+)Destination(Configuration|Update)")
_TO_S3 = re.compile(r"arn:[^:]*:s3:::(.+)")
_PACKAGE = "pip install 'jedlik[firehose]'"
_LAMBDA_DEFAULTS = {"NumberOfRetries": "3", "BufferSizeInMBs": "1", "BufferIntervalInSeconds": "60"}
_REQUIRED = {
    "Lambda": ("LambdaArn",),
    "MetadataExtraction": ("MetadataExtractionQuery", "JsonParsingEngine"),
    "RecordDeAggregation": ("SubRecordType",),
    "Decompression": ("CompressionFormat",),
    "CloudWatchLogProcessing": ("DataMessageExtraction",),
    "AppendDelimiterToRecord": (),
}


def given(req: Mapping[str, Any], suffix: str) -> S3:
    """The one destination in a request. suffix: "Configuration" or "Update". Raises ApiError."""
    found = [each for each in req if _OTHERS.fullmatch(each) and each.endswith(suffix)]
    if len(found) != 1:
        raise invalid("Exactly one destination configuration is supported for a Firehose")
    if found[0] not in (EXTENDED + suffix, PLAIN + suffix):
        raise invalid(
            f"{found[0]} is not available: delivery streams of Jedlik deliver to Amazon S3."
        )
    return dict(req[found[0]])


async def completed(destination: S3) -> S3:
    """A new destination with its defaults, checked. Raises ApiError."""
    full = {**_defaults(destination), "S3BackupMode": "Disabled", **_without_empty(destination)}
    if "S3BackupConfiguration" in full:
        backup = full["S3BackupConfiguration"]
        full["S3BackupConfiguration"] = {**_defaults(backup), **_without_empty(backup)}
    if "ProcessingConfiguration" in full:
        full["ProcessingConfiguration"] = _with_lambda_defaults(full["ProcessingConfiguration"])
    await _check(full)
    return full


async def updated(old: S3, update: S3) -> S3:
    """What an update makes of a destination: members that it names are replaced. ApiError."""
    update = dict(update)
    if "S3BackupUpdate" in update:
        backup = {**old.get("S3BackupConfiguration", {}), **update.pop("S3BackupUpdate")}
        update["S3BackupConfiguration"] = backup
    if old["S3BackupMode"] == "Enabled" and update.get("S3BackupMode") == "Disabled":
        raise invalid("S3 backup cannot be disabled once it is enabled.")
    before = bool(old.get("DynamicPartitioningConfiguration", {}).get("Enabled"))
    wanted = update.get("DynamicPartitioningConfiguration")
    if wanted is not None and bool(wanted.get("Enabled")) != before:
        raise invalid("Dynamic Partitioning cannot be switched for an existing delivery stream.")
    return await completed({**old, **update})


def roles(destination: Mapping[str, Any]) -> list[str]:
    """The roles that a destination, or an update of one, hands over."""
    found = [destination.get("RoleARN")]
    for member in ("S3BackupConfiguration", "S3BackupUpdate"):
        found.append((destination.get(member) or {}).get("RoleARN"))
    return list(dict.fromkeys(each for each in found if each))


def bucket(destination: Mapping[str, Any]) -> str:
    found = _TO_S3.fullmatch(destination["BucketARN"])
    return found[1] if found else ""


def described(stream: DeliveryStream) -> dict[str, Any]:
    """AWS describes every destination of S3 both ways."""
    extended = {**stream.destination}
    backup = extended.pop("S3BackupConfiguration", None)
    if backup is not None:
        extended["S3BackupDescription"] = backup
    plain = {
        name: extended[name]
        for name in (
            "RoleARN", "BucketARN", "Prefix", "ErrorOutputPrefix", "BufferingHints",
            "CompressionFormat", "EncryptionConfiguration", "CloudWatchLoggingOptions",
        )
        if name in extended
    }  # fmt: skip
    return {
        "ExtendedS3DestinationDescription": extended,
        "S3DestinationDescription": plain,
    }


def _defaults(destination: Mapping[str, Any]) -> S3:
    partitioned = (destination.get("DynamicPartitioningConfiguration") or {}).get("Enabled")
    size = limits.PARTITIONED_SIZE_MIB if partitioned else limits.SIZE_MIB
    return {
        "BufferingHints": {"SizeInMBs": size, "IntervalInSeconds": limits.INTERVAL_S},
        "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": {"Enabled": False},
    }


def _without_empty(destination: Mapping[str, Any]) -> S3:
    """Empty structures mean what is left out."""
    return {name: each for name, each in destination.items() if each != {}}


def _with_lambda_defaults(configured: Mapping[str, Any]) -> dict[str, Any]:
    shown = []
    for each in configured.get("Processors") or ():
        parameters = list(each.get("Parameters") or ())
        if each["Type"] == "Lambda":
            there = {one["ParameterName"] for one in parameters}
            parameters += [
                {"ParameterName": name, "ParameterValue": value}
                for name, value in _LAMBDA_DEFAULTS.items()
                if name not in there
            ]
        shown.append({"Type": each["Type"], "Parameters": parameters})
    return {"Enabled": configured.get("Enabled", False), "Processors": shown}


async def _check(full: S3) -> None:
    """Raises ApiError."""
    for each in (full, full.get("S3BackupConfiguration")):
        if each is not None:
            _check_plain(each)
    if full["S3BackupMode"] == "Enabled" and "S3BackupConfiguration" not in full:
        raise invalid("S3BackupConfiguration must be specified when S3BackupMode is Enabled.")
    conversion = full.get("DataFormatConversionConfiguration") or {}
    if conversion and conversion.get("Enabled", True):
        raise invalid("DataFormatConversionConfiguration is not available in Jedlik.")
    if full.get("CustomTimeZone") == "":
        del full["CustomTimeZone"]
    kinds = await _check_processing(full)
    _check_partitions(full, kinds)


def _check_plain(destination: S3) -> None:
    hints = destination["BufferingHints"]
    if len(hints) < 2:
        raise invalid("BufferingHints must have both SizeInMBs and IntervalInSeconds.")
    if destination["CompressionFormat"] in compression.SNAPPY and not compression.snappy_is_there():
        raise invalid(
            f"CompressionFormat {destination['CompressionFormat']} needs cramjam: {_PACKAGE}"
        )
    logging = destination["CloudWatchLoggingOptions"]
    if logging.get("Enabled") and not (
        logging.get("LogGroupName") and logging.get("LogStreamName")
    ):
        raise invalid(
            "LogGroupName and LogStreamName must be specified when CloudWatch logging is enabled."
        )
    prefixes.check(destination)


async def _check_processing(full: S3) -> dict[str, dict[str, str]]:
    """The processors that are in use, by type, with their parameters. Raises ApiError."""
    configured = full.get("ProcessingConfiguration") or {}
    if not configured.get("Enabled"):
        return {}
    found = processors(configured)
    kinds = dict(found)
    if not kinds:
        raise invalid("At least one processor must be specified when processing is enabled.")
    if len(kinds) < len(found):
        raise invalid("Only one processor of each type is allowed.")
    for kind, parameters in found:
        for name in _REQUIRED[kind]:
            if name not in parameters:
                raise invalid(f"{name} must be specified for the {kind} processor.")
    if "Decompression" in kinds and kinds["Decompression"]["CompressionFormat"] != "GZIP":
        raise invalid("The Decompression processor supports the CompressionFormat GZIP.")
    if "CloudWatchLogProcessing" in kinds and "Decompression" not in kinds:
        raise invalid("The CloudWatchLogProcessing processor needs the Decompression processor.")
    if "RecordDeAggregation" in kinds:
        _check_deaggregation(kinds["RecordDeAggregation"])
    if "MetadataExtraction" in kinds:
        await _check_query(kinds["MetadataExtraction"])
    return kinds


def _check_deaggregation(parameters: Mapping[str, str]) -> None:
    kind = parameters["SubRecordType"]
    if kind not in ("JSON", "DELIMITED"):
        raise invalid(f"SubRecordType {kind} is not one of JSON and DELIMITED.")
    if kind == "DELIMITED":
        try:
            if not b64decode(parameters.get("Delimiter", ""), validate=True):
                raise ValueError
        except ValueError:
            raise invalid(
                "RecordDeAggregation with the SubRecordType DELIMITED needs a base64-encoded "
                "Delimiter."
            ) from None


async def _check_query(parameters: Mapping[str, str]) -> None:
    engine = parameters["JsonParsingEngine"]
    if engine != "JQ-1.6":
        raise invalid(f"JsonParsingEngine {engine} is not supported; use JQ-1.6.")
    if not partition_keys.is_there():
        raise invalid(f"The MetadataExtraction processor needs jq: {_PACKAGE}")
    try:
        await partition_keys.check(parameters["MetadataExtractionQuery"])
    except partition_keys.BadQuery as bad:
        raise invalid(f"MetadataExtractionQuery is not valid: {bad}") from None


def _check_partitions(full: S3, kinds: Mapping[str, Mapping[str, str]]) -> None:
    prefix = full.get("Prefix", "")
    queried = prefixes.keys(prefix, prefixes.FROM_QUERY)
    computed = prefixes.keys(prefix, prefixes.FROM_LAMBDA)
    if not (full.get("DynamicPartitioningConfiguration") or {}).get("Enabled"):
        if queried or computed:
            raise invalid(
                "Dynamic Partitioning Namespaces can only be part of a prefix expression when "
                "Dynamic Partitioning is enabled."
            )
        if "MetadataExtraction" in kinds:
            raise invalid(
                "MetadataExtraction processor can only be present when Dynamic Partitioning is "
                "enabled."
            )
        return
    if full["BufferingHints"]["SizeInMBs"] < limits.PARTITIONED_SIZE_MIB:
        raise invalid(
            f"BufferingHints.SizeInMBs must be at least {limits.PARTITIONED_SIZE_MIB} when Dynamic "
            "Partitioning is enabled."
        )
    if not (queried or computed):
        raise invalid(
            "S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning "
            "is enabled"
        )
    if queried and "MetadataExtraction" not in kinds:
        raise invalid(
            "MetadataExtraction processor should be present when S3 Prefix has "
            "partitionKeyFromQuery namespace."
        )
    if computed and "Lambda" not in kinds:
        raise invalid(
            "Lambda processor should be present when S3 Prefix has partitionKeyFromLambda "
            "namespace."
        )
    if queried:
        there = partition_keys.names(kinds["MetadataExtraction"]["MetadataExtractionQuery"])
        for key in sorted(queried - set(there)):
            raise invalid(
                f"S3 Prefix has the partition key {key}, which the MetadataExtractionQuery does "
                "not make."
            )
