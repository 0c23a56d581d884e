"""application/x-amz-cbor-1.1 is for every operation that awsJson has, not only Kinesis's."""

from __future__ import annotations

import socket
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.eventstream import EventStreamBuffer

from jedlik.wire.cbor import decode, encode
from tests.wire.signed import sign

CBOR = "application/x-amz-cbor-1.1"


def signed(endpoint: str, service: str, operation: str, **members: Any) -> bytes:
    request = sign(
        service=service,
        operation=operation,
        body=encode(members),
        host=urlsplit(endpoint).netloc,
        headers={"Content-Type": CBOR},
    )
    return request.bytes()


def test_an_answer_without_members_has_no_body(endpoint: str, dynamodb: Any, table: str) -> None:
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    host = urlsplit(endpoint)
    sent = signed(
        endpoint,
        "dynamodb",
        "DynamoDB_20120810.TagResource",
        ResourceArn=arn,
        Tags=[{"Key": "a", "Value": "b"}],
    )
    connection = HTTPConnection(host.netloc, timeout=20)
    connection.connect()
    connection.sock.sendall(sent)
    answer = connection.response_class(connection.sock, method="POST")
    answer.begin()
    assert (answer.status, answer.read()) == (200, b"")
    connection.close()
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]


@pytest.fixture
def group_arn(make_client: Any, new_name: Any) -> Any:
    logs, name = make_client("logs"), new_name()
    logs.create_log_group(logGroupName=name)
    (found,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    yield found["logGroupArn"]
    logs.delete_log_group(logGroupName=name)


def test_events_are_written_by_their_shapes(endpoint: str, group_arn: str) -> None:
    """An event's name need not be that of its shape: sessionStart is a LiveTailSessionStart."""
    host = urlsplit(endpoint)
    sent = signed(endpoint, "logs", "Logs_20140328.StartLiveTail", logGroupIdentifiers=[group_arn])
    with socket.create_connection((host.hostname, host.port), timeout=20) as connection:
        connection.sendall(sent)
        answer = connection.makefile("rb")
        assert answer.readline().split()[1] == b"200"
        while answer.readline() != b"\r\n":
            pass
        events = EventStreamBuffer()
        kinds: dict[str, Any] = {}
        while "sessionStart" not in kinds:
            size = int(answer.readline(), 16)
            assert size, kinds
            events.add_data(answer.read(size))
            answer.readline()
            for each in events:
                kinds[each.headers.get(":event-type", "exception")] = decode(each.payload)
    assert kinds["initial-response"] == {}
    assert kinds["sessionStart"]["logGroupIdentifiers"] == [group_arn]
