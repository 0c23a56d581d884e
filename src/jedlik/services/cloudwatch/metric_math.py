"""Metric math: evaluates the trees of `expressions.py` over series.

A value is a scalar, a series, or a list of series. Signs work on pairs of them: a scalar with a
series goes to every data point, two series meet where both have one, a list is done series by
series (user guide, "Metric math syntax and functions"). `metric_functions.py` has the functions.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import replace

from jedlik.services.cloudwatch.expressions import (
    BadExpression,
    Binary,
    Call,
    Listed,
    Name,
    Negated,
    Node,
    Number,
    Text,
)
from jedlik.services.cloudwatch.metric_functions import (
    ALONG,
    ELEMENTWISE,
    REDUCING,
    SPECIAL,
    by_series,
    only,
    reduced,
)
from jedlik.services.cloudwatch.operands import Scope, Series, Value, finite, listed, mapped

INSIGHT_METRICS = (
    "UniqueContributors", "MaxContributorValue", "SampleCount", "Sum", "Minimum", "Maximum",
    "Average",
)  # fmt: skip


def evaluate(node: Node, scope: Scope) -> Value:
    """The value of an expression. Raises BadExpression."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Name):
        if node.value not in scope.values:
            raise BadExpression(f"Unknown id '{node.value}'")
        return scope.values[node.value]
    if isinstance(node, Listed):
        return [one for item in node.items for one in listed(evaluate(item, scope))]
    if isinstance(node, Negated):
        return _combined("-", 0.0, evaluate(node.operand, scope))
    if isinstance(node, Binary):
        return _combined(node.sign, evaluate(node.left, scope), evaluate(node.right, scope))
    return _call(node, scope)


# Signs


def _divided(left: float, right: float) -> float:
    return left / right if right else math.nan


def _power(left: float, right: float) -> float:
    try:
        found = left**right
    except (OverflowError, ZeroDivisionError):
        return math.nan
    return found if isinstance(found, float) else math.nan


SIGNS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "^": _power,
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    "<": lambda left, right: float(left < right),
    ">": lambda left, right: float(left > right),
    "<=": lambda left, right: float(left <= right),
    ">=": lambda left, right: float(left >= right),
    "AND": lambda left, right: float(bool(left) and bool(right)),
    "OR": lambda left, right: float(bool(left) or bool(right)),
}


def _combined(sign: str, left: Value, right: Value) -> Value:
    return _paired(SIGNS[sign], left, right)


def _paired(act: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if isinstance(left, str) or isinstance(right, str):
        raise BadExpression("A text cannot be calculated with")
    if isinstance(left, list):
        if isinstance(right, list):
            raise BadExpression("Two lists of time series cannot be combined")
        return [_series(_paired(act, each, right)) for each in left]
    if isinstance(right, list):
        return [_series(_paired(act, left, each), like=each) for each in right]
    if isinstance(left, Series) and isinstance(right, Series):
        there = right.points
        points = {at: act(value, there[at]) for at, value in left.points.items() if at in there}
        return replace(left, points=finite(points))
    if isinstance(left, Series):
        assert isinstance(right, (int, float))
        return mapped(left, lambda value: act(value, right))
    if isinstance(right, Series):
        return mapped(right, lambda value: act(left, value))
    return act(left, right)


def _series(value: Value, like: Series | None = None) -> Series:
    assert isinstance(value, Series)
    return value if like is None else replace(value, label=like.label, properties=like.properties)


# Calls


def _call(node: Call, scope: Scope) -> Value:
    if node.function == "SEARCH":
        return scope.searched[search_of(node)]
    if node.function == "INSIGHT_RULE_METRIC":
        return scope.insights[insight_of(node)]
    if node.function == "METRICS":
        return _metrics(node, scope)
    arguments = [
        # FILL(m1, REPEAT): a word, not an id.
        word if (word := _word(node, number, each)) else evaluate(each, scope)
        for number, each in enumerate(node.arguments)
    ]
    if node.function in ELEMENTWISE:
        act = ELEMENTWISE[node.function]
        return by_series(only(node, arguments), lambda series: mapped(series, act), act)
    if node.function in ALONG:
        along = ALONG[node.function]
        return by_series(only(node, arguments), along, None)
    if node.function in REDUCING:
        return reduced(REDUCING[node.function], only(node, arguments))
    special = SPECIAL.get(node.function)
    if special is None:
        raise BadExpression(f"The function {node.function} is not supported")
    return special(node, arguments, scope)


_SORTED_BY = ("AVG", "MAX", "MIN", "SUM", "ASC", "DESC")
_WORDS = {
    ("FILL", 1): ("REPEAT", "LINEAR"),
    ("SORT", 1): _SORTED_BY,
    ("SORT", 2): _SORTED_BY,
}


def _word(node: Call, number: int, argument: Node) -> str:
    """A word that a function takes as such."""
    allowed = _WORDS.get((node.function, number), ())
    if isinstance(argument, Name) and argument.value.upper() in allowed:
        return argument.value.upper()
    return ""


def _metrics(node: Call, scope: Scope) -> Value:
    """METRICS(): all metrics of the request; METRICS("text"): those with the text in their id."""
    if not node.arguments:
        return [*scope.metrics.values()]
    only = node.arguments[0]
    if len(node.arguments) != 1 or not isinstance(only, Text):
        raise BadExpression("METRICS takes one text")
    return [series for name, series in scope.metrics.items() if only.value in name]


def search_of(node: Call) -> tuple[str, str, int]:
    """Expression, statistic and period of a SEARCH call; period 0: not given."""
    texts = [each.value for each in node.arguments if isinstance(each, Text)]
    numbers = [int(each.value) for each in node.arguments if isinstance(each, Number)]
    if len(texts) != 2 or len(texts) + len(numbers) != len(node.arguments) or len(numbers) > 1:
        raise BadExpression("SEARCH needs an expression, a statistic and perhaps a period")
    return texts[0], texts[1], numbers[0] if numbers else 0


def insight_of(node: Call) -> tuple[str, str]:
    """Rule and metric of an INSIGHT_RULE_METRIC call."""
    texts = [each.value for each in node.arguments if isinstance(each, Text)]
    if len(texts) != 2 or len(node.arguments) != 2 or texts[1] not in INSIGHT_METRICS:
        raise BadExpression("INSIGHT_RULE_METRIC needs a rule and one of its metrics")
    return texts[0], texts[1]


FUNCTIONS = frozenset(
    (*ELEMENTWISE, *ALONG, *REDUCING, *SPECIAL, "METRICS", "SEARCH", "INSIGHT_RULE_METRIC")
)
