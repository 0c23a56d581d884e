"""ExportTableToPointInTime, DescribeExport, ListExports."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.aws.dynamodb.objects import data_lines, exported, new_bucket, on, read
from tests.aws.dynamodb.restores import items, put

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]


@pytest.fixture
def s3(make_client: Callable[..., Any]) -> Any:
    return make_client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    return new_bucket(s3)


@pytest.fixture
def two_keys(make_table: Callable[..., str]) -> str:
    return make_table("pk:S sk:N")


def test_a_full_export_has_the_layout_and_checksums_of_aws(
    ask: Ask, s3: Any, bucket: str, two_keys: str
) -> None:
    arn = on(ask, two_keys)
    for number in range(5):
        put(ask, two_keys, number, v={"M": {"x": {"BOOL": True}}})
    begun = ask(
        "ExportTableToPointInTime", TableArn=arn, S3Bucket=bucket, S3Prefix="here", ClientToken="t1"
    )["ExportDescription"]
    assert begun["ExportStatus"] == "IN_PROGRESS" and begun["ExportType"] == "FULL_EXPORT"
    assert begun["ExportFormat"] == "DYNAMODB_JSON" and begun["S3Prefix"] == "here"
    shown = exported(ask, begun["ExportArn"])
    assert shown["ExportStatus"] == "COMPLETED" and shown["ItemCount"] == 5
    assert shown["EndTime"] >= shown["StartTime"] and shown["BilledSizeBytes"] > 0
    folder = f"here/AWSDynamoDB/{begun['ExportArn'].rpartition('/')[2]}/"
    assert shown["ExportManifest"] == folder + "manifest-summary.json"

    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert {each.removeprefix(folder) for each in keys if "/data/" not in each} == {
        "_started",
        "manifest-summary.json",
        "manifest-summary.md5",
        "manifest-files.json",
        "manifest-files.md5",
    }
    for name in ("summary", "files"):
        data = read(s3, bucket, f"{folder}manifest-{name}.json")
        checksum = base64.b64encode(hashlib.md5(data).digest())
        assert read(s3, bucket, f"{folder}manifest-{name}.md5") == checksum
    summary = json.loads(read(s3, bucket, shown["ExportManifest"]))
    assert summary["exportArn"] == begun["ExportArn"] and summary["itemCount"] == 5
    assert summary["outputFormat"] == "DYNAMODB_JSON" and summary["exportType"] == "FULL_EXPORT"
    entry = json.loads(read(s3, bucket, summary["manifestFilesS3Key"]).splitlines()[0])
    data = read(s3, bucket, entry["dataFileS3Key"])
    assert entry["dataFileS3Key"].startswith(folder + "data/")
    assert entry["dataFileS3Key"].endswith(".json.gz") and entry["itemCount"] == 5
    assert entry["md5Checksum"] == base64.b64encode(hashlib.md5(data).digest()).decode()
    assert entry["etag"] == s3.head_object(Bucket=bucket, Key=entry["dataFileS3Key"])["ETag"][1:-1]
    found = [json.loads(line)["Item"] for line in data_lines(s3, shown)]
    assert sorted(found, key=lambda item: item["sk"]["N"]) == [
        {"pk": {"S": "a"}, "sk": {"N": str(n)}, "v": {"M": {"x": {"BOOL": True}}}} for n in range(5)
    ]

    again = ask(
        "ExportTableToPointInTime", TableArn=arn, S3Bucket=bucket, S3Prefix="here", ClientToken="t1"
    )["ExportDescription"]
    assert again["ExportArn"] == begun["ExportArn"]
    listed = ask("ListExports", TableArn=arn)["ExportSummaries"]
    assert listed == [
        {
            "ExportArn": begun["ExportArn"],
            "ExportStatus": "COMPLETED",
            "ExportType": "FULL_EXPORT",
        }
    ]


def test_an_earlier_instant_and_the_changes_since(
    ask: Ask, s3: Any, bucket: str, two_keys: str
) -> None:
    arn = on(ask, two_keys)
    put(ask, two_keys, 1, v={"S": "old"})
    put(ask, two_keys, 2)
    time.sleep(0.01)  # instants are told in milliseconds
    then = time.time()
    time.sleep(0.01)
    put(ask, two_keys, 1, v={"S": "new"})
    put(ask, two_keys, 3)
    put(ask, two_keys, 4)
    for number in (2, 4):
        ask("DeleteItem", TableName=two_keys, Key={"pk": {"S": "a"}, "sk": {"N": str(number)}})
    full = ask("ExportTableToPointInTime", TableArn=arn, S3Bucket=bucket, ExportTime=then)
    changes = {}
    for view in ("NEW_AND_OLD_IMAGES", "NEW_IMAGE"):
        changes[view] = ask(
            "ExportTableToPointInTime",
            TableArn=arn,
            S3Bucket=bucket,
            ExportType="INCREMENTAL_EXPORT",
            IncrementalExportSpecification={"ExportFromTime": then, "ExportViewType": view},
        )
    shown = exported(ask, full["ExportDescription"]["ExportArn"])
    found = {
        json.loads(each)["Item"]["sk"]["N"]: json.loads(each)["Item"]
        for each in data_lines(s3, shown)
    }
    assert found.keys() == {"1", "2"} and found["1"]["v"] == {"S": "old"}

    shown = exported(ask, changes["NEW_AND_OLD_IMAGES"]["ExportDescription"]["ExportArn"])
    assert shown["IncrementalExportSpecification"]["ExportViewType"] == "NEW_AND_OLD_IMAGES"
    lines = [json.loads(line) for line in data_lines(s3, shown)]
    by_key = {line["Keys"]["sk"]["N"]: line for line in lines}
    assert by_key.keys() == {"1", "2", "3"}, "what came and went is not told"
    assert by_key["1"]["OldImage"]["v"] == {"S": "old"}
    assert by_key["1"]["NewImage"]["v"] == {"S": "new"}
    assert "NewImage" not in by_key["2"] and "OldImage" in by_key["2"]
    assert "OldImage" not in by_key["3"]
    micros = int(by_key["1"]["Metadata"]["WriteTimestampMicros"]["N"])
    assert then * 1e6 <= micros <= time.time() * 1e6
    shown = exported(ask, changes["NEW_IMAGE"]["ExportDescription"]["ExportArn"])
    assert all("OldImage" not in json.loads(line) for line in data_lines(s3, shown))
    summary = json.loads(read(s3, bucket, shown["ExportManifest"]))
    assert summary["exportType"] == "INCREMENTAL_EXPORT" and summary["outputView"] == "NEW_IMAGE"


def test_refusals(ask: Ask, refusal: Refusal, s3: Any, bucket: str, two_keys: str) -> None:
    arn = ask("DescribeTable", TableName=two_keys)["Table"]["TableArn"]
    want = {"TableArn": arn, "S3Bucket": bucket}
    assert (
        refusal("ExportTableToPointInTime", **want)[0] == "PointInTimeRecoveryUnavailableException"
    )
    on(ask, two_keys)
    for at in (time.time() + 60, time.time() - 86400):
        code, _ = refusal("ExportTableToPointInTime", **want, ExportTime=at)
        assert code == "InvalidExportTimeException"
    other = {**want, "TableArn": arn + "-none"}
    assert refusal("ExportTableToPointInTime", **other)[0] == "TableNotFoundException"
    code, _ = refusal("ExportTableToPointInTime", **want, ExportType="INCREMENTAL_EXPORT")
    assert code == "ValidationException"
    assert (
        refusal("DescribeExport", ExportArn=arn + "/export/01-none")[0] == "ExportNotFoundException"
    )
    begun = ask("ExportTableToPointInTime", **want, ClientToken="same")["ExportDescription"]
    code, _ = refusal("ExportTableToPointInTime", **want, ClientToken="same", S3Prefix="other")
    assert code == "ExportConflictException"
    exported(ask, begun["ExportArn"])


def test_a_filter_leaves_out_items_and_attributes(
    ask: Ask, s3: Any, bucket: str, two_keys: str
) -> None:
    arn = on(ask, two_keys)
    for number in range(6):
        put(ask, two_keys, number, v={"B": b"\0\xff"}, left={"S": "out"})
        put(ask, two_keys, number, pk={"S": "b"})
    whole = ask("ExportTableToPointInTime", TableArn=arn, S3Bucket=bucket)["ExportDescription"]
    wanted = {
        "KeyConditionExpression": "pk = :pk AND sk >= :least",
        "FilterExpression": "#v = :v",
        "ProjectionExpression": "sk, #v",
        "ExpressionAttributeNames": {"#v": "v"},
        "ExpressionAttributeValues": {
            ":pk": {"S": "a"},
            ":least": {"N": "2"},
            ":v": {"B": b"\0\xff"},
        },
    }
    begun = ask(
        "ExportTableToPointInTime", TableArn=arn, S3Bucket=bucket, FilterSpecification=wanted
    )["ExportDescription"]
    assert begun["FilterSpecification"] == wanted
    shown = exported(ask, begun["ExportArn"])
    assert shown["FilterSpecification"] == wanted
    assert shown["ExportStatus"] == "COMPLETED" and shown["ItemCount"] == 4
    found = [json.loads(line)["Item"] for line in data_lines(s3, shown)]
    assert sorted(found, key=lambda item: item["sk"]["N"]) == [
        {"sk": {"N": str(number)}, "v": {"B": "AP8="}} for number in range(2, 6)
    ]
    all_of_it = exported(ask, whole["ExportArn"])
    assert "FilterSpecification" not in all_of_it
    assert shown["BilledSizeBytes"] < all_of_it["BilledSizeBytes"]

    # Without a key condition the filter may look at keys, and everything is read.
    wanted = {
        "FilterExpression": "pk = :b AND sk < :two",
        "ExpressionAttributeValues": {":b": {"S": "b"}, ":two": {"N": "2"}},
    }
    begun = ask(
        "ExportTableToPointInTime",
        TableArn=arn,
        S3Bucket=bucket,
        ExportFormat="ION",
        FilterSpecification=wanted,
    )["ExportDescription"]
    shown = exported(ask, begun["ExportArn"])
    assert sorted(data_lines(s3, shown)) == [
        '$ion_1_0 {Item:{pk:"b",sk:0.}}',
        '$ion_1_0 {Item:{pk:"b",sk:1.}}',
    ]
    assert shown["ItemCount"] == 2 and shown["BilledSizeBytes"] == all_of_it["BilledSizeBytes"]


def test_a_filter_of_changes_looks_at_the_latest_image(
    ask: Ask, s3: Any, bucket: str, two_keys: str
) -> None:
    arn = on(ask, two_keys)
    for number, value in enumerate(("in", "in", "out", "out", "in")):
        put(ask, two_keys, number, v={"S": value})
    time.sleep(0.01)
    then = time.time()
    time.sleep(0.01)
    for number, value in enumerate(("in", "out", "in", "out")):
        put(ask, two_keys, number, v={"S": value}, w={"S": "new"})
    ask("DeleteItem", TableName=two_keys, Key={"pk": {"S": "a"}, "sk": {"N": "4"}})
    begun = ask(
        "ExportTableToPointInTime",
        TableArn=arn,
        S3Bucket=bucket,
        ExportType="INCREMENTAL_EXPORT",
        IncrementalExportSpecification={"ExportFromTime": then},
        FilterSpecification={
            "FilterExpression": "v = :in",
            "ProjectionExpression": "v",
            "ExpressionAttributeValues": {":in": {"S": "in"}},
        },
    )["ExportDescription"]
    shown = exported(ask, begun["ExportArn"])
    lines = [json.loads(line) for line in data_lines(s3, shown)]
    by_key = {line["Keys"]["sk"]["N"]: line for line in lines}
    assert by_key.keys() == {"0", "2", "4"}, "a deleted one counts as what it was"
    assert all(line["Keys"]["pk"] == {"S": "a"} for line in lines)
    assert by_key["2"]["OldImage"] == {"v": {"S": "out"}}
    assert by_key["2"]["NewImage"] == {"v": {"S": "in"}}
    assert by_key["4"]["OldImage"] == {"v": {"S": "in"}} and "NewImage" not in by_key["4"]


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (
            {"KeyConditionExpression": "pk > :v", "ExpressionAttributeValues": {":v": {"S": "a"}}},
            "Query key condition not supported",
        ),
        (
            {"KeyConditionExpression": "sk = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}},
            "Query condition missed key schema element: pk",
        ),
        (
            {"KeyConditionExpression": "pk = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}},
            "One or more parameter values were invalid: "
            "Condition parameter type does not match schema type",
        ),
        (
            {
                "KeyConditionExpression": "pk = :v",
                "FilterExpression": "sk <> pk",
                "ExpressionAttributeValues": {":v": {"S": "a"}},
            },
            "Filter Expression can only contain non-primary key attributes: "
            "Primary key attribute: sk",
        ),
        (
            {"FilterExpression": "v = :v"},
            "Invalid FilterExpression: An expression attribute value used in expression is not "
            "defined; attribute value: :v",
        ),
        (
            {"FilterExpression": "a = b", "ExpressionAttributeValues": {":v": {"S": "a"}}},
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}",
        ),
        (
            {"FilterExpression": ""},
            "Invalid FilterExpression: The expression can not be empty;",
        ),
        (
            {"ProjectionExpression": "v, pk.x"},
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
            "allowed: Key: pk",
        ),
        (
            {"ExpressionAttributeNames": {"#v": "v"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
    ],
)
def test_a_filter_is_checked_as_a_query_is(
    ask: Ask, refusal: Refusal, two_keys: str, wanted: dict[str, Any], text: str
) -> None:
    arn = on(ask, two_keys)
    refused = refusal(
        "ExportTableToPointInTime",
        TableArn=arn,
        S3Bucket="there-is-no-such-bucket",
        FilterSpecification=wanted,
    )
    assert refused == ("ValidationException", text)
    assert not ask("ListExports", TableArn=arn)["ExportSummaries"]


def test_a_bucket_that_is_not_there_fails_the_export(ask: Ask, two_keys: str) -> None:
    arn = on(ask, two_keys)
    begun = ask("ExportTableToPointInTime", TableArn=arn, S3Bucket="there-is-no-such-bucket")
    shown = exported(ask, begun["ExportDescription"]["ExportArn"])
    assert shown["ExportStatus"] == "FAILED" and shown["FailureCode"] == "S3NoSuchBucket"
    assert shown["FailureMessage"] and "ExportManifest" not in shown


def test_an_export_outlives_its_table(
    ask: Ask, s3: Any, bucket: str, dynamodb: Any, make_table: Any
) -> None:
    table = make_table("pk:S sk:N")
    arn = on(ask, table)
    for number in range(20):
        put(ask, table, number)
    begun = ask("ExportTableToPointInTime", TableArn=arn, S3Bucket=bucket)["ExportDescription"]
    ask("DeleteTable", TableName=table)
    shown = exported(ask, begun["ExportArn"])
    assert shown["ExportStatus"] == "COMPLETED" and shown["ItemCount"] == 20
    assert len(data_lines(s3, shown)) == 20


def test_an_export_takes_no_capacity_and_an_empty_table_has_one(
    ask: Ask, s3: Any, bucket: str, two_keys: str
) -> None:
    begun = ask("ExportTableToPointInTime", TableArn=on(ask, two_keys), S3Bucket=bucket)
    shown = exported(ask, begun["ExportDescription"]["ExportArn"])
    assert shown["ItemCount"] == 0 and data_lines(s3, shown) == []
    assert items(ask, two_keys) == []


def test_exports_are_listed_in_the_reverse_order_of_their_arns(
    ask: Ask, s3: Any, bucket: str, make_table: Any, new_name: Any
) -> None:
    stem = new_name()
    later, earlier = (make_table("pk:S sk:N", TableName=f"{stem}-{end}") for end in "ba")
    arns = []
    for table in (later, earlier, later):
        begun = ask("ExportTableToPointInTime", TableArn=on(ask, table), S3Bucket=bucket)
        arns.append(begun["ExportDescription"]["ExportArn"])
    mine, tokens, page = [], 0, ask("ListExports", MaxResults=2)
    while True:
        mine += [each["ExportArn"] for each in page["ExportSummaries"] if stem in each["ExportArn"]]
        if "NextToken" not in page:
            break
        tokens += 1
        page = ask("ListExports", MaxResults=2, NextToken=page["NextToken"])
    assert mine == [arns[2], arns[0], arns[1]] and tokens
    for name in (later, ask("DescribeTable", TableName=later)["Table"]["TableArn"]):
        listed = ask("ListExports", TableArn=name)["ExportSummaries"]
        assert [each["ExportArn"] for each in listed] == [arns[2], arns[0]]


def test_an_export_is_encrypted_as_it_was_asked(
    ask: Ask, s3: Any, bucket: str, two_keys: str
) -> None:
    arn = on(ask, two_keys)
    put(ask, two_keys, 1)
    key = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    for number, (asked, kind, of_key) in enumerate(
        [
            ({}, "AES256", None),
            ({"S3SseAlgorithm": "AES256"}, "AES256", None),
            ({"S3SseAlgorithm": "KMS", "S3SseKmsKeyId": key}, "aws:kms", key),
        ]
    ):
        prefix = str(number)
        begun = ask(
            "ExportTableToPointInTime", TableArn=arn, S3Bucket=bucket, S3Prefix=prefix, **asked
        )["ExportDescription"]
        shown = exported(ask, begun["ExportArn"])
        assert shown["ExportStatus"] == "COMPLETED", shown
        assert shown["S3SseAlgorithm"] == asked.get("S3SseAlgorithm", "AES256")
        summary = json.loads(read(s3, bucket, shown["ExportManifest"]))
        assert summary["s3SseKmsKeyId"] == of_key
        entry = json.loads(read(s3, bucket, summary["manifestFilesS3Key"]))
        data = read(s3, bucket, entry["dataFileS3Key"])
        assert entry["md5Checksum"] == base64.b64encode(hashlib.md5(data).digest()).decode()
        for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
            head = s3.head_object(Bucket=bucket, Key=each["Key"])
            assert head["ServerSideEncryption"] == kind, each
            assert head.get("SSEKMSKeyId") == of_key
            if each["Key"] == entry["dataFileS3Key"]:
                assert head["ETag"] == f'"{entry["etag"]}"'
