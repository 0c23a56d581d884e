"""States of alarms: the user guide's tables of missing data, rules of composite alarms, and the
schedules of auto scaling."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from jedlik.services.applicationautoscaling.schedules import BadSchedule, parse_schedule
from jedlik.services.cloudwatch.alarm_rules import BadRule, parse_rule
from jedlik.services.cloudwatch.alarm_states import judge

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def states(points: str, needed: int, periods: int = 3) -> list[str | None]:
    """The state for each treatment; points: the evaluation range, `0` fine, `X` breaching, `-`."""
    values = [{"0": 0.0, "X": 1.0, "-": None}[each] for each in points.split()]
    config: dict[str, Any] = {
        "EvaluationPeriods": periods,
        "DatapointsToAlarm": needed,
        "Threshold": 0.5,
        "ComparisonOperator": "GreaterThanThreshold",
        "Statistic": "Sum",
        "Period": 60,
    }
    given = [(number * 60, value) for number, value in enumerate(values)]
    return [judge({**config, "TreatMissingData": each}, given, 600).state for each in TREATMENTS]


NOTHING = ["INSUFFICIENT_DATA", None, "ALARM", "OK"]


@pytest.mark.parametrize(
    ("points", "needed", "expected"),
    [
        # User guide, "Configuring how CloudWatch alarms treat missing data": three out of three
        ("0 - X - X", 3, ["OK", "OK", "OK", "OK"]),
        ("0 - - - -", 3, ["OK", "OK", "OK", "OK"]),
        ("- - - - -", 3, NOTHING),
        ("0 X X - X", 3, ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("- - X - -", 3, ["ALARM", None, "ALARM", "OK"]),
        # two out of three
        ("0 - X - X", 2, ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("0 0 X 0 X", 2, ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("- - - - 0", 2, ["OK", None, "ALARM", "OK"]),
        ("- - - X -", 2, ["ALARM", None, "ALARM", "OK"]),
    ],
)
def test_missing_data(points: str, needed: int, expected: list[str | None]) -> None:
    assert states(points, needed) == expected


def test_reasons_are_amazon_s() -> None:
    config: dict[str, Any] = {
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Statistic": "Average",
        "Period": 60,
    }
    assert judge(config, [(0, 0.5)], 60).reason == (
        "Threshold Crossed: 1 datapoint [0.5 (01/01/70 00:00:00)] was not greater than or equal to "
        "the threshold (1.0)."
    )
    assert judge(config, [(0, 2.0)], 60).reason == (
        "Threshold Crossed: 1 out of the last 1 datapoints [2.0 (01/01/70 00:00:00)] was greater "
        "than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    assert judge(config, [(0, None)], 60).reason == "Insufficient Data: 1 datapoint was unknown."
    assert judge({**config, "TreatMissingData": "breaching"}, [(0, None)], 60).reason == (
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was "
        "treated as [Breaching]."
    )


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("ALARM(a)", True),
        ('OK("b b")', True),
        ("ALARM(a) AND ALARM(c)", False),
        ("ALARM(a) AND NOT ALARM(c)", True),
        ("ALARM(c) OR (TRUE AND NOT FALSE)", True),
        ("ALARM(c) OR ALARM(a) AND FALSE", False),
        ("ALARM(arn:aws:cloudwatch:us-east-1:000000000000:alarm:a)", True),
        ("INSUFFICIENT_DATA(c)", True),
        ('AT_LEAST(1, ALARM, (a, "b b", c))', True),
        ('AT_LEAST(50%, ALARM, (a, "b b", c))', False),
        ('AT_LEAST(2, NOT OK, (a, "b b", c))', True),
        ("OK(nobody)", False),
    ],
)
def test_rules(rule: str, holds: bool) -> None:
    known = {"a": "ALARM", "b b": "OK", "c": "INSUFFICIENT_DATA"}
    assert parse_rule(rule).holds(known) is holds


@pytest.mark.parametrize("rule", ["", "ALARM", "ALARM()", "a", "ALARM(a) ALARM(b)", "(" * 99])
def test_what_is_no_rule(rule: str) -> None:
    with pytest.raises(BadRule):
        parse_rule(rule)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "expected"),
    [
        ("at(2026-11-22T10:00:00)", "UTC", "2026-11-22T09:59:59", "2026-11-22T10:00:00"),
        ("at(2026-11-22T10:00:00)", "America/New_York", "2026-11-22T10:00:00",
         "2026-11-22T15:00:00"),
        ("at(2026-11-22T10:00:00)", "UTC", "2026-11-22T10:00:00", None),
        ("rate(5 minutes)", "UTC", "2026-11-22T00:07:00", "2026-11-22T00:10:00"),
        ("rate(1 day)", "UTC", "2026-11-22T00:07:00", "2026-11-23T00:00:00"),
        ("cron(0 3 * * ? *)", "UTC", "2026-11-22T03:00:00", "2026-11-23T03:00:00"),
        ("cron(0/15 8-17 ? * MON-FRI *)", "UTC", "2026-11-20T17:45:00", "2026-11-23T08:00:00"),
        ("cron(0 9 L * ? *)", "UTC", "2026-11-30T10:00:00", "2026-12-31T09:00:00"),
        ("cron(0 9 ? * 6#3 *)", "UTC", "2026-11-01T00:00:00", "2026-11-20T09:00:00"),
        ("cron(0 9 ? * 6L *)", "UTC", "2026-11-01T00:00:00", "2026-11-27T09:00:00"),
        ("cron(0 9 15W * ? *)", "UTC", "2026-11-01T00:00:00", "2026-11-16T09:00:00"),
        ("cron(30 2 * * ? *)", "Europe/Budapest", "2026-03-28T12:00:00", "2026-03-30T00:30:00"),
        ("cron(0 0 1 1 ? 2020)", "UTC", "2026-11-22T00:00:00", None),
    ],
)  # fmt: skip
def test_schedules(schedule: str, zone: str, after: str, expected: str | None) -> None:
    parsed = parse_schedule(schedule, zone, at("2026-11-22T00:00:00"))
    assert parsed.next_after(at(after)) == (at(expected) if expected else None)


@pytest.mark.parametrize(
    ("schedule", "zone"),
    [
        ("at(tomorrow)", "UTC"),
        ("rate(1 week)", "UTC"),
        ("cron(61 * * * ? *)", "UTC"),
        ("cron(0 0 * * * *)", "UTC"),
        ("cron(0 0 ? * ? *)", "UTC"),
        ("cron(0 0 * * ?)", "UTC"),
        ("cron(5-1 0 * * ? *)", "UTC"),
        ("cron(*/0 0 * * ? *)", "UTC"),
        ("cron(0 3 * * ? *)", "Middle/Earth"),
        ("cron(0 3 * * ? *)", "../../etc/passwd"),
    ],
)
def test_what_is_no_schedule(schedule: str, zone: str) -> None:
    with pytest.raises(BadSchedule):
        parse_schedule(schedule, zone, at("2026-11-22T00:00:00"))
