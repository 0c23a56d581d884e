"""kill -9 between puts and deliveries: every acknowledged record arrives in S3."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

from tests.aws.firehose.conftest import ROLE, active, objects, until
from tests.aws.kinesis.conftest import settled
from tests.support.server import Server

ROUNDS = 3
WRITERS = 3
PER_ROUND = 25


def test_no_acknowledged_record_is_lost(tmp_path: Path, make_client: Any) -> None:
    """Objects are made at once, and after a second, so that kills fall on all moments. What was
    acknowledged is there, once: a cut-off delivery goes on with the same objects."""
    with Server("--data", str(tmp_path / "data")) as server:

        def client(service: str) -> Any:
            return make_client(service, endpoint_url=server.endpoint)

        s3, firehose, kinesis = client("s3"), client("firehose"), client("kinesis")
        kinesis.create_stream(StreamName="source", ShardCount=2)
        arn = settled(kinesis, "source")["StreamARN"]
        for name, more in (
            ("direct-0", {}),
            ("direct-1", {}),
            (
                "read-0",
                {
                    "DeliveryStreamType": "KinesisStreamAsSource",
                    "KinesisStreamSourceConfiguration": {
                        "KinesisStreamARN": arn,
                        "RoleARN": ROLE,
                    },
                },
            ),
        ):
            s3.create_bucket(Bucket=name)
            firehose.create_delivery_stream(
                DeliveryStreamName=name,
                ExtendedS3DestinationConfiguration={
                    "RoleARN": ROLE,
                    "BucketARN": f"arn:aws:s3:::{name}",
                    "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": int(name[-1])},
                },
                **more,
            )
            active(firehose, name)

        acknowledged: dict[str, set[str]] = {"direct-0": set(), "direct-1": set(), "read-0": set()}
        tried: dict[str, set[str]] = {name: set() for name in acknowledged}

        def write(name: str, round_: int, writer: int, endpoint: str) -> None:
            """Until the server is gone."""
            puts = make_client("firehose", endpoint_url=endpoint)
            streams = make_client("kinesis", endpoint_url=endpoint)
            for number in range(PER_ROUND * 100):
                line = f"{name} {round_} {writer} {number}"
                data = line.encode() + b"\n"
                tried[name].add(line)
                try:
                    if name == "read-0":
                        streams.put_record(StreamName="source", PartitionKey=line, Data=data)
                    else:
                        puts.put_record(DeliveryStreamName=name, Record={"Data": data})
                except Exception as gone:
                    if "ProvisionedThroughput" in type(gone).__name__:
                        continue
                    return
                acknowledged[name].add(line)

        for round_ in range(ROUNDS):
            before = {name: len(found) for name, found in acknowledged.items()}
            threads = [
                threading.Thread(target=write, args=(name, round_, writer, server.endpoint))
                for name in acknowledged
                for writer in range(WRITERS)
            ]
            for thread in threads:
                thread.start()
            until(
                lambda: {name: len(found) for name, found in acknowledged.items()},
                lambda now: all(
                    now[name] >= before[name] + PER_ROUND  # noqa: B023
                    for name in now
                ),
            )
            server.kill()
            for thread in threads:
                thread.join()
            server.restart()

        s3 = client("s3")
        for name, wanted in acknowledged.items():
            lines = until(
                lambda name=name: [  # type: ignore[misc]
                    line
                    for data in objects(s3, name).values()
                    for line in data.decode().splitlines()
                ],
                lambda lines, wanted=wanted: wanted <= set(lines),  # type: ignore[misc]
            )
            assert set(lines) <= tried[name]
            assert [line for line, count in Counter(lines).items() if count > 1] == []
