"""Each valid request with one member broken: of another JSON type, missing, too long, too many.

These find the errors of shape (SerializationException) and of constraint (the joined
"n validation errors detected"). Dynalite's answers carry AWS's own texts here; DynamoDB Local
words most of them in its own way.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.differential.suite import Step, Suite
from tests.differential.suites import requests

DEPTH_MAX = 7
# Broken forms of a member; each is a value to put in its place.
FOR_ANY: list[Any] = [None, "x", "", 1, -1, 1.5, True, [], {}, ["x"], [1], {"x": 1}, [None], [[]]]
FOR_TEXT: list[Any] = ["a" * 300, "é", "a b", "x" * 70000]
FOR_NUMBER: list[Any] = [0, 2**31, 2**63, 10**20, 1e300, "1", 1_000_001]


def suites() -> list[Suite]:
    return [_suite(operation) for operation in requests.valid("x")]


def _suite(operation: str) -> Suite:
    name = f"shape-{operation}"

    def steps(_: Random) -> Iterator[Step]:
        for base in requests.valid(name)[operation]:
            yield Step(operation, base)
            for broken in _broken(base):
                yield Step(operation, broken)
            yield from _pairs(operation, base)
        for sent in (
            b"",
            b"[]",
            b"null",
            b"1",
            b'"a"',
            b"{",
            b"{}",
            b'{"a":1,}',
            b"\xff\xfe",
            b"{}x",
        ):
            yield Step(operation, sent)

    classic = operation in requests.CLASSIC
    peer = "dynalite" if classic else "local"
    return Suite(name, requests.tables(name), steps, peer=peer, texts=classic)


def _broken(base: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in _paths(base, ()):
        old = _at(base, path)
        yield _without(base, path)
        forms = list(FOR_ANY)
        if isinstance(old, str):
            forms += FOR_TEXT
        elif isinstance(old, int) and not isinstance(old, bool):
            forms += FOR_NUMBER
        elif isinstance(old, list):
            forms += [old * 101] if len(path) < 3 else [old * 2]
        for form in forms:
            if form != old:
                yield _with(base, path, form)


def _pairs(operation: str, base: dict[str, Any]) -> Iterator[Step]:
    """Two members broken at once: which error comes first, and how are they joined?"""
    names = list(base)
    for n, left in enumerate(names):
        for right in names[n + 1 :]:
            for form in ("", "a" * 300, 0):
                yield Step(operation, {**base, left: form, right: form})


def _paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if len(path) > DEPTH_MAX:
        return
    steps: Any = ()
    if isinstance(value, dict):
        steps = value.items()
    elif isinstance(value, list):
        steps = list(enumerate(value))[:4]
    for step, inner in steps:
        yield (*path, step)
        yield from _paths(inner, (*path, step))


def _at(base: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        base = base[step]
    return base


def _with(base: dict[str, Any], path: tuple[Any, ...], form: Any) -> dict[str, Any]:
    made = copy.deepcopy(base)
    _at(made, path[:-1])[path[-1]] = form
    return made


def _without(base: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    made = copy.deepcopy(base)
    del _at(made, path[:-1])[path[-1]]
    return made
