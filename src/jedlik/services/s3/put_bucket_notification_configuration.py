"""PutBucketNotificationConfiguration: kept and told."""

from __future__ import annotations

import re
from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket
from jedlik.services.s3.errors import invalid_argument

_EVENT = re.compile(
    r"s3:(TestEvent|ReducedRedundancyLostObject|"
    r"(ObjectCreated|ObjectRemoved|ObjectRestore|Replication|ObjectTagging|LifecycleExpiration|"
    r"LifecycleTransition|IntelligentTiering|ObjectAcl|ObjectAnnotation)(:[A-Za-z*]+)?)"
)
_ARN = re.compile(r"arn:aws[a-z-]*:(sqs|sns|lambda):[a-z0-9-]+:\d{12}:.+")


@operation(
    "s3",
    "PutBucketNotificationConfiguration",
    access="write",
    permissions=on_bucket("s3:PutBucketNotification"),
)
async def put_bucket_notification_configuration(
    ctx: RestContext, req: dict[str, Any]
) -> dict[str, Any]:
    wanted = req["NotificationConfiguration"]
    for each in wanted.values():
        for number, rule in enumerate(each if isinstance(each, list) else []):
            _check(rule)
            rule.setdefault("Id", f"{ctx.request_id[:16]}-{number}")
    await configurations.put(ctx, req, configurations.NOTIFICATION, wanted or None)
    return {}


def _check(rule: dict[str, Any]) -> None:
    for event in rule.get("Events") or ():
        if not _EVENT.fullmatch(event):
            raise invalid_argument(
                f"The event '{event}' is not supported for notifications", "Event", event
            )
    for member in ("QueueArn", "TopicArn", "LambdaFunctionArn"):
        arn = rule.get(member)
        if arn is not None and not _ARN.fullmatch(arn):
            raise invalid_argument("The ARN is not well formed", member, arn)
