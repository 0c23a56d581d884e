"""What goes wrong with deliveries, told to the log of the server and to CloudWatch Logs.

    {"deliveryStreamARN": …, "destination": "arn:aws:s3:::bucket", "deliveryStreamVersionId": 1,
     "message": …, "errorCode": "S3.NoSuchBucket"}

As on AWS, the log group and its stream must be there; Firehose does not make them.
"""

from __future__ import annotations

import logging

import orjson

from jedlik.api.errors import ApiError
from jedlik.services.firehose.records import S3, DeliveryStream
from jedlik.services.logs.store import Logs
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended

_log = logging.getLogger("jedlik.firehose")


async def tell(
    db: Database, stream: DeliveryStream, destination: S3, code: str, message: str
) -> None:
    _log.warning("delivery stream %s: %s: %s", stream.name, code, message)
    options = destination["CloudWatchLoggingOptions"]
    if not options.get("Enabled"):
        return
    told = {
        "deliveryStreamARN": stream.arn,
        "destination": destination["BucketARN"],
        "deliveryStreamVersionId": stream.version,
        "message": message,
        "errorCode": code,
    }
    logs = Logs(db, stream.account, stream.region)
    try:
        await logs.put(
            options["LogGroupName"],
            options["LogStreamName"],
            [(db.clock.now_ms(), orjson.dumps(told).decode())],
        )
    except (ApiError, Contended) as fault:
        _log.warning("delivery stream %s cannot log to CloudWatch Logs: %s", stream.name, fault)
