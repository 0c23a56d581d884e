"""Logs Insights: queries over events."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

WAIT_S_MAX = 60


@pytest.fixture(scope="module")
def logs(make_client: Callable[..., Any]) -> Any:
    return make_client("logs")


@pytest.fixture(scope="module")
def now_ms() -> int:
    """A minute's beginning, so that what is put falls into known ones."""
    return int(time.time()) // 60 * 60_000


@pytest.fixture(scope="module")
def group(logs: Any, now_ms: int) -> str:
    """Requests of two streams, one a second; the oldest first."""
    name = f"/tests/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=name)
    for stream in ("a", "b"):
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
    requests = [
        {"path": "/buy", "ms": 250, "ok": True, "user": {"name": "ann"}},
        {"path": "/buy", "ms": 50, "ok": False, "user": {"name": "bob"}},
        {"path": "/see", "ms": 100.5, "ok": True, "tags": ["x", "y"]},
    ]
    put(logs, name, "a", [json.dumps(each) for each in requests], now_ms - 120_000)
    put(logs, name, "b", ["ERROR [db] lost 10.0.0.7", "INFO [web] hello"], now_ms - 60_000)
    return name


def put(logs: Any, group: str, stream: str, messages: list[str], at_ms: int) -> None:
    events = [{"timestamp": at_ms + 1000 * n, "message": text} for n, text in enumerate(messages)]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def start(logs: Any, group: str, query: str, **more: Any) -> str:
    end = int(time.time())
    found = logs.start_query(
        logGroupName=group, startTime=end - 3600, endTime=end, queryString=query, **more
    )
    return str(found["queryId"])


def ended(logs: Any, query_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + WAIT_S_MAX
    while True:
        found: dict[str, Any] = logs.get_query_results(queryId=query_id)
        if found["status"] not in ("Scheduled", "Running"):
            return found
        assert time.monotonic() < deadline, found["status"]
        time.sleep(0.05)


def rows(logs: Any, group: str, query: str, **more: Any) -> list[dict[str, str]]:
    """What a query finds, without pointers."""
    found = ended(logs, start(logs, group, query, **more))
    assert found["status"] == "Complete"
    return [
        {each["field"]: each["value"] for each in row if each["field"] != "@ptr"}
        for row in found["results"]
    ]


def refused(call: Callable[[], Any]) -> dict[str, Any]:
    with pytest.raises(ClientError) as raised:
        call()
    return dict(raised.value.response)


def test_the_newest_events_come_first(logs: Any, group: str, now_ms: int) -> None:
    found = ended(logs, start(logs, group, "fields @timestamp, @message, @logStream | limit 2"))
    first = {each["field"]: each["value"] for each in found["results"][0]}
    assert [each["field"] for each in found["results"][0]] == [
        "@timestamp", "@message", "@logStream", "@ptr",
    ]  # fmt: skip
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now_ms / 1000 - 59))
    assert first["@timestamp"] == f"{at}.000" and first["@logStream"] == "b"
    assert first["@message"] == "INFO [web] hello" and len(found["results"]) == 2
    counted = found["statistics"]
    assert (counted["recordsScanned"], counted["recordsMatched"]) == (5.0, 5.0)
    assert counted["bytesScanned"] > 100 and counted["logGroupsScanned"] == 1.0
    record = logs.get_log_record(logRecordPointer=first["@ptr"])["logRecord"]
    assert record["@message"] == "INFO [web] hello" and record["@logStream"] == "b"
    assert record["@log"].endswith(f":{group}")


def test_fields_of_json_are_found(logs: Any, group: str) -> None:
    found = rows(logs, group, "fields user.name, ms * 2 as twice, tags.1 | sort @timestamp asc")
    assert found[:3] == [
        {"user.name": "ann", "twice": "500"},
        {"user.name": "bob", "twice": "100"},
        {"twice": "201", "tags.1": "y"},
    ]
    seen = logs.get_log_group_fields(logGroupName=group)["logGroupFields"]
    percents = {each["name"]: each["percent"] for each in seen}
    assert percents["@message"] == 100 and percents["path"] == 60 and percents["user.name"] == 40


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("ms > 50 and path = '/buy'", 1),
        ("@message like 'ERROR'", 1),
        ("@message like /(?i)error|HELLO/", 2),
        ("@message =~ /^INFO/", 1),
        ("@message not like /ERROR|INFO/", 3),
        ('path in ["/see", "/go"]', 1),
        ('path not in ["/see"] and ispresent(path)', 2),
        ("not ispresent(path)", 2),
        ("ok = true", 2),
        ("ok = 1", 2),
        ("strlen(user.name) = 3 && (ms < 100 || ms >= 250)", 2),
        ("@logStream = 'b' or strcontains(path, 'see')", 3),
        ("ms between", None),
    ],
)
def test_conditions(logs: Any, group: str, condition: str, count: int | None) -> None:
    query = f"filter {condition}"
    if count is None:
        told = refused(lambda: start(logs, group, query))
        assert told["Error"]["Code"] == "MalformedQueryException"
        at = query.index("between")
        location = {"startCharOffset": at, "endCharOffset": at + len("between")}
        assert told["queryCompileError"]["location"] == location
        assert told["queryCompileError"]["message"] == told["Error"]["Message"]
        return
    assert len(rows(logs, group, query)) == count


def test_stats(logs: Any, group: str) -> None:
    found = rows(
        logs,
        group,
        "filter ispresent(ms) | stats count(*) as requests, avg(ms), max(ms) - min(ms) as spread,"
        " pct(ms, 50) by path | sort requests desc",
    )
    assert found == [
        {"path": "/buy", "requests": "2", "avg(ms)": "150", "spread": "200", "pct(ms, 50)": "50"},
        {"path": "/see", "requests": "1", "avg(ms)": "100.5", "spread": "0",
         "pct(ms, 50)": "100.5"},
    ]  # fmt: skip
    assert rows(logs, group, "stats sum(ms), count_distinct(user.name), median(ms)") == [
        {"sum(ms)": "400.5", "count_distinct(user.name)": "2", "median(ms)": "100.5"}
    ]
    assert rows(logs, group, "filter @message = 'none' | stats count(*)") == [{"count(*)": "0"}]


def test_stats_by_time(logs: Any, group: str, now_ms: int) -> None:
    found = rows(logs, group, "stats count(*) by bin(1m) | sort bin(1m) asc")
    minutes = [
        time.strftime("%Y-%m-%d %H:%M:00.000", time.gmtime(now_ms / 1000 - back))
        for back in (120, 60)
    ]
    assert found == [
        {"bin(1m)": minutes[0], "count(*)": "3"},
        {"bin(1m)": minutes[1], "count(*)": "2"},
    ]


def test_parse_and_dedup(logs: Any, group: str) -> None:
    found = rows(logs, group, 'parse "* [*] *" as level, part, rest | filter level = "ERROR"')
    assert [each["rest"] for each in found] == ["lost 10.0.0.7"]
    found = rows(
        logs, group,
        r"parse @message /(?<ip>\d+\.\d+\.\d+\.\d+)/ | filter isIpInSubnet(ip, '10.0.0.0/8')"
        " | display ip",
    )  # fmt: skip
    assert found == [{"ip": "10.0.0.7"}]
    found = rows(logs, group, "fields path, ms | filter ispresent(path) | dedup path")
    assert found == [{"path": "/see", "ms": "100.5"}, {"path": "/buy", "ms": "50"}]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "| limit 5",
        "fields @timestamp | count()",
        "fields nosuch(@message)",
        "fields strlen()",
        "stats path by ms",
        "filter count(*) > 1",
        "filter @message like /(/",
        "limit 0",
        "stats count(*) by bin(5x)",
        'parse @message "* *" as one',
        "pattern @message",
        "fields 'open",
        "filter " + "(" * 500 + "1" + ")" * 500,
    ],
)
def test_what_cannot_be_read_is_refused(logs: Any, group: str, query: str) -> None:
    told = refused(lambda: start(logs, group, query))["Error"]
    assert told["Code"] == "MalformedQueryException" and told["Message"]


def test_requests_that_are_refused(logs: Any, group: str) -> None:
    now = int(time.time())
    times = {"startTime": now - 60, "endTime": now, "queryString": "limit 1"}
    for more, code in (
        ({}, "InvalidParameterException"),
        ({"logGroupName": group, "logGroupNames": [group]}, "InvalidParameterException"),
        ({"logGroupName": group, "startTime": now + 60}, "InvalidParameterException"),
        ({"logGroupName": group, "queryLanguage": "SQL"}, "InvalidParameterException"),
        ({"logGroupName": "/none"}, "ResourceNotFoundException"),
        ({"logGroupName": group, "startTime": 1, "endTime": 2}, "MalformedQueryException"),
    ):
        got = refused(lambda: logs.start_query(**{**times, **more}))  # noqa: B023
        assert got["Error"]["Code"] == code, more
    for call in (logs.get_query_results, logs.stop_query):
        got = refused(lambda: call(queryId="none"))  # noqa: B023
        assert got["Error"]["Code"] == "ResourceNotFoundException"


def test_a_query_of_several_groups_in_milliseconds(logs: Any, group: str, now_ms: int) -> None:
    other = f"/tests/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=other)
    logs.create_log_stream(logGroupName=other, logStreamName="s")
    put(logs, other, "s", ["one", "two"], now_ms - 60_500)
    found = logs.start_query(
        logGroupNames=[group, other],
        startTime=now_ms - 60_400,
        endTime=int(time.time() * 1000),
        queryString="fields @message, @log",
    )
    named = logs.list_log_groups_for_query(queryId=found["queryId"])
    assert named["logGroupIdentifiers"] == [group, other]
    results = ended(logs, found["queryId"])["results"]
    told = [[each["value"].rpartition(":")[2] for each in row[:2]] for row in results]
    assert told == [
        ["INFO [web] hello", group], ["two", other], ["ERROR [db] lost 10.0.0.7", group],
    ]  # fmt: skip


def test_pages_of_results(logs: Any, now_ms: int) -> None:
    name = f"/tests/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    texts = [f"m{n} " + "é" * 300 for n in range(1200)]
    events = [{"timestamp": now_ms, "message": text} for text in texts]
    logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=events)
    query_id = start(logs, name, "fields @message")
    assert len(ended(logs, query_id)["results"]) == 1200
    seen: list[str] = []
    page = logs.get_query_results(queryId=query_id, maxItems=500)
    while True:
        seen += [row[0]["value"] for row in page["results"]]
        if "nextToken" not in page:
            break
        page = logs.get_query_results(queryId=query_id, maxItems=500, nextToken=page["nextToken"])
    assert seen == texts[::-1]
    assert len(rows(logs, name, "fields @message", limit=7)) == 7
    assert rows(logs, name, "sort @message asc | limit 1")[0]["@message"] == texts[0]


def test_a_query_without_an_end_is_stopped(logs: Any, now_ms: int) -> None:
    name = f"/tests/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    put(logs, name, "s", ["a" * 60 + "!"], now_ms - 1000)
    # Tries all ways to divide the letters: longer than anybody waits.
    query_id = start(logs, name, "filter @message like /^(a+)+$/")
    deadline = time.monotonic() + WAIT_S_MAX
    while logs.get_query_results(queryId=query_id)["status"] == "Scheduled":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(rows(logs, name, "filter @message like 'a'")) == 1
    assert logs.stop_query(queryId=query_id)["success"] is True
    assert logs.get_query_results(queryId=query_id)["status"] == "Cancelled"
    got = refused(lambda: logs.stop_query(queryId=query_id))
    assert got["Error"]["Code"] == "InvalidParameterException"
    (told,) = logs.describe_queries(logGroupName=name, status="Cancelled")["queries"]
    assert told["queryId"] == query_id and told["queryString"].startswith("filter")
    assert len(logs.describe_queries(logGroupName=name)["queries"]) == 2


def test_kept_definitions(logs: Any, group: str) -> None:
    prefix = uuid.uuid4().hex
    made = logs.put_query_definition(
        name=f"{prefix}/slow", queryString="filter ms > 100", logGroupNames=[group]
    )["queryDefinitionId"]
    logs.put_query_definition(
        name=f"{prefix}/slower", queryDefinitionId=made, queryString="filter ms > 200"
    )
    (shown,) = logs.describe_query_definitions(queryDefinitionNamePrefix=prefix)["queryDefinitions"]
    assert shown["name"] == f"{prefix}/slower" and "logGroupNames" not in shown
    assert logs.delete_query_definition(queryDefinitionId=made)["success"] is True
    for call in (
        lambda: logs.delete_query_definition(queryDefinitionId=made),
        lambda: logs.put_query_definition(name="n", queryDefinitionId=made, queryString="limit 1"),
    ):
        assert refused(call)["Error"]["Code"] == "ResourceNotFoundException"
