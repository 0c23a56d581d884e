"""Dashboards: their ARNs, and what is wrong with a body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from jedlik.api.context import Context

Message = dict[str, str]
WIDGETS = ("metric", "text", "log", "alarm", "explorer", "custom")


def dashboard_arn(account: str, name: str) -> str:
    """Dashboards are the account's, of no region."""
    return f"arn:aws:cloudwatch::{account}:dashboard/{name}"


def dashboard_arns(ctx: Context, req: Mapping[str, Any]) -> list[str]:
    """The dashboards that a request names, for policies."""
    names = [req["DashboardName"]] if "DashboardName" in req else req.get("DashboardNames", ())
    return [dashboard_arn(ctx.account, name) for name in names]


def faults_of(body: str) -> list[Message]:
    """What makes a body impossible; empty if it can be stored. Texts unverified."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return [_message("/", "The dashboard body is invalid, it must be valid JSON")]
    if not isinstance(found, dict):
        return [_message("/", "Should be an object")]
    widgets = found.get("widgets")
    if not isinstance(widgets, list):
        return [_message("/", "Should have required property 'widgets'")]
    messages = []
    for number, widget in enumerate(widgets):
        if not isinstance(widget, dict) or widget.get("type") not in WIDGETS:
            messages.append(
                _message(f"/widgets/{number}/type", f"Should be one of {', '.join(WIDGETS)}")
            )
        elif not isinstance(widget.get("properties"), dict):
            messages.append(
                _message(f"/widgets/{number}", "Should have required property 'properties'")
            )
    return messages


def _message(path: str, message: str) -> Message:
    return {"DataPath": path, "Message": message}
