"""Delivery streams where two processes share the store: one delivers, and another when it is
killed; each record once."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.aws.firehose.conftest import ROLE, active, objects
from tests.aws.kinesis.conftest import settled
from tests.postgres.test_several_processes import LEADER, eventually
from tests.support.postgres import Cluster
from tests.support.server import Server


def test_another_process_goes_on_delivering(cluster: Cluster, tmp_path: Path) -> None:
    url = cluster.url(schema="firehose", connections=6)
    arguments = ("--store", url, "--blobs", str(tmp_path / "objects"), "--dax-nodes", "0")
    with ExitStack() as stack:
        servers = [
            stack.enter_context(Server(*arguments, "--data", str(tmp_path / f"data{at}")))
            for at in range(2)
        ]
        s3, kinesis = servers[0].client("s3"), servers[0].client("kinesis")
        kinesis.create_stream(StreamName="source", ShardCount=2)
        arn = settled(kinesis, "source")["StreamARN"]
        for name, more in (
            ("direct", {}),
            (
                "read",
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
            firehose = servers[0].client("firehose")
            firehose.create_delivery_stream(
                DeliveryStreamName=name,
                ExtendedS3DestinationConfiguration={
                    "RoleARN": ROLE,
                    "BucketARN": f"arn:aws:s3:::{name}",
                    "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
                },
                **more,
            )
            active(firehose, name)

        put = 0

        def put_some(servers: list[Server], count: int) -> None:
            nonlocal put
            for server in servers:
                records = [f"{number}\n".encode() for number in range(put, put + count)]
                put += count
                assert not server.client("firehose").put_record_batch(
                    DeliveryStreamName="direct", Records=[{"Data": each} for each in records]
                )["FailedPutCount"]
                assert not server.client("kinesis").put_records(
                    StreamName="source",
                    Records=[{"Data": each, "PartitionKey": str(each)} for each in records],
                )["FailedRecordCount"]

        def arrived(s3: Any) -> bool:
            return all(
                Counter(b"".join(objects(s3, name).values()).split())
                == Counter(str(number).encode() for number in range(put))
                for name in ("direct", "read")
            )

        put_some(servers, 30)
        eventually(lambda: arrived(s3), "all of both processes")
        put_some(servers, 30)
        leader = next(server for server in servers if LEADER in server.output())
        leader.kill()
        (left,) = [server for server in servers if server is not leader]
        put_some([left], 30)
        eventually(lambda: arrived(left.client("s3")), "all of both, once one is gone")
