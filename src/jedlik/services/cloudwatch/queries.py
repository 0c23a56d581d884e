"""MetricDataQueries: what GetMetricData and alarms over expressions ask for, checked and answered.

queries ─▶ series of the metrics ─▶ searches ─▶ expressions, in the order of their needs
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jedlik.services.cloudwatch import limits
from jedlik.services.cloudwatch.errors import validation
from jedlik.services.cloudwatch.expressions import (
    BadExpression,
    Binary,
    Call,
    Listed,
    Negated,
    Node,
    calls_in,
    names_in,
    parse,
)
from jedlik.services.cloudwatch.insight_reports import periods_of as periods_with_keys
from jedlik.services.cloudwatch.insight_rules import key_rule
from jedlik.services.cloudwatch.metric_math import FUNCTIONS, evaluate, insight_of, search_of
from jedlik.services.cloudwatch.metric_names import metric_of
from jedlik.services.cloudwatch.operands import Scope, Series, Value
from jedlik.services.cloudwatch.search import parse_search
from jedlik.services.cloudwatch.series import is_period, periods_of, values_of
from jedlik.services.cloudwatch.statistics import statistic
from jedlik.tables.measurements import Measurements, Metric

Query = Mapping[str, Any]

ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
DEFAULT_PERIOD_S = 300
"""Of a SEARCH without one, unless the query has a Period."""
SEARCHED_MAX = 20_000
"""Metrics that one SEARCH looks at; ours."""


class Queries:
    """Checked queries of one request. Raises ApiError where one is wrong.

    Unverified: the texts of most refusals.
    """

    def __init__(self, queries: Sequence[Query], path: str = "MetricDataQueries") -> None:
        self.queries = queries
        self._trees: dict[str, Node] = {}
        ids = [query["Id"] for query in queries]
        for number, query in enumerate(queries, 1):
            here = f"{path}.member.{number}"
            if not ID.fullmatch(query["Id"]):
                raise validation(f"The value {query['Id']} for parameter {here}.Id is not matching "
                                 "the expected pattern ^[a-z][a-zA-Z0-9_]*$.")  # fmt: skip
            if ids.count(query["Id"]) > 1:
                raise validation("The values for parameter id in MetricDataQueries are not unique.")
            if ("MetricStat" in query) == ("Expression" in query):
                raise validation(
                    f"Exactly one of the parameters {here}.MetricStat and {here}.Expression must "
                    "be given."
                )
            if "MetricStat" in query:
                _check_stat(query["MetricStat"], f"{here}.MetricStat")
            else:
                self._trees[query["Id"]] = _tree(query, ids)
        _check_circles(self._trees)

    async def answer(
        self, measurements: Measurements, start_s: float, end_s: float
    ) -> dict[str, Value | BadExpression]:
        """The value of every query by its id, metrics as series; what is wrong with an expression
        that cannot be evaluated stands in its place."""
        metrics: dict[str, Series] = {}
        for query in self.queries:
            if "MetricStat" in query:
                stat = query["MetricStat"]
                metrics[query["Id"]] = await _read(
                    measurements,
                    metric_of(stat["Metric"]),
                    stat["Stat"],
                    stat["Period"],
                    stat.get("Unit"),
                    start_s,
                    end_s,
                )
            if sum(len(each.points) for each in metrics.values()) > limits.POINTS_COMPUTED_MAX:
                raise validation("The request reads too many data points.")
        values: dict[str, Value | BadExpression] = dict(metrics)
        known: dict[str, Value] = dict(metrics)
        for name in self._ordered():
            try:
                scope = Scope(
                    known,
                    metrics,
                    await self._searched(measurements, name, start_s, end_s),
                    int(start_s),
                    int(-(-end_s // 1)),
                    await self._insights(measurements, name, start_s, end_s),
                )
                values[name] = known[name] = evaluate(self._trees[name], scope)
            except BadExpression as wrong:
                values[name] = wrong
        return values

    def period_s(self, name: str) -> int:
        """The period that a query's values have as far as its text tells; 0: a SEARCH's."""
        query = next(query for query in self.queries if query["Id"] == name)
        if "MetricStat" in query:
            return int(query["MetricStat"]["Period"])
        below = [self.period_s(each) for each in names_in(self._trees[name])]
        return max(below, default=query.get("Period", 0))

    def _ordered(self) -> list[str]:
        """Expressions after those that they name."""
        found: list[str] = []

        def visit(name: str) -> None:
            if name in self._trees and name not in found:
                for below in sorted(names_in(self._trees[name])):
                    visit(below)
                found.append(name)

        for name in self._trees:
            visit(name)
        return found

    async def _searched(
        self, measurements: Measurements, name: str, start_s: float, end_s: float
    ) -> dict[tuple[str, str, int], list[Series]]:
        query = next(query for query in self.queries if query["Id"] == name)
        found = {}
        for call in _calls(self._trees[name], "SEARCH"):
            wanted = search_of(call)
            text, stat, given_s = wanted
            period_s = given_s or query.get("Period") or DEFAULT_PERIOD_S
            if statistic(stat) is None or not is_period(period_s):
                raise BadExpression(f"SEARCH has no statistic '{stat}' or period {period_s}")
            found[wanted] = [
                await _read(measurements, metric, stat, period_s, None, start_s, end_s)
                for metric in await _metrics_of(measurements, text)
            ]
        return found

    async def _insights(
        self, measurements: Measurements, name: str, start_s: float, end_s: float
    ) -> dict[tuple[str, str], Series]:
        """A rule that is not there (any more) has no data. Unverified."""
        query = next(query for query in self.queries if query["Id"] == name)
        period_s = query.get("Period") or DEFAULT_PERIOD_S
        found: dict[tuple[str, str], Series] = {}
        for call in _calls(self._trees[name], "INSIGHT_RULE_METRIC"):
            if period_s % 60:
                raise BadExpression("INSIGHT_RULE_METRIC needs a period of whole minutes")
            wanted = insight_of(call)
            rule = await key_rule(*measurements.place, wanted[0])
            points: dict[int, float] = {}
            if rule is not None:
                db = measurements.place[0]
                periods = await periods_with_keys(
                    db, rule, start_s // period_s * period_s, end_s, period_s
                )
                points = {begin: period.value(wanted[1]) for begin, period in periods.items()}
            found[wanted] = Series(wanted[0], period_s, points)
        return found


async def _metrics_of(measurements: Measurements, text: str) -> list[Metric]:
    search = parse_search(text)
    found: list[Metric] = []
    after, more, seen = None, True, 0
    while more and seen < SEARCHED_MAX and len(found) < limits.SEARCH_RESULTS_MAX:
        page, more = await measurements.registered(search.namespace, after=after)
        seen += len(page)
        found += [each.metric for each in page if search.matches(each.metric)]
        after = page[-1].sort if page else None
    return found[: limits.SEARCH_RESULTS_MAX]


async def _read(
    measurements: Measurements,
    metric: Metric,
    stat: str,
    period_s: int,
    unit: str | None,
    start_s: float,
    end_s: float,
) -> Series:
    wanted = statistic(stat)
    assert wanted is not None
    periods = await periods_of(
        measurements,
        metric,
        start_s=start_s // period_s * period_s,
        end_s=end_s,
        period_s=period_s,
        unit=unit,
        distributed=wanted.distributed,
    )
    properties = {
        "MetricName": metric.name,
        "Namespace": metric.namespace,
        "Stat": stat,
        "Period": str(period_s),
        **{f"Dim.{name}": value for name, value in metric.dimensions},
    }
    return Series(metric.name, period_s, values_of(periods, wanted), properties)


def _check_stat(stat: Query, path: str) -> None:
    metric_of(stat["Metric"])
    if not is_period(stat["Period"]):
        raise validation(
            f"The value {stat['Period']} for parameter {path}.Period is not matching the expected "
            "range: it must be 1, 5, 10, 20, 30, or a multiple of 60."
        )
    if statistic(stat["Stat"]) is None:
        raise validation(f"The value {stat['Stat']} for parameter {path}.Stat is not supported.")


def _tree(query: Query, ids: Sequence[str]) -> Node:
    name, text = query["Id"], query["Expression"]
    try:
        tree = parse(text)
        for call in _calls(tree, "SEARCH"):
            parse_search(search_of(call)[0])
        for call in _calls(tree, "INSIGHT_RULE_METRIC"):
            insight_of(call)
    except BadExpression as wrong:
        raise validation(f"Error in expression '{name}': {wrong}") from None
    unknown = sorted(calls_in(tree) - FUNCTIONS)
    if unknown:
        raise validation(f"Error in expression '{name}': Unsupported function {unknown[0]}")
    strangers = sorted(names_in(tree) - set(ids) - _WORDS)
    if strangers:
        raise validation(
            f"Error in expression '{name}': The id {strangers[0]} is not defined in the request"
        )
    return tree


_WORDS = {
    each
    for word in ("REPEAT", "LINEAR", "ASC", "DESC", "AVG", "MAX", "MIN", "SUM")
    for each in (word, word.lower())
}


def _check_circles(trees: Mapping[str, Node]) -> None:
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise validation(f"Error in expression '{name}': The expression refers to itself")
        if name in trees and name not in done:
            for below in names_in(trees[name]):
                visit(below, (*above, name))
            done.add(name)

    for name in trees:
        visit(name, ())


def _calls(node: Node, function: str) -> list[Call]:
    """The calls of a function in an expression."""
    if isinstance(node, Call):
        own = [node] if node.function == function else []
        return own + [call for each in node.arguments for call in _calls(each, function)]
    below: tuple[Node, ...] = ()
    if isinstance(node, Listed):
        below = node.items
    elif isinstance(node, Binary):
        below = (node.left, node.right)
    elif isinstance(node, Negated):
        below = (node.operand,)
    return [call for each in below for call in _calls(each, function)]
