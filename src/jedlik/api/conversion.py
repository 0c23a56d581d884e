"""Reading a decoded JSON body into an operation's input, as AWS's own JSON parser does.

The parser meets the members in the order of the document and stops at the first it cannot
convert: that text goes to the client as SerializationException, before any constraint is looked
at. The texts are AWS's, Java class names included; dynalite, which records them, answers the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, Literal

from .errors import serialization
from .members import member_shape

Shapes = Mapping[str, Mapping[str, Any]]
Place = Literal["member", "element"]

NAMESPACE = "com.amazonaws.dynamodb.v20120810"
JAVA = {
    "string": "String",
    "boolean": "Boolean",
    "integer": "Integer",
    "long": "Long",
    "double": "Double",
    "float": "Float",
    "timestamp": "Date",
}
# Unverified: that the parser takes these strings, as dynalite found. So in values/check.py.
BOOLEAN_WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
LIMITS = {"integer": 2**31 - 1, "long": 2**63 - 1}
# CBOR has infinite numbers and NaN, JSON has not. Unverified: what AWS says to an infinite count or
# time. Doubles are for the operations to judge.
UNBOUNDED_REFUSED = frozenset({*LIMITS, "timestamp"})
TIME_S_MAX = float(2**63 // 1000)  # AWS has times as milliseconds in a long
PARAMETERIZED = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class "
    "java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and "
    "java.lang.Class are in module java.base of loader 'bootstrap')"
)
STRUCTURE_START = "Start of structure or map found where not expected"
BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
# Of structures, lists and maps in each other: attribute values nest 32 levels, two deep each. What
# nests deeper is read no further, long before Python's own stack ends. Unverified: AWS's limit.
DEPTH_MAX = 250


def convert(shapes: Shapes, name: str, structure: dict[str, Any]) -> None:
    """Check a structure's members against their types, in place.

    Members that are null or unknown are removed, whole numbers lose their fraction, "true" and
    the like become true.
    Raises ApiError SerializationException.
    """
    _structure(shapes, name, structure, 0)


def _value(shapes: Shapes, name: str, value: Any, place: Place, depth: int) -> Any:
    """The converted value; place says whether it is a structure's member or a list's or map's."""
    shape = shapes[name]
    kind = shape["type"]
    if depth > DEPTH_MAX:
        raise serialization()
    if kind == "structure":
        return _check_structure(shapes, name, value, place, depth)
    if kind == "list":
        return _check_list(shapes, shape, value, place, depth)
    if kind == "map":
        return _check_map(shapes, shape, value, place, depth)
    if isinstance(value, dict):
        raise serialization(STRUCTURE_START)
    if isinstance(value, list):
        raise serialization(f"Unrecognized collection type {java_type(shapes, name)}")
    return _scalar(kind, value)


def _check_structure(shapes: Shapes, name: str, value: Any, place: Place, depth: int) -> Any:
    if isinstance(value, list):
        raise serialization(f"Unrecognized collection type {java_type(shapes, name)}")
    if not isinstance(value, dict):
        raise serialization(
            "Unexpected field type" if place == "member" else "Unexpected value type in payload"
        )
    _structure(shapes, name, value, depth)
    return value


def _check_list(
    shapes: Shapes, shape: Mapping[str, Any], value: Any, place: Place, depth: int
) -> Any:
    if isinstance(value, dict):
        raise serialization(STRUCTURE_START)
    if not isinstance(value, list):
        raise serialization("Unexpected field type" if place == "member" else PARAMETERIZED)
    item = member_shape(shape["member"])
    for position, each in enumerate(value):
        if each is not None:
            value[position] = _value(shapes, item, each, "element", depth + 1)
    return value


def _check_map(
    shapes: Shapes, shape: Mapping[str, Any], value: Any, place: Place, depth: int
) -> Any:
    if isinstance(value, list):
        raise serialization(f"Unrecognized collection type {_map_type(shapes, shape)}")
    if not isinstance(value, dict):
        raise serialization("Unexpected field type" if place == "member" else PARAMETERIZED)
    inner = member_shape(shape["value"])
    for key, each in value.items():
        if each is not None:
            value[key] = _value(shapes, inner, each, "element", depth + 1)
    return value


def _structure(shapes: Shapes, name: str, structure: dict[str, Any], depth: int) -> None:
    members = shapes[name].get("members", {})
    for key, value in list(structure.items()):
        if value is None or key not in members:
            del structure[key]
        else:
            structure[key] = _value(shapes, member_shape(members[key]), value, "member", depth + 1)


def _scalar(kind: str, value: Any) -> Any:
    if kind == "blob":
        return _base64(value)
    java = JAVA[kind]
    if isinstance(value, bool):
        if kind == "boolean":
            return value
        raise serialization(f"{'TRUE' if value else 'FALSE'}_VALUE cannot be converted to {java}")
    if isinstance(value, str):
        if kind == "string":
            return value
        if kind == "boolean":
            meant = BOOLEAN_WORDS.get(value.lower())
            if meant is None:
                raise serialization("Unexpected token received from parser")
            return meant
        raise serialization(f"STRING_VALUE cannot be converted to {java}")
    if kind in ("string", "boolean"):
        number = "NUMBER" if isinstance(value, int) else "DECIMAL"
        raise serialization(f"{number}_VALUE cannot be converted to {java}")
    if kind in UNBOUNDED_REFUSED and isinstance(value, float) and not isfinite(value):
        raise serialization()
    if kind in LIMITS:
        high = LIMITS[kind]
        return max(-high - 1, min(high, int(value)))
    if kind == "timestamp":
        return max(-TIME_S_MAX, min(TIME_S_MAX, value))
    return value


def _base64(value: Any) -> Any:
    if not isinstance(value, str):
        raise serialization("only base-64-encoded strings are convertible to bytes")
    if len(value) % 4:
        raise serialization(
            f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(value)}"
        )
    # "dectected" is AWS's spelling. Only the bits of the last character that carry data may be set.
    if not BASE64.fullmatch(value) or _has_stray_bits(value):
        raise serialization("Invalid last non-pad Base64 character dectected")
    return value


def _has_stray_bits(value: str) -> bool:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    padding = len(value) - len(value.rstrip("="))
    if not padding:
        return False
    last = alphabet.index(value[-padding - 1])
    return bool(last & (0b1111 if padding == 2 else 0b11))


def java_type(shapes: Shapes, name: str) -> str:
    """How AWS prints the Java type of a shape: "class java.lang.String", "java.util.Map<…>"."""
    shape = shapes[name]
    if shape["type"] == "map":
        return _map_type(shapes, shape)
    if shape["type"] == "list":
        return f"java.util.List<{_bare(shapes, member_shape(shape['member']))}>"
    return f"class {_bare(shapes, name)}"


def _map_type(shapes: Shapes, shape: Mapping[str, Any]) -> str:
    return f"java.util.Map<java.lang.String, {_bare(shapes, member_shape(shape['value']))}>"


def _bare(shapes: Shapes, name: str) -> str:
    kind = shapes[name]["type"]
    if kind in ("map", "list"):
        return java_type(shapes, name)
    if kind == "structure":
        return f"{NAMESPACE}.{name}"
    if kind == "blob":
        return "java.nio.ByteBuffer"
    if kind == "timestamp":
        return "java.util.Date"
    return f"java.lang.{JAVA[kind]}"
