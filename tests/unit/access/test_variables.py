"""Policy variables in row-level conditions, by the short way and the complete one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jedlik.identity import PolicySets, Principal

from .house import ACCOUNT, ROOT, House, allow, policy, table_arn, user

TABLE = "Variables"
COGNITO = "cognito-identity.amazonaws.com:sub"


@pytest.fixture(scope="module")
def house() -> House:
    async def made() -> House:
        house = await House().open()
        await house.call(
            ROOT,
            "CreateTable",
            {
                "TableName": TABLE,
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
        return house

    return asyncio.run(made())


def of_cognito(sub: str, leading: str) -> Principal:
    """The session of a role that an identity pool hands out."""
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/Pool/CognitoIdentityCredentials"
    return Principal(
        ACCOUNT,
        arn,
        "assumed-role",
        id="AROAPOOL:CognitoIdentityCredentials",
        name="Pool",
        policies=PolicySets(identity=(rows(leading),)),
        context={"aws:PrincipalArn": arn, COGNITO: sub},
        issuer_arn=f"arn:aws:iam::{ACCOUNT}:role/Pool",
    )


def rows(leading: str, operator: str = "ForAllValues:StringLike", **more: str) -> Any:
    return policy(
        allow(
            "dynamodb:*Item",
            on=table_arn(TABLE),
            when={operator: {"dynamodb:LeadingKeys": [leading]}},
        ),
        **more,
    )


def ann(leading: str, tags: dict[str, str] | None = None, **more: Any) -> Principal:
    return user("ann", rows(leading, **more), tags=tags)


CASES: list[tuple[str, Principal, dict[str, bool]]] = [
    ("the user's name", ann("${aws:username}"), {"ann": True, "ben": False}),
    ("names of keys have no case", ann("${AWS:UserName}"), {"ann": True, "ben": False}),
    ("amid other text", ann("u#${aws:username}#*"), {"u#ann#1": True, "u#ben#1": False}),
    ("a tag", ann("${aws:PrincipalTag/who}", {"who": "x"}), {"x": True, "ann": False}),
    ("a tag that is missing", ann("${aws:PrincipalTag/who}"), {"": False, "ann": False}),
    (
        "a default for it",
        ann("${aws:PrincipalTag/who, 'nobody'}"),
        {"nobody": True, "ann": False},
    ),
    (
        "no default where there is a value",
        ann("${aws:PrincipalTag/who, 'nobody'}", {"who": "x"}),
        {"x": True, "nobody": False},
    ),
    (
        "a default is no pattern",
        ann("${aws:PrincipalTag/who, '*'}"),
        {"*": True, "ann": False},
    ),
    ("a star in a tag", ann("${aws:PrincipalTag/who}", {"who": "*"}), {"*": True, "ann": False}),
    ("a star itself", ann("a${*}n"), {"a*n": True, "ann": False}),
    ("a question mark itself", ann("a${?}n"), {"a?n": True, "ann": False}),
    ("a dollar sign itself", ann("${$}{aws:username}"), {"${aws:username}": True, "ann": False}),
    (
        "older policies have none",
        ann("${aws:username}", version="2008-10-17"),
        {"${aws:username}": True, "ann": False},
    ),
    (
        "a user of an identity pool",
        of_cognito("us-east-1:1234", "${cognito-identity.amazonaws.com:sub}"),
        {"us-east-1:1234": True, "us-east-1:5678": False},
    ),
    (
        "where the operator knows no pattern",
        ann("${aws:username}", operator="ForAnyValue:StringEquals"),
        {"ann": True, "an": False},
    ),
]


@pytest.mark.parametrize(("why", "principal", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_variable_says_which_rows(
    house: House, why: str, principal: Principal, expected: dict[str, bool]
) -> None:
    async def ask() -> None:
        for pk, allowed in [*expected.items()] * 2:
            if not pk:
                continue
            item = {"pk": {"S": pk}}
            for name, request in (
                ("PutItem", {"TableName": TABLE, "Item": item}),
                ("GetItem", {"TableName": TABLE, "Key": item}),
                ("DeleteItem", {"TableName": TABLE, "Key": item}),
            ):
                if allowed:
                    await house.call(principal, name, request)
                else:
                    await house.refused(principal, name, request)

    asyncio.run(ask())
