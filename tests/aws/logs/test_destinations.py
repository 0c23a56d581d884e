"""Logical destinations: names for streams, to which others may subscribe."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.kinesis.conftest import settled
from tests.aws.logs.test_group_filters import received
from tests.support.people import fresh, iam, keys_of, user

__all__ = ["fresh", "iam", "keys_of", "user"]
ROLE = "arn:aws:iam::000000000000:role/logs"


@pytest.fixture(scope="module")
def logs(make_client: Callable[..., Any]) -> Any:
    return make_client("logs")


@pytest.fixture
def streams(make_client: Callable[..., Any], fresh: Callable[[str], str]) -> tuple[str, str]:
    """Two streams."""
    kinesis, names = make_client("kinesis"), (fresh("one"), fresh("other"))
    for name in names:
        kinesis.create_stream(StreamName=name, ShardCount=1)
        settled(kinesis, name)
    return names


@pytest.fixture
def group(logs: Any, fresh: Callable[[str], str]) -> str:
    name = fresh("group")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    return name


def target(stream: str) -> str:
    return f"arn:aws:kinesis:us-east-1:000000000000:stream/{stream}"


def code(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return str(refused.value.response["Error"]["Code"])


def put(logs: Any, group: str, message: str) -> None:
    event = {"timestamp": int(time.time() * 1000), "message": message}
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])


def messages(told: list[dict[str, Any]]) -> list[str]:
    return [
        event["message"]
        for each in told
        if each["messageType"] == "DATA_MESSAGE"
        for event in each["logEvents"]
    ]


def test_events_go_where_a_destination_leads(
    make_client: Callable[..., Any], logs: Any, group: str, streams: tuple[str, str],
    fresh: Callable[[str], str],
) -> None:  # fmt: skip
    kinesis, name = make_client("kinesis"), fresh("destination")
    subscribed = {"logGroupName": group, "filterName": "f", "filterPattern": ""}
    arn = f"arn:aws:logs:us-east-1:000000000000:destination:{name}"
    assert code(logs.put_subscription_filter, **subscribed, destinationArn=arn) == (
        "ResourceNotFoundException"
    )
    made = logs.put_destination(destinationName=name, targetArn=target(streams[0]), roleArn=ROLE)[
        "destination"
    ]
    assert made["arn"] == arn and made["targetArn"] == target(streams[0])
    assert "accessPolicy" not in made
    logs.put_subscription_filter(**subscribed, destinationArn=arn)
    put(logs, group, "first")
    # What PutDestination sends, and the event.
    assert messages(received(kinesis, streams[0], 2)) == ["first"]
    logs.put_destination(destinationName=name, targetArn=target(streams[1]), roleArn=ROLE)
    put(logs, group, "second")
    assert messages(received(kinesis, streams[1], 2)) == ["second"]
    (shown,) = logs.describe_destinations(DestinationNamePrefix=name)["destinations"]
    assert shown["creationTime"] == made["creationTime"]
    assert shown["targetArn"] == target(streams[1])
    logs.tag_resource(resourceArn=arn, tags={"a": "b", "c": "d"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"c": "d"}
    assert code(logs.list_tags_for_resource, resourceArn=arn + "x") == "ResourceNotFoundException"
    logs.delete_destination(destinationName=name)
    assert logs.describe_destinations(DestinationNamePrefix=name)["destinations"] == []
    assert code(logs.delete_destination, destinationName=name) == "ResourceNotFoundException"


def test_what_is_no_destination(logs: Any, fresh: Callable[[str], str]) -> None:
    name = fresh("destination")
    for wanted in (
        target("not-there"),
        "arn:aws:lambda:us-east-1:000000000000:function:f",
        "arn:aws:logs:us-east-1:000000000000:destination:d",
    ):
        refused = code(logs.put_destination, destinationName=name, targetArn=wanted, roleArn=ROLE)
        assert refused == "InvalidParameterException", wanted
    missing = code(logs.put_destination_policy, destinationName=name, accessPolicy="{")
    assert missing == "InvalidParameterException"


def test_a_destination_says_who_may_subscribe(
    make_client: Callable[..., Any], logs: Any, group: str, streams: tuple[str, str],
    fresh: Callable[[str], str], iam: Any, user: str, keys_of: Callable[[str], dict[str, str]],
) -> None:  # fmt: skip
    name = fresh("destination")
    arn = logs.put_destination(destinationName=name, targetArn=target(streams[0]), roleArn=ROLE)[
        "destination"
    ]["arn"]
    theirs = make_client("logs", **keys_of(user))
    on_group = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"
    allowed = {"Effect": "Allow", "Action": "logs:PutSubscriptionFilter"}
    iam.put_user_policy(
        UserName=user,
        PolicyName="p",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{**allowed, "Resource": on_group}]}
        ),
    )
    wanted = {
        "logGroupName": group, "filterName": "f", "filterPattern": "", "destinationArn": arn,
    }  # fmt: skip
    assert code(theirs.put_subscription_filter, **wanted) == "AccessDeniedException"
    principal = {"AWS": iam.get_user(UserName=user)["User"]["Arn"]}
    statement = {**allowed, "Resource": arn, "Principal": principal}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    logs.put_destination_policy(destinationName=name, accessPolicy=policy)
    (shown,) = logs.describe_destinations(DestinationNamePrefix=name)["destinations"]
    assert shown["accessPolicy"] == policy
    theirs.put_subscription_filter(**wanted)
