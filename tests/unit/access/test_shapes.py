"""The remembered way of the data path: what is allowed by a request's shape and its leading value.

Requests and policies are made up, and each request is judged by the remembered way, after others
of its shape, and by the complete one. They must agree: a decision that was remembered for one row,
one set of attributes or one expression must never be taken for another.
"""

from __future__ import annotations

import asyncio
import copy
from random import Random
from typing import Any

import pytest

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.identity import Policy, Transport
from jedlik.settings import Settings

from .house import ACCOUNT, REGION, ROOT, House, allow, deny, policy, table_arn, user

TABLE = "Shapes"
PLACES = [table_arn(TABLE), f"{table_arn(TABLE)}/index/*"]
ACTIONS = [
    f"dynamodb:{name}" for name in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")
]
OWNERS = ["alice", "alina", "bob", ""]
NAMES = ["pk", "sk", "title", "secret"]


@pytest.fixture(scope="module")
def house() -> House:
    async def made() -> House:
        house = await House().open()
        await house.call(
            ROOT,
            "CreateTable",
            {
                "TableName": TABLE,
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "title")
                ],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "by-title",
                        "KeySchema": [{"AttributeName": "title", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                ],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
        return house

    return asyncio.run(made())


def made_up_policy(r: Random) -> Policy:
    """One or two statements that allow, perhaps one that denies."""
    statements = [
        allow(*ACTIONS, on=PLACES, when=made_up_condition(r)) for _ in range(r.choice((1, 1, 2)))
    ]
    if r.random() < 0.4:
        statements.append(deny(*ACTIONS, on=PLACES, when=made_up_condition(r)))
    return policy(*statements)


def made_up_condition(r: Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for quantifier in r.sample(("ForAllValues:", "ForAnyValue:", ""), r.choice((1, 1, 2))):
        operator = r.choice(("StringEquals", "StringLike", "StringNotEquals", "StringNotLike"))
        key, values = r.choice(
            (
                ("dynamodb:LeadingKeys", ["alice", "ali*", "${aws:username}", "b?b"]),
                ("dynamodb:LeadingKeys", ["alice", "ali*", "${aws:username}", "b?b"]),
                ("dynamodb:FirstPartitionKeyValues", ["alice", "a*"]),
                ("dynamodb:Attributes", NAMES),
                ("dynamodb:Select", ["ALL_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT"]),
                ("dynamodb:ReturnValues", ["NONE", "ALL_OLD"]),
                ("dynamodb:ReturnConsumedCapacity", ["NONE"]),
            )
        )
        some = r.sample(values, r.randint(1, len(values)))
        exists = r.choice(("", "IfExists"))
        found[f"{quantifier}{operator}{exists}"] = {key: some}
    return found


def made_up_request(r: Random) -> tuple[str, dict[str, Any]]:
    owner = {"S": r.choice(OWNERS)}
    key = {"pk": owner, "sk": {"S": "1"}}
    name = r.choice(("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"))
    req: dict[str, Any] = {"TableName": TABLE}
    names: dict[str, str] = {}
    attribute = r.choice(NAMES[2:])
    if name == "PutItem":
        req["Item"] = {**key, **({attribute: {"S": "v"}} if r.random() < 0.6 else {})}
    elif name == "Query":
        index = r.random() < 0.4
        req["IndexName"] = "by-title"
        partition = "title"
        if not index:
            del req["IndexName"]
            partition = "pk"
        placeholder = r.choice((":a", ":b"))
        req["KeyConditionExpression"] = f"{partition} = {placeholder}"
        req["ExpressionAttributeValues"] = {placeholder: owner}
        if r.random() < 0.3:
            req["FilterExpression"] = f"secret <> {placeholder}"
        if r.random() < 0.3:
            req["Select"] = "COUNT"
    else:
        req["Key"] = key
    if name in ("GetItem", "Query") and req.get("Select") != "COUNT" and r.random() < 0.5:
        req["ProjectionExpression"] = r.choice(("pk", "pk, #n", "title"))
        if "#n" in req["ProjectionExpression"]:
            names["#n"] = attribute
    if name == "UpdateItem" and r.random() < 0.8:
        req["UpdateExpression"] = r.choice(("REMOVE #n", "REMOVE secret", "REMOVE #n.deep"))
        if "#n" in req["UpdateExpression"]:
            names["#n"] = attribute
    if name in ("PutItem", "UpdateItem", "DeleteItem") and r.random() < 0.4:
        req["ConditionExpression"] = f"attribute_exists({r.choice(NAMES[2:])})"
    if name in ("PutItem", "UpdateItem", "DeleteItem") and r.random() < 0.3:
        req["ReturnValues"] = r.choice(("NONE", "ALL_OLD"))
    if name in ("PutItem", "DeleteItem") and r.random() < 0.1:
        req.pop("ConditionExpression", None)
        req["Expected"] = {attribute: {"Exists": False}}  # its attributes are elsewhere
    if r.random() < 0.2:
        req["ReturnConsumedCapacity"] = r.choice(("NONE", "TOTAL"))
    if names:
        req["ExpressionAttributeNames"] = names
    return name, req


@pytest.mark.parametrize("seed", range(8))
def test_what_is_remembered_is_what_the_complete_way_says(house: House, seed: int) -> None:
    r = Random(seed)
    counts = {True: 0, False: 0}
    requests = [made_up_request(r) for _ in range(60)]
    for _ in range(12):
        principal = user(r.choice(OWNERS[:3]), made_up_policy(r))
        # Twice: whatever the first time around left behind is there at the second.
        for name, request in requests * 2:
            operation = house.registry.operation("dynamodb", name)
            assert operation is not None
            operation.check(request)
            ctx = Context(house.db, ACCOUNT, REGION, principal, "test", 1e9, Settings(memory=True))
            quick = house.authoriser.allows(ctx, operation, copy.deepcopy(request))
            exact = _allowed(house, ctx, operation, request)
            assert quick is exact, (seed, principal.policies.identity[0].document, name, request)
            counts[exact] += 1
    assert min(counts.values()) > 100, counts  # neither answer is the only one


def _allowed(house: House, ctx: Context, operation: Any, request: dict[str, Any]) -> bool:
    try:
        # The table is known already, so there is nothing to wait for.
        house.authoriser.require(ctx, operation, request, Transport("127.0.0.1")).send(None)
    except StopIteration:
        return True
    except ApiError:
        return False
    raise AssertionError("it waited")


def test_a_row_is_looked_at_again_where_its_key_is_no_string(house: House) -> None:
    """A number's text has many forms, so it does not go by the remembered way."""
    own = user("7", policy(allow(*ACTIONS, on=PLACES, when=LEADING)))
    operation = house.registry.operation("dynamodb", "GetItem")
    assert operation is not None
    for value, allowed in (({"S": "7"}, True), ({"N": "7.0"}, True), ({"N": "8"}, False)):
        ctx = Context(house.db, ACCOUNT, REGION, own, "test", 1e9, Settings(memory=True))
        request = {"TableName": TABLE, "Key": {"pk": value, "sk": {"S": "1"}}}
        assert house.authoriser.allows(ctx, operation, request) is allowed


LEADING = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}
