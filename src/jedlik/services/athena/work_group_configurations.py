"""Configurations of work groups: as they are made, and as updates change them."""

from __future__ import annotations

from typing import Any

from jedlik.services.athena import errors
from jedlik.services.athena.records import ENGINE
from jedlik.services.athena.requests import split_location

Configuration = dict[str, Any]
_RESULT = ("OutputLocation", "EncryptionConfiguration", "ExpectedBucketOwner", "AclConfiguration")
_KEPT = (
    "AdditionalConfiguration",
    "BytesScannedCutoffPerQuery",
    "CustomerContentEncryptionConfiguration",
    "EnableMinimumEncryptionConfiguration",
    "EnforceWorkGroupConfiguration",
    "EngineConfiguration",
    "EngineVersion",
    "ExecutionRole",
    "MonitoringConfiguration",
    "PublishCloudWatchMetricsEnabled",
    "QueryResultsS3AccessGrantsConfiguration",
    "RequesterPaysEnabled",
)


def configured(given: Configuration) -> Configuration:
    """A new work group's. Raises InvalidRequestException."""
    made = {
        "EnforceWorkGroupConfiguration": True,
        "PublishCloudWatchMetricsEnabled": True,
        "RequesterPaysEnabled": False,
        "ResultConfiguration": {},
        **given,
        "EngineVersion": {**ENGINE, **(given.get("EngineVersion") or {})},
    }
    return _checked(made)


def updated(old: Configuration, given: Configuration) -> Configuration:
    """What ConfigurationUpdates make of it. Raises InvalidRequestException."""
    made = {**old, **{name: given[name] for name in _KEPT if given.get(name) is not None}}
    for name in ("BytesScannedCutoffPerQuery", "CustomerContentEncryptionConfiguration"):
        if given.get(f"Remove{name}"):
            made.pop(name, None)
    if given.get("EngineVersion"):
        made["EngineVersion"] = {**ENGINE, **given["EngineVersion"]}
    changes = given.get("ResultConfigurationUpdates") or {}
    result = dict(made.get("ResultConfiguration") or {})
    for name in _RESULT:
        if changes.get(f"Remove{name}"):
            result.pop(name, None)
        elif changes.get(name) is not None:
            result[name] = changes[name]
    made["ResultConfiguration"] = result
    managed = given.get("ManagedQueryResultsConfigurationUpdates")
    if managed is not None:
        made["ManagedQueryResultsConfiguration"] = {"Enabled": bool(managed.get("Enabled"))}
    return _checked(made)


def _checked(made: Configuration) -> Configuration:
    if (made.get("ManagedQueryResultsConfiguration") or {}).get("Enabled"):
        raise errors.invalid("Managed query results are not supported here: give OutputLocation")
    location = (made.get("ResultConfiguration") or {}).get("OutputLocation")
    if location is not None:
        split_location(location)
    return made
