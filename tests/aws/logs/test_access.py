"""Who may ask, export and follow which groups."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config

from tests.support.people import fresh, iam, keys_of, user
from tests.support.policies import denied

__all__ = ["fresh", "iam", "keys_of", "user"]


@pytest.fixture
def groups(make_client: Callable[..., Any], fresh: Callable[[str], str]) -> tuple[str, str]:
    """Two groups of the account, with a stream and an event each."""
    logs, names = make_client("logs"), (fresh("one"), fresh("other"))
    for name in names:
        logs.create_log_group(logGroupName=name)
        logs.create_log_stream(logGroupName=name, logStreamName="s")
        event = {"timestamp": int(time.time() * 1000), "message": "m"}
        logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=[event])
    return names


@pytest.fixture
def theirs(
    make_client: Callable[..., Any], user: str, keys_of: Callable[[str], dict[str, str]]
) -> Any:
    """CloudWatch Logs as a user sees it."""
    return make_client("logs", config=Config(inject_host_prefix=False), **keys_of(user))


def arn(group: str) -> str:
    return f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"


def test_each_group_of_a_query_is_asked_for(
    theirs: Any, iam: Any, user: str, groups: tuple[str, str]
) -> None:
    one, other = groups
    now = int(time.time())
    asked = {"startTime": now - 60, "endTime": now, "queryString": "fields @message"}
    assert f"logs:StartQuery on resource: {arn(one)}:*" in denied(
        theirs.start_query, logGroupName=one, **asked
    )
    statement = [
        {"Effect": "Allow", "Action": ["logs:StartQuery", "logs:StartLiveTail"],
         "Resource": f"{arn(one)}:*"},
        {"Effect": "Allow", "Action": "logs:GetQueryResults", "Resource": "*"},
    ]  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=policy)
    query = theirs.start_query(logGroupName=one, **asked)["queryId"]
    assert theirs.get_query_results(queryId=query)["status"]
    for both in ({"logGroupNames": [one, other]}, {"logGroupIdentifiers": [arn(one), arn(other)]}):
        assert f"logs:StartQuery on resource: {arn(other)}:*" in denied(
            theirs.start_query, **both, **asked
        )
    theirs.start_live_tail(logGroupIdentifiers=[arn(one)])["responseStream"].close()
    assert "logs:StartLiveTail" in denied(theirs.start_live_tail, logGroupIdentifiers=[arn(other)])


def test_an_export_asks_for_the_objects_too(
    theirs: Any, iam: Any, user: str, groups: tuple[str, str]
) -> None:
    task = {"logGroupName": groups[0], "fromTime": 0, "to": 1, "destination": "some-bucket"}
    statement = {"Effect": "Allow", "Action": "logs:CreateExportTask", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=policy)
    assert "s3:PutObject on resource:" in denied(theirs.create_export_task, **task)


def test_a_pointer_opens_nothing_by_itself(
    make_client: Callable[..., Any], theirs: Any, iam: Any, user: str, groups: tuple[str, str]
) -> None:
    logs, pointers = make_client("logs"), []
    now = int(time.time())
    for group in groups:
        query = logs.start_query(
            logGroupName=group, startTime=now - 3600, endTime=now + 60, queryString="limit 1"
        )["queryId"]
        deadline = time.monotonic() + 60
        while (found := logs.get_query_results(queryId=query))["status"] != "Complete":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        pointers.append(found["results"][0][-1]["value"])
    statement = {
        "Effect": "Allow", "Action": "logs:GetLogRecord", "Resource": f"{arn(groups[0])}:*",
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=policy)
    assert theirs.get_log_record(logRecordPointer=pointers[0])["logRecord"]["@message"] == "m"
    assert "logs:GetLogRecord" in denied(theirs.get_log_record, logRecordPointer=pointers[1])
