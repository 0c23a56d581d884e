"""DAX knows the same users, roles and sessions as every other door, in every kind of node."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

import boto3
import botocore.session
import pytest
from amazondax import AmazonDaxClient
from botocore.exceptions import ClientError

from tests.clients.conftest import DaxServer
from tests.conftest import REGION
from tests.support.policies import allow, trust

ROLE = "arn:aws:iam::000000000000:role/"


def dax(server: DaxServer, keys: dict[str, str]) -> Any:
    session = botocore.session.get_session()
    session.set_credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys.get("SessionToken"))
    return AmazonDaxClient(session, region_name=REGION, endpoints=[server.plain])


@pytest.fixture
def client(dax_server: DaxServer) -> Any:
    def make(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=dax_server.endpoint,
            region_name=REGION,
            aws_access_key_id="any",
            aws_secret_access_key="any",
        )

    return make


def test_users_and_sessions(dax_server: DaxServer, client: Any) -> None:
    dynamodb, iam, sts = client("dynamodb"), client("iam"), client("sts")
    name = f"dax-user-{os.getpid()}-{len(iam.list_users()['Users'])}"
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    dynamodb.put_item(TableName=name, Item={"pk": {"S": "a"}})
    asked: dict[str, Any] = {"TableName": name, "Key": {"pk": {"S": "a"}}}

    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=allow("dax:*", "dynamodb:*"))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    with dax(dax_server, key) as as_user:
        assert as_user.get_item(**asked)["Item"] == {"pk": {"S": "a"}}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust({"AWS": "000000000000"}))
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allow("dax:*", "dynamodb:*"))
    session = sts.assume_role(RoleArn=ROLE + name, RoleSessionName="dax")["Credentials"]
    with dax(dax_server, session) as as_session:
        assert as_session.get_item(**asked)["Item"] == {"pk": {"S": "a"}}

    wrong_secret = {**key, "SecretAccessKey": "x" * 40}
    tampered = {**session, "SessionToken": session["SessionToken"][:-8]}
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    for keys in (wrong_secret, tampered, key):
        with pytest.raises(ClientError) as refused, dax(dax_server, keys) as nobody:
            nobody.get_item(**asked)
        assert refused.value.response["Error"]["Code"] in (
            "AccessDeniedException",
            "InvalidSignatureException",
            "UnrecognizedClientException",
        )


def made_table(dynamodb: Any, name: str) -> None:
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    for pk in ("own", "other"):
        dynamodb.put_item(TableName=name, Item={"pk": {"S": pk}})


def may(call: Callable[..., Any], **parameters: Any) -> bool:
    try:
        call(**parameters)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException", error
        return False
    return True


def test_rows_and_changes_at_every_node(dax_server: DaxServer, client: Any) -> None:
    dynamodb, iam = client("dynamodb"), client("iam")
    name = f"dax-rows-{os.getpid()}-{len(iam.list_users()['Users'])}"
    made_table(dynamodb, name)
    own, other = ({"TableName": name, "Key": {"pk": {"S": pk}}} for pk in ("own", "other"))
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    own_rows = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["own"]}}

    def policy(*through: str) -> None:
        """Own rows of the table, by these actions of DAX."""
        rows = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:BatchGetItem"]
        document = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": [f"dax:{each}" for each in through], "Resource": "*"},
                {"Effect": "Allow", "Action": rows, "Resource": "*", "Condition": own_rows},
            ],
        }
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(document))

    policy("GetItem", "Query", "BatchGetItem", "PutItem", "Scan")
    with dax(dax_server, key) as user:
        item, foreign = {"pk": {"S": "own"}}, {"pk": {"S": "other"}}
        query = {"TableName": name, "KeyConditionExpression": "pk = :k"}
        for _ in range(4):  # the nodes in turn, with and without the item in their caches
            assert user.get_item(**own)["Item"] == item
            assert not may(user.get_item, **other)
            assert not may(
                user.batch_get_item, RequestItems={name: {"Keys": [own["Key"], other["Key"]]}}
            )
            assert may(user.query, **query, ExpressionAttributeValues={":k": {"S": "own"}})
            assert not may(user.query, **query, ExpressionAttributeValues={":k": {"S": "other"}})
            assert not may(user.scan, TableName=name)
            assert not may(user.put_item, TableName=name, Item=foreign)
        # From the next request on, at every node: the caches hold the item all the while.
        for _ in range(3):
            policy("PutItem")
            assert [may(user.get_item, **own) for _ in range(6)] == [False] * 6
            assert may(user.put_item, TableName=name, Item=item)
            policy("GetItem")
            assert [may(user.get_item, **own) for _ in range(6)] == [True] * 6
            assert not may(user.put_item, TableName=name, Item=item)


def test_the_clusters_role_speaks_for_its_callers(dax_server: DaxServer, client: Any) -> None:
    dynamodb, iam, control = client("dynamodb"), client("iam"), client("dax")
    name = f"dax-role-{os.getpid()}-{len(iam.list_users()['Users'])}"
    made_table(dynamodb, name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust({"Service": "dax.amazonaws.com"}))
    rows = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["own"]}}
    document = allow("dynamodb:GetItem", Condition=rows)
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=allow("dax:*"))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    cluster = f"c{os.getpid()}"
    control.create_cluster(
        ClusterName=cluster,
        NodeType="dax.t3.small",
        ReplicationFactor=1,
        IamRoleArn=ROLE + name,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            (found,) = control.describe_clusters(ClusterNames=[cluster])["Clusters"]
            if found["Status"] == "available":
                break
            assert time.monotonic() < deadline
            time.sleep(0.1)
        url = found["ClusterDiscoveryEndpoint"]["URL"]
        session = botocore.session.get_session()
        session.set_credentials(key["AccessKeyId"], key["SecretAccessKey"])
        asked: dict[str, Any] = {"TableName": name}
        with AmazonDaxClient(session, region_name=REGION, endpoints=[url]) as user:
            assert may(user.get_item, **asked, Key={"pk": {"S": "own"}})
            assert not may(user.get_item, **asked, Key={"pk": {"S": "other"}})
            assert not may(user.put_item, **asked, Item={"pk": {"S": "own"}})
            iam.delete_role_policy(RoleName=name, PolicyName="p")
            assert not may(user.get_item, **asked, Key={"pk": {"S": "own"}})
    finally:
        control.delete_cluster(ClusterName=cluster)
