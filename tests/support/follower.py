"""Follow a DynamoDB stream as a careful client does: parents before children, each record once.

    follower = Follower(boto3.client("dynamodbstreams", …), stream_arn)
    for record in follower.poll(): …

It keeps the last sequence number of each shard and never an iterator, so that it goes on wherever
it was, also after the server was killed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]


@dataclass
class Follower:
    client: Any
    arn: str
    last: dict[str, str] = field(default_factory=dict)  # shard -> last sequence number read
    done: set[str] = field(default_factory=set)  # shards read to their end

    def poll(self) -> Iterator[Record]:
        """Every record that is there now and was not given before."""
        progress = True
        while progress:
            progress = False
            for shard in self.shards():
                if shard["ShardId"] in self.done:
                    continue
                if shard.get("ParentShardId") in self.unfinished:
                    continue
                yield from self._read(shard["ShardId"])
                progress |= shard["ShardId"] in self.done

    def shards(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        start: dict[str, str] = {}
        while True:
            described = self.client.describe_stream(StreamArn=self.arn, **start)
            described = described["StreamDescription"]
            found += described["Shards"]
            if "LastEvaluatedShardId" not in described:
                self.unfinished = {s["ShardId"] for s in found} - self.done
                return found
            start = {"ExclusiveStartShardId": described["LastEvaluatedShardId"]}

    def _read(self, shard: str) -> Iterator[Record]:
        place: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
        if shard in self.last:
            place = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "SequenceNumber": self.last[shard],
            }
        at = self.client.get_shard_iterator(StreamArn=self.arn, ShardId=shard, **place)
        iterator = at["ShardIterator"]
        while iterator:
            answer = self.client.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                self.last[shard] = record["dynamodb"]["SequenceNumber"]
                yield record
            iterator = answer.get("NextShardIterator")
            if iterator and not answer["Records"]:
                return
        self.done.add(shard)
        self.unfinished.discard(shard)


def replay(state: dict[Any, Any], record: Record) -> None:
    """Apply a record with both images to `state`; it must fit what is there."""
    change = record["dynamodb"]
    key = tuple(sorted((name, str(value)) for name, value in change["Keys"].items()))
    assert state.get(key) == change.get("OldImage"), f"{record} does not follow {state.get(key)}"
    if record["eventName"] == "REMOVE":
        del state[key]
    else:
        state[key] = change["NewImage"]


def as_state(items: list[dict[str, Any]], *names: str) -> dict[Any, Any]:
    """The items of a table in the form that `replay` makes."""
    return {tuple(sorted((name, str(item[name])) for name in names)): item for item in items}
