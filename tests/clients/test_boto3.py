"""boto3 as people use it: client, resource, paginators, waiters, batch writer, conditions."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

THREADS = {
    "KeySchema": [
        {"AttributeName": "forum", "KeyType": "HASH"},
        {"AttributeName": "subject", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "forum", "AttributeType": "S"},
        {"AttributeName": "subject", "AttributeType": "S"},
        {"AttributeName": "author", "AttributeType": "S"},
        {"AttributeName": "views", "AttributeType": "N"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-author",
            "KeySchema": [
                {"AttributeName": "author", "KeyType": "HASH"},
                {"AttributeName": "views", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["tags"]},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture
def threads(dynamodb: Any, dynamodb_resource: Any, table_name: str) -> Any:
    """A boto3 Table, made by the resource and waited for by the waiter."""
    table = dynamodb_resource.create_table(TableName=table_name, **THREADS)
    dynamodb.get_waiter("table_exists").wait(
        TableName=table_name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    return table


def test_waiters_see_a_table_come_and_go(dynamodb: Any, threads: Any) -> None:
    threads.reload()
    assert threads.table_status == "ACTIVE"
    assert threads.creation_date_time.year >= 2020
    dynamodb.delete_table(TableName=threads.name)
    dynamodb.get_waiter("table_not_exists").wait(
        TableName=threads.name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    with pytest.raises(threads.meta.client.exceptions.ResourceNotFoundException):
        threads.reload()


def test_resource_keeps_every_type(threads: Any) -> None:
    item = {
        "forum": "f",
        "subject": "s",
        "n": Decimal("-12345678901234567890.123456789"),
        "b": b"\x00\xff",
        "t": True,
        "x": None,
        "l": [1, "a", {"deep": [Decimal("1.5")]}],
        "ss": {"a", "b"},
        "ns": {Decimal(1), Decimal("2.5")},
        "bs": {b"1", b"2"},
    }
    threads.put_item(Item=item)
    back = threads.get_item(Key={"forum": "f", "subject": "s"}, ConsistentRead=True)["Item"]
    assert {**back, "b": bytes(back["b"])} == item


def test_batch_writer_query_and_index(threads: Any) -> None:
    with threads.batch_writer(overwrite_by_pkeys=["forum", "subject"]) as batch:
        for n in range(60):
            author = "ann" if n % 3 else "bob"
            batch.put_item(
                {"forum": "f", "subject": f"s{n:02}", "author": author, "views": n, "tags": {"t"}}
            )
        batch.delete_item({"forum": "f", "subject": "s59"})
    found = threads.query(
        KeyConditionExpression=Key("forum").eq("f") & Key("subject").begins_with("s1"),
        FilterExpression=Attr("views").between(12, 17) & ~Attr("author").eq("bob"),
        ProjectionExpression="#v",
        ExpressionAttributeNames={"#v": "views"},
    )
    assert [item["views"] for item in found["Items"]] == [13, 14, 16, 17]
    assert (found["Count"], found["ScannedCount"]) == (4, 10)
    by_author = threads.query(
        IndexName="by-author",
        KeyConditionExpression=Key("author").eq("bob") & Key("views").gte(50),
        ScanIndexForward=False,
    )
    assert [item["views"] for item in by_author["Items"]] == [57, 54, 51]
    assert by_author["Items"][0]["tags"] == {"t"}


def test_paginators_visit_every_item_once(dynamodb: Any, threads: Any) -> None:
    with threads.batch_writer() as batch:
        for n in range(40):
            batch.put_item({"forum": f"f{n % 4}", "subject": f"s{n:02}"})
    scan = dynamodb.get_paginator("scan").paginate(
        TableName=threads.name, PaginationConfig={"PageSize": 7}
    )
    seen = [item["subject"]["S"] for page in scan for item in page["Items"]]
    assert sorted(seen) == [f"s{n:02}" for n in range(40)]
    query = dynamodb.get_paginator("query").paginate(
        TableName=threads.name,
        KeyConditionExpression="forum = :f",
        ExpressionAttributeValues={":f": {"S": "f1"}},
        PaginationConfig={"PageSize": 3, "MaxItems": 8},
    )
    result = query.build_full_result()
    assert [item["subject"]["S"] for item in result["Items"]] == [
        f"s{n:02}" for n in range(1, 33, 4)
    ]
    assert result["NextToken"]
    names = dynamodb.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 1})
    assert threads.name in [name for page in names for name in page["TableNames"]]


def test_update_with_conditions(threads: Any) -> None:
    key = {"forum": "f", "subject": "s"}
    threads.put_item(Item={**key, "seen": 1, "votes": [1]})
    changed = threads.update_item(
        Key=key,
        UpdateExpression="SET seen = seen + :one, votes = list_append(votes, :v) REMOVE gone",
        ConditionExpression=Attr("seen").lt(5) & Attr("gone").not_exists(),
        ExpressionAttributeValues={":one": 1, ":v": [2]},
        ReturnValues="ALL_NEW",
    )
    assert changed["Attributes"] == {**key, "seen": 2, "votes": [1, 2]}
    with pytest.raises(ClientError) as refused:
        threads.delete_item(Key=key, ConditionExpression=Attr("seen").eq(1))
    error = refused.value.response["Error"]
    assert error["Code"] == "ConditionalCheckFailedException"
    assert error["Message"] == "The conditional request failed"


def test_transactions_are_all_or_nothing(dynamodb: Any, threads: Any) -> None:
    def put(subject: str) -> dict[str, Any]:
        item = {"forum": {"S": "t"}, "subject": {"S": subject}}
        return {
            "Put": {
                "TableName": threads.name,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(forum)",
            }
        }

    dynamodb.transact_write_items(TransactItems=[put("a"), put("b")])
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as cancelled:
        dynamodb.transact_write_items(TransactItems=[put("c"), put("b")])
    reasons = cancelled.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    keys = [{"forum": {"S": "t"}, "subject": {"S": s}} for s in "abc"]
    got = dynamodb.transact_get_items(
        TransactItems=[{"Get": {"TableName": threads.name, "Key": key}} for key in keys]
    )
    assert ["Item" in response for response in got["Responses"]] == [True, True, False]


def test_many_threads_count_exactly(dynamodb: Any, table: str) -> None:
    def add(_: int) -> None:
        dynamodb.update_item(
            TableName=table,
            Key={"pk": {"S": "counter"}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(200)))
    counted = dynamodb.get_item(TableName=table, Key={"pk": {"S": "counter"}}, ConsistentRead=True)
    assert counted["Item"]["n"] == {"N": "200"}


def test_a_large_reply_passes_the_checksum(dynamodb: Any, table: str) -> None:
    # boto3 verifies x-amz-crc32, and retries (here: fails) when it is wrong.
    for n in range(6):
        dynamodb.put_item(TableName=table, Item={"pk": {"S": str(n)}, "data": {"S": "x" * 300_000}})
    pages = list(dynamodb.get_paginator("scan").paginate(TableName=table))
    assert sum(page["Count"] for page in pages) == 6
    assert len(pages) >= 2  # a page holds 1 MB


def test_regions_have_tables_of_their_own(
    make_client: Callable[..., Any], dynamodb: Any, table: str, target: str
) -> None:
    if target != "jedlik":
        pytest.skip("DynamoDB Local is run with -sharedDb; on AWS this needs no proof")
    elsewhere = make_client("dynamodb", region_name="eu-west-1")
    with pytest.raises(elsewhere.exceptions.ResourceNotFoundException):
        elsewhere.describe_table(TableName=table)
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    assert arn.startswith("arn:aws:dynamodb:us-east-1:")
