"""The operations about delivery streams themselves: create, describe, list, update, delete, tags,
encryption, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.firehose.conftest import ROLE, active, described, to, until
from tests.aws.firehose.test_deliveries import processing

DESTINATION = "destinationId-000000000001"


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def created(firehose: Any, **parameters: Any) -> tuple[str, str]:
    """How a creation is refused."""
    return refusal(
        firehose.create_delivery_stream, **{"DeliveryStreamName": "refused", **parameters}
    )


def test_create_describe_delete(firehose: Any, bucket: str, new_name: Callable[[], str]) -> None:
    name = f"s-{new_name()[-12:]}"
    arn = firehose.create_delivery_stream(
        DeliveryStreamName=name,
        DirectPutSourceConfiguration={"ThroughputHintInMBs": 3},
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{bucket}",
        },
    )["DeliveryStreamARN"]
    assert arn == f"arn:aws:firehose:us-east-1:000000000000:deliverystream/{name}"
    found = active(firehose, name)
    assert found.pop("CreateTimestamp").timestamp() > 0
    plain = {
        "RoleARN": ROLE,
        "BucketARN": f"arn:aws:s3:::{bucket}",
        "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
        "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": {"Enabled": False},
    }
    assert found == {
        "DeliveryStreamName": name,
        "DeliveryStreamARN": arn,
        "DeliveryStreamStatus": "ACTIVE",
        "DeliveryStreamType": "DirectPut",
        "DeliveryStreamEncryptionConfiguration": {"Status": "DISABLED"},
        "VersionId": "1",
        "Source": {"DirectPutSourceDescription": {"ThroughputHintInMBs": 3}},
        "Destinations": [
            {
                "DestinationId": DESTINATION,
                "S3DestinationDescription": plain,
                "ExtendedS3DestinationDescription": {**plain, "S3BackupMode": "Disabled"},
            }
        ],
        "HasMoreDestinations": False,
    }
    page = firehose.describe_delivery_stream(
        DeliveryStreamName=name, ExclusiveStartDestinationId=DESTINATION
    )["DeliveryStreamDescription"]
    assert (page["Destinations"], page["HasMoreDestinations"]) == ([], False)
    assert refusal(
        firehose.create_delivery_stream,
        DeliveryStreamName=name,
        S3DestinationConfiguration=to(bucket),
    ) == (
        "ResourceInUseException",
        f"Firehose {name} under accountId 000000000000 already exists",
    )
    firehose.delete_delivery_stream(DeliveryStreamName=name, AllowForceDelete=True)
    gone = (
        "ResourceNotFoundException",
        f"Firehose {name} not found under account 000000000000.",
    )

    def look() -> tuple[str, str]:
        try:
            return described(firehose, name)["DeliveryStreamStatus"], ""
        except ClientError as refused:
            return refused.response["Error"]["Code"], refused.response["Error"]["Message"]

    assert until(look, lambda found: found[0] != "DELETING") == gone
    for call in (
        firehose.delete_delivery_stream,
        firehose.start_delivery_stream_encryption,
        firehose.stop_delivery_stream_encryption,
        firehose.list_tags_for_delivery_stream,
    ):
        assert refusal(call, DeliveryStreamName=name) == gone


def test_the_older_destination(
    firehose: Any, bucket: str, make_stream: Any, new_name: Callable[[], str]
) -> None:
    name = f"s-{new_name()[-12:]}"
    firehose.create_delivery_stream(
        DeliveryStreamName=name, S3DestinationConfiguration=to(bucket, Prefix="old/")
    )
    (destination,) = active(firehose, name)["Destinations"]
    assert destination["S3DestinationDescription"]["Prefix"] == "old/"
    assert destination["ExtendedS3DestinationDescription"]["Prefix"] == "old/"
    firehose.update_destination(
        DeliveryStreamName=name,
        CurrentDeliveryStreamVersionId="1",
        DestinationId=DESTINATION,
        S3DestinationUpdate={"CompressionFormat": "GZIP"},
    )
    (destination,) = described(firehose, name)["Destinations"]
    assert destination["S3DestinationDescription"]["CompressionFormat"] == "GZIP"
    assert destination["S3DestinationDescription"]["Prefix"] == "old/"
    firehose.delete_delivery_stream(DeliveryStreamName=name)


def test_list(
    firehose: Any, make_client: Callable[..., Any], bucket: str, new_name: Callable[[], str]
) -> None:
    region = make_client("firehose", region_name="eu-north-1")
    names = sorted(f"list-{new_name()[-12:]}" for _ in range(12))
    for name in names:
        region.create_delivery_stream(
            DeliveryStreamName=name, S3DestinationConfiguration=to(bucket)
        )
    first = region.list_delivery_streams()
    assert first["DeliveryStreamNames"] == names[:10]
    assert first["HasMoreDeliveryStreams"] is True
    rest = region.list_delivery_streams(ExclusiveStartDeliveryStreamName=names[9], Limit=2)
    assert rest["DeliveryStreamNames"] == names[10:]
    assert rest["HasMoreDeliveryStreams"] is False
    kind = region.list_delivery_streams(DeliveryStreamType="KinesisStreamAsSource")
    assert kind["DeliveryStreamNames"] == []
    for name in names:
        active(region, name)
        region.delete_delivery_stream(DeliveryStreamName=name)


def test_tags(firehose: Any, bucket: str, make_stream: Callable[..., str]) -> None:
    name = make_stream(bucket, parameters={"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b"}]})

    def tags(**more: Any) -> tuple[list[tuple[str, str]], bool]:
        found = firehose.list_tags_for_delivery_stream(DeliveryStreamName=name, **more)
        return [(each["Key"], each.get("Value", "")) for each in found["Tags"]], found[
            "HasMoreTags"
        ]

    assert tags() == ([("a", "1"), ("b", "")], False)
    firehose.tag_delivery_stream(
        DeliveryStreamName=name,
        Tags=[{"Key": "a", "Value": "2"}, {"Key": "c", "Value": "3"}],
    )
    assert tags(Limit=2) == ([("a", "2"), ("b", "")], True)
    assert tags(ExclusiveStartTagKey="b") == ([("c", "3")], False)
    firehose.untag_delivery_stream(DeliveryStreamName=name, TagKeys=["a", "zz"])
    assert tags() == ([("b", ""), ("c", "3")], False)
    many = [{"Key": f"k{i}", "Value": ""} for i in range(49)]
    assert refusal(firehose.tag_delivery_stream, DeliveryStreamName=name, Tags=many) == (
        "LimitExceededException",
        "A delivery stream can have at most 50 tags.",
    )


def test_encryption(firehose: Any, bucket: str, make_stream: Callable[..., str]) -> None:
    name = make_stream(bucket)
    key = "arn:aws:kms:us-east-1:000000000000:key/1234"

    def state(status: str) -> dict[str, Any]:
        found = until(
            lambda: described(firehose, name)["DeliveryStreamEncryptionConfiguration"],
            lambda found: found["Status"] == status,
        )
        return dict(found)

    assert firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a"})["Encrypted"] is False
    firehose.start_delivery_stream_encryption(DeliveryStreamName=name)
    assert state("ENABLED") == {"Status": "ENABLED", "KeyType": "AWS_OWNED_CMK"}
    assert firehose.put_record(DeliveryStreamName=name, Record={"Data": b"b"})["Encrypted"] is True
    firehose.start_delivery_stream_encryption(
        DeliveryStreamName=name,
        DeliveryStreamEncryptionConfigurationInput={
            "KeyType": "CUSTOMER_MANAGED_CMK",
            "KeyARN": key,
        },
    )
    assert state("ENABLED")["KeyARN"] == key
    firehose.stop_delivery_stream_encryption(DeliveryStreamName=name)
    assert state("DISABLED") == {"Status": "DISABLED"}
    assert refusal(
        firehose.start_delivery_stream_encryption,
        DeliveryStreamName=name,
        DeliveryStreamEncryptionConfigurationInput={"KeyType": "CUSTOMER_MANAGED_CMK"},
    ) == (
        "InvalidArgumentException",
        "KeyARN must be specified when KeyType is CUSTOMER_MANAGED_CMK.",
    )


def test_update_destination(firehose: Any, bucket: str, make_stream: Callable[..., str]) -> None:
    name = make_stream(bucket, Prefix="a/")

    def update(version: str, destination: str = DESTINATION, **more: Any) -> Any:
        return firehose.update_destination(
            DeliveryStreamName=name,
            CurrentDeliveryStreamVersionId=version,
            DestinationId=destination,
            ExtendedS3DestinationUpdate=more,
        )

    update("1", CompressionFormat="GZIP", BufferingHints={"SizeInMBs": 7, "IntervalInSeconds": 9})
    found = described(firehose, name)
    assert found["VersionId"] == "2"
    assert found["LastUpdateTimestamp"] >= found["CreateTimestamp"]
    now = found["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert (now["Prefix"], now["CompressionFormat"]) == ("a/", "GZIP")
    assert now["BufferingHints"] == {"SizeInMBs": 7, "IntervalInSeconds": 9}
    assert refusal(update, version="1", Prefix="b/") == (
        "ConcurrentModificationException",
        "The provided version id 1 is not the current one, 2.",
    )
    assert refusal(update, version="2", destination="other", Prefix="b/") == (
        "ResourceNotFoundException",
        "Destination other not found.",
    )
    assert refusal(update, version="2", Prefix="!{timestamp:yyyy}/") == (
        "InvalidArgumentException",
        "Ths supplied prefix(es) do not satisfy the following constraint: ErrorOutputPrefix "
        "cannot be null or empty when Prefix contains expressions",
    )
    assert refusal(update, version="2", DynamicPartitioningConfiguration={"Enabled": True}) == (
        "InvalidArgumentException",
        "Dynamic Partitioning cannot be switched for an existing delivery stream.",
    )
    backup = to(bucket, Prefix="raw/")
    update("2", S3BackupMode="Enabled", S3BackupUpdate=backup)
    now = described(firehose, name)["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert now["S3BackupDescription"]["Prefix"] == "raw/"
    assert now["S3BackupDescription"]["CompressionFormat"] == "UNCOMPRESSED"
    assert refusal(update, version="3", S3BackupMode="Disabled") == (
        "InvalidArgumentException",
        "S3 backup cannot be disabled once it is enabled.",
    )


CONSTRAINT = "Ths supplied prefix(es) do not satisfy the following constraint: "
TOO_LONG = "Prefixes cannot be longer than 512 characters after they are evaluated"
TYPED = "errors/!{firehose:error-output-type}/"
EXTRACTION = (
    "MetadataExtraction",
    {"MetadataExtractionQuery": "{a: .a}", "JsonParsingEngine": "JQ-1.6"},
)
PARTITIONED = {
    "ErrorOutputPrefix": TYPED,
    "DynamicPartitioningConfiguration": {"Enabled": True},
    "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
}


@pytest.mark.parametrize(
    ("destination", "message"),
    [
        (
            {"Prefix": "!{firehose:error-output-type}/", "ErrorOutputPrefix": TYPED},
            CONSTRAINT + "Prefix cannot contain !{firehose:error-output-type}",
        ),
        (
            {"ErrorOutputPrefix": "!{timestamp:yyyy}/"},
            CONSTRAINT + "ErrorOutputPrefix must contain at least one instance of "
            "!{firehose:error-output-type} when it contains expressions",
        ),
        (
            {"Prefix": "a!{b", "ErrorOutputPrefix": TYPED},
            CONSTRAINT + "The sequence '!{' can only appear in a valid !{namespace:value} "
            "expression",
        ),
        (
            {"Prefix": "!{time:yyyy}", "ErrorOutputPrefix": TYPED},
            CONSTRAINT + "time is not a valid namespace",
        ),
        (
            {"Prefix": "!{firehose:stream}", "ErrorOutputPrefix": TYPED},
            CONSTRAINT + "stream is not a valid value of the firehose namespace",
        ),
        (
            {"Prefix": "!{timestamp:yyyy/J}", "ErrorOutputPrefix": TYPED},
            CONSTRAINT + "The timestamp pattern yyyy/J is not valid: Unknown pattern letter: J",
        ),
        ({"Prefix": "p" * 513}, CONSTRAINT + TOO_LONG),
        (
            {"Prefix": "!{partitionKeyFromQuery:a}/", "ErrorOutputPrefix": TYPED},
            "Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic "
            "Partitioning is enabled.",
        ),
        (
            {**PARTITIONED, "Prefix": "!{timestamp:yyyy}/"},
            "S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning "
            "is enabled",
        ),
        (
            {**PARTITIONED, "Prefix": "!{partitionKeyFromQuery:a}/"},
            "MetadataExtraction processor should be present when S3 Prefix has "
            "partitionKeyFromQuery namespace.",
        ),
        (
            {**PARTITIONED, "Prefix": "!{partitionKeyFromLambda:a}/"},
            "Lambda processor should be present when S3 Prefix has partitionKeyFromLambda "
            "namespace.",
        ),
        (
            {
                **PARTITIONED,
                "Prefix": "!{partitionKeyFromQuery:b}/",
                "ProcessingConfiguration": processing(EXTRACTION),
            },
            "S3 Prefix has the partition key b, which the MetadataExtractionQuery does not make.",
        ),
        (
            {
                **PARTITIONED,
                "BufferingHints": {"SizeInMBs": 63, "IntervalInSeconds": 60},
                "Prefix": "!{partitionKeyFromQuery:a}/",
                "ProcessingConfiguration": processing(EXTRACTION),
            },
            "BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled.",
        ),
        (
            {"BufferingHints": {"SizeInMBs": 5}},
            "BufferingHints must have both SizeInMBs and IntervalInSeconds.",
        ),
        (
            {"CloudWatchLoggingOptions": {"Enabled": True}},
            "LogGroupName and LogStreamName must be specified when CloudWatch logging is enabled.",
        ),
        ({"CustomTimeZone": "Moon/Base"}, "CustomTimeZone Moon/Base is not supported."),
        (
            {"S3BackupMode": "Enabled"},
            "S3BackupConfiguration must be specified when S3BackupMode is Enabled.",
        ),
        (
            {"DataFormatConversionConfiguration": {"Enabled": True}},
            "DataFormatConversionConfiguration is not available in Jedlik.",
        ),
        (
            {"ProcessingConfiguration": processing(("Lambda", {"NumberOfRetries": "1"}))},
            "LambdaArn must be specified for the Lambda processor.",
        ),
        (
            {
                "ProcessingConfiguration": processing(
                    ("RecordDeAggregation", {"SubRecordType": "DELIMITED", "Delimiter": "#"})
                )
            },
            "RecordDeAggregation with the SubRecordType DELIMITED needs a base64-encoded "
            "Delimiter.",
        ),
    ],
)
def test_refused_destinations(firehose: Any, destination: dict[str, Any], message: str) -> None:
    if "MetadataExtraction" in str(destination):
        pytest.importorskip("jq")
    found = created(firehose, ExtendedS3DestinationConfiguration=to("some-bucket", **destination))
    assert found == ("InvalidArgumentException", message)


def test_a_query_that_is_none_is_refused(firehose: Any) -> None:
    pytest.importorskip("jq")
    for query in ("{a: }", ".a", 'import "x" as y; {a: .a}'):
        parameters = {"MetadataExtractionQuery": query, "JsonParsingEngine": "JQ-1.6"}
        code, message = created(
            firehose,
            ExtendedS3DestinationConfiguration=to(
                "some-bucket",
                **PARTITIONED,
                Prefix="!{partitionKeyFromQuery:a}/",
                ProcessingConfiguration=processing(("MetadataExtraction", parameters)),
            )
            | {"BufferingHints": PARTITIONED["BufferingHints"]},
        )
        assert code == "InvalidArgumentException"
        assert message.startswith("MetadataExtractionQuery is not valid: "), message


def test_refused_sources_and_kinds(firehose: Any) -> None:
    s3 = {"S3DestinationConfiguration": to("some-bucket")}
    source = {
        "KinesisStreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/not-there",
        "RoleARN": ROLE,
    }
    exactly = "Exactly one destination configuration is supported for a Firehose"
    needed = (
        "KinesisStreamSourceConfiguration must be specified for the delivery stream type "
        "KinesisStreamAsSource, and for no other."
    )
    for parameters, message in (
        ({}, exactly),
        ({**s3, "ExtendedS3DestinationConfiguration": to("some-bucket")}, exactly),
        ({**s3, "DeliveryStreamType": "KinesisStreamAsSource"}, needed),
        ({**s3, "KinesisStreamSourceConfiguration": source}, needed),
        (
            {
                **s3,
                "DeliveryStreamType": "KinesisStreamAsSource",
                "KinesisStreamSourceConfiguration": source,
            },
            f"The Kinesis stream {source['KinesisStreamARN']} does not exist in this account and "
            "region.",
        ),
        (
            {
                "HttpEndpointDestinationConfiguration": {
                    "EndpointConfiguration": {"Url": "https://example.org"},
                    "S3Configuration": to("some-bucket"),
                }
            },
            "HttpEndpointDestinationConfiguration is not available: delivery streams of Jedlik "
            "deliver to Amazon S3.",
        ),
    ):
        assert created(firehose, **parameters) == ("InvalidArgumentException", message)
    code, message = created(firehose, DeliveryStreamName="no spaces", **s3)
    assert code == "ValidationException"
    assert "failed to satisfy constraint" in message
