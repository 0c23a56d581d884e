"""Metric math, SEARCH and statistics: what expressions come to."""

from __future__ import annotations

import math
from typing import Any

import pytest

from jedlik.services.cloudwatch.expressions import BadExpression, parse
from jedlik.services.cloudwatch.metric_math import evaluate
from jedlik.services.cloudwatch.operands import Scope, Series
from jedlik.services.cloudwatch.search import parse_search
from jedlik.services.cloudwatch.statistics import statistic
from jedlik.tables.aggregates import of_values
from jedlik.tables.measurements import Metric

M1 = Series("m1", 60, {0: 1.0, 60: 2.0, 120: 4.0, 240: 8.0})
M2 = Series("m2", 60, {0: 10.0, 60: 20.0, 120: 0.0, 180: 5.0})
SCOPE = Scope({"m1": M1, "m2": M2}, {"m1": M1, "m2": M2}, {}, 0, 300)


def value(text: str) -> Any:
    found = evaluate(parse(text), SCOPE)
    if isinstance(found, Series):
        return found.points
    return [each.points for each in found] if isinstance(found, list) else found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 ^ 2", 19.0),
        ("-(2 - 5) / 2", 1.5),
        ("m1 * 10", {0: 10.0, 60: 20.0, 120: 40.0, 240: 80.0}),
        ("m1 + m2", {0: 11.0, 60: 22.0, 120: 4.0}),
        ("m1 / m2", {0: 0.1, 60: 0.1}),  # divided by zero: left out
        ("m1 > 1 AND m2 > 1", {0: 0.0, 60: 1.0, 120: 0.0}),
        ("m1 == 1 || m1 == 8", {0: 1.0, 60: 0.0, 120: 0.0, 240: 1.0}),
        ("SUM(m1)", 15.0),
        ("AVG(m1)", 3.75),
        ("MIN(m1) + MAX(m1)", 9.0),
        ("DATAPOINT_COUNT(m1)", 4.0),
        ("STDDEV(m1)", math.sqrt(7.1875)),
        ("SUM([m1, m2])", {0: 11.0, 60: 22.0, 120: 4.0, 180: 5.0, 240: 8.0}),
        ("MAX(METRICS())", {0: 10.0, 60: 20.0, 120: 4.0, 180: 5.0, 240: 8.0}),
        ('SUM(METRICS("m2"))', {0: 10.0, 60: 20.0, 120: 0.0, 180: 5.0}),
        ("METRICS() * 2", [{0: 2.0, 60: 4.0, 120: 8.0, 240: 16.0},
                           {0: 20.0, 60: 40.0, 120: 0.0, 180: 10.0}]),
        ("PERIOD(m1)", 60.0),
        ("RATE(m1)", {60: 1 / 60, 120: 2 / 60, 240: 4 / 120}),
        ("DIFF(m1)", {60: 1.0, 120: 2.0, 240: 4.0}),
        ("DIFF_TIME(m1)", {60: 60.0, 120: 60.0, 240: 120.0}),
        ("RUNNING_SUM(m1)", {0: 1.0, 60: 3.0, 120: 7.0, 240: 15.0}),
        ("FILL(m1, 0)", {0: 1.0, 60: 2.0, 120: 4.0, 180: 0.0, 240: 8.0}),
        ("FILL(m1, REPEAT)", {0: 1.0, 60: 2.0, 120: 4.0, 180: 4.0, 240: 8.0}),
        ("FILL(m1, LINEAR)", {0: 1.0, 60: 2.0, 120: 4.0, 180: 6.0, 240: 8.0}),
        ("FILL(m1, m2)", {0: 1.0, 60: 2.0, 120: 4.0, 180: 5.0, 240: 8.0}),
        ("IF(m1 > 1, m1)", {60: 2.0, 120: 4.0, 240: 8.0}),
        ("IF(m1 > 2, 1, 0)", {0: 0.0, 60: 0.0, 120: 1.0, 240: 1.0}),
        ("IF(m1 > 1, m1, m2)", {0: 10.0, 60: 2.0, 120: 4.0, 240: 8.0}),
        ("FIRST(METRICS())", {0: 1.0, 60: 2.0, 120: 4.0, 240: 8.0}),
        ("LAST(m1)", 8.0),
        ("SLICE(METRICS(), 1)", {0: 10.0, 60: 20.0, 120: 0.0, 180: 5.0}),
        ("SORT(METRICS(), MAX, DESC, 1)", [{0: 10.0, 60: 20.0, 120: 0.0, 180: 5.0}]),
        ("METRIC_COUNT(METRICS())", 2.0),
        ("ABS(-m1)", {0: 1.0, 60: 2.0, 120: 4.0, 240: 8.0}),
        ("CEIL(1.2) + FLOOR(1.8)", 3.0),
        ("LOG10(m2)", {0: 1.0, 60: math.log10(20), 180: math.log10(5)}),
        ("TIME_SERIES(3)", {0: 3.0, 60: 3.0, 120: 3.0, 180: 3.0, 240: 3.0}),
        ("EPOCH(m1)", {0: 0.0, 60: 60.0, 120: 120.0, 240: 240.0}),
        ("DAY(m1)", {0: 4.0, 60: 4.0, 120: 4.0, 240: 4.0}),  # 1970 began on a Thursday
        ("REMOVE_EMPTY([m1])", [{0: 1.0, 60: 2.0, 120: 4.0, 240: 8.0}]),
    ],
)  # fmt: skip
def test_expressions(text: str, expected: Any) -> None:
    found = value(text)
    if isinstance(expected, list):
        assert found == [pytest.approx(each) for each in expected]
    else:
        assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    "text",
    ["", "m1 +", "(m1", "m1)", "SUM(m1", "m1 m2", "IF(m1)", "'text' + 1", "METRICS() + METRICS()",
     "FILL(m1)", "SORT(METRICS(), MEDIAN, ASC)", "$", "(" * 60 + "1" + ")" * 60,
     "^".join("2" * 80), "NOSUCH(m1)", "RATE(1)"],
)  # fmt: skip
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(BadExpression):
        value(text)


TABLE = Metric("AWS/DynamoDB", "ConsumedReadCapacityUnits", (("TableName", "prodOrders"),))


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("{AWS/DynamoDB,TableName}", True),
        ("{AWS/DynamoDB}", False),
        ("{AWS/DynamoDB,TableName,Operation}", False),
        ('MetricName="ConsumedReadCapacityUnits"', True),
        ('MetricName="ConsumedRead"', False),
        ("MetricName=Read", True),
        ('{AWS/DynamoDB,TableName} TableName="prodOrders" Read', True),
        ("prod NOT test", True),
        ("NOT orders", False),
        ("(test OR stage OR prod) AND read", True),
        ("test OR stage", False),
        ("", True),
    ],
)
def test_searches(text: str, matches: bool) -> None:
    assert parse_search(text).matches(TABLE) is matches


def test_statistics_of_a_distribution() -> None:
    hundred = of_values([(float(number), 1.0) for number in range(1, 101)])
    for name, expected in (
        ("p50", 50.0), ("p99.9", 100.0), ("p0", 1.0), ("tm90", 45.5), ("tm(10%:90%)", 50.5),
        ("ts(10%:90%)", 4040.0), ("tc(10%:90%)", 80.0), ("pr(:50)", 50.0), ("pr(10:20)", 10.0),
        ("iqm", 50.5), ("wm(10%:90%)", 50.5), ("Average", 50.5),
    ):  # fmt: skip
        found = statistic(name)
        assert found is not None
        assert found.of(hundred) == pytest.approx(expected), name
    for name in ("p101", "q50", "tm(90%:10%)", "pr(10%:20%)", "", "sum"):
        assert statistic(name) is None, name
