"""ListStreams."""

from __future__ import annotations

import pytest


def test_a_stream_is_listed_with_its_table_and_label(ask, make_stream):
    name, arn = make_stream()
    label = arn.rsplit("/", 1)[1]
    listed = {"StreamArn": arn, "TableName": name, "StreamLabel": label}
    assert ask("ListStreams", TableName=name) == {"Streams": [listed]}
    assert listed in all_streams(ask)


def all_streams(ask, **parameters):
    found, start = [], {}
    while True:
        page = ask("ListStreams", **parameters, **start)
        found += page["Streams"]
        if "LastEvaluatedStreamArn" not in page:
            return found
        start = {"ExclusiveStartStreamArn": page["LastEvaluatedStreamArn"]}


def test_pages_leave_nothing_out(ask, make_stream):
    made = {make_stream()[1] for _ in range(3)}
    listed = [each["StreamArn"] for each in all_streams(ask, Limit=1)]
    assert made <= set(listed)
    assert len(listed) == len(set(listed))


def test_tables_without_a_stream_and_tables_that_are_not_there_have_none(ask, table):
    assert ask("ListStreams", TableName=table) == {"Streams": []}
    assert ask("ListStreams", TableName="no-such-table") == {"Streams": []}


def test_another_region_has_streams_of_its_own(ask, make_stream, make_client):
    name, _ = make_stream()
    elsewhere = make_client("dynamodbstreams", region_name="eu-west-1")
    assert elsewhere.list_streams(TableName=name)["Streams"] == []


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (
            0,
            "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
        ),
        (
            101,
            "One or more parameter values were invalid: Limit cannot be greater than the maximum "
            "allowed size: 100",
        ),
    ],
)
def test_limits_that_cannot_be(refusal, limit, text):
    assert refusal("ListStreams", Limit=limit) == ("ValidationException", text)
