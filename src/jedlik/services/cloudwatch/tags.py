"""Tags of alarms, dashboards and insight rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from jedlik.api.context import Context
from jedlik.services.cloudwatch.errors import invalid_value, tagged_not_found, too_many_tags
from jedlik.services.cloudwatch.limits import TAGS_MAX
from jedlik.services.cloudwatch.records import (
    ALARM,
    DASHBOARD,
    INSIGHT_RULE,
    AlarmRecord,
    DashboardRecord,
    InsightRuleRecord,
    Records,
)

Tags = dict[str, str]


def with_tags(tags: Mapping[str, str], given: Sequence[Mapping[str, Any]]) -> Tags:
    """The tags with those of a request among them. Raises ApiError. Unverified texts."""
    merged = {**tags}
    for tag in given:
        if tag["Key"].lower().startswith("aws:"):
            raise invalid_value("Tag keys that begin with aws: are reserved.")
        merged[tag["Key"]] = tag["Value"]
    if len(merged) > TAGS_MAX:
        raise too_many_tags(TAGS_MAX)
    return merged


def tagged_arns(ctx: Context, req: Mapping[str, Any]) -> list[str]:
    """What a tagging request is about, for policies."""
    return [req["ResourceARN"]]


async def tags_of(ctx: Context, arn: str) -> Tags:
    """The tags of what an ARN names. Raises ApiError."""
    kind, name = _named(ctx, arn)
    records = Records.of(ctx)
    found: AlarmRecord | DashboardRecord | InsightRuleRecord | None
    if kind == "alarm":
        found = await records.get(ALARM, name)
    elif kind == "insight-rule":
        found = await records.get(INSIGHT_RULE, name)
    else:
        found = await records.get(DASHBOARD, name)
    if found is None:
        raise tagged_not_found(kind, name)
    return found.tags


async def change_tags(
    ctx: Context, arn: str, *, given: Sequence[Mapping[str, Any]] = (), gone: Sequence[str] = ()
) -> None:
    """Add and take away tags. Raises ApiError."""
    kind, name = _named(ctx, arn)

    def changed(tags: Mapping[str, str]) -> Tags:
        return {key: each for key, each in with_tags(tags, given).items() if key not in gone}

    def alarm(old: AlarmRecord | None) -> AlarmRecord:
        if old is None:
            raise tagged_not_found(kind, name)
        return replace(old, tags=changed(old.tags))

    def dashboard(old: DashboardRecord | None) -> DashboardRecord:
        if old is None:
            raise tagged_not_found(kind, name)
        return replace(old, tags=changed(old.tags))

    def rule(old: InsightRuleRecord | None) -> InsightRuleRecord:
        if old is None:
            raise tagged_not_found(kind, name)
        return replace(old, tags=changed(old.tags))

    if kind == "alarm":
        await Records.of(ctx).put(ALARM, name, alarm)
    elif kind == "insight-rule":
        await Records.of(ctx).put(INSIGHT_RULE, name, rule)
    else:
        await Records.of(ctx).put(DASHBOARD, name, dashboard)


def _named(ctx: Context, arn: str) -> tuple[str, str]:
    """("alarm", "dashboard" or "insight-rule", name) of an ARN of this account. Raises ApiError."""
    rule = f"arn:aws:cloudwatch:{ctx.region}:{ctx.account}:insight-rule/"
    if arn.startswith(rule):
        return "insight-rule", arn[len(rule) :]
    alarm = f"arn:aws:cloudwatch:{ctx.region}:{ctx.account}:alarm:"
    dashboard = f"arn:aws:cloudwatch::{ctx.account}:dashboard/"
    if arn.startswith(alarm):
        return "alarm", arn[len(alarm) :]
    if arn.startswith(dashboard):
        return "dashboard", arn[len(dashboard) :]
    raise invalid_value(f"The ARN {arn} is not valid.")  # unverified
