"""DescribeLogGroups: by prefix or pattern, in order of their names."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import invalid
from jedlik.services.logs.requests import group_arns, logs_of, named, page
from jedlik.services.logs.store import Group


@operation("logs", "DescribeLogGroups", access="list", resource=group_arns)
async def describe_log_groups(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    if "logGroupNamePrefix" in req and "logGroupNamePattern" in req:
        raise invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        )
    found = await logs_of(ctx).groups(req.get("logGroupNamePrefix", ""))
    pattern = req.get("logGroupNamePattern", "").lower()
    wanted = {named(ctx, each) for each in req.get("logGroupIdentifiers", ())}
    found = [
        each
        for each in found
        if pattern in each.name.lower()
        and (not wanted or each.name in wanted)
        and req.get("logGroupClass", each.kind) == each.kind
    ]
    shown, token = page(found, req)
    return {"logGroups": [_described(each) for each in shown], **token}


def _described(group: Group) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "logGroupName": group.name,
        "creationTime": group.created_ms,
        "metricFilterCount": len(group.metric_filters),
        "arn": f"{group.arn}:*",
        "logGroupArn": group.arn,
        "storedBytes": group.stored_bytes,
        "logGroupClass": group.kind,
        "deletionProtectionEnabled": group.protected,
    }
    if group.days is not None:
        shown["retentionInDays"] = group.days
    if group.key is not None:
        shown["kmsKeyId"] = group.key
    return shown
