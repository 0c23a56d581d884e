"""Who may make a delivery stream, and what its role lets it do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.aws.firehose.conftest import active, delivered, objects, put, reading, to, until
from tests.aws.firehose.test_streams import refusal


def trust(service: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def allowing(action: str | list[str], resource: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def made_role(iam: Any, name: str, service: str = "firehose.amazonaws.com") -> str:
    return str(
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
    )


def test_a_role_that_does_not_trust_firehose(
    firehose: Any, make_client: Callable[..., Any], new_name: Callable[[], str]
) -> None:
    role = made_role(make_client("iam"), new_name()[-40:], "lambda.amazonaws.com")
    assert refusal(
        firehose.create_delivery_stream,
        DeliveryStreamName="untrusted",
        ExtendedS3DestinationConfiguration=to("b", RoleARN=role),
    ) == (
        "InvalidArgumentException",
        f"Firehose is unable to assume role {role}. Please check the role provided.",
    )


def test_deliveries_wait_until_the_role_may_write(
    firehose: Any,
    s3: Any,
    bucket: str,
    make_client: Callable[..., Any],
    new_name: Callable[[], str],
    make_stream: Callable[..., str],
) -> None:
    iam, logs = make_client("iam"), make_client("logs")
    role_name, group = new_name()[-40:], new_name()
    role = made_role(iam, role_name)
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="errors")
    name = make_stream(
        bucket,
        RoleARN=role,
        CloudWatchLoggingOptions={
            "Enabled": True,
            "LogGroupName": group,
            "LogStreamName": "errors",
        },
    )
    put(firehose, name, b"data")
    events = until(
        lambda: logs.get_log_events(logGroupName=group, logStreamName="errors")["events"],
        lambda found: bool(found),
    )
    told = json.loads(events[0]["message"])
    assert told["errorCode"] == "S3.AccessDenied"
    assert "is not authorized to perform: s3:PutObject" in told["message"]
    assert objects(s3, bucket) == {}
    iam.put_role_policy(
        RoleName=role_name,
        PolicyName="write",
        PolicyDocument=allowing("s3:PutObject", f"arn:aws:s3:::{bucket}/*"),
    )
    assert list(delivered(s3, bucket, 4).values()) == [b"data"]


def test_a_source_is_read_once_the_role_may(
    s3: Any,
    bucket: str,
    make_client: Callable[..., Any],
    new_name: Callable[[], str],
    kinesis: Any,
    make_source: Callable[[int], tuple[str, str]],
    make_stream: Callable[..., str],
) -> None:
    iam = make_client("iam")
    role_name = new_name()[-40:]
    role = made_role(iam, role_name)
    source, arn = make_source(1)
    parameters = reading(arn)
    parameters["KinesisStreamSourceConfiguration"]["RoleARN"] = role
    make_stream(bucket, parameters=parameters)
    kinesis.put_record(StreamName=source, PartitionKey="k", Data=b"data")
    iam.put_role_policy(
        RoleName=role_name, PolicyName="read", PolicyDocument=allowing("kinesis:*", arn)
    )
    assert list(delivered(s3, bucket, 4).values()) == [b"data"]


def test_handing_over_a_role_needs_pass_role(
    firehose: Any, make_client: Callable[..., Any], bucket: str, new_name: Callable[[], str]
) -> None:
    iam = make_client("iam")
    user, name = new_name()[-40:], f"s-{new_name()[-12:]}"
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    theirs = make_client(
        "firehose",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    iam.put_user_policy(
        UserName=user,
        PolicyName="p",
        PolicyDocument=allowing("firehose:*", f"arn:aws:firehose:*:*:deliverystream/{name}"),
    )
    role = made_role(iam, new_name()[-40:])
    wanted = {
        "DeliveryStreamName": name,
        "ExtendedS3DestinationConfiguration": to(bucket, RoleARN=role),
    }
    code, message = refusal(theirs.create_delivery_stream, **wanted)
    assert code == "AccessDeniedException"
    assert f"is not authorized to perform: iam:PassRole on resource: {role}" in message
    iam.put_user_policy(
        UserName=user, PolicyName="pass", PolicyDocument=allowing("iam:PassRole", role)
    )
    theirs.create_delivery_stream(**wanted)
    active(theirs, name)
    code, _ = refusal(theirs.put_record, DeliveryStreamName="other", Record={"Data": b"x"})
    assert code == "AccessDeniedException"
    theirs.put_record(DeliveryStreamName=name, Record={"Data": b"x"})
    theirs.delete_delivery_stream(DeliveryStreamName=name)
