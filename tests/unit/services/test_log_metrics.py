"""What metric filters make of events."""

from __future__ import annotations

from typing import Any

from jedlik.services.logs.filters import Came, MetricFilter, Place, count, measure
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.counts import Counts, Values
from jedlik.tables.database import Database

PLACE = Place("000000000000", "us-east-1", "/g", "s")


def counted(pattern: str, *messages: str, **more: Any) -> dict[tuple[str, ...], Values]:
    db = Database(MemoryEngine())
    told = {"value": "1", **more}
    each = MetricFilter(name="f", pattern=pattern, created_ms=0, metric="M", namespace="N", **told)
    measure(db, PLACE, [each], [Came(str(at), at, text) for at, text in enumerate(messages)])
    return {
        (what.metric, what.unit, *(f"{name}={value}" for name, value in what.dimensions)): values
        for what, values in Counts.of(db).drained()
    }


def test_matches_are_counted() -> None:
    assert counted("ERROR", "ERROR a", "INFO", "ERROR b", unit="Count") == {
        ("M", "Count"): Values(2, 2, 1, 1)
    }
    assert counted("ERROR", "INFO") == {}
    assert counted("ERROR", "INFO", default=0.0) == {("M", "None"): Values(1, 0, 0, 0)}


def test_values_and_dimensions_come_from_events() -> None:
    assert counted(
        "{ $.ms = * }",
        '{"ms": 3, "at": "/a"}',
        '{"ms": "5.5", "at": "/b"}',
        '{"ms": "slow", "at": "/b"}',
        value="$.ms",
        dimensions={"Path": "$.at"},
    ) == {
        ("M", "None", "Path=/a"): Values(1, 3, 3, 3),
        ("M", "None", "Path=/b"): Values(1, 5.5, 5.5, 5.5),
    }
    assert counted("[ip, size]", "a 7", "b x", value="$size") == {("M", "None"): Values(1, 7, 7, 7)}


def test_what_comes_in_is_counted() -> None:
    db = Database(MemoryEngine())
    count(db, PLACE, events=2, size=60)
    found = {
        (what.namespace, what.metric, what.dimensions): (what.unit, values)
        for what, values in Counts.of(db).drained()
    }
    assert found == {
        ("AWS/Logs", metric, of): (unit, Values(1, value, value, value))
        for of in ((("LogGroupName", "/g"),), ())
        for metric, unit, value in (
            ("IncomingLogEvents", "Count", 2),
            ("IncomingBytes", "Bytes", 60),
        )
    }
