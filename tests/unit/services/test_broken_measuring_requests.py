"""Thousands of requests from the models of CloudWatch and Application Auto Scaling, many broken:
each is answered or refused, none is a fault of ours, and the workers take whatever was stored."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from jedlik.api import ApiError, load_registry
from jedlik.api.context import Context
from jedlik.api.operation import Operation
from jedlik.measuring import updater
from jedlik.services import applicationautoscaling, cloudwatch, dynamodb
from jedlik.settings import Settings
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.tables.model import KeyAttribute, KeySchema, Table, Throughput
from jedlik.workers.alarms import Alarms
from jedlik.workers.scaling import Scaling

REQUESTS = 3000
NOW_S = 1_800_000_000
TEXTS = {
    "Namespace": ["App", "AWS/DynamoDB", "AWS/App", ":x", "", "a" * 256],
    "MetricName": ["M", "N", "", "é", "ConsumedReadCapacityUnits"],
    "Expression": ["m1*2", "m1+m2", "SUM(METRICS())", "IF(m1>1,m1)", "FILL(m1,REPEAT)", "(((",
                   "SEARCH('{App} M','Sum',60)", "m9", "RATE(e1)", "1/0", "LAST(m1)^999"],
    "Id": ["m1", "m2", "e1", "E1", ""],
    "Stat": ["Sum", "p99", "tm(10%:90%)", "none", "pr(:1)", "iqm"],
    "ExtendedStatistic": ["p99", "x"],
    "AlarmName": ["a", "b", "c", "x\0y"],
    "AlarmRule": ["ALARM(a)", "ALARM(b) AND NOT OK(a)", "TRUE", "ALARM(", "AT_LEAST(1,OK,(a,c))"],
    "TreatMissingData": ["missing", "ignore", "breaching", "notBreaching", "x"],
    "DashboardBody": ['{"widgets":[]}', "{", "[]", '{"widgets":[1]}'],
    "NextToken": ["MQ==", "x", "é", "LTE="],
    "ServiceNamespace": ["dynamodb", "ecs"],
    "ResourceId": ["table/Music", "table/Music/index/x", "table/none", "x"],
    "ScalableDimension": ["dynamodb:table:ReadCapacityUnits", "dynamodb:index:ReadCapacityUnits"],
    "PolicyType": ["TargetTrackingScaling", "StepScaling"],
    "PredefinedMetricType": ["DynamoDBReadCapacityUtilization", "x"],
    "Schedule": ["rate(1 minute)", "cron(0 * * * ? *)", "at(2030-01-01T00:00:00)", "x",
                 "cron(0 0 31 2 ? *)", "at(9999-12-31T23:59:59)", "rate(999999 days)"],
    "Timezone": ["UTC", "Europe/Budapest", "Pacific/Kiritimati", "x"],
    "ResourceARN": ["arn:aws:cloudwatch:us-east-1:000000000000:alarm:a", "arn:aws:x", "x"],
}  # fmt: skip
NUMBERS = [0, 1, 2, 60, 300, 70.0, 0.5, -1, 1e300, 10**18, 3600]


class Requests:
    """Values for shapes, in most places sensible ones. broken: how often they are not."""

    def __init__(self, shapes: dict[str, Any], random: Random) -> None:
        self.shapes, self.r, self.broken = shapes, random, 0.0

    def value(self, name: str, member: str = "", depth: int = 0) -> Any:
        r, shape = self.r, self.shapes[name]
        if r.random() < self.broken:
            return r.choice([None, 1, "x", [], {}, True, -(2**70), [[]], {"a": None}])
        kind = shape["type"]
        if kind == "structure":
            found = {}
            for key, target in shape.get("members", {}).items():
                inner = target if isinstance(target, str) else target["shape"]
                if depth < 6 and (key in shape.get("required", ()) or r.random() < 0.45):
                    found[key] = self.value(inner, key, depth + 1)
            return found
        if kind in ("list", "map"):
            target = shape["member" if kind == "list" else "value"]
            inner = target if isinstance(target, str) else target["shape"]
            made = [self.value(inner, member, depth + 1) for _ in range(r.choice([0, 1, 1, 2, 3]))]
            return made if kind == "list" else {f"k{n}": each for n, each in enumerate(made)}
        if kind == "timestamp":
            return NOW_S + r.choice([0, -60, -300, -86400, 3600, -(10**10), 10**14, 0.5])
        if kind == "boolean":
            return r.random() < 0.5
        if kind in ("double", "float"):
            return r.choice([*NUMBERS, math.inf])
        if kind in ("integer", "long"):
            return r.choice([each for each in NUMBERS if isinstance(each, int)])
        if "enum" in shape and r.random() < 0.9 and member not in TEXTS:
            return r.choice(shape["enum"])
        return r.choice(TEXTS.get(member, TEXTS.get(name, ["a", "b", "", "x" * 300])))


@pytest.mark.parametrize("service", ["cloudwatch", "applicationautoscaling"])
async def test_no_request_is_a_fault(service: str) -> None:
    random = Random(5)
    db = Database(MemoryEngine())
    await db.open()
    keys = KeySchema((KeyAttribute("pk", "S"),))
    music = Table("000000000000", "us-east-1", "Music", keys, {"pk": "S"})
    await db.create_table(replace(music, billing="PROVISIONED", throughput=Throughput(5, 5)))
    registry = load_registry([dynamodb, cloudwatch, applicationautoscaling])
    requests = Requests(registry.services[service].model.shapes, random)
    scaling = Scaling(db, updater(db, registry, Settings(memory=True)))
    alarms = Alarms(db, scaling.act)
    operations = [*registry.operations(service).values()]
    accepted = 0
    for number in range(REQUESTS):
        operation = random.choice(operations)
        requests.broken = random.choice([0.0, 0.0, 0.03, 0.2])
        request = requests.value(operation.input.name) if operation.input.name else {}
        if not isinstance(request, dict):  # the protocols refuse it before
            continue
        accepted += await _answered(db, registry.services[service], operation, request)
        if number % 100 == 0:
            now_ms = NOW_S * 1000 + number * 1000
            await alarms.step(now_ms)
            await scaling.step(now_ms)
    assert accepted > REQUESTS / 50


async def _answered(db: Database, service: Any, operation: Operation, request: Any) -> bool:
    ctx = Context(db, "000000000000", "us-east-1", None, "test", NOW_S, Settings(memory=True))
    try:
        operation.check(request)
        await operation(ctx, request)
    except ApiError as refusal:
        assert refusal.status < 500, (operation.name, request)
        return False
    except Exception as fault:
        translated = service.translate(fault)
        assert translated is not None and translated.status < 500, (operation.name, request, fault)
        return False
    return True
