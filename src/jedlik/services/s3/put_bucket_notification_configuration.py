"""PutBucketNotificationConfiguration: kept and told."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket


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
            rule.setdefault("Id", f"{ctx.request_id[:16]}-{number}")
    await configurations.put(ctx, req, configurations.NOTIFICATION, wanted or None)
    return {}
