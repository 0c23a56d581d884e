"""Export tasks: events of a group to S3."""

from __future__ import annotations

import gzip
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

WAIT_S_MAX = 60


@pytest.fixture(scope="module")
def logs(make_client: Callable[..., Any]) -> Any:
    # Tasks are one at a time in an account and region, so these have one of their own.
    return make_client("logs", region_name="eu-north-1")


@pytest.fixture(scope="module")
def s3(make_client: Callable[..., Any]) -> Any:
    return make_client("s3", region_name="eu-north-1")


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    name = f"logs-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
    return name


@pytest.fixture
def group(logs: Any) -> str:
    name = f"/tests/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=name)
    return name


def put(logs: Any, group: str, stream: str, events: list[tuple[int, str]]) -> None:
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    told = [{"timestamp": at, "message": text} for at, text in events]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=told)


def ended(logs: Any, task: str) -> dict[str, Any]:
    deadline = time.monotonic() + WAIT_S_MAX
    while True:
        (found,) = logs.describe_export_tasks(taskId=task)["exportTasks"]
        if found["status"]["code"] not in ("PENDING", "RUNNING", "PENDING_CANCEL"):
            return dict(found)
        assert time.monotonic() < deadline, found["status"]
        time.sleep(0.05)


def code(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return str(refused.value.response["Error"]["Code"])


def test_events_become_objects(logs: Any, s3: Any, bucket: str, group: str) -> None:
    now_ms = int(time.time() * 1000)
    long = "long " + "é" * 60_000
    put(logs, group, "web/1", [(now_ms - 5000, "early"), (now_ms - 1000, "one"), (now_ms, long)])
    put(logs, group, "web/2", [(now_ms - 500, "two")])
    put(logs, group, "other", [(now_ms - 500, "not asked for")])
    task = logs.create_export_task(
        taskName="t",
        logGroupName=group,
        logStreamNamePrefix="web",
        fromTime=now_ms - 1000,
        to=now_ms + 60_000,
        destination=bucket,
        destinationPrefix="a/b",
    )["taskId"]
    shown = ended(logs, task)
    assert shown["status"] == {"code": "COMPLETED", "message": "Completed successfully"}
    assert shown["taskName"] == "t" and shown["destinationPrefix"] == "a/b"
    ran = shown["executionInfo"]
    assert ran["creationTime"] <= ran["completionTime"]
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert "a/b/aws-logs-write-test" in keys and len(keys) == 3
    keys = [key for key in keys if task in key]
    assert keys == [f"a/b/{task}/web-1/000000.gz", f"a/b/{task}/web-2/000000.gz"]
    data = gzip.decompress(s3.get_object(Bucket=bucket, Key=keys[0])["Body"].read()).decode()
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now_ms // 1000))
    first, second = data.splitlines()
    assert first.endswith("Z one") and second == f"{at}.{now_ms % 1000:03d}Z {long}"
    assert code(logs.cancel_export_task, taskId=task) == "InvalidOperationException"
    assert logs.describe_export_tasks(statusCode="RUNNING")["exportTasks"] == []


def test_tasks_that_are_refused(logs: Any, bucket: str, group: str) -> None:
    now_ms = int(time.time() * 1000)
    good = {"logGroupName": group, "fromTime": 0, "to": now_ms + 1000, "destination": bucket}
    for more, wanted in (
        ({"logGroupName": "/none"}, "ResourceNotFoundException"),
        ({"destination": f"none-{uuid.uuid4().hex}"}, "InvalidParameterException"),
        ({"fromTime": now_ms + 2000}, "InvalidParameterException"),
        ({"to": now_ms - 86_400_000}, "InvalidParameterException"),
    ):
        assert code(logs.create_export_task, **{**good, **more}) == wanted, more
    assert code(logs.cancel_export_task, taskId="none") == "ResourceNotFoundException"


def test_one_task_at_a_time(logs: Any, bucket: str, group: str) -> None:
    now_ms = int(time.time() * 1000)
    for number in range(30):
        put(logs, group, f"s{number:02d}", [(now_ms, "x" * 100)] * 300)
    asked = {"logGroupName": group, "fromTime": 0, "to": now_ms + 1000, "destination": bucket}
    # A task may be over before the next request comes: then another one is looked at.
    busy = cancelled = False
    for _ in range(50):
        task = logs.create_export_task(**asked)["taskId"]
        try:
            other = logs.create_export_task(**asked)["taskId"]
        except logs.exceptions.LimitExceededException:
            busy = True
            try:
                logs.cancel_export_task(taskId=task)
            except logs.exceptions.InvalidOperationException:
                continue
            cancelled = ended(logs, task)["status"]["code"] == "CANCELLED"
        else:
            ended(logs, other)
        if busy and cancelled:
            break
    assert busy and cancelled
