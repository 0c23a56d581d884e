"""How answers show what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jedlik.services.athena.records import ENGINE, Execution, NamedQuery, Prepared, WorkGroup
from jedlik.services.glue import Document


def execution(of: Execution) -> dict[str, Any]:
    status: dict[str, Any] = {"State": of.state, "SubmissionDateTime": of.submitted_ms / 1000}
    if of.reason is not None:
        status["StateChangeReason"] = of.reason
    if of.completed_ms:
        status["CompletionDateTime"] = of.completed_ms / 1000
    if of.error is not None:
        status["AthenaError"] = of.error
    shown: dict[str, Any] = {
        "QueryExecutionId": of.id,
        "Query": of.query,
        "StatementType": of.type,
        "ResultConfiguration": {**of.configuration, "OutputLocation": of.location},
        "ResultReuseConfiguration": of.reuse
        or {"ResultReuseByAgeConfiguration": {"Enabled": False}},
        "QueryExecutionContext": of.context,
        "Status": status,
        "Statistics": statistics(of),
        "WorkGroup": of.work_group,
        "EngineVersion": ENGINE,
    }
    if of.parameters:
        shown["ExecutionParameters"] = of.parameters
    if of.sub:
        shown["SubstatementType"] = of.sub
    return shown


def statistics(of: Execution) -> dict[str, Any]:
    shown = {"DataScannedInBytes": of.scanned, **timeline(of)}
    if of.manifest is not None:
        shown["DataManifestLocation"] = of.manifest
    if of.done:
        shown["ResultReuseInformation"] = {"ReusedPreviousResult": False}
    return shown


def timeline(of: Execution) -> dict[str, Any]:
    if not of.done:
        return {}
    begun = of.begun_ms or of.completed_ms
    planned = of.planned_ms or begun
    ran = of.ran_ms or of.completed_ms
    return {
        "EngineExecutionTimeInMillis": max(ran - begun, 0),
        "TotalExecutionTimeInMillis": of.completed_ms - of.submitted_ms,
        "QueryQueueTimeInMillis": max(begun - of.submitted_ms, 0),
        "ServicePreProcessingTimeInMillis": 0,
        "QueryPlanningTimeInMillis": max(planned - begun, 0),
        "ServiceProcessingTimeInMillis": max(of.completed_ms - ran, 0),
    }


def work_group(of: WorkGroup) -> dict[str, Any]:
    shown = {
        "Name": of.name,
        "State": of.state,
        "Configuration": of.configuration,
        "CreationTime": of.created_ms / 1000,
    }
    return shown if of.description is None else {**shown, "Description": of.description}


def work_group_summary(of: WorkGroup) -> dict[str, Any]:
    return {
        "Name": of.name,
        "State": of.state,
        "Description": of.description or "",
        "CreationTime": of.created_ms / 1000,
        "EngineVersion": of.configuration.get("EngineVersion", ENGINE),
    }


def named_query(of: NamedQuery) -> dict[str, Any]:
    shown = {
        "Name": of.name,
        "Database": of.database,
        "QueryString": of.query,
        "NamedQueryId": of.id,
        "WorkGroup": of.work_group,
    }
    return shown if of.description is None else {**shown, "Description": of.description}


def prepared(of: Prepared) -> dict[str, Any]:
    shown = {
        "StatementName": of.name,
        "QueryStatement": of.query,
        "WorkGroupName": of.work_group,
        "LastModifiedTime": of.modified_ms / 1000,
    }
    return shown if of.description is None else {**shown, "Description": of.description}


def database(of: Document) -> dict[str, Any]:
    members = ("Name", "Description", "Parameters")
    return {member: of[member] for member in members if of.get(member) is not None}


def table(of: Document) -> dict[str, Any]:
    """A table of the catalog as GetTableMetadata shows it: what Glue has in the storage descriptor
    is among the parameters."""
    storage = of.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    parameters = dict(of.get("Parameters") or {})
    for name, value in (
        ("location", storage.get("Location")),
        ("inputformat", storage.get("InputFormat")),
        ("outputformat", storage.get("OutputFormat")),
        ("serde.serialization.lib", serde.get("SerializationLibrary")),
    ):
        if value:
            parameters[name] = value
    for name, value in (serde.get("Parameters") or {}).items():
        parameters[f"serde.param.{name}"] = value
    return {
        "Name": of["Name"],
        "CreateTime": of.get("CreateTime", 0),
        "LastAccessTime": of.get("LastAccessTime", 0),
        "TableType": of.get("TableType", "EXTERNAL_TABLE"),
        "Columns": [_column(each) for each in storage.get("Columns") or ()],
        "PartitionKeys": [_column(each) for each in of.get("PartitionKeys") or ()],
        "Parameters": parameters,
    }


def _column(of: Document) -> dict[str, Any]:
    members = ("Name", "Type", "Comment")
    return {member: of[member] for member in members if of.get(member) is not None}


def only(
    documents: Sequence[dict[str, Any]], wanted: Sequence[str] | None
) -> Sequence[dict[str, Any]]:
    """The members that AttributesToGet names, where it names any."""
    if not wanted:
        return documents
    names = {"Name": "NAME" in wanted, "TableType": "TABLE_TYPE" in wanted}
    return [{name: each[name] for name in each if names.get(name)} for each in documents]
