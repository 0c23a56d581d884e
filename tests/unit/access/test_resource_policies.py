"""Policies of tables and streams: they let in, they keep out, they let other accounts in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from jedlik.identity import Principal, root_principal

from .house import ACCOUNT, OTHER_ACCOUNT, ROOT, House, allow, deny, policy, table_arn, user
from .test_rows import key, not_refused, refused

TABLE = "Shared"
ARN = table_arn(TABLE)
GET = {"TableName": TABLE, "Key": key("a")}
GET_BY_ARN = {"TableName": ARN, "Key": key("a")}
EVERYTHING = policy(allow("dynamodb:*"))
STRANGER = user("zoe", EVERYTHING, account=OTHER_ACCOUNT)


def test_a_table_lets_in_and_keeps_out() -> None:
    async def play(house: House) -> None:
        alice, boss = user("alice"), user("boss", EVERYTHING)
        await refused(house, alice, "GetItem", GET)
        await put_policy(house, grant("dynamodb:GetItem", alice.arn))
        await not_refused(house, alice, "GetItem", GET)
        await refused(house, alice, "PutItem", {"TableName": TABLE, "Item": key("a")})
        await put_policy(house, {**grant("dynamodb:*", "*"), "Effect": "Deny"})
        text = await refused(house, boss, "GetItem", GET)
        assert text.endswith("with an explicit deny in a resource-based policy")
        await house.call(ROOT, "DeleteResourcePolicy", {"ResourceArn": ARN})
        await refused(house, alice, "GetItem", GET)
        await not_refused(house, boss, "GetItem", GET)

    run(play)


def test_an_index_is_covered_by_its_tables_policy() -> None:
    async def play(house: House) -> None:
        alice = user("alice")
        query = {"TableName": TABLE, "IndexName": "ByOwner",
                 "KeyConditionExpression": "#o = :o", "ExpressionAttributeNames": {"#o": "owner"},
                 "ExpressionAttributeValues": {":o": {"S": "a"}}}  # fmt: skip
        await put_policy(house, grant("dynamodb:Query", alice.arn))
        await refused(house, alice, "Query", query)
        await put_policy(house, grant("dynamodb:Query", alice.arn, on=f"{ARN}/index/*"))
        await not_refused(house, alice, "Query", query)

    run(play)


def test_a_stream_has_a_policy_of_its_own() -> None:
    async def play(house: House) -> None:
        described = await house.call(ROOT, "DescribeTable", {"TableName": TABLE})
        stream = described["Table"]["LatestStreamArn"]
        alice = user("alice")
        await put_policy(house, grant("dynamodb:*", alice.arn, on="*"))
        await refused(house, alice, "DescribeStream", {"StreamArn": stream})
        statement = grant("dynamodb:DescribeStream", alice.arn, on=stream)
        await put_policy(house, statement, on=stream)
        await not_refused(house, alice, "DescribeStream", {"StreamArn": stream})
        abroad = user("zoe", EVERYTHING, account=OTHER_ACCOUNT)
        await refused(house, abroad, "DescribeStream", {"StreamArn": stream})
        await put_policy(house, grant("dynamodb:*", abroad.arn, on=stream), on=stream)
        shown = await house.call(abroad, "DescribeStream", {"StreamArn": stream})
        assert shown["StreamDescription"]["TableName"] == TABLE

    run(play)


def test_another_account_needs_both_sides() -> None:
    async def play(house: House) -> None:
        text = await refused(house, STRANGER, "GetItem", GET_BY_ARN)
        assert text.endswith("because no resource-based policy allows the dynamodb:GetItem action")
        assert await refused(house, STRANGER, "GetItem", {**GET_BY_ARN, "TableName": ARN + "x"})
        await put_policy(house, grant("dynamodb:*", f"arn:aws:iam::{OTHER_ACCOUNT}:root"))
        await house.call(ROOT, "PutItem", {"TableName": TABLE, "Item": key("a")})
        found = await house.call(STRANGER, "GetItem", GET_BY_ARN)
        assert found == {"Item": key("a")}
        nobody = user("nobody", account=OTHER_ACCOUNT)
        await refused(house, nobody, "GetItem", GET_BY_ARN)
        root_there = root_principal(OTHER_ACCOUNT)
        assert await house.call(root_there, "GetItem", GET_BY_ARN) == {"Item": key("a")}

    run(play)


def test_another_account_gets_at_what_it_was_let_at_by_every_path() -> None:
    async def play(house: House) -> None:
        await put_policy(house, grant("dynamodb:*", STRANGER.arn, on=[ARN, f"{ARN}/index/*"]))
        values = {":o": {"S": "a"}}
        for name, request in (
            ("PutItem", {"TableName": ARN, "Item": key("a")}),
            ("GetItem", GET_BY_ARN),
            ("Query", {"TableName": ARN, "KeyConditionExpression": "pk = :o",
                       "ExpressionAttributeValues": values}),
            ("Scan", {"TableName": ARN}),
            ("BatchGetItem", {"RequestItems": {ARN: {"Keys": [key("a")]}}}),
            ("BatchWriteItem", {"RequestItems": {ARN: [{"PutRequest": {"Item": key("b")}}]}}),
            ("TransactGetItems", {"TransactItems": [{"Get": GET_BY_ARN}]}),
            ("TransactWriteItems", {"TransactItems": [{"Delete": GET_BY_ARN}]}),
            ("UpdateItem", {**GET_BY_ARN, "UpdateExpression": "SET seen = :o",
                            "ExpressionAttributeValues": values}),
            ("DescribeTable", {"TableName": ARN}),
        ):  # fmt: skip
            answer = await house.call(STRANGER, name, request)
            assert answer is not None
        described = await house.call(STRANGER, "DescribeTable", {"TableName": ARN})
        assert described["Table"]["TableArn"] == ARN
        found = await house.call(ROOT, "Scan", {"TableName": TABLE})
        assert len(found["Items"]) == 2
        # A table of the same name in one's own account is another table.
        missing = table_arn("Elsewhere")
        await refused(house, STRANGER, "GetItem", {**GET_BY_ARN, "TableName": missing})

    run(play)


def test_a_foreign_grant_is_never_used_at_home() -> None:
    """Operations that do not know other accounts must not take the foreign table's name for one of
    the caller's own: then whoever owns any account could grant what only this one may."""

    async def play(house: House) -> None:
        await put_policy(house, grant("dynamodb:*", STRANGER.arn))
        home = root_principal(OTHER_ACCOUNT)
        schema = {"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                  "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}  # fmt: skip
        own = {"TableName": TABLE, "BillingMode": "PAY_PER_REQUEST", **schema}
        await house.call(home, "CreateTable", own)
        only_abroad = user("zoe", policy(allow("dynamodb:*", on=f"{ARN}*")), account=OTHER_ACCOUNT)
        new = {"ResourceArn": ARN, "Policy": json.dumps(statement_of(grant("dynamodb:*", "*")))}
        for name, request in (
            ("PutResourcePolicy", new),
            ("CreateBackup", {"TableName": ARN, "BackupName": "mine"}),
            ("UpdateContinuousBackups", {"TableName": ARN, "PointInTimeRecoverySpecification": {
                "PointInTimeRecoveryEnabled": True}}),
            ("DescribeContinuousBackups", {"TableName": ARN}),
        ):  # fmt: skip
            await refused(house, only_abroad, name, request)
        protect = {"TableName": ARN, "DeletionProtectionEnabled": True}
        await house.call(only_abroad, "UpdateTable", protect)
        described = await house.call(home, "DescribeTable", {"TableName": TABLE})
        assert not described["Table"]["DeletionProtectionEnabled"]
        described = await house.call(ROOT, "DescribeTable", {"TableName": TABLE})
        assert described["Table"]["DeletionProtectionEnabled"]

    run(play)


def test_rows_can_be_shared_with_another_account() -> None:
    async def play(house: House) -> None:
        only_a = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["a"]}}
        await put_policy(house, {**grant("dynamodb:*", STRANGER.arn), "Condition": only_a})
        await not_refused(house, STRANGER, "GetItem", GET_BY_ARN)
        await refused(house, STRANGER, "GetItem", {**GET_BY_ARN, "Key": key("b")})
        both = {"RequestItems": {ARN: {"Keys": [key("a"), key("b")]}}}
        await refused(house, STRANGER, "BatchGetItem", both)

    run(play)


def test_tags_of_a_table_decide() -> None:
    async def play(house: House) -> None:
        team = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
        red = user("red", policy(allow("dynamodb:*", when=team)), tags={"team": "red"})
        await refused(house, red, "GetItem", GET)
        tags = [{"Key": "team", "Value": "red"}]
        await house.call(ROOT, "TagResource", {"ResourceArn": ARN, "Tags": tags})
        await not_refused(house, red, "GetItem", GET)
        await house.call(ROOT, "UntagResource", {"ResourceArn": ARN, "TagKeys": ["team"]})
        await refused(house, red, "GetItem", GET)

    run(play)


def test_a_new_table_may_ask_for_more_than_its_creation() -> None:
    async def play(house: House) -> None:
        everybody = statement_of(grant("dynamodb:*", "*"))
        request = {"TableName": "New", "BillingMode": "PAY_PER_REQUEST",
                   "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                   "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                   "Tags": [{"Key": "team", "Value": "red"}],
                   "ResourcePolicy": json.dumps(everybody)}  # fmt: skip
        needed = ["dynamodb:CreateTable", "dynamodb:TagResource", "dynamodb:PutResourcePolicy"]
        for number in range(len(needed)):
            maker = user("maker", policy(allow("dynamodb:none", *needed[:number])))
            text = await refused(house, maker, "CreateTable", request)
            assert f"perform: {needed[number]} on" in text
        tagged = policy(allow(*needed, when={"StringEquals": {"aws:RequestTag/team": "red"}}))
        await not_refused(house, user("maker", tagged), "CreateTable", request)
        others = policy(allow(*needed), deny("*", when={"ForAnyValue:StringEquals": {
            "aws:TagKeys": ["team"]}}))  # fmt: skip
        await refused(house, user("maker", others), "CreateTable", {**request, "TableName": "Two"})

    run(play)


def test_a_decision_is_not_remembered_longer_than_it_is_right() -> None:
    """The same question again and again, while policies come and go in between."""

    async def play(house: House) -> None:
        alice = user("alice")
        for _ in range(3):
            await refused(house, alice, "GetItem", GET)
            await put_policy(house, grant("dynamodb:GetItem", alice.arn))
            for _ in range(2):
                await not_refused(house, alice, "GetItem", GET)
            await house.call(ROOT, "DeleteResourcePolicy", {"ResourceArn": ARN})
            for _ in range(2):
                await refused(house, alice, "GetItem", GET)
        # The directory makes a new principal when anything about a user changes.
        await not_refused(house, user("alice", EVERYTHING), "GetItem", GET)
        await refused(house, user("alice", EVERYTHING, policy(deny("*"))), "GetItem", GET)

    run(play)


def grant(action: str, who: str, *, on: Any = ARN) -> dict[str, Any]:
    to = "*" if who == "*" else {"AWS": who}
    return {"Effect": "Allow", "Principal": to, "Action": action, "Resource": on}


def statement_of(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


async def put_policy(house: House, *statements: dict[str, Any], on: str = ARN) -> None:
    text = json.dumps(statement_of(*statements))
    await house.call(ROOT, "PutResourcePolicy", {"ResourceArn": on, "Policy": text})


def run(play: Callable[[House], Any], who: Principal = ROOT) -> None:
    async def all_of_it() -> None:
        assert who.account == ACCOUNT
        house = await House().open()
        await house.call(who, "CreateTable", {
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"}
                                     for name in ("pk", "sk", "owner")],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                          {"AttributeName": "sk", "KeyType": "RANGE"}],
            "GlobalSecondaryIndexes": [{
                "IndexName": "ByOwner", "Projection": {"ProjectionType": "ALL"},
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}]}],
            "StreamSpecification": {"StreamEnabled": True,
                                    "StreamViewType": "NEW_AND_OLD_IMAGES"},
        })  # fmt: skip
        await play(house)

    asyncio.run(all_of_it())
