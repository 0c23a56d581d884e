"""Users, policies and rows over the wire, with boto3; in the server's two modes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.policies import denied
from tests.support.server import Server

ROOT = ("AKIAJEDLIKROOTEXAMPL", "the secret of root")
TABLE = "Rows"
ARN = f"arn:aws:dynamodb:us-east-1:000000000000:table/{TABLE}"
Connect = Callable[..., Any]


@pytest.fixture(scope="module", params=["open", "required"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """connect(service, access_key, secret): a client of a server of our own, which knows root."""
    environment = {"JEDLIK_ACCESS_KEY_ID": ROOT[0], "JEDLIK_SECRET_ACCESS_KEY": ROOT[1]}
    with Server("--auth", request.param, environment=environment) as server:

        def client(service: str, keys: tuple[str, ...] = ROOT) -> Any:
            return server.client(service, keys=keys)

        client("dynamodb").create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        yield client


def make_user(connect: Connect, name: str, *statements: dict[str, Any]) -> tuple[str, str]:
    iam = connect("iam")
    iam.create_user(UserName=name)
    if statements:
        set_policy(connect, name, *statements)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def set_policy(connect: Connect, name: str, *statements: dict[str, Any]) -> None:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    connect("iam").put_user_policy(
        UserName=name, PolicyName="only", PolicyDocument=json.dumps(document)
    )


def allow(*actions: str, on: Any = ARN, **when: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": "Allow", "Action": list(actions), "Resource": on}
    return {**made, "Condition": when} if when else made


def test_a_new_user_may_nothing_and_is_told_so_in_aws_words(connect: Connect) -> None:
    keys = make_user(connect, "new")
    text = denied(connect("dynamodb", keys).get_item, TableName=TABLE, Key={"pk": {"S": "a"}})
    assert text == (
        "User: arn:aws:iam::000000000000:user/new is not authorized to perform: dynamodb:GetItem "
        f"on resource: {ARN} because no identity-based policy allows the dynamodb:GetItem action"
    )


def test_a_change_of_policy_holds_from_the_next_request_on(connect: Connect) -> None:
    """On connections and signatures that the server has learnt by heart, too."""
    keys = make_user(connect, "changing")
    dynamodb = connect("dynamodb", keys)
    request = {"TableName": TABLE, "Key": {"pk": {"S": "a"}}}
    for _ in range(3):
        denied(dynamodb.get_item, **request)
        set_policy(connect, "changing", allow("dynamodb:GetItem"))
        for _ in range(5):  # long enough to take the short way
            dynamodb.get_item(**request)
        set_policy(connect, "changing", allow("dynamodb:PutItem"))
    denied(dynamodb.get_item, **request)
    dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": "a"}})


def test_a_key_that_is_switched_off_is_no_key(connect: Connect) -> None:
    keys = make_user(connect, "leaving", allow("dynamodb:*"))
    dynamodb = connect("dynamodb", keys)
    for _ in range(3):
        dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": "a"}})
    iam = connect("iam")
    iam.update_access_key(UserName="leaving", AccessKeyId=keys[0], Status="Inactive")
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": "a"}})


def test_rows_by_user_name(connect: Connect) -> None:
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}
    for name in ("ann", "ben"):
        make_user_with_rows(connect, name, own)
    ann = PEOPLE["ann"]
    ann.put_item(TableName=TABLE, Item={"pk": {"S": "ann"}})
    PEOPLE["ben"].put_item(TableName=TABLE, Item={"pk": {"S": "ben"}})
    for _ in range(5):
        assert ann.get_item(TableName=TABLE, Key={"pk": {"S": "ann"}})["Item"]
        denied(ann.get_item, TableName=TABLE, Key={"pk": {"S": "ben"}})
    for _ in range(20):  # long enough to be answered without being judged as a whole
        assert ann.get_item(TableName=TABLE, Key={"pk": {"S": "ann"}})["Item"]
    denied(ann.get_item, TableName=TABLE, Key={"pk": {"S": "ben"}})
    denied(ann.get_item, TableName=TABLE, Key={"pk": {"S": "ann "}})
    denied(ann.put_item, TableName=TABLE, Item={"pk": {"S": "ben"}})
    denied(ann.execute_statement, Statement=f"SELECT * FROM \"{TABLE}\" WHERE pk = 'ben'")


def test_a_change_of_rows_holds_from_the_next_request_on(connect: Connect) -> None:
    keys = make_user(connect, "moving", allow("dynamodb:GetItem", **rows("first")))
    dynamodb = connect("dynamodb", keys)
    first, second = ({"TableName": TABLE, "Key": {"pk": {"S": n}}} for n in ("first", "second"))
    for _ in range(20):
        dynamodb.get_item(**first)
    set_policy(connect, "moving", allow("dynamodb:GetItem", **rows("second")))
    denied(dynamodb.get_item, **first)
    for _ in range(20):
        dynamodb.get_item(**second)
    arn = connect("dynamodb").describe_table(TableName=TABLE)["Table"]["TableArn"]
    nobody = {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": arn}
    connect("dynamodb").put_resource_policy(
        ResourceArn=arn, Policy=json.dumps({"Version": "2012-10-17", "Statement": [nobody]})
    )
    denied(dynamodb.get_item, **second)
    connect("dynamodb").delete_resource_policy(ResourceArn=arn)
    dynamodb.get_item(**second)


def rows(owner: str) -> dict[str, Any]:
    return {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [owner]}}


PEOPLE: dict[str, Any] = {}


def make_user_with_rows(connect: Connect, name: str, when: dict[str, Any]) -> None:
    keys = make_user(connect, name, allow("dynamodb:*", on=[ARN, f"{ARN}/index/*"], **when))
    PEOPLE[name] = connect("dynamodb", keys)


def test_where_a_request_comes_from_and_when(connect: Connect) -> None:
    """Conditions that only the complete way of a request can judge."""
    here = make_user(
        connect,
        "here",
        allow(
            "dynamodb:GetItem",
            IpAddress={"aws:SourceIp": "127.0.0.0/8"},
            DateGreaterThan={"aws:CurrentTime": "2020-01-01T00:00:00Z"},
            StringLike={"aws:UserAgent": "*Boto3*"},
            Bool={"aws:SecureTransport": "false"},
            StringEquals={"aws:RequestedRegion": "us-east-1"},
        ),
    )
    there = make_user(
        connect, "there", allow("dynamodb:GetItem", IpAddress={"aws:SourceIp": "10.0.0.0/8"})
    )
    request = {"TableName": TABLE, "Key": {"pk": {"S": "a"}}}
    for _ in range(3):
        connect("dynamodb", here).get_item(**request)
    denied(connect("dynamodb", there).get_item, **request)


def test_a_role_reads_and_is_refused_a_write(connect: Connect) -> None:
    iam = connect("iam")
    trust = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}]}  # fmt: skip
    role = iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    iam.attach_role_policy(
        RoleName="Reader", PolicyArn="arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"
    )
    keys = make_user(connect, "assuming", allow("sts:AssumeRole", on=role["Arn"]))
    found = connect("sts", keys).assume_role(RoleArn=role["Arn"], RoleSessionName="walk")
    session = found["Credentials"]
    reader = connect(
        "dynamodb",
        (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]),
    )
    reader.scan(TableName=TABLE)
    assert denied(reader.put_item, TableName=TABLE, Item={"pk": {"S": "a"}}) == (
        "User: arn:aws:sts::000000000000:assumed-role/Reader/walk is not authorized to perform: "
        f"dynamodb:PutItem on resource: {ARN} because no identity-based policy allows the "
        "dynamodb:PutItem action"
    )
    iam.detach_role_policy(
        RoleName="Reader", PolicyArn="arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"
    )
    denied(reader.scan, TableName=TABLE)


def test_auto_scaling_needs_leave_for_the_roles_that_it_is_given_and_makes(
    connect: Connect,
) -> None:
    connect("dynamodb").create_table(
        TableName="Scaled",
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    service = "dynamodb.application-autoscaling.amazonaws.com"
    name = "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
    role = f"arn:aws:iam::000000000000:role/aws-service-role/{service}/{name}"
    scale = allow("application-autoscaling:RegisterScalableTarget", on="*")
    scaling = connect("application-autoscaling", make_user(connect, "scaler", scale))
    target: dict[str, Any] = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/Scaled",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
        "MinCapacity": 5,
        "MaxCapacity": 50,
    }

    text = denied(scaling.register_scalable_target, **target)
    assert f"perform: iam:CreateServiceLinkedRole on resource: {role}" in text
    with pytest.raises(ClientError, match="NoSuchEntity"):
        connect("iam").get_role(RoleName=name)
    make = allow("iam:CreateServiceLinkedRole", on=role, StringLike={"iam:AWSServiceName": service})
    set_policy(connect, "scaler", scale, make)
    scaling.register_scalable_target(**target)
    assert connect("iam").get_role(RoleName=name)["Role"]["Arn"] == role
    # The role is there now, so nobody has to make it.
    set_policy(connect, "scaler", scale)
    target["ScalableDimension"] = "dynamodb:table:WriteCapacityUnits"
    scaling.register_scalable_target(**target)

    handed = "arn:aws:iam::000000000000:role/Scaler"
    text = denied(scaling.register_scalable_target, **target, RoleARN=handed)
    assert f"perform: iam:PassRole on resource: {handed}" in text
    to = {"iam:PassedToService": "application-autoscaling.amazonaws.com"}
    set_policy(connect, "scaler", scale, allow("iam:PassRole", on=handed, StringEquals=to))
    scaling.register_scalable_target(**target, RoleARN=handed)
    text = denied(scaling.register_scalable_target, **target, Tags={"team": "blue"})
    assert "perform: application-autoscaling:TagResource" in text


def test_an_unknown_key_is_a_developer_in_open_mode_only(
    connect: Connect, request: pytest.FixtureRequest
) -> None:
    stranger = connect("dynamodb", ("some", "body"))
    if "[open]" in request.node.name:
        assert TABLE in stranger.list_tables()["TableNames"]
    else:
        with pytest.raises(ClientError, match="UnrecognizedClientException"):
            stranger.list_tables()
