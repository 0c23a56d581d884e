"""Pipeline: the commands of a query, each a stage into which rows are pushed, the newest first.

Most stages pass a row on or keep it; `sort` and `stats` have all of them first. So what a query
holds in memory is its groups, or what it sorts, and its result.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from jedlik.services.logs.insights.aggregates import Aggregate
from jedlik.services.logs.insights.expressions import Evaluate, Totals, compiled, extraction
from jedlik.services.logs.insights.faults import Malformed
from jedlik.services.logs.insights.rows import Event, Row
from jedlik.services.logs.insights.syntax import (
    Column,
    Command,
    Dedup,
    Display,
    Field,
    Fields,
    Filter,
    Limit,
    Parse,
    Sort,
    Stats,
)
from jedlik.services.logs.insights.values import is_true, sort_key, text_of

Push = Callable[[Row], None]
DEFAULT = ("@timestamp", "@message")
"""What is shown of events where no command says it. Unverified."""


RESULT_CHARS_MAX = 64 << 20
"""Of a whole result; ours."""


class Stage:
    """Takes rows, and gives some to the next."""

    then: Stage

    def push(self, row: Row) -> None:
        self.then.push(row)

    def end(self) -> None:
        self.then.end()


class Pipeline:
    """limit: rows of the result at most. matched: rows that came past all filters before the first
    command that needs them together."""

    def __init__(self, commands: Sequence[Command], limit: int) -> None:
        self.result: list[list[tuple[str, str]]] = []
        self._shown = _Shown(commands)
        stages = [_stage(command) for command in commands if not isinstance(command, Display)]
        gate = next((i for i, each in enumerate(stages) if not _is_gate(each)), len(stages))
        self._matched = _Matched()
        stages.insert(gate, self._matched)
        stages += [_Limit(limit), _End(self._shown, self.result)]
        for one, other in pairwise(stages):
            one.then = other
            if isinstance(one, _Sort) and isinstance(other, _Limit):
                one.keep(other.count)
        self._first = stages[0]

    def push(self, event: Event) -> None:
        self._first.push(Row(event))

    def end(self) -> None:
        self._first.end()

    @property
    def matched(self) -> int:
        return self._matched.count


def _is_gate(stage: Stage) -> bool:
    return isinstance(stage, _Fields | _Filter | _Parse)


def _stage(command: Command) -> Stage:
    if isinstance(command, Fields):
        return _Fields(command)
    if isinstance(command, Filter):
        return _Filter(compiled(command.condition))
    if isinstance(command, Sort):
        return _Sort([(compiled(key), descending) for key, descending in command.keys])
    if isinstance(command, Limit):
        return _Limit(command.count)
    if isinstance(command, Dedup):
        return _Dedup([compiled(each) for each in command.fields])
    if isinstance(command, Stats):
        return _Stats(command)
    assert isinstance(command, Parse)
    return _Parse(extraction(command.source, command.pattern, command.names))


class _Matched(Stage):
    count = 0

    def push(self, row: Row) -> None:
        self.count += 1
        self.then.push(row)


class _Fields(Stage):
    """Makes the fields that have other names than what they are made of."""

    def __init__(self, command: Fields) -> None:
        self._made = [
            (each.name, compiled(each.expression))
            for each in command.columns
            if each.expression != Field(each.name)
        ]

    def push(self, row: Row) -> None:
        for name, evaluate in self._made:
            row.made[name] = evaluate(row)
        self.then.push(row)


class _Filter(Stage):
    def __init__(self, condition: Evaluate) -> None:
        self._condition = condition

    def push(self, row: Row) -> None:
        if is_true(self._condition(row)):
            self.then.push(row)


class _Parse(Stage):
    def __init__(self, extract: Callable[[Row], None]) -> None:
        self._extract = extract

    def push(self, row: Row) -> None:
        self._extract(row)
        self.then.push(row)


class _Limit(Stage):
    def __init__(self, count: int) -> None:
        self.count = count
        self._passed = 0

    def push(self, row: Row) -> None:
        if self._passed < self.count:
            self._passed += 1
            self.then.push(row)


class _Dedup(Stage):
    """The first row of each combination; rows that lack one of the fields stay (user guide)."""

    def __init__(self, fields: Sequence[Evaluate]) -> None:
        self._fields = fields
        self._seen: set[tuple[str, ...]] = set()

    def push(self, row: Row) -> None:
        values = [each(row) for each in self._fields]
        if None not in values:
            key = tuple(text_of(each) for each in values)
            if key in self._seen:
                return
            self._seen.add(key)
        self.then.push(row)


class _Descending:
    """Turns the order of a key round."""

    __slots__ = ("key",)

    def __init__(self, key: Any) -> None:
        self.key = key

    def __lt__(self, other: _Descending) -> bool:
        return bool(other.key < self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and bool(self.key == other.key)

    def __hash__(self) -> int:
        return hash(self.key)


class _Sort(Stage):
    """Stable. Where only the first rows are wanted, it keeps no more than a few times as many."""

    def __init__(self, keys: Sequence[tuple[Evaluate, bool]]) -> None:
        self._keys = keys
        self._rows: list[tuple[Any, int, Row]] = []
        self._count = 0
        self._kept: int | None = None

    def keep(self, count: int) -> None:
        self._kept = count

    def push(self, row: Row) -> None:
        key = [
            _Descending(sort_key(each(row))) if descending else sort_key(each(row))
            for each, descending in self._keys
        ]
        self._rows.append((key, self._count, row))
        self._count += 1
        if self._kept is not None and len(self._rows) >= 2 * self._kept + 1000:
            self._rows = heapq.nsmallest(self._kept, self._rows)

    def end(self) -> None:
        for _, _, row in sorted(self._rows):
            self.then.push(row)
        self._rows = []
        self.then.end()


class _Stats(Stage):
    def __init__(self, command: Stats) -> None:
        self._by = [(each.name, compiled(each.expression)) for each in command.by]
        self._columns = [(each.name, Totals(each.expression)) for each in command.columns]
        self._groups: dict[tuple[str | None, ...], tuple[list[Any], list[list[Aggregate]]]] = {}

    def push(self, row: Row) -> None:
        values = [evaluate(row) for _, evaluate in self._by]
        key = tuple(None if each is None else text_of(each) for each in values)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = (values, [column.new() for _, column in self._columns])
        for (_, column), aggregates in zip(self._columns, group[1], strict=True):
            column.feed(aggregates, row)

    def end(self) -> None:
        if not self._by and not self._groups:  # of nothing, there is a count, too
            self._groups[()] = ([], [column.new() for _, column in self._columns])
        for values, totals in self._groups.values():
            made = {name: value for (name, _), value in zip(self._by, values, strict=True)}
            for (name, column), aggregates in zip(self._columns, totals, strict=True):
                made[name] = column.result(aggregates)
            self.then.push(Row(None, made))
        self._groups = {}
        self.then.end()


class _Shown:
    """Which fields are shown: of the last `display`, or all that commands have named."""

    def __init__(self, commands: Sequence[Command]) -> None:
        named: list[Column] = []
        self._pointed = True
        for command in commands:
            if isinstance(command, Stats):
                named = [Column(each.name, Field(each.name)) for each in command.by]
                named += [Column(each.name, Field(each.name)) for each in command.columns]
                self._pointed = False
            elif isinstance(command, Fields):
                named += [Column(each.name, Field(each.name)) for each in command.columns]
            elif isinstance(command, Parse):
                named += [Column(name, Field(name)) for name in command.names]
        displayed = [each.columns for each in commands if isinstance(each, Display)]
        if displayed:
            named = list(displayed[-1])
        elif not any(isinstance(each, Fields | Stats) for each in commands):
            named = [Column(name, Field(name)) for name in DEFAULT] + named
        if any(each.name == "" for each in named):
            raise Malformed("a field needs a name")
        self._columns = [
            (name, compiled(expression))
            for name, expression in {each.name: each.expression for each in named}.items()
        ]

    def of(self, row: Row) -> list[tuple[str, str]]:
        shown = [(name, evaluate(row)) for name, evaluate in self._columns]
        told = [(name, text_of(value)) for name, value in shown if value is not None]
        if self._pointed and row.event is not None and ("@ptr" not in dict(told)):
            told.append(("@ptr", row.event.pointer))
        return told


class _End(Stage):
    def __init__(self, shown: _Shown, result: list[list[tuple[str, str]]]) -> None:
        self._shown = shown
        self._result = result
        self._size = 0

    def push(self, row: Row) -> None:
        shown = self._shown.of(row)
        self._size += sum(len(value) for _, value in shown)
        if self._size > RESULT_CHARS_MAX:
            raise MemoryError
        self._result.append(shown)

    def end(self) -> None:
        pass
