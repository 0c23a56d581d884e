"""What the operators and functions of conditions mean, on checked attribute values.

An operand that is missing is None: it equals nothing, is in no order with anything, contains
nothing. Shared by expressions, legacy conditions and PartiQL.
"""

from __future__ import annotations

from binascii import a2b_base64
from typing import Any

from jedlik.values import compare, equal

AttributeValue = dict[str, Any]

ORDERED = frozenset(("S", "N", "B"))
# Element types of the sets.
MEMBER_KIND = {"SS": "S", "NS": "N", "BS": "B"}


def is_equal(a: AttributeValue | None, b: AttributeValue | None) -> bool:
    """Same type and content; numbers by value, sets in any order."""
    return a is not None and b is not None and (a == b or equal(a, b))


def is_less(a: AttributeValue | None, b: AttributeValue | None) -> bool:
    """a before b, both of one ordered type; False for anything else."""
    if a is None or b is None:
        return False
    for kind in a:
        return kind in b and kind in ORDERED and compare(a, b) < 0
    return False


def is_at_most(a: AttributeValue | None, b: AttributeValue | None) -> bool:
    """a before b or equal to it, both of one ordered type; False for anything else."""
    if a is None or b is None:
        return False
    for kind in a:
        return kind in b and kind in ORDERED and compare(a, b) <= 0
    return False


def begins_with(whole: AttributeValue | None, start: AttributeValue | None) -> bool:
    """Strings and binaries only."""
    if whole is None or start is None:
        return False
    if "S" in whole and "S" in start:
        return bool(whole["S"].startswith(start["S"]))
    if "B" in whole and "B" in start:
        return a2b_base64(whole["B"]).startswith(a2b_base64(start["B"]))
    return False


def contains(whole: AttributeValue | None, part: AttributeValue | None) -> bool:
    """A substring, a run of bytes, a member of a set or an element of a list."""
    if whole is None or part is None:
        return False
    for kind, content in whole.items():
        if kind == "S":
            return "S" in part and part["S"] in content
        if kind == "L":
            return any(element == part or equal(element, part) for element in content)
        if kind == "B":
            return "B" in part and a2b_base64(part["B"]) in a2b_base64(content)
        if kind in MEMBER_KIND:
            member = MEMBER_KIND[kind]
            return member in part and part[member] in content
    return False


def size(value: AttributeValue | None) -> AttributeValue | None:
    """The size as a number: length, bytes, or count of members; None for types without one."""
    if value is None:
        return None
    for kind, content in value.items():
        if kind == "S":
            # Unverified for characters beyond the basic plane: counted as UTF-16 does, as
            # DynamoDB Local answers.
            length = len(content)
            if not content.isascii():
                length += sum(1 for character in content if character > "\uffff")
            return {"N": str(length)}
        if kind == "B":
            return {"N": str(len(a2b_base64(content)))}
        if kind in ("L", "M") or kind in MEMBER_KIND:
            return {"N": str(len(content))}
    return None
