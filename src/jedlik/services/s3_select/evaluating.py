"""Makes functions of a Query: from a record to what is selected of it. Raises Fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jedlik.services.s3_select.faults import Fault, bad_arguments
from jedlik.services.s3_select.functions import FUNCTIONS
from jedlik.services.s3_select.syntax import (
    WILDCARD,
    Aggregate,
    Call,
    Expression,
    Item,
    Literal,
    Missing,
    Name,
    Path,
    Query,
)
from jedlik.services.s3_select.values import MISSING, arithmetic, as_number, compare, widened


class Single(dict[str, Any]):
    """A row that is one plain value, called by the last step of FROM's path; empty for MISSING."""

    __slots__ = ()


Evaluate = Callable[[Any], Any]
Row = list[tuple[str, Any]]
"""Names and values of a result."""


class Selection:
    """A query over records, one after the other."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._aggregates: list[Running] = []
        self._where = self._compiled(query.where) if query.where is not None else None
        self._items = (
            None
            if query.items is None
            else [(_item_name(n, item), self._compiled(item.expression))
                  for n, item in enumerate(query.items, 1)]
        )  # fmt: skip
        self._left = query.limit

    @property
    def is_over(self) -> bool:
        """No further record can matter."""
        return self._left == 0

    def rows(self, record: Any) -> Iterator[Any]:
        """What comes of a record: rows of items, or with "*" the row itself."""
        for row in _below(record, self._query.source):
            if self.is_over:
                return
            if self._where is not None and self._where(row) is not True:
                continue
            if self._aggregates:
                for each in self._aggregates:
                    each.add(row)
                continue
            if self._left is not None:
                self._left -= 1
            yield row if self._items is None else self._row(row)

    def last(self) -> Row | None:
        """What aggregates amount to."""
        if not self._aggregates or self.is_over:
            return None
        return self._row(None)

    def _row(self, row: Any) -> Row:
        assert self._items is not None
        return [(name, value(row)) for name, value in self._items]

    def _compiled(self, node: Expression) -> Evaluate:
        if isinstance(node, Literal):
            value = node.value
            return lambda _: value
        if isinstance(node, Missing):
            return lambda _: MISSING
        if isinstance(node, Path):
            return _path(node.steps, self._query.aliases)
        if isinstance(node, Aggregate):
            running = Running(node.name, None if node.arg is None else self._compiled(node.arg))
            self._aggregates.append(running)
            return lambda _: running.result()
        assert isinstance(node, Call)
        args = [self._compiled(arg) for arg in node.args]
        lazy = _LAZY.get(node.name)
        if lazy is not None:
            return lazy(args)
        return _strict(FUNCTIONS[node.name], args)


class Running:
    """An aggregate on its way."""

    def __init__(self, name: str, arg: Evaluate | None) -> None:
        self._name = name
        self._arg = arg
        self._count = 0
        self._value: Any = None

    def add(self, row: Any) -> None:
        if self._arg is None:
            self._count += 1
            return
        value = self._arg(row)
        if value is None or value is MISSING:
            return
        self._count += 1
        if self._name == "COUNT":
            return
        if self._name in ("SUM", "AVG"):
            number = as_number(value)
            if number is None:
                raise bad_arguments(self._name)
            self._value = number if self._value is None else arithmetic("+", self._value, number)
        elif self._value is None or compare(value, self._value) == (
            -1 if self._name == "MIN" else 1
        ):
            self._value = value

    def result(self) -> Any:
        if self._name == "COUNT":
            return self._count
        if self._name == "AVG" and self._value is not None:
            return arithmetic("/", widened(self._value), self._count)
        return self._value


def _item_name(place: int, item: Item) -> str:
    return item.name if item.name is not None else f"_{place}"


def _below(record: Any, source: tuple[Any, ...]) -> Iterator[Any]:
    """The rows of a record: itself, or what FROM's path finds in it."""
    if source and source[0] is WILDCARD:
        source = source[1:]  # the records of an object
    if not source:
        yield record
        return
    yield from _found(record, source, 0)


def _found(value: Any, steps: tuple[Any, ...], at: int) -> Iterator[Any]:
    if at == len(steps):
        # A field at the end is a row with that field alone.
        last = steps[-1]
        if isinstance(last, Name) and not isinstance(value, dict):
            yield Single() if value is MISSING else Single({last.text: value})
        elif value is not MISSING:
            yield value
        return
    step = steps[at]
    if step is WILDCARD:
        inside = value if isinstance(value, list) else []
        if isinstance(value, dict):
            inside = list(value.values()) if at else [value]
        for each in inside:
            yield from _found(each, steps, at + 1)
        return
    yield from _found(_step(value, step), steps, at + 1)


def _step(value: Any, step: Any) -> Any:
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and step < len(value) else MISSING
    if not isinstance(value, Mapping):
        return MISSING
    found = value.get(step.text, MISSING)
    if found is MISSING and not step.exact:
        low = step.text.lower()
        alike = [key for key in value if key.lower() == low]
        if len(alike) > 1:
            raise Fault("AmbiguousFieldName", "Field name matches to multiple fields in the file. "
                        "Check the SQL expression and the file, and try again.")  # fmt: skip
        found = value[alike[0]] if alike else MISSING
    return found


def _path(steps: tuple[Any, ...], aliases: frozenset[str]) -> Evaluate:
    first = steps[0]
    if isinstance(first, Name) and first.text.lower() in aliases:
        rest = steps[1:]

        def from_alias(row: Any) -> Any:
            if not rest and isinstance(row, Single):
                return next(iter(row.values()), MISSING)
            # A column may be called as the alias is.
            if not rest and isinstance(row, Mapping):
                own = _step(row, first)
                if own is not MISSING:
                    return own
            return _walk(row, rest)

        return from_alias
    return lambda row: _walk(row, steps)


def _walk(value: Any, steps: tuple[Any, ...]) -> Any:
    for place, step in enumerate(steps):
        if step is WILDCARD:
            if not isinstance(value, list):
                return MISSING
            found = [_walk(each, steps[place + 1 :]) for each in value]
            return [each for each in found if each is not MISSING]
        value = _step(value, step)
        if value is MISSING:
            return MISSING
    return value


# Operators and functions


def _strict(function: Callable[..., Any], args: list[Evaluate]) -> Evaluate:
    """NULL of NULL, MISSING of MISSING."""

    def evaluate(row: Any) -> Any:
        values = [arg(row) for arg in args]
        for value in values:
            if value is MISSING:
                return MISSING
        if None in [None if value is None else 0 for value in values]:
            return None
        return function(*values)

    return evaluate


def _decided_by(decisive: bool) -> Callable[[list[Evaluate]], Evaluate]:
    """AND is decided by one that is false, OR by one that is true."""

    def combined(args: list[Evaluate]) -> Evaluate:
        left, right = args

        def evaluate(row: Any) -> Any:
            first = left(row)
            if first is decisive:
                return decisive
            second = right(row)
            if second is decisive:
                return decisive
            both = isinstance(first, bool) and isinstance(second, bool)
            return not decisive if both else None

        return evaluate

    return combined


def _in(args: list[Evaluate]) -> Evaluate:
    subject, *choices = args

    def evaluate(row: Any) -> Any:
        value = subject(row)
        if value is None or value is MISSING:
            return value
        unknown = False
        for choice in choices:
            other = choice(row)
            if other is None or other is MISSING:
                unknown = True
            elif compare(value, other) == 0:
                return True
        return None if unknown else False

    return evaluate


def _case(args: list[Evaluate]) -> Evaluate:
    def evaluate(row: Any) -> Any:
        for at in range(0, len(args) - 1, 2):
            if args[at](row) is True:
                return args[at + 1](row)
        return args[-1](row)

    return evaluate


def _coalesce(args: list[Evaluate]) -> Evaluate:
    def evaluate(row: Any) -> Any:
        for arg in args:
            value = arg(row)
            if value is not None and value is not MISSING:
                return value
        return None

    return evaluate


def _nullif(args: list[Evaluate]) -> Evaluate:
    def evaluate(row: Any) -> Any:
        left, right = args[0](row), args[1](row)
        if left is None or left is MISSING or right is None or right is MISSING:
            return left
        return None if compare(left, right) == 0 else left

    return evaluate


def _like(args: list[Evaluate]) -> Evaluate:
    subject, pattern, escape = args
    known: dict[tuple[str, Any], re.Pattern[str]] = {}

    def evaluate(row: Any) -> Any:
        value, text, mark = subject(row), pattern(row), escape(row)
        if value is None or text is None or value is MISSING or text is MISSING:
            return MISSING if MISSING in (value, text) else None
        if not all(isinstance(each, str) for each in (value, text, "" if mark is None else mark)):
            raise _bad_like()
        compiled = known.get((text, mark))
        if compiled is None:
            compiled = _like_pattern(text, mark)
            if len(known) < 100:
                known[text, mark] = compiled
        return compiled.fullmatch(value) is not None

    return evaluate


def _like_pattern(text: str, escape: Any) -> re.Pattern[str]:
    if escape is not None and len(escape) != 1:
        raise _bad_like()
    segments, at = [""], 0
    while at < len(text):
        each = text[at]
        if each == escape and at + 1 < len(text):
            at += 1
            segments[-1] += re.escape(text[at])
        elif each == "%":
            segments.append("")
        else:
            segments[-1] += "." if each == "_" else re.escape(each)
        at += 1
    first, *middle = segments
    if not middle:
        return re.compile(first, re.S)
    last = middle.pop()
    # What stands between two wildcards is taken where it first is, for good: nothing backtracks.
    inner = "".join(f"(?>.*?{each})" for each in middle if each)
    return re.compile(f"{first}{inner}.*{last}", re.S)


def _bad_like() -> Fault:
    return Fault(
        "LikeInvalidInputs", "Invalid argument given to the LIKE clause in the SQL expression."
    )


def _is_null(args: list[Evaluate]) -> Evaluate:
    return lambda row: (value := args[0](row)) is None or value is MISSING


def _is_missing(args: list[Evaluate]) -> Evaluate:
    return lambda row: args[0](row) is MISSING


_LAZY: dict[str, Callable[[list[Evaluate]], Evaluate]] = {
    "and": _decided_by(False), "or": _decided_by(True), "in": _in, "case": _case, "like": _like,
    "COALESCE": _coalesce, "NULLIF": _nullif, "is_null": _is_null, "is_missing": _is_missing,
}  # fmt: skip
