"""Throttling as a client meets it: which error, with which words and reasons, for which request.

Tables of one unit a second have a burst of 300; one item of 400 KB takes more than that, and what
it takes too much is a debt of minutes, so none of this depends on how fast the machine is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.dynamodb.conftest import Ask

MakeTable = Callable[..., str]
ONE = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
MUCH = {"ReadCapacityUnits": 1000, "WriteCapacityUnits": 1000}
BIG = {"S": "x" * 409_000}

TABLE_TEXT = (
    "The level of configured provisioned throughput for the table was exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API."
)
INDEX_TEXT = (
    "The level of configured provisioned throughput for one or more global secondary indexes of "
    "the table was exceeded. Consider increasing your provisioning level for the "
    "under-provisioned global secondary indexes with the UpdateTable API."
)
ON_DEMAND_TEXT = (
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically "
    "scaling your table or index so please try again shortly. If exceptions persist, check if you "
    "have a hot key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
    "bp-partition-key-design.html"
)


@pytest.fixture(autouse=True)
def only_where_limits_are_known(target: str) -> None:
    if target != "jedlik":
        pytest.skip("DynamoDB Local does not throttle, and AWS's bursts are not promised")


def refused(ask: Ask, operation: str, **parameters: Any) -> dict[str, Any]:
    """The error of a request: code, text and reasons."""
    with pytest.raises(ClientError) as caught:
        ask(operation, **parameters)
    found: dict[str, Any] = caught.value.response  # type: ignore[assignment]
    reasons = found.get("ThrottlingReasons") or found.get("throttlingReasons") or []
    return {
        "code": found["Error"]["Code"],
        "text": found["Error"]["Message"],
        "reasons": [(each["reason"], each["resource"].rpartition(":")[2]) for each in reasons],
        "cancelled": found.get("CancellationReasons"),
    }


def key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}}


@pytest.fixture
def spent(ask: Ask, make_table: MakeTable) -> str:
    """A table whose writes are in debt for more than a minute; its reads are not."""
    name = make_table(ProvisionedThroughput=ONE)
    ask("PutItem", TableName=name, Item={**key("big"), "a": BIG})
    return name


@pytest.fixture
def read_out(ask: Ask, spent: str) -> str:
    """A table whose reads are in debt, too."""
    for _ in range(4):
        ask("GetItem", TableName=spent, Key=key("big"), ConsistentRead=True)
    return spent


def test_writes_beyond_what_is_provisioned(ask: Ask, spent: str) -> None:
    wanted = {
        "code": "ProvisionedThroughputExceededException",
        "text": TABLE_TEXT,
        "reasons": [("TableWriteProvisionedThroughputExceeded", f"table/{spent}")],
        "cancelled": None,
    }
    assert refused(ask, "PutItem", TableName=spent, Item=key("a")) == wanted
    assert refused(ask, "DeleteItem", TableName=spent, Key=key("a")) == wanted
    assert refused(ask, "UpdateItem", TableName=spent, Key=key("a")) == wanted
    statement = f"INSERT INTO \"{spent}\" VALUE {{'pk': 'a'}}"
    assert refused(ask, "ExecuteStatement", Statement=statement) == wanted
    assert "Item" not in ask("GetItem", TableName=spent, Key=key("a"))


def test_reads_beyond_what_is_provisioned(ask: Ask, read_out: str) -> None:
    wanted = {
        "code": "ProvisionedThroughputExceededException",
        "text": TABLE_TEXT,
        "reasons": [("TableReadProvisionedThroughputExceeded", f"table/{read_out}")],
        "cancelled": None,
    }
    assert refused(ask, "GetItem", TableName=read_out, Key=key("a")) == wanted
    assert refused(ask, "Scan", TableName=read_out) == wanted
    by_key = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}
    assert refused(ask, "Query", TableName=read_out, **by_key) == wanted
    statement = f"SELECT * FROM \"{read_out}\" WHERE pk = 'a'"
    assert refused(ask, "ExecuteStatement", Statement=statement) == wanted


def test_a_failed_condition_takes_what_the_item_would_have(ask: Ask, make_table: MakeTable) -> None:
    name = make_table(ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 2})
    ask("PutItem", TableName=name, Item={**key("big"), "a": BIG})
    refusal = refused(
        ask,
        "DeleteItem",
        TableName=name,
        Key=key("big"),
        ConditionExpression="attribute_not_exists(pk)",
    )
    assert refusal["code"] == "ConditionalCheckFailedException"
    assert refused(ask, "PutItem", TableName=name, Item=key("a"))["text"] == TABLE_TEXT


def test_an_index_without_capacity_holds_up_the_writes_of_its_table(
    ask: Ask, make_table: MakeTable
) -> None:
    name = make_table(
        AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
        ProvisionedThroughput=MUCH,
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": ONE,
            }
        ],
    )
    indexed = {**key("b"), "g": {"S": "1"}}
    ask("PutItem", TableName=name, Item={**key("a"), "g": {"S": "1"}, "a": BIG})
    refusal = refused(ask, "PutItem", TableName=name, Item=indexed)
    assert refusal == {
        "code": "ProvisionedThroughputExceededException",
        "text": INDEX_TEXT,
        "reasons": [("IndexWriteProvisionedThroughputExceeded", f"table/{name}/index/by_g")],
        "cancelled": None,
    }
    ask("PutItem", TableName=name, Item=key("c"))  # which the index does not hold
    answer = ask(
        "BatchWriteItem",
        RequestItems={name: [{"PutRequest": {"Item": item}} for item in (key("d"), indexed)]},
    )
    assert answer["UnprocessedItems"] == {name: [{"PutRequest": {"Item": indexed}}]}
    refusal = refused(
        ask,
        "TransactWriteItems",
        TransactItems=[{"Put": {"TableName": name, "Item": item}} for item in (key("e"), indexed)],
    )
    assert refusal["cancelled"] == [
        {"Code": "None"},
        {"Code": "ProvisionedThroughputExceeded", "Message": INDEX_TEXT},
    ]
    # The index's own reads are another matter, and so are the table's.
    found = ask(
        "Query",
        TableName=name,
        IndexName="by_g",
        KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": {"S": "1"}},
        Select="COUNT",
    )
    assert found["Count"] == 1


def test_a_maximum_set_for_an_on_demand_table(ask: Ask, make_table: MakeTable) -> None:
    name = make_table(OnDemandThroughput={"MaxReadRequestUnits": 1, "MaxWriteRequestUnits": 1})
    ask("PutItem", TableName=name, Item={**key("big"), "a": BIG})
    assert refused(ask, "PutItem", TableName=name, Item=key("a")) == {
        "code": "ThrottlingException",
        "text": "Throughput exceeds the maximum OnDemandThroughput configured on table or index",
        "reasons": [("TableWriteMaxOnDemandThroughputExceeded", f"table/{name}")],
        "cancelled": None,
    }
    ask("GetItem", TableName=name, Key=key("big"))
    refusal = refused(ask, "GetItem", TableName=name, Key=key("a"))
    assert refusal["reasons"] == [("TableReadMaxOnDemandThroughputExceeded", f"table/{name}")]


def test_a_hot_key_of_an_on_demand_table(ask: Ask, make_table: MakeTable) -> None:
    """Ten items of one collection, 400 KB each and twice in a transaction, are eight seconds of
    what a part gives. However slow the machine, the request that follows comes earlier."""
    name = make_table("pk:S sk:N")
    items = [{**key("hot"), "sk": {"N": str(i)}, "a": BIG} for i in range(10)]
    refusal: dict[str, Any] = {}
    for _ in range(5):
        ask(
            "TransactWriteItems",
            TransactItems=[{"Put": {"TableName": name, "Item": item}} for item in items],
        )
        try:
            refusal = refused(ask, "PutItem", TableName=name, Item={**key("hot"), "sk": {"N": "1"}})
            break
        except pytest.fail.Exception:
            continue
    assert refusal == {
        "code": "ThrottlingException",
        "text": ON_DEMAND_TEXT,
        "reasons": [("TableWriteKeyRangeThroughputExceeded", f"table/{name}")],
        "cancelled": None,
    }


def test_batches_leave_undone_what_is_throttled(
    ask: Ask, make_table: MakeTable, spent: str, table: str
) -> None:
    puts = [{"PutRequest": {"Item": key("a")}}, {"DeleteRequest": {"Key": key("b")}}]
    answer = ask(
        "BatchWriteItem",
        RequestItems={spent: puts, table: puts},
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["UnprocessedItems"] == {spent: puts}
    assert answer["ConsumedCapacity"] == [{"TableName": table, "CapacityUnits": 2.0}]
    refusal = refused(ask, "BatchWriteItem", RequestItems={spent: puts})
    assert refusal["code"] == "ProvisionedThroughputExceededException"
    assert refusal["reasons"] == [("TableWriteProvisionedThroughputExceeded", f"table/{spent}")]


def test_a_batch_is_throttled_where_its_items_use_up_what_there_is(
    ask: Ask, make_table: MakeTable
) -> None:
    name = make_table(ProvisionedThroughput=ONE)
    puts = [{"PutRequest": {"Item": {**key(str(i)), "a": {"S": "x" * 200_000}}}} for i in range(4)]
    answer = ask("BatchWriteItem", RequestItems={name: puts})
    assert answer["UnprocessedItems"] == {name: puts[2:]}
    keys = [key(str(i)) for i in range(4)]
    reads = {name: {"Keys": keys, "ConsistentRead": True}}
    for _ in range(3):  # 98 of 300 units each
        assert ask("BatchGetItem", RequestItems=reads)["UnprocessedKeys"] == {}
    left = ask("BatchGetItem", RequestItems=reads)["UnprocessedKeys"]
    assert left == {name: {"Keys": keys[1:], "ConsistentRead": True}}
    refusal = refused(ask, "BatchGetItem", RequestItems=reads)
    assert refusal["reasons"] == [("TableReadProvisionedThroughputExceeded", f"table/{name}")]


def test_a_throttled_transaction_is_cancelled(ask: Ask, read_out: str, table: str) -> None:
    spent_reason = {"Code": "ProvisionedThroughputExceeded", "Message": TABLE_TEXT}
    writes = [{"Put": {"TableName": name, "Item": key("a")}} for name in (table, read_out)]
    refusal = refused(ask, "TransactWriteItems", TransactItems=writes)
    assert refusal["code"] == "TransactionCanceledException"
    assert refusal["text"].endswith("[None, ProvisionedThroughputExceeded]")
    assert refusal["cancelled"] == [{"Code": "None"}, spent_reason]
    assert "Item" not in ask("GetItem", TableName=table, Key=key("a"))
    gets = [{"Get": {"TableName": name, "Key": key("a")}} for name in (read_out, table)]
    refusal = refused(ask, "TransactGetItems", TransactItems=gets)
    assert refusal["cancelled"] == [spent_reason, {"Code": "None"}]
    statements = [{"Statement": f"SELECT * FROM \"{read_out}\" WHERE pk = 'a'"}]
    refusal = refused(ask, "ExecuteTransaction", TransactStatements=statements)
    assert refusal["cancelled"] == [spent_reason]


def test_a_throttled_statement_of_a_batch(ask: Ask, spent: str, table: str) -> None:
    limited = f"INSERT INTO \"{spent}\" VALUE {{'pk': 'a'}}"
    free = f"INSERT INTO \"{table}\" VALUE {{'pk': 'a'}}"
    answer = ask("BatchExecuteStatement", Statements=[{"Statement": limited}, {"Statement": free}])
    assert answer["Responses"] == [
        {
            "Error": {"Code": "ProvisionedThroughputExceeded", "Message": TABLE_TEXT},
            "TableName": spent,
        },
        {"TableName": table},
    ]


def test_more_provisioned_units_pay_a_debt_sooner(ask: Ask, spent: str) -> None:
    assert refused(ask, "PutItem", TableName=spent, Item=key("a"))["text"] == TABLE_TEXT
    ask("UpdateTable", TableName=spent, ProvisionedThroughput=MUCH)
    deadline = time.monotonic() + 60
    while True:
        try:
            ask("PutItem", TableName=spent, Item=key("a"))
            return
        except ClientError as error:
            assert error.response["Error"]["Message"] == TABLE_TEXT
            assert time.monotonic() < deadline, "a hundred units of debt, a thousand a second"
            time.sleep(0.02)


def test_no_more_is_provisioned_than_the_quotas_allow(ask: Ask, make_table: MakeTable) -> None:
    with pytest.raises(ClientError) as caught:
        make_table(ProvisionedThroughput={"ReadCapacityUnits": 40_001, "WriteCapacityUnits": 1})
    assert caught.value.response["Error"] == {
        "Code": "LimitExceededException",
        "Message": "Subscriber limit exceeded: There is a limit of 40000 ReadCapacityUnits "
        "per table",
    }
    name = make_table(ProvisionedThroughput=ONE)
    refusal = refused(
        ask,
        "UpdateTable",
        TableName=name,
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 80_001},
    )
    assert refusal["text"] == (
        "Subscriber limit exceeded: There is a limit of 80000 WriteCapacityUnits per subscriber"
    )


def test_warm_throughput_is_kept_whatever_is_provisioned_later(
    ask: Ask, make_table: MakeTable
) -> None:
    def warm() -> tuple[int, int]:
        shown = ask("DescribeTable", TableName=name)["Table"]["WarmThroughput"]
        return shown["ReadUnitsPerSecond"], shown["WriteUnitsPerSecond"]

    name = make_table(ProvisionedThroughput={"ReadCapacityUnits": 20, "WriteCapacityUnits": 9000})
    assert warm() == (20, 9000)
    ask("UpdateTable", TableName=name, ProvisionedThroughput=ONE)
    assert warm() == (20, 9000)
    ask("UpdateTable", TableName=name, BillingMode="PAY_PER_REQUEST")
    assert warm() == (12_000, 9000)
    ask("UpdateTable", TableName=name, WarmThroughput={"ReadUnitsPerSecond": 15_000})
    assert warm() == (15_000, 9000)
    refusal = refused(
        ask, "UpdateTable", TableName=name, WarmThroughput={"WriteUnitsPerSecond": 4000}
    )
    assert refusal["code"] == "ValidationException"
    ask("UpdateTable", TableName=name, BillingMode="PROVISIONED", ProvisionedThroughput=ONE)
    assert warm() == (15_000, 9000)


def test_metrics_tell_units_and_throttles(ask: Ask, spent: str, endpoint: str) -> None:
    from urllib.request import urlopen

    refused(ask, "PutItem", TableName=spent, Item=key("a"))
    ask("GetItem", TableName=spent, Key=key("a"))
    page = urlopen(f"{endpoint}/_jedlik/metrics").read().decode()
    where = f'account="000000000000",region="us-east-1",table="{spent}",index=""'
    assert f'jedlik_consumed_capacity_units_total{{{where},access="write"}} 400\n' in page
    assert f'jedlik_consumed_capacity_units_total{{{where},access="read"}} 0.5\n' in page
    assert f'jedlik_throttled_total{{{where},access="write",reason="provisioned"}} 1\n' in page
