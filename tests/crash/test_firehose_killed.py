"""kill -9 between puts and deliveries: every acknowledged record arrives in S3."""

from __future__ import annotations

import gzip
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from tests.aws.firehose.conftest import ROLE, active, objects, until
from tests.aws.kinesis.conftest import settled
from tests.support.server import Server

ROUNDS = 3
WRITERS = 2
PER_ROUND = 25


PACKED = {
    "CompressionFormat": "GZIP",
    "Prefix": "packed/!{timestamp:yyyy/MM/dd/HH-mm-ss}/!{firehose:random-string}/",
    "ErrorOutputPrefix": "failed/!{firehose:error-output-type}/",
}
KEYED = {
    "Prefix": "of/!{partitionKeyFromQuery:key}/",
    "ErrorOutputPrefix": "failed/",
    "DynamicPartitioningConfiguration": {"Enabled": True},
    "ProcessingConfiguration": {
        "Enabled": True,
        "Processors": [
            {
                "Type": "MetadataExtraction",
                "Parameters": [
                    {"ParameterName": "MetadataExtractionQuery", "ParameterValue": "{key:.key}"},
                    {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"},
                ],
            }
        ],
    },
}


def backup_to(bucket: str) -> dict[str, Any]:
    return {
        "S3BackupMode": "Enabled",
        "S3BackupConfiguration": {
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "Prefix": "backup/",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
        },
    }


def test_no_acknowledged_record_is_lost(tmp_path: Path, make_client: Any) -> None:
    """Objects are made at once, and after a second, so that kills fall on all moments. What was
    acknowledged is there, once: a cut-off delivery goes on with the same objects, whatever they are
    named by and packed with."""
    with Server("--data", str(tmp_path / "data")) as server:

        def client(service: str) -> Any:
            return make_client(service, endpoint_url=server.endpoint)

        s3, firehose, kinesis = client("s3"), client("firehose"), client("kinesis")
        kinesis.create_stream(StreamName="source", ShardCount=2)
        arn = settled(kinesis, "source")["StreamARN"]
        from_source = {
            "DeliveryStreamType": "KinesisStreamAsSource",
            "KinesisStreamSourceConfiguration": {"KinesisStreamARN": arn, "RoleARN": ROLE},
        }
        for name, destination, more in (
            ("direct-0", {}, {}),
            ("direct-1", {}, {}),
            ("packed-0", {**PACKED, **backup_to("packed-0")}, {}),
            ("keyed-1", KEYED, {}),
            ("read-0", {}, from_source),
            ("read-keyed-1", {**KEYED, "CompressionFormat": "GZIP"}, from_source),
        ):
            s3.create_bucket(Bucket=name)
            size = 64 if "keyed" in name else 1
            firehose.create_delivery_stream(
                DeliveryStreamName=name,
                ExtendedS3DestinationConfiguration={
                    "RoleARN": ROLE,
                    "BucketARN": f"arn:aws:s3:::{name}",
                    "BufferingHints": {"SizeInMBs": size, "IntervalInSeconds": int(name[-1])},
                    **destination,
                },
                **more,
            )
            active(firehose, name)

        written = ("direct-0", "direct-1", "packed-0", "keyed-1", "read-0")
        acknowledged: dict[str, set[str]] = {name: set() for name in written}
        tried: dict[str, set[str]] = {name: set() for name in written}

        def write(name: str, round_: int, writer: int, endpoint: str) -> None:
            """Until the server is gone."""
            puts = make_client("firehose", endpoint_url=endpoint)
            streams = make_client("kinesis", endpoint_url=endpoint)
            for number in range(PER_ROUND * 100):
                line = f'{{"key":"{number % 3}","id":"{name} {round_} {writer} {number}"}}'
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
        for name, folder, source in (
            *((name, "", name) for name in ("direct-0", "direct-1", "keyed-1", "read-0")),
            ("packed-0", "packed/", "packed-0"),
            ("packed-0", "backup/", "packed-0"),
            ("read-keyed-1", "", "read-0"),
        ):
            wanted = acknowledged[source]
            lines = until(
                lambda name=name, folder=folder: lines_of(s3, name, folder),  # type: ignore[misc]
                lambda lines, wanted=wanted: wanted <= set(lines),  # type: ignore[misc]
            )
            assert set(lines) <= tried[source]
            assert [line for line, count in Counter(lines).items() if count > 1] == []


def lines_of(s3: Any, bucket: str, folder: str) -> list[str]:
    """All that is in the objects of a folder, unpacked."""
    found: list[str] = []
    for key, data in objects(s3, bucket).items():
        assert not key.startswith("failed/"), data
        if key.startswith(folder):
            plain = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
            found += plain.decode().splitlines()
    return found
