"""The worker that evaluates alarms, with the clock in hand: actions, their repetition, suppressors,
alarms that cannot be judged, and history that is forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from jedlik.api import load_registry
from jedlik.api.context import Context
from jedlik.services import cloudwatch
from jedlik.services.cloudwatch.limits import HISTORY_ITEMS_MAX, HISTORY_S
from jedlik.services.cloudwatch.records import AlarmRecord
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.aggregates import of_values
from jedlik.tables.database import Database
from jedlik.tables.measurements import Measurements, Metric, Sample
from jedlik.workers.alarms import Alarms

BEGIN_MS = 1_800_000_000_000 // 60_000 * 60_000
TOPIC = "arn:aws:sns:us-east-1:000000000000:t"
SCALE = "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:x:resource/dynamodb/table/a"
ARN = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:"


class World:
    def __init__(self) -> None:
        self.ms = BEGIN_MS
        self.db = Database(MemoryEngine(), clock=self)
        self.registry = load_registry([cloudwatch])
        self.done: list[tuple[str, str, int]] = []
        self.alarms = Alarms(self.db, self.act)

    def now_ms(self) -> int:
        return self.ms

    async def act(self, alarm: AlarmRecord, arn: str, now_s: float) -> str:
        self.done.append((alarm.name, arn, (self.ms - BEGIN_MS) // 1000))
        return ""

    async def call(self, name: str, **request: Any) -> Any:
        operation = self.registry.operation("cloudwatch", name)
        assert operation is not None
        operation.check(request)
        ctx = Context(self.db, "000000000000", "us-east-1", None, "test", self.ms / 1000)
        return await operation(ctx, request)

    async def put_alarm(self, name: str, **other: Any) -> None:
        await self.call(
            "PutMetricAlarm",
            **{
                "AlarmName": name,
                "Namespace": "App",
                "MetricName": name,
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 5.0,
                "ComparisonOperator": "GreaterThanThreshold",
                "TreatMissingData": "ignore",
                **other,
            },
        )

    async def set_state(self, name: str, state: str) -> None:
        await self.call("SetAlarmState", AlarmName=name, StateValue=state, StateReason="a test")

    async def measure(self, name: str, value: float, *, ago_s: int = 0) -> None:
        at_s = self.ms // 1000 - ago_s
        sample = Sample(Metric("App", name), at_s, of_values([(value, 1.0)]))
        store = Measurements(self.db, "000000000000", "us-east-1")
        await store.add([sample], self.ms / 1000)

    async def seconds(self, count: int) -> None:
        for _ in range(count):
            self.ms += 1000
            while await self.alarms.step(self.ms):
                pass

    async def state(self, name: str) -> str:
        answer = await self.call(
            "DescribeAlarms", AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        (alarm,) = answer["MetricAlarms"] + answer["CompositeAlarms"]
        return str(alarm["StateValue"])

    async def history(self, name: str, kind: str) -> list[str]:
        answer = await self.call("DescribeAlarmHistory", AlarmName=name, HistoryItemType=kind)
        return [each["HistorySummary"] for each in answer["AlarmHistoryItems"]]


@pytest.fixture
async def world() -> World:
    found = World()
    await found.db.open()
    return found


async def test_a_minute_is_judged_when_it_is_over(world: World) -> None:
    await world.put_alarm("a", AlarmActions=[TOPIC], OKActions=[TOPIC + "2"])
    await world.seconds(5)
    await world.measure("a", 10.0)
    await world.seconds(54)
    assert await world.state("a") == "INSUFFICIENT_DATA"
    await world.seconds(10)
    assert await world.state("a") == "ALARM"
    await world.measure("a", 1.0)
    await world.seconds(60)
    assert await world.state("a") == "OK"
    assert [(name, arn) for name, arn, _ in world.done] == [("a", TOPIC), ("a", TOPIC + "2")]
    assert await world.history("a", "StateUpdate") == [
        "Alarm updated from ALARM to OK",
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
    ]
    assert await world.history("a", "Action") == [
        f"Successfully executed action {TOPIC}2",
        f"Successfully executed action {TOPIC}",
    ]


async def test_a_setting_says_how_often_alarms_are_judged(world: World) -> None:
    """A value that came late is seen by the next evaluation, and scaling goes on as often."""
    world.alarms = Alarms(world.db, world.act, interval_s=5)
    await world.put_alarm("a", AlarmActions=[SCALE])
    await world.seconds(70)
    await world.measure("a", 10.0, ago_s=60)
    assert await world.state("a") == "INSUFFICIENT_DATA"
    await world.seconds(5)
    assert await world.state("a") == "ALARM"
    done = len(world.done)
    await world.seconds(20)
    assert len(world.done) == done + 4


async def test_scaling_actions_are_repeated_every_minute_others_are_not(world: World) -> None:
    await world.put_alarm("a", AlarmActions=[TOPIC, SCALE])
    await world.set_state("a", "ALARM")
    await world.seconds(130)
    assert [arn for _, arn, _ in world.done] == [TOPIC, SCALE, SCALE, SCALE]
    await world.set_state("a", "OK")
    await world.seconds(130)
    assert len(world.done) == 4


async def test_disabled_actions_are_not_done(world: World) -> None:
    await world.put_alarm("a", AlarmActions=[TOPIC], ActionsEnabled=False)
    await world.set_state("a", "ALARM")
    await world.seconds(5)
    assert world.done == []


async def test_actions_survive_a_restart(world: World) -> None:
    """A transition is stored with its actions; another process does them."""
    await world.put_alarm("a", AlarmActions=[TOPIC])
    await world.set_state("a", "ALARM")
    world.alarms = Alarms(world.db, world.act)
    await world.seconds(3)
    assert [arn for _, arn, _ in world.done] == [TOPIC]


async def composite(world: World) -> None:
    for name in ("cause", "quiet"):
        await world.put_alarm(name)
    await world.call(
        "PutCompositeAlarm",
        AlarmName="all",
        AlarmRule="ALARM(cause)",
        AlarmActions=[TOPIC],
        ActionsSuppressor=f"{ARN}quiet",
        ActionsSuppressorWaitPeriod=20,
        ActionsSuppressorExtensionPeriod=30,
    )
    await world.seconds(2)


async def test_a_suppressor_that_stays_away_only_delays(world: World) -> None:
    await composite(world)
    await world.set_state("cause", "ALARM")
    await world.seconds(15)
    assert await world.state("all") == "ALARM"
    assert world.done == []
    await world.seconds(10)
    assert [(name, arn) for name, arn, _ in world.done] == [("all", TOPIC)]


async def test_a_suppressor_holds_back_and_a_while_longer(world: World) -> None:
    await composite(world)
    await world.set_state("quiet", "ALARM")
    await world.set_state("cause", "ALARM")
    await world.seconds(100)
    answer = await world.call("DescribeAlarms", AlarmNames=["all"], AlarmTypes=["CompositeAlarm"])
    assert answer["CompositeAlarms"][0]["ActionsSuppressedBy"] == "Alarm"
    await world.set_state("quiet", "OK")
    await world.seconds(25)
    assert world.done == []
    await world.seconds(10)
    assert [(name, arn) for name, arn, _ in world.done] == [("all", TOPIC)]


async def test_an_alarm_that_cannot_be_judged_leaves_the_others_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jedlik.workers import alarms

    judged = alarms.points_of

    async def broken(measurements: Any, config: Any, now_s: float) -> Any:
        if config["MetricName"] == "a":
            raise ArithmeticError
        return await judged(measurements, config, now_s)

    monkeypatch.setattr(alarms, "points_of", broken)
    for name in "ab":
        await world.put_alarm(name, TreatMissingData="breaching")
    await world.seconds(2)
    assert (await world.state("a"), await world.state("b")) == ("INSUFFICIENT_DATA", "ALARM")


async def test_history_is_forgotten(world: World) -> None:
    await world.put_alarm("a")
    for number in range(HISTORY_ITEMS_MAX + 5):
        await world.set_state("a", "OK" if number % 2 else "ALARM")
    await world.seconds(1)
    kept = await world.db.catalog.get("internal", "everywhere", "cloudwatch")
    assert (await world.db.engine.stats(kept.space)).rows == HISTORY_ITEMS_MAX + 1  # and the alarm
    world.ms += (HISTORY_S + 3600) * 1000
    await world.seconds(1)
    assert (await world.db.engine.stats(kept.space)).rows == 1
