"""DAX knows the same users, roles and sessions as every other door, in every kind of node."""

from __future__ import annotations

import os
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
