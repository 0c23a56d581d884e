"""What delivery streams count, for CloudWatch: the namespace AWS/Firehose."""

from __future__ import annotations

from jedlik.services.firehose.records import DeliveryStream
from jedlik.tables import counts
from jedlik.tables.database import Database

NAMESPACE = "AWS/Firehose"


class Counts:
    """The counts of this process, by delivery stream."""

    def __init__(self, db: Database) -> None:
        self._counts = counts.Counts.of(db)

    def add(self, stream: DeliveryStream, metric: str, value: float, unit: str = "Count") -> None:
        dimensions = (("DeliveryStreamName", stream.name),)
        counted = counts.Counted(stream.account, stream.region, NAMESPACE, metric, dimensions, unit)
        self._counts.add(counted, value)
