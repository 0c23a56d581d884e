"""ListLogGroups: by pattern and class, in order of their names."""

from __future__ import annotations

import re
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.requests import logs_of, page


@operation("logs", "ListLogGroups", access="list")
async def list_log_groups(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """The pattern is alternatives of letters, each at a name's beginning where "^" says so."""
    pattern = re.compile(
        "|".join(
            "^" + re.escape(each[1:]) if each.startswith("^") else re.escape(each)
            for each in req.get("logGroupNamePattern", "").split("|")
        )
    )
    tags = {each["key"]: each.get("values", []) for each in req.get("logGroupTags", ())}
    found = [
        each
        for each in await logs_of(ctx).groups()
        if pattern.search(each.name)
        and req.get("logGroupClass", each.kind) == each.kind
        and all(
            key in each.tags and (not values or each.tags[key] in values)
            for key, values in tags.items()
        )
    ]
    shown, token = page(found, req)
    groups = [
        {"logGroupName": each.name, "logGroupArn": each.arn, "logGroupClass": each.kind}
        for each in shown
    ]
    return {"logGroups": groups, **token}
