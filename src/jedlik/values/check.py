"""Checks attribute values as they arrive, brings them to normal form in place, and sizes them.

check_item runs for every item written, so it is one pass with a fast way through for the common
case; everything that leaves that way ends in a function below that finds the exact refusal. It
never looks at keys or at the 400 KB limit: tables/ knows those.
"""

from __future__ import annotations

import binascii
from binascii import a2b_base64, b2a_base64
from typing import Any

from jedlik.values.errors import Invalid, Malformed
from jedlik.values.numbers import DIGITS_MAX, is_plain, normalise, number_size

# "Attributes nested up to 32 levels deep", counting the scalar inside: 31 lists or maps around it.
NESTING_MAX = 32
NAME_BYTES_MAX = 65535
LIST_OR_MAP_OVERHEAD_BYTES = 3
ELEMENT_OVERHEAD_BYTES = 1

KINDS = frozenset(("S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"))

EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
SEVERAL = (
    "Supplied AttributeValue has more than one datatypes set, "
    "must contain exactly one of the supported datatypes"
)
_PREFIX = "One or more parameter values were invalid: "
NULL_NOT_TRUE = _PREFIX + "Null attribute value types must have the value of true"
EMPTY_SET = {
    "SS": _PREFIX + "An string set  may not be empty",
    "NS": _PREFIX + "An number set  may not be empty",
    "BS": _PREFIX + "Binary sets should not be empty",
}
TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: "
    "Attributes in the item have nested levels beyond supported limit"
)
EMPTY_NAME = "Empty attribute name"
# Unverified: that the parser takes these strings, as dynalite found. So in api/conversion.py.
BOOLEAN_WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
NAME_TOO_LARGE = "Attribute name is too large, must be less than 65536 bytes"


def check_item(item: dict[str, Any]) -> int:
    """Validates every attribute and returns the item's size in bytes, as DynamoDB counts it.

    Numbers not in plain form are replaced in place; base64 must be in canonical form. Raises
    Invalid with AWS's text, or Malformed for JSON of the wrong kind.
    """
    size = 0
    for name, value in item.items():
        size += len(name) if name.isascii() else len(name.encode())
        # One known type, its content a string: nearly every attribute of nearly every item.
        if type(value) is dict and len(value) == 1:
            (kind,) = value
            content = value[kind]
            if kind == "S":
                if type(content) is str:
                    size += len(content) if content.isascii() else len(content.encode())
                    continue
            elif kind == "N":
                if type(content) is str and len(content) <= DIGITS_MAX and is_plain(content):
                    if content[-1] != "0" and content.isdigit():
                        size += (len(content) + 3) >> 1
                    else:
                        size += number_size(content)
                    continue
        size += check_value(value)
    if size > NAME_BYTES_MAX or "" in item:
        _check_names(item)
    return size


def check_value(value: dict[str, Any], depth: int = 0) -> int:
    """Validates one value, normalises it in place and returns its size in bytes.

    depth: how many lists and maps enclose it.
    """
    if type(value) is not dict:
        raise Malformed("Unexpected value type in payload")
    if len(value) != 1:
        _reduce(value, depth)
    (kind,) = value
    content = value[kind]
    if kind == "S":
        if type(content) is not str:
            raise _wrong_json(content, "String")
        return len(content) if content.isascii() else len(content.encode())
    if kind == "N":
        if type(content) is not str:
            raise _wrong_json(content, "String")
        if len(content) > DIGITS_MAX or not is_plain(content):
            value["N"] = content = normalise(content)
        return number_size(content)
    if kind == "BOOL":
        if type(content) is not bool:
            value["BOOL"] = _boolean(content)
        return 1
    if kind == "M":
        return _check_map(content, depth)
    if kind == "L":
        return _check_list(content, depth)
    if kind == "NULL":
        if type(content) is not bool:
            value["NULL"] = content = _boolean(content)
        if not content:
            raise Invalid(NULL_NOT_TRUE)
        return 1
    if kind == "B":
        _check_base64(content)
        return binary_size(content)
    if kind in KINDS:
        return _check_set(kind, content)
    raise Invalid(EMPTY)  # a member AWS does not know is ignored, which leaves nothing


def _reduce(value: dict[str, Any], depth: int) -> None:
    """Drops unknown and null members, as AWS's decoder does; refuses none or several left."""
    for kind in [kind for kind in value if kind not in KINDS or value[kind] is None]:
        del value[kind]
    if not value:
        raise Invalid(EMPTY)
    if len(value) > 1:
        # Each is checked before their number is, so that a bad one is named first.
        for kind in list(value):
            check_value({kind: value[kind]}, depth)
        raise Invalid(SEVERAL)


def _check_map(content: dict[str, Any], depth: int) -> int:
    if type(content) is not dict:
        raise _wrong_json(content, "Map")
    inner = depth + 1
    if inner >= NESTING_MAX:
        raise Invalid(TOO_DEEP)
    size = LIST_OR_MAP_OVERHEAD_BYTES
    for name, value in content.items():
        if not name.isascii():
            size += len(name.encode())
        else:
            size += len(name)
        size += ELEMENT_OVERHEAD_BYTES + check_value(value, inner)
    if size > NAME_BYTES_MAX or "" in content:
        _check_names(content)
    return size


def _check_list(content: list[Any], depth: int) -> int:
    if type(content) is not list:
        raise _wrong_json(content, "List")
    inner = depth + 1
    if inner >= NESTING_MAX:
        raise Invalid(TOO_DEEP)
    size = LIST_OR_MAP_OVERHEAD_BYTES
    for value in content:
        size += ELEMENT_OVERHEAD_BYTES + check_value(value, inner)
    return size


def _check_set(kind: str, members: list[Any]) -> int:
    if type(members) is not list:
        raise _wrong_json(members, "List")
    if not members:
        raise Invalid(EMPTY_SET[kind])
    for member in members:
        if type(member) is not str:
            raise _wrong_json(member, "String")
    if kind == "SS":
        # "Empty string and binary values are allowed within a set" (developer guide, data types).
        if len(set(members)) != len(members):
            listed = ", ".join(members)
            raise Invalid(f"{_PREFIX}Input collection [{listed}] contains duplicates.")
        return sum([len(member.encode()) for member in members])
    if kind == "NS":
        members[:] = [normalise(member) for member in members]
        if len(set(members)) != len(members):
            # Unverified: DynamoDB Local and dynalite agree on this text, without the prefix.
            raise Invalid("Input collection contains duplicates")
        return sum([number_size(member) for member in members])
    for member in members:
        _check_base64(member)
    if len(set(members)) != len(members):
        listed = ", ".join(members)
        raise Invalid(f"{_PREFIX}Input collection [{listed}]of type BS contains duplicates.")
    return sum([binary_size(member) for member in members])


def _check_names(content: dict[str, Any]) -> None:
    # Unverified against AWS; DynamoDB Local answers with these texts.
    for name in content:
        if not name:
            raise Invalid(EMPTY_NAME)
        if len(name.encode()) > NAME_BYTES_MAX:
            raise Invalid(NAME_TOO_LARGE)


def _check_base64(text: Any) -> None:
    """Refuses what no encoder writes: strays, wrong length, leftover bits in the last character."""
    if type(text) is not str:
        raise _wrong_json(text, "Blob")
    if len(text) % 4:
        raise Malformed(
            f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(text)}"
        )
    try:
        content = a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        content = None
    # Unverified for strays in the middle; dynalite has this one text for all.
    if content is None or b2a_base64(content, newline=False) != text.encode():
        raise Malformed("Invalid last non-pad Base64 character dectected")


def binary_size(base64_text: str) -> int:
    """Bytes that canonical base64 text stands for."""
    if not base64_text:
        return 0
    return len(base64_text) // 4 * 3 - (base64_text[-1] == "=") - (base64_text[-2] == "=")


def _boolean(content: Any) -> bool:
    """What AWS's parser takes a string for where it wants true or false."""
    found = BOOLEAN_WORDS.get(content.lower()) if type(content) is str else None
    if found is None:
        raise _wrong_json(content, "Boolean")
    return found


def _wrong_json(content: Any, wanted: str) -> Invalid | Malformed:
    """What to say where nobody looks closer: the api layer's deep check has AWS's exact words."""
    if content is None:
        return Invalid(EMPTY)  # a null member is one not given
    if content is True or content is False:
        kind = "TRUE_VALUE" if content else "FALSE_VALUE"
    elif isinstance(content, int):
        kind = "NUMBER_VALUE"
    elif isinstance(content, float):
        kind = "DECIMAL_VALUE"
    elif isinstance(content, str):
        kind = "STRING_VALUE"
    else:
        return Malformed("Unexpected value type in payload")
    return Malformed(f"{kind} can not be converted to {wanted}")
