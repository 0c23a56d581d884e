"""ImportTable, DescribeImport, ListImports, and the bulk operations."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.aws.dynamodb.objects import exported, imported, new_bucket, on
from tests.aws.dynamodb.restores import items, put, restored, wait_until

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]
GROUP = "/aws-dynamodb/imports"


@pytest.fixture
def s3(make_client: Callable[..., Any]) -> Any:
    return make_client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    return new_bucket(s3)


@pytest.fixture
def wanted(ask: Ask, new_name: Callable[[], str]) -> Iterator[Callable[..., dict[str, Any]]]:
    """wanted(): TableCreationParameters of a new table pk:S sk:N, deleted after the test."""
    names: list[str] = []

    def make(**more: Any) -> dict[str, Any]:
        names.append(new_name())
        return {
            "TableName": names[-1],
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "N"},
                *more.pop("AttributeDefinitions", []),
            ],
            "BillingMode": "PAY_PER_REQUEST",
            **more,
        }

    yield make
    for name in set(names) & set(all_tables(ask)):
        restored(ask, name)
        ask("DeleteTable", TableName=name)


def all_tables(ask: Ask) -> list[str]:
    names: list[str] = []
    page = ask("ListTables")
    while "LastEvaluatedTableName" in page:
        names += page["TableNames"]
        page = ask("ListTables", ExclusiveStartTableName=page["LastEvaluatedTableName"])
    return names + page["TableNames"]


@pytest.mark.parametrize("kind", ["DYNAMODB_JSON", "ION"])
def test_an_export_imported_again_gives_an_equal_table(
    ask: Ask, s3: Any, bucket: str, make_table: Any, wanted: Any, kind: str
) -> None:
    table = make_table("pk:S sk:N")
    arn = on(ask, table)
    everything = {
        "s": {"S": "ünï \"q\" 'x' \\ \n\t\u0001 {{}}"},
        "n": {"N": "-123456789.00000000000000000000000000012"},
        "big": {"N": "9.9E+125"},
        "b": {"B": b"\x00\xff bytes"},
        "ss": {"SS": ["a", "b"]},
        "ns": {"NS": ["1", "2.5"]},
        "bs": {"BS": [b"x", b"yy"]},
        "null": {"NULL": True},
        "true": {"BOOL": False},
        "odd name'\"": {"L": [{"M": {}}, {"L": []}, {"S": ""}, {"N": "0"}]},
    }
    put(ask, table, 1, **everything)
    for number in range(2, 30):
        put(ask, table, number, v={"S": str(number)})
    begun = ask("ExportTableToPointInTime", TableArn=arn, S3Bucket=bucket, ExportFormat=kind)
    shown = exported(ask, begun["ExportDescription"]["ExportArn"])
    assert shown["ExportStatus"] == "COMPLETED", shown
    folder = shown["ExportManifest"].removesuffix("manifest-summary.json") + "data/"
    parameters = wanted()
    began = ask(
        "ImportTable",
        S3BucketSource={"S3Bucket": bucket, "S3KeyPrefix": folder},
        InputFormat=kind,
        InputCompressionType="GZIP",
        TableCreationParameters=parameters,
    )["ImportTableDescription"]
    assert began["ImportStatus"] == "IN_PROGRESS"
    done = imported(ask, began["ImportArn"])
    assert done["ImportStatus"] == "COMPLETED" and done["ErrorCount"] == 0
    assert done["ProcessedItemCount"] == done["ImportedItemCount"] == 29
    copy = restored(ask, parameters["TableName"])
    assert copy["TableId"] == done["TableId"]
    assert items(ask, parameters["TableName"]) == items(ask, table)


@pytest.mark.parametrize("compression", ["NONE", "GZIP", "ZSTD"])
def test_csv_into_a_table_with_an_index(
    ask: Ask, s3: Any, bucket: str, wanted: Any, compression: str
) -> None:
    text = 'pk;sk;g;note\r\na;1;x;"semi;colon ""and"" two\nlines"\r\na;2;y;\r\n'
    data = text.encode()
    if compression == "GZIP":
        data = gzip.compress(data[:20]) + gzip.compress(data[20:])
    if compression == "ZSTD":
        zstandard = pytest.importorskip("zstandard")
        data = zstandard.compress(data)
    s3.put_object(Bucket=bucket, Key="in/one.csv", Body=data)
    parameters = wanted(
        AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    began = ask(
        "ImportTable",
        S3BucketSource={"S3Bucket": bucket, "S3KeyPrefix": "in/"},
        InputFormat="CSV",
        InputFormatOptions={"Csv": {"Delimiter": ";"}},
        InputCompressionType=compression,
        TableCreationParameters=parameters,
        ClientToken=parameters["TableName"],
    )["ImportTableDescription"]
    done = imported(ask, began["ImportArn"])
    assert done["ImportStatus"] == "COMPLETED", done
    assert done["ProcessedSizeBytes"] == len(text)
    restored(ask, parameters["TableName"])
    rows = items(ask, parameters["TableName"])
    assert rows[0] == {
        "pk": {"S": "a"},
        "sk": {"N": "1"},
        "g": {"S": "x"},
        "note": {"S": 'semi;colon "and" two\nlines'},
    }
    assert len(items(ask, parameters["TableName"], IndexName="by_g")) == 2


def test_a_header_list_and_errors_in_the_logs(
    ask: Ask, s3: Any, bucket: str, wanted: Any, make_client: Any
) -> None:
    s3.put_object(Bucket=bucket, Key="a.csv", Body=b"a,1,x\nb,none,y\nc\n")
    parameters = wanted()
    began = ask(
        "ImportTable",
        S3BucketSource={"S3Bucket": bucket},
        InputFormat="CSV",
        InputFormatOptions={"Csv": {"HeaderList": ["pk", "sk", "v"]}},
        TableCreationParameters=parameters,
    )["ImportTableDescription"]
    done = imported(ask, began["ImportArn"])
    assert done["ImportStatus"] == "FAILED" and done["FailureCode"] == "ItemValidationError"
    assert (done["ErrorCount"], done["ProcessedItemCount"], done["ImportedItemCount"]) == (2, 3, 1)
    assert done["CloudWatchLogGroupArn"].endswith(f":log-group:{GROUP}:*")
    restored(ask, parameters["TableName"])
    assert len(items(ask, parameters["TableName"])) == 1
    logs = make_client("logs")
    prefix = began["ImportArn"].rpartition("/")[2]
    events = logs.filter_log_events(logGroupName=GROUP, logStreamNamePrefix=prefix)["events"]
    told = [json.loads(event["message"]) for event in events]
    assert [each["itemS3Pointer"]["itemIndex"] for each in told] == [1, 2]
    assert all(each["importArn"] == began["ImportArn"] for each in told)
    assert "numeric" in told[0]["errorMessages"][0] and "CSV" in told[1]["errorMessages"][0]
    assert began["ImportArn"] in [
        each["ImportArn"] for each in ask("ListImports")["ImportSummaryList"]
    ]


def test_import_refusals(
    ask: Ask, refusal: Refusal, s3: Any, bucket: str, table: str, wanted: Any
) -> None:
    parameters = wanted()
    want = {"S3BucketSource": {"S3Bucket": bucket}, "InputFormat": "DYNAMODB_JSON"}
    taken = {**parameters, "TableName": table}
    assert (
        refusal("ImportTable", **want, TableCreationParameters=taken)[0] == "ResourceInUseException"
    )
    vectors = {**parameters, "VectorIndexes": []}
    assert refusal("ImportTable", **want, TableCreationParameters=vectors) == (
        "ValidationException",
        "VectorIndexes is not supported yet",
    )
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/none/import/01-none"
    assert refusal("DescribeImport", ImportArn=arn)[0] == "ImportNotFoundException"
    began = ask("ImportTable", **want, TableCreationParameters=parameters, ClientToken="mine")
    code, _ = refusal(
        "ImportTable",
        **{**want, "InputFormat": "ION"},
        TableCreationParameters=parameters,
        ClientToken="mine",
    )
    assert code == "ImportConflictException"
    done = imported(ask, began["ImportTableDescription"]["ImportArn"])
    assert done["ImportStatus"] == "FAILED" and done["FailureCode"] == "S3NoSuchKey"
    wait_until(lambda: None if parameters["TableName"] in all_tables(ask) else parameters)


def test_an_import_from_a_bucket_that_is_not_there_makes_no_table(
    ask: Ask, refusal: Refusal, wanted: Any
) -> None:
    parameters = wanted()
    want = {"InputFormat": "CSV", "TableCreationParameters": parameters}
    source = {"S3BucketSource": {"S3Bucket": "there-is-no-such-bucket", "S3KeyPrefix": "test"}}
    began = ask("ImportTable", **want, **source)["ImportTableDescription"]
    done = imported(ask, began["ImportArn"])
    assert (done["ImportStatus"], done["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert done["FailureMessage"] == (
        "The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: "
        "NoSuchBucket)"
    )
    assert (done["ErrorCount"], done["ProcessedSizeBytes"]) == (0, 0)

    def gone() -> dict[str, Any] | None:
        return None if parameters["TableName"] in all_tables(ask) else parameters

    wait_until(gone)
    # Its name is free again.
    again = ask("ImportTable", **want, **source)["ImportTableDescription"]
    assert again["ImportArn"] != began["ImportArn"]
    imported(ask, again["ImportArn"])
    wait_until(gone)


def test_the_guides_example_of_a_missing_key(
    ask: Ask, s3: Any, bucket: str, wanted: Any, make_client: Any
) -> None:
    """Developer guide, "Import format quotas and validation": the numbers and the texts."""
    text = "title,artist,year_of_release\nThe Dark Side of the Moon,Pink Floyd,1973"
    s3.put_object(Bucket=bucket, Key="import-test.csv", Body=text.encode())
    parameters = wanted()
    parameters["KeySchema"] = parameters["KeySchema"][:1]
    parameters["AttributeDefinitions"] = parameters["AttributeDefinitions"][:1]
    began = ask(
        "ImportTable",
        S3BucketSource={"S3Bucket": bucket, "S3KeyPrefix": "import-test"},
        InputFormat="CSV",
        TableCreationParameters=parameters,
    )["ImportTableDescription"]
    done = imported(ask, began["ImportArn"])
    assert done["ProcessedSizeBytes"] == 70
    assert (done["ErrorCount"], done["ProcessedItemCount"], done["ImportedItemCount"]) == (1, 1, 0)
    assert (done["FailureCode"], done["FailureMessage"]) == (
        "ItemValidationError",
        "Some of the items failed validation checks and were not imported. Please check CloudWatch "
        "error logs for more details.",
    )
    stream = began["ImportArn"].rpartition("/")[2] + "/error"
    logs = make_client("logs")
    [event] = logs.get_log_events(logGroupName=GROUP, logStreamName=stream)["events"]
    assert json.loads(event["message"]) == {
        "itemS3Pointer": {"bucket": bucket, "key": "import-test.csv", "itemIndex": 0},
        "importArn": began["ImportArn"],
        "errorMessages": [
            "One or more parameter values were invalid: Missing the key pk in the item"
        ],
    }
    assert parameters["TableName"] in all_tables(ask), "it is there, and empty"


def bulk_done(ask: Ask, arn: str) -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        shown = ask("DescribeBulkOperation", BulkOperationArn=arn)["BulkOperationDescription"]
        return shown if shown["BulkOperationStatus"] not in ("IN_PROGRESS", "CANCELLING") else None

    return wait_until(ended)


def test_a_bulk_put_into_a_live_table(
    ask: Ask, refusal: Refusal, s3: Any, bucket: str, make_table: Any
) -> None:
    table = make_table("pk:S sk:N")
    put(ask, table, 1, v={"S": "there"})
    lines: list[dict[str, Any]] = [
        {"Item": {"pk": {"S": "a"}, "sk": {"N": str(n)}, "v": {"S": "bulk"}}} for n in (2, 3)
    ]
    lines.append({**lines[0], "Item": {**lines[0]["Item"], "sk": {"N": "1"}}})
    lines[-1]["ConditionExpression"] = "attribute_not_exists(pk)"
    lines.append({"Item": {"pk": {"S": "a"}}})
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    s3.put_object(Bucket=bucket, Key="in/items.json", Body=body)
    want = {
        "TableName": table,
        "InputS3Configuration": {
            "S3Bucket": bucket, "S3KeyPrefix": "in/", "InputFormat": "DYNAMODB_JSON",
        },
        "OutputS3Configuration": {
            "S3Bucket": bucket, "S3KeyPrefix": "out",
            "OutputType": ["ERROR", "CONDITION_CHECK_FAILURE"],
        },
        "MaxWriteRequestUnits": 1024,
        "ClientToken": table,
    }  # fmt: skip
    began = ask("StartBulkPutItems", **want)["BulkOperationDescription"]
    assert (
        ask("StartBulkPutItems", **want)["BulkOperationDescription"]["BulkOperationArn"]
        == (began["BulkOperationArn"])
    )
    code, _ = refusal("StartBulkPutItems", **{**want, "MaxWriteRequestUnits": 2048})
    assert code == "IdempotentParameterMismatchException"
    done = bulk_done(ask, began["BulkOperationArn"])
    assert done["BulkOperationStatus"] == "COMPLETED_WITH_ERRORS", done
    assert (done["ProcessedItemCount"], done["FailedItemCount"]) == (4, 1)
    assert done["ProcessedInputBytes"] == done["TotalInputBytes"] == len(body)
    assert done["BulkOperationUsage"][0]["Table"]["BulkPutBytes"] > 0
    assert [item["v"]["S"] for item in items(ask, table)] == ["there", "bulk", "bulk"]
    out = {
        each["Key"].split("/")[2]: s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
        for each in s3.list_objects_v2(Bucket=bucket, Prefix="out/")["Contents"]
    }
    assert json.loads(out["ERROR"])["itemS3Pointer"]["itemIndex"] == 3
    assert json.loads(out["CONDITION_CHECK_FAILURE"])["ExistingItem"]["v"] == {"S": "there"}
    listed = ask("ListBulkOperations")["BulkOperationsSummaryList"]
    assert began["BulkOperationArn"] in [each["BulkOperationArn"] for each in listed]
    arn = began["BulkOperationArn"]
    assert refusal("CancelBulkOperation", BulkOperationArn=arn)[0] == "ValidationException"
    missing = refusal("DescribeBulkOperation", BulkOperationArn=arn + "x")
    assert missing[0] == "ResourceNotFoundException"


def test_a_bulk_put_is_cancelled(ask: Ask, s3: Any, bucket: str, make_table: Any) -> None:
    table = make_table("pk:S sk:N")
    big = {"S": "x" * 3000}
    lines = [{"Item": {"pk": {"S": "a"}, "sk": {"N": str(n)}, "v": big}} for n in range(4000)]
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    s3.put_object(Bucket=bucket, Key="items.json", Body=body)
    began = ask(
        "StartBulkPutItems",
        TableName=table,
        InputS3Configuration={"S3Bucket": bucket, "InputFormat": "DYNAMODB_JSON"},
        OutputS3Configuration={"S3Bucket": bucket, "OutputType": ["ERROR"]},
        MaxWriteRequestUnits=1024,  # it would take ten seconds
    )["BulkOperationDescription"]
    arn = began["BulkOperationArn"]
    assert ask("CancelBulkOperation", BulkOperationArn=arn)["BulkOperationStatus"] == "CANCELLING"
    done = bulk_done(ask, arn)
    assert done["BulkOperationStatus"] == "CANCELLED" and done["FailureCode"]
    assert len(items(ask, table, Select="ALL_ATTRIBUTES")) < 4000


def test_a_bulk_put_that_names_no_bucket_for_its_output(
    ask: Ask, invalid: Any, s3: Any, bucket: str, make_table: Any
) -> None:
    """The model asks for the types of output only."""
    table = make_table("pk:S sk:N")
    s3.put_object(Bucket=bucket, Key="in/items.json", Body=b"no item")
    source = {"S3Bucket": bucket, "S3KeyPrefix": "in/", "InputFormat": "DYNAMODB_JSON"}
    output: dict[str, Any] = {"S3KeyPrefix": "out", "OutputType": ["ERROR"]}
    want = {"TableName": table, "InputS3Configuration": source}
    began = ask("StartBulkPutItems", **want, OutputS3Configuration=output)
    done = bulk_done(ask, began["BulkOperationDescription"]["BulkOperationArn"])
    assert done["BulkOperationStatus"] == "COMPLETED_WITH_ERRORS"
    [told] = s3.list_objects_v2(Bucket=bucket, Prefix="out/")["Contents"]
    assert b"Invalid JSON" in s3.get_object(Bucket=bucket, Key=told["Key"])["Body"].read()
    output |= {"S3SseAlgorithm": "AES256", "S3SseKmsKeyId": "a-key"}
    text = invalid("StartBulkPutItems", **want, OutputS3Configuration=output)
    assert text == "S3SseKmsKeyId cannot be specified when S3SseAlgorithm is AES256"
