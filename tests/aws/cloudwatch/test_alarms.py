"""Alarms: made, evaluated, set, told, deleted; composite ones; their history."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.aws.cloudwatch.conftest import eventually, refused

TOPIC = "arn:aws:sns:us-east-1:000000000000:nobody"


def parameters(name: str, namespace: str, **other: Any) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "Namespace": namespace,
        "MetricName": "Latency",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **other,
    }


def described(client: Any, name: str) -> dict[str, Any]:
    found = client.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (alarm,) = found["MetricAlarms"] + found["CompositeAlarms"]
    return alarm


def in_state(client: Any, name: str, state: str) -> dict[str, Any]:
    return eventually(lambda: described(client, name), lambda alarm: alarm["StateValue"] == state)


def put(client: Any, namespace: str, value: float) -> None:
    """The value in each of the last minutes, and in this one and the next."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    times = [now - timedelta(minutes=minutes) for minutes in range(-1, 7)]
    client.put_metric_data(
        Namespace=namespace,
        MetricData=[{"MetricName": "Latency", "Value": value, "Timestamp": at} for at in times],
    )


def test_an_alarm_is_told_as_it_was_put(
    any_cloudwatch: Any, namespace: str, fresh: Callable[[], str]
) -> None:
    name = fresh()
    given = parameters(
        name,
        namespace,
        AlarmDescription="what for",
        Dimensions=[{"Name": "Host", "Value": "a"}],
        AlarmActions=[TOPIC],
        DatapointsToAlarm=2,
        EvaluationPeriods=3,
        TreatMissingData="ignore",
    )
    any_cloudwatch.put_metric_alarm(**given)
    alarm = described(any_cloudwatch, name)
    assert {key: alarm[key] for key in given} == given
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"
    assert alarm["StateReason"] == "Unchecked: Initial alarm creation"
    assert alarm["AlarmArn"] == f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}"
    assert alarm["ActionsEnabled"] is True
    any_cloudwatch.delete_alarms(AlarmNames=[name])


def test_an_alarm_goes_off_and_remembers(
    cloudwatch: Any, namespace: str, fresh: Callable[[], str]
) -> None:
    name = fresh()
    put(cloudwatch, namespace, 10.0)
    cloudwatch.put_metric_alarm(
        **parameters(name, namespace, AlarmActions=[TOPIC], TreatMissingData="ignore")
    )
    alarm = in_state(cloudwatch, name, "ALARM")
    assert alarm["StateReason"].startswith(
        "Threshold Crossed: 1 out of the last 1 datapoints [10.0"
    )
    assert alarm["StateReason"].endswith(
        "was greater than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    data = json.loads(alarm["StateReasonData"])
    assert (data["statistic"], data["threshold"], data["recentDatapoints"]) == ("Sum", 5.0, [10.0])

    def history() -> list[dict[str, Any]]:
        return cloudwatch.describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]

    found = eventually(history, lambda items: len(items) == 3)
    assert [each["HistoryItemType"] for each in found] == [
        "Action",
        "StateUpdate",
        "ConfigurationUpdate",
    ]
    assert found[0]["HistorySummary"] == f"Failed to execute action {TOPIC}"
    assert found[1]["HistorySummary"] == "Alarm updated from INSUFFICIENT_DATA to ALARM"
    assert found[2]["HistorySummary"] == f'Alarm "{name}" created'
    first = cloudwatch.describe_alarm_history(AlarmName=name, MaxRecords=1)
    assert [each["HistoryItemType"] for each in first["AlarmHistoryItems"]] == ["Action"]
    assert "NextToken" in first
    cloudwatch.delete_alarms(AlarmNames=[name])


def test_an_alarm_over_an_expression(
    cloudwatch: Any, namespace: str, fresh: Callable[[], str]
) -> None:
    name = fresh()
    put(cloudwatch, namespace, 1.0)
    metric = {"Metric": {"Namespace": namespace, "MetricName": "Latency"}}
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        EvaluationPeriods=2,
        Threshold=100,
        ComparisonOperator="LessThanThreshold",
        Metrics=[
            {
                "Id": "m1",
                "MetricStat": {**metric, "Period": 60, "Stat": "Sum"},
                "ReturnData": False,
            },
            {"Id": "e1", "Expression": "m1 * 10"},
        ],
    )
    assert "datapoints [10.0" in in_state(cloudwatch, name, "ALARM")["StateReason"]
    cloudwatch.delete_alarms(AlarmNames=[name])


def test_a_set_state_lasts_until_the_next_evaluation(
    any_cloudwatch: Any, namespace: str, fresh: Callable[[], str]
) -> None:
    name = fresh()
    assert refused(
        any_cloudwatch.set_alarm_state, AlarmName=name, StateValue="OK", StateReason="x"
    ) == ("ResourceNotFound", "Alarm does not exist", 404)
    any_cloudwatch.put_metric_alarm(**parameters(name, namespace, TreatMissingData="ignore"))
    any_cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    alarm = described(any_cloudwatch, name)
    assert (alarm["StateValue"], alarm["StateReason"]) == ("ALARM", "a test")
    by_state = any_cloudwatch.describe_alarms(StateValue="ALARM", AlarmNamePrefix=name)
    assert [each["AlarmName"] for each in by_state["MetricAlarms"]] == [name]
    any_cloudwatch.delete_alarms(AlarmNames=[name])


@pytest.mark.parametrize("data", ["{", "[" * 300 + "]" * 300])
def test_reasons_that_no_history_can_tell(
    cloudwatch: Any, namespace: str, fresh: Callable[[], str], data: str
) -> None:
    name = fresh()
    cloudwatch.put_metric_alarm(**parameters(name, namespace))
    state = {"AlarmName": name, "StateValue": "ALARM", "StateReason": "x"}
    assert refused(cloudwatch.set_alarm_state, **state, StateReasonData=data) == (
        "InvalidFormat",
        "TemplateReasonData must be valid JSON",
        400,
    )
    cloudwatch.delete_alarms(AlarmNames=[name])


def test_a_composite_alarm_follows_its_rule(
    cloudwatch: Any, namespace: str, fresh: Callable[[], str]
) -> None:
    one, two, both = fresh(), fresh(), fresh()
    for name in (one, two):
        cloudwatch.put_metric_alarm(**parameters(name, namespace, TreatMissingData="ignore"))
    rule = f'ALARM("{one}") AND NOT (OK("{two}") OR INSUFFICIENT_DATA("{two}"))'
    cloudwatch.put_composite_alarm(AlarmName=both, AlarmRule=rule)
    in_state(cloudwatch, both, "OK")
    for name in (one, two):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    in_state(cloudwatch, both, "ALARM")
    children = cloudwatch.describe_alarms(ChildrenOfAlarmName=both)
    assert {each["AlarmName"] for each in children["MetricAlarms"]} == {one, two}
    parents = cloudwatch.describe_alarms(ParentsOfAlarmName=one)
    assert [each["AlarmName"] for each in parents["CompositeAlarms"]] == [both]
    cloudwatch.delete_alarms(AlarmNames=[both, one, two])


def test_alarms_are_paged_and_found_by_metric(
    cloudwatch: Any, namespace: str, fresh: Callable[[], str]
) -> None:
    stem = fresh()
    names = [f"{stem}-{number}" for number in range(3)]
    for name in names:
        cloudwatch.put_metric_alarm(**parameters(name, namespace))
    first = cloudwatch.describe_alarms(AlarmNamePrefix=stem, MaxRecords=2)
    rest = cloudwatch.describe_alarms(AlarmNamePrefix=stem, NextToken=first["NextToken"])
    found = [each["AlarmName"] for each in first["MetricAlarms"] + rest["MetricAlarms"]]
    assert found == names
    by_metric = cloudwatch.describe_alarms_for_metric(Namespace=namespace, MetricName="Latency")
    assert [each["AlarmName"] for each in by_metric["MetricAlarms"]] == names
    other = cloudwatch.describe_alarms_for_metric(
        Namespace=namespace, MetricName="Latency", Period=300
    )
    assert other["MetricAlarms"] == []
    cloudwatch.delete_alarms(AlarmNames=names)
    assert refused(cloudwatch.delete_alarms, AlarmNames=names)[0] == "ResourceNotFound"


def test_actions_are_switched_and_tags_kept(
    cloudwatch: Any, namespace: str, fresh: Callable[[], str]
) -> None:
    name = fresh()
    cloudwatch.put_metric_alarm(
        **parameters(name, namespace), Tags=[{"Key": "team", "Value": "blue"}]
    )
    arn = described(cloudwatch, name)["AlarmArn"]
    cloudwatch.disable_alarm_actions(AlarmNames=[name, "no such alarm"])
    assert described(cloudwatch, name)["ActionsEnabled"] is False
    cloudwatch.enable_alarm_actions(AlarmNames=[name])
    assert described(cloudwatch, name)["ActionsEnabled"] is True
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "stage", "Value": "x"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [
        {"Key": "stage", "Value": "x"}
    ]
    cloudwatch.delete_alarms(AlarmNames=[name])
    assert refused(cloudwatch.list_tags_for_resource, ResourceARN=arn)[0] == (
        "ResourceNotFoundException"
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Period": 45}, "InvalidParameterValue"),
        ({"Statistic": None}, "MissingParameter"),
        ({"ExtendedStatistic": "p99"}, "InvalidParameterCombination"),
        ({"TreatMissingData": "perhaps"}, "ValidationError"),
        ({"DatapointsToAlarm": 2}, "ValidationError"),
        ({"EvaluationPeriods": 1441}, "ValidationError"),
        ({"ComparisonOperator": "Above"}, "ValidationError"),
        ({"AlarmActions": ["mail me"]}, "ValidationError"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "ValidationError"),
    ],
)
def test_wrong_alarms_are_refused(
    cloudwatch: Any, namespace: str, change: dict[str, Any], code: str
) -> None:
    wrong = {**parameters("wrong", namespace), **change}
    wrong = {key: value for key, value in wrong.items() if value is not None}
    assert refused(cloudwatch.put_metric_alarm, **wrong)[0] == code


@pytest.mark.parametrize("rule", ["ALARM(", "MAYBE(a)", "TRUE AND", 'ALARM("no such alarm")'])
def test_wrong_rules_are_refused(cloudwatch: Any, rule: str) -> None:
    assert refused(cloudwatch.put_composite_alarm, AlarmName="wrong", AlarmRule=rule)[0] == (
        "ValidationError"
    )
