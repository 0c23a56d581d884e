"""Scalable targets, policies, scheduled actions and activities, with the SDK."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.aws.application_autoscaling.conftest import reads
from tests.aws.cloudwatch.conftest import eventually, refused
from tests.support.raw import Raw, sign

TRACKING = {
    "TargetValue": 70.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
}


def read_units(dynamodb: Any, table: str) -> int:
    described = dynamodb.describe_table(TableName=table)["Table"]
    return int(described["ProvisionedThroughput"]["ReadCapacityUnits"])


def put_policy(scaling: Any, table: str, **other: Any) -> dict[str, Any]:
    answer: dict[str, Any] = scaling.put_scaling_policy(
        **{
            **reads(table),
            "PolicyName": "follow",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": TRACKING,
            **other,
        }
    )
    return answer


def test_a_target_is_told_as_it_was_registered(scaling: Any, provisioned: str) -> None:
    answer = scaling.register_scalable_target(
        **reads(provisioned), MinCapacity=5, MaxCapacity=50, Tags={"team": "blue"}
    )
    (target,) = scaling.describe_scalable_targets(
        ServiceNamespace="dynamodb", ResourceIds=[f"table/{provisioned}"]
    )["ScalableTargets"]
    created = target.pop("CreationTime")
    assert abs((datetime.now(UTC) - created).total_seconds()) < 600
    assert target == {
        **reads(provisioned),
        "MinCapacity": 5,
        "MaxCapacity": 50,
        "RoleARN": (
            "arn:aws:iam::000000000000:role/aws-service-role/dynamodb.application-autoscaling."
            "amazonaws.com/AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
        ),
        "SuspendedState": {
            "DynamicScalingInSuspended": False,
            "DynamicScalingOutSuspended": False,
            "ScheduledScalingSuspended": False,
        },
        "ScalableTargetARN": answer["ScalableTargetARN"],
    }
    arn = answer["ScalableTargetARN"]
    scaling.tag_resource(ResourceARN=arn, Tags={"stage": "test"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"stage": "test"}
    scaling.deregister_scalable_target(**reads(provisioned))
    assert refused(scaling.list_tags_for_resource, ResourceARN=arn)[0] == (
        "ResourceNotFoundException"
    )


def test_bounds_bring_the_capacity_within(scaling: Any, dynamodb: Any, provisioned: str) -> None:
    scaling.register_scalable_target(**reads(provisioned), MinCapacity=10, MaxCapacity=50)
    eventually(lambda: read_units(dynamodb, provisioned), lambda units: units == 10)

    def activities() -> list[dict[str, Any]]:
        answer = scaling.describe_scaling_activities(
            ServiceNamespace="dynamodb", ResourceId=f"table/{provisioned}"
        )
        found: list[dict[str, Any]] = answer["ScalingActivities"]
        return found

    (activity,) = eventually(activities, lambda found: len(found) == 1)
    assert activity["Description"] == "Setting read capacity units to 10."
    assert activity["Cause"] == "minimum capacity was set to 10"
    assert activity["StatusCode"] == "Successful"
    assert activity["StatusMessage"] == (
        "Successfully set read capacity units to 10. Change successfully fulfilled by dynamodb."
    )


def test_an_index_is_scaled_too(scaling: Any, dynamodb: Any, provisioned: str) -> None:
    scaling.register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId=f"table/{provisioned}/index/by-other",
        ScalableDimension="dynamodb:index:WriteCapacityUnits",
        MinCapacity=1,
        MaxCapacity=2,
    )

    def units() -> tuple[int, int]:
        described = dynamodb.describe_table(TableName=provisioned)["Table"]
        found = described["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]
        return found["ReadCapacityUnits"], found["WriteCapacityUnits"]

    eventually(units, lambda found: found == (4, 2))


def test_a_policy_makes_its_alarms(scaling: Any, cloudwatch: Any, provisioned: str) -> None:
    scaling.register_scalable_target(**reads(provisioned), MinCapacity=5, MaxCapacity=50)
    answer = put_policy(scaling, provisioned)
    assert answer["PolicyARN"].startswith(
        "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:"
    )
    assert answer["PolicyARN"].endswith(f":resource/dynamodb/table/{provisioned}:policyName/follow")
    names = [alarm["AlarmName"] for alarm in answer["Alarms"]]
    found = cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
    prefix = f"TargetTracking-table/{provisioned}-"
    told = {
        alarm["AlarmName"].removeprefix(prefix).partition("-")[0]: (
            alarm["MetricName"],
            alarm["Statistic"],
            alarm["Period"],
            alarm["EvaluationPeriods"],
            alarm["ComparisonOperator"],
            alarm["Threshold"],
            alarm["AlarmActions"],
        )
        for alarm in found
    }
    consumed = ("ConsumedReadCapacityUnits", "Sum", 60)
    capacity = ("ProvisionedReadCapacityUnits", "Average", 300, 3)
    act = [answer["PolicyARN"]]
    assert told == {
        "AlarmHigh": (*consumed, 2, "GreaterThanThreshold", 210.0, act),
        "AlarmLow": (*consumed, 15, "LessThanThreshold", 150.0, act),
        "ProvisionedCapacityHigh": (*capacity, "GreaterThanThreshold", 5.0, act),
        "ProvisionedCapacityLow": (*capacity, "LessThanThreshold", 5.0, act),
    }
    (policy,) = scaling.describe_scaling_policies(
        ServiceNamespace="dynamodb", ResourceId=f"table/{provisioned}"
    )["ScalingPolicies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"] == TRACKING
    assert policy["Alarms"] == answer["Alarms"]
    scaling.delete_scaling_policy(**reads(provisioned), PolicyName="follow")
    assert cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"] == []
    assert refused(scaling.delete_scaling_policy, **reads(provisioned), PolicyName="follow")[0] == (
        "ObjectNotFoundException"
    )


def test_deregistering_takes_everything_along(
    scaling: Any, cloudwatch: Any, provisioned: str
) -> None:
    scaling.register_scalable_target(**reads(provisioned), MinCapacity=5, MaxCapacity=50)
    names = [alarm["AlarmName"] for alarm in put_policy(scaling, provisioned)["Alarms"]]
    scaling.put_scheduled_action(
        **reads(provisioned),
        ScheduledActionName="nightly",
        Schedule="cron(0 3 * * ? *)",
        ScalableTargetAction={"MinCapacity": 1},
    )
    scaling.deregister_scalable_target(**reads(provisioned))
    assert cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"] == []
    found = scaling.describe_scheduled_actions(
        ServiceNamespace="dynamodb", ResourceId=f"table/{provisioned}"
    )
    assert found["ScheduledActions"] == []
    assert refused(scaling.deregister_scalable_target, **reads(provisioned)) == (
        "ObjectNotFoundException",
        "No scalable target registered for service namespace: dynamodb, resource ID: "
        f"table/{provisioned}, scalable dimension: dynamodb:table:ReadCapacityUnits",
        400,
    )


def test_a_scheduled_action_changes_the_bounds(
    scaling: Any, dynamodb: Any, provisioned: str
) -> None:
    scaling.register_scalable_target(**reads(provisioned), MinCapacity=5, MaxCapacity=50)
    soon = datetime.now(UTC) + timedelta(seconds=4)
    scaling.put_scheduled_action(
        **reads(provisioned),
        ScheduledActionName="rise",
        Schedule=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        ScalableTargetAction={"MinCapacity": 20, "MaxCapacity": 60},
    )
    eventually(lambda: read_units(dynamodb, provisioned), lambda units: units == 20)
    answer = scaling.describe_scaling_activities(
        ServiceNamespace="dynamodb", ResourceId=f"table/{provisioned}"
    )
    causes = {each["Cause"] for each in answer["ScalingActivities"]}
    assert "scheduled action name rise was triggered" in causes
    (target,) = scaling.describe_scalable_targets(
        ServiceNamespace="dynamodb", ResourceIds=[f"table/{provisioned}"]
    )["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (20, 60)


def test_what_cannot_be_registered(scaling: Any, provisioned: str) -> None:
    bounds = {"MinCapacity": 1, "MaxCapacity": 2}
    unsupported = "Unsupported service namespace, resource type or scalable dimension."
    for change, message in (
        ({"ResourceId": provisioned}, unsupported),
        ({"ScalableDimension": "dynamodb:index:ReadCapacityUnits"}, unsupported),
        (
            {
                "ServiceNamespace": "ecs",
                "ResourceId": "service/a/b",
                "ScalableDimension": "ecs:service:DesiredCount",
            },
            unsupported,
        ),
        ({"ResourceId": "table/nowhere"}, "DynamoDB table does not exist: table/nowhere"),
        ({"MaxCapacity": 0}, "MinCapacity and MaxCapacity must be at least 1 for DynamoDB."),
        ({"MinCapacity": 9}, "Maximum capacity cannot be less than minimum capacity"),
    ):
        wrong = {**reads(provisioned), **bounds, **change}
        assert refused(scaling.register_scalable_target, **wrong) == (
            "ValidationException",
            message,
            400,
        )


@pytest.mark.parametrize(
    "change",
    [
        {"PolicyType": "StepScaling"},
        {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.0}},
        {"TargetTrackingScalingPolicyConfiguration": {**TRACKING, "TargetValue": 95.0}},
        {
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 70.0,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "DynamoDBWriteCapacityUtilization"
                },
            }
        },
    ],
)
def test_what_is_no_policy_for_dynamodb(
    scaling: Any, provisioned: str, change: dict[str, Any]
) -> None:
    scaling.register_scalable_target(**reads(provisioned), MinCapacity=5, MaxCapacity=50)

    def call(**parameters: Any) -> Any:
        return put_policy(scaling, provisioned, **parameters)

    assert refused(call, **change)[0] == "ValidationException"


def test_a_policy_needs_a_target(scaling: Any, table: str) -> None:
    def call() -> Any:
        return put_policy(scaling, table)

    assert refused(call)[0] == "ObjectNotFoundException"


@pytest.mark.parametrize(
    "schedule", ["at(2020-01-01T00:00:00)", "every day", "cron(0 3 * * *)", "rate(0 minutes)"]
)
def test_wrong_schedules(scaling: Any, provisioned: str, schedule: str) -> None:
    scaling.register_scalable_target(**reads(provisioned), MinCapacity=5, MaxCapacity=50)
    refusal = refused(
        scaling.put_scheduled_action,
        **reads(provisioned),
        ScheduledActionName="wrong",
        Schedule=schedule,
        ScalableTargetAction={"MinCapacity": 1},
    )
    assert refusal[0] == "ValidationException"


@pytest.mark.parametrize("member", ["StartTime", "EndTime"])
def test_times_after_all_years(scaling: Any, provisioned: str, endpoint: str, member: str) -> None:
    """SDKs do not send them."""
    scaling.register_scalable_target(**reads(provisioned), MinCapacity=5, MaxCapacity=50)
    raw = Raw(endpoint)
    body = {
        **reads(provisioned),
        "ScheduledActionName": "late",
        "Schedule": "cron(0 12 * * ? *)",
        member: 1e12,
    }
    sent = json.dumps(body).encode()
    signed = sign(raw.host, "PutScheduledAction", sent, prefix="AnyScaleFrontendService")
    answer = raw.post(sent, signed)
    raw.close()
    assert (answer.status, answer.error) == (400, "ValidationException")


def test_pages_of_targets(scaling: Any, make_table: Callable[..., str]) -> None:
    five = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    tables = [make_table(ProvisionedThroughput=five) for _ in range(3)]
    for table in tables:
        scaling.register_scalable_target(**reads(table), MinCapacity=5, MaxCapacity=50)
    wanted = {
        "ServiceNamespace": "dynamodb",
        "ResourceIds": [f"table/{table}" for table in tables],
        "MaxResults": 2,
    }
    first = scaling.describe_scalable_targets(**wanted)
    second = scaling.describe_scalable_targets(**wanted, NextToken=first["NextToken"])
    assert (len(first["ScalableTargets"]), len(second["ScalableTargets"])) == (2, 1)
    assert refused(scaling.describe_scalable_targets, **wanted, NextToken="?")[0] == (
        "InvalidNextTokenException"
    )


def test_customized_metrics_are_checked_as_alarms(
    scaling: Any, cloudwatch: Any, provisioned: str
) -> None:
    scaling.register_scalable_target(**reads(provisioned), MinCapacity=5, MaxCapacity=50)
    metric = {"Metric": {"Namespace": "App", "MetricName": "Load"}, "Stat": "Average"}

    def put(expression: str) -> Any:
        queries = [
            {"Id": "m1", "MetricStat": metric, "ReturnData": False},
            {"Id": "e1", "Expression": expression},
        ]
        return put_policy(
            scaling,
            provisioned,
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 10.0,
                "CustomizedMetricSpecification": {"Metrics": queries},
            },
        )

    assert refused(put, expression="m1 +") == (
        "ValidationException",
        "Error in expression 'e1': The expression ends too early",
        400,
    )
    names = [alarm["AlarmName"] for alarm in put("m1 * 2")["Alarms"]]
    found = cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
    assert sorted((each["EvaluationPeriods"], each["Threshold"]) for each in found) == [
        (3, 10.0),
        (15, 9.0),
    ]
