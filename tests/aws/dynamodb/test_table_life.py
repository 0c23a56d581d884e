"""DescribeTable, DeleteTable, ListTables, and names given as ARNs."""

from __future__ import annotations

import pytest

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/"
INVALID_NAME = (
    "Invalid table/index name.  Table/index names must be between 3 and 255 characters long, "
    "and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'"
)


@pytest.mark.parametrize("operation", ["DescribeTable", "DeleteTable"])
def test_no_such_table(refusal, new_name, operation):
    name = new_name()
    assert refusal(operation, TableName=name) == (
        "ResourceNotFoundException",
        f"Requested resource not found: Table: {name} not found",
    )


@pytest.mark.parametrize("operation", ["DescribeTable", "DeleteTable", "UpdateTable"])
def test_no_name_and_bad_names(invalid, operation):
    assert invalid(operation) == (
        "The parameter 'TableName' is required but was not present in the request"
    )
    assert invalid(operation, TableName="ab") == (
        "TableName must be at least 3 characters long and at most 255 characters long"
    )


def test_counts_and_sizes(ask, table):
    ask("PutItem", TableName=table, Item={"pk": {"S": "a"}, "n": {"N": "1"}})
    shown = ask("DescribeTable", TableName=table)["Table"]
    assert (shown["ItemCount"], shown["TableSizeBytes"]) == (1, 6)


def test_a_deleted_table_is_gone(ask, refusal, table):
    gone = ask("DeleteTable", TableName=table)["TableDescription"]
    assert gone["TableStatus"] == "DELETING"
    assert "KeySchema" not in gone
    assert refusal("DescribeTable", TableName=table)[0] == "ResourceNotFoundException"
    assert refusal("GetItem", TableName=table, Key={"pk": {"S": "a"}}) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )


def test_a_new_table_of_the_same_name_is_empty(ask, make_table):
    name = make_table()
    before = ask("DescribeTable", TableName=name)["Table"]["TableId"]
    ask("PutItem", TableName=name, Item={"pk": {"S": "a"}})
    ask("DeleteTable", TableName=name)
    make_table(TableName=name)
    assert ask("Scan", TableName=name)["Count"] == 0
    assert ask("DescribeTable", TableName=name)["Table"]["TableId"] != before


def test_a_protected_table_stays(ask, invalid, make_table):
    name = make_table(DeletionProtectionEnabled=True)
    assert invalid("DeleteTable", TableName=name) == (
        "Resource cannot be deleted as it is currently protected against deletion. "
        "Disable deletion protection first."
    )
    ask("UpdateTable", TableName=name, DeletionProtectionEnabled=False)
    ask("DeleteTable", TableName=name)


def test_waiters_come_back(dynamodb, make_table):
    name = make_table()
    config = {"Delay": 1, "MaxAttempts": 3}
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig=config)
    dynamodb.delete_table(TableName=name)
    dynamodb.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig=config)


def test_pages_of_names(make_client, make_table, new_name):
    # A region of its own, so that no other test's tables are among them.
    client = make_client("dynamodb", region_name="eu-south-2")
    names = sorted(new_name() for _ in range(5))
    for name in names:
        client.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    first = client.list_tables(Limit=2)
    assert first["TableNames"] == names[:2]
    assert first["LastEvaluatedTableName"] == names[1]
    rest = client.list_tables(ExclusiveStartTableName=names[1])
    assert rest["TableNames"] == names[2:]
    assert "LastEvaluatedTableName" not in rest
    assert "LastEvaluatedTableName" not in client.list_tables(Limit=5)
    pages = client.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 2})
    assert [name for page in pages for name in page["TableNames"]] == names


def test_a_page_starts_after_a_name_that_need_not_exist(ask, table):
    assert table in ask("ListTables", ExclusiveStartTableName=table[:-1])["TableNames"]
    assert table not in ask("ListTables", ExclusiveStartTableName=table)["TableNames"]


def test_limits_of_a_page(invalid):
    at = "1 validation error detected: Value '{}' at 'limit' failed to satisfy constraint: "
    assert invalid("ListTables", Limit=0) == (
        at.format(0) + "Member must have value greater than or equal to 1"
    )
    assert invalid("ListTables", Limit=101) == (
        at.format(101) + "Member must have value less than or equal to 100"
    )


def test_an_arn_is_as_good_as_a_name(ask, table):
    arn = ARN + table
    ask("PutItem", TableName=arn, Item={"pk": {"S": "a"}})
    assert ask("GetItem", TableName=arn, Key={"pk": {"S": "a"}})["Item"] == {"pk": {"S": "a"}}
    assert ask("DescribeTable", TableName=arn)["Table"]["TableName"] == table
    ask("UpdateTable", TableName=arn, DeletionProtectionEnabled=True)
    ask("UpdateTable", TableName=arn, DeletionProtectionEnabled=False)
    ask("DeleteTable", TableName=arn)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a;", INVALID_NAME),
        ("ab", INVALID_NAME),
        ("arn:nonsense", "1 validation error detected: Invalid ARN in '{}'"),
        (
            "arn:aws:dynamodb:eu-west-1:000000000000:table/abc",
            "1 validation error detected: Invalid AWS region in '{}'",
        ),
        (ARN + "abc/index/x", "1 validation error detected: Invalid resource in '{}'"),
        (ARN + "a;", "1 validation error detected: Invalid resource in '{}'"),
    ],
)
def test_names_and_arns_that_cannot_be(invalid, name, text):
    refused = invalid("GetItem", TableName=name, Key={"pk": {"S": "a"}})
    assert refused == text.format(name)


def test_tables_of_other_accounts_are_not_open(refusal):
    arn = "arn:aws:dynamodb:us-east-1:111122223333:table/abc"
    code, text = refusal("GetItem", TableName=arn, Key={"pk": {"S": "a"}})
    assert code == "AccessDeniedException"
    assert arn in text


def test_limits_of_the_account(ask):
    assert ask("DescribeLimits") == {
        "AccountMaxReadCapacityUnits": 80000,
        "AccountMaxWriteCapacityUnits": 80000,
        "TableMaxReadCapacityUnits": 40000,
        "TableMaxWriteCapacityUnits": 40000,
    }


def test_the_endpoint_is_this_server(ask, endpoint, target):
    if target != "jedlik":
        pytest.skip("another server, another address")
    (told,) = ask("DescribeEndpoints")["Endpoints"]
    assert f"http://{told['Address']}" == endpoint
    assert told["CachePeriodInMinutes"] == 1440
