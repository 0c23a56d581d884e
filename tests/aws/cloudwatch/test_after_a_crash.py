"""What was answered is on disk: metrics and alarms after kill -9. Owns a server, to kill it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.aws.cloudwatch.conftest import eventually
from tests.support.server import Server


def test_metrics_and_alarms_are_there_again(tmp_path: Path) -> None:
    at = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=2)
    wanted = {"Namespace": "Kept", "MetricName": "M"}
    with Server("--data", str(tmp_path / "data")) as server:
        before = server.client("cloudwatch")
        for value in (1.0, 2.0, 3.0):
            datum = {"MetricName": "M", "Value": value, "Timestamp": at}
            before.put_metric_data(Namespace="Kept", MetricData=[datum])
        before.put_metric_alarm(
            **wanted,
            AlarmName="a",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="breaching",
        )
        server.kill()
        server.restart()
        after = server.client("cloudwatch")
        (point,) = after.get_metric_statistics(
            **wanted,
            StartTime=at,
            EndTime=at + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum", "SampleCount"],
            ExtendedStatistics=["p50"],
        )["Datapoints"]
        assert (point["Sum"], point["SampleCount"]) == (6.0, 3.0)
        assert point["ExtendedStatistics"] == {"p50": 2.0}
        eventually(
            lambda: after.describe_alarms(AlarmNames=["a"])["MetricAlarms"][0]["StateValue"],
            lambda state: state == "ALARM",
        )
