"""Two users and one table: nobody gets at the other's rows, or at what is hidden, by any path.

Each attempt is made twice: on somebody else's row it must be refused with AccessDeniedException,
on one's own the same request must not be, or the test would prove nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from jedlik.api.errors import ApiError
from jedlik.identity import Policy, Principal

from .house import ROOT, House, allow, deny, policy, table_arn, user

TABLE = "Rows"
ITEM_ACTIONS = tuple(
    f"dynamodb:{name}"
    for name in (
        "GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem",
        "BatchWriteItem", "ConditionCheckItem", "PartiQLSelect", "PartiQLInsert",
        "PartiQLUpdate", "PartiQLDelete",
    )
)  # fmt: skip
PLACES = [table_arn(TABLE), f"{table_arn(TABLE)}/index/*"]
OWN_ROWS: Policy = policy(
    allow(
        *ITEM_ACTIONS,
        on=PLACES,
        when={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}},
    ),
    deny("dynamodb:PartiQLSelect", on=PLACES, when={"Bool": {"dynamodb:FullTableScan": "true"}}),
)
PUBLIC = ["pk", "sk", "owner", "shown"]
ONLY_PUBLIC: Policy = policy(
    allow(
        *ITEM_ACTIONS,
        "dynamodb:Scan",
        on=PLACES,
        when={
            "ForAllValues:StringEquals": {"dynamodb:Attributes": PUBLIC},
            "StringEqualsIfExists": {
                "dynamodb:Select": ["SPECIFIC_ATTRIBUTES", "COUNT"],
                "dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"],
            },
        },
    )
)
ALICE = user("alice", OWN_ROWS)
CAROL = user("carol", ONLY_PUBLIC)

Attempt = tuple[str, dict[str, Any]]


def key(owner: str, number: str = "1") -> dict[str, Any]:
    return {"pk": {"S": owner}, "sk": {"S": number}}


def attempts(owner: str) -> list[Attempt]:
    """Everything that reads or writes a row of an owner, by every path."""
    one, other = key(owner), key(owner, "2")
    values = {":o": {"S": owner}}
    oracle = {
        "ConditionExpression": "begins_with(secret, :s)",
        "ExpressionAttributeValues": {":s": {"S": "s"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    named = {"TableName": TABLE}
    on = f'"{TABLE}"'
    mine = key("alice", "9")  # beside one's own row in a list, another's must still be refused
    return [
        ("GetItem", {**named, "Key": one}),
        ("GetItem", {"TableName": table_arn(TABLE), "Key": one}),
        ("GetItem", {**named, "Key": one, "ProjectionExpression": "pk"}),
        ("GetItem", {**named, "Key": one, "ConsistentRead": True}),
        ("BatchGetItem", {"RequestItems": {TABLE: {"Keys": [one, other]}}}),
        ("BatchGetItem", {"RequestItems": {TABLE: {"Keys": [mine, one]}}}),
        ("TransactGetItems", {"TransactItems": [{"Get": {**named, "Key": one}}]}),
        ("TransactGetItems", {"TransactItems": [
            {"Get": {**named, "Key": mine}}, {"Get": {**named, "Key": one}}]}),
        ("Query", {**named, "KeyConditionExpression": "pk = :o",
                   "ExpressionAttributeValues": values}),
        ("Query", {**named, "KeyConditionExpression": "#p = :o AND sk > :z",
                   "ExpressionAttributeNames": {"#p": "pk"},
                   "ExpressionAttributeValues": {**values, ":z": {"S": "0"}}}),
        ("Query", {**named, "KeyConditionExpression": "pk = :o", "Select": "COUNT",
                   "ExpressionAttributeValues": values}),
        ("Query", {**named, "KeyConditions": {
            "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": owner}]}}}),
        ("Query", {**named, "IndexName": "ByOwner", "KeyConditionExpression": "#o = :o",
                   "ExpressionAttributeNames": {"#o": "owner"},
                   "ExpressionAttributeValues": values}),
        ("Query", {**named, "IndexName": "ByShown", "KeyConditionExpression": "pk = :o",
                   "ExpressionAttributeValues": values}),
        ("PutItem", {**named, "Item": {**one, "shown": {"S": "x"}}}),
        ("PutItem", {**named, "Item": one, "ReturnValues": "ALL_OLD"}),
        ("PutItem", {**named, "Item": one, **oracle}),
        ("PutItem", {**named, "Item": one, "Expected": {"secret": {"Exists": False}}}),
        ("UpdateItem", {**named, "Key": one, "UpdateExpression": "SET shown = :v",
                        "ExpressionAttributeValues": {":v": {"S": "x"}}}),
        ("UpdateItem", {**named, "Key": one, "UpdateExpression": "SET shown = secret",
                        "ReturnValues": "ALL_NEW"}),
        ("UpdateItem", {**named, "Key": one, **oracle}),
        ("UpdateItem", {**named, "Key": one, "AttributeUpdates": {
            "shown": {"Value": {"S": "x"}, "Action": "PUT"}}, "ReturnValues": "ALL_OLD"}),
        ("DeleteItem", {**named, "Key": one}),
        ("DeleteItem", {**named, "Key": one, "ReturnValues": "ALL_OLD"}),
        ("DeleteItem", {**named, "Key": one, **oracle}),
        ("BatchWriteItem", {"RequestItems": {TABLE: [{"PutRequest": {"Item": one}}]}}),
        ("BatchWriteItem", {"RequestItems": {TABLE: [{"DeleteRequest": {"Key": one}}]}}),
        ("BatchWriteItem", {"RequestItems": {TABLE: [
            {"PutRequest": {"Item": mine}}, {"DeleteRequest": {"Key": one}}]}}),
        ("TransactWriteItems", {"TransactItems": [{"Put": {**named, "Item": one}}]}),
        ("TransactWriteItems", {"TransactItems": [
            {"Update": {**named, "Key": one, "UpdateExpression": "REMOVE shown"}}]}),
        ("TransactWriteItems", {"TransactItems": [{"Delete": {**named, "Key": one}}]}),
        ("TransactWriteItems", {"TransactItems": [
            {"ConditionCheck": {**named, "Key": one, **oracle}}]}),
        ("TransactWriteItems", {"TransactItems": [
            {"Put": {**named, "Item": mine}},
            {"ConditionCheck": {**named, "Key": one, **oracle}}]}),
        *(
            ("ExecuteStatement", {"Statement": text})
            for text in (
                f"SELECT * FROM {on} WHERE pk = '{owner}'",
                f"SELECT shown FROM {on} WHERE pk = '{owner}' AND sk = '1'",
                f"SELECT * FROM {on} WHERE pk IN ['alice', '{owner}']",
                f"SELECT * FROM {on} WHERE pk = 'alice' OR pk = '{owner}'",
                f"SELECT * FROM {on}.\"ByOwner\" WHERE owner = '{owner}'",
                f"INSERT INTO {on} VALUE {{'pk': '{owner}', 'sk': '7'}}",
                f"UPDATE {on} SET shown = 'x' WHERE pk = '{owner}' AND sk = '1'",
                f"UPDATE {on} SET shown = 'x' WHERE pk = '{owner}' AND sk = '1' "
                "AND begins_with(secret, 's') RETURNING ALL NEW *",
                f"DELETE FROM {on} WHERE pk = '{owner}' AND sk = '1' RETURNING ALL OLD *",
            )
        ),
        ("ExecuteStatement", {"Statement": f"SELECT * FROM {on} WHERE pk = ?",
                              "Parameters": [{"S": owner}]}),
        ("ExecuteTransaction", {"TransactStatements": [
            {"Statement": f"SELECT * FROM {on} WHERE pk = '{owner}' AND sk = '1'"}]}),
        ("ExecuteTransaction", {"TransactStatements": [
            {"Statement": f"EXISTS(SELECT * FROM {on} WHERE pk = '{owner}' AND sk = '1' "
                          "AND begins_with(secret, 's'))"},
            {"Statement": f"DELETE FROM {on} WHERE pk = 'alice' AND sk = '9'"}]}),
        ("ExecuteTransaction", {"TransactStatements": [
            {"Statement": f"UPDATE {on} SET shown = 'x' WHERE pk = '{owner}' AND sk = '1'"}]}),
        ("BatchExecuteStatement", {"Statements": [
            {"Statement": f"SELECT * FROM {on} WHERE pk = '{owner}' AND sk = '1'"}]}),
        ("BatchExecuteStatement", {"Statements": [
            {"Statement": f"DELETE FROM {on} WHERE pk = '{owner}' AND sk = '1'"}]}),
    ]  # fmt: skip


# What has no row of one's own: for people with rows in the table it is refused as it is.
NEVER: list[Attempt] = [
    ("Scan", {"TableName": TABLE}),
    ("Scan", {"TableName": TABLE, "IndexName": "ByOwner"}),
    ("Scan", {"TableName": TABLE, "FilterExpression": "pk = :o",
              "ExpressionAttributeValues": {":o": {"S": "alice"}}}),
    ("ExecuteStatement", {"Statement": f'SELECT * FROM "{TABLE}"'}),
    ("ExecuteStatement", {"Statement": f"SELECT * FROM \"{TABLE}\" WHERE sk = '1'"}),
    ("ExecuteStatement", {"Statement": f"SELECT * FROM \"{TABLE}\" WHERE pk > 'a'"}),
    ("ExecuteStatement", {
        "Statement": f"SELECT * FROM \"{TABLE}\" WHERE pk = 'alice' OR sk = '1'"}),
    ("ExecuteStatement", {"Statement": f'SELECT * FROM "{TABLE}"."ByOwner"'}),
    ("ListTables", {}),
    ("DescribeTable", {"TableName": TABLE}),
    ("DeleteTable", {"TableName": TABLE}),
    ("UpdateTable", {"TableName": TABLE, "BillingMode": "PAY_PER_REQUEST"}),
    ("DescribeTimeToLive", {"TableName": TABLE}),
    ("UpdateTimeToLive", {"TableName": TABLE, "TimeToLiveSpecification": {
        "Enabled": True, "AttributeName": "shown"}}),
    ("DescribeContinuousBackups", {"TableName": TABLE}),
    ("TagResource", {"ResourceArn": table_arn(TABLE), "Tags": [{"Key": "a", "Value": "b"}]}),
    ("ListTagsOfResource", {"ResourceArn": table_arn(TABLE)}),
    ("PutResourcePolicy", {"ResourceArn": table_arn(TABLE), "Policy": "{}"}),
    ("GetResourcePolicy", {"ResourceArn": table_arn(TABLE)}),
    ("DeleteResourcePolicy", {"ResourceArn": table_arn(TABLE)}),
    ("ListStreams", {}),
    ("ListStreams", {"TableName": TABLE}),
    ("DescribeStream", {"StreamArn": f"{table_arn(TABLE)}/stream/2026-11-22T00:00:00.000"}),
]  # fmt: skip


def test_nobody_reads_or_writes_the_rows_of_another() -> None:
    async def play(house: House) -> None:
        before = await everything(house)
        for name, request in attempts("bob"):
            await refused(house, ALICE, name, request)
        assert await everything(house) == before
        for name, request in attempts("alice"):
            await not_refused(house, ALICE, name, request)
        rows_of_bob = [row for row in await everything(house) if row["pk"]["S"] == "bob"]
        assert rows_of_bob == [row for row in before if row["pk"]["S"] == "bob"]

    run(play)


def test_nobody_reads_all_rows_or_does_something_with_the_table() -> None:
    async def play(house: House) -> None:
        for name, request in NEVER:
            await refused(house, ALICE, name, request)

    run(play)


def hidden(own: bool) -> list[Attempt]:
    """Requests that name, show or depend on the attribute `secret`; or, the same, on `shown`."""
    name = "shown" if own else "secret"
    on, named, one = f'"{TABLE}"', {"TableName": TABLE}, key("bob")
    select = {"ProjectionExpression": "pk"}
    value = {":v": {"S": "s"}}
    return [
        ("GetItem", {**named, "Key": one, "ProjectionExpression": f"pk, {name}"}),
        ("GetItem", {**named, "Key": one, "ProjectionExpression": "#n",
                     "ExpressionAttributeNames": {"#n": name}}),
        ("GetItem", {**named, "Key": one, "ProjectionExpression": f"{name}.deeper[0]"}),
        ("GetItem", {**named, "Key": one, "AttributesToGet": [name]}),
        ("BatchGetItem", {"RequestItems": {TABLE: {
            "Keys": [one], "ProjectionExpression": name}}}),
        ("TransactGetItems", {"TransactItems": [
            {"Get": {**named, "Key": one, "ProjectionExpression": name}}]}),
        ("Query", {**named, "KeyConditionExpression": "pk = :v", "ProjectionExpression": name,
                   "ExpressionAttributeValues": value}),
        ("Query", {**named, **select, "KeyConditionExpression": "pk = :v",
                   "FilterExpression": f"begins_with({name}, :v)",
                   "ExpressionAttributeValues": value}),
        ("Query", {**named, "Select": "COUNT", "KeyConditionExpression": "pk = :v",
                   "FilterExpression": f"attribute_exists({name})",
                   "ExpressionAttributeValues": value}),
        ("Query", {**named, "AttributesToGet": ["pk"],
                   "KeyConditions": {"pk": {"ComparisonOperator": "EQ",
                                            "AttributeValueList": [{"S": "bob"}]}},
                   "QueryFilter": {name: {"ComparisonOperator": "NOT_NULL"}}}),
        ("Scan", {**named, **select, "FilterExpression": f"size({name}) > :n",
                  "ExpressionAttributeValues": {":n": {"N": "1"}}}),
        ("Scan", {**named, "AttributesToGet": ["pk"],
                  "ScanFilter": {name: {"ComparisonOperator": "NOT_NULL"}}}),
        ("Scan", {**named, "Select": "COUNT", "FilterExpression": f"{name} < pk"}),
        ("PutItem", {**named, "Item": {**key("bob", "3"), name: {"S": "x"}}}),
        ("PutItem", {**named, "Item": key("bob", "4"),
                     "ConditionExpression": f"attribute_not_exists({name})"}),
        ("PutItem", {**named, "Item": key("bob", "5"), "Expected": {name: {"Exists": False}}}),
        ("UpdateItem", {**named, "Key": one, "UpdateExpression": f"SET {name} = :v",
                        "ExpressionAttributeValues": value}),
        ("UpdateItem", {**named, "Key": one, "UpdateExpression": f"SET shown = {name}"}),
        ("UpdateItem", {**named, "Key": one, "UpdateExpression":
                        f"SET shown = if_not_exists({name}, :v)",
                        "ExpressionAttributeValues": value, "ReturnValues": "UPDATED_NEW"}),
        ("UpdateItem", {**named, "Key": one, "UpdateExpression": f"REMOVE {name}",
                        "ReturnValues": "UPDATED_OLD"}),
        ("UpdateItem", {**named, "Key": one, "UpdateExpression": "SET shown = :v",
                        "ConditionExpression": f"contains({name}, :v)",
                        "ExpressionAttributeValues": value}),
        ("UpdateItem", {**named, "Key": one, "AttributeUpdates": {name: {"Action": "DELETE"}},
                        "ReturnValues": "UPDATED_OLD"}),
        ("DeleteItem", {**named, "Key": key("bob", "8"),
                        "ConditionExpression": f"attribute_not_exists({name})"}),
        ("DeleteItem", {**named, "Key": key("bob", "8"), "Expected": {name: {"Exists": False}}}),
        ("BatchWriteItem", {"RequestItems": {TABLE: [
            {"PutRequest": {"Item": {**key("bob", "8"), name: {"S": "x"}}}}]}}),
        ("TransactWriteItems", {"TransactItems": [{"ConditionCheck": {
            **named, "Key": one, "ConditionExpression": f"attribute_exists({name})"}}]}),
        ("TransactWriteItems", {"TransactItems": [{"Update": {
            **named, "Key": one, "UpdateExpression": f"SET shown = {name}"}}]}),
        *(
            ("ExecuteStatement", {"Statement": text})
            for text in (
                f"SELECT {name} FROM {on} WHERE pk = 'bob'",
                f"SELECT pk FROM {on} WHERE pk = 'bob' AND begins_with({name}, 's')",
                f"SELECT pk FROM {on} WHERE {name} IS NOT MISSING",
                f"SELECT pk FROM {on} WHERE pk = 'bob' AND NOT size({name}) > 3",
                f"INSERT INTO {on} VALUE {{'pk': 'bob', 'sk': '10', '{name}': 'x'}}",
                f"UPDATE {on} SET shown = {name} WHERE pk = 'bob' AND sk = '1'",
                f"UPDATE {on} SET {name} = 'x' WHERE pk = 'bob' AND sk = '1'",
                f"UPDATE {on} REMOVE {name} WHERE pk = 'bob' AND sk = '1'",
                f"UPDATE {on} SET shown = 'x' WHERE pk = 'bob' AND sk = '1' AND {name} = 'x'",
                f"DELETE FROM {on} WHERE pk = 'bob' AND sk = '1' AND {name} = 'x'",
            )
        ),
    ]  # fmt: skip


# Whole items, which would show what is hidden without naming it.
SHOWING: list[Attempt] = [
    ("GetItem", {"TableName": TABLE, "Key": key("bob")}),
    ("BatchGetItem", {"RequestItems": {TABLE: {"Keys": [key("bob")]}}}),
    ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": TABLE, "Key": key("bob")}}]}),
    ("Query", {"TableName": TABLE, "KeyConditionExpression": "pk = :o",
               "ExpressionAttributeValues": {":o": {"S": "bob"}}}),
    ("Query", {"TableName": TABLE, "IndexName": "ByOwner", "Select": "ALL_PROJECTED_ATTRIBUTES",
               "KeyConditionExpression": "#o = :o", "ExpressionAttributeNames": {"#o": "owner"},
               "ExpressionAttributeValues": {":o": {"S": "bob"}}}),
    ("Scan", {"TableName": TABLE}),
    ("Scan", {"TableName": TABLE, "IndexName": "ByOwner"}),
    ("PutItem", {"TableName": TABLE, "Item": key("bob"), "ReturnValues": "ALL_OLD"}),
    ("UpdateItem", {"TableName": TABLE, "Key": key("bob"), "UpdateExpression": "REMOVE shown",
                    "ReturnValues": "ALL_NEW"}),
    ("UpdateItem", {"TableName": TABLE, "Key": key("bob"), "UpdateExpression": "REMOVE shown",
                    "ReturnValues": "ALL_OLD"}),
    ("DeleteItem", {"TableName": TABLE, "Key": key("bob"), "ReturnValues": "ALL_OLD"}),
    *(
        (name, {"TableName": TABLE, **part, "ConditionExpression": "attribute_not_exists(pk)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD"})
        for name, part in (("PutItem", {"Item": key("bob")}), ("DeleteItem", {"Key": key("bob")}),
                           ("UpdateItem", {"Key": key("bob")}))
    ),
    ("TransactWriteItems", {"TransactItems": [{"ConditionCheck": {
        "TableName": TABLE, "Key": key("bob"), "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}]}),
    ("ExecuteStatement", {"Statement": f"SELECT * FROM \"{TABLE}\" WHERE pk = 'bob'"}),
    ("ExecuteStatement", {"Statement": f"UPDATE \"{TABLE}\" SET shown = 'x' "
                          "WHERE pk = 'bob' AND sk = '1' RETURNING ALL NEW *"}),
    ("ExecuteStatement", {"Statement": f"DELETE FROM \"{TABLE}\" WHERE pk = 'bob' AND sk = '1' "
                          "RETURNING ALL OLD *"}),
    ("ExecuteStatement", {"Statement": f"UPDATE \"{TABLE}\" SET shown = 'x' WHERE pk = 'bob' "
                          "AND sk = '1' AND shown = 'nothing'",
                          "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}),
    ("BatchExecuteStatement", {"Statements": [
        {"Statement": f"SELECT * FROM \"{TABLE}\" WHERE pk = 'bob' AND sk = '1'"}]}),
    ("ExecuteTransaction", {"TransactStatements": [
        {"Statement": f"SELECT * FROM \"{TABLE}\" WHERE pk = 'bob' AND sk = '1'"}]}),
]  # fmt: skip


def test_nobody_gets_at_an_attribute_that_is_hidden() -> None:
    async def play(house: House) -> None:
        before = await everything(house)
        for name, request in [*hidden(own=False), *SHOWING]:
            await refused(house, CAROL, name, request)
        assert await everything(house) == before
        for name, request in hidden(own=True):
            await not_refused(house, CAROL, name, request)
        secrets = [row.get("secret") for row in await everything(house)]
        assert secrets.count({"S": "secret of bob"}) == 2

    run(play)


@pytest.mark.parametrize("who", [user("nobody"), user("other", policy(allow("s3:*")))])
def test_who_is_refused_does_not_learn_what_is_there(who: Principal) -> None:
    """The same words for a table that is there and for one that is not, and before any other
    mistake that only a look at the table could find."""

    async def play(house: House) -> None:
        for name, request in [*attempts("bob"), *NEVER]:
            there = await refused(house, who, name, request)
            nowhere = replaced(request)
            missing = await refused(house, who, name, nowhere)
            assert there.replace(TABLE, "Nope") == missing
        wrong = {"TableName": TABLE, "Key": {"no": {"S": "such key"}}}
        for table in (TABLE, "Nope"):
            text = await refused(house, who, "GetItem", {**wrong, "TableName": table})
            assert text == (
                f"User: {who.arn} is not authorized to perform: dynamodb:GetItem on resource: "
                f"{table_arn(table)} because no identity-based policy allows the "
                "dynamodb:GetItem action"
            )

    run(play)


def test_numbers_and_bytes_are_compared_in_one_form() -> None:
    """Another spelling of somebody else's number is still somebody else's number."""

    async def play(house: House) -> None:
        schema = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                  "BillingMode": "PAY_PER_REQUEST"}  # fmt: skip
        for name, kind in (("Numbers", "N"), ("Bytes", "B")):
            defined = [{"AttributeName": "pk", "AttributeType": kind}]
            await house.call(
                ROOT, "CreateTable", {"TableName": name, **schema, "AttributeDefinitions": defined}
            )
        not_seven = policy(
            allow("dynamodb:GetItem"),
            deny("*", when={"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": ["7", "QUI="]}}),
        )
        who = user("dave", not_seven)
        for text in ("7", "7.0", "07", "0.7e1", "700e-2"):
            request = {"TableName": "Numbers", "Key": {"pk": {"N": text}}}
            await refused(house, who, "GetItem", request)
        eight = {"TableName": "Numbers", "Key": {"pk": {"N": "8"}}}
        await not_refused(house, who, "GetItem", eight)
        await refused(house, who, "GetItem", {"TableName": "Bytes", "Key": {"pk": {"B": "QUI="}}})

    run(play)


def test_transactions_can_be_all_that_is_allowed_or_all_that_is_not() -> None:
    """The developer guide's examples for dynamodb:EnclosingOperation."""

    async def play(house: House) -> None:
        enclosed = {"ForAnyValue:StringEquals": {
            "dynamodb:EnclosingOperation": ["TransactWriteItems", "TransactGetItems"]}}  # fmt: skip
        only = user("only", policy(allow(*ITEM_ACTIONS, on=PLACES, when=enclosed)))
        never = user(
            "never", policy(allow(*ITEM_ACTIONS, on=PLACES), deny("*", on=PLACES, when=enclosed))
        )
        put, get = {"TableName": TABLE, "Item": key("x")}, {"TableName": TABLE, "Key": key("x")}
        single: list[Attempt] = [
            ("PutItem", put),
            ("GetItem", get),
        ]
        whole: list[Attempt] = [
            ("TransactWriteItems", {"TransactItems": [{"Put": put}]}),
            ("TransactGetItems", {"TransactItems": [{"Get": get}]}),
        ]
        for name, request in single:
            await refused(house, only, name, request)
            await not_refused(house, never, name, request)
        for name, request in whole:
            await not_refused(house, only, name, request)
            await refused(house, never, name, request)

    run(play)


# Beside the tests


def run(play: Callable[[House], Any]) -> None:
    async def all_of_it() -> None:
        house = await House().open()
        await house.call(ROOT, "CreateTable", {
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"}
                                     for name in ("pk", "sk", "owner", "shown")],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                          {"AttributeName": "sk", "KeyType": "RANGE"}],
            "GlobalSecondaryIndexes": [{
                "IndexName": "ByOwner", "Projection": {"ProjectionType": "ALL"},
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}]}],
            "LocalSecondaryIndexes": [{
                "IndexName": "ByShown", "Projection": {"ProjectionType": "ALL"},
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                              {"AttributeName": "shown", "KeyType": "RANGE"}]}],
            "StreamSpecification": {"StreamEnabled": True,
                                    "StreamViewType": "NEW_AND_OLD_IMAGES"},
        })  # fmt: skip
        for owner in ("alice", "bob"):
            for number in ("1", "2"):
                item = {**key(owner, number), "owner": {"S": owner}, "shown": {"S": "shown"},
                        "secret": {"S": f"secret of {owner}"}}  # fmt: skip
                await house.call(ROOT, "PutItem", {"TableName": TABLE, "Item": item})
        await play(house)

    asyncio.run(all_of_it())


async def everything(house: House) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await house.call(ROOT, "Scan", {"TableName": TABLE}))["Items"]
    return sorted(found, key=lambda row: (row["pk"]["S"], row["sk"]["S"]))


async def refused(house: House, who: Principal, name: str, request: dict[str, Any]) -> str:
    """The text of the refusal; a batch of statements tells it at the statement."""
    if name != "BatchExecuteStatement":
        return await house.refused(who, name, request)
    answer = await house.call(who, name, request)
    (response,) = answer["Responses"]
    assert list(response) == ["Error"] and response["Error"]["Code"] == "AccessDenied", response
    return str(response["Error"]["Message"])


async def not_refused(house: House, who: Principal, name: str, request: dict[str, Any]) -> None:
    """Any answer will do, if it is not a refusal: conditions may fail, items be there already."""
    try:
        answer = await house.call(who, name, request)
    except ApiError as error:
        assert error.code in FINE, f"{name} {request}: {error}"
    else:
        assert "AccessDenied" not in str(answer), (name, request, answer)


FINE = ("ConditionalCheckFailedException", "DuplicateItemException", "TransactionCanceledException",
        "ValidationException")  # fmt: skip
"""Update expressions about attributes that are not there, say, are invalid, but not forbidden."""


def replaced(request: Any) -> Any:
    """The same request about a table that is not there."""
    if isinstance(request, dict):
        return {replaced(name): replaced(value) for name, value in request.items()}
    if isinstance(request, list):
        return [replaced(value) for value in request]
    return request.replace(TABLE, "Nope") if isinstance(request, str) else request
