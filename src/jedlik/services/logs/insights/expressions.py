"""compiled: from an expression to a function of a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jedlik.services.logs.insights import periods
from jedlik.services.logs.insights.aggregates import AGGREGATES, Aggregate, of_percent
from jedlik.services.logs.insights.faults import Malformed
from jedlik.services.logs.insights.functions import FUNCTIONS, LENIENT
from jedlik.services.logs.insights.parsing import regex
from jedlik.services.logs.insights.rows import Row
from jedlik.services.logs.insights.syntax import (
    Call,
    Everything,
    Expression,
    Field,
    Literal,
    Period,
    Regex,
)
from jedlik.services.logs.insights.values import DATE_MS_MAX, Time, is_true, number_of, text_of

Evaluate = Callable[[Row], Any]


def compiled(expression: Expression) -> Evaluate:
    """Raises Malformed."""
    if isinstance(expression, Field):
        name = expression.name
        return lambda row: row.get(name)
    if isinstance(expression, Literal):
        value = expression.value
        return lambda row: value
    if isinstance(expression, Call):
        return _call(expression)
    raise Malformed("a period, a regular expression or an asterisk is not expected here")


def _call(call: Call) -> Evaluate:
    if call.name in ("and", "or"):
        parts = [compiled(each) for each in call.arguments]
        if call.name == "and":
            return lambda row: all(is_true(part(row)) for part in parts)
        return lambda row: any(is_true(part(row)) for part in parts)
    if call.name == "like":
        return _like(*call.arguments)
    if call.name in ("bin", "datefloor", "dateceil"):
        return _of_period(call)
    if call.name in AGGREGATES or call.name == "pct":
        raise _wrong(call, f"the aggregate {call.name} is only for stats")
    function = FUNCTIONS.get(call.name)
    if function is None:
        raise _wrong(call, f"unknown function {call.name}")
    if not function.least <= len(call.arguments) <= function.most:
        raise _wrong(call, f"wrong number of arguments of {call.name}")
    arguments = [compiled(each) for each in call.arguments]
    apply, lenient = function.apply, call.name in LENIENT

    def evaluate(row: Row) -> Any:
        values = [each(row) for each in arguments]
        if not lenient and None in values:
            return None
        return apply(*values)

    return evaluate


def _like(value: Expression, pattern: Expression) -> Evaluate:
    left = compiled(value)
    if isinstance(pattern, Regex):
        search = regex(pattern.source).search

        def found(row: Row) -> bool:
            text = left(row)
            return text is not None and search(text_of(text)) is not None

        return found
    right = compiled(pattern)

    def contains(row: Row) -> bool:
        text, part = left(row), right(row)
        return text is not None and part is not None and text_of(part) in text_of(text)

    return contains


def _of_period(call: Call) -> Evaluate:
    """bin(5m) is datefloor(@timestamp, 5m)."""
    arguments = call.arguments
    if call.name == "bin" and len(arguments) == 1:
        arguments = (Field("@timestamp"), *arguments)
    if len(arguments) != 2 or not isinstance(arguments[1], Period):
        raise _wrong(call, f"{call.name} needs a period")
    period = arguments[1]
    periods.check(period)
    value = compiled(arguments[0])
    how = periods.ceiling if call.name == "dateceil" else periods.floor

    def evaluate(row: Row) -> Time | None:
        found = number_of(value(row))
        if found is None or not 0 <= found <= DATE_MS_MAX:
            return None
        return how(int(found), period)

    return evaluate


class Totals:
    """A column of `stats`: the aggregates in its expression, and what is made of their results.

    `new` makes the aggregates of one group, to be fed with `feed`; `result` is of those.
    """

    def __init__(self, expression: Expression) -> None:
        self._makers: list[Callable[[], Aggregate]] = []
        self._arguments: list[Evaluate] = []
        self._whole = compiled(self._without_aggregates(expression))
        if not self._makers:
            raise Malformed("stats needs an aggregate, such as count(*)")  # unverified

    def new(self) -> list[Aggregate]:
        return [make() for make in self._makers]

    def feed(self, aggregates: list[Aggregate], row: Row) -> None:
        at_ms = number_of(row.get("@timestamp"))
        for aggregate, argument in zip(aggregates, self._arguments, strict=True):
            aggregate.feed(argument(row), int(at_ms or 0))

    def result(self, aggregates: list[Aggregate]) -> Any:
        return self._whole(
            Row(None, {f"\0{i}": each.result() for i, each in enumerate(aggregates)})
        )

    def _without_aggregates(self, expression: Expression) -> Expression:
        if not isinstance(expression, Call):
            if isinstance(expression, Field):
                raise Malformed(f"{expression.name} is not in an aggregate")  # unverified
            return expression
        if expression.name == "pct" or expression.name in AGGREGATES:
            return self._aggregate(expression)
        arguments = tuple(self._without_aggregates(each) for each in expression.arguments)
        return Call(expression.name, arguments, expression.start, expression.end)

    def _aggregate(self, call: Call) -> Field:
        arguments = call.arguments
        if call.name == "pct":
            percent = arguments[1] if len(arguments) == 2 else None
            value = percent.value if isinstance(percent, Literal) else None
            if isinstance(value, str | bool | None) or not 0 <= value <= 100:
                raise _wrong(call, "pct needs a field and a percentage")
            make = of_percent(value)
        else:
            make = AGGREGATES[call.name]
            if call.name == "count" and (not arguments or arguments == (Everything(),)):
                arguments = (Literal(1),)
            if len(arguments) != 1:
                raise _wrong(call, f"wrong number of arguments of {call.name}")
        self._makers.append(make)
        self._arguments.append(compiled(arguments[0]))
        return Field(f"\0{len(self._makers) - 1}")


def extraction(source: Expression, pattern: str, names: tuple[str, ...]) -> Callable[[Row], None]:
    """Of `parse`: adds the fields that a pattern finds to a row. Its groups are named so, or are
    in the order of the names."""
    value, expression = compiled(source), regex(pattern)
    groups: tuple[str | int, ...] = (
        names if expression.groupindex else tuple(range(1, len(names) + 1))
    )

    def extract(row: Row) -> None:
        text = value(row)
        match = None if text is None else expression.search(text_of(text))
        if match is None:
            return
        for name, group in zip(names, groups, strict=True):
            if match[group] is not None:
                row.made[name] = match[group]

    return extract


def _wrong(call: Call, message: str) -> Malformed:
    return Malformed(message, call.start, call.end)
