"""DescribeEvents."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


def test_a_clusters_life_in_order(dax, make_cluster):
    name = make_cluster(2)["ClusterName"]
    events = dax.describe_events(SourceName=name, SourceType="CLUSTER")["Events"]
    assert [event["Message"] for event in events] == [
        "Creating cluster.",
        f"Added node {name}-a in Availability Zone us-east-1a.",
        f"Added node {name}-b in Availability Zone us-east-1b.",
        "Cluster created.",
    ]
    for event in events:
        assert event["SourceName"] == name
        assert abs(event["Date"].timestamp() - time.time()) < 60


def test_groups_have_events_of_their_own_type(dax, make_parameter_group):
    name = make_parameter_group()
    assert dax.describe_events(SourceName=name, SourceType="CLUSTER")["Events"] == []
    found = dax.describe_events(SourceName=name, SourceType="PARAMETER_GROUP")["Events"]
    assert [event["Message"] for event in found] == ["Parameter group created."]


def test_spans(dax, make_parameter_group):
    name = make_parameter_group()
    now = datetime.now(UTC)
    count = lambda **span: len(dax.describe_events(SourceName=name, **span)["Events"])  # noqa: E731
    assert count(Duration=5) == 1
    assert count(StartTime=now - timedelta(minutes=5)) == 1
    assert count(StartTime=now - timedelta(days=2), EndTime=now - timedelta(days=1)) == 0
    assert count(EndTime=now + timedelta(minutes=1)) == 1


def test_pages(dax, make_parameter_group):
    from tests.aws.dax.conftest import set_parameters

    name = make_parameter_group()
    for i in range(24):
        set_parameters(dax, name, **{"record-ttl-millis": i})
    first = dax.describe_events(SourceName=name, MaxResults=20)
    rest = dax.describe_events(SourceName=name, MaxResults=20, NextToken=first["NextToken"])
    assert (len(first["Events"]), len(rest["Events"])) == (20, 5)
    assert "NextToken" not in rest


def test_refusals(refused):
    now = time.time()
    assert refused("describe_events", StartTime=now, EndTime=now - 5) == (
        "InvalidParameterValueException",
        "The start time must be before the end time.",
    )
    assert refused("describe_events", StartTime=now - 5, EndTime=now, Duration=1) == (
        "InvalidParameterCombinationException",
        "Specify a duration, or a start and an end time, not both.",
    )
