"""InputShape: an operation's input, checked fast on the way in and exactly when something is wrong.

`accepts` is the hot path: closures compiled per shape that answer yes or no, attribute values taken
as opaque dicts. `convert` and `constrain` are the exact path: the whole body is walked twice,
first as AWS's JSON parser reads it (conversion.py, SerializationException), then for constraints
(constraints.py, ValidationException with all violations joined).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .constraints import violations
from .conversion import convert
from .errors import ApiError, validation
from .members import member_shape
from .patterns import compiled

Shape = Mapping[str, Any]
Shapes = Mapping[str, Shape]
Accept = Callable[[Any], bool]

LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1
INTEGER_MIN, INTEGER_MAX = -(2**31), 2**31 - 1
TIME_MAX = 9e15  # seconds; beyond it, look exactly
PLANS_MAX = 256


class InputShape:
    """The checks of one operation's input structure. Compiled when first used.

    opaque: shapes that are only checked to be dicts on the fast path (attribute values), because
    somebody walks them later anyway.
    """

    __slots__ = ("_members", "_opaque", "_plans", "_required", "_shapes", "name")

    def __init__(self, shapes: Shapes, name: str | None, opaque: frozenset[str]) -> None:
        self.name = name
        self._shapes = shapes
        self._opaque = opaque
        self._members: dict[str, Accept] | None = None
        self._required: tuple[str, ...] = ()
        self._plans: dict[tuple[str, ...], tuple[Accept, ...]] = {}

    def accepts(self, request: Any) -> bool:
        """Whether every member is right, seen without walking opaque values.

        False means: look exactly. There may still be nothing wrong (a null member, a number that
        AWS would round).
        """
        if type(request) is not dict:
            return False
        plan = self._plans.get(tuple(request))
        if plan is None:
            plan = self._plan(request)
            if plan is None:
                return False
        # Not by zip(), which takes as long as the checks, nor all(), which makes a generator.
        for at, value in enumerate(request.values()):  # noqa: SIM110
            if not plan[at](value):
                return False
        return True

    def convert(self, request: dict[str, Any]) -> None:
        """Raise the SerializationException of AWS's parser, or put right what it puts right.

        Null and unknown members are dropped from the request, fractions of whole numbers cut off,
        "true" becomes true: in place.
        """
        if self.name is not None:
            convert(self._shapes, self.name, request)

    def constrain(self, request: dict[str, Any]) -> None:
        """Raise all violations of constraints, joined as AWS joins them; types must be right."""
        if self.name is not None:
            found = violations(self._shapes, self.name, request)
            if found:
                raise joined(found)

    def _plan(self, request: dict[str, Any]) -> tuple[Accept, ...] | None:
        """The checks for a request with these members in this order; None if one is missing, or
        unknown and so to be dropped.

        Clients send the same few sets of members, so plans are kept.
        """
        members = self._members if self._members is not None else self._compile()
        if any(name not in request for name in self._required):
            return None
        if not members.keys() >= request.keys():
            return None
        plan = tuple(members[name] for name in request)
        if len(self._plans) < PLANS_MAX:
            self._plans[tuple(request)] = plan
        return plan

    def _compile(self) -> dict[str, Accept]:
        shape = self._shapes[self.name] if self.name is not None else {}
        compiler = _Compiler(self._shapes, self._opaque)
        self._required = tuple(shape.get("required", ()))
        self._members = {
            name: compiler.accept(member_shape(member))
            for name, member in shape.get("members", {}).items()
        }
        return self._members


def joined(found: list[str]) -> ApiError:
    """Constraint violations as one error, as AWS joins them."""
    plural = "s" if len(found) > 1 else ""
    return validation(f"{len(found)} validation error{plural} detected: " + "; ".join(found))


class _Compiler:
    """Shape name -> closure; recursive shapes look themselves up when called."""

    def __init__(self, shapes: Shapes, opaque: frozenset[str]) -> None:
        self.shapes = shapes
        self.opaque = opaque
        self.made: dict[str, Accept] = {}
        self.making: set[str] = set()

    def accept(self, name: str) -> Accept:
        found = self.made.get(name)
        if found is None:
            if name in self.making:
                return lambda value: self.made[name](value)
            self.making.add(name)
            found = self.made[name] = self._accept(name)
        return found

    def _accept(self, name: str) -> Accept:
        shape = self.shapes[name]
        if name in self.opaque:
            return _is_dict
        kind = shape["type"]
        if kind == "string":
            return _string(shape)
        if kind in ("integer", "long"):
            return _whole(shape, kind)
        if kind == "boolean":
            return lambda value: value is True or value is False
        if kind in ("double", "float"):
            return lambda value: type(value) in (int, float)
        if kind == "list":
            return self._list(shape)
        if kind == "map":
            return self._map(shape)
        if kind == "structure":
            return self._structure(shape)
        if kind == "timestamp":
            return lambda value: type(value) in (int, float) and -TIME_MAX < value < TIME_MAX
        return lambda value: False  # blobs and the like: look exactly

    def _list(self, shape: Shape) -> Accept:
        low, high = shape.get("min", 0), shape.get("max", LONG_MAX)
        item = member_shape(shape["member"])
        if item in self.opaque:
            return lambda value: type(value) is list and low <= len(value) <= high
        accept = self.accept(item)

        def accept_list(value: Any) -> bool:
            if type(value) is not list or not low <= len(value) <= high:
                return False
            for each in value:  # noqa: SIM110 - all() would make a generator
                if not accept(each):
                    return False
            return True

        return accept_list

    def _map(self, shape: Shape) -> Accept:
        low, high = shape.get("min", 0), shape.get("max", LONG_MAX)
        inner = member_shape(shape["value"])
        if inner in self.opaque:
            return lambda value: type(value) is dict and low <= len(value) <= high
        accept_key = self.accept(member_shape(shape["key"]))
        accept = self.accept(inner)

        def accept_map(value: Any) -> bool:
            if type(value) is not dict or not low <= len(value) <= high:
                return False
            for key, each in value.items():  # noqa: SIM110 - all() would make a generator
                if not accept_key(key) or not accept(each):
                    return False
            return True

        return accept_map

    def _structure(self, shape: Shape) -> Accept:
        required = tuple(shape.get("required", ()))
        members = {
            name: self.accept(member_shape(member))
            for name, member in shape.get("members", {}).items()
        }
        get = members.get

        def accept_structure(value: Any) -> bool:
            if type(value) is not dict:
                return False
            for name in required:
                if name not in value:
                    return False
            for name, each in value.items():
                accept = get(name)
                if accept is None or not accept(each):  # unknown: to be dropped
                    return False
            return True

        return accept_structure


def _is_dict(value: Any) -> bool:
    return type(value) is dict


def _is_string(value: Any) -> bool:
    return type(value) is str


def _string(shape: Shape) -> Accept:
    if "enum" in shape:
        allowed = frozenset(shape["enum"])
        return lambda value: type(value) is str and value in allowed
    low, high, pattern = shape.get("min", 0), shape.get("max"), shape.get("pattern")
    if pattern is not None:
        matches = compiled(pattern).fullmatch
        top = high if high is not None else LONG_MAX
        return lambda value: (
            type(value) is str and low <= len(value) <= top and matches(value) is not None
        )
    if high is not None:
        return lambda value: type(value) is str and low <= len(value) <= high
    if low:
        return lambda value: type(value) is str and len(value) >= low
    return _is_string


def _whole(shape: Shape, kind: str) -> Accept:
    limits = (LONG_MIN, LONG_MAX) if kind == "long" else (INTEGER_MIN, INTEGER_MAX)
    low, high = shape.get("min", limits[0]), shape.get("max", limits[1])
    return lambda value: type(value) is int and low <= value <= high
