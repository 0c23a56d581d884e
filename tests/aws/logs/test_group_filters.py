"""Metric filters and subscription filters of groups, and settings of groups."""

from __future__ import annotations

import gzip
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.aws.kinesis.conftest import settled

WAIT_S_MAX = 60
ROLE = "arn:aws:iam::000000000000:role/logs"


@pytest.fixture(scope="module")
def logs(make_client: Callable[..., Any]) -> Any:
    return make_client("logs")


@pytest.fixture
def group(logs: Any) -> str:
    name = f"/tests/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    return name


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    error = raised.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


def test_metric_filters_are_kept(logs: Any, group: str) -> None:
    made = {
        "logGroupName": group,
        "filterName": "f",
        "filterPattern": "ERROR",
        "metricTransformations": [
            {
                "metricName": "Errors",
                "metricNamespace": group,
                "metricValue": "1",
                "defaultValue": 0.0,
                "unit": "Count",
            }
        ],
    }
    logs.put_metric_filter(**made)
    logs.put_metric_filter(**made)
    (shown,) = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert {key: shown[key] for key in made} == made
    by_metric = {"metricName": "Errors", "metricNamespace": group}
    assert logs.describe_metric_filters(**by_metric)["metricFilters"] == [shown]
    (described,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert described["metricFilterCount"] == 1
    bad = {**made, "metricTransformations": [{**by_metric, "metricValue": "x"}]}
    assert refused(logs.put_metric_filter, **bad)[0] == "InvalidParameterException"
    logs.delete_metric_filter(logGroupName=group, filterName="f")
    again = refused(logs.delete_metric_filter, logGroupName=group, filterName="f")
    assert again[0] == "ResourceNotFoundException"


def test_a_subscription_delivers_to_kinesis(
    logs: Any, group: str, make_client: Callable[..., Any]
) -> None:
    kinesis, name = make_client("kinesis"), f"logs-{uuid.uuid4().hex}"
    there = {
        "logGroupName": group,
        "filterName": "f",
        "filterPattern": "ERROR",
        "destinationArn": f"arn:aws:kinesis:us-east-1:000000000000:stream/{name}",
        "roleArn": ROLE,
    }
    code, text = refused(logs.put_subscription_filter, **there)
    assert code == "InvalidParameterException"
    assert text.startswith("Could not deliver test message to specified Kinesis stream.")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    settled(kinesis, name)
    logs.put_subscription_filter(**there)
    (shown,) = logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
    assert {key: shown[key] for key in there} == there
    assert shown["distribution"] == "ByLogStream"
    now_ms = int(time.time() * 1000)
    events = [{"timestamp": now_ms, "message": text} for text in ("ERROR 1", "INFO", "ERROR 2")]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    messages = received(kinesis, name, 2)
    assert messages[0]["messageType"] == "CONTROL_MESSAGE"
    told = messages[1]
    ids = {each["message"]: each["eventId"] for each in logs.filter_log_events(
        logGroupName=group)["events"]}  # fmt: skip
    assert told == {
        "messageType": "DATA_MESSAGE",
        "owner": "000000000000",
        "logGroup": group,
        "logStream": "s",
        "subscriptionFilters": ["f"],
        "logEvents": [
            {"id": ids[text], "timestamp": now_ms, "message": text}
            for text in ("ERROR 1", "ERROR 2")
        ],
    }
    logs.put_subscription_filter(**{**there, "filterName": "g"})
    assert refused(logs.put_subscription_filter, **{**there, "filterName": "h"}) == (
        "LimitExceededException",
        "Resource limit exceeded.",
    )
    logs.delete_subscription_filter(logGroupName=group, filterName="f")
    code, _ = refused(logs.delete_subscription_filter, logGroupName=group, filterName="f")
    assert code == "ResourceNotFoundException"


def received(kinesis: Any, name: str, count: int) -> list[dict[str, Any]]:
    place = kinesis.get_shard_iterator(
        StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + WAIT_S_MAX
    while len(found) < count:
        assert time.monotonic() < deadline, found
        answer = kinesis.get_records(ShardIterator=place)
        place = answer["NextShardIterator"]
        found += [json.loads(gzip.decompress(each["Data"])) for each in answer["Records"]]
        time.sleep(0.25)
    return found


def test_a_subscription_delivers_to_firehose(
    logs: Any, group: str, make_client: Callable[..., Any]
) -> None:
    firehose, s3 = make_client("firehose"), make_client("s3")
    name = f"logs-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    arn = firehose.create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{name}",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
        },
    )["DeliveryStreamARN"]
    deadline = time.monotonic() + WAIT_S_MAX
    shown = "CREATING"
    while shown != "ACTIVE":
        assert time.monotonic() < deadline
        shown = firehose.describe_delivery_stream(DeliveryStreamName=name)[
            "DeliveryStreamDescription"
        ]["DeliveryStreamStatus"]
    logs.put_subscription_filter(
        logGroupName=group, filterName="f", filterPattern="", destinationArn=arn, roleArn=ROLE
    )
    event = {"timestamp": int(time.time() * 1000), "message": "m"}
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])
    texts = b""
    while b'"DATA_MESSAGE"' not in texts:
        assert time.monotonic() < deadline, texts
        time.sleep(0.1)
        listed = s3.list_objects_v2(Bucket=name).get("Contents", [])
        bodies = [s3.get_object(Bucket=name, Key=each["Key"])["Body"].read() for each in listed]
        texts = b"".join(gzip.decompress(each) for each in bodies)
    assert b'"logGroup":"' + group.encode() in texts


def test_functions_are_no_destinations(logs: Any, group: str) -> None:
    code, text = refused(
        logs.put_subscription_filter,
        logGroupName=group,
        filterName="f",
        filterPattern="",
        destinationArn="arn:aws:lambda:us-east-1:000000000000:function:f",
    )
    assert (code, text[:37]) == (
        "InvalidParameterException",
        "Could not execute the lambda function",
    )


def test_names_that_aws_keeps_for_itself(logs: Any) -> None:
    code, _ = refused(logs.create_log_group, logGroupName="aws/mine")
    assert code == "InvalidParameterException"


def test_settings_of_groups(logs: Any, group: str) -> None:
    logs.put_log_group_deletion_protection(logGroupIdentifier=group, deletionProtectionEnabled=True)
    assert refused(logs.delete_log_group, logGroupName=group)[0] == "ValidationException"
    logs.put_log_group_deletion_protection(
        logGroupIdentifier=group, deletionProtectionEnabled=False
    )
    key = "arn:aws:kms:us-east-1:000000000000:key/k"
    logs.associate_kms_key(logGroupName=group, kmsKeyId=key)
    (shown,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert shown["kmsKeyId"] == key
    logs.disassociate_kms_key(logGroupName=group)
    (listed,) = logs.list_log_groups(logGroupNamePattern=group[7:27])["logGroups"]
    assert listed["logGroupName"] == group and listed["logGroupClass"] == "STANDARD"
    assert logs.list_log_groups(logGroupNamePattern="^" + group[7:27])["logGroups"] == []


def test_what_breaks_a_constraint_is_an_invalid_parameter(
    make_client: Callable[..., Any], group: str
) -> None:
    """As AWS answered in lazywithclass/winston-cloudwatch, issue 55."""
    logs = make_client("logs", config=Config(parameter_validation=False))
    assert refused(logs.put_log_events, logGroupName=group, logStreamName="s", logEvents=[]) == (
        "InvalidParameterException",
        "1 validation error detected: Value '[]' at 'logEvents' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1",
    )


def test_an_event_may_have_a_megabyte(logs: Any, group: str) -> None:
    longest = "x" * (1_048_576 - 26)
    event = {"timestamp": int(time.time() * 1000), "message": longest}
    where = {"logGroupName": group, "logStreamName": "s"}
    logs.put_log_events(**where, logEvents=[event])
    (found,) = logs.get_log_events(**where)["events"]
    assert found["message"] == longest
    (found,) = logs.filter_log_events(logGroupName=group, filterPattern="xxx")["events"]
    assert found["message"] == longest
    (described,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert described["storedBytes"] == 1_048_576
    event["message"] = longest + "x"
    assert refused(logs.put_log_events, **where, logEvents=[event]) == (
        "InvalidParameterException",
        "Log event too large: 1048577 bytes exceeds limit of 1048576",
    )


def test_resource_policies(make_client: Callable[..., Any], logs: Any, group: str) -> None:
    theirs = make_client("logs", region_name="eu-central-1")
    document = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "logs:PutLogEvents",
                "Resource": "*",
            },
        }
    )
    put = theirs.put_resource_policy(policyName="p", policyDocument=document)["resourcePolicy"]
    assert (put["policyName"], put["policyDocument"], put["policyScope"]) == (
        "p",
        document,
        "ACCOUNT",
    )
    assert theirs.describe_resource_policies()["resourcePolicies"] == [put]
    bad = refused(theirs.put_resource_policy, policyName="q", policyDocument="{}")
    assert bad[0] == "InvalidParameterException"
    for number in range(9):
        theirs.put_resource_policy(policyName=f"p{number}", policyDocument=document)
    many = refused(theirs.put_resource_policy, policyName="one more", policyDocument=document)
    assert many == ("LimitExceededException", "Resource limit exceeded.")
    theirs.delete_resource_policy(policyName="p")
    gone = refused(theirs.delete_resource_policy, policyName="p")
    assert gone[0] == "ResourceNotFoundException"
    (shown,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    of_group = {"resourceArn": shown["logGroupArn"]}
    first = logs.put_resource_policy(**of_group, policyDocument=document)["revisionId"]
    logs.put_resource_policy(**of_group, policyDocument=document, expectedRevisionId=first)
    stale = {**of_group, "policyDocument": document, "expectedRevisionId": first}
    assert refused(logs.put_resource_policy, **stale)[0] == "InvalidParameterException"
    (told,) = logs.describe_resource_policies(**of_group)["resourcePolicies"]
    assert told["policyScope"] == "RESOURCE" and told["resourceArn"] == shown["logGroupArn"]
