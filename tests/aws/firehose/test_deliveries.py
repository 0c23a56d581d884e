"""What is put reaches S3: names, prefixes, compression, buffering, retries."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import re
import zipfile
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest

from tests.aws.firehose.conftest import (
    bucket_name,
    delivered,
    described,
    objects,
    put,
    until,
)

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
SUFFIX = rf"-1-\d{{4}}-\d\d-\d\d-\d\d-\d\d-\d\d-{UUID}"


def only_key(found: dict[str, bytes]) -> str:
    (key,) = found
    return key


def test_records_are_concatenated_under_the_hour_of_their_arrival(
    firehose: Any, s3: Any, bucket: str, make_stream: Callable[..., str]
) -> None:
    name = make_stream(bucket)
    before = datetime.datetime.now(datetime.UTC)
    put(firehose, name, b"one\n", b"two\n", b"three\n")
    found = delivered(s3, bucket, 14)
    after = datetime.datetime.now(datetime.UTC)
    key = only_key(found)
    assert found[key] == b"one\ntwo\nthree\n"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\d\d/" + re.escape(name) + SUFFIX, key), key
    assert f"{before:%Y/%m/%d/%H/}" <= key[:14] <= f"{after:%Y/%m/%d/%H/}"
    time = re.search(r"-1-(\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)-", key)
    assert time is not None
    assert f"{before:%Y-%m-%d-%H-%M-%S}" <= time[1] <= f"{after:%Y-%m-%d-%H-%M-%S}"


@pytest.mark.parametrize(
    ("prefix", "wanted"),
    [
        ("plain/", r"plain/\d{4}/\d\d/\d\d/\d\d/{name}"),
        ("plain", r"plain\d{4}/\d\d/\d\d/\d\d/{name}"),
        ("y=!{timestamp:yyyy}/", r"y=\d{4}/{name}"),
        ("!{timestamp:'year='yyyy'/it''s/'D}-", r"year=\d{4}/it's/\d{1,3}-{name}"),
        (
            "!{firehose:random-string}/!{firehose:random-string}/",
            r"([a-z0-9]{11})/(?!\1)[a-z0-9]{11}/\d{4}/\d\d/\d\d/\d\d/{name}",
        ),
        ("!{timestamp:yyyy}/!{timestamp:MM}/x", r"\d{4}/\d\d/x{name}"),
    ],
)
def test_prefixes(
    firehose: Any, s3: Any, bucket: str, make_stream: Callable[..., str], prefix: str, wanted: str
) -> None:
    name = make_stream(
        bucket, Prefix=prefix, ErrorOutputPrefix="errors/!{firehose:error-output-type}/"
    )
    put(firehose, name, b"data")
    key = only_key(delivered(s3, bucket, 4))
    assert re.fullmatch(wanted.replace("{name}", re.escape(name)) + SUFFIX, key), key


def test_time_zone_and_extension(
    firehose: Any, s3: Any, bucket: str, make_stream: Callable[..., str]
) -> None:
    name = make_stream(
        bucket,
        Prefix="!{timestamp:yyyy-MM-dd-HH-XXX-VV}/",
        ErrorOutputPrefix="errors/!{firehose:error-output-type}/",
        CustomTimeZone="Asia/Tokyo",
        FileExtension=".jsonl",
    )
    put(firehose, name, b"data")
    key = only_key(delivered(s3, bucket, 4))
    assert re.fullmatch(
        r"(\d{4}-\d\d-\d\d-\d\d)-\+09:00-Asia/Tokyo/" + re.escape(name) + r"-1-\1.*\.jsonl", key
    ), key


def gunzip(data: bytes) -> bytes:
    return gzip.decompress(data)


def unzip(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (name,) = archive.namelist()
        return archive.read(name)


def unsnap(data: bytes) -> bytes:
    """What snappy-java writes, and Kafka: a header, then blocks."""
    cramjam = pytest.importorskip("cramjam")
    assert data[:16] == b"\x82SNAPPY\0\0\0\0\1\0\0\0\1"
    found, place = b"", 16
    while place < len(data):
        packed = int.from_bytes(data[place : place + 4], "big")
        block = bytes(cramjam.snappy.decompress_raw(data[place + 4 : place + 4 + packed]))
        assert len(block) <= 32768
        found, place = found + block, place + 4 + packed
    return found


def unsnap_hadoop(data: bytes) -> bytes:
    cramjam = pytest.importorskip("cramjam")
    found, place = b"", 0
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        packed = int.from_bytes(data[place + 4 : place + 8], "big")
        block = bytes(cramjam.snappy.decompress_raw(data[place + 8 : place + 8 + packed]))
        assert len(block) == size
        found, place = found + block, place + 8 + packed
    return found


@pytest.mark.parametrize(
    ("kind", "extension", "encoding", "opened"),
    [
        ("UNCOMPRESSED", "", None, bytes),
        ("GZIP", ".gz", "gzip", gunzip),
        ("ZIP", ".zip", "zip", unzip),
        ("Snappy", ".snappy", "snappy-java", unsnap),
        ("HADOOP_SNAPPY", ".hsnappy", "hadoop-snappy", unsnap_hadoop),
    ],
)
def test_compression(
    firehose: Any,
    s3: Any,
    bucket: str,
    make_stream: Callable[..., str],
    kind: str,
    extension: str,
    encoding: str | None,
    opened: Callable[[bytes], bytes],
) -> None:
    """Also of more than one block, and more than one page of the buffer."""
    name = make_stream(
        bucket, CompressionFormat=kind, BufferingHints={"SizeInMBs": 2, "IntervalInSeconds": 60}
    )
    datas = [bytes([65 + i]) * 700_000 for i in range(3)]
    put(firehose, name, *datas)
    found = delivered(s3, bucket, 1)
    key = only_key(found)
    assert key.endswith(extension)
    assert opened(found[key]) == b"".join(datas)
    told = s3.head_object(Bucket=bucket, Key=key)
    assert (told["ContentType"], told.get("ContentEncoding")) == (
        "application/octet-stream",
        encoding,
    )


def test_size_makes_objects_and_the_rest_waits(
    firehose: Any, s3: Any, bucket: str, make_stream: Callable[..., str]
) -> None:
    hints = {"SizeInMBs": 1, "IntervalInSeconds": 900}
    name = make_stream(bucket, BufferingHints=hints)
    for i in range(5):
        put(firehose, name, bytes([48 + i]) * 600_000)
    found = delivered(s3, bucket, 2_400_000)
    assert sorted(map(len, found.values())) == [1_200_000, 1_200_000]
    firehose.update_destination(
        DeliveryStreamName=name,
        CurrentDeliveryStreamVersionId="1",
        DestinationId="destinationId-000000000001",
        ExtendedS3DestinationUpdate={"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0}},
    )
    found = delivered(s3, bucket, 3_000_000)
    assert sorted(map(len, found.values())) == [600_000, 1_200_000, 1_200_000]
    assert {int(re.search(r"-(\d)-\d{4}-", key)[1]) for key in found} == {1, 2}  # type: ignore[index]


def test_a_missing_bucket_is_waited_for_and_told_of(
    firehose: Any,
    s3: Any,
    make_client: Callable[..., Any],
    new_name: Callable[[], str],
    make_stream: Callable[..., str],
) -> None:
    bucket, group, logs = bucket_name(new_name), new_name(), make_client("logs")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="DestinationDelivery")
    name = make_stream(
        bucket,
        CloudWatchLoggingOptions={
            "Enabled": True,
            "LogGroupName": group,
            "LogStreamName": "DestinationDelivery",
        },
    )
    put(firehose, name, b"early ")
    events = until(
        lambda: logs.get_log_events(logGroupName=group, logStreamName="DestinationDelivery")[
            "events"
        ],
        lambda found: bool(found),
    )
    told = json.loads(events[0]["message"])
    assert told["errorCode"] == "S3.NoSuchBucket"
    assert told["destination"] == f"arn:aws:s3:::{bucket}"
    assert told["deliveryStreamARN"] == described(firehose, name)["DeliveryStreamARN"]
    assert told["deliveryStreamVersionId"] == 1
    assert told["message"].startswith("The specified bucket does not exist.")
    put(firehose, name, b"late")
    s3.create_bucket(Bucket=bucket)
    found = delivered(s3, bucket, 10)
    assert set(found.values()) in ({b"early ", b"late"}, {b"early late"})


def test_an_update_saves_what_the_old_bucket_did_not_take(
    firehose: Any, s3: Any, bucket: str, new_name: Callable[[], str], make_stream: Any
) -> None:
    name = make_stream(bucket_name(new_name))
    put(firehose, name, b"data")
    firehose.update_destination(
        DeliveryStreamName=name,
        CurrentDeliveryStreamVersionId="1",
        DestinationId="destinationId-000000000001",
        ExtendedS3DestinationUpdate={"BucketARN": f"arn:aws:s3:::{bucket}"},
    )
    found = delivered(s3, bucket, 4)
    assert list(found.values()) == [b"data"]


def test_backup_has_what_came_in(
    firehose: Any,
    s3: Any,
    bucket: str,
    new_name: Callable[[], str],
    make_stream: Callable[..., str],
) -> None:
    backup = bucket_name(new_name)
    s3.create_bucket(Bucket=backup)
    name = make_stream(
        bucket,
        S3BackupMode="Enabled",
        S3BackupConfiguration={
            "RoleARN": "arn:aws:iam::000000000000:role/firehose",
            "BucketARN": f"arn:aws:s3:::{backup}",
            "Prefix": "raw/",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
        },
        ProcessingConfiguration=processing(("AppendDelimiterToRecord", {"Delimiter": "\\n"})),
    )
    put(firehose, name, b"a", b"b")
    assert list(delivered(s3, bucket, 4).values()) == [b"a\nb\n"]
    found = delivered(s3, backup, 2)
    assert list(found.values()) == [b"ab"]
    assert only_key(found).startswith("raw/2")


def processing(*processors: tuple[str, dict[str, str]]) -> dict[str, Any]:
    return {
        "Enabled": True,
        "Processors": [
            {
                "Type": kind,
                "Parameters": [
                    {"ParameterName": name, "ParameterValue": value}
                    for name, value in parameters.items()
                ],
            }
            for kind, parameters in processors
        ],
    }


def failures(found: dict[str, bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for data in found.values() for line in data.splitlines()]


def test_json_is_deaggregated_and_what_is_none_goes_to_the_error_prefix(
    firehose: Any, s3: Any, bucket: str, make_stream: Callable[..., str]
) -> None:
    name = make_stream(
        bucket,
        Prefix="good/",
        ErrorOutputPrefix="bad/!{firehose:error-output-type}/!{timestamp:yyyy}/",
        ProcessingConfiguration=processing(
            ("AppendDelimiterToRecord", {}), ("RecordDeAggregation", {"SubRecordType": "JSON"})
        ),
    )
    put(firehose, name, b'{"a":1}{"a":2}\n{"a": 3}', b'[{"a":4}]', b'{"a":5}')
    bad = delivered(s3, bucket, 1, "bad/")
    good = delivered(s3, bucket, 1, "good/")
    assert list(good.values()) == [b'{"a":1}\n{"a":2}\n{"a": 3}\n{"a":5}\n']
    assert re.match(r"bad/processing-failed/\d{4}/s-", only_key(bad))
    (told,) = failures(bad)
    assert b64decode(told["rawData"]) == b'[{"a":4}]'
    assert told["errorCode"] == "RecordDeAggregation.Failed"
    assert told["attemptsMade"] == 1
    assert 0 <= told["attemptEndingTimestamp"] - told["arrivalTimestamp"] < 90_000


def test_delimited_records_are_deaggregated(
    firehose: Any, s3: Any, bucket: str, make_stream: Callable[..., str]
) -> None:
    name = make_stream(
        bucket,
        ProcessingConfiguration=processing(
            ("RecordDeAggregation", {"SubRecordType": "DELIMITED", "Delimiter": "IyMjIw=="}),
            ("AppendDelimiterToRecord", {"Delimiter": "|"}),
        ),
    )
    put(firehose, name, b"a####b####", b"c")
    assert list(delivered(s3, bucket, 6).values()) == [b"a|b|c|"]


def test_events_of_cloudwatch_logs_are_decompressed(
    firehose: Any, s3: Any, bucket: str, make_stream: Callable[..., str]
) -> None:
    name = make_stream(
        bucket,
        Prefix="good/",
        ErrorOutputPrefix="bad/",
        ProcessingConfiguration=processing(
            ("Decompression", {"CompressionFormat": "GZIP"}),
            ("CloudWatchLogProcessing", {"DataMessageExtraction": "true"}),
        ),
    )
    events = {
        "messageType": "DATA_MESSAGE",
        "logEvents": [{"id": "1", "timestamp": 1, "message": each} for each in ("one", "two")],
    }
    control = {"messageType": "CONTROL_MESSAGE", "logEvents": [{"message": "ping"}]}
    packed = [gzip.compress(json.dumps(each).encode()) for each in (events, control)]
    put(firehose, name, *packed, b"plain")
    bad = delivered(s3, bucket, 1, "bad/")
    assert list(delivered(s3, bucket, 1, "good/").values()) == [b"one\ntwo\n"]
    assert re.match(r"bad/processing-failed/\d{4}/\d\d/\d\d/\d\d/s-", only_key(bad))
    (told,) = failures(bad)
    assert (told["errorCode"], b64decode(told["rawData"])) == ("Decompression.Failed", b"plain")


def test_dynamic_partitions(
    firehose: Any, s3: Any, bucket: str, make_stream: Callable[..., str]
) -> None:
    pytest.importorskip("jq")
    name = make_stream(
        bucket,
        Prefix="c=!{partitionKeyFromQuery:customer}/!{partitionKeyFromQuery:year}/",
        ErrorOutputPrefix="bad/!{firehose:error-output-type}/",
        BufferingHints={"SizeInMBs": 64, "IntervalInSeconds": 0},
        CompressionFormat="GZIP",
        DynamicPartitioningConfiguration={
            "Enabled": True,
            "RetryOptions": {"DurationInSeconds": 10},
        },
        ProcessingConfiguration=processing(
            ("RecordDeAggregation", {"SubRecordType": "JSON"}),
            (
                "MetadataExtraction",
                {
                    "MetadataExtractionQuery": '{customer: .c, year: (.t|gmtime|strftime("%Y"))}',
                    "JsonParsingEngine": "JQ-1.6",
                },
            ),
            ("AppendDelimiterToRecord", {"Delimiter": "\\n"}),
        ),
    )
    lines = [json.dumps({"c": f"c{i % 40}", "t": 1_600_000_000, "i": i}) for i in range(200)]
    halves = ["".join(lines[:100]), "".join(lines[100:])]
    put(firehose, name, halves[0].encode(), b'{"c":null,"t":1}', halves[1].encode())
    good = until(lambda: objects(s3, bucket, "c="), lambda found: len(found) == 40)
    for i in range(40):
        (key,) = [each for each in good if each.startswith(f"c=c{i}/2020/{name}-1-")]
        assert gunzip(good[key]).decode().split("\n")[:-1] == lines[i::40]
    (data,) = delivered(s3, bucket, 1, "bad/").values()
    told = json.loads(gunzip(data))
    assert told["errorCode"] == "DynamicPartitioning.MetadataExtractionFailed"
    assert told["errorMessage"] == "partitionKeys values must not be null or empty"
    assert b64decode(told["rawData"]) == b'{"c":null,"t":1}'


def test_a_lambda_is_stored_and_records_pass_as_they_are(
    firehose: Any, s3: Any, bucket: str, make_stream: Callable[..., str]
) -> None:
    function = "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST"
    name = make_stream(
        bucket, ProcessingConfiguration=processing(("Lambda", {"LambdaArn": function}))
    )
    put(firehose, name, b"as it is")
    assert list(delivered(s3, bucket, 8).values()) == [b"as it is"]
    (destination,) = described(firehose, name)["Destinations"]
    (processor,) = destination["ExtendedS3DestinationDescription"]["ProcessingConfiguration"][
        "Processors"
    ]
    assert {each["ParameterName"]: each["ParameterValue"] for each in processor["Parameters"]} == {
        "LambdaArn": function,
        "NumberOfRetries": "3",
        "BufferSizeInMBs": "1",
        "BufferIntervalInSeconds": "60",
    }
