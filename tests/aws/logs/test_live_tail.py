"""StartLiveTail: events as they come."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

WAIT_S_MAX = 60


@pytest.fixture(scope="module")
def logs(make_client: Callable[..., Any]) -> Any:
    # SDKs put "stream-" before the host's name, unless they are told.
    return make_client("logs", config=Config(inject_host_prefix=False))


@pytest.fixture
def group(logs: Any) -> tuple[str, str]:
    """Name and ARN; with the streams a and b."""
    name = f"/tests/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=name)
    for stream in ("a", "b"):
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
    (shown,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return name, shown["logGroupArn"]


def put(logs: Any, group: str, stream: str, *messages: str) -> None:
    now_ms = int(time.time() * 1000)
    events = [{"timestamp": now_ms, "message": text} for text in messages]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def seen(events: Iterator[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """So many events of the group, from updates that come whether there are some or not."""
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + WAIT_S_MAX
    while len(found) < count:
        assert time.monotonic() < deadline
        found += next(events)["sessionUpdate"]["sessionResults"]
    return found


def test_events_are_seen_as_they_are_put(logs: Any, group: tuple[str, str]) -> None:
    name, arn = group
    put(logs, name, "a", "before")
    asked = {"logGroupIdentifiers": [arn], "logEventFilterPattern": "ERROR"}
    answer = logs.start_live_tail(**asked)
    with closing(answer["responseStream"]) as stream:
        events = iter(stream)
        start = next(events)["sessionStart"]
        assert start["logGroupIdentifiers"] == [arn] and start["sessionId"]
        assert start["logEventFilterPattern"] == "ERROR"
        put(logs, name, "a", "ERROR one", "INFO two")
        put(logs, name, "b", "ERROR three")
        found = seen(events, 2)
        assert [(each["logStreamName"], each["message"]) for each in found] == [
            ("a", "ERROR one"),
            ("b", "ERROR three"),
        ]
        assert found[0]["logGroupIdentifier"] == arn
        assert found[0]["ingestionTime"] >= found[0]["timestamp"] - 60_000
        assert next(events)["sessionUpdate"] == {
            "sessionMetadata": {"sampled": False}, "sessionResults": [],
        }  # fmt: skip


def test_streams_are_chosen_and_many_events_sampled(logs: Any, group: tuple[str, str]) -> None:
    name, arn = group
    answer = logs.start_live_tail(logGroupIdentifiers=[arn], logStreamNamePrefixes=["b"])
    with closing(answer["responseStream"]) as stream:
        events = iter(stream)
        next(events)
        put(logs, name, "a", "not seen")
        put(logs, name, "b", *(f"m{n}" for n in range(600)))
        deadline = time.monotonic() + WAIT_S_MAX
        while not (update := next(events)["sessionUpdate"])["sessionResults"]:
            assert time.monotonic() < deadline
        assert update["sessionMetadata"]["sampled"] is True
        assert [each["message"] for each in update["sessionResults"]] == [
            f"m{n}" for n in range(500)
        ]


def test_sessions_that_are_refused(logs: Any, group: tuple[str, str]) -> None:
    name, arn = group
    for asked, code in (
        ({"logGroupIdentifiers": [name]}, "InvalidParameterException"),
        ({"logGroupIdentifiers": [arn + ":*"]}, "InvalidParameterException"),
        ({"logGroupIdentifiers": [arn + "x"]}, "ResourceNotFoundException"),
        (
            {"logGroupIdentifiers": [arn], "logStreamNames": ["a"], "logStreamNamePrefixes": ["b"]},
            "InvalidParameterException",
        ),
        ({"logGroupIdentifiers": [arn, arn], "logStreamNames": ["a"]}, "InvalidParameterException"),
        (
            {"logGroupIdentifiers": [arn], "logEventFilterPattern": "{ $.a ="},
            "InvalidParameterException",
        ),
    ):
        with pytest.raises(ClientError) as refused:
            logs.start_live_tail(**asked)
        assert refused.value.response["Error"]["Code"] == code, asked
