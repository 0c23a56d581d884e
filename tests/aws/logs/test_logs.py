"""CloudWatch Logs: groups, streams, events, filters, retention, tags."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def logs(make_client: Callable[..., Any]) -> Any:
    return make_client("logs")


@pytest.fixture
def group(logs: Any) -> str:
    name = f"/tests/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=name, tags={"a": "b"})
    return name


def code(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return str(refused.value.response["Error"]["Code"])


def put(logs: Any, group: str, stream: str, *messages: str, at_ms: int) -> Any:
    events = [{"timestamp": at_ms + n, "message": text} for n, text in enumerate(messages)]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def test_groups_with_tags_and_retention(logs: Any, group: str) -> None:
    assert code(logs.create_log_group, logGroupName=group) == "ResourceAlreadyExistsException"
    (shown,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert shown["arn"] == shown["logGroupArn"] + ":*" and "retentionInDays" not in shown
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    logs.tag_resource(resourceArn=shown["logGroupArn"], tags={"c": "d"})
    logs.untag_log_group(logGroupName=group, tags=["a"])
    assert logs.list_tags_for_resource(resourceArn=shown["logGroupArn"])["tags"] == {"c": "d"}
    (shown,) = logs.describe_log_groups(logGroupNamePattern=group[-9:].upper())["logGroups"]
    assert shown["retentionInDays"] == 7
    bad = code(logs.put_retention_policy, logGroupName=group, retentionInDays=8)
    assert bad == "InvalidParameterException"
    logs.delete_retention_policy(logGroupName=group)
    logs.delete_log_group(logGroupName=group)
    assert code(logs.delete_log_group, logGroupName=group) == "ResourceNotFoundException"
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []


def test_events_are_read_in_both_directions(logs: Any, group: str) -> None:
    event = {"timestamp": int(time.time() * 1000), "message": "m"}
    to = {"logGroupName": group, "logStreamName": "s"}
    assert code(logs.put_log_events, **to, logEvents=[event]) == "ResourceNotFoundException"
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now_ms = int(time.time() * 1000) - 1000
    put(logs, group, "s", *(f"m{n}" for n in range(10)), at_ms=now_ms)
    read = {"logGroupName": group, "logStreamName": "s", "limit": 4}
    page = logs.get_log_events(**read)
    assert [each["message"] for each in page["events"]] == ["m6", "m7", "m8", "m9"]
    page = logs.get_log_events(**read, nextToken=page["nextBackwardToken"])
    assert [each["message"] for each in page["events"]] == ["m2", "m3", "m4", "m5"]
    seen, token = [], None
    page = logs.get_log_events(**read, startFromHead=True)
    while page["nextForwardToken"] != token:
        seen += [each["message"] for each in page["events"]]
        token = page["nextForwardToken"]
        page = logs.get_log_events(**read, nextToken=token)
    assert seen == [f"m{n}" for n in range(10)]
    some = logs.get_log_events(**read, startTime=now_ms + 3, endTime=now_ms + 5, startFromHead=True)
    assert [each["message"] for each in some["events"]] == ["m3", "m4"]
    (stream,) = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime")["logStreams"]
    assert stream["firstEventTimestamp"] == now_ms and stream["lastEventTimestamp"] == now_ms + 9
    logs.delete_log_stream(logGroupName=group, logStreamName="s")
    assert code(logs.get_log_events, **read) == "ResourceNotFoundException"
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    assert logs.get_log_events(**read)["events"] == []


def test_what_is_too_old_or_too_new_is_left_out(logs: Any, group: str) -> None:
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now_ms = int(time.time() * 1000)
    old = put(logs, group, "s", "old", at_ms=now_ms - 15 * 86_400_000)
    assert old["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    events = [
        {"timestamp": now_ms, "message": "now"},
        {"timestamp": now_ms + 3 * 3_600_000, "message": "new"},
    ]
    answer = logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    assert answer["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 1}
    found = logs.get_log_events(logGroupName=group, logStreamName="s")["events"]
    assert [each["message"] for each in found] == ["now"]
    events.reverse()
    refused = code(logs.put_log_events, logGroupName=group, logStreamName="s", logEvents=events)
    assert refused == "InvalidParameterException"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", ["ERROR one", "WARN two", "ERROR two DEBUG", '{"a": {"b": 5}, "c": "xyz"}']),
        ("ERROR", ["ERROR one", "ERROR two DEBUG"]),
        ("ERROR two", ["ERROR two DEBUG"]),
        ('"ERROR one"', ["ERROR one"]),
        ("?one ?WARN", ["ERROR one", "WARN two"]),
        ("ERROR -DEBUG", ["ERROR one"]),
        ("%tw.$%", ["WARN two"]),
        ("{ $.a.b >= 5 && $.c = x* }", ['{"a": {"b": 5}, "c": "xyz"}']),
        ("{ $.d NOT EXISTS }", ['{"a": {"b": 5}, "c": "xyz"}']),
        ("{ $.a.b = 6 }", []),
    ],
)
def test_filters(logs: Any, group: str, pattern: str, expected: list[str]) -> None:
    now_ms = int(time.time() * 1000) - 100
    logs.create_log_stream(logGroupName=group, logStreamName="s1")
    logs.create_log_stream(logGroupName=group, logStreamName="s2")
    put(logs, group, "s1", "ERROR one", at_ms=now_ms)
    put(logs, group, "s2", "WARN two", "ERROR two DEBUG", at_ms=now_ms + 1)
    put(logs, group, "s1", '{"a": {"b": 5}, "c": "xyz"}', at_ms=now_ms + 9)
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, filterPattern=pattern, PaginationConfig={"PageSize": 1}
    )
    events = [event for page in pages for event in page["events"]]
    assert [event["message"] for event in events] == expected
    assert len({event["eventId"] for event in events}) == len(events)


@pytest.mark.parametrize("token", ["x", "eHh4", "!!!", "MTA", "LTE=", "wrIw"])
def test_tokens_that_nobody_was_given(logs: Any, group: str, token: str) -> None:
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    of_stream = {"logGroupName": group, "logStreamName": "s"}
    for call, more in (
        (logs.describe_log_groups, {"nextToken": token}),
        (logs.describe_log_streams, {"logGroupName": group, "nextToken": token}),
        (logs.describe_queries, {"nextToken": token}),
        (logs.describe_export_tasks, {"nextToken": token}),
    ):
        assert code(call, **more) == "InvalidParameterException", call
    assert code(logs.get_log_events, **of_stream, nextToken="f/!!!") == "InvalidParameterException"
