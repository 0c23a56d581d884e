"""BatchExecuteStatement: each statement answered for itself; all reads or all writes."""

from __future__ import annotations

import pytest

NO_KEY = (
    "Select statements within BatchExecuteStatement must specify the primary key in the where "
    "clause."
)


@pytest.fixture
def batch(ask):
    """batch(statement or request member, …, **members): the answer."""

    def call(*statements, **members):
        listed = [each if isinstance(each, dict) else {"Statement": each} for each in statements]
        return ask("BatchExecuteStatement", Statements=listed, **members)

    return call


@pytest.fixture
def filled(ask, table):
    for pk in "abc":
        ask("PutItem", TableName=table, Item={"pk": {"S": pk}, "n": {"N": "1"}})
    return table


def test_reads_come_back_in_order(batch, filled):
    answer = batch(
        f"SELECT * FROM \"{filled}\" WHERE pk = 'b'",
        f"SELECT n FROM \"{filled}\" WHERE pk = 'gone'",
        {
            "Statement": f'SELECT n FROM "{filled}" WHERE pk = ?',
            "Parameters": [{"S": "a"}],
            "ConsistentRead": True,
        },
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["Responses"] == [
        {"TableName": filled, "Item": {"pk": {"S": "b"}, "n": {"N": "1"}}},
        {"TableName": filled},
        {"TableName": filled, "Item": {"n": {"N": "1"}}},
    ]
    assert answer["ConsumedCapacity"] == [{"TableName": filled, "CapacityUnits": 2.0}]


def test_a_bad_statement_does_not_harm_the_others(batch, filled, new_name):
    answer = batch(
        f"SELECT n FROM \"{filled}\" WHERE pk = 'a'",
        "SELECT * FROM",
        f"SELECT * FROM \"{new_name()}\" WHERE pk = 'a'",
        f'SELECT * FROM "{filled}" WHERE n = 1',
        f"SELECT * FROM \"{filled}\" WHERE pk = 'b' AND n = 1",
        f'SELECT * FROM "{filled}" WHERE pk = ?',
        f"EXISTS(SELECT * FROM \"{filled}\" WHERE pk = 'a')",
    )
    errors = [each.get("Error") for each in answer["Responses"]]
    assert errors == [
        None,
        {
            "Code": "ValidationError",
            "Message": "Statement wasn't well formed, can't be processed: Unexpected term",
        },
        {"Code": "ResourceNotFound", "Message": "Requested resource not found"},
        {"Code": "ValidationError", "Message": NO_KEY},
        {"Code": "ValidationError", "Message": NO_KEY},
        {
            "Code": "ValidationError",
            "Message": "Number of parameters in request and statement don't match.",
        },
        {
            "Code": "ValidationError",
            "Message": "EXISTS can only be used in ExecuteTransaction write requests.",
        },
    ]


def test_writes_each_for_itself(batch, ask, filled):
    answer = batch(
        f"INSERT INTO \"{filled}\" VALUE {{'pk': 'new'}}",
        f"UPDATE \"{filled}\" SET n = n + 1 WHERE pk = 'a' RETURNING MODIFIED NEW *",
        f"DELETE FROM \"{filled}\" WHERE pk = 'b' RETURNING ALL OLD *",
        {
            "Statement": f"UPDATE \"{filled}\" SET n = 9 WHERE pk = 'c' AND n > 5",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
        f"UPDATE \"{filled}\" SET n = 9 WHERE pk = 'gone'",
    )
    failed = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    assert answer["Responses"] == [
        {"TableName": filled},
        {"TableName": filled, "Item": {"n": {"N": "2"}}},
        {"TableName": filled, "Item": {"pk": {"S": "b"}, "n": {"N": "1"}}},
        {
            "TableName": filled,
            "Error": {**failed, "Item": {"pk": {"S": "c"}, "n": {"N": "1"}}},
        },
        {"TableName": filled, "Error": failed},
    ]
    assert len(ask("Scan", TableName=filled)["Items"]) == 3


def test_a_duplicate_has_its_own_code(batch, filled):
    (response,) = batch(f"INSERT INTO \"{filled}\" VALUE {{'pk': 'a'}}")["Responses"]
    assert response["Error"] == {
        "Code": "DuplicateItem",
        "Message": "Duplicate primary key exists in table",
    }


def test_reads_and_writes_do_not_mix(invalid, ask, filled):
    statements = [
        f"SELECT * FROM \"{filled}\" WHERE pk = 'a'",
        f"DELETE FROM \"{filled}\" WHERE pk = 'b'",
    ]
    listed = [{"Statement": statement} for statement in statements]
    assert invalid("BatchExecuteStatement", Statements=listed) == (
        "Read and write requests together in the same batch is not supported."
    )
    assert len(ask("Scan", TableName=filled)["Items"]) == 3


def test_an_item_is_written_once(invalid, ask, filled):
    listed = [{"Statement": f"UPDATE \"{filled}\" SET n = {n} WHERE pk = 'a'"} for n in (5, 6)]
    assert invalid("BatchExecuteStatement", Statements=listed) == (
        "Provided list of item keys contains duplicates"
    )
    assert ask("GetItem", TableName=filled, Key={"pk": {"S": "a"}})["Item"]["n"] == {"N": "1"}


def test_25_statements_and_no_more(batch, invalid, filled):
    statements = [f"INSERT INTO \"{filled}\" VALUE {{'pk': 'x{n}'}}" for n in range(26)]
    assert len(batch(*statements[:25])["Responses"]) == 25
    listed = [{"Statement": statement} for statement in statements]
    text = invalid("BatchExecuteStatement", Statements=listed)
    assert text.endswith("Member must have length less than or equal to 25")
    assert "'statements' failed" in invalid("BatchExecuteStatement", Statements=[])
