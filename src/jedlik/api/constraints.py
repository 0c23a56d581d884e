"""Constraint violations of a request, in AWS's words and order.

Up to ten are told, not only the first. A constraint of a list's scalar elements, or of a map's
keys or non-structure values, is reported once per offender at the list or map, with all constraints
of the element in brackets; structures inside lists and maps are entered with a path such as
`keySchema.1.member.keyType`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from .members import member_shape
from .patterns import compiled

Shape = Mapping[str, Any]
Shapes = Mapping[str, Shape]

NAMESPACE = "com.amazonaws.dynamodb.v20120810"
NOT_NULL = "Member must not be null"
VIOLATIONS_MAX = 10
"""AWS tells no more than ten (so do dynalite's records of it)."""
TEXT_MAX = 1 << 20


def violations(shapes: Shapes, name: str, request: Mapping[str, Any]) -> list[str]:
    """The texts of the first ten violations of an input structure, empty if there are none.

    Types are taken to be right already (conversion.py). Each text shows the value: beyond TEXT_MAX
    characters together the rest is left out.
    """
    found: list[str] = []
    size = 0
    for text in islice(_members(shapes, shapes[name], request, ""), VIOLATIONS_MAX):
        found.append(text)
        size += len(text)
        if size > TEXT_MAX:
            break
    return found


def _members(shapes: Shapes, shape: Shape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    """In the order of the overlay's "order" if it has one, else as the model has the members."""
    members = shape.get("members", {})
    required = shape.get("required", ())
    order = shape.get("order")
    # A body may have a million attribute values: nothing is done for the members they have not.
    for key in _ordered(members, order) if order else members:
        given = value.get(key)
        if given is None and key not in required:
            continue
        here = f"{path}{key[:1].lower()}{key[1:]}"
        if given is None:
            yield f"Value null at '{here}' failed to satisfy constraint: {NOT_NULL}"
        else:
            yield from _value(shapes, member_shape(members[key]), given, here)


def _ordered(members: Mapping[str, Any], order: Any) -> list[str]:
    first = [key for key in order if key in members]
    return first + [key for key in members if key not in first]


def _value(shapes: Shapes, name: str, value: Any, path: str) -> Iterator[str]:
    shape = shapes[name]
    for broken in broken_constraints(shape, value):
        shown = printed(shapes, name, value)
        yield f"Value '{shown}' at '{path}' failed to satisfy constraint: {broken}"
    kind = shape["type"]
    if kind == "structure":
        yield from _members(shapes, shape, value, f"{path}.")
    elif kind == "list":
        yield from _elements(shapes, name, value, path)
    elif kind == "map":
        yield from _entries(shapes, name, value, path)


def _elements(shapes: Shapes, name: str, value: list[Any], path: str) -> Iterator[str]:
    item = member_shape(shapes[name]["member"])
    inner = shapes[item]
    for number, each in enumerate(value, 1):
        here = f"{path}.{number}.member"
        if each is None:
            yield f"Value null at '{here}' failed to satisfy constraint: {NOT_NULL}"
        elif inner["type"] == "structure":
            yield from _members(shapes, inner, each, f"{here}.")
        else:
            if _is_broken(inner, each):
                rule = f"Member must satisfy constraint: [{', '.join(all_constraints(inner))}]"
                shown = printed(shapes, name, value)
                yield f"Value '{shown}' at '{path}' failed to satisfy constraint: {rule}"
            yield from _inside(shapes, item, each, here)


def _entries(shapes: Shapes, name: str, value: dict[str, Any], path: str) -> Iterator[str]:
    shape = shapes[name]
    key_shape, item = shapes[member_shape(shape["key"])], member_shape(shape["value"])
    inner = shapes[item]
    for key in value:
        if _is_broken(key_shape, key):
            yield _at_map(shapes, name, value, path, "Map keys", key_shape)
    for each in value.values():
        if each is not None and _is_broken(inner, each):
            yield _at_map(shapes, name, value, path, "Map value", inner)
    for key, each in value.items():
        if each is None:
            # Unverified: what AWS makes of a null in a map; refused as in a list.
            where = f"{path}.{key}.member"
            yield f"Value null at '{where}' failed to satisfy constraint: {NOT_NULL}"
        else:
            yield from _inside(shapes, item, each, f"{path}.{key}.member")


def _at_map(
    shapes: Shapes, name: str, value: Any, path: str, which: str, constrained: Shape
) -> str:
    rules = ", ".join(all_constraints(constrained))
    shown = printed(shapes, name, value)
    return (
        f"Value '{shown}' at '{path}' failed to satisfy constraint: "
        f"{which} must satisfy constraint: [{rules}]"
    )


def _inside(shapes: Shapes, name: str, value: Any, path: str) -> Iterator[str]:
    """What is wrong below a value whose own constraints were reported already."""
    kind = shapes[name]["type"]
    if kind == "structure":
        yield from _members(shapes, shapes[name], value, f"{path}.")
    elif kind == "list":
        yield from _elements(shapes, name, value, path)
    elif kind == "map":
        yield from _entries(shapes, name, value, path)


def broken_constraints(shape: Shape, value: Any) -> Iterator[str]:
    """The constraints of this shape that the value breaks: pattern, then bounds, or the enum."""
    if "enum" in shape:
        if value not in shape["enum"]:
            yield enum_rule(shape)
        return
    if "pattern" in shape and not compiled(shape["pattern"]).fullmatch(value):
        yield pattern_rule(shape)
    if shape["type"] in ("structure", "boolean"):
        return
    measure, word = _measure(shape, value)
    if "max" in shape and measure > shape["max"]:
        yield f"Member must have {word} less than or equal to {shape['max']}"
    if "min" in shape and measure < shape["min"]:
        yield f"Member must have {word} greater than or equal to {shape['min']}"


def _is_broken(shape: Shape, value: Any) -> bool:
    return next(broken_constraints(shape, value), None) is not None


def all_constraints(shape: Shape) -> list[str]:
    """Every constraint of a shape, as printed in brackets: bounds, then pattern, or the enum."""
    if "enum" in shape:
        return [enum_rule(shape)]
    word = "value" if shape["type"] in ("integer", "long", "double", "float") else "length"
    rules = []
    if "max" in shape:
        rules.append(f"Member must have {word} less than or equal to {shape['max']}")
    if "min" in shape:
        rules.append(f"Member must have {word} greater than or equal to {shape['min']}")
    if "pattern" in shape:
        rules.append(pattern_rule(shape))
    return rules


def enum_rule(shape: Shape) -> str:
    """The rule of an enum; AWS prints the members as a Java HashSet of 32 buckets iterates.

    The sets that dynalite has recorded from AWS are all in this order, later members of a bucket
    first.
    """
    newest_first = shape["enum"][::-1]
    shown = sorted(newest_first, key=lambda text: java_hash(text) % 32)
    return f"Member must satisfy enum value set: [{', '.join(shown)}]"


def pattern_rule(shape: Shape) -> str:
    return f"Member must satisfy regular expression pattern: {shape['pattern']}"


def java_hash(text: str) -> int:
    """String.hashCode, as an unsigned 32-bit number (of BMP text)."""
    code = 0
    for character in text:
        code = (31 * code + ord(character)) & 0xFFFFFFFF
    return code


def printed(shapes: Shapes, name: str, value: Any) -> str:
    """A value as AWS's Java prints it: `[a, b]`, `{k=v}`, `WriteRequest(putRequest=null, …)`.

    Attribute values print as a class name and an identity hash at AWS; the hash is arbitrary.
    """
    shape = shapes[name]
    if value is None:
        return "null"
    kind = shape["type"]
    if kind == "list":
        item = member_shape(shape["member"])
        return f"[{', '.join(printed(shapes, item, each) for each in value)}]"
    if kind == "map":
        inner = member_shape(shape["value"])
        return (
            f"{{{', '.join(f'{k}={printed(shapes, inner, each)}' for k, each in value.items())}}}"
        )
    if kind == "structure":
        if name == "AttributeValue":
            return f"{NAMESPACE}.{name}@{java_hash(str(value)):x}"
        members = ", ".join(
            f"{key[:1].lower()}{key[1:]}={printed(shapes, member_shape(member), value.get(key))}"
            for key, member in shape.get("members", {}).items()
        )
        return f"{name}({members})"
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "blob":
        return printed_bytes(_measure(shape, value)[0])
    return str(value)


def printed_bytes(size: int) -> str:
    """Bytes as AWS's Java prints them (seen in osquery/osquery, issue 3568)."""
    return f"java.nio.HeapByteBuffer[pos=0 lim={size} cap={size}]"


def _measure(shape: Shape, value: Any) -> tuple[Any, str]:
    if isinstance(value, (int, float)):
        return value, "value"
    if shape["type"] == "blob":
        return len(value) // 4 * 3 - value.count("="), "length"
    return len(value), "length"
