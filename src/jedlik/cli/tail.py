"""`jedlik tail`: follow a table's changes through its stream."""

from __future__ import annotations

import sys
import time
from typing import Any

import click
import orjson

from jedlik.cli.client import STREAMS_TARGET, Client, talks_to_server

REST_S = 0.2
LOOK_FOR_SHARDS_S = 5.0


@click.command()
@click.argument("table")
@click.option("--all", "whole", is_flag=True, help="Begin with what the stream still has.")
@talks_to_server
def tail(client: Client, table: str, whole: bool) -> None:
    """Write every change of TABLE to standard output as it happens, one a line, until Ctrl-C.

    The table needs a stream; its view type tells what a line holds.
    """
    with client.about(table):
        arn = client.call("DescribeTable", {"TableName": table})["Table"].get("LatestStreamArn")
    if arn is None:
        raise click.ClickException(
            f"{table} has no stream. To give it one:\n\n"
            f"  aws dynamodb update-table --table-name {table} --stream-specification "
            "StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES\n"
        )
    try:
        _Tail(client, arn, whole).run()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


class _Tail:
    """Reads every shard of a stream; a shard's children only once it is at its end."""

    def __init__(self, client: Client, arn: str, whole: bool) -> None:
        self._client = client
        self._arn = arn
        self._known: set[str] = set()
        self._done: set[str] = set()
        self._iterators: dict[str, str] = {}
        self._first = "TRIM_HORIZON" if whole else "LATEST"

    def run(self) -> None:
        looked_at = 0.0
        closed = False
        while True:
            if not self._iterators or time.monotonic() - looked_at > LOOK_FOR_SHARDS_S:
                closed = self._look()
                looked_at = time.monotonic()
            got = sum([self._read(shard) for shard in list(self._iterators)])
            if closed and not self._iterators:
                click.echo("the stream has ended", err=True)
                return
            if not got:
                time.sleep(REST_S)

    def _look(self) -> bool:
        """Find new shards; whether the stream gets no more of them."""
        described: dict[str, Any] = {}
        shards: list[dict[str, Any]] = []
        start: str | None = None
        while True:
            request = {"StreamArn": self._arn} | ({"ExclusiveStartShardId": start} if start else {})
            described = self._call("DescribeStream", request)["StreamDescription"]
            shards += described["Shards"]
            start = described.get("LastEvaluatedShardId")
            if start is None:
                break
        there = {shard["ShardId"] for shard in shards}
        for shard in shards:
            name, parent = shard["ShardId"], shard.get("ParentShardId")
            is_open = "EndingSequenceNumber" not in shard["SequenceNumberRange"]
            if name in self._known:
                continue
            if parent in there and parent not in self._done and parent in self._known:
                continue  # its turn comes after its parent's
            self._known.add(name)
            if self._first == "LATEST" and not is_open:
                self._done.add(name)
                continue
            self._iterators[name] = self._call(
                "GetShardIterator",
                {"StreamArn": self._arn, "ShardId": name, "ShardIteratorType": self._first},
            )["ShardIterator"]
        self._first = "TRIM_HORIZON"
        return bool(described["StreamStatus"] == "DISABLED")

    def _read(self, shard: str) -> int:
        """Write what is new in a shard; how much that was."""
        answer = self._call("GetRecords", {"ShardIterator": self._iterators[shard]})
        for record in answer["Records"]:
            sys.stdout.buffer.write(orjson.dumps(record) + b"\n")
        sys.stdout.buffer.flush()
        following = answer.get("NextShardIterator")
        if following is None:
            del self._iterators[shard]
            self._done.add(shard)
        else:
            self._iterators[shard] = following
        return len(answer["Records"])

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        return self._client.call(operation, request, target=STREAMS_TARGET)
