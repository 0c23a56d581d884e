"""Auto scaling under a load curve, with the clock in hand: metrics, alarms and UpdateTable are the
real ones; only time is not."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from jedlik.api import load_registry
from jedlik.api.context import Context
from jedlik.measuring import updater
from jedlik.services import applicationautoscaling, cloudwatch, dynamodb
from jedlik.settings import Settings
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.aggregates import of_statistics
from jedlik.tables.database import Database
from jedlik.tables.measurements import Measurements, Metric, Sample
from jedlik.workers.alarms import Alarms
from jedlik.workers.metric_publisher import MetricPublisher
from jedlik.workers.scaling import Scaling

ACCOUNT, REGION = "000000000000", "us-east-1"
NOON_MS = 1_800_000_000_000 // 60_000 * 60_000
STEP_MS = 10_000
READS = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/Music",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
}
UTILIZATION = {
    "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}
}


class World:
    """A table, its load in read units per second, and the workers that follow it."""

    def __init__(self) -> None:
        self.ms = NOON_MS
        self.load: float | None = 0.0
        self.db = Database(MemoryEngine(), clock=self)
        self.registry = load_registry([dynamodb, cloudwatch, applicationautoscaling])
        self.scaling = Scaling(self.db, updater(self.db, self.registry, Settings(memory=True)))
        self.alarms = Alarms(self.db, self.scaling.act)
        self.publisher = MetricPublisher(self.db)

    def now_ms(self) -> int:
        return self.ms

    async def call(self, service: str, name: str, **request: Any) -> Any:
        operation = self.registry.operation(service, name)
        assert operation is not None
        operation.check(request)
        ctx = Context(self.db, ACCOUNT, REGION, None, "test", self.ms / 1000, Settings(memory=True))
        answer = await operation(ctx, request)
        return orjson.loads(answer) if isinstance(answer, bytes) else answer

    async def open(self, units: int, *, least: int = 5, most: int = 100, **policy: Any) -> None:
        await self.db.open()
        await self.call(
            "dynamodb",
            "CreateTable",
            TableName="Music",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            ProvisionedThroughput={"ReadCapacityUnits": units, "WriteCapacityUnits": 1},
        )
        await self.call(
            "applicationautoscaling",
            "RegisterScalableTarget",
            **READS,
            MinCapacity=least,
            MaxCapacity=most,
        )
        await self.call(
            "applicationautoscaling",
            "PutScalingPolicy",
            **READS,
            PolicyName="follow",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={"TargetValue": 70.0, **UTILIZATION, **policy},
        )

    async def minutes(self, count: int) -> None:
        """Let so many minutes go by, measured and evaluated."""
        for _ in range(count):
            minute_s = self.ms // 1000
            for _ in range(60_000 // STEP_MS):
                self.ms += STEP_MS
                if self.ms % 60_000 == 0 and self.load is not None:
                    await self.measure(minute_s, self.load * 60)
                await self.publisher.step(self.ms)
                while await self.alarms.step(self.ms):
                    pass
                await self.scaling.step(self.ms)

    async def measure(self, at_s: int, units: float) -> None:
        metric = Metric("AWS/DynamoDB", "ConsumedReadCapacityUnits", (("TableName", "Music"),))
        aggregate = of_statistics(count=60.0, sum=units, low=0.0, high=units)
        sample = Sample(metric, at_s, aggregate, "Count")
        await Measurements(self.db, ACCOUNT, REGION).add([sample], self.ms / 1000)

    async def units(self) -> int:
        table = await self.db.catalog.get(ACCOUNT, REGION, "Music")
        return table.throughput.read_units

    async def activities(self) -> list[dict[str, Any]]:
        """The oldest first."""
        answer = await self.call(
            "applicationautoscaling", "DescribeScalingActivities", ServiceNamespace="dynamodb"
        )
        return list(reversed(answer["ScalingActivities"]))


@pytest.fixture
def world() -> World:
    return World()


async def test_capacity_follows_a_load_curve(world: World) -> None:
    await world.open(units=5)
    world.load = 3.0  # 60 %: neither above 70 nor below 50
    await world.minutes(20)
    assert await world.units() == 5
    world.load = 35.0
    await world.minutes(2)
    assert await world.units() == 5  # one minute of the two is not over when it is looked at
    await world.minutes(1)
    assert await world.units() == 50  # 35 units are 70 % of 50
    world.load = 90.0
    await world.minutes(3)
    assert await world.units() == 100  # 129 would be needed; the maximum holds
    world.load = 7.0
    await world.minutes(14)
    assert await world.units() == 100  # not before 15 minutes below half
    await world.minutes(3)
    assert await world.units() == 10
    world.load = 0.5
    await world.minutes(18)
    assert await world.units() == 5  # the minimum
    told = [(each["Description"], each["StatusCode"]) for each in await world.activities()]
    assert told == [
        ("Setting read capacity units to 50.", "Successful"),
        ("Setting read capacity units to 100.", "Successful"),
        ("Setting read capacity units to 10.", "Successful"),
        ("Setting read capacity units to 5.", "Successful"),
    ]
    cause = (await world.activities())[0]["Cause"]
    assert cause.startswith("monitor alarm TargetTracking-table/Music-AlarmHigh-")
    assert cause.endswith(" in state ALARM triggered policy follow")


async def test_one_busy_minute_is_not_enough(world: World) -> None:
    await world.open(units=5)
    world.load = 50.0
    await world.minutes(1)
    world.load = 3.0
    await world.minutes(10)
    assert await world.units() == 5


async def test_a_table_without_traffic_is_not_scaled_in(world: World) -> None:
    """DynamoDB publishes nothing then, and an alarm without data does not go off."""
    await world.open(units=50)
    world.load = None
    await world.minutes(30)
    assert await world.units() == 50


async def test_scaling_in_can_be_disabled(world: World) -> None:
    await world.open(units=50, DisableScaleIn=True)
    world.load = 1.0
    await world.minutes(30)
    assert await world.units() == 50
    answer = await world.call(
        "applicationautoscaling", "DescribeScalingPolicies", ServiceNamespace="dynamodb"
    )
    kinds = [each["AlarmName"] for each in answer["ScalingPolicies"][0]["Alarms"]]
    assert not any("AlarmLow" in name for name in kinds)


async def test_cooldowns_and_suspension_hold_back(world: World) -> None:
    await world.open(units=5, ScaleOutCooldown=600)
    world.load = 14.0
    await world.minutes(3)
    assert await world.units() == 20
    world.load = 28.0
    await world.minutes(5)
    assert await world.units() == 20
    await world.minutes(6)
    assert await world.units() == 40
    await world.call(
        "applicationautoscaling",
        "RegisterScalableTarget",
        **READS,
        SuspendedState={"DynamicScalingOutSuspended": True},
    )
    world.load = 56.0
    await world.minutes(15)
    assert await world.units() == 40


async def test_the_day_s_decreases_end_scaling_in_and_are_told(world: World) -> None:
    """Four decreases at will, then one an hour (developer guide, "Service quotas")."""
    await world.open(units=100, least=1)
    for load in (28.0, 14.0, 7.0, 3.5, 1.75):
        world.load = load
        await world.minutes(19)
    found = await world.activities()
    assert [each["StatusCode"] for each in found].count("Successful") == 4
    assert found[-1]["StatusCode"] == "Failed"
    assert "Provisioned throughput decreases are limited" in found[-1]["StatusMessage"]
    before = await world.units()
    await world.minutes(60)
    assert await world.units() < before


async def test_alarms_follow_a_capacity_that_somebody_changed(world: World) -> None:
    await world.open(units=50)
    await world.call(
        "dynamodb",
        "UpdateTable",
        TableName="Music",
        ProvisionedThroughput={"ReadCapacityUnits": 20, "WriteCapacityUnits": 1},
    )
    await world.call("dynamodb", "PutItem", TableName="Music", Item={"pk": {"S": "a"}})
    world.load = None
    await world.minutes(20)
    answer = await world.call("cloudwatch", "DescribeAlarms", AlarmNamePrefix="TargetTracking")
    thresholds = {
        each["AlarmName"].split("-")[2]: each["Threshold"] for each in answer["MetricAlarms"]
    }
    assert thresholds == {
        "AlarmHigh": 840.0,
        "AlarmLow": 600.0,
        "ProvisionedCapacityHigh": 20.0,
        "ProvisionedCapacityLow": 20.0,
    }


async def test_scheduled_bounds_come_and_go_in_their_time_zone(world: World) -> None:
    await world.open(units=5)
    world.load = None
    for name, hour, least in (("open", 10, 30), ("close", 11, 5)):
        await world.call(
            "applicationautoscaling",
            "PutScheduledAction",
            **READS,
            ScheduledActionName=name,
            Schedule=f"cron(0 {hour} * * ? *)",
            Timezone="Europe/Budapest",  # an hour before UTC in January
            ScalableTargetAction={"MinCapacity": least, "MaxCapacity": 100},
        )
    assert NOON_MS // 1000 % 86400 == 8 * 3600
    await world.minutes(59)
    assert await world.units() == 5
    await world.minutes(2)
    assert await world.units() == 30
    await world.minutes(60)
    answer = await world.call(
        "applicationautoscaling", "DescribeScalableTargets", ServiceNamespace="dynamodb"
    )
    assert answer["ScalableTargets"][0]["MinCapacity"] == 5


async def test_what_dynamodb_served_is_published_by_the_minute(world: World) -> None:
    await world.open(units=5)
    world.load = None
    item = {"pk": {"S": "a"}}
    await world.publisher.step(world.ms)
    for _ in range(3):
        await world.call("dynamodb", "PutItem", TableName="Music", Item=item)
    await world.call("dynamodb", "GetItem", TableName="Music", Key=item, ConsistentRead=True)
    await world.minutes(1)
    begin_s = NOON_MS // 1000
    for name, units in (("ConsumedWriteCapacityUnits", 3.0), ("ConsumedReadCapacityUnits", 1.0)):
        answer = await world.call(
            "cloudwatch",
            "GetMetricStatistics",
            Namespace="AWS/DynamoDB",
            MetricName=name,
            Dimensions=[{"Name": "TableName", "Value": "Music"}],
            StartTime=begin_s,
            EndTime=begin_s + 60,
            Period=60,
            Statistics=["Sum"],
        )
        assert answer["Datapoints"] == [{"Timestamp": begin_s, "Sum": units, "Unit": "Count"}]
