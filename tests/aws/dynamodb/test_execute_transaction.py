"""ExecuteTransaction: all statements or none; EXISTS; client tokens; cancellation reasons."""

from __future__ import annotations

import uuid

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def transact(ask):
    """transact(statement or request member, …, **members): the answer."""

    def call(*statements, **members):
        listed = [each if isinstance(each, dict) else {"Statement": each} for each in statements]
        return ask("ExecuteTransaction", TransactStatements=listed, **members)

    return call


@pytest.fixture
def refused(transact):
    """refused(…): the error response."""

    def call(*statements, **members):
        with pytest.raises(ClientError) as error:
            transact(*statements, **members)
        return error.value.response

    return call


@pytest.fixture
def told(refused):
    """told(…): the code and text of the error."""

    def call(*statements, **members):
        error = refused(*statements, **members)["Error"]
        return error["Code"], error["Message"]

    return call


@pytest.fixture
def filled(ask, table):
    for pk in "abc":
        ask("PutItem", TableName=table, Item={"pk": {"S": pk}, "n": {"N": "1"}})
    return table


def count(ask, table):
    return ask("Scan", TableName=table, Select="COUNT")["Count"]


def test_reads_of_one_instant(transact, filled):
    answer = transact(
        f"SELECT * FROM \"{filled}\" WHERE pk = 'a'",
        f"SELECT n FROM \"{filled}\" WHERE pk = 'gone'",
        {"Statement": f'SELECT n FROM "{filled}" WHERE pk = ?', "Parameters": [{"S": "b"}]},
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer == {
        "Responses": [
            {"Item": {"pk": {"S": "a"}, "n": {"N": "1"}}},
            {},
            {"Item": {"n": {"N": "1"}}},
        ],
        "ConsumedCapacity": [{"TableName": filled, "CapacityUnits": 6.0, "ReadCapacityUnits": 6.0}],
    }


def test_writes_and_checks_happen_together(transact, ask, filled):
    answer = transact(
        f"EXISTS(SELECT * FROM \"{filled}\" WHERE pk = 'a' AND n = 1)",
        f"INSERT INTO \"{filled}\" VALUE {{'pk': 'new'}}",
        f"UPDATE \"{filled}\" SET n = n + 1 WHERE pk = 'b' AND n = 1",
        f"DELETE FROM \"{filled}\" WHERE pk = 'c'",
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["Responses"] == []
    assert answer["ConsumedCapacity"] == [
        {"TableName": filled, "CapacityUnits": 8.0, "WriteCapacityUnits": 8.0}
    ]
    found = ask("Scan", TableName=filled)["Items"]
    assert {item["pk"]["S"]: item.get("n") for item in found} == {
        "a": {"N": "1"},
        "b": {"N": "2"},
        "new": None,
    }


def test_nothing_happens_when_one_thing_fails(refused, ask, filled):
    response = refused(
        f"INSERT INTO \"{filled}\" VALUE {{'pk': 'new'}}",
        f"INSERT INTO \"{filled}\" VALUE {{'pk': 'a'}}",
        {
            "Statement": f"UPDATE \"{filled}\" SET n = 2 WHERE pk = 'b' AND n = 7",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
        f"EXISTS(SELECT * FROM \"{filled}\" WHERE pk = 'gone' AND n IS MISSING)",
    )
    assert response["Error"]["Code"] == "TransactionCanceledException"
    assert response["Error"]["Message"] == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons "
        "[None, DuplicateItem, ConditionalCheckFailed, ConditionalCheckFailed]"
    )
    assert response["CancellationReasons"] == [
        {"Code": "None"},
        {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"},
        {
            "Code": "ConditionalCheckFailed",
            "Message": "The conditional request failed",
            "Item": {"pk": {"S": "b"}, "n": {"N": "1"}},
        },
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"},
    ]
    assert count(ask, filled) == 3


def test_mistakes_about_keys_cancel(refused, filled):
    response = refused(
        f'UPDATE "{filled}" SET n = 1 WHERE n = 1', f"DELETE FROM \"{filled}\" WHERE pk = 'a'"
    )
    assert response["Error"]["Code"] == "TransactionCanceledException"
    assert response["CancellationReasons"] == [
        {
            "Code": "ValidationError",
            "Message": "Where clause does not contain a mandatory equality on all key attributes",
        },
        {"Code": "None"},
    ]


def test_updates_that_do_not_fit_cancel(refused, filled):
    response = refused(f"UPDATE \"{filled}\" SET n = pk + 1 WHERE pk = 'a'")
    assert response["CancellationReasons"] == [
        {
            "Code": "ValidationError",
            "Message": "An operand in the update expression has an incorrect data type",
        }
    ]


def test_what_a_transaction_cannot_do(told, indexed_table, filled, new_name):
    first = "Validation failed in TransactStatements[0]: "
    read = f"SELECT * FROM \"{filled}\" WHERE pk = 'a'"
    delete = f"DELETE FROM \"{filled}\" WHERE pk = 'a'"
    refusals = {
        (read, delete): (
            "ExecuteTransaction API does not support both read and write operations in the same "
            "request."
        ),
        (read, read): "Transaction request cannot include multiple operations on one item",
        (delete, delete): "Transaction request cannot include multiple operations on one item",
        (f'SELECT * FROM "{filled}" WHERE n = 1',): (
            f"{first}Select statements within ExecuteTransaction must specify the primary key in "
            "the where clause."
        ),
        (f'SELECT * FROM "{indexed_table}"."by_g" WHERE g = \'x\'',): (
            f"{first}Reads on indices are not supported within transactions."
        ),
        (f"{delete} RETURNING ALL OLD *",): (
            f"{first}RETURNING clause is not supported in ExecuteTransaction."
        ),
        (f"EXISTS({read})",): (
            f"{first}EXISTS() must contain a single item read with additional condition"
        ),
        ("SELECT * FROM",): "Statement wasn't well formed, can't be processed: Unexpected term",
    }
    for statements, text in refusals.items():
        assert told(*statements) == ("ValidationException", text)
    assert told(f"DELETE FROM \"{new_name()}\" WHERE pk = 'a'") == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )


def test_a_client_token_makes_a_transaction_happen_once(transact, told, ask, filled):
    token = uuid.uuid4().hex
    statement = f"UPDATE \"{filled}\" SET n = n + 1 WHERE pk = 'a'"
    for _ in range(3):
        assert transact(statement, ClientRequestToken=token) == {"Responses": []}
    assert ask("GetItem", TableName=filled, Key={"pk": {"S": "a"}})["Item"]["n"] == {"N": "2"}
    code, _ = told(f"DELETE FROM \"{filled}\" WHERE pk = 'a'", ClientRequestToken=token)
    assert code == "IdempotentParameterMismatchException"


def test_a_hundred_statements_and_no_more(transact, invalid, ask, table):
    statements = [f"INSERT INTO \"{table}\" VALUE {{'pk': 'x{n}'}}" for n in range(101)]
    transact(*statements[:100])
    assert count(ask, table) == 100
    listed = [{"Statement": statement} for statement in statements]
    text = invalid("ExecuteTransaction", TransactStatements=listed)
    assert text.endswith("Member must have length less than or equal to 100")
